"""A pool of two vLLM servers on loopback: nothing is lost when one of them is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import numpy as np
import pytest

from pools import Server, changed, of_pool, pool_of, requests, started, worst
from qwenlong.backends.vllm_http import PoolError
from qwenlong.records import Request, Sampling, StaleWeightsError
from runs import EARNED, assert_learnt, assert_nearly_same, command, environment, metrics, run, run_until, steps

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("warm") / "run"
    run("smoke", directory, "--run.stages", '["sft"]', "--sft.max_steps", "2")
    return directory / "model"


@pytest.fixture(scope="module")
def both(model: Path) -> Iterator[list[Server]]:
    with started(Server(model), Server(model)) as servers:
        yield servers


@pytest.fixture
def servers(both: list[Server]) -> list[Server]:
    for server in both:
        server.back()
    return both


def flags(servers: list[Server], model: Path) -> tuple[str, ...]:
    urls = [server.url for server in servers]
    return (*EARNED, *of_pool(urls, model), "--run.stages", '["rl"]', "--rollouts.prompts_per_step", "16")


def test_pushed_weights_answer_and_a_killed_server_loses_nothing(
    servers: list[Server], model: Path, tmp_path: Path
) -> None:
    other, sampling, asked = changed(model), Sampling(temperature=0.7, max_tokens=120), requests(24, 8)
    with closing(pool_of(servers, tmp_path)) as pool:
        with pytest.raises(StaleWeightsError, match="push"):
            list(pool.generate(requests(1, 1), sampling))
        pool.load_weights(other.state_dict().items(), 7)
        whole = {(c.request_id, c.sample): c for c in pool.generate(asked, sampling)}
        assert len(whole) == 24 * 8
        assert {c.weight_version for c in whole.values()} == {7}
        assert worst(other, asked, list(whole.values())[:12], sampling) < 2e-4
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
        # What the dead one had counted is gone, so the step's sums are unknown; the next ones are the survivor's.
        assert (counts.cache_queries, counts.prompt_tokens, counts.preemptions) == (None, None, None)
        list(pool.generate(asked[:2], sampling))
        assert told(pool) == (2 * 8 * 40, 2 * 40, 0)
        # Started again it has its old weights: stale until a push, which takes it back.
        servers[0].back()
        with closing(pool_of(servers[:1], tmp_path / "other")) as stale:
            stale.version, stale._pushed = 7, True
            with pytest.raises(PoolError, match="written by weights -1, the policy has 7"):
                list(stale.generate(asked[:1], sampling))
        pool.load_weights(other.state_dict().items(), 8)
        assert [server.alive for server in pool._servers.all] == [True, True]
        assert [path.name for path in tmp_path.glob("0*")] == ["00000008"]


def told(pool: object) -> tuple[int | None, int | None, int | None]:
    time.sleep(0.5)  # a server may answer a moment before it counts
    counts = pool.counts()  # type: ignore[attr-defined]
    return counts.cache_queries, counts.prompt_tokens, counts.preemptions


def test_what_the_servers_counted_is_what_was_asked_of_them(servers: list[Server], model: Path, tmp_path: Path) -> None:
    with closing(pool_of(servers, tmp_path)) as pool:
        pool.load_weights(changed(model).state_dict().items(), 1)
        pool.counts()
        list(pool.generate(requests(6, 4), Sampling(max_tokens=4)))
        time.sleep(0.5)
        counts = pool.counts()
        # A response finds the one whole block of 32 tokens of its prompt of 40; the first of each prompt finds none.
        assert (counts.cache_queries, counts.cache_hits) == (6 * 4 * 40, 6 * 3 * 32)
        assert (counts.prompt_tokens, counts.prefilled_tokens) == (6 * 40, 6 * (4 * 40 - 3 * 32))
        assert (counts.preemptions, counts.drafted_tokens, counts.accepted_tokens) == (0, None, None)
        assert 0 < counts.busy_seconds < 60
        assert pool.counts().cache_queries == 0


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_run_goes_on_when_a_server_is_killed(servers: list[Server], model: Path, tmp_path: Path, ranks: int) -> None:
    directory = tmp_path / "run"
    process = subprocess.Popen(
        command("smoke", directory, *flags(servers, model), ranks=ranks), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, env=environment(),
    )  # fmt: skip
    while steps(directory, "rl") < 2 or not servers[1].working():
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        time.sleep(0.01)
    servers[1].kill()
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said[-3000:]
    rows = [row for row in metrics(directory) if row["stage"] == "rl"]
    assert len(rows) == 8
    assert sum(row["servers_lost"] for row in rows) == 1, "however many steps and ranks go on without it"
    assert sum(row["requests_moved"] for row in rows) >= 1, "it was killed in the middle of its requests"
    assert all(row["mismatch"] < 1e-4 for row in rows)
    assert f"rollout server {servers[1].url} is given up" in said
    assert sum(row["cache_hit_share"] is None for row in rows) == 1, "the step in which it took its counters along"
    assert rows[-1]["cache_hit_share"] is not None
    assert not (directory / "weights").exists(), "nothing is left of what the servers read"


@pytest.fixture(scope="module")
def one_rank(both: list[Server], model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for server in both:
        server.back()
    directory = tmp_path_factory.mktemp("whole") / "run"
    run("smoke", directory, *flags(both, model))
    assert_learnt(directory)
    return directory


def test_a_killed_run_goes_on_from_the_same_servers(
    servers: list[Server], model: Path, one_rank: Path, tmp_path: Path
) -> None:
    directory, often = tmp_path / "run", ("--run.checkpoint_every_steps", "1")
    how = (*flags(servers, model), *often)
    run_until("smoke", directory, lambda: steps(directory, "rl") >= 3, *how, how=signal.SIGKILL)
    assert (directory / "weights").is_dir(), "a killed run cannot take it back"
    said = run("smoke", directory, *how, "--resume")
    assert "going on from" in said.stdout + said.stderr
    rows = metrics(directory)
    assert len(rows) == len(metrics(one_rank))
    assert all(row["servers_lost"] == 0 and row["mismatch"] < 1e-4 for row in rows if row["stage"] == "rl")
    assert_nearly_same(directory, one_rank, rows=4)
    assert not (directory / "weights").exists()


def test_a_server_speculates_and_keeps_its_cache_as_the_recipe_says(model: Path, tmp_path: Path) -> None:
    flags = ("--rollouts.speculative", "3", "--rollouts.kv_cache_dtype", "fp8")
    with started(Server(model, flags=flags)) as servers, closing(pool_of(servers, tmp_path)) as pool:
        pool.load_weights(changed(model).state_dict().items(), 1)
        again = np.tile(np.arange(5, 11, dtype=np.int32), 8)  # a prompt that a response can be looked up in
        asked = [Request(id=str(i), token_ids=again, n=1, seed=i) for i in range(4)]
        assert len(list(pool.generate(asked, Sampling(temperature=0.0, max_tokens=100)))) == 4
        time.sleep(0.5)
        counts = pool.counts()
        assert counts.drafted_tokens is not None
        assert counts.drafted_tokens > 0
        assert 'cache_dtype="fp8"' in httpx.get(servers[0].url + "/metrics", timeout=30).text


def test_two_ranks_train_like_one_from_the_same_two_servers(
    servers: list[Server], model: Path, one_rank: Path, tmp_path: Path
) -> None:
    two_ranks = tmp_path / "two"
    run("smoke", two_ranks, *flags(servers, model), ranks=2)
    assert_learnt(two_ranks)
    assert_nearly_same(two_ranks, one_rank, rows=4)
    both = [[row for row in metrics(directory) if row["stage"] == "rl"] for directory in (one_rank, two_ranks)]
    for rows in both:
        assert all(row["servers_lost"] == 0 and row["preemptions"] == 0 for row in rows)
        assert all(0 < row["cache_hit_share"] < 1 and row["prefilled_again_share"] < 3 for row in rows)
        assert all(row["draft_acceptance"] is None for row in rows)
    # Every prompt is asked of one server, by one rank: the sums do not depend on who asked.
    assert both[0][0]["cache_hit_share"] == both[1][0]["cache_hit_share"]
    lines = (two_ranks / "metrics.jsonl").read_text("utf-8").splitlines()
    idle = [(row["engine_idle_seconds"], row["step_seconds"]) for row in map(json.loads, lines)]
    assert all(0 < waited < whole for waited, whole in idle), "servers wait while ranks update"
