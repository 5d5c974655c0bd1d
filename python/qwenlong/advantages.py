"""Credit of rollouts: their advantages within the group, what a long answer costs, and pass@k.

Rewards are float32, NaN where there is no verdict. Sums are float64 and cast once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qwenlong import _rust


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What the rollouts of M groups earned."""

    advantages: tuple[NDArray[np.float32], ...]
    """M of [G] float32; 0 for UNSCORED rollouts and in groups without signal."""
    has_signal: NDArray[np.bool_]
    """[M] bool: whether the scored rewards of the group differ."""


def credit(
    rewards: Sequence[NDArray[np.float32]], *, epsilon: float = 1e-6, scale: Literal["std", "none"] = "std"
) -> Credit:
    """Advantages of every rollout within its group.

    `std`: A_i = (r_i - mean(r)) / (std(r) + epsilon), the unbiased std over N - 1 (GRPO; QwenLong-L1, Eq. 5, and its
    code). `none`: A_i = r_i - mean(r) (Dr. GRPO). UNSCORED rewards leave mean and std. A group of fewer than two scored
    rewards, or of equal ones, has no signal; the official code gives a group of one its reward as advantage instead.

    Args:
        rewards: M of [G] float32, groups of any sizes; NaN is UNSCORED.
        epsilon: added to the std; in units of reward.
        scale: what the centred reward is divided by.

    Raises:
        ValueError: an infinite reward; a group that has not one dimension; a negative epsilon; an unknown scale.
        TypeError: a group that is not float32.
    """
    if scale not in ("std", "none"):
        raise ValueError(f'scale is {scale!r} but must be "std" or "none"')
    for index, group in enumerate(rewards):
        if group.dtype != np.float32:
            raise TypeError(f"rewards of group {index} are {group.dtype} but must be float32")
        if group.ndim != 1:
            raise ValueError(f"rewards of group {index} have shape {group.shape} but must have one dimension")
    offsets = np.zeros(len(rewards) + 1, dtype=np.int64)
    np.cumsum([len(group) for group in rewards], out=offsets[1:])
    flat = np.concatenate([np.empty(0, dtype=np.float32), *rewards])
    advantages, has_signal = _rust.group_advantages(flat, offsets, epsilon, scale == "std")
    return Credit(advantages=tuple(np.split(advantages, offsets[1:-1])[: len(rewards)]), has_signal=has_signal)


def overlong_penalty(num_tokens: int, *, max_tokens: int, buffer_tokens: int, factor: float = 1.0) -> float:
    """DAPO's soft overlong punishment (QwenLong-L1, Eq. 8): min(-(n - (max - buffer)) / buffer * factor, 0).

    0 up to `max_tokens - buffer_tokens`, then falling to `-factor` at `max_tokens`. It is added to the reward before
    the advantages are taken.

    Args:
        num_tokens: length of the response in tokens.
        max_tokens: the output limit, L_max; no response is longer.
        buffer_tokens: the last tokens before the limit, L_cache.
        factor: penalty of a response that meets the limit, in units of reward.

    Raises:
        ValueError: a buffer outside 1..max_tokens.
    """
    if not 1 <= buffer_tokens <= max_tokens:
        raise ValueError(f"buffer_tokens is {buffer_tokens} but must be within 1 and max_tokens, {max_tokens}")
    excess = num_tokens - (max_tokens - buffer_tokens)
    return -excess / buffer_tokens * factor if excess > 0 else 0.0


def pass_at_k(
    num_samples: Sequence[int] | NDArray[np.int64], num_correct: Sequence[int] | NDArray[np.int64], *, k: int
) -> NDArray[np.float64]:
    """Unbiased estimate of the chance that one of k samples is correct: 1 - C(n - c, k) / C(n, k) (Chen et al., 2021).

    Args:
        num_samples: [Q] samples drawn for each question, n; an array is int64.
        num_correct: [Q] of them correct, c; an array is int64.
        k: samples allowed.

    Returns:
        [Q] float64.

    Raises:
        ValueError: a question with fewer than k samples, or with c outside 0..n; naming it.
        TypeError: an array that is not contiguous int64.
    """
    return _rust.pass_at_k(_counts(num_samples), _counts(num_correct), k)


def _counts(values: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    if isinstance(values, np.ndarray):
        return values
    found = np.array(values) if len(values) else np.zeros(0, dtype=np.int64)
    if found.dtype.kind != "i":
        raise TypeError(f"counts are {found.dtype} but must be whole numbers")
    return found.astype(np.int64)
