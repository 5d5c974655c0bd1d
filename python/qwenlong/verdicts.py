"""The verdicts of a batch: rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from qwenlong import _rust
from qwenlong.records import Verdict

Fields = tuple[float | None, str | None, str | None, str | None, str, int | None, dict[str, float]]
"""Score, extracted, normal prediction, normal gold, reason, matched gold, metrics."""


class Verdicts(Sequence[Verdict]):
    """What the scorer says of N rows, in their order; a row's record is made when it is asked for."""

    __slots__ = ("_native", "_rows")

    def __init__(self, native: _rust.Verdicts) -> None:
        self._native = native
        self._rows = len(native)

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
