"""The servers of a pool over HTTP: who lives, who has least to do, what is asked again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""Of one request at one server that breaks off or answers with an error of its own, before the server is given up."""
KEEP_SECONDS = 2.0
"""An idle connection is kept so long: vLLM closes one after 5, and what is sent just then is lost."""


class PoolError(RuntimeError):
    """No server of the pool is left, or one refused what it was asked."""


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


class Servers:
    """All servers of a pool; safe to use from several threads."""

    def __init__(self, urls: Sequence[str], *, timeout_seconds: float) -> None:
        """Nothing is asked yet."""
        self.all = [Server(url.rstrip("/")) for url in urls]
        self.lost = 0
        """Servers given up so far."""
        self._client = httpx.Client(
            timeout=timeout_seconds, limits=httpx.Limits(max_connections=None, keepalive_expiry=KEEP_SECONDS)
        )
        self._lock = threading.Lock()

    @property
    def alive(self) -> list[Server]:
        """Those not given up."""
        return [server for server in self.all if server.alive]

    def each(self, work: Callable[[Server], None]) -> None:
        """Do it with every living server at once; those that fail are given up.

        Raises:
            PoolError: none is left.
        """
        servers = self.alive
        with ThreadPoolExecutor(max(1, len(servers))) as threads:
            futures = {threads.submit(work, server): server for server in servers}
            for future in as_completed(futures):
                try:
                    future.result()
                except (httpx.HTTPError, PoolError) as error:
                    self.give_up(futures[future], error)
        if not self.alive:
            raise self.none_left()

    def call(self, server: Server, method: str, path: str, *, attempts: int = ATTEMPTS, **body: Any) -> httpx.Response:
        """What a server answers; with more than one of `attempts` it may be asked twice.

        Raises:
            httpx.TransportError: it does not listen, takes too long, or broke off or failed every time.
            PoolError: it refused.
        """
        for attempt in range(1, attempts + 1):
            try:
                answer = self._client.request(method, server.url + path, **body)
                if answer.status_code < 500:
                    break
                problem: httpx.TransportError = httpx.ReadError(f"{answer.status_code}: {answer.text[:200]}")
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
                problem = error
            if attempt == attempts:
                raise problem
            time.sleep(0.2 * 2**attempt)
        if answer.is_error:
            raise PoolError(f"{server.url}{path} refused with {answer.status_code}: {answer.text[:500]}")
        return answer

    @contextmanager
    def least_busy(self) -> Iterator[Server]:
        """The living server with the fewest requests under way, with one more.

        Raises:
            PoolError: none is left.
        """
        with self._lock:
            alive = self.alive
            if not alive:
                raise self.none_left()
            server = min(alive, key=lambda one: one.waiting)
            server.waiting += 1
            if server.waiting == 1:
                server.since = time.monotonic()
        try:
            yield server
        finally:
            with self._lock:
                server.waiting -= 1
                if not server.waiting:
                    server.busy_seconds += time.monotonic() - server.since

    def busy(self) -> float:
        """Mean seconds, over all servers, in which this rank had requests under way there, since the last call."""
        with self._lock:
            spent = sum(server.busy_seconds for server in self.all) / len(self.all)
            for server in self.all:
                server.busy_seconds = 0.0
        return spent

    def give_up(self, server: Server, error: Exception) -> None:
        """Ask it no more, and say so once."""
        with self._lock:
            if server.alive:
                self.lost += 1
                log.warning("rollout server %s is given up: %s: %s", server.url, type(error).__name__, error)
            server.alive, server.why = False, f"{type(error).__name__}: {error}"

    def none_left(self) -> PoolError:
        """With what was wrong with each."""
        reasons = "; ".join(f"{server.url}: {server.why}" for server in self.all)
        return PoolError(f"no rollout server is left ({reasons}): start one at these addresses and --resume")

    def close(self) -> None:
        """Close the connections; the servers stay."""
        self._client.close()
