"""The rewards of a run from its recipe: the judge, its endpoint, and what watches it."""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qwenlong.config import Config
from qwenlong.oversight import Oversight
from qwenlong.patience import Patience
from qwenlong.rewards import Judge, RewardModel, load_judge, load_object
from qwenlong.scoring import judge_reply, without_verdicts


def reward_model(
    config: Config, *, directory: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> RewardModel:
    """Rule, judge and the user's function, loaded early so that a wrong path fails before anything slow.

    Without a `directory` nothing is written and nothing is remembered.
    """
    how = config.rewards
    judge: Judge | None = load_judge(how.judge) if how.judge else None
    if config.judge.base_url:
        judge = endpoint_judge(config, directory=directory, say=say)
    return RewardModel(
        parts=tuple(how.parts),
        combine=how.combine,
        reasoning=how.reasoning,
        judge=judge,
        function=load_object(how.function, key="rewards.function") if how.function else None,
    )


def endpoint_judge(config: Config, *, directory: Path | None, say: Callable[[str], None]) -> Judge:
    """The judge behind an endpoint.

    Raises:
        ValueError: its extra or its API key is missing, its cache cannot be used, or it refuses for good.
    """
    how = config.judge
    endpoint, judge = judge_endpoint(config), judge_backend()
    place = None if how.cache == "off" or directory is None else Path(how.cache)
    if how.cache == "run" and directory is not None:
        place = directory / "judge_cache"
    # One file a node: SQLite's locks do not reach over a network's file system.
    cache = place / f"{socket.gethostname()}.sqlite" if place is not None else None
    found = judge.EndpointJudge(
        endpoint, read=judge_reply, clean=without_verdicts, concurrency=how.concurrency, cache=cache, say=say,
        seconds=config.run.timeout_seconds / 2,  # other ranks wait for this one's call, and for its rollouts too
    )  # fmt: skip
    if directory is not None:
        _first_asked(found, say)
    judged: Judge = found
    return judged


def _first_asked(judge: Any, say: Callable[[str], None]) -> None:
    """Ask once before anything slow, on every rank: a node may not reach what the others do.

    Raises:
        ValueError: the judge refuses for good.
    """
    try:
        doubt = judge.check()
    except ValueError:
        judge.close()
        raise
    if doubt:
        say(doubt)


def judge_endpoint(config: Config) -> Any:
    """Where the judge is, with its key.

    Raises:
        ValueError: the extra is not installed, or the environment has no key, or none that can be sent, under the name.
    """
    how = config.judge
    key = os.environ.get(how.api_key_env, "") if how.api_key_env else ""
    if how.api_key_env and not key:
        raise ValueError(
            f"judge.api_key_env is {how.api_key_env}, which is not set in the environment: export it, on every node, "
            "or leave judge.api_key_env empty"
        )
    backend = judge_backend()
    try:
        return backend.Endpoint(
            base_url=how.base_url, model=how.model, api_key=key, output=None if how.output == "auto" else how.output,
            max_reply_tokens=how.max_reply_tokens, timeout_seconds=how.timeout_seconds,
            deadline_seconds=how.deadline_seconds, retries=how.retries, prompt_price=how.prompt_price,
            reply_price=how.reply_price,
        )  # fmt: skip
    except ValueError as error:
        raise ValueError(f"judge.api_key_env is {how.api_key_env}: {error}") from None


def judge_backend() -> Any:
    """The module with the HTTP client, which has an extra of its own."""
    try:
        return importlib.import_module("qwenlong.backends.judge")
    except ModuleNotFoundError as error:
        raise ValueError(f"judge.base_url needs {error.name}: pip install 'qwenlong[judge]'") from None


def oversight_of(config: Config, rewards: RewardModel) -> Oversight | None:
    """What watches the judge, where there is one."""
    how = config.judge
    if rewards.judge is None:
        return None
    return Oversight(
        rewards=rewards,
        canary_every_steps=how.canary_every_steps or 0,
        patience=Patience(
            max_missing=config.rewards.max_missing,
            retries=config.rewards.missing_retries,
            pause_seconds=config.rewards.missing_pause_seconds,
        ),
        max_false_positives=how.max_false_positives,
        max_tricked=how.max_tricked,
        max_false_negatives=how.max_false_negatives,
    )
