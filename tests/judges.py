"""Judges behind real HTTP servers on loopback, well-behaved and otherwise.

Run as `python tests/judges.py PORT BEHAVIOUR` for whole runs, whose processes are others.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qwenlong.backends.judge import EndpointJudge
from qwenlong.backends.judge_endpoint import Endpoint
from qwenlong.rewards import JudgeQuestion
from qwenlong.scoring import judge_reply, without_verdicts

Reply = Callable[[dict[str, Any]], Awaitable[Response]]


def always(make: Callable[[], Response]) -> Reply:
    async def reply(body: dict[str, Any]) -> Response:
        return make()

    return reply


def in_turn(*replies: Callable[[], Response]) -> Reply:
    """One after another; the last one stays."""
    left = list(replies)

    async def reply(body: dict[str, Any]) -> Response:
        return (left.pop(0) if len(left) > 1 else left[0])()

    return reply


def status(code: int, **headers: str) -> Callable[[], Response]:
    return lambda: JSONResponse({"error": f"status {code}"}, status_code=code, headers=headers)


def yes() -> Response:
    return said("The same.\n[[YES]]")


def no() -> Response:
    return said("[[NO]]")


def question(prediction: str, *answers: str, about: str = "What is the capital?") -> JudgeQuestion:
    return JudgeQuestion(question=about, prediction=prediction, answers=answers or ("Berlin",))


def judge(
    url: str, *, cache: Path | None = None, concurrency: int = 32, seconds: float | None = None, **how: Any
) -> EndpointJudge:
    how = {"model": "judge", "backoff_seconds": 0.01, "timeout_seconds": 10.0, **how}
    return EndpointJudge(
        Endpoint(base_url=url, **how),
        read=judge_reply,
        clean=without_verdicts,
        cache=cache,
        concurrency=concurrency,
        seconds=seconds,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def said(content: Any, *, finish: str = "stop", prompt_tokens: int = 100, completion_tokens: int = 5) -> Response:
    """A chat completion as OpenAI and vLLM write it."""
    return JSONResponse(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}],
            "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens},
        }
    )


def quoted(body: dict[str, Any], name: str) -> str:
    """What stands in a fence of the prompt."""
    text = body["messages"][-1]["content"]
    found = re.search(rf"^--- (\w+) begin {name}[^\n]*\n(.*?)\n--- \1 end {name}", text, re.MULTILINE | re.DOTALL)
    return found.group(2) if found else ""


def plain(text: str) -> str:
    return re.sub(r"[^\w-]+", " ", text.lower()).strip()


def compared(body: dict[str, Any]) -> bool:
    """Whether the candidate is a reference, case and punctuation aside: a simple, honest judge."""
    return plain(quoted(body, "answer C")) in [plain(line) for line in quoted(body, "answer R").splitlines()]


def choices(body: dict[str, Any]) -> list[str] | None:
    """The replies that the request allows."""
    allowed: list[str] | None = body.get("structured_outputs", {}).get("choice") or body.get("guided_choice")
    return allowed


async def honest(body: dict[str, Any]) -> Response:
    """Compares; gives reasons, unless it is held to a choice."""
    if not quoted(body, "answer R"):
        return said((choices(body) or ["The sea is wide."])[0])
    verdict = "[[YES]]" if compared(body) else "[[NO]]"
    return said(verdict if choices(body) else f"Reasons.\n{verdict}")


async def fooled(body: dict[str, Any]) -> Response:
    """Accepts everything."""
    return said("[[YES]]")


async def down(body: dict[str, Any]) -> Response:
    """Is there, and broken."""
    return JSONResponse({"error": "out of memory"}, status_code=500)


async def mixed(body: dict[str, Any]) -> Response:
    """By the candidate and the reference: yes, no, or nothing."""
    if not quoted(body, "answer R"):
        return said((choices(body) or ["The sea is wide."])[0])
    turn = sum(quoted(body, "answer C").encode() + quoted(body, "answer R").encode()) % 3
    return await down(body) if turn == 0 else said("[[YES]]" if turn == 1 else "[[NO]]")


async def choosy(body: dict[str, Any]) -> Response:
    """Knows three models: one accepts everything, one is honest, one can do neither; refuses others as vLLM does."""
    replies = {"weak": fooled, "strong": honest, "judge": down}
    if body["model"] not in replies:
        return JSONResponse({"error": {"message": f"The model {body['model']} does not exist."}}, status_code=404)
    return await replies[body["model"]](body)


async def silent(body: dict[str, Any]) -> Response:
    """Never answers."""
    await asyncio.sleep(600)
    return said("")


BEHAVIOURS: dict[str, Reply] = {
    "honest": honest,
    "fooled": fooled,
    "down": down,
    "mixed": mixed,
    "silent": silent,
    "choosy": choosy,
}


@dataclass
class Served:
    """A server that runs."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    busy: int = 0
    most: int = 0

    def asked(self) -> list[dict[str, Any]]:
        """Requests that quote something: not the one that finds out what the server can do."""
        return [body for body in self.requests if quoted(body, "answer R")]


def app(reply: Reply, served: Served, listed: Callable[[Request], Awaitable[Response]] | None = None) -> Starlette:
    async def chat(request: Request) -> Response:
        body = await request.json()
        served.requests.append(body)
        served.headers.append(dict(request.headers))
        served.busy += 1
        served.most = max(served.most, served.busy)
        try:
            return await reply(body)
        finally:
            served.busy -= 1

    async def models(request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "judge", "object": "model"}]})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", chat, methods=["POST"]),
            Route("/v1/models", listed or models, methods=["GET"]),
        ]
    )


@contextlib.contextmanager
def serving(reply: Reply, models: Callable[[Request], Awaitable[Response]] | None = None) -> Iterator[Served]:
    """A server in a thread, on a port of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        served = Served(url=f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
        server = uvicorn.Server(
            uvicorn.Config(
                app(reply, served, models), log_level="critical", lifespan="off", timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listening]),), daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the server never started"
            time.sleep(0.005)
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join(20)


@contextlib.contextmanager
def elsewhere(behaviour: str, *, port: int = 0) -> Iterator[str]:
    """The URL of a server in a process of its own."""
    port = port or free_port()
    with subprocess.Popen([sys.executable, __file__, str(port), behaviour]) as process:
        try:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert time.monotonic() < deadline, "the server never started"
                assert process.poll() is None
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def main() -> None:
    """Serve one behaviour until the process is ended."""
    port, behaviour = sys.argv[1:]
    uvicorn.run(
        app(BEHAVIOURS[behaviour], Served(url="")),
        host="127.0.0.1",
        port=int(port),
        log_level="error",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
