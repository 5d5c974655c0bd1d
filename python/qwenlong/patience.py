"""What happens where a judge says too little: all ranks pause and ask again together, then they stop together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import sleep

from qwenlong.rewards import JudgeHaltError, JudgeQuestion, RewardModel
from qwenlong.rollouts import merge
from qwenlong.session import Session, Stopped

Verdicts = Sequence[float | None]
SLICE_SECONDS = 1.0
"""Of a pause: no wish to end waits longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much may be missing; see `config.Rewards`."""

    max_missing: float = 1.0
    """Largest share of a step's questions, over all ranks, that may stay without a verdict."""
    retries: int = 0
    """How often what is missing is asked again where it is more."""
    pause_seconds: float = 0.0
    """Pause before the first of them; it doubles."""

    def settle(
        self, session: Session, verdicts: Verdicts, *, again: Callable[[list[int]], Verdicts], earlier: Verdicts = (),
        trouble: Callable[[], str] = str, refused: Callable[[], bool] = bool,
    ) -> list[float | None]:  # fmt: skip
        """The verdicts of a step, with what came when asked again. Called on all ranks, which hold the same verdicts.

        So they decide alike, and no rank waits for another longer than for one call of its judge.

        Args:
            session: whose display hears of pauses.
            verdicts: those of all ranks.
            again: asks for those at the given places; called on all ranks.
            earlier: what the same step has asked before and made its peace with.
            trouble: why verdicts are missing, for people; called on all ranks.
            refused: whether asking again would change nothing; called on all ranks.

        Raises:
            JudgeHaltError: after the last pause, or once a pause is of no use, the share that is missing is still
                above `max_missing`.
            Stopped: in a pause one of the ranks was asked to end.
        """
        found = list(verdicts)
        total = len(earlier) + len(found)
        for attempt in range(self.retries + 1):
            missing = [i for i, verdict in enumerate(found) if verdict is None]
            lost = len(missing) + sum(verdict is None for verdict in earlier)
            if lost <= self.max_missing * total + 1e-9:
                return found
            said = f"the judge gave no verdict on {lost} of {total} answers{trouble()}"
            if attempt == self.retries or refused():
                break
            seconds = self.pause_seconds * 2**attempt
            session.display.say(f"{said}; asking again in {seconds:g} s ({attempt + 1} of {self.retries})")
            _pause(session, seconds)
            for i, verdict in zip(missing, again(missing), strict=True):
                found[i] = verdict
        raise JudgeHaltError(
            f"{said}, above rewards.max_missing {self.max_missing:g} after {attempt} pauses: nothing was learnt "
            "from them; see to the judge, or raise the limit"
        )


def _pause(session: Session, seconds: float) -> None:
    """Wait in slices, after each of which all ranks look whether one of them was asked to end.

    Raises:
        Stopped: on all ranks.
    """
    slices = max(1, math.ceil(seconds / SLICE_SECONDS))
    for _ in range(slices):
        sleep(seconds / slices)
        if any(session.world.gather(session.stop())):
            raise Stopped("stopped while waiting for the judge: go on with --resume")


def shared_out(
    session: Session, rewards: RewardModel, questions: Sequence[JudgeQuestion], *, remembered: bool = True
) -> list[float | None]:
    """The judge's verdicts, each rank asking its part; called on all ranks, of which all get all."""
    world = session.world
    return merge(world.agree(lambda: rewards.ask(questions[world.rank :: world.size], remembered=remembered)))


def trouble_of(session: Session, rewards: RewardModel) -> str:
    """The first word on what is wrong that a rank's judge has; called on all ranks."""
    said = next(filter(None, session.world.gather(str(getattr(rewards.judge, "trouble", "") or ""))), "")
    return f" ({said})" if said else ""


def refused_for_good(session: Session, rewards: RewardModel) -> bool:
    """Whether every rank's judge that was asked was refused for good; called on all ranks."""
    said = session.world.gather(getattr(rewards.judge, "refused", None))
    asked = [refused for refused in said if refused is not None]
    return bool(asked) and all(asked)
