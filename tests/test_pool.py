"""A pool of servers that only seem to be vLLM's: who is asked what, in which order, and what is done when one fails.

The real ones are in `tests/engine_vllm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from safetensors.torch import load_file

from fakes import Alone
from qwenlong.backends import vllm_transfer
from qwenlong.backends.vllm_http import PoolError
from qwenlong.backends.vllm_server import VLLMServerPool
from qwenlong.backends.vllm_support import WIDEST
from qwenlong.backends.vllm_transfer import NCCLTransfer
from qwenlong.enginecounts import engine_metrics
from seeming import ALONE, SAMPLING, WEIGHTS, Seeming, asked, broken, dead, pool_of, served, two

__all__ = ["two"]


def test_weights_are_written_read_and_named_and_the_old_ones_go(two: list[Seeming], tmp_path: Path) -> None:
    pool = pool_of(two, tmp_path)
    for version in (3, 4):
        pool.load_weights(iter(WEIGHTS.items()), version)
    order = ["/pause", "/collective_rpc", "/reset_prefix_cache", "/update_weight_version", "/resume"]
    for one in two:
        assert one.orders() == order * 2
        assert one.version == "4"
        assert one.bodies["/collective_rpc"][1]["kwargs"]["weights_path"] == str(tmp_path / "00000004")
    assert [path.name for path in tmp_path.iterdir()] == ["00000004"]
    [file] = (tmp_path / "00000004").iterdir()
    assert {name: tensor.tolist() for name, tensor in load_file(file).items()} == {
        name: tensor.tolist() for name, tensor in WEIGHTS.items()
    }


@pytest.mark.parametrize("trouble", [dead, broken])
def test_requests_of_a_server_that_fails_go_to_the_other(
    two: list[Seeming], tmp_path: Path, trouble: Callable[[str], httpx.Response | None]
) -> None:
    pool = pool_of(two, tmp_path)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    pool.counts()
    two[0].trouble = trouble
    found = list(pool.generate(asked(12), SAMPLING))
    assert sorted((one.request_id, one.sample) for one in found) == sorted(
        (str(i), s) for i in range(12) for s in (0, 1)
    )
    counts = pool.counts()
    assert counts.servers_lost == 1
    assert counts.requests_moved is not None
    assert counts.requests_moved >= 1
    assert counts.cache_queries is None, "its counters are gone"
    list(pool.generate(asked(3), SAMPLING))
    assert pool.counts().cache_queries == 30
    two[0].trouble = lambda path: None
    pool.load_weights(iter(WEIGHTS.items()), 2)
    list(pool.generate(asked(4), SAMPLING))
    assert pool.counts().cache_queries == 40, "both again"
    assert sum(one.queries for one in two) == 12 * 10 + 3 * 10 + 4 * 10


def test_an_error_that_passes_is_asked_again_at_the_same_server(two: list[Seeming], tmp_path: Path) -> None:
    pool = pool_of(two[:1], tmp_path)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    left = [broken(""), broken("")]
    two[0].trouble = lambda path: left.pop() if left else None
    assert len(list(pool.generate(asked(1), SAMPLING))) == 2
    assert pool.counts().servers_lost == 0


def test_kept_tokens_are_taken_where_a_server_tells_them(two: list[Seeming], tmp_path: Path) -> None:
    pool, narrow = pool_of(two[:1], tmp_path, tells_sets=True), replace(SAMPLING, top_k=2)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    untold = next(iter(pool.generate(asked(1), narrow)))
    assert untold.kept_tokens is None
    two[0].kept = [[5, 9], [6]]
    told = next(iter(pool.generate(asked(1), narrow)))
    whole, greedy = SAMPLING, replace(SAMPLING, temperature=0.0)  # as evaluation asks
    assert [next(iter(pool.generate(asked(1), how))).kept_tokens for how in (whole, greedy)] == [None, None]
    words = [body["sampling_params"] for body in two[0].bodies["/inference/v1/generate"][1:]]
    assert [(how["temperature"] > 0, how["top_k"]) for how in words] == [(True, 2), (True, WIDEST), (True, 1)]
    assert told.kept_tokens is not None
    assert [ids.tolist() for ids in told.kept_tokens] == [[5, 9], [6]]
    assert told.logprobs.tolist() == [-0.5, -0.25]


def test_a_response_says_which_server_wrote_it_and_one_that_came_back_has_another_name(
    two: list[Seeming], tmp_path: Path
) -> None:
    pool = pool_of(two, tmp_path)
    pool.load_weights(iter(WEIGHTS.items()), 1)
    first, second = (server.url for server in pool._servers.all)
    assert {one.sampler for one in pool.generate(asked(8), SAMPLING)} == {first, second}
    two[0].trouble = broken
    assert {one.sampler for one in pool.generate(asked(8), SAMPLING)} == {second}
    two[0].trouble = lambda path: None
    pool.load_weights(iter(WEIGHTS.items()), 2)
    assert {one.sampler for one in pool.generate(asked(8), SAMPLING)} == {f"{first} (back 1x)", second}


@pytest.mark.parametrize(("staleness", "answers"), [(0, False), (1, True)])
def test_older_weights_are_taken_within_the_stated_staleness(
    two: list[Seeming], tmp_path: Path, staleness: int, answers: bool
) -> None:
    pool, sampling = pool_of(two, tmp_path), replace(SAMPLING, max_staleness=staleness)
    pool.load_weights(iter(WEIGHTS.items()), 5)
    for one in two:
        one.version = "4"
    if answers:
        assert {one.weight_version for one in pool.generate(asked(2), sampling)} == {4}
    else:
        with pytest.raises(PoolError, match="written by weights 4, the policy has 5"):
            list(pool.generate(asked(2), sampling))


def test_two_ranks_tell_together_what_the_servers_counted(two: list[Seeming], tmp_path: Path) -> None:
    others = (lambda value: value,)  # the other rank has what this one has
    first = pool_of(two, tmp_path, world=Alone(size=2, others=others))
    second = pool_of(two, tmp_path, world=Alone(rank=1, size=2))
    first.load_weights(iter(WEIGHTS.items()), 1)
    second.version, second._pushed = 1, True
    first.counts()
    for pool, count in ((first, 3), (second, 5)):
        list(pool.generate(asked(count), SAMPLING))
    found = engine_metrics([first.counts(), second.counts()], step_seconds=10.0)
    assert (found["cache_hit_share"], found["prefilled_again_share"]) == (1.0, 0.0)
    assert (found["preemptions"], found["draft_acceptance"]) == (None, None), "the page has no such counters"
    assert found["engine_idle_seconds"] is not None
    assert 9.0 < found["engine_idle_seconds"] < 10.0
    two[1].trouble = broken
    list(first.generate(asked(4), SAMPLING))
    found = engine_metrics([first.counts(), second.counts()], step_seconds=10.0)
    assert (found["cache_hit_share"], found["prefilled_again_share"]) == (None, None)


def test_what_another_rank_lost_is_lost_here_too_and_counts_once(two: list[Seeming], tmp_path: Path) -> None:
    gone: list[str] = []
    pool = pool_of(two, tmp_path, world=Alone(size=2, others=(lambda mine: set(gone),)))
    pool.load_weights(iter(WEIGHTS.items()), 1)
    first, second = pool._servers.all
    gone.append(first.url)
    assert pool.counts().servers_lost == 1
    assert (pool._servers.alive, first.losses, first.why) == ([second], 1, "another rank lost it")
    gone.clear()
    two[0].trouble = broken
    pool.load_weights(iter(WEIGHTS.items()), 2)
    assert pool.counts().servers_lost == 0, "it did not come back, and is not lost anew"


def test_a_rank_that_cannot_push_still_gathers_to_the_end(two: list[Seeming], tmp_path: Path) -> None:
    """Else the other ranks would wait for it in the next bucket."""
    blocked = tmp_path / "file"
    blocked.write_text("", "utf-8")
    pool = pool_of(two, blocked)
    given: list[str] = []

    def pairs() -> Iterator[tuple[str, torch.Tensor]]:
        for name, tensor in WEIGHTS.items():
            given.append(name)
            yield name, tensor

    with pytest.raises(NotADirectoryError):
        pool.load_weights(pairs(), 1)
    assert given == list("abcd")


class Group:
    """What was broadcast, in NCCL's place."""

    def __init__(self) -> None:
        self.sent: list[float] = []

    def broadcast(self, tensor: torch.Tensor, src: int) -> None:
        self.sent.append(float(tensor[0, 0]))

    def destroy(self) -> None:
        self.sent.append(-1.0)


