"""What a person sees: live progress while a run goes on, a table after it, and summary.json behind the table."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from qwenlong.session import Display, Session

_SHOWN = {
    "loss": "loss", "reward": "reward", "accuracy": "accuracy", "probe_accuracy": "accuracy", "entropy": "entropy",
    "response_tokens": "length", "tokens_per_second": "tokens/s",
}  # fmt: skip


_TITLES = {"well_formed": "formed"}
"""Shorter names, so that the table fits 80 columns."""


class _Quiet:
    """For ranks other than the first."""

    def begin(self, stage: str, *, total: int | None, done: int = 0) -> None:
        """Say nothing."""

    def advance(self, values: dict[str, float | None]) -> None:
        """Say nothing."""

    def say(self, message: str) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Nothing to end."""


class _Live:
    """Two lines on a terminal, the stage's bar and the newest values; elsewhere only lines that stay."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live: Live | None = None
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("eta"), TimeRemainingColumn(elapsed_when_finished=True), console=self._console,
        )  # fmt: skip
        self._task: TaskID | None = None

    def begin(self, stage: str, *, total: int | None, done: int = 0) -> None:
        """A new bar."""
        self.close()
        if self._console.is_terminal:
            self._task = self._bar.add_task(stage, total=total, completed=done)
            self._live = Live(Group(self._bar, Text("")), console=self._console, refresh_per_second=4)
            self._live.start()

    def advance(self, values: dict[str, float | None]) -> None:
        """The step's values."""
        if self._live is not None and self._task is not None:
            self._bar.advance(self._task)
            names = [name for name in _SHOWN if not (name == "loss" and "reward" in values)]
            shown = [(_SHOWN[name], values[name]) for name in names if values.get(name) is not None]
            text = "  ".join(
                f"{label} {value:,.0f}" if value > 1000 else f"{label} {value:.3g}"
                for label, value in shown
                if value is not None
            )
            self._live.update(Group(self._bar, Text(text)))

    def say(self, message: str) -> None:
        """Above the bar."""
        self._console.print(message, highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """End the bar."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None


def build_display(*, visible: bool) -> Display:
    """For rank 0, or for the others."""
    return _Live() if visible else _Quiet()


def summarise(session: Session) -> str:
    """The content of summary.json; docs/run-directory.md names its keys."""
    progress = session.progress
    by_length: dict[str, Any] = {}
    for field in ("accuracy", "well_formed", "pass_at_k"):
        by_length[field] = {
            name: {length: entry[field] for length, entry in result.items()}
            for name, result in progress.evaluations.items()
        }
    latest: dict[str, Any] = next(iter(reversed(progress.evaluations.values())), {})
    rewards = []
    for phase, values in enumerate(progress.reward, start=1):
        known = [value for value in values if value is not None]
        fifth = max(1, len(known) // 5)
        first, last = known[:fifth], known[-fifth:]
        rewards.append({
            "phase": phase,
            "first_fifth": sum(first) / len(first) if first else None,
            "last_fifth": sum(last) / len(last) if last else None,
        })  # fmt: skip
    summary = {
        **by_length,
        "chance": {length: entry["chance"] for length, entry in latest.items() if entry["chance"] is not None},
        "questions": {length: entry["questions"] for length, entry in latest.items()},
        "unscored": {
            name: {k: e["unscored"] for k, e in result.items()} for name, result in progress.evaluations.items()
        },
        "reward": rewards,
        "retrospective": [len(found) for found in session.curriculum.retrospective],
        "sft_steps": progress.sft_steps,
        "rl_steps": progress.rl_steps,
        "wall_seconds": session.wall_seconds(),
    }
    return json.dumps(summary, indent=1) + "\n"


def summary_table(directory: Path) -> str:
    """Tables of a finished run's summary.json: accuracy and pass@k by length, before and after; reward by phase."""
    path = directory / "summary.json"
    if not path.is_file():
        return ""
    summary = json.loads(path.read_text("utf-8"))
    out = io.StringIO()
    console = Console(file=out, width=80)
    stages = list(summary["accuracy"])
    if stages:
        table = Table(
            title="held-out questions by input length: " + " -> ".join(stages), box=box.SIMPLE_HEAD, padding=0
        )
        table.add_column("tokens", justify="right")
        names = [
            "accuracy",
            "well_formed",
            *(f"pass@{k}" for k in next(iter(summary["pass_at_k"][stages[0]].values()))),
        ]
        for name in [*names, "chance"]:
            table.add_column(_TITLES.get(name, name), justify="right", no_wrap=True)
        for length in summary["accuracy"][stages[-1]]:
            cells = [">".join(_cell(summary, name, stage, length) for stage in stages) for name in names]
            chance = summary["chance"].get(length)
            table.add_row(length, *cells, "" if chance is None else f"{chance:.2f}")
        console.print(table)
    if summary["reward"]:
        table = Table(title="reward of new examples", box=box.SIMPLE_HEAD)
        for name in ("phase", "first fifth", "last fifth", "retrospective examples"):
            table.add_column(name, justify="right")
        for entry, found in zip(summary["reward"], summary["retrospective"], strict=True):
            table.add_row(str(entry["phase"]), _number(entry["first_fifth"]), _number(entry["last_fifth"]), str(found))
        console.print(table)
    console.print(
        f"{summary['sft_steps']} warm-up steps, {summary['rl_steps']} RL steps, "
        f"{summary['wall_seconds']:.0f} s; {directory}",
        soft_wrap=True, highlight=False, markup=False,
    )  # fmt: skip
    return out.getvalue()


def _cell(summary: dict[str, Any], name: str, stage: str, length: str) -> str:
    if name.startswith("pass@"):
        return _number(summary["pass_at_k"][stage][length].get(name.removeprefix("pass@")))
    return _number(summary[name][stage][length])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
