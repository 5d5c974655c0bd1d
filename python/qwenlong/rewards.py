"""Rollouts to rewards: max(rule, judge), and the user's own; a missing verdict stays missing.

A verdict that is missing is UNSCORED (NaN), never 0: a dead judge must not teach that right answers are wrong.
"""

from __future__ import annotations

import importlib.util
import inspect
import math
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from qwenlong import scoring
from qwenlong.records import UNSCORED, Example, Rollout, Scored, Verdict

MAX_REWARD = float(np.finfo(np.float32).max)
"""Rewards are float32."""

Function = Callable[..., Sequence[float | None]]
"""The user's reward: called with keywords `responses: list[str]` and `examples: list[Example]`; None is unscored."""


class RewardError(RuntimeError):
    """The user's reward function or judge failed or broke its contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeQuestion:
    """What a judge is asked; never the documents."""

    question: str
    """The example's."""
    prediction: str
    """The extracted answer."""
    answers: tuple[str, ...]
    """The gold answers."""


class Judge(Protocol):
    """A second opinion where the rule says no."""

    def verdicts(self, questions: Sequence[JudgeQuestion]) -> Sequence[bool | None]:
        """One call per step; `None` where there is no verdict."""


def load_object(path: str, *, key: str) -> Any:
    """The object of "file.py:name".

    Raises:
        ValueError: no such file or name, or a file that cannot be imported; naming the setting.
    """
    file, _, name = path.rpartition(":")
    if not file.endswith(".py") or not name.isidentifier():
        raise ValueError(f'{key} is "{path}", which is not of the form file.py:name')
    if not Path(file).is_file():
        raise ValueError(f'{key} is "{path}", but there is no file {file}')
    module_name = f"qwenlong_user_{Path(file).stem}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None, "a .py file has a spec"
    assert spec.loader is not None, "and a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses look up their own module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f'{key} is "{path}", but importing {file} raised {_told(error, file)}') from error
    if not callable(getattr(module, name, None)):
        raise ValueError(f'{key} is "{path}", but {file} has no callable {name}')
    return getattr(module, name)


def load_judge(path: str) -> Judge:
    """The judge of "file.py:name", called without arguments.

    Raises:
        ValueError: as `load_object` does, the call raised, or what it gave has no `verdicts`.
    """
    make = load_object(path, key="rewards.judge")
    try:
        judge = make()
    except (Exception, SystemExit) as error:
        raise ValueError(f'rewards.judge is "{path}", but calling it raised {_told(error)}') from error
    if not callable(getattr(judge, "verdicts", None)):
        raise ValueError(
            f'rewards.judge is "{path}", but calling it gave {type(judge).__name__}, which has no verdicts'
        )
    found: Judge = judge
    return found


