"""What a vLLM server is asked for a request, and its answer, of which nothing is believed unseen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import numpy as np

from qwenlong.backends.vllm_http import ServerError
from qwenlong.backends.vllm_support import support
from qwenlong.records import Completion, Finish, Request, Sampling, StaleWeightsError

NEEDED = "vllm>=0.32,<0.34"
"""What a server of a pool runs. vLLM inside a rank may be older: it is asked for its weights' version by nobody."""
FINISHES = {"stop": Finish.STOPPED, "length": Finish.LENGTH, "repetition": Finish.REPEATED}


def question(
    request: Request, sampling: Sampling, *, end_ids: Sequence[int], tells_sets: bool = False
) -> dict[str, Any]:
    """The body: all responses of a prompt in one request, so that it is prefilled once; `tells_sets` as in support."""
    how: dict[str, Any] = {
        "n": request.n, **support(sampling, tells_sets=tells_sets), "max_tokens": sampling.max_tokens,
        "seed": request.seed % 2**62, "stop_token_ids": list(end_ids), "ignore_eos": True, "detokenize": False,
        "logprobs": 0,
    }  # fmt: skip
    if sampling.repetitions:
        how["repetition_detection"] = {
            "max_pattern_size": 64, "min_pattern_size": 1, "min_count": sampling.repetitions
        }  # fmt: skip
    return {"token_ids": request.token_ids.tolist(), "sampling_params": how}


def completions(
    answer: httpx.Response, request: Request, sampling: Sampling, *, versions: range, sampler: str
) -> list[Completion]:
    """All responses to a request, written by weights of one of `versions`, of the server that is called `sampler`.

    Raises:
        ServerError: it is no answer to this request.
        StaleWeightsError: other weights wrote it.
    """
    try:
        found = [
            replace(_completion(choice, request, sampling, versions), sampler=sampler)
            for choice in answer.json()["choices"]
        ]
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise ServerError(
            f"what it answered is no completion ({type(error).__name__}: {error}): {answer.text[:200]!r}"
        ) from error
    if sorted(one.sample for one in found) != list(range(request.n)):
        raise ServerError(f"it answered the samples {[one.sample for one in found]}, but was asked for {request.n}")
    return found


def _completion(choice: dict[str, Any], request: Request, sampling: Sampling, versions: range) -> Completion:
    if choice["finish_reason"] not in FINISHES:
        raise ServerError(f"a response is unfinished: {choice['finish_reason']!r}")
    oldest = _oldest(choice)
    if oldest not in versions:
        raise StaleWeightsError(f"a response was written by weights {oldest}, the policy has {versions[-1]}")
    token_ids = choice["token_ids"]
    told = [step["logprob"] for step in choice["logprobs"]["content"]]
    mask = choice.get("sampling_mask")
    if len(told) != len(token_ids) or (mask and len(mask) != len(token_ids)):
        raise ServerError(f"{len(token_ids)} tokens came with {len(told)} log-probs, kept tokens {mask and len(mask)}")
    if not all(math.isfinite(value) for value in told):
        raise ServerError(f"log-probs are no numbers: {told[:8]}")
    return Completion(
        request_id=request.id,
        sample=choice["index"],
        token_ids=np.array([_whole(one) for one in token_ids], dtype=np.int32),
        logprobs=np.array([0.0] * len(told) if sampling.temperature == 0 else told, dtype=np.float32),
        finish=FINISHES[choice["finish_reason"]],
        weight_version=oldest,
        kept_tokens=tuple(np.array(ids, dtype=np.int32) for ids in mask) if mask and sampling.truncates else None,
    )


def _oldest(choice: dict[str, Any]) -> int:
    """The oldest weights that wrote a token; -1 are those that the server started with."""
    spans = choice.get("weight_versions")
    if not spans:
        raise ServerError(
            "its vLLM does not tell which weights wrote a response, so it could be an old one: where it runs, pip "
            f"install '{NEEDED}'"
        )
    return min(int(span["version"]) if str(span["version"]).isdigit() else -1 for span in spans)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is no token id")
    return value
