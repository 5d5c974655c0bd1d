"""A run that was killed and resumed is, bit for bit, the run that was never stopped."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runs import EARNED, assert_learnt, assert_same_run, metrics, run, run_until, steps

FLAGS = (*EARNED, "--replay.mode", "weighted", "--update.mini_batches", "4", "--losses.kl_coefficient", "0.05")


def in_warm_up(directory: Path) -> bool:
    return steps(directory, "sft") >= 7


def in_a_phase_change(directory: Path) -> bool:
    """The first phase is done and its checkpoint is being written."""
    return steps(directory, "rl", 1) == 4 and any((directory / "checkpoints").glob(".writing-*"))


def in_the_last_evaluation(directory: Path) -> bool:
    return steps(directory, "eval") >= 4


MOMENTS = (in_warm_up, in_a_phase_change, in_the_last_evaluation)


@pytest.fixture(scope="module")
def directories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One run to its end, and three that are killed and resumed, beside each other."""
    root = tmp_path_factory.mktemp("runs")
    names = ["whole", *(moment.__name__ for moment in MOMENTS)]

    def live(name: str) -> None:
        directory = root / name
        for moment in MOMENTS:
            if moment.__name__ == name:
                code = run_until("smoke", directory, lambda m=moment: m(directory), *FLAGS, how=signal.SIGKILL)  # type: ignore[misc]
                assert code == -signal.SIGKILL
                assert not (directory / "summary.json").exists()
        run("smoke", directory, *FLAGS, *(["--resume"] if name != "whole" else []))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(live, names))
    return {name: root / name for name in names}


@pytest.mark.parametrize("moment", [moment.__name__ for moment in MOMENTS])
def test_a_killed_and_resumed_run_equals_one_never_stopped(directories: dict[str, Path], moment: str) -> None:
    assert_same_run(directories["whole"], directories[moment])
    assert not list((directories[moment] / "checkpoints").glob(".writing-*"))


def test_every_part_of_the_recipe_left_its_mark(directories: dict[str, Path]) -> None:
    rows = metrics(directories["whole"])
    assert_learnt(directories["whole"])
    assert all(row["kl"] is not None for row in rows if row["stage"] == "rl")
    assert [row["stage"] for row in rows].count("sft") == 12
    assert [row["step"] for row in rows if row["stage"] == "rl"] == list(range(1, 9))
    assert [row["phase"] for row in rows if row["stage"] == "rl"] == [1] * 4 + [2] * 4
    assert [row["input_tokens"] for row in rows if row["stage"] == "eval"] == [96, 160, 320] * 2


def test_resuming_a_finished_run_prints_its_table_and_changes_nothing(directories: dict[str, Path]) -> None:
    before = (directories["whole"] / "metrics.jsonl").read_bytes()
    done = run("smoke", directories["whole"], *FLAGS, "--resume")
    assert "held-out questions by input length" in done.stdout
    assert (directories["whole"] / "metrics.jsonl").read_bytes() == before


def test_a_directory_that_holds_a_run_is_not_overwritten(directories: dict[str, Path]) -> None:
    done = run("smoke", directories["whole"], *FLAGS, code=2)
    assert "already holds a run" in done.stderr
    assert "--resume" in done.stderr


def test_resuming_with_another_recipe_names_the_keys(directories: dict[str, Path]) -> None:
    done = run(
        "smoke", directories["whole"], *FLAGS, "--resume", "--run.seed", "5", "--update.learning_rate", "0.5", code=2
    )
    assert "run.seed: 0 then, 5 now" in done.stderr
    assert "update.learning_rate: 0.001 then, 0.5 now" in done.stderr


def test_sigterm_saves_and_ends_cleanly_and_nothing_that_is_needed_may_be_missing(
    directories: dict[str, Path], tmp_path: Path
) -> None:
    stopped = tmp_path / "stopped"
    code = run_until("smoke", stopped, lambda: steps(stopped, "rl", 2) >= 1, *FLAGS, how=signal.SIGTERM)
    assert code == 0
    for needed, message in (("config.toml", "config.toml is missing"), ("reference", "reference is missing")):
        (stopped / needed).rename(tmp_path / needed)
        assert message in run("smoke", stopped, *FLAGS, "--resume", code=2).stderr
        (stopped / needed).unlink(missing_ok=True) if needed == "config.toml" else None
        (tmp_path / needed).rename(stopped / needed)
    done = run("smoke", stopped, *FLAGS, "--resume")
    assert "going on from" in done.stderr
    assert_same_run(directories["whole"], stopped)
