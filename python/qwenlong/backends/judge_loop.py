"""Where a judge's questions run: an event loop in a thread of its own, and how far a batch of them is."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")
CLOSE_SECONDS = 10.0
"""Longest wait for connections to close."""
log = logging.getLogger(__name__)


class Loop:
    """An event loop in a daemon thread, started by the first call and ended by `stop`."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        # Files and names of hosts: a thread that waits for the one must not hold up the other.
        self.loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(64, "qwenlong-judge-files"))
        self._thread = threading.Thread(target=self._run, name="qwenlong-judge", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def submit(self, work: Coroutine[Any, Any, Value]) -> concurrent.futures.Future[Value]:
        """Start a piece of work from another thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def stop(self, last: Coroutine[Any, Any, None]) -> None:
        """Run a last piece of work, end every task and close the loop."""
        try:
            self.submit(_ended(last)).result(CLOSE_SECONDS)
        except TimeoutError:
            log.warning("the judge's connections did not close within %g s", CLOSE_SECONDS)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():
            self.loop.close()


async def _ended(last: Coroutine[Any, Any, None]) -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await last
    with contextlib.suppress(RuntimeError):  # at the end of the program its threads are gone already
        await asyncio.get_running_loop().shutdown_default_executor()


class Batch:
    """How far a batch is, and whether going on makes sense."""

    def __init__(self, total: int, *, give_up_after: int) -> None:
        self.total, self.done, self.missing, self.in_a_row = total, 0, 0, 0
        self.until: float | None = None
        self.refused: bool | None = None
        """Whether everything that was sent was refused for good; None while nothing was sent."""
        self._give_up_after, self._last = give_up_after, ""

    @property
    def late(self) -> bool:
        """Its time is over: other ranks wait for it."""
        return self.until is not None and asyncio.get_running_loop().time() >= self.until

    @property
    def given_up(self) -> bool:
        """So many questions in a row met an outage that the rest is not asked: the judge is down, not slow."""
        return self.in_a_row >= self._give_up_after

    def fail(self, why: str, *, outage: bool, final: bool = False) -> None:
        """A question has no verdict."""
        self.missing += 1
        if outage:
            self.in_a_row += 1
        self.refused = final and self.refused is not False
        self._last = why

    def succeed(self) -> None:
        """A question that was sent has its verdict."""
        self.in_a_row, self.refused = 0, False

    def told(self) -> str:
        """What is missing so far, for people; empty where nothing is."""
        return f", {self.missing} without one (last: {self._last})" if self.missing else ""
