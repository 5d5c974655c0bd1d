"""Sampling in vLLM's words, where it tells kept sets and where it does not."""

from __future__ import annotations

import pytest

from qwenlong.backends.vllm_support import WIDEST, support
from qwenlong.records import Sampling

GREEDY = Sampling(temperature=0.0, top_p=0.5, top_k=7, max_tokens=1)
FULL = Sampling(temperature=0.7, max_tokens=1)
NARROW = Sampling(temperature=0.7, top_p=0.9, top_k=7, max_tokens=1)


@pytest.mark.parametrize(
    ("sampling", "tells_sets", "words"),
    [
        (GREEDY, False, (0.0, 1.0, 0)),
        (GREEDY, True, (1.0, 1.0, 1)),
        (FULL, False, (0.7, 1.0, 0)),
        (FULL, True, (0.7, 1.0, WIDEST)),
        (NARROW, False, (0.7, 0.9, 7)),
        (NARROW, True, (0.7, 0.9, 7)),
    ],
)
def test_an_engine_that_tells_sets_is_asked_for_no_temperature_0_and_no_top_k_0(
    sampling: Sampling, tells_sets: bool, words: tuple[float, float, int]
) -> None:
    asked = support(sampling, tells_sets=tells_sets)
    assert (asked["temperature"], asked["top_p"], asked["top_k"]) == words
