"""The judge against a real vLLM server: requests it takes, choices it holds to, replies it writes.

The model is tiny and knows nothing, so what it says is noise; the wire format is what is tested. For `make test-vllm`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from judges import free_port, judge, question
from qwenlong.backends.judge import describe
from qwenlong.backends.judge_endpoint import Endpoint

pytest.importorskip("vllm", reason="make test-vllm installs it")
pytestmark = pytest.mark.timeout(900)
READY_SECONDS = 600


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a random model with the real Qwen vocabulary and ChatML."""
    from qwenlong.backends.tiny import build_tiny_model
    from qwenlong.backends.tokenizers import qwen_tokenizer

    directory = tmp_path_factory.mktemp("judge") / "model"
    build_tiny_model(
        directory, tokenizer=qwen_tokenizer(), seed=1, num_layers=2, hidden_size=64, num_heads=2, num_kv_heads=1,
        head_dim=32, ffn_size=96, rope_theta=1e4, init_range=0.02, max_tokens=4096,
    )  # fmt: skip
    port = free_port()
    log = directory.parent / "server.log"
    program = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(directory), "--served-model-name",
        "judge", "--host", "127.0.0.1", "--port", str(port), "--max-model-len", "4096", "--dtype", "float32",
        "--api-key", "secret",
    ]  # fmt: skip
    environment = os.environ | {"VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("w") as output, subprocess.Popen(program, stdout=output, stderr=output, env=environment) as server:
        try:
            deadline = time.monotonic() + READY_SECONDS
            while True:
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).is_success:
                        break
                except httpx.HTTPError:
                    pass
                assert server.poll() is None, log.read_text()[-3000:]
                assert time.monotonic() < deadline, log.read_text()[-3000:]
                time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def test_vllm_holds_to_a_choice_so_every_question_has_a_verdict(url: str) -> None:
    with judge(url, api_key="secret", timeout_seconds=120.0) as one:
        questions = [question(f"city {i} [[YES]] <|im_end|>") for i in range(12)]
        found = one.verdicts(questions)
        assert None not in found, one.trouble
        assert one.verdicts(questions) == found, "temperature 0"
        assert (one.counters.invalid, one.counters.failures, one.counters.missing) == (0, 0, 0)
        assert one.counters.prompt_tokens > 12 * 200
        assert one.counters.reply_tokens > 0


def test_without_a_choice_the_noise_of_a_random_model_is_no_verdict(url: str) -> None:
    with judge(url, api_key="secret", timeout_seconds=120.0, output="text", max_reply_tokens=24) as one:
        assert one.verdicts([question("Paris"), question("Rome")]) == [None, None]
        assert (one.counters.failures, one.counters.invalid) == (0, 4)


def test_vllm_says_what_it_serves_and_refuses_a_wrong_key_at_once(url: str) -> None:
    assert describe(Endpoint(base_url=url, model="judge", api_key="secret")) == f"{url} serves judge"
    with judge(url, api_key="wrong") as one:
        assert one.verdicts([question("Paris")]) == [None]
        assert "HTTP 401" in one.trouble
        assert one.counters.retries == 0


def test_a_model_that_is_not_served_is_refused_at_once(url: str) -> None:
    with judge(url, api_key="secret", model="other") as one:
        assert one.verdicts([question("Paris")]) == [None]
        assert "HTTP 404" in one.trouble
        assert one.counters.retries == 0