def _told(error: BaseException, file: str = "") -> str:
    """The error with the user's own line: the deepest one in `file`, or in the file that we called into."""
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is ours
    file = str(Path(file).resolve()) if file else frames[0].filename if frames else ""
    own = [frame for frame in frames if frame.filename == file]
    place = f" ({file}:{own[-1].lineno}, in {own[-1].name})" if own else ""
    return f"{type(error).__name__}: {error}{place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardModel:
    """How responses are rewarded; see `config.Rewards`."""

    parts: tuple[Literal["rule", "judge", "function"], ...] = ("rule",)
    """What is combined."""
    combine: Literal["max", "mean"] = "max"
    """How."""
    reasoning: Literal["auto", "required"] = "auto"
    """Whether a response without </think> can have an answer."""
    judge: Judge | None = None
    """Asked where there is something to judge, and with `max` where the other parts say less than 1."""
    function: Function | None = None
    """The user's."""

    def score(
        self, rollouts: Sequence[Rollout], *, responses: Sequence[str], examples: Sequence[Example]
    ) -> list[Scored]:
        """One `Scored` per rollout; `responses[i]` is the decoded text of `rollouts[i]`, `examples[i]` its example.

        Raises:
            RewardError: the user's function or judge raised or returned another number of values.
        """
        verdicts = self._ruled(responses, examples)
        columns: dict[str, Sequence[float | None]] = {}
        if "rule" in self.parts:
            columns["rule"] = [verdict.score for verdict in verdicts]
        if "function" in self.parts:
            columns["function"] = self._ask_function(responses, examples)
        if "judge" in self.parts:
            columns["judge"] = self._ask_judge(verdicts, examples, columns)
        return [
            self._combined(rollout, response, verdict, {name: column[i] for name, column in columns.items()})
            for i, (rollout, response, verdict) in enumerate(zip(rollouts, responses, verdicts, strict=True))
        ]

    def _ruled(self, responses: Sequence[str], examples: Sequence[Example]) -> list[Verdict]:
        """The rule's verdicts; every profile scores its rows in one call."""
        verdicts: dict[int, Verdict] = {}
        for profile in {example.profile or "strict" for example in examples}:
            rows = [i for i, example in enumerate(examples) if (example.profile or "strict") == profile]
            options: dict[str, Any] = {}
            if profile == "strict":
                options = {"kind": [examples[i].kind.value for i in rows], "reasoning": self.reasoning}
            found = scoring.score_batch(
                [responses[i] for i in rows],
                [scoring.official_gold(examples[i].answers, profile=profile) for i in rows],
                profile=profile,
                **options,
            )
            verdicts.update(zip(rows, found, strict=True))
        return [verdicts[i] for i in range(len(examples))]

    def _ask_function(self, responses: Sequence[str], examples: Sequence[Example]) -> list[float | None]:
        assert self.function is not None, "config checks that a function is named"
        try:
            values = _listed(self.function(responses=list(responses), examples=list(examples)))
        except (Exception, SystemExit) as error:
            raise RewardError(f"the reward function raised {_told(error)}") from error
        return _checked(values, len(responses), "reward function")

    def _ask_judge(
        self, verdicts: Sequence[Verdict], examples: Sequence[Example], others: dict[str, Sequence[float | None]]
    ) -> list[float | None]:
        assert self.judge is not None, "config checks that a judge is named"
        decided = [
            self.combine == "max" and any((column[i] or 0.0) >= 1.0 for column in others.values())
            for i in range(len(verdicts))
        ]
        # Without an answer the judge's verdict is no; where it could change nothing it has none.
        answers: list[float | None] = [None if done else 0.0 for done in decided]
        asked = [i for i, verdict in enumerate(verdicts) if verdict.extracted and not decided[i]]
        questions = [
            JudgeQuestion(
                question=examples[i].question, prediction=verdicts[i].extracted or "", answers=examples[i].answers
            )
            for i in asked
        ]
        try:
            replies = _listed(self.judge.verdicts(questions)) if questions else []
        except (Exception, SystemExit) as error:
            raise RewardError(f"the judge raised {_told(error)}") from error
        for i, reply in zip(asked, _checked(replies, len(asked), "judge"), strict=True):
            answers[i] = reply
        return answers

    def _combined(
        self, rollout: Rollout, response: str, verdict: Verdict, breakdown: dict[str, float | None]
    ) -> Scored:
        known = [value for value in breakdown.values() if value is not None]
        complete = len(known) == len(breakdown)
        if self.combine == "max" and known and (complete or max(known) >= 1.0):
            reward = max(known)
        elif self.combine == "mean" and complete:
            reward = sum(known) / len(known)
        else:
            reward = UNSCORED
        return Scored(
            rollout=rollout,
            reward=float(np.float32(reward)),
            breakdown=breakdown,
            verdict=verdict,
            response=response,
        )


def shaped(scored: Scored, *, penalty: float) -> Scored:
    """Add the overlong penalty (at most 0) to a reward, named in the breakdown."""
    if penalty == 0.0 or math.isnan(scored.reward):
        return scored
    breakdown = {**scored.breakdown, "task": scored.reward, "overlong": penalty}
    return replace(scored, reward=scored.reward + penalty, breakdown=breakdown)


def _listed(values: Any) -> Any:
    """What a generator gives, while its errors still count as the user's; anything else as it is."""
    return list(values) if inspect.isgenerator(values) else values


def _checked(values: Any, expected: int, name: str) -> list[float | None]:
    if isinstance(values, dict | set) or not isinstance(values, Iterable):
        raise RewardError(f"the {name} returned {type(values).__name__}, not a list of {expected} values")
    found = list(values)
    if len(found) != expected:
        raise RewardError(f"the {name} returned {len(found)} values for {expected} responses; None stands for unscored")
    checked: list[float | None] = []
    for i, value in enumerate(found):
        if value is None:
            checked.append(None)
            continue
        try:
            number = math.nan if isinstance(value, str | bytes) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isnan(number) and not isinstance(value, float | np.floating):
            raise RewardError(f"the {name} returned {value!r:.80} for response {i}, neither a number nor None")
        if abs(number) > MAX_REWARD:
            raise RewardError(f"the {name} returned {number} for response {i}; a reward must be a finite float32")
        checked.append(None if math.isnan(number) else number)
    return checked
