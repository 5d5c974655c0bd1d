"""One chat request to a judge: sent, repeated where that can help, and read. Asynchronous; knows no cache."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import tenacity

from qwenlong.backends.judge_endpoint import Counters, Endpoint
from qwenlong.backends.judge_prompt import VERDICTS, Output, Question, messages

CHOICES: tuple[dict[str, Any], ...] = (
    {"structured_outputs": {"choice": list(VERDICTS)}},  # vLLM from 0.11
    {"guided_choice": list(VERDICTS)},  # vLLM before, and others that took over its field
    {"regex": "|".join(map(re.escape, VERDICTS))},  # SGLang
)
"""How servers are told that only two replies are allowed; tried in this order."""
UNKNOWN_FIELD = (400, 422)
"""How servers refuse a field they do not know."""
ABOUT_ONE_QUESTION = (400, 413, 414, 422)
"""Statuses that a server gives to a request it cannot take, too long a one for example, while it takes others."""
MAY_PASS = (408, 425, 429)
"""Statuses below 500 that mean later rather than no."""
NEVER_PASS = (501, 505)
"""Statuses from 500 on that mean no."""
MAX_COUNT = 1 << 32
"""No reply has more tokens, whatever a server says."""
MAX_REPLY_BYTES = 1 << 20
"""A longer body is cut off unread."""
CHOICE_TOKENS = 16
"""Room for one verdict in any tokenizer."""
MAX_WAIT_SECONDS = 60.0
"""Longest pause between two tries, whatever a server asks for."""
CONNECT_SECONDS = 10.0
"""Longest wait for a connection."""


class JudgeError(RuntimeError):
    """A judge gave no verdict; the message says why.

    `outage` says whether others are likely to have none either, `final` whether that will never change by itself.
    """

    def __init__(self, message: str, *, outage: bool = True, final: bool = False) -> None:
        super().__init__(message)
        self.outage, self.final = outage, final


class _AgainError(JudgeError):
    """A failure that may pass; `after` is the pause the server asked for."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class _RefusedError(JudgeError):
    """The server understood and said no: asking again changes nothing."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        everyone = status not in ABOUT_ONE_QUESTION
        super().__init__(message, outage=everyone, final=everyone)
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
        self._http = httpx.AsyncClient(
            headers=endpoint.headers,
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
        shown = self._endpoint.hidden(said)[-80:]
        raise JudgeError(f"the reply has no verdict that counts: {shown!r}", outage=False)

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
        if self._endpoint.output == "choice":
            raise _RefusedError('the server cannot be held to one of two replies: set judge.output to "auto" or "text"')
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
        seconds = self._endpoint.timeout_seconds
        address = f"{self._endpoint.base_url}/chat/completions"
        try:
            async with asyncio.timeout(seconds), self._http.stream("POST", address, json=body) as response:
                data = await bounded(response)
        except asyncio.CancelledError:  # at the deadline of its question, or at the end
            self._counters.failures += 1
            raise
        except TimeoutError:  # httpx's own are of a single read, of which a slow server can give many
            self._counters.failures += 1
            raise _AgainError(f"Timeout: no reply within judge.timeout_seconds {seconds:g}") from None
        except httpx.TransportError as error:  # connection refused or broken, and every kind of timeout
            self._counters.failures += 1
            raise _AgainError(self._told(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._counters.failures += 1
            raise _RefusedError(self._told(error)) from error
        seconds = time.monotonic() - started
        status = response.status_code
        if status != httpx.codes.OK:
            self._counters.failures += 1
            said = f"HTTP {status}: {self._endpoint.hidden((data or b'').decode('utf-8', 'replace'))[:200]}"
            if may_pass(status):
                raise _AgainError(said, after=_asked_pause(response.headers.get("retry-after")))
            raise _RefusedError(said, status=status)
        self._counters.latency_seconds += seconds
        return self._parsed(data)

    def _told(self, error: Exception) -> str:
        return self._endpoint.hidden(f"{type(error).__name__}: {error}").rstrip(": ")

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


def may_pass(status: int) -> bool:
    """Whether a status that is no success means later rather than no."""
    broken = status >= httpx.codes.INTERNAL_SERVER_ERROR and status not in NEVER_PASS
    return status in MAY_PASS or broken


async def bounded(response: httpx.Response) -> bytes | None:
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
    return value if type(value) is int and 0 <= value <= MAX_COUNT else 0


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
    except (TypeError, ValueError, OverflowError, OSError):
        return None
