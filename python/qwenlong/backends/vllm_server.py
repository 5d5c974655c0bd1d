"""Rollouts from a pool of vLLM servers over HTTP, which lose nothing when one of them dies.

Weights go through a directory that all of them can read. Every response says which weights wrote it.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import httpx
import numpy as np
from safetensors.torch import save_file
from torch import Tensor

from qwenlong.records import Completion, EngineCounts, Finish, Request, Sampling, StaleWeightsError

if TYPE_CHECKING:
    from qwenlong.backends.world import World

log = logging.getLogger(__name__)

FILE_BYTES = 1 << 30
"""Weights are written about so much at a time."""
ATTEMPTS = 3
"""Of one request at one server that breaks off or answers with an error of its own, before the server is given up."""
KEEP_SECONDS = 2.0
"""An idle connection is kept so long: vLLM closes one after 5, and what is sent just then is lost."""
FINISHES = {"stop": Finish.STOPPED, "length": Finish.LENGTH, "repetition": Finish.REPEATED}


class PoolError(RuntimeError):
    """No server of the pool is left, or one refused what it was asked."""


@dataclass(slots=True)
class _Server:
    url: str
    alive: bool = True
    waiting: int = 0
    why: str = field(default="")


class VLLMServerPool:
    """All servers, seen by one rank; every rank sends its share of prompts to the server that has least to do."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        world: World,
        weights_path: str | Path,
        end_ids: Iterable[int],
        timeout_seconds: float,
        max_staleness: int = 0,
        requests_per_server: int = 64,
    ) -> None:
        """Servers at `urls`; `weights_path` is a directory that they and rank 0 see under the same name.

        Raises:
            PoolError: none of them is healthy.
        """
        self.index, self.count = world.rank, world.size
        self.version = 0
        self._world = world
        self._servers = [_Server(url.rstrip("/")) for url in urls]
        self._weights_path = Path(weights_path)
        self._end_ids = sorted(end_ids)
        self._max_staleness = max_staleness
        self._places = requests_per_server * len(urls)
        self._client = httpx.Client(
            timeout=timeout_seconds, limits=httpx.Limits(max_connections=None, keepalive_expiry=KEEP_SECONDS)
        )
        self._lock = threading.Lock()
        self._pushed = False
        self._busy_seconds = 0.0
        self._lost = self._moved = 0
        self._each(lambda server: self._call(server, "GET", "/health"))

    def load_weights(self, pairs: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Rank 0 writes the tensors to a directory and has every server read it; one that was lost may come back.

        Raises:
            PoolError: no server took them.
        """
        target = self._weights_path / f"{version:08d}"
        if self._world.rank == 0:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            _write(pairs, target)
        else:
            for _ in pairs:  # every rank takes part in gathering them
                pass
        done = self._world.agree(lambda: self._push(target, version) if self._world.rank == 0 else [])
        for server in self._servers:
            server.alive = server.url in done[0]
        self.version, self._pushed = version, True
        if self._world.rank == 0:
            for old in self._weights_path.glob("[0-9]" * 8):
                if old != target:
                    shutil.rmtree(old, ignore_errors=True)

    def _push(self, target: Path, version: int) -> list[str]:
        def one(server: _Server) -> None:
            order = {"method": "reload_weights", "kwargs": {"weights_path": str(target)}}
            self._call(server, "POST", "/pause", params={"mode": "wait"})
            self._call(server, "POST", "/collective_rpc", json=order)
            self._call(server, "POST", "/reset_prefix_cache")
            self._call(server, "POST", "/update_weight_version", json={"new_version": str(version)})
            self._call(server, "POST", "/resume")

        for server in self._servers:
            server.alive = True
        return self._each(one)

    def _each(self, work: Callable[[_Server], None]) -> list[str]:
        """Do it with every server at once; the urls of those where it succeeded."""
        with ThreadPoolExecutor(len(self._servers)) as threads:
            futures = {threads.submit(work, server): server for server in self._servers}
            for future in as_completed(futures):
                try:
                    future.result()
                except (httpx.HTTPError, PoolError) as error:
                    self._give_up(futures[future], error)
        if not any(server.alive for server in self._servers):
            raise self._none_left()
        return [server.url for server in self._servers if server.alive]

    def _call(self, server: _Server, method: str, path: str, **body: Any) -> Any:
        """What a server answers; all that is asked may be asked twice.

        Raises:
            httpx.TransportError: it does not listen, takes too long, or broke off or failed ATTEMPTS times.
            PoolError: it refused.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._client.request(method, server.url + path, **body)
                if answer.status_code < 500:
                    break
                problem: httpx.TransportError = httpx.ReadError(f"{answer.status_code}: {answer.text[:200]}")
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
                problem = error
            if attempt == ATTEMPTS:
                raise problem
            time.sleep(0.2 * 2**attempt)
        if answer.is_error:
            raise PoolError(f"{server.url}{path} refused with {answer.status_code}: {answer.text[:500]}")
        return answer

    def _give_up(self, server: _Server, error: Exception) -> None:
        with self._lock:
            if server.alive:
                self._lost += 1
                log.warning("rollout server %s is given up: %s: %s", server.url, type(error).__name__, error)
            server.alive, server.why = False, f"{type(error).__name__}: {error}"

    def _none_left(self) -> PoolError:
        reasons = "; ".join(f"{server.url}: {server.why}" for server in self._servers)
        return PoolError(f"no rollout server is left ({reasons}): start one at these addresses and --resume")

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Completion]:
        """Requests go to the living server with the fewest; those of one that dies go to the others.

        Raises:
            StaleWeightsError: nothing was pushed yet.
            PoolError: no server is left, or one refused a request.
        """
        if not self._pushed:
            raise StaleWeightsError("the servers have not the policy's weights: push them first")
        started = time.monotonic()
        with ThreadPoolExecutor(max(1, min(self._places, len(requests)))) as threads:
            futures = [threads.submit(self._answer, request, sampling) for request in requests]
            try:
                for future in as_completed(futures):
                    yield from future.result()
            finally:
                for future in futures:
                    future.cancel()
                self._busy_seconds += time.monotonic() - started

    def _answer(self, request: Request, sampling: Sampling) -> list[Completion]:
        while True:
            server = self._take()
            try:
                return self._ask(server, request, sampling)
            except (httpx.TransportError, StaleWeightsError) as error:
                self._give_up(server, error)
                with self._lock:
                    self._moved += 1
            finally:
                with self._lock:
                    server.waiting -= 1

    def _take(self) -> _Server:
        with self._lock:
            alive = [server for server in self._servers if server.alive]
            if not alive:
                raise self._none_left()
            server = min(alive, key=lambda one: one.waiting)
            server.waiting += 1
            return server

    def _ask(self, server: _Server, request: Request, sampling: Sampling) -> list[Completion]:
        body = {"token_ids": request.token_ids.tolist(), "sampling_params": self._parameters(request, sampling)}
        answer = self._call(server, "POST", "/inference/v1/generate", json=body)
        choices = answer.json()["choices"]
        if len(choices) != request.n or any(choice["finish_reason"] in (None, "abort", "error") for choice in choices):
            raise httpx.ReadError(f"answered {len(choices)} of {request.n} responses, or unfinished ones")
        return [self._completion(request, choice, sampling) for choice in choices]

    def _parameters(self, request: Request, sampling: Sampling) -> dict[str, Any]:
        greedy = sampling.temperature == 0
        how: dict[str, Any] = {
            "n": request.n, "temperature": sampling.temperature, "top_p": 1.0 if greedy else sampling.top_p,
            "top_k": 0 if greedy else sampling.top_k, "max_tokens": sampling.max_tokens, "seed": request.seed % 2**62,
            "stop_token_ids": self._end_ids, "ignore_eos": True, "detokenize": False, "logprobs": 0,
        }  # fmt: skip
        if sampling.repetitions:
            how["repetition_detection"] = {
                "max_pattern_size": 64, "min_pattern_size": 1, "min_count": sampling.repetitions
            }  # fmt: skip
        return how

    def _completion(self, request: Request, choice: dict[str, Any], sampling: Sampling) -> Completion:
        spans = choice.get("weight_versions") or []
        versions = {int(span["version"]) if str(span["version"]).isdigit() else -1 for span in spans}
        oldest = min(versions, default=-1)
        if not self.version - self._max_staleness <= oldest <= self.version:
            raise StaleWeightsError(f"a response was written by weights {oldest}, the policy has {self.version}")
        token_ids = np.array(choice["token_ids"], dtype=np.int32)
        told = [step["logprob"] for step in choice["logprobs"]["content"]]
        mask = choice.get("sampling_mask")
        return Completion(
            request_id=request.id,
            sample=choice["index"],
            token_ids=token_ids,
            logprobs=np.array([0.0] * len(told) if sampling.temperature == 0 else told, dtype=np.float32),
            finish=FINISHES.get(choice["finish_reason"], Finish.ABORTED),
            weight_version=oldest,
            kept_tokens=tuple(np.array(ids, dtype=np.int32) for ids in mask) if mask else None,
        )

    def sleep(self) -> None:
        """Nothing: the servers have machines of their own."""

    def wake(self, part: Literal["weights", "cache"]) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Close the connections; the servers stay."""
        self._client.close()

    def counts(self) -> EngineCounts:
        """Time, servers lost and requests moved; the servers keep their own statistics."""
        with self._lock:
            found = EngineCounts(busy_seconds=self._busy_seconds, servers_lost=self._lost, requests_moved=self._moved)
            self._busy_seconds, self._lost, self._moved = 0.0, 0, 0
        return found


def _write(pairs: Iterable[tuple[str, Tensor]], directory: Path) -> None:
    """Safetensors of about 1 GB each; a tensor is copied before the next is asked for."""
    pending: dict[str, Tensor] = {}
    size = number = 0
    for name, tensor in pairs:
        if pending and size + tensor.nbytes > FILE_BYTES:
            save_file(pending, directory / f"weights-{number:05d}.safetensors")
            pending, size, number = {}, 0, number + 1
        pending[name] = tensor.detach().cpu().clone()
        size += tensor.nbytes
    save_file(pending, directory / f"weights-{number:05d}.safetensors")
