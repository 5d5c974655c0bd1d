"""What is asked of vLLM's sampler, in process and over HTTP alike."""

from __future__ import annotations

from qwenlong.records import Sampling

WIDEST = 256
"""Tokens that stand for all where every set is told: vLLM sends each token's set, and of a whole vocabulary of 150,000
that would be megabytes per sampled token."""


def support(sampling: Sampling, *, tells_sets: bool) -> dict[str, float | int]:
    """vLLM's temperature, top_p and top_k for `sampling`.

    An engine that `tells_sets` (`return_sampling_mask`) does so for every request, and refuses temperature 0 and top_k
    0. There greedy is the one likeliest token, whatever the temperature (of equals one is drawn, by the seed), and full
    support the WIDEST likeliest: exact for a smaller vocabulary, without the last bits of mass otherwise. Both are of
    evaluation alone; nothing is trained on them.
    """
    if sampling.temperature == 0:
        return {"temperature": 1.0 if tells_sets else 0.0, "top_p": 1.0, "top_k": 1 if tells_sets else 0}
    widest = WIDEST if tells_sets else 0
    return {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k or widest}
