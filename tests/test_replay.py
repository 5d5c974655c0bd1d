"""The difficulty memory against golden rows and an oracle, and as a part of the checkpoint."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import oracles
from qwenlong import _rust
from qwenlong.replay import Replay

GOLDEN = Path(__file__).parent / "golden/replay.jsonl"
ROWS = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]

Step = tuple[int, list[tuple[str, float, int]]]


def observe(memory: _rust.Memory, step: dict[str, Any]) -> None:
    sums, counts = np.array(step["sums"], dtype=np.float64), np.array(step["counts"], dtype=np.int64)
    memory.observe(step["ids"], step["phase"], sums, counts)


def group(*values: float) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["derivation"])
def test_the_golden_rows_hold(row: dict[str, Any]) -> None:
    memory = _rust.Memory()
    if "error" in row:
        with pytest.raises(ValueError, match=f"^{re.escape(row['error'])}$"):
            observe(memory, row["observations"][0])
        assert len(memory) == 0
        return
    for step in row["observations"]:
        observe(memory, step)
    assert memory.to_bytes().hex() == row["bytes"]
    for kept in (memory, _rust.Memory.from_bytes(memory.to_bytes())):
        assert kept.difficulty(row["difficulty"]["ids"]).tolist() == row["difficulty"]["values"]
        for query in row["candidates"]:
            assert kept.candidates(**{key: query[key] for key in query if key != "ids"}) == query["ids"]
        for query in row["draws"]:
            assert kept.draw(**{key: query[key] for key in query if key != "ids"}) == query["ids"]


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """Steps of a phase and observations of (example, sum of rewards, number of scored ones)."""
    observation = st.tuples(st.sampled_from("abcdefghij"), st.integers(0, 8), st.integers(0, 9))
    steps = draw(st.lists(st.tuples(st.integers(0, 3), st.lists(observation, max_size=8)), max_size=8))
    return [(phase, [(id_, eighths / 8 * count, count) for id_, eighths, count in seen]) for phase, seen in steps]


MODES = st.sampled_from(["zero_accuracy", "weighted"])
SEEDS = st.integers(0, 2**64 - 1)


@given(histories(), MODES, st.integers(0, 4), st.integers(0, 3), st.integers(0, 6), SEEDS)
def test_candidates_and_draws_equal_the_oracle(
    history: list[Step], mode: str, before_phase: int, drop_after: int, size: int, seed: int
) -> None:
    memory, oracle = _rust.Memory(), oracles.Memory()
    for phase, seen in history:
        ids, sums, counts = [x[0] for x in seen], [x[1] for x in seen], [x[2] for x in seen]
        observe(memory, {"ids": ids, "phase": phase, "sums": sums, "counts": counts})
        oracle.observe(ids, phase, sums, counts)
        memory = _rust.Memory.from_bytes(memory.to_bytes())  # saving at any moment changes nothing
    ids = list(oracle.observations)
    assert len(memory) == len(ids)
    assert memory.difficulty(ids).tolist() == [oracle.difficulty(id_) for id_ in ids]
    query: dict[str, Any] = {"before_phase": before_phase, "mode": mode, "drop_after": drop_after, "seed": seed}
    assert memory.candidates(max_examples=size, **query) == oracle.candidates(max_examples=size, **query)
    assert memory.draw(ids, size, mode, seed) == oracle.draw(ids, size, mode, seed)


def test_a_draw_depends_on_its_seed_alone_and_a_longer_one_begins_with_the_shorter() -> None:
    memory = _rust.Memory()
    ids = [f"example {i}" for i in range(50)]
    observe(memory, {"ids": ids, "phase": 0, "sums": [i % 5 for i in range(50)], "counts": [5] * 50})
    all_ = memory.draw(ids, 99, "weighted", 3)
    assert sorted(all_) == sorted(ids)
    assert memory.draw(ids, 7, "weighted", 3) == all_[:7]
    assert memory.draw(ids, 7, "weighted", 4) != all_[:7]


def test_weighted_draws_follow_difficulty() -> None:
    memory = _rust.Memory()
    # Of 3 rollouts 3, 1 and 0 right: (3 + 1) / (sum + 1) = 1, 2 and 4, so odds of 1, 2 and 4 in 7.
    observe(memory, {"ids": ["easy", "middling", "hard"], "phase": 0, "sums": [3, 1, 0], "counts": [3, 3, 3]})
    first = [memory.draw(["easy", "middling", "hard"], 1, "weighted", seed)[0] for seed in range(7000)]
    for id_, odds in (("easy", 1), ("middling", 2), ("hard", 4)):
        assert abs(first.count(id_) - 1000 * odds) < 5 * np.sqrt(7000 * odds / 7 * (1 - odds / 7))


def test_what_is_unknown_or_repeated_or_malformed_is_named() -> None:
    memory = _rust.Memory()
    observe(memory, {"ids": ["a"], "phase": 0, "sums": [0], "counts": [1]})
    with pytest.raises(KeyError, match='example "b" was never observed with a score'):
        memory.difficulty(["a", "b"])
    with pytest.raises(KeyError, match='example "b" was never observed'):
        memory.draw(["b"], 1, "zero_accuracy", 0)
    with pytest.raises(ValueError, match='example "a" stands twice among the candidates'):
        memory.draw(["a", "a"], 1, "weighted", 0)
    with pytest.raises(ValueError, match='mode is "hard" but must be "zero_accuracy" or "weighted"'):
        memory.draw(["a"], 1, "hard", 0)
    with pytest.raises(ValueError, match="k is -1 but must be at least 0"):
        memory.draw(["a"], -1, "weighted", 0)
    with pytest.raises(ValueError, match="drop_after is -2 but must be at least 0"):
        memory.candidates(1, "weighted", 0, -2, 0)
    with pytest.raises(OverflowError):
        memory.draw(["a"], 1, "weighted", -1)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:5], "replay memory is truncated: it ends after 5 bytes"),
        (lambda data: data[:-1], "replay memory is corrupt: its checksum is"),
        (lambda data: b"PK" + data[2:], "not a replay memory: the first bytes are not its magic"),
        (lambda data: data[:8] + b"\2" + data[9:], "replay memory has format version 2 but only version 1 is known"),
        (lambda data: data[:30] + bytes([data[30] ^ 1]) + data[31:], "replay memory is corrupt: its checksum is"),
    ],
)
def test_damaged_bytes_are_refused_with_what_is_wrong(damage: Any, message: str) -> None:
    memory = _rust.Memory()
    observe(memory, {"ids": ["a"], "phase": 0, "sums": [0], "counts": [1]})
    with pytest.raises(ValueError, match=message):
        _rust.Memory.from_bytes(damage(memory.to_bytes()))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    for bytes_ in (data, b"QWREPLAY\1\0\0\0" + data):
        with pytest.raises(ValueError, match="replay memory"):
            _rust.Memory.from_bytes(bytes_)


def test_threads_may_share_a_memory() -> None:
    memory = _rust.Memory()

    def work(name: str) -> None:
        for i in range(200):
            observe(memory, {"ids": [f"{name} {i}"], "phase": 0, "sums": [0], "counts": [1]})
            memory.candidates(1, "weighted", 3, 0, i)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(memory) == 800


def test_unscored_rollouts_are_left_out_and_an_unscored_group_changes_nothing() -> None:
    replay = Replay(mode="weighted", drop_after=2)
    nan = float("nan")
    replay.observe(phase=0, example_ids=["a", "b"], accuracies=[group(1, nan, 0), group(nan, nan)])
    assert len(replay) == 1
    assert replay.difficulty(["a"]).tolist() == [(2 + 1) / (1 + 1)]
    replay.observe(phase=1, example_ids=["a"], accuracies=[group(0, 0)])
    replay.observe(phase=1, example_ids=["a"], accuracies=[group(nan)])
    assert replay.candidates(before_phase=1, seed=0) == ["a"]  # unsolved once, not twice
    replay.observe(phase=1, example_ids=["a"], accuracies=[group(0)])
    assert replay.candidates(before_phase=1, seed=0) == []


def test_what_shaping_leaves_of_a_zero_is_zero() -> None:
    replay = Replay()
    # float32(0 - 0.3) + 0.3 is -1.2e-8.
    replay.observe(phase=0, example_ids=["a"], accuracies=[group(float(np.float32(-0.3)) + 0.3)])
    assert replay.candidates(before_phase=1, seed=0) == ["a"]


@pytest.mark.parametrize("value", [-0.5, 1.5, float("inf")])
def test_a_reward_on_another_scale_is_refused_and_nothing_is_taken_in(value: float) -> None:
    replay = Replay()
    with pytest.raises(ValueError, match=f"example 'b' has an accuracy of {value} but it must be within 0 and 1"):
        replay.observe(phase=0, example_ids=["a", "b"], accuracies=[group(0), group(1, value)])
    assert len(replay) == 0


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="mode is 'hard'"):
        Replay(mode="hard")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"share is 1\.5 but must be within 0 and 1"):
        Replay(share=1.5)
    with pytest.raises(ValueError, match="max_examples is -1"):
        Replay(max_examples=-1)
    with pytest.raises(ValueError, match="drop_after is -1"):
        Replay(drop_after=-1)
    with pytest.raises(ValueError, match="there are 1 example ids but 0 groups"):
        Replay().observe(phase=0, example_ids=["a"], accuracies=[])


def test_a_loaded_replay_goes_on_as_the_saved_one_would_have(tmp_path: Path) -> None:
    ids = [f"example {i}" for i in range(30)]
    stopped, never_stopped = (Replay(mode="weighted", max_examples=10) for _ in range(2))
    for replay in (stopped, never_stopped):
        replay.observe(phase=0, example_ids=ids, accuracies=[group(*(i % 4 > j for j in range(4))) for i in range(30)])
    stopped.save(tmp_path)
    resumed = Replay(mode="weighted", max_examples=10)
    resumed.load(tmp_path, Replay.version)
    for replay in (resumed, never_stopped):
        replay.observe(phase=1, example_ids=ids[:3], accuracies=[group(0, 0)] * 3)
    candidates = never_stopped.candidates(before_phase=1, seed=5)
    assert len(candidates) == 10
    assert resumed.candidates(before_phase=1, seed=5) == candidates
    assert resumed.draw(candidates, k=4, seed=6) == never_stopped.draw(candidates, k=4, seed=6)
    with pytest.raises(ValueError, match="replay was saved in version 2 but only version 1 is known"):
        resumed.load(tmp_path, 2)
