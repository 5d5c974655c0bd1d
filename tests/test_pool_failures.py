"""What a pool does when its servers answer wrongly, late, or not at all."""

from __future__ import annotations

from asyncio import sleep  # the real one; where a server is waited for, tests lose no time
from pathlib import Path
from typing import Any

import httpx
import pytest

from qwenlong.backends import vllm_http
from qwenlong.backends.vllm_http import PoolError
from seeming import SAMPLING, WEIGHTS, Seeming, asked, dead, only, pool_of, two

__all__ = ["two"]
GENERATE = "/inference/v1/generate"


def answering(**changes: Any) -> httpx.Response:
    """Two samples, wrong in something."""
    choices = [Seeming().choice(i) | changes for i in range(2)]
    for one in choices:
        one["weight_versions"] = changes.get("weight_versions", [{"version": "1", "start": 0, "end": 2}])
    return httpx.Response(200, json={"choices": choices})


def two_log_probs(*values: float | None) -> dict[str, Any]:
    return {"content": [{"logprob": value} for value in values]}


WRONG = {
    "html": (httpx.Response(200, text="<html>proxy</html>"), "no completion .JSONDecodeError.*proxy"),
    "empty": (httpx.Response(200, json={}), "no completion .KeyError: 'choices'"),
    "list": (httpx.Response(200, json=[1]), "no completion .TypeError"),
    "refused": (httpx.Response(400, text="too long"), "answered with 400: too long"),
    "no route": (httpx.Response(404, text="Not Found"), "answered with 404"),
    "no log-prob": (answering(logprobs=two_log_probs(-1.0, None)), "no completion .TypeError"),
    "no log-probs": (answering(logprobs=None), "no completion .TypeError"),
    "one log-prob": (answering(logprobs=two_log_probs(-1.0)), "2 tokens came with 1 log-probs"),
    "no numbers": (httpx.Response(200, text=answering().text.replace("-0.25", "Infinity")), "log-probs are no numbers"),
    "words": (answering(token_ids=["a", "b"]), "'a' is no token id"),
    "one kept": (answering(sampling_mask=[[5]]), "kept tokens 1"),
    "unfinished": (answering(finish_reason="abort"), "unfinished: 'abort'"),
    "same index": (answering(index=0), r"answered the samples \[0, 0\], but was asked for 2"),
    "no version": (answering(weight_versions=None), "does not tell which weights .* pip install 'vllm>=0.32"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_a_wrong_answer_costs_its_server_and_not_the_run(
    two: list[Seeming], tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer, reason = WRONG[name]
    pool = pool_of(two, tmp_path)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    two[0].trouble = only(GENERATE, lambda path: answer)
    assert len(list(pool.generate(asked(6), SAMPLING))) == 12
    counts = pool.counts()
    assert (counts.servers_lost, counts.requests_moved) == (1, 3)
    [said] = [record.getMessage() for record in caplog.records if "given up" in record.getMessage()]
    assert "http://10.0.0.0:8000 is given up" in said
    two[1].trouble = two[0].trouble
    with pytest.raises(PoolError, match=f"no rollout server is left.*10.0.0.0.*{reason}.*10.0.0.1.*{reason}"):
        list(pool.generate(asked(1), SAMPLING))


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_with_too_much_to_do_is_asked_again(two: list[Seeming], tmp_path: Path, status: int) -> None:
    pool = pool_of(two[:1], tmp_path)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    left = [httpx.Response(status)] * 4  # more often than a failure is forgiven
    two[0].trouble = only(GENERATE, lambda path: left.pop() if left else None)
    assert len(list(pool.generate(asked(1), SAMPLING))) == 2
    assert pool.counts().servers_lost == 0
    two[0].trouble = only(GENERATE, lambda path: httpx.Response(status, text="busy"))
    with pytest.raises(PoolError, match=f"answered with {status}: busy"):  # pauses of 20 seconds in all
        list(pool.generate(asked(1), SAMPLING))


def test_a_server_whose_engine_died_is_not_taken_for_a_busy_one(two: list[Seeming], tmp_path: Path) -> None:
    pool = pool_of(two, tmp_path)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    two[0].trouble = lambda path: httpx.Response(503)
    assert len(list(pool.generate(asked(2), SAMPLING))) == 4
    assert (two[0].calls.count(GENERATE), pool.counts().servers_lost) == (1, 1)


async def slowly(path: str) -> None:
    if path == GENERATE:
        await sleep(0.3)


def test_an_overloaded_server_that_lives_is_waited_for(
    two: list[Seeming], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm_http, "HEALTH_SECONDS", 0.05)
    pool = pool_of(two, tmp_path)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    for one in two:
        one.wait = slowly
    assert len(list(pool.generate(asked(6), SAMPLING))) == 12
    assert pool.counts().servers_lost == 0
    assert two[0].calls.count(GENERATE) == 3, "a request is not sent twice"
    # One that hangs does not say that it lives.
    two[0].trouble = only("/health", dead)
    assert len(list(pool.generate(asked(6), SAMPLING))) == 12
    assert (pool.counts().servers_lost, two[1].calls.count(GENERATE)) == (1, 3 + 6)


def test_not_even_one_that_lives_is_waited_for_longer_than_the_ranks_are(
    two: list[Seeming], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm_http, "HEALTH_SECONDS", 0.05)
    pool = pool_of(two[:1], tmp_path, longest_seconds=0.1)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    two[0].wait = slowly
    with pytest.raises(PoolError, match=r"took longer than 0\.1 s, although it lives"):
        list(pool.generate(asked(1), SAMPLING))


def test_a_server_has_a_bounded_number_of_requests_under_way(two: list[Seeming], tmp_path: Path) -> None:
    pool = pool_of(two, tmp_path, requests_per_server=3)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    under_way, most = 0, 0

    async def counted(path: str) -> None:
        nonlocal under_way, most
        if path == GENERATE:
            under_way += 1
            most = max(most, under_way)
            await sleep(0.01)
            under_way -= 1

    for one in two:
        one.wait = counted
    assert len(list(pool.generate(asked(20), SAMPLING))) == 40
    assert most == 6
    two[0].trouble = dead
    most = 0
    assert len(list(pool.generate(asked(20), SAMPLING))) == 40
    assert most <= 6
    assert len(list(pool.generate(asked(20), SAMPLING))) == 40
