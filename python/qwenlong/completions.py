"""What an engine is asked and what it answers, as records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class StaleWeightsError(RuntimeError):
    """An engine would answer, or answered, with weights other than the policy's."""


class Finish(StrEnum):
    """Why a response ended."""

    STOPPED = "stopped"
    """An end token of the generation config was sampled."""
    LENGTH = "length"
    """The output limit was reached; a fact, not a reward."""
    REPEATED = "repeated"
    """The engine saw the same pattern over and over and gave up."""
    ABORTED = "aborted"
    """The engine could not finish it; such a rollout is never trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How responses are drawn."""

    temperature: float = 1.0
    """0 is greedy."""
    top_p: float = 1.0
    """Smallest set of tokens with at least this mass; 1 keeps all."""
    top_k: int = 0
    """At most this many tokens; 0 keeps all."""
    max_tokens: int
    """Output limit in tokens, the end token included."""
    repetitions: int = 0
    """Give a response up once the same few tokens come so many times in a row; 0 is never."""
    max_staleness: int = 0
    """Updates by which the weights that write may be older than the policy."""

    @property
    def truncates(self) -> bool:
        """True where top-p or top-k keep less than the vocabulary."""
        return self.temperature > 0 and (self.top_p < 1 or self.top_k > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One prompt for an engine, to be answered `n` times."""

    id: str
    """Named by every completion."""
    token_ids: NDArray[np.int32]
    """[P] int32."""
    n: int
    """How many responses; the prompt is prefilled once."""
    seed: int
    """Key of the draws; sample i and token t are drawn by (seed, i, t)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One response of an engine."""

    request_id: str
    """The request it answers."""
    sample: int
    """0 <= sample < n."""
    token_ids: NDArray[np.int32]
    """[R] int32, at least one; the end token included where one was sampled."""
    logprobs: NDArray[np.float32]
    """[R] float32 under the sampling distribution (after temperature, top-p and top-k); 0 where greedy."""
    finish: Finish
    """Why it ended."""
    weight_version: int
    """Version of the weights that wrote it."""
    kept_tokens: tuple[NDArray[np.int32], ...] | None = None
    """Per token the ids that top-p and top-k kept; None where all were kept or the engine does not tell."""
    sampler: str = ""
    """Who wrote it, where an engine is several: a server's address. One that starts anew has another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCounts:
    """What an engine counted since it was last asked; None where it cannot tell."""

    busy_seconds: float = 0.0
    """Spent in `generate`."""
    prompt_tokens: int | None = None
    """Of the requests, each prompt once."""
    prefilled_tokens: int | None = None
    """Prompt tokens that were computed; above `prompt_tokens` where a prompt was prefilled more than once."""
    cache_queries: int | None = None
    """Prompt tokens looked up in the prefix cache."""
    cache_hits: int | None = None
    """Of them found."""
    drafted_tokens: int | None = None
    """Tokens proposed by speculative decoding."""
    accepted_tokens: int | None = None
    """Of them accepted."""
    preemptions: int | None = None
    """Responses put back because the cache was full."""
    servers_lost: int | None = None
    """Servers of a pool that were given up."""
    requests_moved: int | None = None
    """Requests that went to another server for it."""
