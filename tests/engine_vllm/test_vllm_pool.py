"""A pool of two vLLM servers on loopback: nothing is lost when one of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from policies import alone
from qwenlong.backends.vllm_server import PoolError, VLLMServerPool
from qwenlong.records import Request, Sampling, StaleWeightsError
from runs import EARNED, command, environment, metrics, run, steps
from test_ranks import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
SERVE = (
    "--dtype", "float32", "--skip-tokenizer-init", "--enable-scale-out", "--logprobs-mode", "processed_logprobs",
    "--enforce-eager", "--block-size", "32", "--kv-cache-memory-bytes", str(2**28), "--max-model-len", "320",
    "--host", "127.0.0.1", "--no-enable-chunked-prefill", "--max-num-batched-tokens", "2048",
)  # fmt: skip


class Server:
    """A server process that can be killed and started again at the same address."""

    def __init__(self, model: Path) -> None:
        self.model, self.port = model, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = model.parent / f"server-{self.port}.log"
        self.start()

    def start(self) -> None:
        program = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(self.model), *SERVE]
        with self.log.open("w") as file:
            self.process = subprocess.Popen(
                [*program, "--port", str(self.port)], start_new_session=True, stdout=file, stderr=subprocess.STDOUT,
                env=environment(VLLM_SERVER_DEV_MODE="1", VLLM_NO_USAGE_STATS="1", VLLM_LOGGING_LEVEL="ERROR"),
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

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("warm") / "run"
    run("smoke", directory, "--run.stages", '["sft"]', "--sft.max_steps", "2")
    return directory / "model"


@pytest.fixture(scope="module")
def servers(model: Path) -> Iterator[list[Server]]:
    started = [Server(model), Server(model)]
    try:
        for server in started:
            server.wait()
        yield started
    finally:
        for server in started:
            server.kill()


def pool_of(servers: list[Server], weights_path: Path, **options: Any) -> VLLMServerPool:
    urls = [server.url for server in servers]
    return VLLMServerPool(urls, world=alone(), weights_path=weights_path, end_ids=[1], timeout_seconds=120, **options)


def requests(count: int, n: int) -> list[Request]:
    draw = np.random.default_rng(0)
    return [
        Request(id=str(i), token_ids=draw.integers(2, 60, size=40).astype(np.int32), n=n, seed=1000 * i)
        for i in range(count)
    ]


def changed(model: Path) -> Any:
    """The model with other weights than the servers started with."""
    other = AutoModelForCausalLM.from_pretrained(model)
    generator = torch.Generator().manual_seed(5)
    for parameter in other.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    return other


def test_pushed_weights_answer_and_a_killed_server_loses_nothing(
    servers: list[Server], model: Path, tmp_path: Path
) -> None:
    other, sampling = changed(model), Sampling(temperature=0.7, max_tokens=120)
    with closing(pool_of(servers, tmp_path)) as pool:
        survive(pool, servers, other, sampling, tmp_path)


def survive(pool: VLLMServerPool, servers: list[Server], other: Any, sampling: Sampling, tmp_path: Path) -> None:
    with pytest.raises(StaleWeightsError, match="push"):
        list(pool.generate(requests(1, 1), sampling))
    pool.load_weights(other.state_dict().items(), 7)
    asked = requests(24, 8)
    whole = {(c.request_id, c.sample): c for c in pool.generate(asked, sampling)}
    assert len(whole) == 24 * 8
    assert {c.weight_version for c in whole.values()} == {7}
    for one in list(whole.values())[:12]:
        prompt = asked[int(one.request_id)].token_ids
        ids = torch.from_numpy(np.concatenate([prompt, one.token_ids]).astype(np.int64))
        with torch.no_grad():
            log_p = torch.log_softmax(other(ids[None]).logits[0, len(prompt) - 1 : -1] / 0.7, -1)
        np.testing.assert_allclose(one.logprobs, log_p.numpy()[np.arange(len(one.token_ids)), one.token_ids], atol=2e-4)
    assert pool.counts().servers_lost == 0
    threading.Timer(0.5, servers[0].kill).start()
    again = {(c.request_id, c.sample): c for c in pool.generate(asked, sampling)}
    servers[0].process.wait(timeout=60)
    counts = pool.counts()
    assert counts.servers_lost == 1
    assert counts.requests_moved is not None
    assert counts.requests_moved > 0, "the server was killed in the middle of its requests"
    assert again.keys() == whole.keys()
    for key, one in again.items():
        assert one.token_ids.tolist() == whole[key].token_ids.tolist()
    # Started again it has its old weights: stale until a push, which takes it back.
    servers[0].start()
    servers[0].wait()
    with closing(pool_of(servers[:1], tmp_path / "other")) as stale:
        stale.version, stale._pushed = 7, True
        with pytest.raises(PoolError, match="written by weights -1, the policy has 7"):
            list(stale.generate(asked[:1], sampling))
    pool.load_weights(other.state_dict().items(), 8)
    assert [server.alive for server in pool._servers] == [True, True]
    assert [path.name for path in tmp_path.glob("0*")] == ["00000008"]


def test_a_run_goes_on_when_a_server_is_killed(servers: list[Server], model: Path, tmp_path: Path) -> None:
    directory = tmp_path / "run"
    urls = str([server.url for server in servers]).replace("'", '"')
    flags = (
        *EARNED, "--rollouts.engine", "vllm-server", "--rollouts.servers", urls, "--model.path", str(model),
        "--run.stages", '["rl"]', "--rollouts.prompts_per_step", "16",
    )  # fmt: skip
    process = subprocess.Popen(
        command("smoke", directory, *flags), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=environment(),
    )  # fmt: skip
    while steps(directory, "rl") < 2:
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        time.sleep(0.01)
    servers[1].kill()
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said[-3000:]
    rows = [row for row in metrics(directory) if row["stage"] == "rl"]
    assert len(rows) == 8
    assert sum(row["servers_lost"] for row in rows) >= 1
    assert all(row["mismatch"] < 1e-4 for row in rows)
    assert f"rollout server {servers[1].url} is given up" in said
