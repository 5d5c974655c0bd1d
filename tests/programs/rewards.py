"""Rewards that even an untrained model earns, so that short runs have a signal to learn from."""

from __future__ import annotations

from collections.abc import Sequence

from qwenlong.records import Example


def parity(*, responses: Sequence[str], examples: Sequence[Example]) -> list[float | None]:
    """1 for an odd number of words, 0 for an even one; some are left unscored."""
    assert len(responses) == len(examples)
    return [None if len(text) % 16 == 0 else float(len(text.split()) % 2) for text in responses]
