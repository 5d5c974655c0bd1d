"""Whole runs with vLLM as their engine, on one rank and on two."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runs import EARNED, assert_learnt, assert_nearly_same, assert_same_run, metrics, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FLAGS = (*EARNED, "--rollouts.engine", "vllm")
AGREED = re.compile(r"log-probs of engine and policy differ by (\S+) in the mean, (\S+) at most")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("runs") / "one"
    done = run("smoke", directory, *FLAGS)
    [(mean, most)] = AGREED.findall(done.stdout + done.stderr)
    assert float(mean) < 1e-5
    assert float(most) < 1e-4
    return directory


def test_smoke_learns_and_counts(one: Path) -> None:
    assert_learnt(one)
    rows = [row for row in metrics(one) if row["stage"] == "rl"]
    assert all(row["mismatch"] < 1e-5 and row["corrected_share"] == 0 for row in rows)
    assert all(0 < row["cache_hit_share"] < 1 and row["preemptions"] == 0 for row in rows)
    assert all(row["prefilled_again_share"] < 3 for row in rows), "of 4 responses, at least one block is shared"
    assert all(row["draft_acceptance"] is None for row in rows)


def test_the_same_run_again_is_the_same_to_the_last_bit(one: Path, tmp_path: Path) -> None:
    run("smoke", tmp_path / "again", *FLAGS)
    assert_same_run(one, tmp_path / "again")


@pytest.mark.parametrize("engines", [2, 1])
def test_two_ranks_train_like_one(one: Path, tmp_path: Path, engines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    more = ("--rollouts.tensor_parallel", str(2 // engines))
    monkeypatch.setenv("QWENLONG_TEST_CALLS", str(tmp_path / "calls"))
    run("smoke", tmp_path / "two", *FLAGS, *more, ranks=2)
    assert_learnt(tmp_path / "two")
    assert_nearly_same(tmp_path / "two", one, rows=16)
    calls = [tuple(map(int, line.split())) for line in (tmp_path / "calls").read_text("utf-8").splitlines()]
    assert {rank for rank, _ in calls} == set(range(engines)), "one rank of an engine asks for rewards"
    # 2 x 16 probes, 8 groups of 4 in each of 8 steps, and 16 questions at 3 lengths, twice, greedily and 4 times each.
    assert sum(count for _, count in calls) == 2 * 16 + 8 * 8 * 4 + 2 * 3 * 16 * (1 + 4)


def test_hf_and_vllm_see_the_same_run_until_the_first_draw(one: Path, tmp_path: Path) -> None:
    run("smoke", tmp_path / "hf", *EARNED)
    warm = [[row for row in metrics(d) if row["stage"] == "sft"] for d in (one, tmp_path / "hf")]
    assert warm[0] == warm[1]


def test_ranks_that_engines_cannot_share_are_refused(tmp_path: Path) -> None:
    done = run("smoke", tmp_path / "odd", *FLAGS, "--rollouts.tensor_parallel", "2", code=2)
    assert "does not divide the 1 ranks" in done.stderr


def test_a_cache_of_few_bits_stops_the_run_unless_it_is_wanted(tmp_path: Path) -> None:
    few = (*FLAGS, "--rollouts.kv_cache_dtype", "fp8")
    done = run("smoke", tmp_path / "few", *few, code=1)
    assert "above the limits 0.0001 and 0.01: dtype differs" in done.stderr
    run("smoke", tmp_path / "wanted", *few, "--rollouts.max_mismatch", "1", "--losses.correction", "truncate")
    rows = [row for row in metrics(tmp_path / "wanted") if row["stage"] == "rl"]
    assert all(row["mismatch"] > 1e-3 for row in rows)
