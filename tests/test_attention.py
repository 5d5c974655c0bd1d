"""Shared-prefix attention against one dense mask: outputs and gradients, with a control that must fail."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from qwenlong.backends.attention import _SharedAttention, shared_layout

RAGGED = [(7, -1), (3, 0), (1, 0), (5, 0), (4, -1), (9, -1), (2, 0), (1, -1), (6, 0), (6, 0)]
"""Segments (length, parent): three responses, none, one, and a prompt of one token."""


def dense(q: Tensor, k: Tensor, v: Tensor, segments: list[tuple[int, int]], *, shift: int = 0) -> Tensor:
    """The obvious way: one mask for everything; `shift` moves the prompt's end, as an off-by-one would."""
    total = sum(length for length, _ in segments)
    mask = torch.zeros(total, total, dtype=torch.bool)
    position = start = end = 0
    for length, parent in segments:
        if parent < 0:
            start, end = position, position + length
        for i in range(length):
            mask[position + i, position : position + i + 1] = True
            if parent >= 0:
                mask[position + i, start : max(start + 1, end - shift)] = True
        position += length
    return torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask)[0]


def both(segments: list[tuple[int, int]], dtype: torch.dtype, *, shift: int = 0) -> list[tuple[Tensor, Tensor]]:
    """Output and gradients of both, inputs scaled so that attention matters."""
    generator = torch.Generator().manual_seed(0)
    total = sum(length for length, _ in segments)
    q, k, v, grad = (torch.randn(2, total, 16, generator=generator, dtype=dtype) for _ in range(4))
    q = q * 3
    layout = shared_layout(*(np.array(column, dtype=np.int32) for column in zip(*segments, strict=True)))
    results = []
    for function in (
        lambda q, k, v: _SharedAttention.apply(q, k, v, layout, 16**-0.5),  # type: ignore[no-untyped-call]
        lambda q, k, v: dense(q, k, v, segments, shift=shift),
    ):
        leaves = [x.clone().requires_grad_() for x in (q, k, v)]
        out = function(*leaves)
        results.append([out.detach(), *torch.autograd.grad(out, leaves, grad)])
    return list(zip(*results, strict=True))


def difference(one: Tensor, other: Tensor) -> float:
    """Relative to the largest value; a tensor that is zero in exact arithmetic counts as of size 1e-3."""
    return float((one - other).abs().max() / other.abs().max().clamp_min(1e-3))


@pytest.mark.parametrize(("dtype", "limit"), [(torch.float64, 1e-6), (torch.float32, 1e-5)])
def test_outputs_and_gradients_equal_a_dense_mask(dtype: torch.dtype, limit: float) -> None:
    assert max(difference(a, b) for a, b in both(RAGGED, dtype)) < limit


def test_an_off_by_one_prompt_is_seen() -> None:
    assert min(difference(a, b) for a, b in both(RAGGED, torch.float64, shift=1)) > 1e-2


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.lists(st.integers(1, 9), max_size=4)), min_size=1, max_size=4))
def test_any_forest_of_prompts_and_responses_agrees(groups: list[tuple[int, list[int]]]) -> None:
    segments = []
    for prompt, responses in groups:
        segments += [(prompt, -1), *((length, 0) for length in responses)]
    assert max(difference(a, b) for a, b in both(segments, torch.float64)) < 1e-6
