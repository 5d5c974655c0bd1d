"""vLLM servers on loopback, started with what the package ships, and pools of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import torch
from transformers import AutoModelForCausalLM

from policies import alone
from qwenlong.backends.vllm_http import Servers
from qwenlong.backends.vllm_server import Transfer, VLLMServerPool
from qwenlong.backends.vllm_transfer import PathTransfer
from qwenlong.records import Completion, Request, Sampling
from runs import environment
from test_ranks import free_port


class Server:
    """A server process that can be killed and started again at the same address."""

    def __init__(self, model: Path, *, flags: Sequence[str] = (), more: Sequence[str] = (), **variables: str) -> None:
        """`flags` are the recipe's, `more` vLLM's."""
        self.model, self.port = model, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = model.parent / f"server-{self.port}.log"
        self._command = [
            sys.executable, "-m", "qwenlong.cli.serving", "smoke", *of_pool([self.url], model), *flags,
            "--", "--port", str(self.port), *more,
        ]  # fmt: skip
        self._variables = {"VLLM_LOGGING_LEVEL": "ERROR", **variables}
        self.start()

    def start(self) -> None:
        with self.log.open("w") as file:
            self.process = subprocess.Popen(
                self._command, start_new_session=True, stdout=file, stderr=subprocess.STDOUT,
                env=environment(**self._variables),
            )  # fmt: skip

    def wait(self) -> None:
        deadline = time.monotonic() + 400
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text("utf-8")[-3000:]
            try:
                if httpx.get(self.url + "/health", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.5)
        raise AssertionError("the server was never ready")

    def working(self) -> bool:
        """Whether requests are under way there."""
        page = httpx.get(self.url + "/metrics", timeout=30).text.splitlines()
        return any(line.startswith("vllm:num_requests_running{") and not line.endswith(" 0.0") for line in page)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def back(self) -> None:
        """Start it again where it was killed."""
        if self.process.poll() is not None:
            self.start()
            self.wait()


@contextmanager
def started(*servers: Server) -> Iterator[list[Server]]:
    """Ready servers, killed at the end."""
    try:
        for server in servers:
            server.wait()
        yield list(servers)
    finally:
        for server in servers:
            server.kill()


def of_pool(urls: Sequence[str], model: Path) -> tuple[str, ...]:
    """Flags of a recipe whose rollouts come from a pool."""
    return (
        "--rollouts.engine", "vllm-server", "--rollouts.servers", json.dumps(list(urls)), "--model.path", str(model),
    )  # fmt: skip


def pool_of(servers: Sequence[Server], weights_path: Path, **options: Any) -> VLLMServerPool:
    """All of them, with weights through a directory."""
    found = Servers([server.url for server in servers], load_seconds=120, longest_seconds=120)
    return pool_by(PathTransfer(found, weights_path), found, **options)


def pool_by(transfer: Transfer, servers: Servers, **options: Any) -> VLLMServerPool:
    return VLLMServerPool(servers, world=alone(), transfer=transfer, end_ids=[1], **options)


def requests(count: int, n: int) -> list[Request]:
    draw = np.random.default_rng(0)
    return [
        Request(id=str(i), token_ids=draw.integers(2, 60, size=40).astype(np.int32), n=n, seed=1000 * i)
        for i in range(count)
    ]


def changed(model: Path, seed: int = 5) -> Any:
    """The model with other weights than the servers started with."""
    other = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    for parameter in other.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    return other


def worst(model: Any, asked: Sequence[Request], found: Sequence[Completion], sampling: Sampling) -> float:
    """The largest difference of what was said about sampled tokens and what the model says."""
    differences = []
    for one in found:
        prompt = asked[int(one.request_id)].token_ids
        ids = torch.from_numpy(np.concatenate([prompt, one.token_ids]).astype(np.int64))
        with torch.no_grad():
            log_p = torch.log_softmax(model(ids[None]).logits[0, len(prompt) - 1 : -1] / sampling.temperature, -1)
        told = log_p.numpy()[np.arange(len(one.token_ids)), one.token_ids]
        differences.append(float(np.abs(told - one.logprobs).max()))
    return max(differences)
