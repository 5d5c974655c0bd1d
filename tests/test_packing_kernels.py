"""The packing kernels against their golden rows and oracles."""

from __future__ import annotations

import json
import re
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import oracles
from qwenlong import _rust

GOLDEN = Path(__file__).parent / "golden/packing.jsonl"
ROWS = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]


def ints(values: Any) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def run(row: dict[str, Any]) -> dict[str, list[int]]:
    match row["kernel"]:
        case "pack":
            ids, offsets = _rust.pack(ints(row["lengths"]), row["capacity"])
            return {"ids": ids.tolist(), "offsets": offsets.tolist()}
        case "split_groups":
            lengths = ints(row["prompt_lengths"]), ints(row["response_lengths"]), ints(row["offsets"])
            return {"parts": _rust.split_groups(*lengths, row["capacity"]).tolist()}
        case "place":
            return {"ranks": _rust.place(np.array(row["costs"], dtype=np.float64), row["num_ranks"]).tolist()}
    raise AssertionError(row["kernel"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["derivation"])
def test_the_golden_rows_hold(row: dict[str, Any]) -> None:
    if "error" in row:
        with pytest.raises(ValueError, match=f"^{re.escape(row['error'])}$"):
            run(row)
    else:
        result = run(row)
        assert result == {key: row[key] for key in result}


@st.composite
def instances(draw: st.DrawFn, max_items: int) -> tuple[int, list[int]]:
    """A capacity and lengths within it, many near a third of it, where packing is hard."""
    capacity = draw(st.integers(6, 60))
    length = st.integers(1, capacity) | st.integers(capacity // 4, capacity // 2)
    return capacity, draw(st.lists(length, max_size=max_items))


@given(instances(60))
def test_packing_equals_best_fit_decreasing_by_looking_at_every_bin(instance: tuple[int, list[int]]) -> None:
    capacity, lengths = instance
    ids, offsets = _rust.pack(ints(lengths), capacity)
    assert ids.dtype == offsets.dtype == np.int64
    bins = [ids[a:b].tolist() for a, b in pairwise(offsets)]
    assert bins == oracles.best_fit_decreasing(lengths, capacity)


@given(instances(8), st.integers(1, 100))
def test_a_group_is_split_into_the_fewest_rows_and_balanced_where_it_can_be(
    instance: tuple[int, list[int]], prompt: int
) -> None:
    room, lengths = instance
    parts = _rust.split_groups(ints([prompt]), ints(lengths), ints([0, len(lengths)]), prompt + room).tolist()
    num_parts = max(parts, default=-1) + 1
    assert num_parts == oracles.fewest_parts(lengths, room)
    assert list(dict.fromkeys(parts)) == list(range(num_parts))

    def heaviest(assignment: list[int]) -> int:
        return max(sum(n for n, p in zip(lengths, assignment, strict=True) if p == part) for part in range(num_parts))

    if lengths:
        assert heaviest(parts) <= room
        balanced = oracles.longest_first(lengths, num_parts)
        if heaviest(balanced) <= room:
            assert parts == balanced


@given(st.lists(st.integers(0, 50).map(float), max_size=40), st.integers(1, 9))
def test_placing_equals_dealing_in_waves(costs: list[float], num_ranks: int) -> None:
    ranks = _rust.place(np.array(costs, dtype=np.float64), num_ranks)
    assert ranks.tolist() == oracles.place(costs, num_ranks)
    counts = np.bincount(ranks, minlength=num_ranks)
    loads = np.bincount(ranks, weights=costs, minlength=num_ranks)
    assert counts.max() - counts.min() <= 1
    assert loads.max() - loads.min() <= max(costs, default=0)


@pytest.mark.parametrize("cost", [np.nan, np.inf, -np.inf])
def test_a_cost_that_is_not_finite_is_refused_by_row(cost: float) -> None:
    with pytest.raises(ValueError, match=r"row 1 has a cost of .* but it must be finite and at least 0"):
        _rust.place(np.array([0.0, cost]), 2)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([1.0]), r"expected a contiguous one-dimensional array of int64, got float64 of shape \[1\]"),
        (np.array([1], dtype=np.int32), r"got int32 of shape \[1\]"),
        (np.array([1], dtype=np.uint64), r"got uint64 of shape \[1\]"),
        (np.array([1], dtype=">i8"), r"got >i8 of shape \[1\]"),
        (np.ones((2, 2), dtype=np.int64), r"got int64 of shape \[2, 2\]"),
        (np.arange(1, 7)[::2], r"got strided int64 of shape \[3\]"),
        ([1, 2], r"expected a numpy array of int64, got <class 'list'>"),
        (None, r"expected a numpy array of int64, got <class 'NoneType'>"),
        (np.frombuffer(b"\0" * 17, dtype=np.uint8)[1:].view(np.int64), "expected an aligned array"),
    ],
)
def test_an_array_of_another_kind_is_refused_and_not_copied(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        _rust.pack(value, 5)


def test_other_threads_run_while_a_kernel_computes() -> None:
    # Many groups whose best fit is one too many, so that each needs the exact search: milliseconds each.
    group = [14, 13, 12, 11, 11, 9, 7, 7, 6, 6, 6, 5, 4, 4, 4, 1]
    groups = 100
    arguments = ints([1] * groups), ints(group * groups), ints(range(0, 16 * groups + 1, 16))
    worker = threading.Thread(target=_rust.split_groups, args=(*arguments, 21))
    moments = [time.perf_counter()]
    worker.start()
    while worker.is_alive():
        moments.append(time.perf_counter())
    # Were the GIL held, this thread would stand still for nearly all of the time.
    assert max(b - a for a, b in pairwise(moments)) < (moments[-1] - moments[0]) / 2
