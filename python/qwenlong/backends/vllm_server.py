"""Rollouts from a pool of vLLM servers over HTTP, which lose nothing when one of them dies.

Every response says which weights wrote it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import httpx
from torch import Tensor

from qwenlong.backends import vllm_answers, vllm_counters
from qwenlong.backends.vllm_http import Server, ServerError, Servers, field
from qwenlong.records import Completion, EngineCounts, Request, Sampling, StaleWeightsError

if TYPE_CHECKING:
    from qwenlong.backends.world import World


class Transfer(Protocol):
    """A way of weights to the servers."""

    def push(self, pairs: Iterable[tuple[str, Tensor]], version: int, servers: Sequence[Server]) -> list[Server]:
        """Bring them to `servers`, under their version; those that have them. Asked of rank 0 alone."""

    def close(self) -> None:
        """Leave nothing behind."""


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
        names: Collection[str] = (),
        tells_sets: bool = False,
    ) -> None:
        """A pool of `servers`, which get their weights by `transfer`.

        Every push must hold `names`, and whatever the push before it held. `tells_sets`: the servers were started to
        tell the kept tokens of top-k.

        Raises:
            PoolError: none of them is a server that can be pushed to.
        """
        self.index, self.count = world.rank, world.size
        self.version = 0
        self._world, self._servers, self._transfer = world, servers, transfer
        self._end_ids = sorted(end_ids)
        self._names = set(names)
        self._tells_sets = tells_sets
        self._pushed = False
        self._moved = self._prompt_tokens = 0
        self._told: dict[str, dict[str, int]] = {}
        servers.each(self._probe, servers.all)

    def _probe(self, server: Server) -> None:
        """Find out in seconds whether it lives and can tell weights apart."""
        self._servers.call(server, "GET", "/health", attempts=1)
        try:
            self._servers.call(server, "GET", "/weight_info")
        except ServerError as error:
            raise ServerError(
                f"{error}. A pool needs servers that know versions of weights: start this one with qwenlong-serve, "
                f"which sets VLLM_SERVER_DEV_MODE=1, and pip install '{vllm_answers.NEEDED}' where it runs (it has "
                f"{self._release(server)})"
            ) from error

    def _release(self, server: Server) -> str:
        try:
            return f"vLLM {field(self._servers.call(server, 'GET', '/version', attempts=1), 'version')}"
        except (httpx.HTTPError, ServerError):
            return "an unknown one"

    def load_weights(self, pairs: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Rank 0 brings the tensors to every server; one that was lost may come back.

        Raises:
            PoolError: no server took them.
            ValueError: a tensor was left out.
        """
        reasons = self._world.agree(lambda: self._push(pairs, version))[0]
        for server in self._servers.all:
            server.why = reasons[server.url]
            server.alive = not server.why
        self.version, self._pushed = version, True

    def _push(self, pairs: Iterable[tuple[str, Tensor]], version: int) -> dict[str, str]:
        """What keeps each server from them, "" where it has them. Every rank takes part in gathering, to the end."""
        try:
            if self._world.rank == 0:
                ready = self._servers.each(self._probe, self._servers.due())
                done = self._transfer.push(self._complete(pairs), version, ready)
                self._servers.take_back(done)
                self._servers.each(self._noted, done)
        finally:
            for _ in pairs:
                pass
        return {server.url: "" if server.alive else server.why or "given up" for server in self._servers.all}

    def _complete(self, pairs: Iterable[tuple[str, Tensor]]) -> Iterator[tuple[str, Tensor]]:
        """The pairs; after the last of them it is refused that one was left out: a server would go on with the old."""
        seen: set[str] = set()
        for name, tensor in pairs:
            seen.add(name)
            yield name, tensor
        if missing := self._names - seen:
            raise ValueError(f"weights left out of the push: {', '.join(sorted(missing))}")
        self._names = seen

    def _noted(self, server: Server) -> None:
        """What a server has counted before it is asked for rollouts."""
        if server.url not in self._told and (page := self._page(server)) is not None:
            self._told[server.url] = page

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Completion]:
        """Requests go to the living server with the fewest; those of one that fails go to the others.

        Raises:
            StaleWeightsError: nothing was pushed yet.
            PoolError: no server is left.
        """
        if not self._pushed:
            raise StaleWeightsError("the servers have not the policy's weights: push them first")
        self._prompt_tokens += sum(len(request.token_ids) for request in requests)
        for found in asyncio.run(self._answers(requests, sampling)):
            yield from found

    async def _answers(self, requests: Sequence[Request], sampling: Sampling) -> list[list[Completion]]:
        freed = asyncio.Condition()
        async with self._servers.connections() as client:
            asked = [asyncio.create_task(self._answer(client, freed, one, sampling)) for one in requests]
            try:
                return await asyncio.gather(*asked)
            finally:
                for task in asked:
                    task.cancel()
                await asyncio.gather(*asked, return_exceptions=True)

    async def _answer(
        self, client: httpx.AsyncClient, freed: asyncio.Condition, request: Request, sampling: Sampling
    ) -> list[Completion]:
        body = vllm_answers.question(request, sampling, end_ids=self._end_ids, tells_sets=self._tells_sets)
        versions = range(self.version - sampling.max_staleness, self.version + 1)
        while True:
            async with self._servers.least_busy(freed) as server:
                try:
                    answer = await self._servers.ask(client, server, "/inference/v1/generate", body)
                    return vllm_answers.completions(answer, request, sampling, versions=versions, sampler=server.name)
                except (httpx.HTTPError, ServerError, StaleWeightsError) as error:
                    self._servers.give_up(server, error)
            self._moved += 1

    def sleep(self) -> None:
        """Nothing: the servers have machines of their own."""

    def wake(self, part: Literal["weights", "cache"]) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Close the connections and take back what was left for the servers, which stay."""
        self._servers.close()
        if self._world.rank == 0:
            self._transfer.close()

    def counts(self) -> EngineCounts:
        """Time and requests of this rank; what the servers counted for all ranks is told by rank 0 alone.

        Asked on all ranks at once: a server that several of them lost counts once.
        """
        moved, self._moved = self._moved, 0
        asked, self._prompt_tokens = self._prompt_tokens, 0
        lost = set().union(*self._world.gather(self._servers.newly_lost()))
        self._servers.share_losses(lost)
        counted = dict.fromkeys(vllm_counters.COUNTERS, 0)
        main = self._world.rank == 0
        if main:
            known = [self._grown(server) for server in self._servers.all if server.alive or server.url in self._told]
            counted = vllm_counters.total(known)
        return vllm_counters.engine_counts(
            counted, busy_seconds=self._servers.busy(), prompt_tokens=asked, lost=len(lost) if main else 0, moved=moved
        )

    def _grown(self, server: Server) -> dict[str, int] | None:
        """What a server counted since the last call; None where it does not tell, as when it died meanwhile."""
        before = self._told.pop(server.url, None)
        now = self._page(server) if server.alive else None
        if now is None:
            return None
        self._told[server.url] = now
        return None if before is None else vllm_counters.grown(before, now)

    def _page(self, server: Server) -> dict[str, int] | None:
        """None where it does not tell."""
        try:
            return vllm_counters.read_page(self._servers.call(server, "GET", "/metrics", attempts=1).text)
        except (httpx.HTTPError, ServerError, ValueError):
            return None
