"""What an oracle says: the official metrics of one answer, or that there is nothing to judge by and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Spans = tuple[str, ...]
"""Several spans of one answer."""
Answer = str | Spans
Gold = str | int | float | Spans
Metrics = dict[str, float]

GOLD = "gold_unparsable"
EVAL = "needs_eval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscored:
    """No value that a port can be held to."""

    reasons: frozenset[str]
    """Codes, each of them a right one for a score of None."""
    official: Metrics | None = None
    """What the official code returns all the same, so that a port which says it is right too."""


Result = Metrics | Unscored


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """One profile, read from SCORING.md; both functions take the answer, a list of golds, and options by name."""

    match: Callable[..., Result]
    score: Callable[..., Result]
    metrics: tuple[str, ...]
    """The headline metric first."""
    golds: str
    """`one`, `aliases` or `spans`, as in `qwenlong.Profile`."""


def highest(rows: Iterable[Metrics]) -> Metrics:
    """Each metric's maximum on its own; without rows there is none, which raises."""
    kept = list(rows)
    if not kept:
        raise ValueError("no gold")
    return {name: max(row[name] for row in kept) for name in kept[0]}


def strings(golds: Sequence[Gold]) -> list[str]:
    """Golds of a profile that knows neither spans nor numbers."""
    assert all(isinstance(gold, str) for gold in golds)
    return [gold for gold in golds if isinstance(gold, str)]


def only(golds: Sequence[Gold]) -> str:
    """The gold of a profile that takes one."""
    (gold,) = strings(golds)
    return gold


def zeros(names: Iterable[str]) -> Metrics:
    return dict.fromkeys(names, 0.0)


def judge(rule: Callable[..., Metrics]) -> Callable[..., Result]:
    """A rule between two strings as an oracle's function: the highest of each metric over the golds."""

    def over_golds(prediction: str, golds: Sequence[Gold], **options: Any) -> Result:
        return highest(rule(prediction, gold, **options) for gold in strings(golds))

    return over_golds
