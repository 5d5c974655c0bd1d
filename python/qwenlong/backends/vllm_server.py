"""Rollouts from a pool of vLLM servers over HTTP, which lose nothing when one of them dies.

Every response says which weights wrote it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, Literal, Protocol

import httpx
import numpy as np
from torch import Tensor

from qwenlong.backends import vllm_counters
from qwenlong.backends.vllm_http import PoolError, Server, Servers
from qwenlong.records import Completion, EngineCounts, Finish, Request, Sampling, StaleWeightsError

if TYPE_CHECKING:
    from qwenlong.backends.world import World

FINISHES = {"stop": Finish.STOPPED, "length": Finish.LENGTH, "repetition": Finish.REPEATED}


class Transfer(Protocol):
    """A way of weights to the servers."""

    def push(self, pairs: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Bring them to every living server, under their version; asked of rank 0 alone."""


class VLLMServerPool:
    """All servers, seen by one rank; every rank sends its share of prompts to the server that has least to do."""

    leads = True
    """Every rank has its own share of prompts."""

    def __init__(
        self,
        servers: Servers,
        *,
        world: World,
        transfer: Transfer,
        end_ids: Iterable[int],
        max_staleness: int = 0,
        requests_per_server: int = 64,
    ) -> None:
        """A pool of `servers`, which get their weights by `transfer`.

        Raises:
            PoolError: none of them is healthy.
        """
        self.index, self.count = world.rank, world.size
        self.version = 0
        self._world, self._servers, self._transfer = world, servers, transfer
        self._end_ids = sorted(end_ids)
        self._max_staleness = max_staleness
        self._places = requests_per_server * len(servers.all)
        self._lock = threading.Lock()
        self._pushed = False
        self._lost = self._moved = self._prompt_tokens = 0
        self._told: dict[str, dict[str, int]] = {}
        servers.each(self._health)

    def _health(self, server: Server) -> None:
        self._servers.call(server, "GET", "/health")

    def load_weights(self, pairs: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Rank 0 brings the tensors to every server; one that was lost may come back.

        Raises:
            PoolError: no server took them.
        """
        done = self._world.agree(lambda: self._push(pairs, version))
        for server in self._servers.all:
            server.alive = server.url in done[0]
        self.version, self._pushed = version, True

    def _push(self, pairs: Iterable[tuple[str, Tensor]], version: int) -> list[str]:
        """The addresses that have them. Every rank takes part in gathering the tensors, to the end."""
        try:
            if self._world.rank == 0:
                for server in self._servers.all:
                    server.alive = True
                self._transfer.push(pairs, version)
                self._servers.each(self._noted)
        finally:
            for _ in pairs:
                pass
        return [server.url for server in self._servers.alive]

    def _noted(self, server: Server) -> None:
        """What a server has counted before it is asked for rollouts."""
        if server.url not in self._told and (page := self._page(server)) is not None:
            self._told[server.url] = page

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Completion]:
        """Requests go to the living server with the fewest; those of one that dies go to the others.

        Raises:
            StaleWeightsError: nothing was pushed yet.
            PoolError: no server is left, or one refused a request.
        """
        if not self._pushed:
            raise StaleWeightsError("the servers have not the policy's weights: push them first")
        self._prompt_tokens += sum(len(request.token_ids) for request in requests)
        with ThreadPoolExecutor(max(1, min(self._places, len(requests)))) as threads:
            futures = [threads.submit(self._answer, request, sampling) for request in requests]
            try:
                for future in as_completed(futures):
                    yield from future.result()
            finally:
                for future in futures:
                    future.cancel()

    def _answer(self, request: Request, sampling: Sampling) -> list[Completion]:
        while True:
            with self._servers.least_busy() as server:
                try:
                    return self._ask(server, request, sampling)
                except (httpx.TransportError, StaleWeightsError) as error:
                    self._servers.give_up(server, error)
            with self._lock:
                self._moved += 1

    def _ask(self, server: Server, request: Request, sampling: Sampling) -> list[Completion]:
        body = {"token_ids": request.token_ids.tolist(), "sampling_params": self._parameters(request, sampling)}
        answer = self._servers.call(server, "POST", "/inference/v1/generate", json=body)
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
        self._servers.close()

    def counts(self) -> EngineCounts:
        """Time and requests of this rank; what the servers counted for all ranks is told by rank 0 alone."""
        with self._lock:
            moved, self._moved = self._moved, 0
            asked, self._prompt_tokens = self._prompt_tokens, 0
        lost, self._lost = self._servers.lost - self._lost, self._servers.lost
        counted = dict.fromkeys(vllm_counters.COUNTERS, 0)
        if self._world.rank == 0:
            known = [self._grown(server) for server in self._servers.all if server.alive or server.url in self._told]
            counted = vllm_counters.total(known)
        return vllm_counters.engine_counts(
            counted, busy_seconds=self._servers.busy(), prompt_tokens=asked, lost=lost, moved=moved
        )

    def _grown(self, server: Server) -> dict[str, int] | None:
        """What a server counted since the last call; None where it does not tell, as when it died meanwhile."""
        before, now = self._told.pop(server.url, None), self._page(server)
        if now is None:
            return None
        self._told[server.url] = now
        return None if before is None else vllm_counters.grown(before, now)

    def _page(self, server: Server) -> dict[str, int] | None:
        """None where it does not tell."""
        try:
            return vllm_counters.read_page(self._servers.call(server, "GET", "/metrics", attempts=1).text)
        except (httpx.HTTPError, PoolError):
            return None
