"""Rollouts to rewards: max(rule, judge), and the user's own; a missing verdict stays missing.

A verdict that is missing is UNSCORED (NaN), never 0: a dead judge must not teach that right answers are wrong.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np

from qwenlong import scoring
from qwenlong.plugins import load_judge as load_judge  # noqa: PLC0414  # part of the interface
from qwenlong.plugins import load_object as load_object  # noqa: PLC0414
from qwenlong.plugins import told
from qwenlong.records import UNSCORED, Example, HaltError, Rollout, Scored, Verdict

MAX_REWARD = float(np.finfo(np.float32).max)
"""Rewards are float32."""

Function = Callable[..., Sequence[float | None]]
"""The user's reward: called with keywords `responses: list[str]` and `examples: list[Example]`; None is unscored."""


class RewardError(RuntimeError):
    """The user's reward function or judge failed or broke its contract."""


class JudgeHaltError(RewardError, HaltError):
    """The judge left too much unsaid, or cannot be trusted: the run ends where it can be resumed."""


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
            raise RewardError(f"the reward function raised {told(error)}") from error
        return _checked(values, len(responses), "reward function")

    def _ask_judge(
        self, verdicts: Sequence[Verdict], examples: Sequence[Example], others: dict[str, Sequence[float | None]]
    ) -> list[float | None]:
        decided = [self._decided({name: column[i] for name, column in others.items()}) for i in range(len(verdicts))]
        # Without an answer the judge's verdict is no; where it could change nothing it has none.
        answers: list[float | None] = [None if done else 0.0 for done in decided]
        asked = [i for i, verdict in enumerate(verdicts) if verdict.extracted and not decided[i]]
        questions = [
            JudgeQuestion(
                question=examples[i].question, prediction=verdicts[i].extracted or "", answers=examples[i].answers
            )
            for i in asked
        ]
        for i, reply in zip(asked, self.ask(questions), strict=True):
            answers[i] = reply
        return answers

    def ask(self, questions: Sequence[JudgeQuestion], *, remembered: bool = True) -> list[float | None]:
        """The judge's verdicts; None where it has none.

        Args:
            questions: any number.
            remembered: False asks past a cache, where the judge has one (`fresh_verdicts`).

        Raises:
            RewardError: the judge raised or broke its contract.
        """
        if not questions:
            return []
        assert self.judge is not None, "config checks that a judge is named"
        ask = self.judge.verdicts if remembered else getattr(self.judge, "fresh_verdicts", self.judge.verdicts)
        try:
            replies = _listed(ask(questions))
        except (Exception, SystemExit) as error:
            raise RewardError(f"the judge raised {told(error)}") from error
        return _checked(replies, len(questions), "judge")

    def question(self, scored: Scored, example: Example) -> JudgeQuestion:
        """What the judge is asked about a rollout."""
        return JudgeQuestion(
            question=example.question, prediction=scored.verdict.extracted or "", answers=example.answers
        )

    def judged(self, scored: Scored, verdict: float | None) -> Scored:
        """What `score` would have given, had the judge said this."""
        return self._combined(scored.rollout, scored.response, scored.verdict, {**scored.breakdown, "judge": verdict})

    def was_asked(self, scored: Scored) -> bool:
        """Whether the judge was asked about a rollout, by what `score` gave.

        A judge with a method `asks(prediction)` says by itself where there is nothing to judge, which is a no.
        """
        if "judge" not in scored.breakdown or not scored.verdict.extracted or self._decided(scored.breakdown):
            return False
        asks = getattr(self.judge, "asks", None)
        return not callable(asks) or bool(asks(scored.verdict.extracted))

    def unheard(self, group: Sequence[Scored]) -> bool:
        """Whether the judge was asked about a group and had not a verdict, and no rule said yes: then nothing is known.

        What is left are noes without asking, which would make any example look like one that is never solved.
        """
        asked = [scored.breakdown["judge"] for scored in group if self.was_asked(scored)]
        solved = any(self._decided(scored.breakdown) for scored in group)
        return bool(asked) and all(verdict is None for verdict in asked) and not solved

    def _decided(self, breakdown: Mapping[str, float | None]) -> bool:
        """Whether a judge could change nothing."""
        others = (value for name, value in breakdown.items() if name in ("rule", "function"))
        return self.combine == "max" and any((value or 0.0) >= 1.0 for value in others)

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
