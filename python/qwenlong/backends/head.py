"""Log-probabilities at chosen positions, in chunks: the logits of a whole row never exist."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

CHUNK_LOGITS = 1 << 25
"""Logits of one chunk: 128 MB in float32."""
LEFT_OUT = -1e30
"""Stands for the logit of a token that sampling left out: its probability is 0, and 0 times it is 0, not NaN."""

Kept = tuple[Tensor, Tensor]
"""ids [K] int64 and offsets [N + 1] int64 on the CPU: target i kept ids[offsets[i]:offsets[i + 1]], empty is all."""


class _ChunkedLogprob(torch.autograd.Function):
    """hidden [N, D], weight [V, D], labels [N] -> log-prob [N], entropy [N], both float32.

    Where top-p and top-k kept a set of tokens, all others have probability 0, as they had in sampling.

    With z = hidden weight^T / temperature and p = softmax(z): log-prob = z_label - logsumexp(z), entropy
    H = logsumexp(z) - sum p z. Gradients are analytic: d log-prob / dz = onehot - p, dH / dz = -p (log p + H). Each
    chunk's logits are computed again in the backward pass, sums over chunks are float32.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor, temperature: float, kept: Kept | None
    ) -> tuple[Tensor, Tensor]:
        logprob = torch.empty(len(labels), dtype=_accumulator(hidden), device=hidden.device)
        entropy, total = torch.empty_like(logprob), torch.empty_like(logprob)
        for part in _chunks(hidden, weight):
            logits = _restrict((hidden[part] @ weight.T).to(logprob.dtype) / temperature, part, kept)
            total[part] = torch.logsumexp(logits, dim=-1)
            logprob[part] = logits.gather(-1, labels[part, None])[:, 0] - total[part]
            entropy[part] = total[part] - (torch.softmax(logits, dim=-1) * logits).sum(-1)
        ctx.save_for_backward(hidden, weight, labels, total, entropy)
        ctx.temperature, ctx.kept = temperature, kept
        return logprob, entropy

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        hidden, weight, labels, total, entropy = ctx.saved_tensors
        dhidden = torch.empty_like(hidden)
        dweight = torch.zeros(weight.shape, dtype=total.dtype, device=weight.device)
        for part in _chunks(hidden, weight):
            logits = _restrict((hidden[part] @ weight.T).to(total.dtype) / ctx.temperature, part, ctx.kept)
            log_p = logits - total[part, None]
            p = log_p.exp()
            dlogits = -p * (grads[0][part, None] + grads[1][part, None] * (log_p + entropy[part, None]))
            dlogits[torch.arange(len(dlogits), device=dlogits.device), labels[part]] += grads[0][part]
            dlogits /= ctx.temperature
            dhidden[part] = dlogits.to(weight.dtype) @ weight
            dweight += dlogits.T @ hidden[part].to(total.dtype)
        return dhidden, dweight.to(weight.dtype), None, None, None


def _restrict(logits: Tensor, part: slice, kept: Kept | None) -> Tensor:
    """Logits [n, V] of a chunk of targets, those of tokens outside each kept set replaced."""
    if kept is None:
        return logits
    ids, offsets = kept
    offsets = offsets[part.start : part.stop + 1]
    counts = offsets.diff()
    lines = torch.repeat_interleave(torch.arange(len(counts)), counts).to(logits.device)
    outside = (counts > 0).to(logits.device)[:, None].repeat(1, logits.shape[1])
    outside[lines, ids[offsets[0] : offsets[-1]].to(logits.device)] = False
    return logits.masked_fill_(outside, LEFT_OUT)


def _accumulator(x: Tensor) -> torch.dtype:
    return torch.promote_types(x.dtype, torch.float32)


def _chunks(hidden: Tensor, weight: Tensor) -> list[slice]:
    size = max(1, CHUNK_LOGITS // weight.shape[0])
    return [slice(start, start + size) for start in range(0, len(hidden), size)]


class LogprobHead(nn.Module):
    """The language-model head, asked for log-probs of labels instead of logits.

    A module of its own, so that ZeRO-3 gathers its weight once per pass; it is called once per micro-batch on every
    rank.
    """

    def __init__(self, head: nn.Linear) -> None:
        """Take over the head's weight, tied or not."""
        super().__init__()
        if getattr(head, "bias", None) is not None:
            raise ValueError("the model's head has a bias, which no supported architecture has")
        self.weight: nn.Parameter = head.weight  # type: ignore[assignment]

    def forward(
        self, hidden: Tensor, labels: Tensor, temperature: float, kept: Kept | None = None
    ) -> tuple[Tensor, Tensor]:
        """hidden [N, D], labels [N] int64 -> log-prob [N], entropy [N] in float32, both over the kept tokens."""
        logprob, entropy = _ChunkedLogprob.apply(hidden, self.weight, labels, temperature, kept)
        return logprob, entropy
