"""Chunked log-probs against the obvious softmax, gradients of log-prob and entropy included."""

from __future__ import annotations

import pytest
import torch

from qwenlong.backends import head


@pytest.mark.parametrize("rows_per_chunk", [1, 3, 100])
@pytest.mark.parametrize(("dtype", "limit"), [(torch.float64, 1e-12), (torch.float32, 2e-6)])
def test_log_probs_entropy_and_gradients_equal_the_plain_softmax(
    dtype: torch.dtype, limit: float, rows_per_chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "CHUNK_LOGITS", rows_per_chunk * 11)
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(7, 5, generator=generator, dtype=dtype)
    weight = torch.randn(11, 5, generator=generator, dtype=dtype)
    labels = torch.tensor([0, 3, 10, 3, 7, 1, 9])
    scale = torch.randn(2, 7, generator=generator, dtype=dtype)
    results = []
    for chunked in (True, False):
        h, w = hidden.clone().requires_grad_(), weight.clone().requires_grad_()
        if chunked:
            logprobs, entropy = head._ChunkedLogprob.apply(h, w, labels, 0.7)
        else:
            log_p = torch.log_softmax(h @ w.T / 0.7, -1)
            logprobs, entropy = log_p.gather(-1, labels[:, None])[:, 0], -(log_p.exp() * log_p).sum(-1)
        ((logprobs * scale[0]).sum() + (entropy * scale[1]).sum()).backward()
        results.append([logprobs.detach(), entropy.detach(), h.grad, w.grad])
    for one, other in zip(*results, strict=True):
        assert float((one - other).abs().max() / other.abs().max()) < limit


def test_a_head_with_a_bias_is_refused() -> None:
    with pytest.raises(ValueError, match="bias"):
        head.LogprobHead(torch.nn.Linear(3, 4, bias=True))
