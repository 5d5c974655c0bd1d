"""The servers of a pool over HTTP: who lives, who has least to do, what is asked again, when a lost one is tried."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""Of one request at one server that breaks off or answers with an error of its own, before the server is given up."""
KEEP_SECONDS = 2.0
"""An idle connection is kept so long: vLLM closes one after 5, and what is sent just then is lost."""
CONNECT_SECONDS = 5.0
"""For a connection; the kernel takes it, however busy the server is."""
CONTROL_SECONDS = 30.0
"""For whatever neither samples nor loads weights."""
HEALTH_SECONDS = 60.0
"""A server that works longer than this on a request is asked whether it lives."""
LONGEST_PAUSE_SECONDS = 30.0
"""Between two requests to a server that has too much to do."""
LONGEST_ABSENCE = 15
"""Pushes that a server which keeps failing sits out between two tries."""
BUSY = (429, 503)
"""Statuses of a server that lives and has too much to do."""
BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""A connection that broke off; the same request may go well."""


class PoolError(RuntimeError):
    """No server of the pool is left, or the pool cannot go on."""


class ServerError(RuntimeError):
    """What one server refused, failed at or answered wrongly; others may do better."""


@dataclass(slots=True)
class Server:
    """One of them, as this rank sees it."""

    url: str
    """Without a slash at its end."""
    alive: bool = True
    """False from when it is given up until a push takes it back."""
    waiting: int = 0
    """Requests under way."""
    since: float = 0.0
    """When the first of them went there."""
    busy_seconds: float = 0.0
    """With requests under way, since `busy` was asked."""
    why: str = ""
    """What was wrong when it was given up."""
    failures: int = 0
    """Pushes that failed there, one after the other."""
    absence: int = 0
    """Pushes that it sits out before it is tried again."""
    losses: int = 0
    """How often it was given up."""

    @property
    def name(self) -> str:
        """Its address; another name each time it comes back, for what was found of it may not hold any more."""
        return f"{self.url} (back {self.losses}x)" if self.losses else self.url


class Servers:
    """All servers of a pool. Control calls may come from several threads, requests from one event loop at a time."""

    def __init__(
        self, urls: Sequence[str], *, load_seconds: float, longest_seconds: float, requests_per_server: int = 64
    ) -> None:
        """Nothing is asked yet.

        A server may take `load_seconds` to load weights. A request may take `longest_seconds` at a server that says
        that it lives. This rank has at most `requests_per_server` under way at each.
        """
        self.all = [Server(url.rstrip("/")) for url in urls]
        self.load_seconds = load_seconds
        self._longest = longest_seconds
        self._most = requests_per_server
        self._lost: set[str] = set()
        self._limits = httpx.Limits(max_connections=None, keepalive_expiry=KEEP_SECONDS)
        self._client = httpx.Client(limits=self._limits)
        self._lock = threading.Lock()

    @property
    def alive(self) -> list[Server]:
        """Those not given up."""
        return [server for server in self.all if server.alive]

    def each(self, work: Callable[[Server], None], servers: Sequence[Server]) -> list[Server]:
        """Do it with all of `servers` at once; those that did it. The others are given up.

        Raises:
            PoolError: none did it.
        """
        failed: set[str] = set()
        with ThreadPoolExecutor(max(1, len(servers))) as threads:
            futures = {threads.submit(work, server): server for server in servers}
            for future in as_completed(futures):
                try:
                    future.result()
                except (httpx.HTTPError, ServerError) as error:
                    failed.add(futures[future].url)
                    self.give_up(futures[future], error)
                    _sit_out(futures[future], error)
        done = [server for server in servers if server.url not in failed]
        if not done:
            raise self.none_left()
        return done

    def due(self) -> list[Server]:
        """Those that the next push goes to: the living ones, and of the lost ones those that have sat out enough."""
        due = [server for server in self.all if server.alive or not server.absence]
        for server in self.all:
            server.absence = max(0, server.absence - 1)
        return due

    def take_back(self, servers: Iterable[Server]) -> None:
        """They have the weights, so they are asked again."""
        for server in servers:
            if not server.alive:
                log.warning("rollout server %s is back", server.url)
            server.alive, server.why, server.failures, server.absence = True, "", 0, 0

    def call(
        self, server: Server, method: str, path: str, *, attempts: int = ATTEMPTS, seconds: float = CONTROL_SECONDS,
        **body: Any,
    ) -> httpx.Response:  # fmt: skip
        """What a server answers; with more than one of `attempts` it may be asked twice.

        Raises:
            httpx.TransportError: it does not listen, takes longer than `seconds`, or broke off every time.
            ServerError: it refused, or failed every time.
        """
        for attempt in range(1, attempts + 1):
            try:
                answer = self._client.request(method, server.url + path, timeout=_timeout(seconds), **body)
                if answer.is_success:
                    return answer
                problem: Exception = _refusal(server, path, answer)
                if answer.status_code < 500 and answer.status_code not in BUSY:
                    raise problem
            except BROKEN as error:
                problem = error
            if attempt < attempts:
                time.sleep(0.2 * 2**attempt)
        raise problem

    def connections(self) -> httpx.AsyncClient:
        """To be closed by who asked for it; requests go over it."""
        return httpx.AsyncClient(limits=self._limits)

    async def ask(self, client: httpx.AsyncClient, server: Server, path: str, body: dict[str, Any]) -> httpx.Response:
        """What a server answers to a request that may take long. As long as it says that it lives it is waited for.

        Raises:
            httpx.TransportError: it does not listen, broke off every time, or does not say any more that it lives.
            ServerError: it refused, failed every time, or took too long even so.
        """
        failures, paused, pause = 0, 0.0, 0.5
        while True:
            try:
                answer = await self._waited(client, server, path, body)
                if answer.is_success:
                    return answer
                problem: Exception = _refusal(server, path, answer)
            except BROKEN as error:
                problem = error
            else:
                if answer.status_code in BUSY and paused < self._longest:
                    await asyncio.sleep(pause)
                    paused, pause = paused + pause, min(2 * pause, LONGEST_PAUSE_SECONDS)
                    await self._lives(client, server)  # vLLM has 503 for an engine that died, too
                    continue
                if answer.status_code < 500:
                    raise problem
            failures += 1
            if failures == ATTEMPTS:
                raise problem
            await asyncio.sleep(0.2 * 2**failures)

    async def _waited(
        self, client: httpx.AsyncClient, server: Server, path: str, body: dict[str, Any]
    ) -> httpx.Response:
        every = min(HEALTH_SECONDS, self._longest)
        asking = asyncio.create_task(client.post(server.url + path, json=body, timeout=_timeout(None)))
        waited = 0.0
        try:
            while not (await asyncio.wait({asking}, timeout=every))[0]:
                waited += every
                if waited >= self._longest:
                    raise ServerError(f"{server.url}{path} took longer than {self._longest:g} s, although it lives")
                await self._lives(client, server)
            return asking.result()
        finally:
            asking.cancel()  # which tells the server too

    async def _lives(self, client: httpx.AsyncClient, server: Server) -> None:
        answer = await client.get(server.url + "/health", timeout=_timeout(CONTROL_SECONDS))
        if not answer.is_success:
            raise _refusal(server, "/health", answer)

    @asynccontextmanager
    async def least_busy(self, freed: asyncio.Condition) -> AsyncIterator[Server]:
        """The living server with the fewest requests under way, with one more, as soon as one has room for it.

        `freed` is the same for all who ask in an event loop.

        Raises:
            PoolError: none is left.
        """
        async with freed:
            await freed.wait_for(lambda: not self.alive or any(one.waiting < self._most for one in self.alive))
            if not self.alive:
                raise self.none_left()
            server = min(self.alive, key=lambda one: one.waiting)
            server.waiting += 1
            if server.waiting == 1:
                server.since = time.monotonic()
        try:
            yield server
        finally:
            server.waiting -= 1
            if not server.waiting:
                server.busy_seconds += time.monotonic() - server.since
            async with freed:
                freed.notify_all()

    def busy(self) -> float:
        """Mean seconds, over all servers, in which this rank had requests under way there, since the last call."""
        spent = sum(server.busy_seconds for server in self.all) / len(self.all)
        for server in self.all:
            server.busy_seconds = 0.0
        return spent

    def give_up(self, server: Server, error: Exception) -> None:
        """Ask it no more; a loss is said and counted once."""
        with self._lock:
            server.why = f"{type(error).__name__}: {error}"
            if server.alive:
                server.alive = False
                server.losses += 1
                self._lost.add(server.url)
                log.warning("rollout server %s is given up: %s", server.url, server.why)

    def share_losses(self, urls: set[str]) -> None:
        """Take over what other ranks lost, so that none counts it again."""
        for server in [one for one in self.alive if one.url in urls]:
            server.alive, server.why, server.losses = False, "another rank lost it", server.losses + 1

    def newly_lost(self) -> set[str]:
        """Addresses of those that were given up since the last call."""
        lost, self._lost = self._lost, set()
        return lost

    def none_left(self) -> PoolError:
        """With what was wrong with each."""
        reasons = "; ".join(f"{server.url}: {server.why or 'given up'}" for server in self.all)
        return PoolError(f"no rollout server is left ({reasons}): start one at these addresses and --resume")

    def close(self) -> None:
        """Close the connections; the servers stay."""
        self._client.close()


def _sit_out(server: Server, error: Exception) -> None:
    """One that fails again and again costs every push its time; that nothing listens there costs none."""
    server.failures += 1
    server.absence = 0 if isinstance(error, httpx.ConnectError) else min(2**server.failures - 1, LONGEST_ABSENCE)


def _refusal(server: Server, path: str, answer: httpx.Response) -> ServerError:
    return ServerError(f"{server.url}{path} answered with {answer.status_code}: {answer.text[:500]}")


def field(answer: httpx.Response, name: str) -> Any:
    """One of an answer's fields.

    Raises:
        ServerError: it has none of that name, or is no JSON.
    """
    try:
        return answer.json()[name]
    except (ValueError, LookupError, TypeError) as error:
        raise ServerError(f"{answer.url} answered without {name!r}: {answer.text[:200]!r}") from error


def _timeout(seconds: float | None) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=CONNECT_SECONDS)
