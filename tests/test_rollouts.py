"""Prompts to rollouts through any engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import Alone, EchoEngine, scored
from qwenlong.records import (
    Completion,
    Draw,
    Prompt,
    Request,
    Rollout,
    Sampling,
    Scored,
    StaleWeightsError,
)
from qwenlong.rollouts import (
    answer,
    merge,
    push_weights,
    rolling_out,
    sample,
    score_written,
    share,
)

SAMPLING = Sampling(max_tokens=8)


def prompts(count: int) -> list[Prompt]:
    return [Prompt(example_id=f"e{i}", token_ids=np.array([1, 10 + i], dtype=np.int32)) for i in range(count)]


def ask(engine: EchoEngine, asked: Sequence[Prompt], **options: Any) -> list[list[Rollout]]:
    how: dict[str, Any] = {"group_size": 3, "seed": 5, "purpose": "rollout", "step": 2, "weight_version": 0}
    return sample(engine, asked, sampling=SAMPLING, **(how | options))


def tokens(groups: Sequence[Sequence[Rollout]]) -> list[list[list[int]]]:
    return [[rollout.turns[0].response_ids.tolist() for rollout in one] for one in groups]


@given(items=st.lists(st.integers(), max_size=20), count=st.integers(1, 7))
def test_merge_undoes_share_for_any_number_of_engines(items: list[int], count: int) -> None:
    parts = [share(items, EchoEngine(index=i, count=count)) for i in range(count)]
    assert merge(parts) == items
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_completions_in_any_order_become_groups_in_the_order_of_prompts() -> None:
    groups = ask(EchoEngine(), prompts(2))
    # The engine answers with the last prompt token, the sample, and a mark of the seed.
    assert [[ids[:2] for ids in one] for one in tokens(groups)] == [
        [[10, 0], [10, 1], [10, 2]], [[11, 0], [11, 1], [11, 2]],
    ]  # fmt: skip
    assert [(rollout.example_id, rollout.sample) for rollout in groups[1]] == [("e1", 0), ("e1", 1), ("e1", 2)]
    assert groups[1][0].turns[0].prompt_ids.tolist() == [1, 11]


def test_draws_are_named_by_seed_purpose_step_and_example() -> None:
    engine = EchoEngine()
    ask(engine, prompts(2))
    assert [request.seed for request in engine.requests] == [
        Draw(seed=5, purpose="rollout", step=2, example=name).key for name in ("e0", "e1")
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_any_number_of_engines_gives_the_same_rollouts(count: int) -> None:
    alone = tokens(ask(EchoEngine(), prompts(4)))
    parts = [
        ask(engine, share(prompts(4), engine)) for engine in (EchoEngine(index=i, count=count) for i in range(count))
    ]
    assert tokens(merge(parts)) == alone


def test_without_prompts_the_engine_is_not_asked() -> None:
    engine = EchoEngine()
    assert ask(engine, []) == []
    assert engine.requests == []


def test_stale_weights_raise_with_both_versions() -> None:
    with pytest.raises(StaleWeightsError, match="answered with weights 3, the policy has 4"):
        ask(EchoEngine(version=3), prompts(1), weight_version=4)


class Lossy(EchoEngine):
    """Leaves out, or says twice, the first completion."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterable[Completion]:
        first, *rest = super().generate(requests, sampling)
        return [first] * self.times + rest


def test_a_lost_completion_raises_with_the_numbers() -> None:
    with pytest.raises(RuntimeError, match="lost 1 of 6 completions"):
        ask(Lossy(0), prompts(2))


def test_a_repeated_completion_raises_and_names_the_sample() -> None:
    with pytest.raises(RuntimeError, match="answered sample 2 of request 1 twice"):
        ask(Lossy(2), prompts(2))


def marked(groups: Sequence[Sequence[Rollout]]) -> list[list[Scored]]:
    return [[scored(rollout, float(rollout.sample)) for rollout in one] for one in groups]


def answers(engine: EchoEngine, ranks: Alone) -> list[list[Scored]]:
    return answer(
        engine, prompts(5), score=marked, ranks=ranks, sampling=SAMPLING, group_size=2, seed=5, purpose="rollout",
        step=2, weight_version=0,
    )  # fmt: skip


