"""Exact attention over rows whose responses share one prompt: three plain calls, merged by their log-sum-exp.

    prompt -> prompt         causal
    responses -> prompt      full
    response -> itself       causal

The last two are merged: `lse = logaddexp(lse_P, lse_S)`, `out = out_P exp(lse_P - lse) + out_S exp(lse_S - lse)`. In
the backward pass each call's own gradient operator gets the merged `out` and `lse`, as ring attention does, so the
parts' gradients add up exactly and no gradient through the log-sum-exp is needed. No mask is built and no keys are
copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AttentionInterface, PretrainedConfig
from transformers.masking_utils import AttentionMaskInterface

NAME = "qwenlong_shared"
"""Name of this attention among those of transformers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One prompt and the responses behind it, as positions of the micro-batch."""

    start: int
    """First token of the prompt."""
    middle: int
    """First token of the first response."""
    stop: int
    """One past the last response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLayout:
    """Where prompts and responses of a micro-batch lie."""

    trees: tuple[Tree, ...]
    """In order, without gaps."""
    padded: Tensor
    """[B, Rmax] int64: token of every response, the last one repeated to the longest; B responses in all."""
    valid: Tensor
    """[B, Rmax] bool: False where `padded` repeats."""


def shared_layout(segment_lengths: NDArray[np.int32], segment_parents: NDArray[np.int32]) -> SharedLayout:
    """The layout of concatenated rows; a parent of -1 opens a prompt. Cost: O(T)."""
    trees: list[Tree] = []
    responses: list[tuple[int, int]] = []
    position = 0
    for length, parent in zip(segment_lengths.tolist(), segment_parents.tolist(), strict=True):
        if parent < 0:
            trees.append(Tree(start=position, middle=position + length, stop=position + length))
        else:
            last = trees[-1]
            trees[-1] = Tree(start=last.start, middle=last.middle, stop=position + length)
            responses.append((position, length))
        position += length
    starts = torch.tensor([start for start, _ in responses], dtype=torch.int64)
    lengths = torch.tensor([length for _, length in responses], dtype=torch.int64)
    steps = torch.arange(int(lengths.max()) if responses else 0)
    return SharedLayout(
        trees=tuple(trees),
        padded=starts[:, None] + torch.minimum(steps[None], lengths[:, None] - 1),
        valid=steps[None] < lengths[:, None],
    )


def _flash(q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> tuple[Tensor, Tensor]:
    """q [B, H, Tq, D], k and v [B, H, Tk, D] -> out [B, H, Tq, D], lse [B, H, Tq]."""
    out, lse = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, causal, scale=scale)
    return out, lse


