"""Losses of one micro-batch: sums over its response tokens, over a global sum of weights that is fixed beforehand.

Because the divisor does not depend on the micro-batch, the loss is the same for every partition of the tokens into
micro-batches, rows and ranks. (The official code weighs a micro-batch by its sequences: a partition changes its mean.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from qwenlong.records import Row

Correction = Literal["none", "truncate", "mask"]

MAX_LOG_RATIO = 20.0
"""exp of more overflows in reduced precision and carries no information."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The flat targets of a micro-batch as tensors, all [N]."""

    advantages: Tensor
    """float32."""
    weights: Tensor
    """float32; share of the token in the loss."""
    old_logprobs: Tensor
    """float32 before the first update of the step; NaN stands for the present log-prob (ratio 1)."""
    reference_logprobs: Tensor
    """float32 of the frozen reference; NaN where there is no KL term."""
    rollout_logprobs: Tensor
    """float32 of the engine."""

    @classmethod
    def of(cls, rows: Sequence[Row], device: torch.device) -> Targets:
        """The targets of a micro-batch's rows, in their order."""
        return cls(**{
            field.name: torch.from_numpy(np.concatenate([getattr(row, field.name) for row in rows])).to(device)
            for field in fields(cls)
        })  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss and its sums."""

    value: Tensor
    """Scalar: weighted sum over the micro-batch / global sum of weights."""
    sums: dict[str, Tensor]
    """Sums over tokens by name, float64, detached; ranks and micro-batches add up."""


def clipped_surrogate(
    logprobs: Tensor, old_logprobs: Tensor, *, advantages: Tensor, clip_low: float, clip_high: float
) -> tuple[Tensor, Tensor]:
    """Per token max(-rho A, -clip(rho, 1 - low, 1 + high) A) with rho = exp(log p - log p_old); and where that clips.

    L1, Eq. 4 and 6; without a dual clip, as in the official code. All tensors [N].
    """
    ratio = (logprobs - old_logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO).exp()
    plain = -advantages * ratio
    clipped = -advantages * ratio.clamp(1 - clip_low, 1 + clip_high)
    return torch.maximum(plain, clipped), clipped > plain


def correction(
    old_logprobs: Tensor, rollout_logprobs: Tensor, *, kind: Correction, low: float, high: float
) -> tuple[Tensor, Tensor]:
    """Per token the weight of policy / engine, m = exp(log p_old - log p_engine), and where a limit acts; both [N].

    truncate: min(m, high), truncated importance sampling. mask: m where low <= m <= high, else 0, as IcePop has it.
    none: 1; the limits then only count. Engine and policy hold the same weights, so m is 1 but for rounding, kernels,
    and the mass outside a kept set that an engine does not tell.
    """
    ratio = (old_logprobs - rollout_logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO).exp()
    if kind == "truncate":
        return ratio.clamp_max(high), ratio > high
    outside = (ratio < low) | (ratio > high)
    return (ratio.masked_fill(outside, 0.0) if kind == "mask" else torch.ones_like(ratio)), outside


def kl_divergence(logprobs: Tensor, reference_logprobs: Tensor, *, estimator: Literal["k1", "k3"]) -> Tensor:
    """Per-token estimate of KL(policy || reference), [N], with d = log p - log p_ref.

    k1 = d (unbiased, high variance). As a plain loss its expected gradient is zero, so the gradient is that of d^2 / 2,
    which is the gradient of the KL for on-policy tokens; the value stays d.
    k3 = exp(-d) + d - 1 (never negative; GRPO, arXiv 2402.03300, Eq. 4), with its own gradient.
    """
    d = (logprobs - reference_logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)
    if estimator == "k1":
        half_square = d * d / 2
        return d.detach() + half_square - half_square.detach()
    return torch.expm1(-d) + d  # exp(-d) + d - 1 would fall below 0 by rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyObjective:
    """The RL objective with its settings; `divisor` is the global sum of weights of the mini-batch."""

    divisor: float
    """Above 0."""
    clip_low: float
    """See `clipped_surrogate`."""
    clip_high: float
    """See `clipped_surrogate`."""
    kl_coefficient: float = 0.0
    """Of `kl_divergence`."""
    kl_estimator: Literal["k1", "k3"] = "k3"
    """Which."""
    entropy_coefficient: float = 0.0
    """Of the entropy bonus."""
    correction: Correction = "none"
    """See `correction`."""
    correction_low: float = 0.5
    """See `correction`."""
    correction_high: float = 2.0
    """See `correction`."""

    def __call__(self, logprobs: Tensor, entropy: Tensor, rows: Sequence[Row]) -> Loss:
        """sum_t w_t (m surrogate + beta KL - gamma H) / divisor."""
        targets = Targets.of(rows, logprobs.device)
        now = logprobs.detach()
        old = torch.where(targets.old_logprobs.isnan(), now, targets.old_logprobs)
        losses, clipped = clipped_surrogate(
            logprobs, old, advantages=targets.advantages, clip_low=self.clip_low, clip_high=self.clip_high
        )
        weight, outside = correction(
            old, targets.rollout_logprobs, kind=self.correction, low=self.correction_low, high=self.correction_high
        )
        losses = losses * weight
        trained = targets.weights > 0
        if self.kl_coefficient == self.entropy_coefficient == 0:
            trained &= targets.advantages != 0  # which others share a row, and so are computed, depends on the layout
        sums = {
            "tokens": trained,
            "clipped": clipped & trained,
            "entropy": entropy.detach() * trained,
            "mismatch": (old - targets.rollout_logprobs).abs() * trained,
            "mismatch_kl": kl_divergence(targets.rollout_logprobs, old, estimator="k3") * trained,
            "corrected": outside & trained,
        }
        if self.kl_coefficient > 0:
            divergence = kl_divergence(logprobs, targets.reference_logprobs, estimator=self.kl_estimator)
            losses = losses + self.kl_coefficient * divergence
            sums["kl"] = divergence.detach() * trained
        if self.entropy_coefficient > 0:
            losses = losses - self.entropy_coefficient * entropy
        value = (losses * targets.weights).sum() / self.divisor
        sums["loss"] = value.detach()
        return Loss(value=value, sums={name: tensor.double().sum() for name, tensor in sums.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImitationObjective:
    """Warm-up SFT: weighted negative log-likelihood / divisor (L1, Eq. 11 with weights 1 / |y|)."""

    divisor: float
    """Global sum of weights of the batch."""

    def __call__(self, logprobs: Tensor, entropy: Tensor, rows: Sequence[Row]) -> Loss:
        """- sum_t w_t log p_t / divisor."""
        targets = Targets.of(rows, logprobs.device)
        value = -(logprobs * targets.weights).sum() / self.divisor
        trained = targets.weights > 0
        sums = {"tokens": trained, "entropy": entropy.detach() * trained, "loss": value.detach()}
        return Loss(value=value, sums={name: tensor.double().sum() for name, tensor in sums.items()})
