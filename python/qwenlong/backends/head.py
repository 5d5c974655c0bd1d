"""Log-probabilities at chosen positions, in chunks: the logits of a whole row never exist."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

CHUNK_LOGITS = 1 << 25
"""Logits of one chunk: 128 MB in float32."""


class _ChunkedLogprob(torch.autograd.Function):
    """hidden [N, D], weight [V, D], labels [N] -> log-prob [N], entropy [N], both float32.

    With z = hidden weight^T / temperature and p = softmax(z): log-prob = z_label - logsumexp(z), entropy
    H = logsumexp(z) - sum p z. Gradients are analytic: d log-prob / dz = onehot - p, dH / dz = -p (log p + H). Each
    chunk's logits are computed again in the backward pass, sums over chunks are float32.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
        logprob = torch.empty(len(labels), dtype=_accumulator(hidden), device=hidden.device)
        entropy, total = torch.empty_like(logprob), torch.empty_like(logprob)
        for part in _chunks(hidden, weight):
            logits = (hidden[part] @ weight.T).to(logprob.dtype) / temperature
            total[part] = torch.logsumexp(logits, dim=-1)
            logprob[part] = logits.gather(-1, labels[part, None])[:, 0] - total[part]
            entropy[part] = total[part] - (torch.softmax(logits, dim=-1) * logits).sum(-1)
        ctx.save_for_backward(hidden, weight, labels, total, entropy)
        ctx.temperature = temperature
        return logprob, entropy

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        hidden, weight, labels, total, entropy = ctx.saved_tensors
        dhidden = torch.empty_like(hidden)
        dweight = torch.zeros(weight.shape, dtype=total.dtype, device=weight.device)
        for part in _chunks(hidden, weight):
            logits = (hidden[part] @ weight.T).to(total.dtype) / ctx.temperature
            log_p = logits - total[part, None]
            p = log_p.exp()
            dlogits = -p * (grads[0][part, None] + grads[1][part, None] * (log_p + entropy[part, None]))
            dlogits[torch.arange(len(dlogits), device=dlogits.device), labels[part]] += grads[0][part]
            dlogits /= ctx.temperature
            dhidden[part] = dlogits.to(weight.dtype) @ weight
            dweight += dlogits.T @ hidden[part].to(total.dtype)
        return dhidden, dweight.to(weight.dtype), None, None


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

    def forward(self, hidden: Tensor, labels: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
        """hidden [N, D], labels [N] int64 -> log-prob [N], entropy [N] in float32."""
        logprob, entropy = _ChunkedLogprob.apply(hidden, self.weight, labels, temperature)
        return logprob, entropy
