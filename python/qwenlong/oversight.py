"""What watches the judge while a policy learns from it: trials, disagreements, counters, a safe stop."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from qwenlong.canaries import Trust, canaries, measured
from qwenlong.checkpoint import write_atomically
from qwenlong.metrics import mean
from qwenlong.records import Group, HaltError, Scored
from qwenlong.rewards import JudgeHaltError, RewardModel
from qwenlong.session import Session

Found = TypeVar("Found")
Arguments = ParamSpec("Arguments")
DISAGREEMENTS = "judge_disagreements.jsonl"
COUNTERS = "judge_counters.json"


@dataclass(slots=True, kw_only=True)
class Oversight:
    """The judge of a run, as the run sees it; a part of the checkpoint."""

    rewards: RewardModel
    """Has the judge."""
    canary_every_steps: int
    """RL steps between two trials; 0 is never."""
    max_false_positives: float
    """Limit of a trial."""
    max_false_negatives: float
    """Limit of a trial."""
    totals: dict[str, float] = field(default_factory=dict)
    """What the judge's counters came to, over all ranks and sessions; empty where it has none."""
    trust: Trust | None = None
    """The trial of the present step."""
    _earlier: dict[str, float] = field(default_factory=dict)
    """Totals of the sessions before this one."""
    _before: dict[str, float] = field(default_factory=dict)
    """This rank's counters when the step began."""

    name = "judge"
    version = 1
    sharded = False

    def save(self, directory: Path) -> None:
        """Write counters.json."""
        (directory / "counters.json").write_text(json.dumps(self.totals), "utf-8")

    def load(self, directory: Path, version: int) -> None:
        """Read what `save` wrote."""
        self._earlier = json.loads((directory / "counters.json").read_text("utf-8"))
        self.totals = dict(self._earlier)

    def close(self) -> None:
        """End the judge, where it can be ended."""
        close = getattr(self.rewards.judge, "close", None)
        if callable(close):
            close()

    def begin(self, session: Session) -> None:
        """A step begins: try the judge when it is time.

        Raises:
            JudgeHaltError: on all ranks, where it has no verdicts or cannot be trusted.
        """
        self._before, self.trust = self._counters(), None
        every = self.canary_every_steps
        if not every or session.progress.rl_steps % every:
            return
        outcome = session.world.agree(lambda: self._tried() if session.world.rank == 0 else None)[0]
        if isinstance(outcome, JudgeHaltError):
            raise outcome
        self.trust = outcome

    def _tried(self) -> Trust | JudgeHaltError:
        """A trial past the cache, whose answers are those of the judge as it is now."""
        pairs = canaries()
        try:
            trust = measured(pairs, self.rewards.ask([question for question, _ in pairs], remembered=False))
        except JudgeHaltError as stopped:
            return stopped
        for rate, limit, key, what in (
            (trust.false_positive_rate, self.max_false_positives, "positives", "the judge accepts wrong answers"),
            (trust.false_negative_rate, self.max_false_negatives, "negatives", "the judge refuses right answers"),
        ):
            if rate is not None and rate > limit:
                fooled = ", for example " + ", ".join(map(repr, trust.fooled_by[:5])) if key == "positives" else ""
                return JudgeHaltError(
                    f"{what}{fooled}: its rate on known pairs is {rate:.2f}, above judge.max_false_{key} "
                    f"{limit:g}; take a stronger judge, or raise the limit"
                )
        return trust

    def observe(self, session: Session, groups: Sequence[Group]) -> dict[str, float | None]:
        """A step is done: write disagreements and counters; returns its metrics."""
        every = [scored for group in groups for scored in group.scored]
        asked = [scored for scored in every if self.rewards.was_asked(scored)]
        verdicts = [scored.breakdown["judge"] for scored in asked]
        known = [verdict for verdict in verdicts if verdict is not None]
        disagreements = list(self._disagreements(session, groups))
        session.journal.append(DISAGREEMENTS, disagreements)
        trust = self.trust
        return {
            "judge_questions": float(len(asked)),
            "judge_yes_share": mean(float(verdict >= 1.0) for verdict in known),
            "judge_missing": float(len(verdicts) - len(known)),
            "judge_disagreements": float(len(disagreements)),
            "judge_false_positive_rate": trust.false_positive_rate if trust else None,
            "judge_false_negative_rate": trust.false_negative_rate if trust else None,
            "judge_canaries_missing": float(trust.missing) if trust else None,
            **self._spent(session),
        }

    def _spent(self, session: Session) -> dict[str, float | None]:
        """Times of the step; counters to their file."""
        now = self._counters()
        gathered = session.world.gather(
            (now, {name: value - self._before.get(name, 0.0) for name, value in now.items()})
        )
        if not now:
            return {}
        names = dict.fromkeys([*self._earlier, *now])
        self.totals = {
            name: self._earlier.get(name, 0.0) + math.fsum(total.get(name, 0.0) for total, _ in gathered)
            for name in names
        }
        if session.world.rank == 0:
            write_atomically(session.directory / COUNTERS, json.dumps(self.totals, indent=1) + "\n")
        steps = [step for _, step in gathered]
        replies = sum(step["calls"] - step["failures"] for step in steps)
        latency = math.fsum(step["latency_seconds"] for step in steps)
        return {
            "judge_latency_seconds": latency / replies if replies else None,
            "judge_wait_seconds": max(step["wait_seconds"] for step in steps),
        }

    def _counters(self) -> dict[str, float]:
        read = getattr(getattr(self.rewards.judge, "counters", None), "as_dict", None)
        return dict(read()) if callable(read) else {}

    def _disagreements(self, session: Session, groups: Sequence[Group]) -> Iterator[dict[str, Any]]:
        """Rollouts of which rule and judge say different things, as a person can read them."""
        for group in groups:
            for scored in group.scored:
                rule, judge = scored.breakdown.get("rule"), scored.breakdown.get("judge")
                if rule is None or judge is None or (rule >= 1.0) == (judge >= 1.0):
                    continue
                if self.rewards.was_asked(scored):
                    yield self._disagreement(session, scored, group)

    @staticmethod
    def _disagreement(session: Session, scored: Scored, group: Group) -> dict[str, Any]:
        example, _ = session.corpus.lookup(group.example_id)
        return {
            "phase": session.curriculum.phase + 1,
            "step": session.progress.rl_steps,
            "example_id": group.example_id,
            "sample": scored.rollout.sample,
            "question": example.question,
            "prediction": scored.verdict.extracted,
            "answers": list(example.answers),
            "rule": scored.breakdown["rule"],
            "reason": scored.verdict.reason,
            "judge": scored.breakdown["judge"],
        }


def overseen(
    session: Session, work: Callable[Concatenate[Session, Arguments], Found], *arguments: Arguments.args,
    **options: Arguments.kwargs,
) -> Found:  # fmt: skip
    """Sampling and scoring of a step; where all ranks have to leave it, the run is saved as it was before.

    Raises:
        HaltError: on all ranks; the checkpoint is written.
    """
    place = session.curriculum.position  # nothing else that is remembered moves before the update
    try:
        if session.oversight is not None:
            session.oversight.begin(session)
        return work(session, *arguments, **options)
    except HaltError as halt:
        session.curriculum.position = place
        session.save()
        done = session.progress.rl_steps
        raise type(halt)(f"{halt}. The run is saved after RL step {done}: go on with --resume") from halt


def observed(session: Session, groups: Sequence[Group]) -> dict[str, float | None]:
    """What the judge did in the step that ends; nothing without a judge."""
    return session.oversight.observe(session, groups) if session.oversight is not None else {}
