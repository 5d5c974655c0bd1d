"""Whether a judge answers at all: asked once, in a dry run and at the start of a run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from qwenlong.backends.judge_client import ABOUT_ONE_QUESTION, CHOICE_TOKENS, bounded, may_pass
from qwenlong.backends.judge_endpoint import Counters, Endpoint

SECONDS = 5.0
"""Longest wait for an answer; nothing depends on it but a line for people."""


def describe(endpoint: Endpoint, *, seconds: float = SECONDS) -> str:
    """Whether the endpoint answers, and whether it serves the model, in a line for people."""
    return endpoint.hidden(_waited(_described(endpoint, seconds)))


def check(endpoint: Endpoint, counters: Counters, *, seconds: float = SECONDS) -> str:
    """What is doubtful about an endpoint, in a line for people; empty where it answers. Sends one short request.

    A server that is away or busy may only be starting, so that is no more than doubtful.

    Raises:
        ValueError: it refuses for good: a wrong address, key or model.
    """
    doubt, refused = _waited(_checked(endpoint, counters, seconds))
    if refused:
        raise ValueError(endpoint.hidden(
            f'the judge refuses to answer ({doubt}): correct judge.base_url "{endpoint.base_url}", judge.model '
            f'"{endpoint.model}" or the key that judge.api_key_env names; {_waited(_described(endpoint, seconds))}'
        ))  # fmt: skip
    if not doubt:
        return ""
    return endpoint.hidden(f"the judge at {endpoint.base_url} does not answer now ({doubt}); it is asked when needed")


async def _checked(endpoint: Endpoint, counters: Counters, seconds: float) -> tuple[str, bool]:
    """What is wrong, and whether for good."""
    counters.calls += 1
    chat = [{"role": "user", "content": "Reply with [[NO]]."}]
    body = {"model": endpoint.model, "messages": chat, "temperature": 0, "max_tokens": CHOICE_TOKENS}
    try:
        status, data = await _said(endpoint, "POST", "/chat/completions", seconds, json=body)
    except (TimeoutError, httpx.TransportError) as error:
        counters.failures += 1
        return _told(error, seconds), False
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        counters.failures += 1
        return _told(error, seconds), True
    if status == httpx.codes.OK:
        return "", False
    counters.failures += 1
    said = f"HTTP {status}: {endpoint.hidden((data or b'').decode('utf-8', 'replace'))[:200]}"
    if status in ABOUT_ONE_QUESTION:  # some servers say so of a model that they do not know
        return said, endpoint.model not in (await _served(endpoint, seconds) or [endpoint.model])
    return said, not may_pass(status)


async def _described(endpoint: Endpoint, seconds: float) -> str:
    where = endpoint.base_url
    try:
        status, data = await _said(endpoint, "GET", "/models", seconds)
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{where} cannot be reached now ({_told(error, seconds)})"
    if status != httpx.codes.OK:
        return f"{where} answers with HTTP {status}"
    names = _names(data)
    if names is None:
        return f"{where} answers, but does not list its models"
    if endpoint.model in names:
        return f"{where} serves {endpoint.model}"
    return f"{where} serves {', '.join(names) or 'nothing'}, not judge.model {endpoint.model}"


async def _served(endpoint: Endpoint, seconds: float) -> list[str] | None:
    """The models that a server lists, where it does."""
    try:
        _, data = await _said(endpoint, "GET", "/models", seconds)
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
        return None
    return _names(data)


def _names(data: bytes | None) -> list[str] | None:
    try:
        return [str(entry["id"]) for entry in json.loads(data or b"")["data"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


async def _said(endpoint: Endpoint, method: str, path: str, seconds: float, **body: Any) -> tuple[int, bytes | None]:
    """Status and body, all of it within `seconds`: httpx's own timeout is of a single read."""
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(headers=endpoint.headers, timeout=seconds) as client,
        client.stream(method, endpoint.base_url + path, **body) as response,
    ):
        return response.status_code, await bounded(response)


def _told(error: Exception, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"Timeout: no whole reply within {seconds:g} s"
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _waited(work: Coroutine[Any, Any, Any]) -> Any:
    """Its result, by a loop of its own: the caller may be inside of one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
