"""Rollouts to a file and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import group
from qwenlong.records import (
    Finish,
    Group,
    Prompt,
)
from qwenlong.written import read_groups, write_groups


def some_groups() -> list[Group]:
    finishes = [Finish.STOPPED, Finish.LENGTH]
    first = group([1, 2], [[3, 4], [5]], rewards=[1.0, 0.0], finishes=finishes, example_id="a")
    values = np.array([-0.1, -1 / 3], dtype=np.float32)
    first.scored[0].rollout.turns[0].logprobs[:] = values
    return [first, group([9], [[8]], rewards=[0.0], example_id="b", retrospective=True)]


def prompts_of(groups: Sequence[Group]) -> Callable[[str], Prompt]:
    return {one.example_id: one.prompt for one in groups}.__getitem__


def test_written_groups_are_read_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "groups.jsonl"
    groups = some_groups()
    write_groups(path, groups[:1], phase=0, step=0)
    write_groups(path, groups[1:], phase=1, step=4)
    written = read_groups(path)
    assert sorted(written.by_step) == [(0, 0), (1, 4)]
    for one, (phase, step) in zip(groups, [(0, 0), (1, 4)], strict=True):
        size = len(one.scored)
        [(prompt, rollouts, retrospective)] = written.groups(
            phase=phase, step=step, prompt_of=prompts_of(groups), group_size=size, max_tokens=2
        )
        assert (prompt.example_id, retrospective) == (one.example_id, one.retrospective)
        assert prompt.token_ids.tolist() == one.prompt.token_ids.tolist()
        assert prompt.token_ids.dtype == np.int32
        for read, kept in zip(rollouts, one.scored, strict=True):
            before, after = kept.rollout.turns[0], read.turns[0]
            assert (read.example_id, read.sample) == (kept.rollout.example_id, kept.rollout.sample)
            assert after.response_ids.tolist() == before.response_ids.tolist()
            assert after.logprobs.tobytes() == before.logprobs.tobytes()
            assert after.finish is before.finish
            assert after.prompt_ids.tolist() == before.prompt_ids.tolist()


def test_a_step_that_was_not_written_is_named_counting_from_one(tmp_path: Path) -> None:
    path = tmp_path / "groups.jsonl"
    write_groups(path, some_groups(), phase=0, step=0)
    with pytest.raises(ValueError, match="holds no rollouts of phase 1, step 2: write them with the same phases"):
        read_groups(path).groups(phase=0, step=1, prompt_of=prompts_of(some_groups()), group_size=2, max_tokens=2)


def test_a_prompt_that_is_another_in_this_run_is_named(tmp_path: Path) -> None:
    path = tmp_path / "groups.jsonl"
    write_groups(path, some_groups()[1:], phase=0, step=0)
    others = [group([1, 2], [[3]], rewards=[0.0], example_id="a"), group([9, 9], [[8]], rewards=[0.0], example_id="b")]
    written = read_groups(path)
    with pytest.raises(ValueError, match="the prompt of b is another one in this run"):
        written.groups(phase=0, step=0, prompt_of=prompts_of(others), group_size=1, max_tokens=2)


@pytest.mark.parametrize(("group_size", "max_tokens"), [(3, 2), (2, 1)])
def test_groups_of_other_settings_are_refused(tmp_path: Path, group_size: int, max_tokens: int) -> None:
    path = tmp_path / "groups.jsonl"
    write_groups(path, some_groups()[:1], phase=0, step=0)
    found = (
        f"a has 2 responses of up to 2 tokens, but this run has groups of {group_size} and at most {max_tokens} tokens"
    )
    written = read_groups(path)
    with pytest.raises(ValueError, match=found):
        written.groups(
            phase=0, step=0, prompt_of=prompts_of(some_groups()), group_size=group_size, max_tokens=max_tokens
        )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"rollouts.read names .*nowhere.jsonl, which does not exist"):
        read_groups(tmp_path / "nowhere.jsonl")


def without(key: str) -> dict[str, Any]:
    record = valid()
    del record[key]
    return record


def valid() -> dict[str, Any]:
    response = {"ids": [3, 4], "logprobs": [-0.5, -0.5], "finish": "stopped"}
    return {
        "phase": 0, "step": 0, "example_id": "a", "retrospective": False, "prompt_ids": [1, 2], "responses": [response],
    }  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "{", "", "[]", "3", '"text"',
        *(json.dumps(without(key)) for key in valid()),
        json.dumps(valid() | {"responses": [{"ids": [3], "logprobs": [-0.5, -0.5], "finish": "stopped"}]}),
        json.dumps(valid() | {"responses": [{"ids": [], "logprobs": [], "finish": "stopped"}]}),
        json.dumps(valid() | {"responses": [{"ids": [3], "logprobs": [-0.5], "finish": "vanished"}]}),
        json.dumps(valid() | {"prompt_ids": [2**40]}),
        json.dumps(valid() | {"prompt_ids": ["a"]}),
        json.dumps(valid() | {"phase": "first"}),
    ],
)  # fmt: skip
def test_a_broken_line_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "groups.jsonl"
    path.write_text(f"{json.dumps(valid())}\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=r"groups.jsonl:2: not a group of rollouts"):
        read_groups(path)


def test_kept_sets_go_through_the_file(tmp_path: Path) -> None:
    sets = tuple(np.array(ids, dtype=np.int32) for ids in ([4, 9], [5], [6, 7, 8]))
    one = group([1, 2], [[3, 4, 5]], rewards=[1.0])
    turn = replace(one.scored[0].rollout.turns[0], kept_tokens=sets)
    told = replace(one, scored=(replace(one.scored[0], rollout=replace(one.scored[0].rollout, turns=(turn,))),))
    path = tmp_path / "groups.jsonl"
    write_groups(path, [told], phase=0, step=0)
    [(_, [back], _)] = read_groups(path).by_step[0, 0]
    assert [ids.tolist() for ids in back.turns[0].kept_tokens or ()] == [[4, 9], [5], [6, 7, 8]]
