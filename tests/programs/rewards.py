"""Rewards that even an untrained model earns, so that short runs have a signal to learn from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from qwenlong.records import Example


def parity(*, responses: Sequence[str], examples: Sequence[Example]) -> list[float | None]:
    """1 for an odd number of words, 0 for an even one; some are left unscored."""
    assert len(responses) == len(examples)
    if "QWENLONG_TEST_CALLS" in os.environ:  # who asked, and about how many
        with Path(os.environ["QWENLONG_TEST_CALLS"]).open("a", encoding="utf-8") as file:
            file.write(f"{os.environ['RANK']} {len(responses)}\n")
    return [None if len(text) % 16 == 0 else float(len(text.split()) % 2) for text in responses]
