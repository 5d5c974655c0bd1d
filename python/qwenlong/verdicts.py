"""The verdicts of a batch: rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from qwenlong import _rust
from qwenlong.records import Verdict

Fields = tuple[float | None, str | None, str | None, str | None, str, int | None, dict[str, float]]
"""Score, extracted, normal prediction, normal gold, reason, matched gold, metrics."""


@dataclass(frozen=True)
class Columns:
    """The verdicts of a batch where they came from another process: what the native ones answer, from their fields."""

    rows: list[Fields]
    """N verdicts."""

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> Fields:
        """The fields of one verdict."""
        return self.rows[index]

    def scores(self) -> NDArray[np.float64]:
        """Every score, NaN where there is none."""
        return np.array([np.nan if row[0] is None else row[0] for row in self.rows], np.float64)

    def metrics(self) -> dict[str, NDArray[np.float64]]:
        """Every metric that any verdict has, NaN where one lacks it."""
        names = dict.fromkeys(name for row in self.rows for name in row[-1])
        return {name: np.array([row[-1].get(name, np.nan) for row in self.rows], np.float64) for name in names}

    def reasons(self) -> list[str]:
        """Every reason."""
        return [row[4] for row in self.rows]


class Verdicts(Sequence[Verdict]):
    """What the scorer says of N rows, in their order; a row's record is made when it is asked for."""

    __slots__ = ("_native", "_rows")

    def __init__(self, native: _rust.Verdicts | Columns) -> None:
        self._native = native
        self._rows = len(native)

    def __reduce__(self) -> tuple[type[Verdicts], tuple[Columns]]:
        """Another process gets the same rows and columns."""
        return Verdicts, (Columns([self._native.row(row) for row in range(self._rows)]),)

    @property
    def scores(self) -> NDArray[np.float64]:
        """[N] float64, NaN where nothing could be judged: missing is not zero."""
        return self._native.scores()

    @property
    def metrics(self) -> dict[str, NDArray[np.float64]]:
        """[N] float64 by metric, NaN where a verdict has no such metric."""
        return self._native.metrics()

    @property
    def reasons(self) -> list[str]:
        """N codes."""
        return self._native.reasons()

    def __len__(self) -> int:
        return self._rows

    @overload
    def __getitem__(self, index: int) -> Verdict: ...
    @overload
    def __getitem__(self, index: slice) -> list[Verdict]: ...
    def __getitem__(self, index: int | slice) -> Verdict | list[Verdict]:
        """One verdict, or a list of those in a slice."""
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(self._rows))]
        row = index + self._rows if index < 0 else index
        if not 0 <= row < self._rows:
            raise IndexError(f"row {index} of {self._rows}")
        return record(self._native.row(row))

    def __iter__(self) -> Iterator[Verdict]:
        return (record(self._native.row(row)) for row in range(self._rows))

    def __repr__(self) -> str:
        return f"Verdicts({self._rows} rows)"


def record(fields: Fields) -> Verdict:
    """The record of a verdict's fields.

    Filled slot by slot: a frozen record's own constructor takes more time than judging a short answer.
    """
    verdict = object.__new__(Verdict)
    score, extracted, prediction, gold, reason, matched, metrics = fields
    put_score(verdict, score)
    put_extracted(verdict, extracted)
    put_prediction(verdict, prediction)
    put_gold(verdict, gold)
    put_reason(verdict, reason)
    put_matched(verdict, matched)
    put_metrics(verdict, metrics)
    return verdict


put_score, put_extracted, put_prediction, put_gold, put_reason, put_matched, put_metrics = (
    getattr(Verdict, name).__set__ for name in Verdict.__slots__
)
