"""Groups to rows, rows to micro-batches, micro-batches onto ranks.

A row is a prompt and some of the responses that share it. In the `shared` layout a group is one row, split into the
fewest only where it would exceed the cap; in the `full` layout every response is a row of its own, the prompt repeated.
What is trained is the same in both: advantages, baselines and token counts are fixed before rows exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qwenlong import _rust
from qwenlong.records import Finish, Group, Row, Turn

Layout = Literal["shared", "full"]
Aggregation = Literal["token", "sequence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One turn to train on and what its tokens are worth."""

    turn: Turn
    """Prompt and response."""
    advantage: float
    """Of the rollout, the same for every token."""
    weight: float
    """Of every token of the response."""


def pack(lengths: Sequence[int] | NDArray[np.int64], *, capacity: int) -> list[NDArray[np.int64]]:
    """Best-fit-decreasing plan of lengths into bins: the ids of each bin.

    Raises:
        ValueError: a length is not positive or above `capacity`.
        TypeError: the lengths are not whole numbers.
    """
    lengths = np.asarray(lengths) if len(lengths) else np.zeros(0, dtype=np.int64)
    if lengths.dtype.kind not in "iu":
        raise TypeError(f"lengths are {lengths.dtype} but must be whole numbers")
    ids, offsets = _rust.pack(np.ascontiguousarray(lengths, dtype=np.int64), capacity)
    return [ids[a:b] for a, b in pairwise(offsets)]


def targets(group: Group, *, aggregation: Aggregation, overlong_filter: bool) -> list[Target]:
    """The turns of a group that are trained on.

    Token aggregation gives every token weight 1, sequence aggregation 1 / |y_i| over all turns of a rollout; the loss
    is divided by the global sum of weights, so the first is the token mean (DAPO, Eq. 8), the second the mean over
    sequences of their token mean (GRPO, Eq. 4). UNSCORED and aborted rollouts are left out; with `overlong_filter` so
    are truncated ones. All three then also leave the count.
    """
    found = []
    for scored, advantage in zip(group.scored, group.advantages, strict=True):
        rollout = scored.rollout
        aborted = any(turn.finish is Finish.ABORTED for turn in rollout.turns)
        if np.isnan(scored.reward) or aborted or (overlong_filter and rollout.truncated):
            continue
        weight = 1.0 if aggregation == "token" else 1.0 / rollout.num_response_tokens
        found += [Target(turn=turn, advantage=float(advantage), weight=weight) for turn in rollout.turns]
    return found


def rows(items: Sequence[Target], *, layout: Layout, max_row_tokens: int) -> list[Row]:
    """Rows of at most `max_row_tokens`, a prompt's turns together (`shared`) or apart (`full`).

    Raises:
        ValueError: one prompt and one response are longer than a row; naming both lengths and the cap.
    """
    sharing: dict[bytes, list[Target]] = {}
    for item in items:
        sharing.setdefault(item.turn.prompt_ids.tobytes(), []).append(item)
    built: list[Row] = []
    for family in sharing.values():
        prompt = len(family[0].turn.prompt_ids)
        lengths = np.array([len(item.turn.response_ids) for item in family], dtype=np.int64)
        parts = _rust.split_groups(
            np.array([prompt], dtype=np.int64), lengths, np.array([0, len(family)], dtype=np.int64), max_row_tokens
        )
        if layout == "full":
            parts = np.arange(len(family))
        built += [
            build_row([item for item, p in zip(family, parts, strict=True) if p == part])
            for part in range(int(parts.max()) + 1)
        ]
    return built


