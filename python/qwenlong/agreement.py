"""Whether engine and policy agree about the rollouts of a run's first step, and if not, why: a part of training.

Both hold the same weights then, so the log-probs of what was sampled must be the same, but for rounding. Where they are
not, every ratio of the update is wrong, and nothing else would say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qwenlong.packing import Target, place, rows
from qwenlong.records import Group, Row, Turn
from qwenlong.session import Session

MAX_ROLLOUTS = 64
"""Rollouts that are compared: enough for every cause to show."""
LIMITS = {"float32": 1e-4, "bfloat16": 0.05}
"""Of the mean difference in nats, by dtype. Measured: 2e-6 to 6e-6 in float32, about 0.01 in bfloat16."""
SINGLE = 100.0
"""A single token may differ by so many times the limit of the mean."""
EXPLAINED = 0.2
"""A cause is named where it leaves at most this share of the difference."""


class DisagreementError(RuntimeError):
    """Engine and policy give other log-probs to the same tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Log-probs of the same tokens by both; flat over responses, all [N]."""

    engine: NDArray[np.float32]
    """What the engine said."""
    policy: NDArray[np.float32]
    """At the sampling temperature, over the kept tokens where they are known."""
    plain: NDArray[np.float32]
    """The policy's at temperature 1 over the whole vocabulary."""
    place: NDArray[np.int64]
    """Of each token in its response."""
    depth: NDArray[np.int64]
    """Of each token in prompt and response."""

    @property
    def gap(self) -> NDArray[np.float64]:
        """engine - policy."""
        return self.engine.astype(np.float64) - self.policy


def check_agreement(session: Session, groups: Sequence[Group]) -> None:
    """Compare once in a session, and print the mean and the largest difference.

    Raises:
        DisagreementError: the mean is above rollouts.max_mismatch; with the likely cause.
    """
    turns = [turn for group in groups for one in group.scored for turn in one.rollout.turns][:MAX_ROLLOUTS]
    if session.agreed or not turns:
        return
    how, dtype = session.config.rollouts, session.config.model.dtype
    found = compare(session, turns)
    limit = how.max_mismatch or LIMITS[dtype]
    truncates = how.top_p < 1 or how.top_k > 0
    hidden = truncates and all(turn.kept_tokens is None for turn in turns)
    # Without the kept sets the policy's log-prob is lower by the log of the kept mass: only the other side is wrong.
    size = np.maximum(-found.gap, 0.0) if hidden else np.abs(found.gap)
    mean, largest = float(size.mean()), float(size.max())
    session.display.say(
        f"log-probs of engine and policy differ by {mean:.1e} in the mean, {largest:.1e} at most"
        + (f"; top-p and top-k leave out {1 - np.exp(-found.gap).mean():.3f} of the mass, untold" if hidden else "")
    )
    if not (mean <= limit and largest <= SINGLE * limit):
        cause = diagnose(found, temperature=how.temperature, truncates=truncates)
        raise DisagreementError(
            f"engine and policy differ by {mean:.3g} nats in the mean over {len(size)} tokens ({largest:.3g} at most), "
            f"above the limits {limit:g} and {SINGLE * limit:g}: {cause}. "
            "Training on such ratios is wrong; where the cause is known and wanted, raise rollouts.max_mismatch and "
            "set losses.correction"
        )
    session.agreed = True


def compare(session: Session, turns: Sequence[Turn]) -> Comparison:
    """Score what the engine wrote with the policy, every rank its part, gathered on all."""
    packing, temperature = session.config.packing, session.config.rollouts.temperature
    items = [Target(turn=turn, advantage=1.0, weight=1.0) for turn in turns]
    built = rows(items, layout=packing.layout, max_row_tokens=packing.max_row_tokens)
    plan = place(built, num_ranks=session.world.size, max_batch_tokens=packing.max_batch_tokens)
    mine = plan[session.world.rank]
    known = session.policy.logprobs(mine, temperature=temperature)
    plain = session.policy.logprobs([[_whole(row) for row in batch] for batch in mine], temperature=1.0)
    parts = session.world.gather([
        (_told(batch), one, other, *_places(batch)) for batch, one, other in zip(mine, known, plain, strict=True)
    ])  # fmt: skip
    columns = [np.concatenate(column) for column in zip(*(piece for part in parts for piece in part), strict=True)]
    engine, policy, whole, weights, place_N, depth_N = columns
    real = weights > 0  # not the rows that only keep ranks in step
    return Comparison(
        engine=engine[real], policy=policy[real], plain=whole[real], place=place_N[real], depth=depth_N[real]
    )


def _told(batch: Sequence[Row]) -> NDArray[np.float32]:
    return np.concatenate([row.rollout_logprobs for row in batch])


def _places(batch: Sequence[Row]) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Weight, place in the response and depth in prompt and response of every target."""
    place_N = np.concatenate([np.arange(n) for row in batch for n in row.segment_lengths[1:]])
    prompts = np.concatenate([np.full(row.num_targets, row.segment_lengths[0]) for row in batch])
    return np.concatenate([row.weights for row in batch]), place_N, prompts + place_N


def _whole(row: Row) -> Row:
    return replace(row, kept_ids=np.zeros(0, np.int32), kept_counts=np.zeros_like(row.kept_counts))


def diagnose(found: Comparison, *, temperature: float, truncates: bool) -> str:
    """The likely cause of a difference, by what explains it: temperature, top-p, rope, prompt, weights or dtype."""
    gap, size = found.gap, np.abs(found.gap)
    mean = size.mean()

    def explains(other: NDArray[np.float64]) -> bool:
        return bool(np.abs(other).mean() <= EXPLAINED * mean)

    if temperature != 1 and explains(found.engine.astype(np.float64) - found.plain):
        return (
            f"temperature differs, for the engine's are those of temperature 1, not {temperature:g} "
            "(its log-probs are taken before sampling's processing)"
        )
    if truncates and np.quantile(gap, 0.05) >= -EXPLAINED * mean:
        return "top-p or top-k differs, for the engine's are hardly ever lower: they leave out mass that counts here"
    if np.median(size) < 0.01 * mean and (size > mean).mean() < 0.1:
        return (
            f"single tokens differ, {int((size > mean).sum())} of {len(size)}, as speculation does where its log-probs "
            "are wrong: set rollouts.speculative = 0"
        )
    near, far = _halves(size, found.depth)
    if far > 5 * near:
        return (
            f"rope differs, for it grows with the position ({near:.2g} in the nearer half, {far:.2g} in the farther): "
            "compare rope_parameters and the longest positions of both"
        )
    first, later = size[found.place == 0].mean(), size[found.place > 0].mean() if (found.place > 0).any() else mean
    if first > 5 * later:
        return (
            f"the prompt (template) differs, for the first token of responses differs most ({first:.2g} against "
            f"{later:.2g}): the engine reads other tokens before it"
        )
    if abs(gap.mean()) < EXPLAINED * mean and mean < 0.25:
        return "dtype differs, likely, for the difference is small, of both signs and everywhere: compare both dtypes"
    return (
        "weights, rope or template differ, for it is large from the first token on: a tensor that was not pushed "
        "(a tied head has two names), rope_parameters that are far apart, or another prompt"
    )


def _halves(size: NDArray[np.float64], depth: NDArray[np.int64]) -> tuple[float, float]:
    middle = np.median(depth)
    if not (depth > middle).any():
        return float(size.mean()), float(size.mean())
    return float(size[depth <= middle].mean()), float(size[depth > middle].mean())
