"""Whole runs on two ranks: the same training as on one, and resumable bit for bit."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from runs import assert_same_run, metrics, run, run_until, steps

FLAGS = ("--losses.kl_coefficient", "0.01", "--packing.max_batch_tokens", "512")


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
    # Rounding differs between one sum and two; it grows with every step, so the first ones are compared.
    for a, b in zip(two[:6], one[:6], strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=1e-4)
        assert a["grad_norm"] == pytest.approx(b["grad_norm"], rel=1e-3)
        assert a["trained_tokens"] == b["trained_tokens"]


def test_a_killed_run_on_two_ranks_resumes_bit_for_bit(whole: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    run_until("smoke", killed, lambda: steps(killed, "rl") >= 3, *FLAGS, how=signal.SIGKILL, ranks=2)
    done = run("smoke", killed, *FLAGS, "--resume", code=2)
    assert "written by 2 ranks, this run has 1" in done.stderr
    run("smoke", killed, *FLAGS, "--resume", ranks=2)
    assert_same_run(whole, killed)
