"""A judge behind any OpenAI-compatible chat endpoint: a synchronous face over an event loop in a thread of its own.

    with EndpointJudge(Endpoint(base_url=..., model=...), read=..., clean=...) as judge:
        judge.verdicts(questions)      # list[bool | None], one call per step

Equal questions are asked once, remembered verdicts not at all. A question without a verdict is None, never False; why
it has none is in `trouble`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import hashlib
import json
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from qwenlong.backends.judge_cache import VerdictCache
from qwenlong.backends.judge_client import CHOICE_TOKENS, Client, JudgeError
from qwenlong.backends.judge_endpoint import Counters, Endpoint
from qwenlong.backends.judge_inquiry import check
from qwenlong.backends.judge_inquiry import describe as describe  # noqa: PLC0414  # part of the interface
from qwenlong.backends.judge_loop import Batch, Loop
from qwenlong.backends.judge_prompt import Output, Question, can_be_judged, wording

REPORT_SECONDS = 15.0
"""A batch that takes longer says how far it is, this often."""
log = logging.getLogger(__name__)


class EndpointJudge:
    """Asks an endpoint; safe to call from several threads, and in a process that forked (which starts afresh)."""

    def __init__(
        self, endpoint: Endpoint, *, read: Callable[[str], bool | None], clean: Callable[[str], str],
        concurrency: int = 32, cache: Path | None = None, seconds: float | None = None,
        say: Callable[[str], None] = log.info,
    ) -> None:  # fmt: skip
        """Open the cache; nothing is sent yet.

        Args:
            endpoint: where and how.
            read: finds the verdict of a reply (`scoring.judge_reply`).
            clean: takes verdicts out of a text (`scoring.without_verdicts`).
            concurrency: questions under way at once.
            cache: the file of remembered verdicts; None remembers nothing.
            seconds: longest time of one call; what has no verdict by then stays without. None is no limit.
            say: hears how far a long batch is.

        Raises:
            ValueError: the cache cannot be used.
        """
        self.counters = Counters()
        self.trouble = ""
        """Why the last question of a call without a verdict has none."""
        self.refused: bool | None = None
        """Whether all that the last call sent was refused for good; None where it sent nothing."""
        self._endpoint, self._read, self._clean, self._say = endpoint, read, clean, say
        self._concurrency, self._seconds, self._process = concurrency, seconds, os.getpid()
        self._path, self._cache = cache, VerdictCache(cache)
        self._lock = threading.Lock()
        self._loop: Loop | None = None
        self._client: Client | None = None
        self._under_way: dict[bytes, asyncio.Task[bool]] = {}
        self._failed: set[bytes] = set()
        self._finalizer: weakref.finalize[..., Any] = weakref.finalize(self, self._cache.close)

    def verdicts(self, questions: Sequence[Question]) -> list[bool | None]:
        """One verdict per question, in their order; None where there is none."""
        return self._asked(questions, remembered=True)

    def fresh_verdicts(self, questions: Sequence[Question]) -> list[bool | None]:
        """The same of the model itself: past the cache, and also where there is nothing to judge."""
        return self._asked(questions, remembered=False)

    def asks(self, prediction: str) -> bool:
        """Whether `verdicts` asks about a prediction; else there is nothing to judge, which is a no."""
        return can_be_judged(prediction, self._clean)

    def check(self) -> str:
        """What is doubtful about the endpoint, in a line for people; empty where it answers.

        Raises:
            ValueError: it refuses for good.
        """
        return check(self._endpoint, self.counters)

    def close(self) -> None:
        """End the thread, the connections and the cache. Also done at the end of the program."""
        with self._lock:
            self._finalizer()
            self._loop = self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _asked(self, questions: Sequence[Question], *, remembered: bool) -> list[bool | None]:
        started = time.monotonic()
        self.trouble, self.refused = "", None
        self.counters.questions += len(questions)
        todo: list[int] = []
        found: list[bool | None] = []
        for i, question in enumerate(questions):
            judged = not remembered or self.asks(question.prediction)
            found.append(None if judged else False)
            self.counters.unasked += not judged
            if judged:
                todo.append(i)
        if todo:
            loop, client = self._started()
            batch = Batch(len(todo), give_up_after=max(8, self._concurrency))
            work = self._batch(client, [questions[i] for i in todo], batch, remembered=remembered)
            for i, verdict in zip(todo, self._waited(loop.submit(work), batch), strict=True):
                found[i] = verdict
            self.refused = batch.refused
        self.counters.missing += sum(verdict is None for verdict in found)
        self.counters.wait_seconds += time.monotonic() - started
        return found

    def _started(self) -> tuple[Loop, Client]:
        with self._lock:
            if self._process != os.getpid():  # a fork has neither the thread nor a right to the parent's connections
                self._finalizer.detach()
                self._process, self._loop, self._client, self._under_way = os.getpid(), None, None, {}
                self._inherited, self._cache = self._cache, VerdictCache(self._path)
            if self._loop is None or self._client is None:
                self._loop = Loop()
                self._client = self._loop.submit(self._connected()).result()
                self._finalizer.detach()
                self._finalizer = weakref.finalize(self, _end, self._loop, self._client, self._cache, self._process)
            return self._loop, self._client

    async def _connected(self) -> Client:
        return Client(
            self._endpoint, read=self._read, clean=self._clean, counters=self.counters, concurrency=self._concurrency
        )

    def _waited(self, future: concurrent.futures.Future[list[bool | None]], batch: Batch) -> list[bool | None]:
        """The batch's verdicts; a Ctrl-C meanwhile ends the questions too."""
        try:
            while True:
                try:
                    return future.result(REPORT_SECONDS)
                except concurrent.futures.TimeoutError:
                    if future.done():
                        raise
                    self._say(f"judge: {batch.done} of {batch.total} verdicts{batch.told()}")
        except BaseException:
            future.cancel()
            raise

    async def _batch(
        self, client: Client, questions: Sequence[Question], batch: Batch, *, remembered: bool
    ) -> list[bool | None]:
        room = asyncio.Semaphore(self._concurrency)
        if self._seconds is not None:
            batch.until = asyncio.get_running_loop().time() + self._seconds
        keys = self._keys(questions)
        distinct = dict(zip(keys, questions, strict=True))
        batch.total = len(distinct)
        self.counters.shared += len(keys) - len(distinct)

        async def one(question: Question, key: bytes) -> bool | None:
            async with room:
                verdict = await self._one(client, question, key, batch)
                batch.done += 1
                return verdict

        # Those whose failures looked like an outage come last, the others in an order of chance: else a few questions
        # that a server breaks on, side by side, would keep all behind them from being asked, at every repetition.
        verdicts: dict[bytes, bool | None] = {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(batch.until):
                verdicts |= await self._cache.remembered(list(distinct)) if remembered else {}
        self.counters.hits += len(verdicts)
        batch.done = len(verdicts)
        order = sorted(distinct.keys() - verdicts.keys(), key=lambda key: (key in self._failed, key))
        found = await asyncio.gather(*(one(distinct[key], key) for key in order))
        verdicts |= zip(order, found, strict=True)
        return [verdicts[key] for key in keys]

    async def _one(self, client: Client, question: Question, key: bytes, batch: Batch) -> bool | None:
        if batch.given_up or batch.late:
            batch.missing += 1
            return None
        task = self._under_way.get(key)
        if task is not None:
            self.counters.shared += 1
        else:
            task = asyncio.create_task(self._verdict(client, question, key))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        try:
            async with asyncio.timeout_at(batch.until):
                verdict = await asyncio.shield(task)
        except JudgeError as error:
            self.trouble = str(error)
            batch.fail(str(error), outage=error.outage, final=error.final)
            if error.outage:
                self._failed.add(key)
            return None
        except TimeoutError:
            self.trouble = f"no verdict within the {self._seconds:g} s of a call"
            batch.fail(self.trouble, outage=False)
            return None
        self._failed.discard(key)
        batch.succeed()
        return verdict

    def _landed(self, key: bytes, task: asyncio.Task[bool]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waited has it; where nobody is left, nobody has to hear of it

    async def _verdict(self, client: Client, question: Question, key: bytes) -> bool:
        verdict = await client.verdict(question)
        self._cache.remember(key, verdict=verdict, judge=self._endpoint.model)
        return verdict

    def _keys(self, questions: Sequence[Question]) -> list[bytes]:
        """What verdicts are filed under: content and judge."""
        judge = identity(self._endpoint, self._clean)
        contents = ([question.question, question.prediction, *question.answers] for question in questions)
        return [hashlib.blake2b(json.dumps([judge, content]).encode(), digest_size=16).digest() for content in contents]


def identity(endpoint: Endpoint, clean: Callable[[str], str]) -> list[Any]:
    """What makes two judges the same: model, wording and sampling. Where it is served does not matter.

    "auto" is one judge, whichever way it was asked: so the cache can be used while the server is away.
    """
    output: Output | str = endpoint.output or "auto"
    return [endpoint.model, wording(clean), output, 0.0, endpoint.max_reply_tokens, CHOICE_TOKENS]


def _end(loop: Loop, client: Client, cache: VerdictCache, process: int) -> None:
    if process == os.getpid():
        loop.stop(client.close())
        cache.close()
