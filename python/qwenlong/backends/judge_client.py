"""One chat request to a judge: sent, repeated where that can help, and read. Asynchronous; knows no cache."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import tenacity

from qwenlong.backends.judge_prompt import VERDICTS, Output, Question, messages

CHOICES: tuple[dict[str, Any], ...] = (
    {"structured_outputs": {"choice": list(VERDICTS)}},  # vLLM from 0.11
    {"guided_choice": list(VERDICTS)},  # vLLM before, SGLang's and others' copies of it
)
"""How servers are told that only two replies are allowed; tried in this order."""
UNKNOWN_FIELD = (400, 422)
"""How servers refuse a field they do not know."""
MAX_REPLY_BYTES = 1 << 20
"""A longer body is cut off unread."""
CHOICE_TOKENS = 16
"""Room for one verdict in any tokenizer."""
MAX_WAIT_SECONDS = 60.0
"""Longest pause between two tries, whatever a server asks for."""
CONNECT_SECONDS = 10.0
"""Longest wait for a connection."""


@dataclass(slots=True, kw_only=True)
class Counters:
    """What asking has cost so far."""

    questions: int = 0
    """Asked for, equal ones included."""
    hits: int = 0
    """Answered from the cache."""
    shared: int = 0
    """Answered by an equal question that was under way."""
    unasked: int = 0
    """Nothing to judge: a no without asking."""
    calls: int = 0
    """Requests sent."""
    retries: int = 0
    """Of them, repeated ones."""
    invalid: int = 0
    """Replies without a verdict that counts."""
    failures: int = 0
    """Requests that brought no reply: connection, timeout, status."""
    missing: int = 0
    """Questions that stayed without a verdict."""
    prompt_tokens: int = 0
    """As the server counts them."""
    reply_tokens: int = 0
    """As the server counts them."""
    cost: float = 0.0
    """By the prices of the recipe."""
    latency_seconds: float = 0.0
    """Sum over replies, from sending to the last byte."""
    wait_seconds: float = 0.0
    """The trainer's, for all verdicts."""

    def as_dict(self) -> dict[str, float]:
        """Every counter by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a judge is and how it is asked."""

    base_url: str
    """Ends before /chat/completions."""
    model: str
    """As the server names it."""
    api_key: str = ""
    """Sent as a bearer token; empty is none."""
    output: Output | None = None
    """None: a choice where the server can, else text."""
    max_reply_tokens: int = 512
    """Of reasons and verdict."""
    timeout_seconds: float = 60.0
    """Of one request."""
    deadline_seconds: float = 300.0
    """Of one question with all its repetitions."""
    retries: int = 4
    """Repetitions of a request that failed in a way that may pass."""
    backoff_seconds: float = 0.5
    """Scale of the pause before the first of them; it doubles, with jitter."""
    prompt_price: float = 0.0
    """Per million tokens."""
    reply_price: float = 0.0
    """Per million tokens."""


class JudgeError(RuntimeError):
    """A judge gave no verdict; the message says why."""


