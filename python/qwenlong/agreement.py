"""Whether engine and policy agree about the rollouts of a session, and if not, why: a part of evaluation.

Where both hold the same weights, the log-probs of what was sampled must be the same, but for rounding. Where they are
not, every ratio of an update is wrong, or another model is measured, and nothing else would say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qwenlong.packing import Target, place, rows
from qwenlong.records import Row, Sampling, Scored, Turn
from qwenlong.session import Session

MAX_PROMPTS = 8
"""Prompts that are compared, shared out among all that sample, at least one for each: every cause shows in them."""
MAX_ROLLOUTS = 8
"""Of each prompt."""
LIMITS = {"float32": 1e-4, "bfloat16": 0.05}
"""Of the mean difference in nats, by dtype. Measured: 2e-6 to 6e-6 in float32, about 0.01 in bfloat16."""
SINGLE = 100.0
"""A single token may differ by so many times the limit of the mean."""
EXPLAINED = 0.2
"""A cause is named where it leaves at most this share of the difference."""
GROWS = 2.5
"""From the nearest quarter of the tokens to the farthest, where a difference grows with the position ..."""
DEEPER = 3.0
"""... and their positions differ by so much: one that is linear in the position then grows by as much."""


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


def check_agreement(session: Session, answers: Sequence[Sequence[Scored]], sampling: Sampling) -> None:
    """Compare what every engine and server wrote with what the policy says of it, once each in a session.

    `answers` are the groups that were sampled with the policy's present weights. Mean and largest difference are
    printed. A server that joins later is compared when it first answers, another temperature when it is first sampled.

    Raises:
        DisagreementError: of one of them the mean is above rollouts.max_mismatch; with the likely cause.
    """
    waiting = _unchecked(session, answers, sampling)
    if not waiting:
        return
    chosen = {name: spread(waiting[name], MAX_PROMPTS // len(waiting)) for name in sorted(waiting)}
    found = compare(session, chosen, temperature=sampling.temperature)
    how = session.config.rollouts
    for name, one in found.items():
        _refuse_unusable(one, name, speculates=how.speculative > 0)
    # Where sets are told, evaluation's full support is that of the likeliest tokens, whose sets are not kept.
    narrow = sampling.truncates or how.top_k > 0
    untold = {name for name in chosen if narrow and all(turn.kept_tokens is None for turn in chosen[name])}
    # Without the kept sets the policy's log-prob is lower by the log of the kept mass: only the other side is wrong.
    sizes = {name: np.maximum(-one.gap, 0.0) if name in untold else np.abs(one.gap) for name, one in found.items()}
    every = np.concatenate([*sizes.values()])
    said = f"log-probs of engine and policy differ by {every.mean():.1e} in the mean, {every.max():.1e} at most"
    if untold and sampling.truncates:
        mass = np.exp(np.concatenate([-found[name].gap for name in untold])).mean()
        said += f"; top-p and top-k leave out {1 - mass:.3f} of the mass, untold"
    session.display.say(said)
    limit = how.max_mismatch or LIMITS[session.config.model.dtype]
    worst = max(sizes, key=lambda name: max(sizes[name].mean(), sizes[name].max() / SINGLE))
    mean, largest = float(sizes[worst].mean()), float(sizes[worst].max())
    if mean > limit or largest > SINGLE * limit:
        cause = diagnose(found[worst], temperature=sampling.temperature, truncates=sampling.truncates)
        raise DisagreementError(
            f"engine and policy differ by {mean:.3g} nats in the mean over {len(sizes[worst])} tokens of {worst} "
            f"({largest:.3g} at most), above the limits {limit:g} and {SINGLE * limit:g}: {cause}. "
            "Training on such ratios is wrong; where the cause is known and wanted, raise rollouts.max_mismatch and "
            "set losses.correction"
        )
    session.agreed |= {_key(name, sampling) for name in chosen}


def _key(sampler: str, sampling: Sampling) -> tuple[str, float, bool]:
    return sampler, sampling.temperature, sampling.truncates


def _unchecked(session: Session, answers: Sequence[Sequence[Scored]], sampling: Sampling) -> dict[str, list[Turn]]:
    """By who wrote them: turns by the present weights that fit a row, of those who have not been compared."""
    found: dict[str, list[Turn]] = {}
    for turn in (turn for group in answers for one in group for turn in one.rollout.turns):
        current = turn.weight_version == session.policy.version
        fits = len(turn.prompt_ids) + len(turn.response_ids) <= session.config.packing.max_row_tokens
        if current and fits and _key(turn.sampler, sampling) not in session.agreed:
            found.setdefault(turn.sampler, []).append(turn)
    return found


def spread(turns: Sequence[Turn], num_prompts: int) -> list[Turn]:
    """Those of the longest prompt and of others at even distances down to the shortest, at least of one prompt."""
    families: dict[bytes, list[Turn]] = {}
    for turn in turns:
        families.setdefault(turn.prompt_ids.tobytes(), []).append(turn)
    ordered = sorted(families, key=len, reverse=True)
    places = np.linspace(0, len(ordered) - 1, max(1, min(num_prompts, len(ordered)))).round().astype(int)
    return [turn for place in places for turn in families[ordered[place]][:MAX_ROLLOUTS]]


def compare(session: Session, chosen: dict[str, list[Turn]], *, temperature: float) -> dict[str, Comparison]:
    """Score with the policy what each engine or server wrote, every rank its part, gathered on all."""
    packing = session.config.packing
    items = [  # the advantage, which nothing is trained on, says who
        Target(turn=turn, advantage=float(who), weight=1.0)
        for who, turns in enumerate(chosen.values())
        for turn in turns
    ]
    built = rows(items, layout=packing.layout, max_row_tokens=packing.max_row_tokens)
    plan = place(built, num_ranks=session.world.size, max_batch_tokens=packing.max_batch_tokens)
    mine = plan[session.world.rank]
    known = session.policy.logprobs(mine, temperature=temperature)
    plain = session.policy.logprobs([[_whole(row) for row in batch] for batch in mine], temperature=1.0)
    parts = session.world.gather([
        (_told(batch), one, other, *_places(batch)) for batch, one, other in zip(mine, known, plain, strict=True)
    ])  # fmt: skip
    columns = [np.concatenate(column) for column in zip(*(piece for part in parts for piece in part), strict=True)]
    engine, policy, whole, weights, who_N, place_N, depth_N = columns
    found = {}
    for who, name in enumerate(chosen):
        its = (weights > 0) & (who_N == who)  # not the rows that only keep ranks in step
        found[name] = Comparison(
            engine=engine[its], policy=policy[its], plain=whole[its], place=place_N[its], depth=depth_N[its]
        )
    return found


def _told(batch: Sequence[Row]) -> NDArray[np.float32]:
    return np.concatenate([row.rollout_logprobs for row in batch])


def _places(batch: Sequence[Row]) -> tuple[NDArray[np.float32], ...]:
    """Weight, number of who wrote it, place in the response and depth in prompt and response of every target."""
    place_N = np.concatenate([np.arange(n) for row in batch for n in row.segment_lengths[1:]])
    prompts = np.concatenate([np.full(row.num_targets, row.segment_lengths[0]) for row in batch])
    who_N = np.concatenate([row.advantages for row in batch])
    return np.concatenate([row.weights for row in batch]), who_N, place_N, prompts + place_N


def _whole(row: Row) -> Row:
    return replace(row, kept_ids=np.zeros(0, np.int32), kept_counts=np.zeros_like(row.kept_counts))


def _refuse_unusable(found: Comparison, name: str, *, speculates: bool) -> None:
    """Raises where a log-prob is NaN or infinite, with whose it is: nothing can be compared then."""
    for whose, values in (("the engine's", found.engine), ("the policy's", found.policy)):
        bad = ~np.isfinite(values)
        if bad.any():
            way = (
                "look for overflow in the dtype of the model or of the cache"
                if not speculates
                else "rollouts.speculative is on, with which vLLM has given such log-probs: set it to 0"
            )
            raise DisagreementError(
                f"{whose} log-probs are not finite at {int(bad.sum())} of {len(bad)} tokens of {name} (the first is "
                f"{values[bad][0]}), so that no ratio can be formed: {way}"
            )


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
    near, far = _quarters(size, found.depth)
    if far > GROWS * near:
        return (
            f"rope differs, for it grows with the position ({near:.2g} in the nearest quarter, {far:.2g} in the "
            "farthest): compare rope_parameters and the longest positions of both"
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


def _quarters(size: NDArray[np.float64], depth: NDArray[np.int64]) -> tuple[float, float]:
    """Mean in the nearest and in the farthest quarter; the same where positions hardly differ."""
    low, high = np.quantile(depth, [0.25, 0.75])
    near, far = depth <= low, depth >= high
    if depth[far].mean() < DEEPER * depth[near].mean():
        return float(size.mean()), float(size.mean())
    return float(size[near].mean()), float(size[far].mean())
