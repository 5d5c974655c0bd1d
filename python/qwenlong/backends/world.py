"""The ranks of a run: started by torchrun, deepspeed or srun, or one alone."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from transformers.utils.logging import disable_progress_bar

Value = TypeVar("Value")
log = logging.getLogger(__name__)


class RankError(RuntimeError):
    """Another rank failed; the message is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All ranks, as seen by one of them."""

    rank: int
    """0 writes the files."""
    size: int
    """Number of ranks."""

    def gather(self, value: Value) -> list[Value]:
        """The values of all ranks, in order of rank."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def agree(self, work: Callable[[], Value]) -> list[Value]:
        """Run local work on every rank and gather the results; an error on one rank is raised on all.

        Raises:
            Exception: the rank's own error where it happened.
            RankError: the other rank's message elsewhere.
        """
        error: BaseException | None = None
        value: Value | None = None
        try:
            value = work()
        except Exception as problem:  # noqa: BLE001 # sent to the other ranks, which would wait for ever, then raised here
            error = problem
        results = self.gather((value, None if error is None else f"{type(error).__name__}: {error}"))
        if error is not None:
            raise error
        for rank, (_, message) in enumerate(results):
            if message is not None:
                raise RankError(f"rank {rank} failed: {message}")
        return [result[0] for result in results]  # type: ignore[misc]

    def together(self, work: Callable[[], Value]) -> Value:
        """Run local work on every rank, each keeping its own result; an error on one rank is raised on all."""
        kept: list[Value] = []
        self.agree(lambda: kept.append(work()))
        return kept[0]

    def barrier(self) -> None:
        """Wait for all ranks."""
        if self.size > 1:
            dist.barrier()


def join(*, timeout_seconds: int, num_threads: int = 0) -> World:
    """Join the ranks that the launcher started, or be the only one. gloo on CPU, NCCL on CUDA."""
    import deepspeed  # type: ignore[import-untyped]  # slow to import

    # Without it DeepSpeed compiles a shared-memory extension for a minute, and fails where there is no compiler.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    if num_threads:
        torch.set_num_threads(num_threads)
    if "TORCHELASTIC_RUN_ID" in os.environ:
        _end_with_parent()
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    for name, value in (("RANK", "0"), ("LOCAL_RANK", "0"), ("WORLD_SIZE", "1")):
        os.environ.setdefault(name, value)
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    if not dist.is_initialized():
        store = None if size > 1 else dist.HashStore()  # type: ignore[attr-defined]  # one rank needs no port
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if cuda else "gloo",
            store=store, rank=rank if store is None else 0, world_size=size,
            timeout=timedelta(seconds=timeout_seconds),
        )  # fmt: skip
    deepspeed.init_distributed(dist_backend="nccl" if cuda else "gloo", verbose=False)
    return World(rank=rank, size=size)


def _end_with_parent() -> None:
    """Ask Linux to kill this rank with torchrun, which puts ranks into sessions of their own that would go on."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def leave(world: World, *, clean: bool, close: Callable[[], None] | None = None) -> None:
    """End the process group; without both steps one run in three aborts at exit. An unclean end does not wait.

    `close` ends what lives in the group, between them: vLLM's own end takes the whole group with it.
    """
    if clean:
        world.barrier()
    if close is not None:
        close()
    if dist.is_initialized():
        dist.destroy_process_group()


def quiet() -> None:
    """Keep the frameworks' chatter out of the display."""
    for name in ("DeepSpeed", "transformers", "torch.distributed"):
        logging.getLogger(name).setLevel(logging.ERROR)
    disable_progress_bar()
    # torch's own collectives warn about their names, once per call of DeepSpeed's, and when vLLM looks at them.
    old = ".*(all_gather_into_tensor|reduce_scatter_tensor|reduce_op).*"
    warnings.filterwarnings("ignore", category=FutureWarning, message=old)


def device_memory() -> float | None:
    """Bytes of this machine's first GPU; None without one."""
    return float(torch.cuda.get_device_properties(0).total_memory) if torch.cuda.is_available() else None