def test_answers_of_two_engines_are_gathered_in_the_order_of_prompts() -> None:
    def second(_: Any) -> Any:
        engine = EchoEngine(index=1, count=2)
        return 1, marked(ask(engine, share(prompts(5), engine), group_size=2))

    both = answers(EchoEngine(index=0, count=2), Alone(size=2, others=(second,)))
    alone = answers(EchoEngine(), Alone())
    assert [[one.rollout.example_id for one in group_] for group_ in both] == [[f"e{i}"] * 2 for i in range(5)]
    assert tokens([[one.rollout for one in group_] for group_ in both]) == tokens(
        [[one.rollout for one in group_] for group_ in alone]
    )
    assert [one.reward for one in both[4]] == [0.0, 1.0]


@pytest.mark.parametrize("leads", [True, False])
def test_what_an_engine_of_two_ranks_sampled_is_scored_by_one_of_them(leads: bool) -> None:
    asked: list[int] = []

    def judged(groups: Sequence[Sequence[Rollout]]) -> list[list[Scored]]:
        asked.append(len(groups))
        return marked(groups)

    engine = EchoEngine(leads=leads)

    def other(value: Any) -> Any:
        index, part = value
        assert (part is None) is not leads
        return index, None if leads else marked(ask(EchoEngine(), prompts(5), group_size=2))

    how: dict[str, Any] = {"sampling": SAMPLING, "group_size": 2, "seed": 5, "purpose": "rollout", "step": 2}
    ranks = Alone(size=2, others=(other,))
    both = answer(engine, prompts(5), score=judged, ranks=ranks, weight_version=0, **how)
    assert asked == ([5] if leads else [])
    assert len(engine.requests) == 5, "the ranks of an engine sample together"
    assert len(both) == 5
    written = [[one.rollout for one in group_] for group_ in both]
    again = score_written(engine, written, score=judged, ranks=Alone(size=2, others=(other,)))
    assert asked == ([5, 5] if leads else [])
    assert len(again) == 5


def test_weights_are_pushed_bucket_by_bucket_with_their_version() -> None:
    class Source:
        version = 7

        def weights(self) -> Iterable[list[tuple[str, int]]]:
            yield [("a", 1), ("b", 2)]
            yield [("c", 3)]

    engine = EchoEngine()
    push_weights(Source(), engine)  # type: ignore[arg-type]
    assert (engine.received, engine.version) == ([("a", 1), ("b", 2), ("c", 3)], 7)


class Recorder(EchoEngine):
    """Writes down what is asked of engine and trainer, in order."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__()
        self.calls = calls

    def load_weights(self, pairs: Iterable[tuple[str, Any]], version: int) -> None:
        super().load_weights(pairs, version)
        self.calls.append(f"push {[name for name, _ in self.received]}")

    def sleep(self) -> None:
        self.calls.append("sleep")

    def wake(self, part: str) -> None:
        self.calls.append(f"wake {part}")


class Trainer:
    """A source of two buckets."""

    version = 3

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls

    def weights(self) -> Iterator[list[tuple[str, Any]]]:
        yield [("a", 0), ("b", 1)]
        yield [("c", 2)]

    def offload(self) -> None:
        self.calls.append("offload")

    def reload(self) -> None:
        self.calls.append("reload")


def test_engine_and_trainer_take_turns_with_the_memory() -> None:
    calls: list[str] = []
    engine = Recorder(calls)
    with rolling_out(Trainer(calls), engine):
        calls.append("roll out")
    before = ["wake weights", "push ['a', 'b', 'c']", "offload", "wake cache"]
    assert calls == [*before, "roll out", "sleep", "reload"]
    assert engine.version == 3
    calls.clear()
    with pytest.raises(RuntimeError, match="judge"), rolling_out(Trainer(calls), engine):
        raise RuntimeError("the judge is gone")
    assert calls == [*before, "sleep", "reload"]


def test_kept_sets_go_with_the_rollouts() -> None:
    sets = tuple(np.array(ids, dtype=np.int32) for ids in ([4, 9], [5], [6, 7, 8]))

    class Keeping(EchoEngine):
        def completion(self, request: Request, sample: int, sampling: Sampling) -> Completion:
            return replace(super().completion(request, sample, sampling), kept_tokens=sets)

    [[rollout]] = ask(Keeping(), prompts(1), group_size=1)
    kept = rollout.turns[0].kept_tokens
    assert kept is not None
    assert [ids.tolist() for ids in kept] == [[4, 9], [5], [6, 7, 8]]
