"""Ways of weights into a pool of servers: a directory that all of them read, or NCCL straight to their workers.

NCCL is vLLM's own weight transfer, asked as vLLM 0.32 has it. It counts as unrun until the test in `tests/gpu` has
passed: without a GPU only its order of calls was run, with another carrier in NCCL's place.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import httpx
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM

from qwenlong.backends.vllm_http import ATTEMPTS, PoolError, Server, ServerError, Servers, field

FILE_BYTES = 1 << 30
"""Weights are written about so much at a time."""
CHUNK_BYTES = 1 << 28
"""Weights go over NCCL about so much at a time, copied once on the trainer's GPU."""
PAUSE = {"mode": "wait"}
"""Requests under way end first."""


class PathTransfer:
    """Safetensors in a directory."""

    def __init__(self, servers: Servers, directory: Path) -> None:
        """`directory` is seen under the same name by this rank and by all servers."""
        self._servers, self._directory = servers, directory

    def push(self, pairs: Iterable[tuple[str, Tensor]], version: int, servers: Sequence[Server]) -> list[Server]:
        """Write the tensors and have the servers read them; only the newest stay.

        Raises:
            PoolError: no server took them.
        """
        target = self._directory / f"{version:08d}"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for number, chunk in enumerate(copied(pairs, FILE_BYTES, device="cpu")):
            save_file(chunk, target / f"weights-{number:05d}.safetensors")

        def read(server: Server) -> None:
            order = {"method": "reload_weights", "kwargs": {"weights_path": str(target)}}
            self._servers.call(server, "POST", "/pause", params=PAUSE)
            self._load(server, order)
            empty_cache(self._servers, server)
            self._servers.call(server, "POST", "/update_weight_version", json={"new_version": str(version)})
            self._servers.call(server, "POST", "/resume")

        done = self._servers.each(read, servers)
        self._remove(but=target)
        return done

    def _load(self, server: Server, order: dict[str, Any]) -> None:
        """Once: what a load that failed leaves behind takes no other."""
        try:
            self._servers.call(
                server, "POST", "/collective_rpc", attempts=1, seconds=self._servers.load_seconds, json=order
            )
        except ServerError as error:
            raise ServerError(f"{error}. Its model may be half replaced now: start this server again") from error

    def _remove(self, but: Path | None = None) -> None:
        for old in self._directory.glob("[0-9]" * 8):
            if old != but:
                shutil.rmtree(old, ignore_errors=True)

    def close(self) -> None:
        """Remove what was written, and the directory where nothing else is in it."""
        self._remove()
        with suppress(OSError):
            self._directory.rmdir()


