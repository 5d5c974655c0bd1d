"""The curriculum: which examples a step trains on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qwenlong.phases import Choice, Curriculum, EndlessPool, FixedPool
from qwenlong.replay import Replay

SEED = 7


def pool(prefix: str, size: int, *, phase: int = 0, seed: int = SEED) -> FixedPool:
    return FixedPool(ids=tuple(f"{prefix}{i}" for i in range(size)), seed=seed, phase=phase)


def names(choices: list[Choice], *, retrospective: bool | None = None) -> list[str]:
    return [c.example_id for c in choices if retrospective is None or c.retrospective == retrospective]


def curriculum(*, replay: Replay | None = None, share: float = 0.25, sizes: tuple[int, int] = (8, 20)) -> Curriculum:
    return Curriculum(
        pools=(pool("short", sizes[0]), pool("long", sizes[1], phase=1)), replay=replay, share=share, seed=SEED
    )


def observed(accuracies: dict[str, float], *, mode: str = "zero_accuracy", replay: Replay | None = None) -> Replay:
    replay = replay or Replay(mode=mode)  # type: ignore[arg-type]
    replay.observe(
        phase=0,
        example_ids=list(accuracies),
        accuracies=[
            np.array([1.0] * round(4 * a) + [0.0] * (4 - round(4 * a)), dtype=np.float32) for a in accuracies.values()
        ],
    )
    return replay


def test_an_epoch_holds_every_example_once_and_the_next_has_another_order() -> None:
    one = pool("e", 30)
    first, position = one.take(0, 30, exclude=())
    second, end = one.take(position, 30, exclude=())
    assert (position, end) == (30, 60)
    assert sorted(first) == sorted(second) == sorted(one.ids)
    assert first != second
    assert first != list(one.ids)


def test_an_order_depends_on_seed_and_phase_alone() -> None:
    assert pool("e", 30).take(0, 30, exclude=()) == pool("e", 30).take(0, 30, exclude=())
    others = [pool("e", 30, seed=8).take(0, 30, exclude=())[0], pool("e", 30, phase=1).take(0, 30, exclude=())[0]]
    assert pool("e", 30).take(0, 30, exclude=())[0] not in others


def test_small_takes_give_what_one_large_take_gives() -> None:
    whole, _ = pool("e", 10).take(0, 10, exclude=())
    pieces, position = list[str](), 0
    for count in (3, 1, 4, 2):
        found, position = pool("e", 10).take(position, count, exclude=())
        pieces += found
    assert pieces == whole


def test_no_example_stands_twice_in_a_batch_that_crosses_an_epoch() -> None:
    one = pool("e", 5)
    for start in range(5):
        found, _ = one.take(start, 5, exclude=())
        assert sorted(found) == sorted(one.ids)


def test_a_pool_smaller_than_the_batch_gives_all_it_has() -> None:
    found, position = pool("e", 3).take(0, 10, exclude=("e1",))
    assert sorted(found) == ["e0", "e2"]
    assert position == 6


def test_excluded_examples_are_passed_over() -> None:
    everything, _ = pool("e", 10).take(0, 10, exclude=())
    found, position = pool("e", 10).take(0, 3, exclude=everything[:2])
    assert found == everything[2:5]
    assert position == 5


def test_an_endless_pool_never_repeats() -> None:
    endless = EndlessPool(name=lambda i: f"n{i}")
    assert endless.take(0, 2, exclude=("n0",)) == (["n0", "n1"], 2)
    assert endless.take(2, 2, exclude=()) == (["n2", "n3"], 4)


def test_a_phase_draws_from_its_own_pool_from_the_start() -> None:
    one = curriculum()
    one.begin(0)
    assert {name[:5] for name in names(one.choose(6))} == {"short"}
    one.step = 3
    one.begin(1)
    assert (one.phase, one.step, one.position) == (1, 0, 0)
    assert names(one.choose(6)) == pool("long", 20, phase=1).take(0, 6, exclude=())[0]


def test_a_refill_repeats_neither_the_kept_nor_the_dropped() -> None:
    one = curriculum(sizes=(6, 20))
    one.begin(0)
    first = names(one.choose(4))
    assert sorted([*first, *names(one.refill(2, exclude=first))]) == sorted(f"short{i}" for i in range(6))
    # Everything was seen in this step: nothing is left to refill with.
    assert one.refill(2, exclude=[f"short{i}" for i in range(6)]) == []


def test_without_an_earlier_phase_nothing_comes_back() -> None:
    one = curriculum(replay=observed({"short0": 0.0}))
    one.begin(0)
    assert one.retrospective == [[]]
    assert names(one.choose(4), retrospective=True) == []


def test_only_the_never_right_come_back_in_a_later_phase() -> None:
    one = curriculum(replay=observed({"short0": 0.0, "short1": 0.25, "short2": 1.0, "short3": 0.0}), share=0.5)
    one.begin(0)
    one.begin(1)
    assert one.retrospective == [[], ["short0", "short3"]]
    chosen = one.choose(4)
    assert sorted(names(chosen, retrospective=True)) == ["short0", "short3"]
    assert len(names(chosen, retrospective=False)) == 2
    assert chosen[0].retrospective


@pytest.mark.parametrize(
    ("share", "count", "wanted"),
    [(0.25, 8, 2), (0.25, 7, 1), (0.29, 100, 29), (1.0, 4, 4), (0.0, 8, 0), (0.2, 4, 0), (0.5, 300, 150)],
)
def test_the_share_is_a_maximum(share: float, count: int, wanted: int) -> None:
    replay = observed({f"short{i}": 0.0 for i in range(200)})
    one = curriculum(replay=replay, share=share, sizes=(200, 400))
    one.begin(0)
    one.begin(1)
    chosen = one.choose(count)
    assert (len(names(chosen, retrospective=True)), len(chosen)) == (wanted, count)
    assert len(set(names(chosen))) == count


def test_an_example_that_comes_back_is_not_drawn_as_new_too() -> None:
    replay = observed({f"both{i}": 0.0 for i in range(4)})
    one = Curriculum(pools=(pool("both", 4), pool("both", 8, phase=1)), replay=replay, share=0.5, seed=SEED)
    one.begin(0)
    one.begin(1)
    chosen = one.choose(8)
    assert len(names(chosen, retrospective=True)) == 4
    assert sorted(names(chosen)) == sorted(f"both{i}" for i in range(8))


def test_fewer_candidates_than_the_share_leave_room_for_new_examples() -> None:
    one = curriculum(replay=observed({"short0": 0.0}), share=0.5)
    one.begin(0)
    one.begin(1)
    chosen = one.choose(8)
    assert (len(names(chosen, retrospective=True)), len(chosen)) == (1, 8)


def test_the_retrospective_set_is_fixed_when_the_phase_begins() -> None:
    replay = observed({"short0": 0.0, "short1": 0.5})
    one = curriculum(replay=replay, share=1.0)
    one.begin(0)
    one.begin(1)
    observed({"short0": 1.0, "short1": 0.0}, replay=replay)
    for step in range(3):
        one.step = step
        assert names(one.choose(2), retrospective=True) == ["short0"]


def test_replay_switched_off_brings_nothing_back() -> None:
    one = curriculum(replay=None)
    one.begin(0)
    one.begin(1)
    assert names(one.choose(8), retrospective=True) == []
    assert one.retrospective == [[], []]


def test_every_step_draws_anew_from_the_set() -> None:
    one = curriculum(replay=observed({f"short{i}": 0.0 for i in range(40)}), share=0.5, sizes=(40, 400))
    one.begin(0)
    one.begin(1)
    draws = []
    for step in range(4):
        one.step = step
        draws.append(tuple(names(one.choose(8), retrospective=True)))
    assert len(set(draws)) == 4


def test_weighted_mode_draws_the_harder_more_often() -> None:
    # Difficulty (G + 1) / (sum + 1): 5 for 0 of 4 and 5 / 4 for 3 of 4, so the hard are 80% of a draw of one.
    accuracies = {f"hard{i}": 0.0 for i in range(10)} | {f"soft{i}": 0.75 for i in range(10)} | {"solved": 1.0}
    one = curriculum(replay=observed(accuracies, mode="weighted"), share=0.5)
    one.begin(0)
    one.begin(1)
    assert sorted(one.retrospective[1]) == sorted(set(accuracies) - {"solved"})
    hard = 0
    for step in range(1000):
        one.step = step
        hard += names(one.choose(2), retrospective=True)[0].startswith("hard")
    # 800 expected, standard deviation sqrt(1000 * 0.8 * 0.2) = 12.6.
    assert abs(hard - 800) < 4 * 12.65


def test_a_saved_and_loaded_curriculum_equals_one_never_stopped(tmp_path: Path) -> None:
    replay = observed({f"short{i}": 0.0 for i in range(8)})

    def play(one: Curriculum, steps: int) -> list[list[Choice]]:
        done = []
        for _ in range(steps):
            done.append([*one.choose(4), *one.refill(1, exclude=())])
            one.step += 1
        return done

    whole, first = (curriculum(replay=replay, share=0.5) for _ in range(2))
    for one in (whole, first):
        one.begin(0)
        play(one, 3)
        one.begin(1)
    wanted = play(whole, 7)
    assert play(first, 3) == wanted[:3]
    first.save(tmp_path)
    second = curriculum(replay=replay, share=0.5)
    second.load(tmp_path, 1)
    assert (second.phase, second.step, second.position) == (1, 3, first.position)
    assert second.retrospective == first.retrospective
    assert play(second, 4) == wanted[3:]
