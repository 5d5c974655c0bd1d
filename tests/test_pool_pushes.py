"""What a pool does when a push goes wrong somewhere, and what a push must hold."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes import Alone
from policies import tiny_model
from qwenlong.backends.vllm_http import PoolError
from qwenlong.backends.vllm_server import VLLMServerPool
from qwenlong.backends.vllm_transfer import NCCLTransfer, names_of
from seeming import ALONE, SAMPLING, WEIGHTS, Seeming, asked, broken, dead, only, pool_of, served, two

__all__ = ["two"]


def test_a_server_that_does_not_empty_its_cache_is_not_asked(two: list[Seeming], tmp_path: Path) -> None:
    pool = pool_of(two, tmp_path)
    two[0].trouble = only("/reset_prefix_cache", lambda path: httpx.Response(200, json={"success": False}))
    pool.load_weights(iter(WEIGHTS.items()), 1)
    assert [server.alive for server in pool._servers.all] == [False, True]
    assert "did not empty its prefix cache" in pool._servers.all[0].why
    assert two[0].version == "start"
    assert two[0].calls.count("/reset_prefix_cache") == 3


def test_over_nccl_a_server_that_does_not_empty_its_cache_is_not_asked(
    two: list[Seeming], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qwenlong.backends.vllm_transfer._own_address", lambda servers: "10.0.0.9")
    servers, group = served(two), type("Group", (), {"broadcast": lambda *_, **__: None, "destroy": lambda _: None})
    transfer = NCCLTransfer(servers, lambda **how: group())
    pool = VLLMServerPool(servers, world=ALONE, transfer=transfer, end_ids=[1])
    two[0].trouble = only("/reset_prefix_cache", lambda path: httpx.Response(200, json={"success": False}))
    pool.load_weights(iter(WEIGHTS.items()), 1)
    assert [server.alive for server in servers.all] == [False, True]


def test_a_push_that_leaves_a_tensor_out_is_refused_before_a_server_hears_of_it(
    two: list[Seeming], tmp_path: Path
) -> None:
    pool = pool_of(two, tmp_path / "w", names=["a", "b", "c", "d", "lm_head.weight"])
    with pytest.raises(ValueError, match=r"left out of the push: lm_head\.weight"):
        pool.load_weights(iter(WEIGHTS.items()), 1)
    assert two[0].orders() == []
    pool = pool_of(two, tmp_path / "v")
    pool.load_weights(iter(WEIGHTS.items()), 1)
    with pytest.raises(ValueError, match="left out of the push: b"):
        pool.load_weights([pair for pair in WEIGHTS.items() if pair[0] != "b"], 2)
    assert two[0].version == "1"


def test_the_names_of_a_push_are_the_models_a_tied_head_included(tmp_path: Path) -> None:
    from safetensors import safe_open

    model = tiny_model(tmp_path / "model")
    with safe_open(model / "model.safetensors", framework="pt") as file:
        written = set(file.keys())
    assert names_of(model) == written | {"lm_head.weight"}
    assert "model.layers.0.self_attn.k_proj.weight" in written


def test_a_model_that_may_be_half_replaced_is_said_to_need_a_restart(two: list[Seeming], tmp_path: Path) -> None:
    pool = pool_of(two[:1], tmp_path)
    two[0].trouble = only("/collective_rpc", lambda path: httpx.Response(500, text="shape"))
    with pytest.raises(PoolError, match=r"500: shape.* half replaced now: start this server again"):
        pool.load_weights(iter(WEIGHTS.items()), 1)
    assert two[0].calls.count("/collective_rpc") == 1


def test_a_server_that_keeps_failing_is_lost_once_and_sits_out_ever_more_pushes(
    two: list[Seeming], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    pool = pool_of(two, tmp_path)
    pool.load_weights(iter(WEIGHTS.items()), 0)

    def silent(path: str) -> httpx.Response:
        raise httpx.ReadTimeout("30 s")

    two[0].trouble = silent
    lost, tried = [], []
    for version in range(1, 20):
        before = len(two[0].calls)
        pool.load_weights(iter(WEIGHTS.items()), version)
        tried.append(version) if len(two[0].calls) > before else None
        lost.append(pool.counts().servers_lost)
    assert tried == [1, 3, 7, 15]
    assert sum(count or 0 for count in lost) == 1
    assert [r.getMessage() for r in caplog.records] == [
        "rollout server http://10.0.0.0:8000 is given up: ReadTimeout: 30 s"
    ]
    two[0].trouble = lambda path: None
    for version in range(20, 32):
        pool.load_weights(iter(WEIGHTS.items()), version)
    assert [server.alive for server in pool._servers.all] == [True, True]
    assert caplog.records[-1].getMessage() == "rollout server http://10.0.0.0:8000 is back"


def test_one_where_nothing_listens_is_tried_at_every_push(two: list[Seeming], tmp_path: Path) -> None:
    pool = pool_of(two, tmp_path)
    two[0].trouble = dead
    for version in (1, 2, 3):
        pool.load_weights(iter(WEIGHTS.items()), version)
    two[0].trouble = lambda path: None
    pool.load_weights(iter(WEIGHTS.items()), 4)
    assert two[0].version == "4"


def test_control_calls_end_in_seconds_and_a_load_in_the_time_it_is_given(two: list[Seeming], tmp_path: Path) -> None:
    pool = pool_of(two[:1], tmp_path, load_seconds=600)
    given: dict[str, dict[str, float]] = {}
    client = pool._servers._client

    def noted(method: str, url: str, **how: Any) -> httpx.Response:
        given[httpx.URL(url).path] = how["timeout"].as_dict()
        return real(method, url, **how)

    real, client.request = client.request, noted  # type: ignore[method-assign, assignment]
    pool.load_weights(iter(WEIGHTS.items()), 1)
    assert given.pop("/collective_rpc") == {"connect": 5.0, "read": 600, "write": 600, "pool": 600}
    assert {timeout["read"] for timeout in given.values()} == {30.0}
    assert {timeout["connect"] for timeout in given.values()} == {5.0}
    assert {"/health", "/pause", "/reset_prefix_cache", "/metrics"} <= given.keys()


def test_a_server_that_knows_no_versions_of_weights_is_named_with_what_it_needs(
    two: list[Seeming], tmp_path: Path
) -> None:
    missing = httpx.Response(404, text="Not Found")
    two[0].trouble = lambda path: {
        "/weight_info": missing, "/version": httpx.Response(200, json={"version": "0.29.1"})
    }.get(path)  # fmt: skip
    pool = pool_of(two, tmp_path)
    assert [server.alive for server in pool._servers.all] == [False, True]
    with pytest.raises(PoolError) as caught:
        pool_of(two[:1], tmp_path)
    said = str(caught.value)
    assert "http://10.0.0.0:8000/weight_info answered with 404" in said
    assert "pip install 'vllm>=0.32,<0.34'" in said
    assert "VLLM_SERVER_DEV_MODE=1" in said
    assert "it has vLLM 0.29.1" in said


def test_a_loss_that_several_ranks_see_counts_once_and_every_rank_knows_why(two: list[Seeming], tmp_path: Path) -> None:
    first = pool_of(two, tmp_path, world=Alone(size=2, others=(lambda value: value,)))
    first.load_weights(iter(WEIGHTS.items()), 1)
    first.counts()
    two[0].trouble = broken
    list(first.generate(asked(4), SAMPLING))
    assert first.counts().servers_lost == 1
    reasons = first._push(WEIGHTS.items(), 2)

    class Second(Alone):
        def agree(self, work: Callable[[], Any]) -> list[Any]:
            work()
            return [reasons]

    two[0].trouble = lambda path: None
    second = pool_of(two, tmp_path, world=Second(rank=1, size=2))
    second.load_weights(iter(WEIGHTS.items()), 2)
    assert [server.alive for server in second._servers.all] == [False, True]
    two[1].trouble = broken
    with pytest.raises(
        PoolError, match=r"10.0.0.0:8000: ServerError: \S+ answered with 500: out of memory; .*10.0.0.1"
    ):
        list(second.generate(asked(1), SAMPLING))
    assert second.counts().servers_lost == 0, "rank 0 tells what all have lost"


def test_nothing_is_left_of_the_weights_that_were_handed_over(two: list[Seeming], tmp_path: Path) -> None:
    for name, others in (("own", ()), ("shared", ("notes.txt",))):
        pool = pool_of(two, tmp_path / name)
        pool.load_weights(iter(WEIGHTS.items()), 1)
        for other in others:
            (tmp_path / name / other).write_text("", "utf-8")
        pool.close()
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == ["shared", "shared/notes.txt"]
