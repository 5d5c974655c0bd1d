"""TensorBoard always, Weights & Biases and trackio by one setting each: the real packages, offline."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

from runs import command, environment, metrics


def test_every_logger_gets_the_metrics_of_every_step(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    done = subprocess.run(
        command("smoke", directory, "--run.loggers", '["wandb", "trackio"]', "--run.stages", '["sft"]'),
        capture_output=True, text=True, timeout=240, check=False,
        env=environment(
            WANDB_MODE="offline", WANDB_SILENT="true", TRACKIO_DIR=str(tmp_path / "trackio"), HF_HUB_OFFLINE="1"
        ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(metrics(directory)) == 12
    [events] = (directory / "tensorboard").glob("events.out.tfevents.*")
    assert events.read_bytes().count(b"sft/loss") == 12
    [offline] = (directory / "wandb").glob("offline-run-*/run-*.wandb")
    assert offline.read_bytes().count(b"sft/loss") >= 12
    [base] = (tmp_path / "trackio").rglob("qwenlong.db")
    with sqlite3.connect(base) as connection:
        rows = connection.execute("select step, metrics from metrics").fetchall()
    connection.close()
    assert sum("sft/loss" in str(values) for _, values in rows) == 12


def test_a_logger_that_is_not_installed_is_named_with_its_remedy(tmp_path: Path) -> None:
    import sys

    import pytest

    from qwenlong.backends.loggers import build_loggers

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "wandb", None)
        with pytest.raises(ValueError, match=r"run\.loggers names wandb.*pip install wandb"):
            build_loggers(["wandb"], tmp_path)
