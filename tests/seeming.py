"""Servers that only seem to be vLLM's, and pools of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import torch

from fakes import Alone
from qwenlong.backends.vllm_http import Servers
from qwenlong.backends.vllm_server import VLLMServerPool
from qwenlong.backends.vllm_transfer import PathTransfer
from qwenlong.records import Request, Sampling

WEIGHTS = {name: torch.full((2, 3), float(i)) for i, name in enumerate("abcd")}
SAMPLING = Sampling(max_tokens=4)
ALONE: Any = Alone()


class Seeming:
    """Answers as a vLLM server does; `trouble` may answer, or raise, in its place, `wait` take its time before."""

    def __init__(self, workers: int = 1) -> None:
        self.workers, self.version = workers, "start"
        self.calls: list[str] = []
        self.bodies: dict[str, list[Any]] = {}
        self.queries = 0.0
        self.kept: list[list[int]] | None = None
        self.trouble: Callable[[str], httpx.Response | None] = lambda path: None
        self.wait: Callable[[str], Awaitable[None]] | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        body = json.loads(request.content) if request.content else {}
        self.calls.append(path)
        self.bodies.setdefault(path, []).append(body)
        if (wrong := self.trouble(path)) is not None:
            return wrong
        match path:
            case "/update_weight_version":
                self.version = body["new_version"]
            case "/finish_weight_update":
                self.version = body["weight_version"]
            case "/weight_info":
                return httpx.Response(200, json={"weight_version": self.version})
            case "/reset_prefix_cache":
                return httpx.Response(200, json={"success": True})
            case "/get_world_size":
                return httpx.Response(200, json={"world_size": self.workers})
            case "/metrics":
                lines = [
                    f'vllm:{name}_total{{engine="0"}} {self.queries}'
                    for name in ("prefix_cache_queries", "prefix_cache_hits")
                ]
                return httpx.Response(200, text="\n".join(lines))
            case "/inference/v1/generate":
                self.queries += len(body["token_ids"])
                return httpx.Response(
                    200, json={"choices": [self.choice(i) for i in range(body["sampling_params"]["n"])]}
                )
        return httpx.Response(200, json={})

    async def answer_late(self, request: httpx.Request) -> httpx.Response:
        if self.wait is not None:
            await self.wait(request.url.path)
        return self.answer(request)

    def orders(self) -> list[str]:
        """What it was told to do."""
        return [path for path in self.calls if path not in ("/health", "/metrics", "/weight_info")]

    def choice(self, index: int) -> dict[str, Any]:
        return {
            "index": index, "token_ids": [5, 6], "finish_reason": "stop",
            "logprobs": {"content": [{"logprob": -0.5}, {"logprob": -0.25}]},
            "weight_versions": [{"version": self.version, "start": 0, "end": 2}], "sampling_mask": self.kept,
        }  # fmt: skip


def dead(path: str) -> httpx.Response:
    raise httpx.ConnectError("refused")


def broken(path: str) -> httpx.Response:
    return httpx.Response(500, text="out of memory")


def only(path: str, trouble: Callable[[str], httpx.Response | None]) -> Callable[[str], httpx.Response | None]:
    return lambda asked_for: trouble(asked_for) if asked_for == path else None


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> list[Seeming]:
    """Two servers, one of two workers, at which no time is lost."""
    sleep = asyncio.sleep
    monkeypatch.setattr("qwenlong.backends.vllm_http.time.sleep", lambda seconds: None)
    monkeypatch.setattr("qwenlong.backends.vllm_http.asyncio.sleep", lambda seconds: sleep(0))
    return [Seeming(workers=2), Seeming()]


def served(two: list[Seeming], **options: Any) -> Servers:
    servers = Servers(
        [f"http://10.0.0.{i}:8000/" for i in range(len(two))], **{"load_seconds": 5, "longest_seconds": 20} | options
    )
    by_host = {f"10.0.0.{i}": one for i, one in enumerate(two)}

    async def late(asked: httpx.Request) -> httpx.Response:
        return await by_host[asked.url.host].answer_late(asked)

    servers._client = httpx.Client(transport=httpx.MockTransport(lambda asked: by_host[asked.url.host].answer(asked)))
    servers.connections = lambda: httpx.AsyncClient(transport=httpx.MockTransport(late))  # type: ignore[method-assign]
    return servers


def pool_of(two: list[Seeming], path: Path, *, world: Any = ALONE, **options: Any) -> VLLMServerPool:
    """With weights through a directory; options are those of the servers or of the pool."""
    of_servers = {"load_seconds", "longest_seconds", "requests_per_server"} & options.keys()
    servers = served(two, **{name: options.pop(name) for name in of_servers})
    return VLLMServerPool(servers, world=world, transfer=PathTransfer(servers, path), end_ids=[1], **options)


def asked(count: int) -> list[Request]:
    return [Request(id=str(i), token_ids=np.arange(10, dtype=np.int32), n=2, seed=i) for i in range(count)]
