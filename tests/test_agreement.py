"""Engine and policy compared: a difference stops the run, with who it is and the cause that explains it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes import Alone, rollout, scored
from qwenlong.agreement import MAX_PROMPTS, MAX_ROLLOUTS, Comparison, DisagreementError, check_agreement, diagnose
from qwenlong.config import load_config
from qwenlong.records import Row, Sampling, Scored
from runs import run

DRAW = np.random.default_rng(0)
N = 400
PLACE = np.tile(np.arange(20), 20)
DEPTH = PLACE + np.repeat(DRAW.integers(50, 4000, size=20), 20)
POLICY = -DRAW.exponential(size=N)
PLAIN = POLICY - DRAW.exponential(size=N)


def compared(engine: np.ndarray) -> Comparison:
    return Comparison(
        engine=engine.astype(np.float32), policy=POLICY.astype(np.float32), plain=PLAIN.astype(np.float32),
        place=PLACE, depth=DEPTH,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "temperature", "truncates", "cause"),
    [
        (PLAIN + DRAW.normal(size=N) * 1e-3, 0.7, False, "temperature differs"),
        (POLICY + DRAW.exponential(0.2, size=N), 1.0, True, "top-p or top-k differs"),
        (POLICY + DRAW.normal(size=N) * np.where(np.median(DEPTH) < DEPTH, 0.5, 1e-3), 1.0, False, "rope differs"),
        (POLICY + DRAW.normal(size=N) * DEPTH * 2e-5, 1.0, False, "rope differs"),
        (POLICY + DRAW.normal(size=N) * np.where(PLACE == 0, 2.0, 0.01), 1.0, False, "the prompt .template. differs"),
        (POLICY + DRAW.normal(size=N) * 0.08, 1.0, False, "dtype differs"),
        (POLICY + np.where(DRAW.random(N) < 0.02, 3.0, 1e-6), 1.0, False, "single tokens differ"),
        (POLICY + DRAW.normal(size=N) * 2 - 1.5, 1.0, False, "weights, rope or template differ"),
    ],
)
def test_each_cause_is_named_by_what_it_leaves_behind(
    engine: np.ndarray, temperature: float, truncates: bool, cause: str
) -> None:
    said = diagnose(compared(engine), temperature=temperature, truncates=truncates)
    assert said.startswith(cause.replace("prompt .template.", "prompt (template)"))


SAMPLING = Sampling(temperature=0.7, max_tokens=4)


class Judging:
    """A policy that gives every token a log-prob by its id, -2.5 at most; at temperature 1 half as much again."""

    version = 3

    def __init__(self) -> None:
        self.seen: list[int] = []

    def logprobs(self, batches: Sequence[Sequence[Row]], *, temperature: float) -> list[NDArray[np.float32]]:
        if temperature != 1:
            self.seen += [int(row.token_ids[0]) for batch in batches for row in batch if row.weights.any()]
        return [
            np.concatenate([known(row.labels) * (1.5 if temperature == 1 else 1.0) for row in batch])
            for batch in batches
        ]


def known(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    return (-0.5 * (labels % 5 + 1)).astype(np.float32)


def session(*flags: str) -> Any:
    said: list[str] = []
    return SimpleNamespace(
        config=load_config("smoke", ["--rollouts.temperature", "0.7", *flags]), policy=Judging(), world=Alone(),
        display=SimpleNamespace(say=said.append), said=said, agreed=set(),
    )  # fmt: skip


def group(
    prompt: int, sampler: str, *, told: Callable[[NDArray[np.float32]], NDArray[np.float32]] = lambda x: x,
    version: int = 3, size: int = 2,
) -> list[Scored]:  # fmt: skip
    """Answers to a prompt that begins with the given id."""
    found = []
    for i in range(size):
        one = rollout([prompt, 7, 8], [prompt % 11, 3, 1 + i, 9])
        turn = one.turns[0]
        logprobs = told(known(turn.response_ids))
        turn = replace(turn, logprobs=logprobs, weight_version=version, sampler=sampler)
        found.append(scored(replace(one, turns=(turn,))))
    return found


def raw(logprobs: NDArray[np.float32]) -> NDArray[np.float32]:
    return logprobs * np.float32(1.5)


def test_one_server_of_many_that_differs_is_found_and_the_cause_is_its_own() -> None:
    """Ten times as many tokens agree: in the mean over all servers neither limit nor cause would be seen."""
    good = [group(20 + i, f"http://node{i % 10}:8000") for i in range(40)]
    check_agreement(session(), good, SAMPLING)
    one = group(70, "http://late:8000", told=raw)
    with pytest.raises(DisagreementError, match=r"tokens of http://late:8000 .*: temperature differs, .* not 0\.7"):
        check_agreement(session(), [*good, one], SAMPLING)


def test_every_engine_is_compared_however_many_and_few_prompts_are() -> None:
    here = session()
    check_agreement(here, [group(20 + i, f"engine {i % 3}", size=12) for i in range(60)], SAMPLING)
    assert {name for name, *_ in here.agreed} == {"engine 0", "engine 1", "engine 2"}
    assert len(here.policy.seen) == MAX_PROMPTS // 3 * 3
    many = session()
    check_agreement(many, [group(20 + i, f"engine {i}") for i in range(30)], SAMPLING)
    assert len(many.policy.seen) == 30
    assert MAX_ROLLOUTS < 12


def test_a_server_that_joins_is_compared_when_it_first_answers_and_the_others_no_more() -> None:
    here = session()
    check_agreement(here, [group(20, "a"), group(21, "b")], SAMPLING)
    assert sorted(here.policy.seen) == [20, 21]
    check_agreement(here, [group(22, "a"), group(23, "b")], SAMPLING)
    assert sorted(here.policy.seen) == [20, 21]
    assert len(here.said) == 1
    with pytest.raises(DisagreementError, match="tokens of c "):
        check_agreement(here, [group(24, "a", told=raw), group(25, "c", told=raw)], SAMPLING)
    assert sorted(here.policy.seen) == [20, 21, 25]


def test_another_temperature_is_compared_anew() -> None:
    """At temperature 1 the engine's raw log-probs are right."""
    here = session()
    for temperature in (0.9, 0.7, 0.9):
        check_agreement(here, [group(20, "a")], replace(SAMPLING, temperature=temperature))
    assert len(here.policy.seen) == 2


