"""Credit, overlong penalty and pass@k against golden rows, oracles and numbers derived by hand."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import oracles
from qwenlong import _rust
from qwenlong.advantages import credit, overlong_penalty, pass_at_k

ROWS = [
    json.loads(line) for line in (Path(__file__).parent / "golden/advantages.jsonl").read_text("utf-8").splitlines()
]


def rewards_of(values: Any) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)  # None becomes NaN


def check(row: dict[str, Any]) -> None:
    tolerance = row.get("tolerance", 0)
    match row["kernel"]:
        case "group_advantages":
            offsets = np.array(row["offsets"], dtype=np.int64)
            advantages, has_signal = _rust.group_advantages(
                rewards_of(row["rewards"]), offsets, row["epsilon"], row["divide_by_std"]
            )
            assert [str(advantages.dtype), str(has_signal.dtype)] == ["float32", "bool"]
            np.testing.assert_allclose(advantages, row["advantages"], rtol=0, atol=tolerance)
            assert has_signal.tolist() == row["has_signal"]
        case "pass_at_k":
            estimates = pass_at_k(row["num_samples"], row["num_correct"], k=row["k"])
            np.testing.assert_allclose(estimates, row["estimates"], rtol=0, atol=tolerance)
        case kernel:
            raise AssertionError(kernel)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["derivation"])
def test_the_golden_rows_hold(row: dict[str, Any]) -> None:
    if "error" in row:
        with pytest.raises(ValueError, match=f"^{re.escape(row['error'])}$"):
            check(row)
    else:
        check(row)


REWARDS = st.sampled_from([0.0, 1.0, math.nan]) | st.floats(-2, 2, width=32)


@given(st.lists(st.lists(REWARDS, max_size=12), max_size=6), st.sampled_from(["std", "none"]))
def test_credit_of_ragged_groups_follows_the_formula(groups: list[list[float]], scale: Any) -> None:
    result = credit([rewards_of(group) for group in groups], scale=scale)
    assert len(result.advantages) == len(result.has_signal) == len(groups)
    for group, advantages, has_signal in zip(groups, result.advantages, result.has_signal, strict=True):
        assert advantages.dtype == np.float32
        expected = oracles.advantages(group, epsilon=1e-6, divide_by_std=scale == "std")
        np.testing.assert_allclose(advantages, expected, rtol=1e-5, atol=1e-12)
        assert has_signal == (len({reward for reward in group if not math.isnan(reward)}) > 1)


def test_a_missing_verdict_is_not_a_wrong_answer() -> None:
    # Scored: 1, 0; mean 1/2, std sqrt(1/2). Were the missing one 0, the mean would be 1/3.
    (advantages,) = credit([rewards_of([1, None, 0])]).advantages
    np.testing.assert_allclose(advantages, [0.5 / math.sqrt(0.5), 0, -0.5 / math.sqrt(0.5)], atol=1e-5)
    assert advantages[1] == 0


def test_equal_rewards_carry_no_signal_and_rewards_one_bit_apart_do() -> None:
    result = credit([rewards_of([0.1] * 7), rewards_of([0.1] * 6 + [np.nextafter(np.float32(0.1), np.float32(1))])])
    assert result.has_signal.tolist() == [False, True]
    assert not result.advantages[0].any()
    assert result.advantages[1].all()


def test_no_groups_have_no_credit() -> None:
    result = credit([])
    assert result.advantages == ()
    assert result.has_signal.tolist() == []


def test_bad_rewards_are_named() -> None:
    with pytest.raises(ValueError, match="reward 2 is inf but must be finite"):
        credit([rewards_of([1]), rewards_of([0, np.inf])])
    with pytest.raises(TypeError, match="rewards of group 1 are float64 but must be float32"):
        credit([rewards_of([1]), np.array([0.0])])
    with pytest.raises(ValueError, match=r"rewards of group 0 have shape \(1, 2\)"):
        credit([rewards_of([[1, 2]])])
    with pytest.raises(ValueError, match="scale is 'max'"):
        credit([], scale="max")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="epsilon is NaN"):
        credit([rewards_of([1, 0])], epsilon=math.nan)


@pytest.mark.parametrize(
    ("num_tokens", "penalty"),
    # L_max 10,000 and L_cache 1,000: from 9,000 on a thousandth a token.
    [(1, 0), (9000, 0), (9001, -0.001), (9250, -0.25), (9500, -0.5), (9999, -0.999), (10_000, -1)],
)
def test_the_overlong_penalty_falls_over_the_buffer(num_tokens: int, penalty: float) -> None:
    assert overlong_penalty(num_tokens, max_tokens=10_000, buffer_tokens=1000) == pytest.approx(penalty, abs=1e-12)
    assert overlong_penalty(num_tokens, max_tokens=10_000, buffer_tokens=1000, factor=0.5) == pytest.approx(penalty / 2)


@pytest.mark.parametrize("buffer", [0, -1, 101])
def test_an_overlong_buffer_outside_the_limit_is_refused(buffer: int) -> None:
    with pytest.raises(ValueError, match=f"buffer_tokens is {buffer} but must be within 1 and max_tokens, 100"):
        overlong_penalty(1, max_tokens=100, buffer_tokens=buffer)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_equals_exact_binomials(case: tuple[int, int, int]) -> None:
    num_samples, num_correct, k = case
    estimate = pass_at_k([num_samples], [num_correct], k=k)
    assert estimate.dtype == np.float64
    assert estimate[0] == pytest.approx(oracles.pass_at_k(*case), abs=1e-12)


def test_pass_at_k_is_not_the_biased_estimate() -> None:
    # With replacement 4 of 16 would give 1 - (12/16)^8 = 0.8999 at 8; without it 25/26.
    assert pass_at_k(np.array([16]), np.array([4]), k=8)[0] == pytest.approx(25 / 26)
