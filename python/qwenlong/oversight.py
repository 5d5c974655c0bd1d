"""What watches the judge while a policy learns from it: trials, disagreements, counters, a safe stop."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from qwenlong.canaries import Trust, canaries, measured
from qwenlong.checkpoint import write_atomically
from qwenlong.metrics import mean
from qwenlong.patience import Patience, Verdicts, refused_for_good, shared_out, trouble_of
from qwenlong.records import Group, HaltError, Scored
from qwenlong.rewards import JudgeHaltError, RewardModel
from qwenlong.session import Session, Stopped

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
    patience: Patience = field(default_factory=Patience)
    """How much may be missing."""
    max_false_positives: float
    """Limit of a trial."""
    max_tricked: float
    """Limit of a trial."""
    max_false_negatives: float
    """Limit of a trial."""
    totals: dict[str, float] = field(default_factory=dict)
    """What the judge's counters came to, over all ranks and sessions; empty where it has none."""
    trust: Trust | None = None
    """The trial of the present step."""
    _earlier: dict[str, float] = field(default_factory=dict)
    """Totals of the sessions before this one."""
    _others: list[dict[str, float]] = field(default_factory=list)
    """Counters of the other ranks, as rank 0 last heard of them."""
    _counted: bool = False
    """True once the file of the sessions before was read."""
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

    def close(self, session: Session) -> None:
        """End the judge, where it can be ended; what this rank has asked since the last count is counted too."""
        if session.world.rank == 0:
            with contextlib.suppress(OSError):  # on the way out of an error that matters more
                self._write(session, [self._counters(), *self._others])
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
        if every and session.progress.rl_steps % every == 0:
            self.trust = self._tried(session)

    def _tried(self, session: Session) -> Trust:
        """A trial past the cache, whose answers are those of the judge as it is now."""
        pairs = canaries()

        def again(places: Sequence[int]) -> list[float | None]:
            questions = [pairs[i][0] for i in places]
            return shared_out(session, self.rewards, questions, remembered=False)

        trust = measured(pairs, self._settled(session, again(range(len(pairs))), again=again))
        for rate, key, what in (
            (trust.false_positive_rate, "max_false_positives", "the judge accepts wrong answers"),
            (trust.trick_rate, "max_tricked", "the judge accepts answers that say nothing"),
            (trust.false_negative_rate, "max_false_negatives", "the judge refuses right answers"),
        ):
            limit: float = getattr(self, key)
            if rate is not None and rate > limit:
                fooled = "" if key == "max_false_negatives" else f", for example {_few(trust.fooled_by)}"
                raise JudgeHaltError(
                    f"{what}{fooled}: its rate on known pairs is {rate:.2f}, above judge.{key} "
                    f"{limit:g}; take a stronger judge, or raise the limit"
                )
        return trust

    def complete(
        self, session: Session, answers: Sequence[Sequence[Scored]], earlier: Sequence[Group]
    ) -> list[list[Scored]]:
        """Scored answers of all ranks; where the judge left out too many of the step's, it is asked for them again.

        Called on all ranks, outside of what a rank does alone; `earlier` are groups that the same step has already.

        Raises:
            JudgeHaltError: on all ranks, where it still leaves out too many.
        """
        every = [one for group in answers for one in group]
        asked = [i for i, one in enumerate(every) if self.rewards.was_asked(one)]
        before = [one for group in earlier for one in group.scored if self.rewards.was_asked(one)]

        def again(places: Sequence[int]) -> list[float | None]:
            left = [every[asked[i]] for i in places]
            examples = [session.corpus.lookup(one.rollout.example_id)[0] for one in left]
            questions = [self.rewards.question(*pair) for pair in zip(left, examples, strict=True)]
            return shared_out(session, self.rewards, questions)

        verdicts = [every[i].breakdown["judge"] for i in asked]
        settled = self._settled(session, verdicts, again=again, earlier=[one.breakdown["judge"] for one in before])
        for i, old, new in zip(asked, verdicts, settled, strict=True):
            if new != old:
                every[i] = self.rewards.judged(every[i], new)
        left = iter(every)
        return [[next(left) for _ in group] for group in answers]

    def _settled(self, session: Session, verdicts: Verdicts, **how: Any) -> list[float | None]:
        """What patience brings, and the counters to their file, whether it does or not."""
        try:
            found = self.patience.settle(
                session, verdicts, trouble=lambda: trouble_of(session, self.rewards),
                refused=lambda: refused_for_good(session, self.rewards), **how
            )  # fmt: skip
        except (JudgeHaltError, Stopped):  # on all ranks
            self.count(session)
            raise
        self.count(session)
        return found

    def observe(self, session: Session, groups: Sequence[Group]) -> dict[str, float | None]:
        """A step is done: write disagreements; returns its metrics."""
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
            "judge_trick_rate": trust.trick_rate if trust else None,
            "judge_canaries_missing": float(trust.missing) if trust else None,
            **self._spent(session),
        }

    def _spent(self, session: Session) -> dict[str, float | None]:
        """Times of the step."""
        now = self._counters()
        steps = session.world.gather({name: value - self._before.get(name, 0.0) for name, value in now.items()})
        if not now:
            return {}
        replies = sum(step["calls"] - step["failures"] for step in steps)
        latency = math.fsum(step["latency_seconds"] for step in steps)
        return {
            "judge_latency_seconds": latency / replies if replies > 0 else None,
            "judge_wait_seconds": max(step["wait_seconds"] for step in steps),
        }

    def count(self, session: Session) -> None:
        """Counters of all ranks, stages and sessions to their file; called on all ranks."""
        ranks = session.world.gather(self._counters())
        self._others = ranks[1:]
        if session.world.rank == 0:
            self._write(session, ranks)

    def _write(self, session: Session, ranks: Sequence[dict[str, float]]) -> None:
        file = session.directory / COUNTERS
        if not self._counted and file.is_file():  # it has seen what no checkpoint has
            written = json.loads(file.read_text("utf-8"))
            names = dict.fromkeys([*self._earlier, *written])
            self._earlier = {name: max(self._earlier.get(name, 0.0), written.get(name, 0.0)) for name in names}
        self._counted = True
        names = dict.fromkeys([*self._earlier, *(name for rank in ranks for name in rank)])
        totals = {
            name: self._earlier.get(name, 0.0) + math.fsum(rank.get(name, 0.0) for rank in ranks) for name in names
        }
        if totals != self.totals and any(totals.values()):
            self.totals = totals
            write_atomically(file, json.dumps(totals, indent=1) + "\n")

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
        Stopped: the same, where the run was asked to end while it waited for the judge.
    """
    place = session.curriculum.position  # nothing else that is remembered moves before the update
    try:
        if session.oversight is not None:
            session.oversight.begin(session)
        return work(session, *arguments, **options)
    except (HaltError, Stopped) as halt:
        session.curriculum.position = place
        session.save()
        done = session.progress.rl_steps
        if isinstance(halt, Stopped):
            raise Stopped(f"stopped after {session.progress.units} units of work; go on with --resume") from halt
        raise type(halt)(f"{halt}. The run is saved after RL step {done}: go on with --resume") from halt


def observed(session: Session, groups: Sequence[Group]) -> dict[str, float | None]:
    """What the judge did in the step that ends; nothing without a judge."""
    return session.oversight.observe(session, groups) if session.oversight is not None else {}


def _few(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:5]))
