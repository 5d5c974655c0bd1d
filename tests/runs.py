"""Whole runs as a user starts them, for the end-to-end tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from test_ranks import free_port

EARNED = (
    "--rewards.parts", '["function"]',
    "--rewards.function", f"{Path(__file__).parent / 'programs' / 'rewards.py'}:parity",
)  # fmt: skip
"""Flags for a reward that an untrained model earns half of the time: short runs then really update the policy."""
TIMED = ("_seconds", "_per_second")


def command(recipe: str, directory: Path, *flags: str, ranks: int = 1) -> list[str]:
    """The command line of a run."""
    start = [sys.executable]
    if ranks > 1:
        start += ["-m", "torch.distributed.run", "--nproc-per-node", str(ranks), "--master-port", str(free_port())]
    return [*start, "-m", "qwenlong", recipe, "--run.directory", str(directory), *flags]


def environment(**more: str) -> dict[str, str]:
    """One thread, so that several runs fit beside each other and all of them are alike."""
    return os.environ | {"OMP_NUM_THREADS": "1"} | more


def run(
    recipe: str, directory: Path, *flags: str, ranks: int = 1, code: int = 0, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """A run to its end; its exit code is checked."""
    done = subprocess.run(
        command(recipe, directory, *flags, ranks=ranks), capture_output=True, text=True, timeout=timeout, check=False,
        env=environment(),
    )  # fmt: skip
    assert done.returncode == code, f"exit {done.returncode}: {done.stderr[-4000:]}"
    return done


def run_until(
    recipe: str, directory: Path, condition: Callable[[], bool], *flags: str, how: signal.Signals, ranks: int = 1
) -> int:
    """Start a run and send it a signal as soon as the condition holds; returns its exit code."""
    process = subprocess.Popen(
        command(recipe, directory, *flags, ranks=ranks), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment(), start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while not condition():
        assert process.poll() is None, f"the run ended with {process.returncode} before it could be stopped"
        assert time.monotonic() < deadline, "the run never came to the point where it is stopped"
        time.sleep(0.002)
    if how is signal.SIGKILL:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    return process.wait(timeout=120)


def metrics(directory: Path) -> list[dict[str, Any]]:
    """metrics.jsonl without what depends on clock or memory."""
    path = directory / "metrics.jsonl"
    if not path.exists():
        return []
    lines = [line for line in path.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
    return [without_times(json.loads(line)) for line in lines]


def without_times(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in record.items() if not k.endswith(TIMED) and "memory" not in k}


def steps(directory: Path, stage: str, phase: int | None = None) -> int:
    """How many steps of a stage are journalled."""
    return sum(row["stage"] == stage and phase in (None, row["phase"]) for row in metrics(directory))


def assert_learnt(directory: Path) -> None:
    """RL had a signal, a gradient, and mini-batches off policy enough for clipping to act."""
    rows = [row for row in metrics(directory) if row["stage"] == "rl"]
    assert all(row["trained_tokens"] > 0 and row["grad_norm"] > 0 for row in rows)
    assert any(row["clip_share"] > 0 for row in rows)
    assert any(row["unscored"] > 0 for row in rows)


def assert_nearly_same(one: Path, other: Path, *, rows: int) -> None:
    """Alike in the first rows: rounding differs and grows with every step, until a sampled token tips over."""
    pairs = list(zip(metrics(one)[:rows], metrics(other)[:rows], strict=True))
    assert len(pairs) == rows
    for a, b in pairs:
        for name in ("loss", "grad_norm", "entropy", "reward", "trained_tokens", "mismatch"):
            if a.get(name) is not None:
                near = abs(a[name] - b[name]) <= max(1e-5, 1e-3 * abs(b[name]))
                assert near, (a["stage"], a["step"], name, a[name], b[name])


def assert_same_run(one: Path, other: Path) -> None:
    """Bit-identical weights, metrics and rollouts; summaries but for their times."""
    assert metrics(one) == metrics(other)
    assert (one / "rollouts.jsonl").read_bytes() == (other / "rollouts.jsonl").read_bytes()
    for file in sorted((one / "model").glob("*.safetensors")):
        assert file.read_bytes() == (other / "model" / file.name).read_bytes()
    summaries = [without_times(json.loads((d / "summary.json").read_text("utf-8"))) for d in (one, other)]
    assert summaries[0] == summaries[1]


def lines(text: str) -> Sequence[str]:
    return text.splitlines()
