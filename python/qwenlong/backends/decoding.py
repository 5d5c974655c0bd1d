"""Attention for sampling: a prompt's keys are stored once and read by all its responses.

A step of decoding attends to the prompt's keys, shared by the G responses, and to the response's own, under one
softmax. The model's forward is called without a cache of its own; the keyword `cache` carries this one through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

NAME = "qwenlong_decode"
"""Name of this attention among those of transformers."""


@dataclass(slots=True, kw_only=True)
class SharedCache:
    """Keys and values of n prompts, right padded to P, and of their n x G responses, at most R tokens."""

    samples: int
    """G."""
    max_tokens: int
    """R."""
    hidden: Tensor
    """[n, P] bool: True where the prompt is padding."""
    step: int = -1
    """-1 while the prompts are read, then the response token that is being decoded."""
    prompts: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)
    """Per layer, keys and values [n, Hkv, P, D]."""
    responses: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)
    """Per layer, keys and values [n x G, Hkv, R, D]."""


def decode_attention(
    module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, None]:
    """query [B, H, T, D], key and value [B, Hkv, T, D] -> [B, T, H, D]; T is P while reading, 1 while decoding."""
    cache: SharedCache = kwargs["cache"]
    layer = int(module.layer_idx)  # type: ignore[arg-type]
    scale = kwargs.get("scaling") or query.shape[-1] ** -0.5
    if cache.step < 0:
        cache.prompts[layer] = (key, value)
        # Right padding: a real token never sees a padded one under the causal rule.
        out = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, scale=scale, enable_gqa=query.shape[1] != key.shape[1]
        )
        return out.transpose(1, 2), None
    batch, heads, _, width = query.shape
    kv_heads = key.shape[1]
    n, copies = batch // cache.samples, heads // kv_heads
    if cache.step == 0:
        shape = (batch, kv_heads, cache.max_tokens, width)
        cache.responses[layer] = (key.new_empty(shape), value.new_empty(shape))
    own_k, own_v = cache.responses[layer]
    own_k[:, :, cache.step], own_v[:, :, cache.step] = key[:, :, 0], value[:, :, 0]
    own_k, own_v = own_k[:, :, : cache.step + 1], own_v[:, :, : cache.step + 1]
    prompt_k, prompt_v = cache.prompts[layer]
    query = query.view(batch, kv_heads, copies, width) * scale
    shared = query.view(n, cache.samples, kv_heads, copies, width).transpose(1, 2).reshape(n, kv_heads, -1, width)
    on_prompt = (shared @ prompt_k.transpose(-1, -2)).masked_fill(cache.hidden[:, None, None], -torch.inf)
    on_prompt = (
        on_prompt.view(n, kv_heads, cache.samples, copies, -1).transpose(1, 2).reshape(batch, kv_heads, copies, -1)
    )
    on_own = query @ own_k.transpose(-1, -2)
    p = torch.softmax(torch.cat([on_prompt, on_own], dim=-1), dim=-1, dtype=torch.float32).to(query.dtype)
    p_prompt, p_own = p.split([on_prompt.shape[-1], on_own.shape[-1]], dim=-1)
    p_prompt = (
        p_prompt.view(n, cache.samples, kv_heads, copies, -1)
        .transpose(1, 2)
        .reshape(n, kv_heads, -1, p_prompt.shape[-1])
    )
    out = (p_prompt @ prompt_v).view(n, kv_heads, cache.samples, copies, width).transpose(1, 2).reshape(
        batch, kv_heads, copies, width
    ) + p_own @ own_v
    return out.reshape(batch, 1, heads, width), None


AttentionInterface.register(NAME, decode_attention)
AttentionMaskInterface.register(NAME, lambda *args, **kwargs: None)