class NCCLTransfer:
    """Broadcasts from this rank's GPU to those of all servers; unrun."""

    def __init__(self, servers: Servers, join: Callable[..., Any]) -> None:
        """`join(address=, port=, size=)` makes rank 0 of a group of NCCL that the servers' workers join."""
        self._servers, self._join = servers, join

    def push(self, pairs: Iterable[tuple[str, Tensor]], version: int, servers: Sequence[Server]) -> list[Server]:
        """Send the tensors to the servers. The group lasts for one push, for servers come and go between.

        Raises:
            PoolError: no server was ready, or one was lost in the middle, which leaves the others waiting for it.
        """
        sizes: dict[str, int] = {}

        def begin(server: Server) -> None:
            self._servers.call(server, "POST", "/pause", params=PAUSE)
            self._servers.call(server, "POST", "/start_weight_update", attempts=1)
            sizes[server.url] = field(self._servers.call(server, "GET", "/get_world_size"), "world_size")

        servers = self._servers.each(begin, servers)
        group = self._joined(servers, sizes)
        for chunk in copied(pairs, CHUNK_BYTES):
            info = {
                "names": list(chunk),
                "dtype_names": [str(tensor.dtype).removeprefix("torch.") for tensor in chunk.values()],
                "shapes": [list(tensor.shape) for tensor in chunk.values()],
            }
            received = self._asked(
                servers, "/update_weights", {server.url: {"update_info": info} for server in servers}
            )
            for tensor in chunk.values():
                group.broadcast(tensor, src=0)
            received()

        def finish(server: Server) -> None:
            self._servers.call(
                server, "POST", "/finish_weight_update", attempts=1, seconds=self._servers.load_seconds,
                json={"weight_version": str(version)},
            )  # fmt: skip
            self._servers.call(server, "POST", "/shutdown_weight_transfer_engine")
            empty_cache(self._servers, server)
            self._servers.call(server, "POST", "/resume")

        done = self._servers.each(finish, servers)
        group.destroy()
        return done

    def close(self) -> None:
        """Nothing is left: every push takes its group along."""

    def _joined(self, servers: list[Server], sizes: dict[str, int]) -> Any:
        """The group: this rank first, then the workers of one server after the other."""
        place = {"master_address": _own_address(servers), "master_port": _free_port()}
        place["world_size"] = 1 + sum(sizes[server.url] for server in servers)
        infos, offset = {}, 1
        for server in servers:
            infos[server.url] = {"init_info": {**place, "rank_offset": offset, "packed": False}}
            offset += sizes[server.url]
        joined = self._asked(servers, "/init_weight_transfer_engine", infos)
        group = self._join(address=place["master_address"], port=place["master_port"], size=place["world_size"])
        joined()
        return group

    def _asked(self, servers: list[Server], path: str, bodies: dict[str, Any]) -> Callable[[], None]:
        """Ask all servers at once; what is returned waits for them.

        The threads are daemons, since a server whose peer is gone never answers, and nobody may wait for that at exit.
        """
        answers: SimpleQueue[tuple[Server, Exception | None]] = SimpleQueue()

        def ask(server: Server) -> None:
            try:
                seconds = self._servers.load_seconds
                self._servers.call(server, "POST", path, attempts=1, seconds=seconds, json=bodies[server.url])
            except (httpx.HTTPError, ServerError) as error:
                answers.put((server, error))
            else:
                answers.put((server, None))

        for server in servers:
            threading.Thread(target=ask, args=(server,), daemon=True).start()

        def wait() -> None:
            for _ in servers:
                server, error = answers.get()
                if error is not None:
                    raise PoolError(
                        f"rollout server {server.url} was lost while weights went to it ({type(error).__name__}: "
                        f"{error}), and the others wait for it: start all of them again and --resume"
                    ) from error

        return wait


def empty_cache(servers: Servers, server: Server) -> None:
    """Forget keys and values of the old weights.

    Raises:
        ServerError: the server says that it did not.
    """
    for attempt in range(1, ATTEMPTS + 1):
        if field(servers.call(server, "POST", "/reset_prefix_cache"), "success"):
            return
        if attempt < ATTEMPTS:
            time.sleep(0.2 * 2**attempt)  # a request's last blocks may be freed a moment later
    raise ServerError(f"{server.url} did not empty its prefix cache, which is of the old weights")


def names_of(path: Path) -> frozenset[str]:
    """What a push of this model must hold, a tied head under its own name too. No weights are read."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(path))
    return frozenset(name for name, _ in model.named_parameters(remove_duplicate=False))


def copied(
    pairs: Iterable[tuple[str, Tensor]], limit: int, *, device: str | None = None
) -> Iterator[dict[str, Tensor]]:
    """Tensors in pieces of about `limit` bytes; each is copied before the next is asked for."""
    pending: dict[str, Tensor] = {}
    size = 0
    for name, tensor in pairs:
        if pending and size + tensor.nbytes > limit:
            yield pending
            pending, size = {}, 0
        pending[name] = tensor.detach().to(device or tensor.device, copy=True).contiguous()
        size += tensor.nbytes
    if pending:
        yield pending


def _own_address(servers: list[Server]) -> str:
    """Where servers reach this machine: the address it has on its way to them, loopback only if that is all."""
    found = []
    for server in servers:
        parts = urlsplit(server.url)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # nothing is sent
            probe.connect((parts.hostname or "", parts.port or 80))
            found.append(str(probe.getsockname()[0]))
    return min(found, key=lambda address: address.startswith("127."))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
