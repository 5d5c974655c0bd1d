"""Chunked log-probs against the obvious softmax, gradients of log-prob and entropy included."""

from __future__ import annotations

import pytest
import torch

from qwenlong.backends import head


@pytest.mark.parametrize("sets", [False, True])
@pytest.mark.parametrize("rows_per_chunk", [1, 3, 100])
@pytest.mark.parametrize(("dtype", "limit"), [(torch.float64, 1e-12), (torch.float32, 2e-6)])
def test_log_probs_entropy_and_gradients_equal_the_plain_softmax(
    dtype: torch.dtype, limit: float, rows_per_chunk: int, sets: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "CHUNK_LOGITS", rows_per_chunk * 11)
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(7, 5, generator=generator, dtype=dtype)
    weight = torch.randn(11, 5, generator=generator, dtype=dtype)
    labels = torch.tensor([0, 3, 10, 3, 7, 1, 9])
    scale = torch.randn(2, 7, generator=generator, dtype=dtype)
    # Target 1 kept two tokens, target 4 one, all others the whole vocabulary.
    kept = (torch.tensor([3, 8, 7]), torch.tensor([0, 0, 2, 2, 2, 3, 3, 3])) if sets else None
    outside = torch.zeros(7, 11, dtype=torch.bool)
    if sets:
        outside[1], outside[4] = True, True
        outside[1, [3, 8]], outside[4, 7] = False, False
    results = []
    for chunked in (True, False):
        h, w = hidden.clone().requires_grad_(), weight.clone().requires_grad_()
        if chunked:
            logprobs, entropy = head._ChunkedLogprob.apply(h, w, labels, 0.7, kept)
        else:
            log_p = torch.log_softmax((h @ w.T / 0.7).masked_fill(outside, -torch.inf), -1)
            p = log_p.exp()
            logprobs = log_p.gather(-1, labels[:, None])[:, 0]
            entropy = -(p * log_p.masked_fill(outside, 0.0)).sum(-1)
        ((logprobs * scale[0]).sum() + (entropy * scale[1]).sum()).backward()
        results.append([logprobs.detach(), entropy.detach(), h.grad, w.grad])
    for one, other in zip(*results, strict=True):
        assert float((one - other).abs().max() / other.abs().max()) < limit


def test_a_head_with_a_bias_is_refused() -> None:
    with pytest.raises(ValueError, match="bias"):
        head.LogprobHead(torch.nn.Linear(3, 4, bias=True))