def test_what_older_weights_wrote_is_not_held_against_a_server() -> None:
    here = session()
    check_agreement(here, [group(20, "a", told=raw, version=2)], SAMPLING)
    assert (here.policy.seen, here.agreed) == ([], set())
    with pytest.raises(DisagreementError, match="tokens of a "):
        check_agreement(here, [group(20, "a", told=raw)], SAMPLING)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
@pytest.mark.parametrize(
    ("flags", "way"),
    [((), "overflow"), (("--rollouts.engine", "vllm", "--rollouts.speculative", "2"), "rollouts.speculative is on")],
)
def test_log_probs_that_are_not_finite_are_said_to_be_so(bad: float, flags: tuple[str, ...], way: str) -> None:
    def broken(logprobs: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.where(np.arange(4) == 1, np.float32(bad), logprobs)

    here = session(*flags, "--rollouts.max_mismatch", "100")
    said = rf"^the engine's log-probs are not finite at 2 of 8 tokens of b \(the first is {bad}\), .*{way}"
    with pytest.raises(DisagreementError, match=said):
        check_agreement(here, [group(20, "a"), group(21, "b", told=broken)], SAMPLING)


def test_an_evaluation_alone_is_compared_too(tmp_path: Path) -> None:
    done = run("smoke", tmp_path / "run", "--run.stages", '["evaluate"]')
    assert (done.stdout + done.stderr).count("log-probs of engine and policy differ by") == 1
