"""vLLM's weight transfer over NCCL, from this GPU to a server on another; it counts as unrun until this has passed."""

from __future__ import annotations

from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from policies import tiny_model
from pools import Server, changed, pool_by, requests, started, worst
from qwenlong.backends.vllm_http import Servers
from qwenlong.backends.vllm_transfer import NCCLTransfer
from qwenlong.records import Sampling

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices: NCCL joins no two ranks on one"),
    pytest.mark.skipif(find_spec("vllm") is None, reason="needs vLLM: pip install 'qwenlong[vllm]'"),
    pytest.mark.timeout(900),
]


def test_pushed_weights_are_what_the_server_answers_with(tmp_path: Path) -> None:
    from qwenlong.backends.vllm_engine import transfer_group

    model, sampling, asked = tiny_model(tmp_path / "model", init_range=0.1), Sampling(max_tokens=20), requests(6, 2)
    flags = ("--rollouts.weights_transfer", "nccl")
    with started(Server(model, flags=flags, CUDA_VISIBLE_DEVICES="1")) as servers:
        found = Servers([server.url for server in servers], load_seconds=120, longest_seconds=120)
        with closing(pool_by(NCCLTransfer(found, transfer_group), found)) as pool:
            for version in (1, 2):  # the group is made anew for every push
                other = changed(model, seed=version)
                pairs = [(name, tensor.cuda()) for name, tensor in other.state_dict().items()]
                pool.load_weights(pairs, version)
                answers = list(pool.generate(asked, sampling))
                assert {one.weight_version for one in answers} == {version}
                assert worst(other, asked, answers, sampling) < 1e-2  # TF32 and other kernels