class _AgainError(JudgeError):
    """A failure that may pass; `after` is the pause the server asked for."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class _RefusedError(JudgeError):
    """The server understood and said no: asking again changes nothing."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """Asks one endpoint. Belongs to one event loop."""

    def __init__(
        self, endpoint: Endpoint, *, read: Callable[[str], bool | None], clean: Callable[[str], str],
        counters: Counters, concurrency: int,
    ) -> None:  # fmt: skip
        """`read` finds the verdict of a reply, `clean` takes verdicts out of a text."""
        self._endpoint, self._read, self._clean, self._counters = endpoint, read, clean, counters
        self._format: dict[str, Any] | None = None
        self._probe: asyncio.Task[dict[str, Any]] | None = None
        key = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
        self._http = httpx.AsyncClient(
            headers=key,
            timeout=httpx.Timeout(endpoint.timeout_seconds, connect=min(CONNECT_SECONDS, endpoint.timeout_seconds)),
            limits=httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._probe is not None:
            self._probe.cancel()
        await self._http.aclose()

    async def verdict(self, question: Question) -> bool:
        """The judge's verdict.

        Raises:
            JudgeError: there is none, after every repetition or at the deadline.
        """
        seconds = self._endpoint.deadline_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._asked(question)
        except TimeoutError:
            raise JudgeError(f"no verdict within judge.deadline_seconds {seconds:g}") from None

    async def _asked(self, question: Question) -> bool:
        form = await self._choice()
        output: Output = "choice" if form else "text"
        said = ""
        for reminded in (False, True):
            chat = messages(question, clean=self._clean, output=output, reminded=reminded)
            said, cut = await self._reply(self._body(chat, form))
            verdict = None if cut else self._read(said)
            if verdict is not None:
                return verdict
            self._counters.invalid += 1
        raise JudgeError(f"the reply has no verdict that counts: {said[-80:]!r}")

    def _body(self, chat: list[dict[str, str]], form: dict[str, Any]) -> dict[str, Any]:
        return {
            "model": self._endpoint.model,
            "messages": chat,
            "temperature": 0,
            "max_tokens": CHOICE_TOKENS if form else self._endpoint.max_reply_tokens,
            **form,
        }

    async def _choice(self) -> dict[str, Any]:
        """How to ask for one of two replies; empty where the server cannot. Found out once, for all who wait."""
        if self._format is None:
            if self._probe is None or self._probe.done():
                self._probe = asyncio.create_task(self._found_out())
                self._probe.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._format = await asyncio.shield(self._probe)
        return self._format

    async def _found_out(self) -> dict[str, Any]:
        """The first way that the server holds to.

        A server that knows nothing of a field may refuse or ignore it. So it is asked for something else, and only a
        reply that is a verdict all the same shows that it was held to it.
        """
        for form in CHOICES if self._endpoint.output != "text" else ():
            if await self._held_to(form):
                return form
        return {}

    async def _held_to(self, form: dict[str, Any]) -> bool:
        chat = [{"role": "user", "content": "Write one short sentence about the sea."}]
        try:
            said, _ = await self._reply(self._body(chat, form))
        except _RefusedError as error:
            if error.status not in UNKNOWN_FIELD:  # a wrong key or model says nothing about choices
                raise
            return False
        return said in VERDICTS

    async def _reply(self, body: dict[str, Any]) -> tuple[str, bool]:
        """What the model said and whether it was cut off; repeated where the failure may pass."""
        async for attempt in tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(1 + self._endpoint.retries),
            retry=tenacity.retry_if_exception_type(_AgainError),
            wait=self._pause,
            reraise=True,
        ):
            with attempt:
                self._counters.retries += attempt.retry_state.attempt_number > 1
                return await self._sent(body)
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, state: tenacity.RetryCallState) -> float:
        """Exponential with full jitter, and at least what the server asked for."""
        scale = self._endpoint.backoff_seconds
        jittered = tenacity.wait_random_exponential(multiplier=scale, max=MAX_WAIT_SECONDS)(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, _AgainError) and error.after is not None else 0.0
        return min(asked + jittered, MAX_WAIT_SECONDS)

    async def _sent(self, body: dict[str, Any]) -> tuple[str, bool]:
        self._counters.calls += 1
        started = time.monotonic()
        try:
            async with self._http.stream("POST", f"{self._endpoint.base_url}/chat/completions", json=body) as response:
                data = await _bounded(response)
        except httpx.TransportError as error:  # connection refused or broken, and every kind of timeout
            self._counters.failures += 1
            raise _AgainError(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        except httpx.HTTPError as error:
            self._counters.failures += 1
            raise _RefusedError(f"{type(error).__name__}: {error}") from error
        self._counters.latency_seconds += time.monotonic() - started
        status = response.status_code
        if status != httpx.codes.OK:
            self._counters.failures += 1
            said = f"HTTP {status}: {(data or b'').decode('utf-8', 'replace')[:200]}"
            if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise _AgainError(said, after=_asked_pause(response.headers.get("retry-after")))
            raise _RefusedError(said, status=status)
        return self._parsed(data)

    def _parsed(self, data: bytes | None) -> tuple[str, bool]:
        """Text of a reply; empty where there is none, which reads as no verdict."""
        if data is None:
            return "", True
        try:
            reply = json.loads(data)
            choice = reply["choices"][0]
            said, finish = choice["message"]["content"], choice.get("finish_reason")
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return "", False
        usage = reply.get("usage")
        prompt, answer = (_count(usage, name) for name in ("prompt_tokens", "completion_tokens"))
        self._counters.prompt_tokens += prompt
        self._counters.reply_tokens += answer
        self._counters.cost += (prompt * self._endpoint.prompt_price + answer * self._endpoint.reply_price) / 1e6
        return (said if isinstance(said, str) else ""), finish == "length"


async def _bounded(response: httpx.Response) -> bytes | None:
    """The body; None where it is longer than a reply can be."""
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_REPLY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _count(usage: Any, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and value >= 0 else 0


def _asked_pause(header: str | None) -> float | None:
    """Seconds of a Retry-After header, which holds a number or a date."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
