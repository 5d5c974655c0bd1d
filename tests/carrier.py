"""In NCCL's place where there is no GPU: tensors go over the store by which a group of vLLM's weight transfer meets.

A plugin of vLLM, so that its own server receives, with its own code but for this.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

ENTRY = "[vllm.general_plugins]\ncarrier = carrier:register\n"


class Carrier:
    """What is used of vLLM's PyNcclCommunicator."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def broadcast(self, tensor: torch.Tensor, src: int, stream: Any = None) -> None:
        received = self._group.broadcast(tensor, src=src)
        if received is not tensor:
            tensor.copy_(received)

    def destroy(self) -> None:
        self._group = None


def meet(master_address: str, master_port: int, rank: int, world_size: int, device: Any) -> Carrier:
    from vllm.distributed.utils import StatelessProcessGroup

    return Carrier(
        StatelessProcessGroup.create(host=master_address, port=master_port, rank=rank, world_size=world_size)
    )


def register(put: Callable[[Any, str, Any], None] = setattr) -> None:
    """Stand in for NCCL, and for the questions about GPUs around it, in this process."""
    from vllm.distributed.weight_transfer import nccl_common

    put(nccl_common, "stateless_init_process_group", meet)
    put(torch.accelerator, "current_device_index", lambda: 0)
    put(torch.accelerator, "synchronize", lambda *_: None)
    put(torch.cuda, "current_stream", lambda *_: None)


def plugin(directory: Path) -> str:
    """PYTHONPATH of a process whose vLLM finds this file as its plugin."""
    about = directory / "carrier-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: carrier\nVersion: 1\n", "utf-8")
    (about / "entry_points.txt").write_text(ENTRY, "utf-8")
    return f"{directory}:{Path(__file__).parent}"
