"""The policy's update: several optimiser steps on the rows of one batch of rollouts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from qwenlong.losses import ImitationObjective, Loss, PolicyObjective
from qwenlong.records import Row

Objective = Callable[[Tensor, Tensor, Sequence[Row]], Loss]
"""(log-probs [N], entropy [N], the micro-batch's rows) -> its loss."""

Placed = Sequence[Sequence[Row]]
"""The micro-batches of this rank; every rank has as many."""


class Policy(Protocol):
    """The trained model, however it is sharded. Every method is called on all ranks alike."""

    version: int
    """Counts optimiser steps; the weights' name."""

    def logprobs(self, batches: Placed, *, temperature: float) -> list[NDArray[np.float32]]:
        """Per micro-batch [N] float32 at the response positions."""

    def update(
        self, batches: Placed, *, objective: Objective, temperature: float, learning_rate: float
    ) -> dict[str, float]:
        """One optimiser step; this rank's sums, and `grad_norm` (global, before clipping)."""

    def weights(self) -> Iterator[list[tuple[str, Tensor]]]:
        """Full tensors in buckets, by Hub names, tied ones under both."""

    def offload(self) -> None:
        """Move what only updates need off the device."""

    def reload(self) -> None:
        """Bring it back."""

    def reset_optimizer(self) -> None:
        """Forget the optimiser's moments."""

    def save(self, directory: Path) -> None:
        """Write everything that training goes on from."""

    def load(self, directory: Path) -> None:
        """Read what `save` wrote."""

    def export(self, directory: Path) -> None:
        """Write the weights in Hub layout."""


class Ranks(Protocol):
    """What an update needs to know of the other ranks."""

    @property
    def size(self) -> int:
        """How many."""

    def gather(self, value: object) -> list[object]:
        """The values of all ranks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniBatch:
    """One optimiser step's worth of rows."""

    batches: Placed
    """This rank's micro-batches."""
    divisor: float
    """Sum of the weights of all ranks' rows, those that cost no compute included."""
    plan: str
    """Hash of all ranks' plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReport:
    """What an update did; means over the tokens that were computed, on all ranks."""

    loss: float
    """Sum over micro-batches and ranks, mean over mini-batches."""
    grad_norm: float
    """Mean over mini-batches, before clipping."""
    entropy: float | None
    """Nats per token."""
    clip_share: float | None
    """Tokens at which clipping acts."""
    kl: float | None
    """Nats per token; None without a KL term."""
    mismatch: float | None
    """Mean absolute difference of engine's and policy's log-probs; None in SFT."""
    mismatch_kl: float | None
    """Nats per token from the engine's to the policy's distribution; None in SFT."""
    corrected_share: float | None
    """Tokens beyond the limits of the correction; None in SFT."""
    learning_rate: float
    """Of the last step."""
    num_tokens: int
    """Response tokens that were computed."""


def learning_rate(index: int, *, peak: float, warmup_steps: int) -> float:
    """Linear ramp over `warmup_steps` updates to `peak`, then constant; `index` counts from 0."""
    return peak * min(1.0, (index + 1) / warmup_steps) if warmup_steps else peak


def update(
    policy: Policy,
    mini_batches: Sequence[MiniBatch],
    *,
    ranks: Ranks,
    objective: Callable[[float], PolicyObjective | ImitationObjective],
    temperature: float,
    peak_learning_rate: float,
    warmup_steps: int,
    first_update: int,
    reference: Policy | None = None,
) -> UpdateReport:
    """Train on every mini-batch once, in order.

    Old log-probs are those of the policy before the first mini-batch; with a single one the present log-probs are the
    old ones and nothing is computed twice. `objective` makes the loss from a divisor; `reference` scores every row.
    A mini-batch of divisor 0 (nothing scored, or no signal) is skipped.
    """
    mini_batches = [batch for batch in mini_batches if batch.divisor > 0]
    plans = ranks.gather([batch.plan for batch in mini_batches])
    assert all(plan == plans[0] for plan in plans), "ranks disagree about the plan"
    if len(mini_batches) > 1:
        mini_batches = _with_logprobs(mini_batches, policy, field="old_logprobs", temperature=temperature)
    if reference is not None:
        mini_batches = _with_logprobs(mini_batches, reference, field="reference_logprobs", temperature=temperature)
    sums: dict[str, float] = {}
    norms, rate = [], 0.0
    for number, batch in enumerate(mini_batches):
        rate = learning_rate(first_update + number, peak=peak_learning_rate, warmup_steps=warmup_steps)
        done = policy.update(
            batch.batches, objective=objective(batch.divisor), temperature=temperature, learning_rate=rate
        )
        norms.append(done.pop("grad_norm"))
        for name, value in done.items():
            sums[name] = sums.get(name, 0.0) + value
    totals = _added(ranks.gather(sums))
    tokens = totals.get("tokens", 0.0)
    named = ("entropy", "clipped", "kl", "mismatch", "mismatch_kl", "corrected")
    means = {name: totals[name] / tokens for name in named if name in totals and tokens}
    return UpdateReport(
        loss=totals.get("loss", 0.0) / max(1, len(mini_batches)),
        grad_norm=float(np.mean(norms)) if norms else 0.0,
        entropy=means.get("entropy"),
        clip_share=means.get("clipped"),
        kl=means.get("kl"),
        mismatch=means.get("mismatch"),
        mismatch_kl=means.get("mismatch_kl"),
        corrected_share=means.get("corrected"),
        learning_rate=rate,
        num_tokens=int(tokens),
    )


def computed(rows: Iterable[Row], *, every_row: bool) -> list[Row]:
    """The rows that need the model: those with a weighted advantage, or all where an entropy or KL term acts."""
    return [row for row in rows if every_row or bool(np.any((row.advantages != 0) & (row.weights > 0)))]


def _with_logprobs(batches: Sequence[MiniBatch], policy: Policy, *, field: str, temperature: float) -> list[MiniBatch]:
    filled = []
    for batch in batches:
        values = policy.logprobs(batch.batches, temperature=temperature)
        rows = [_fill(rows, part, field) for rows, part in zip(batch.batches, values, strict=True)]
        filled.append(replace(batch, batches=rows))
    return filled


def _fill(rows: Sequence[Row], values: NDArray[np.float32], field: str) -> list[Row]:
    ends = np.cumsum([row.num_targets for row in rows])[:-1]
    parts = np.split(values, ends)
    return [replace(row, **{field: part}) for row, part in zip(rows, parts, strict=True)]  # type: ignore[arg-type]


def _added(parts: Sequence[object]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for part in parts:
        assert isinstance(part, dict)
        for name, value in part.items():
            totals[name] = totals.get(name, 0.0) + value
    return totals
