"""Groups to rows to micro-batches to ranks, by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import UNSCORED, group, rollout, scored
from qwenlong.packing import Target, build_row, digest, pack, place, rows, silent_row, targets
from qwenlong.records import Group, Prompt, Row


def trained(one: Group, **options: object) -> list[Target]:
    return targets(one, **({"aggregation": "token", "overlong_filter": False} | options))  # type: ignore[arg-type]


def three_responses() -> Group:
    return group([10, 11, 12], [[1, 2], [3], [4, 5, 6]], rewards=[1.0, 0.0, 0.5], advantages=[1.0, -1.0, 0.25])


def test_a_row_names_the_last_prompt_token_once_per_response() -> None:
    row = build_row(trained(three_responses()))
    assert row.token_ids.tolist() == [10, 11, 12, 1, 2, 3, 4, 5, 6]
    # Every response continues the prompt, so it begins at position P = 3.
    assert row.position_ids.tolist() == [0, 1, 2, 3, 4, 3, 3, 4, 5]
    assert row.segment_lengths.tolist() == [3, 2, 1, 3]
    assert row.segment_parents.tolist() == [-1, 0, 0, 0]
    # P - 1 = 2 predicts each first token; token 1 stands at 3, tokens 4 and 5 at 6 and 7.
    assert row.hidden_index.tolist() == [2, 3, 2, 2, 6, 7]
    assert row.labels.tolist() == [1, 2, 3, 4, 5, 6]
    assert row.advantages.tolist() == [1, 1, -1, 0.25, 0.25, 0.25]
    assert np.isnan(row.old_logprobs).all()
    assert np.isnan(row.reference_logprobs).all()
    assert row.rollout_logprobs.tolist() == [-1.0] * 6


@settings(max_examples=50, deadline=None)
@given(prompt=st.integers(1, 9), lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_every_target_is_the_token_after_the_one_that_predicts_it(prompt: int, lengths: list[int]) -> None:
    tokens = iter(range(100, 200))
    responses = [[next(tokens) for _ in range(n)] for n in lengths]
    row = build_row(trained(group(list(range(prompt)), responses, rewards=[0.0] * len(lengths))))
    found = dict(zip(row.labels.tolist(), row.hidden_index.tolist(), strict=True))
    for response in responses:
        assert found[response[0]] == prompt - 1
        for before, after in pairwise(response):
            assert row.token_ids[found[after]] == before


def test_sequence_weights_are_one_over_the_tokens_of_all_turns_of_a_rollout() -> None:
    one = rollout([1, 2], [3, 4], [5])
    both = Group(
        example_id="e", retrospective=False, prompt=Prompt(example_id="e", token_ids=np.array([1, 2], dtype=np.int32)),
        scored=(scored(one, 1.0),), advantages=np.array([2.0], dtype=np.float32), has_signal=True,
    )  # fmt: skip
    assert [item.weight for item in trained(both, aggregation="sequence")] == [1 / 3, 1 / 3]
    assert [item.weight for item in trained(both)] == [1.0, 1.0]
    assert [item.advantage for item in trained(both)] == [2.0, 2.0]


def test_a_group_above_the_cap_is_split_into_the_fewest_rows_with_the_prompt_repeated() -> None:
    # P = 3 and a cap of 7 leave 4 tokens for responses of 2, 1 and 3, 6 together: two rows, evenly filled.
    built = rows(trained(three_responses()), layout="shared", max_row_tokens=7)
    assert [row.token_ids.tolist() for row in built] == [[10, 11, 12, 1, 2, 3], [10, 11, 12, 4, 5, 6]]
    assert [row.hidden_index.tolist() for row in built] == [[2, 3, 2], [2, 3, 4]]
    # What is trained has not changed.
    assert np.concatenate([row.advantages for row in built]).tolist() == [1, 1, -1, 0.25, 0.25, 0.25]


def test_under_the_cap_a_group_is_one_row() -> None:
    assert [row.num_tokens for row in rows(trained(three_responses()), layout="shared", max_row_tokens=9)] == [9]


def test_in_the_full_layout_every_response_is_a_row_of_its_own() -> None:
    built = rows(trained(three_responses()), layout="full", max_row_tokens=100)
    assert [row.token_ids.tolist() for row in built] == [
        [10, 11, 12, 1, 2], [10, 11, 12, 3], [10, 11, 12, 4, 5, 6],
    ]  # fmt: skip
    assert [row.hidden_index.tolist() for row in built] == [[2, 3], [2], [2, 3, 4]]


def test_groups_of_different_prompts_never_share_a_row() -> None:
    other = group([10, 11, 13], [[7]], rewards=[1.0])
    built = rows(trained(three_responses()) + trained(other), layout="shared", max_row_tokens=100)
    assert [row.token_ids[:3].tolist() for row in built] == [[10, 11, 12], [10, 11, 13]]


@pytest.mark.parametrize("layout", ["shared", "full"])
def test_a_prompt_and_response_longer_than_a_row_are_refused_with_both_lengths_and_the_cap(layout: str) -> None:
    with pytest.raises(ValueError, match=r"3\D.*\D3\D.*\D5\b"):
        rows(trained(three_responses()), layout=layout, max_row_tokens=5)  # type: ignore[arg-type]


def test_pack_fills_bins_and_refuses_what_does_not_fit() -> None:
    # 6 alone, then 5 + 3, then 4 + 2: decreasing, into the tightest bin of 8 that fits (2 joins 6).
    assert sorted(sorted(bin_.tolist()) for bin_ in pack([2, 3, 4, 5, 6], capacity=8)) == [[0, 4], [1, 3], [2]]
    with pytest.raises(ValueError, match=r"9"):
        pack([9], capacity=8)


def test_a_silent_row_has_one_target_of_weight_zero_and_no_gap() -> None:
    row = silent_row()
    assert (row.num_tokens, row.num_targets) == (2, 1)
    assert row.weights.tolist() == [0.0]
    assert row.advantages.tolist() == [0.0]
    for values in (row.old_logprobs, row.reference_logprobs):
        assert values.tolist() == [0.0]  # NaN times a weight of zero would be NaN


def some_rows(lengths: list[int]) -> list[Row]:
    return [
        rows(trained(group([1] * n, [[2]], rewards=[1.0])), layout="full", max_row_tokens=100)[0]
        for n in lengths
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(lengths=st.lists(st.integers(1, 30), max_size=12), ranks=st.integers(1, 5), cap=st.integers(1, 40))
def test_every_rank_runs_as_many_micro_batches_and_every_row_is_placed_once(
    lengths: list[int], ranks: int, cap: int
) -> None:
    items = some_rows(lengths)
    plan = place(items, num_ranks=ranks, max_batch_tokens=cap)
    assert len(plan) == ranks
    assert len({len(batches) for batches in plan}) == 1
    assert len(plan[0]) >= 1
    placed = [row for batches in plan for batch in batches for row in batch]
    assert sorted(id(row) for row in placed if row.weights.any()) == sorted(id(row) for row in items)
    for batch in (batch for batches in plan for batch in batches):
        assert len(batch) == 1 or sum(row.num_tokens for row in batch) <= cap


def test_ranks_without_a_row_get_a_silent_one() -> None:
    plan = place(some_rows([20]), num_ranks=3, max_batch_tokens=10)
    assert sorted(batches[0][0].num_tokens for batches in plan) == [2, 2, 21]
    nothing = place([], num_ranks=2, max_batch_tokens=10)
    assert [[row.weights.tolist() for row in batch] for batches in nothing for batch in batches] == [[[0.0]], [[0.0]]]


def test_the_longest_micro_batches_are_spread_over_the_ranks() -> None:
    plan = place(some_rows([29, 28, 9, 8]), num_ranks=2, max_batch_tokens=30)
    # Each row alone (30, 29, 10, 9 tokens; 10 + 9 would share): bins 30, 29, 19 and a silent fourth.
    loads = sorted(sum(row.num_tokens for batch in batches for row in batch) for batches in plan)
    assert loads == [30 + 2, 29 + 19]


def test_the_digest_changes_with_any_advantage_token_weight_or_place() -> None:
    items = rows(trained(three_responses()), layout="full", max_row_tokens=100)
    plan = place(items, num_ranks=2, max_batch_tokens=5)
    assert digest(plan) == digest(place(items, num_ranks=2, max_batch_tokens=5))
    one, two, three = items
    same_order = [
        [[[one], [two, three]]],
        [[[one, two], [three]]],
        [[[one]], [[two, three]]],
        [[[one, two]], [[three]]],
    ]
    assert len({digest(other) for other in same_order}) == 4
    others = [plan[::-1], [[*plan[0][::-1]], plan[1]] if len(plan[0]) > 1 else [plan[0], plan[1][::-1]]]
    for number, row in enumerate(items):
        for field, value in (("advantages", 1e-3), ("weights", 0.5), ("token_ids", 1)):
            array = getattr(row, field).copy()
            array[-1] += array.dtype.type(value)
            changed = [*items[:number], replace(row, **{field: array}), *items[number + 1 :]]
            others.append(place(changed, num_ranks=2, max_batch_tokens=5))
    assert len({digest(plan), *(digest(other) for other in others)}) == 1 + len(others)


def test_a_group_without_a_verdict_gives_no_targets() -> None:
    silent = group([1], [[2], [3]], rewards=[UNSCORED, UNSCORED], advantages=[0.0, 0.0])
    assert trained(silent) == []
    assert rows([], layout="shared", max_row_tokens=10) == []


@pytest.mark.parametrize("lengths", [[1.5, 2.5], np.array([1.0, 2.0]), ["1", "2"]])
def test_lengths_that_are_no_whole_numbers_are_refused(lengths: Any) -> None:
    with pytest.raises(TypeError, match="must be whole numbers"):
        pack(lengths, capacity=8)
