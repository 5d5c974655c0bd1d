"""The CUDA path of shared attention against the CPU path; the path counts as unrun until this has passed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qwenlong.backends.attention import _SharedAttention, _SharedAttentionCuda, shared_layout

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


def test_outputs_and_gradients_equal_the_cpu_path() -> None:
    lengths = np.array([70, 30, 1, 50, 40, 90, 20], dtype=np.int32)
    parents = np.array([-1, 0, 0, 0, -1, -1, 0], dtype=np.int32)
    layout = shared_layout(lengths, parents)
    generator = torch.Generator().manual_seed(0)
    q, k, v, grad = (torch.randn(4, int(lengths.sum()), 64, generator=generator) for _ in range(4))
    results = []
    for function, device, dtype in (
        (_SharedAttention, "cpu", torch.float32),
        (_SharedAttentionCuda, "cuda", torch.bfloat16),
    ):
        leaves = [x.to(device, dtype).detach().requires_grad_() for x in (q, k, v)]
        out = function.apply(*leaves, layout, 64**-0.5)
        results.append(
            [x.float().cpu() for x in (out.detach(), *torch.autograd.grad(out, leaves, grad.to(device, dtype)))]
        )
    for one, other in zip(*results, strict=True):
        assert float((one - other).abs().max() / one.abs().max()) < 2e-2  # bfloat16 has 8 bits
