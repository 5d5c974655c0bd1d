"""Whole runs on two ranks: the same training as on one, and resumable bit for bit."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from runs import EARNED, assert_learnt, assert_same_run, metrics, run, run_until, steps

FLAGS = (*EARNED, "--losses.kl_coefficient", "0.05", "--packing.max_batch_tokens", "512", "--update.mini_batches", "4")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("runs") / "whole"
    run("smoke", directory, *FLAGS, ranks=2)
    return directory


def test_two_ranks_train_like_one(whole: Path, tmp_path: Path) -> None:
    run("smoke", tmp_path / "one", *FLAGS)
    two, one = metrics(whole), metrics(tmp_path / "one")
    assert len(two) == len(one)
    for a, b in zip(two, one, strict=True):
        assert {k: v for k, v in a.items() if k in ("stage", "phase", "step", "groups")} == {
            k: v for k, v in b.items() if k in ("stage", "phase", "step", "groups")
        }
    assert_learnt(whole)
    # Rounding differs between one sum and two and grows with every step, until a sampled token tips over.
    for a, b in zip(two[:17], one[:17], strict=True):
        for name in ("loss", "grad_norm", "entropy", "kl", "clip_share", "reward", "trained_tokens"):
            if a.get(name) is not None:
                assert a[name] == pytest.approx(b[name], rel=1e-3, abs=1e-5), (a["stage"], a["step"], name)


def test_a_killed_run_on_two_ranks_resumes_bit_for_bit(whole: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    run_until("smoke", killed, lambda: steps(killed, "rl") >= 3, *FLAGS, how=signal.SIGKILL, ranks=2)
    done = run("smoke", killed, *FLAGS, "--resume", code=2)
    assert "written by 2 ranks, this run has 1" in done.stderr
    run("smoke", killed, *FLAGS, "--resume", ranks=2)
    assert_same_run(whole, killed)