def _flash_backward(
    grad: Tensor, q: Tensor, k: Tensor, v: Tensor, out: Tensor, lse: Tensor, *, causal: bool, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    parts = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward(
        grad, q, k, v, out, lse, 0.0, causal, scale=scale
    )
    return parts[0], parts[1], parts[2]


class _SharedAttention(torch.autograd.Function):
    """q, k, v [H, T, D] -> out [H, T, D]; on CPU, with response calls padded to the longest response."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, layout: SharedLayout, scale: float) -> Tensor:
        out = torch.empty_like(q)
        lse = torch.empty(q.shape[:2], dtype=torch.promote_types(q.dtype, torch.float32))
        for tree in layout.trees:
            prompt, rest = slice(tree.start, tree.middle), slice(tree.middle, tree.stop)
            one, sums = _flash(q[None, :, prompt], k[None, :, prompt], v[None, :, prompt], causal=True, scale=scale)
            out[:, prompt], lse[:, prompt] = one[0], sums[0]
            if tree.stop > tree.middle:
                one, sums = _flash(q[None, :, rest], k[None, :, prompt], v[None, :, prompt], causal=False, scale=scale)
                out[:, rest], lse[:, rest] = one[0], sums[0]
        if layout.padded.numel():
            own = layout.padded[layout.valid]  # [N] tokens of all responses
            part, part_lse = _flash(*(_padded(x, layout.padded) for x in (q, k, v)), causal=True, scale=scale)
            part = part.transpose(1, 2)[layout.valid].transpose(0, 1)  # [H, N, D]
            part_lse = part_lse.transpose(1, 2)[layout.valid].transpose(0, 1).to(lse.dtype)  # [H, N]
            shared_lse = lse[:, own]
            both = torch.logaddexp(shared_lse, part_lse)
            merged = (
                out[:, own] * torch.exp(shared_lse - both)[..., None] + part * torch.exp(part_lse - both)[..., None]
            )
            out[:, own], lse[:, own] = merged.to(out.dtype), both
        ctx.save_for_backward(q, k, v, out, lse)
        ctx.layout, ctx.scale = layout, scale
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        q, k, v, out, lse = ctx.saved_tensors
        layout, scale, grad = ctx.layout, ctx.scale, grads[0].contiguous()
        dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
        for tree in layout.trees:
            prompt, rest = slice(tree.start, tree.middle), slice(tree.middle, tree.stop)
            for queries, causal in ((prompt, True), (rest, False)):
                if queries.stop == queries.start:
                    continue
                a, b, c = _flash_backward(
                    grad[None, :, queries], q[None, :, queries], k[None, :, prompt], v[None, :, prompt],
                    out[None, :, queries], lse[None, :, queries], causal=causal, scale=scale,
                )  # fmt: skip
                dq[:, queries] += a[0]
                dk[:, prompt] += b[0]
                dv[:, prompt] += c[0]
        if layout.padded.numel():
            own = layout.padded[layout.valid]
            silent = _padded(grad, layout.padded) * layout.valid[:, None, :, None]  # a repeated token has no gradient
            own_q, own_k, own_v, own_out = (_padded(x, layout.padded) for x in (q, k, v, out))
            parts = _flash_backward(
                silent, own_q, own_k, own_v, own_out,
                lse[:, layout.padded].transpose(0, 1).contiguous(), causal=True, scale=scale,
            )  # fmt: skip
            for total, part in zip((dq, dk, dv), parts, strict=True):
                total[:, own] += part.transpose(1, 2)[layout.valid].transpose(0, 1)
        return dq, dk, dv, None, None


def _padded(x: Tensor, index: Tensor) -> Tensor:
    """[H, T, D] and [B, R] -> [B, H, R, D]."""
    return x[:, index].transpose(0, 1).contiguous()


class _SharedAttentionCuda(torch.autograd.Function):
    """The same three calls through torch's variable-length operators, all rows of a micro-batch in each call.

    Unrun: no `gpu` test has passed yet.
    """

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, layout: SharedLayout, scale: float) -> Tensor:
        q, k, v = (x.transpose(0, 1).contiguous() for x in (q, k, v))  # [T, H, D]
        calls = _varlen_calls(layout, q.device)
        out, lse = torch.empty_like(q), torch.full(q.shape[1::-1], -torch.inf, dtype=torch.float32, device=q.device)
        states = []
        for queries, keys, cu_q, cu_k, max_q, max_k, causal in calls:
            part, part_lse, state = torch.ops.torch_attn._varlen_attn(
                q[queries], k[keys], v[keys], cu_q, cu_k, max_q, max_k, causal, scale
            )
            seen = lse[:, queries]
            both = torch.logaddexp(seen, part_lse)
            merged = (
                out[queries].nan_to_num() * torch.exp(seen - both).T[..., None]
                + part * torch.exp(part_lse - both).T[..., None]
            )
            out[queries], lse[:, queries] = merged.to(out.dtype), both
            states.append(state)
        ctx.save_for_backward(q, k, v, out, lse)
        ctx.calls, ctx.states, ctx.scale = calls, states, scale
        return out.transpose(0, 1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        q, k, v, out, lse = ctx.saved_tensors
        grad = grads[0].transpose(0, 1).contiguous()
        dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
        for (queries, keys, cu_q, cu_k, max_q, max_k, causal), state in zip(ctx.calls, ctx.states, strict=True):
            a, b, c = torch.ops.torch_attn._varlen_attn_backward(
                grad[queries], q[queries], k[keys], v[keys], out[queries], lse[:, queries].contiguous(),
                cu_q, cu_k, max_q, max_k, causal, state, ctx.scale,
            )  # fmt: skip
            dq[queries] += a
            dk[keys] += b
            dv[keys] += c
        return dq.transpose(0, 1), dk.transpose(0, 1), dv.transpose(0, 1), None, None


def _varlen_calls(layout: SharedLayout, device: torch.device) -> list[tuple[Any, ...]]:
    """(query tokens, key tokens, cumulative lengths of both, longest of both, causal) of the three calls."""
    prompts = [torch.arange(tree.start, tree.middle) for tree in layout.trees]
    rests = [torch.arange(tree.middle, tree.stop) for tree in layout.trees]
    own = [row[valid] for row, valid in zip(layout.padded, layout.valid, strict=True)]
    calls = []
    for queries, keys, causal in ((prompts, prompts, True), (rests, prompts, False), (own, own, True)):
        if not sum(len(part) for part in queries):
            continue
        ends = [torch.tensor([0] + [len(part) for part in parts]).cumsum(0) for parts in (queries, keys)]
        calls.append((
            torch.cat(queries).to(device), torch.cat(keys).to(device),
            *(end.to(device, torch.int32) for end in ends),
            *(max(len(part) for part in parts) for parts in (queries, keys)), causal,
        ))  # fmt: skip
    return calls


def shared_attention(
    module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, None]:
    """Attention of transformers over one micro-batch: query [1, H, T, D], key and value [1, Hkv, T, D].

    The keyword `layout` (`SharedLayout`) travels through the model's forward. Returns [1, T, H, D].
    """
    layout: SharedLayout = kwargs["layout"]
    scale = kwargs.get("scaling") or query.shape[-1] ** -0.5
    copies = query.shape[1] // key.shape[1]
    function = _SharedAttentionCuda if query.is_cuda else _SharedAttention
    key, value = (x[0].repeat_interleave(copies, dim=0) for x in (key, value))
    out = function.apply(query[0], key, value, layout, float(scale))
    return out.transpose(0, 1)[None], None


def other_attention(config: PretrainedConfig) -> tuple[int, str] | None:
    """The first layer that is not full attention, with its kind; None where all are."""
    text = config.get_text_config()
    kinds = list(getattr(text, "layer_types", None) or [])
    if not kinds and getattr(text, "sliding_window", None) and getattr(text, "use_sliding_window", True):
        kinds = ["sliding_attention"]
    return next(((layer, kind) for layer, kind in enumerate(kinds) if kind != "full_attention"), None)


def refuse_other_attention(config: PretrainedConfig) -> None:
    """Refuse a model with a layer that is not full attention: its state would leak from one response to the next.

    Raises:
        ValueError: naming the first such layer and the way out.
    """
    other = other_attention(config)
    if other is not None:
        raise ValueError(
            f'packing.layout = "shared" needs full attention in every layer, but layer {other[0]} of '
            f'{config.get_text_config().model_type} is {other[1]}: use packing.layout = "full"'
        )


AttentionInterface.register(NAME, shared_attention)
AttentionMaskInterface.register(NAME, lambda *args, **kwargs: None)
