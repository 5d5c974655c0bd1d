"""Rows side by side, as a model's forward wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwenlong.records import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroBatch:
    """Rows side by side, as the policy's forward wants them; arrays of numpy."""

    token_ids: NDArray[np.int64]
    """[B, T]: [1, T] for shared rows put end to end, one full row per line otherwise."""
    position_ids: NDArray[np.int64]
    """[B, T]."""
    segment_lengths: NDArray[np.int32]
    """[S] of all shared rows; empty in the full layout."""
    segment_parents: NDArray[np.int32]
    """[S]: -1 opens a prompt."""
    hidden_index: NDArray[np.int64]
    """[N] into the flattened [B x T] states."""


def assemble(items: Sequence[Row], *, layout: str) -> MicroBatch:
    """Put rows end to end (`shared`), or one per line, right padded with token 0 at running positions (`full`)."""
    sizes = [row.num_tokens for row in items]
    if layout == "shared":
        starts = np.cumsum([0, *sizes[:-1]])
        return MicroBatch(
            token_ids=np.concatenate([row.token_ids for row in items]).astype(np.int64)[None],
            position_ids=np.concatenate([row.position_ids for row in items]).astype(np.int64)[None],
            segment_lengths=np.concatenate([row.segment_lengths for row in items]),
            segment_parents=np.concatenate([row.segment_parents for row in items]),
            hidden_index=np.concatenate(
                [row.hidden_index + start for row, start in zip(items, starts, strict=True)]
            ).astype(np.int64),
        )
    longest = max(sizes)
    tokens = np.zeros((len(items), longest), dtype=np.int64)
    for line, row in enumerate(items):
        assert len(row.segment_lengths) == 2, "a full row holds one response"
        tokens[line, : row.num_tokens] = row.token_ids
    return MicroBatch(
        token_ids=tokens,
        position_ids=np.tile(np.arange(longest), (len(items), 1)),
        segment_lengths=np.zeros(0, dtype=np.int32),
        segment_parents=np.zeros(0, dtype=np.int32),
        hidden_index=np.concatenate([row.hidden_index + line * longest for line, row in enumerate(items)]).astype(
            np.int64
        ),
    )