@pytest.fixture
def over_nccl(two: list[Seeming], monkeypatch: pytest.MonkeyPatch) -> tuple[VLLMServerPool, Group, list[Any]]:
    monkeypatch.setattr(vllm_transfer, "CHUNK_BYTES", 60)  # two tensors of 24 bytes each
    monkeypatch.setattr(vllm_transfer, "_own_address", lambda servers: "10.0.0.9")
    servers, group, joined = served(two), Group(), []

    def join(**how: Any) -> Group:
        joined.append(how)
        return group

    transfer = NCCLTransfer(servers, join)
    return VLLMServerPool(servers, world=ALONE, transfer=transfer, end_ids=[1]), group, joined


def test_over_nccl_servers_are_told_their_ranks_and_what_comes(two: list[Seeming], over_nccl: Any) -> None:
    pool, group, joined = over_nccl
    pool.load_weights(iter(WEIGHTS.items()), 7)
    order = [
        "/pause", "/start_weight_update", "/get_world_size", "/init_weight_transfer_engine", "/update_weights",
        "/update_weights", "/finish_weight_update", "/shutdown_weight_transfer_engine", "/reset_prefix_cache",
        "/resume",
    ]  # fmt: skip
    [how] = joined
    assert (how["address"], how["size"]) == ("10.0.0.9", 4)
    for one, offset in zip(two, (1, 3), strict=True):  # the trainer is rank 0, the first server has two workers
        assert one.orders() == order
        [info] = one.bodies["/init_weight_transfer_engine"]
        assert info["init_info"] == {
            "master_address": "10.0.0.9", "master_port": how["port"], "world_size": 4, "rank_offset": offset,
            "packed": False,
        }  # fmt: skip
        told = [body["update_info"] for body in one.bodies["/update_weights"]]
        assert [chunk["names"] for chunk in told] == [["a", "b"], ["c", "d"]]
        assert told[0]["dtype_names"] == ["float32", "float32"]
        assert told[0]["shapes"] == [[2, 3], [2, 3]]
        assert one.version == "7"
    assert group.sent == [0.0, 1.0, 2.0, 3.0, -1.0]
    assert {one.weight_version for one in pool.generate(asked(4), SAMPLING)} == {7}


def test_over_nccl_a_server_that_takes_no_weights_is_left_out(two: list[Seeming], over_nccl: Any) -> None:
    pool, _, joined = over_nccl
    two[0].trouble = lambda path: broken(path) if path == "/start_weight_update" else None
    pool.load_weights(iter(WEIGHTS.items()), 1)
    assert [server.alive for server in pool._servers.all] == [False, True]
    assert joined[0]["size"] == 2
    assert two[0].calls.count("/start_weight_update") == 1, "it may not be asked twice"


def test_over_nccl_a_server_lost_in_the_middle_ends_the_push(two: list[Seeming], over_nccl: Any) -> None:
    pool, _, _ = over_nccl
    two[1].trouble = lambda path: dead(path) if path == "/update_weights" else None
    with pytest.raises(PoolError, match=r"http://10.0.0.1:8000 was lost while weights went to it \(ConnectError"):
        pool.load_weights(iter(WEIGHTS.items()), 1)