def build_row(family: Sequence[Target]) -> Row:
    """The row of turns that share a prompt: index P-1 has as many labels as there are responses."""
    prompt = family[0].turn.prompt_ids
    responses = [item.turn.response_ids for item in family]
    lengths = [len(response) for response in responses]
    starts = len(prompt) + np.cumsum([0, *lengths[:-1]])
    num_targets = sum(lengths)
    return Row(
        token_ids=np.concatenate([prompt, *responses]).astype(np.int32),
        position_ids=np.concatenate(
            [np.arange(len(prompt)), *(len(prompt) + np.arange(length) for length in lengths)]
        ).astype(np.int32),
        segment_lengths=np.array([len(prompt), *lengths], dtype=np.int32),
        segment_parents=np.array([-1, *[0] * len(lengths)], dtype=np.int32),
        hidden_index=np.concatenate(
            [[len(prompt) - 1, *range(start, start + n - 1)] for start, n in zip(starts, lengths, strict=True)]
        ).astype(np.int32),
        labels=np.concatenate(responses).astype(np.int32),
        advantages=np.repeat(np.array([item.advantage for item in family], dtype=np.float32), lengths),
        weights=np.repeat(np.array([item.weight for item in family], dtype=np.float32), lengths),
        old_logprobs=np.full(num_targets, np.nan, dtype=np.float32),
        reference_logprobs=np.full(num_targets, np.nan, dtype=np.float32),
        rollout_logprobs=np.concatenate([item.turn.logprobs for item in family]).astype(np.float32),
        **_kept([item.turn for item in family]),
    )


def _kept(turns: Sequence[Turn]) -> dict[str, NDArray[np.int32]]:
    """The kept-token sets of all targets, flat; a turn without them kept the whole vocabulary."""
    sets = [ids for turn in turns for ids in turn.kept_tokens or ()]
    counts = [[len(ids) for ids in turn.kept_tokens] if turn.kept_tokens else [0] * len(turn.response_ids)
              for turn in turns]  # fmt: skip
    return {
        "kept_ids": np.concatenate([np.zeros(0, np.int32), *sets]).astype(np.int32),
        "kept_counts": np.concatenate(counts).astype(np.int32),
    }


def place(items: Sequence[Row], *, num_ranks: int, max_batch_tokens: int) -> list[list[list[Row]]]:
    """Per rank the micro-batches it trains; every rank gets the same number, short ones a row of weight zero.

    Rows go to micro-batches by best-fit-decreasing (a row above `max_batch_tokens` stands alone), micro-batches to
    ranks longest first. The cost of a micro-batch is its tokens plus attention, in units of 4,096 tokens of linear
    work.
    """
    if not items:
        return [[[silent_row()]] for _ in range(num_ranks)]
    lengths = np.array([row.num_tokens for row in items], dtype=np.int64)
    short, long = np.flatnonzero(lengths <= max_batch_tokens), np.flatnonzero(lengths > max_batch_tokens)
    bins = [*long[:, None], *(short[bin_] for bin_ in pack(lengths[short], capacity=max_batch_tokens))]
    costs = np.array([sum(_cost(items[i]) for i in bin_) for bin_ in bins], dtype=np.float64)
    ranks = _rust.place(costs, num_ranks)
    placed: list[list[list[Row]]] = [[] for _ in range(num_ranks)]
    for bin_, rank in zip(bins, ranks, strict=True):
        placed[int(rank)].append([items[i] for i in bin_])
    most = max(len(batches) for batches in placed)
    return [batches + [[silent_row()]] * (most - len(batches)) for batches in placed]


def _cost(row: Row) -> float:
    prompt, rest = float(row.segment_lengths[0]), row.segment_lengths[1:].astype(np.float64)
    pairs = prompt * prompt / 2 + prompt * rest.sum() + (rest * rest).sum() / 2
    return row.num_tokens + float(pairs) / 4096


def silent_row() -> Row:
    """One prompt and one response token of weight zero: it passes through the whole model and teaches nothing."""
    one = np.zeros(1, dtype=np.int32)
    turn = Turn(
        prompt_ids=one, response_ids=one, logprobs=np.zeros(1, np.float32), finish=Finish.STOPPED, weight_version=0
    )
    row = build_row([Target(turn=turn, advantage=0.0, weight=0.0)])
    return replace(row, old_logprobs=np.zeros(1, np.float32), reference_logprobs=np.zeros(1, np.float32))


def digest(plan: Sequence[Sequence[Sequence[Row]]]) -> str:
    """A hash of everything that is trained and where; ranks compare it."""
    state = hashlib.blake2b(digest_size=16)
    for rank, batches in enumerate(plan):
        for wave, batch in enumerate(batches):
            for row in batch:
                state.update(f"{rank}/{wave}/{row.num_tokens};".encode())
                for array in (row.token_ids, row.segment_lengths, row.advantages, row.weights):
                    state.update(array.tobytes())
    return state.hexdigest()
