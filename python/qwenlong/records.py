"""The nouns that flow between the rooms: frozen records of numpy arrays, strings and numbers.

Axes, in names where they help: `P` prompt tokens, `R` response tokens, `T` tokens of a row, `N` response tokens of a
row (the targets), `G` rollouts of one prompt, `M` groups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwenlong.completions import Completion, EngineCounts, Finish, Request, Sampling, StaleWeightsError
from qwenlong.draws import Draw

__all__ = [
    "UNSCORED",
    "Completion",
    "Document",
    "Draw",
    "EngineCounts",
    "Example",
    "Finish",
    "Group",
    "HaltError",
    "Kind",
    "Prompt",
    "Request",
    "Rollout",
    "Row",
    "Sampling",
    "Scored",
    "StaleWeightsError",
    "Turn",
    "Verdict",
]

UNSCORED = math.nan
"""The reward of a rollout without a verdict: it leaves baseline, loss and token count, and is counted."""


class HaltError(RuntimeError):
    """Work that all ranks leave in step, so that they can still save."""


class Kind(StrEnum):
    """What an answer is, and so how it is judged."""

    AUTO = "auto"
    """Decided by the gold alone."""
    TEXT = "text"
    """Free text, covered at token boundaries."""
    NUMBER = "number"
    """A number, with the tolerance of the gold's written precision."""
    CHOICE = "choice"
    """An option letter."""
    YESNO = "yesno"
    """Yes or no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of an example, in its order."""

    text: str
    """The text, not empty."""
    title: str = ""
    """Shown above the text where there is one."""
    id: str = ""
    """Named by `Example.evidence`."""
    gold: bool = False
    """True where the evidence lies; such a document is never dropped as a distractor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One input row: documents, a question and its gold answers."""

    id: str
    """Unique in the run, stable across phases; the key that replay remembers."""
    documents: tuple[Document, ...]
    """In order, at least one."""
    question: str
    """Asked after the documents."""
    answers: tuple[str, ...]
    """At least one bare answer; several are aliases of one another."""
    kind: Kind = Kind.AUTO
    """What the answer is."""
    task: str = "qa"
    """For balancing and task-wise statistics."""
    profile: str | None = None
    """The scorer of this row where it differs from the run's."""
    response: str | None = None
    """Warm-up SFT only: reasoning and answer in the model's own format."""
    evidence: tuple[str, ...] = ()
    """Ids or titles of the documents that hold the evidence."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Carried along untouched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A rendered and tokenised example."""

    example_id: str
    """The example it was made from."""
    token_ids: NDArray[np.int32]
    """[P] int32."""
    evidence: tuple[tuple[int, int], ...] = ()
    """Token spans (start, end) of the documents marked gold that survived."""
    tokens_cut: int = 0
    """Tokens removed from the middle to meet the limit; 0 where nothing was cut."""
    tokens_dropped: int = 0
    """Tokens of whole documents that did not fit the budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One prompt and one response."""

    prompt_ids: NDArray[np.int32]
    """[P] int32."""
    response_ids: NDArray[np.int32]
    """[R] int32, at least one."""
    logprobs: NDArray[np.float32]
    """[R] float32 under the sampling distribution."""
    finish: Finish
    """Why the response ended."""
    weight_version: int
    """Version of the weights that wrote it."""
    kept_tokens: tuple[NDArray[np.int32], ...] | None = None
    """Per token the set that top-p and top-k kept, where the engine tells and less than the vocabulary was kept."""
    sampler: str = ""
    """Which engine, or which server of a pool, wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One sampled answer to one prompt."""

    example_id: str
    """The example it answers."""
    sample: int
    """Which of the group's rollouts."""
    turns: tuple[Turn, ...]
    """One for a plain answer; more for agents and tools."""

    @property
    def num_response_tokens(self) -> int:
        """Response tokens over all turns."""
        return sum(len(turn.response_ids) for turn in self.turns)

    @property
    def truncated(self) -> bool:
        """True where the last turn met the output limit."""
        return self.turns[-1].finish is Finish.LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a scorer says of one response, and why."""

    score: float | None
    """The headline metric; `None` where there is nothing to judge or the gold cannot be parsed."""
    extracted: str | None
    """The final answer found in the response."""
    normal_prediction: str | None
    """What was compared."""
    normal_gold: str | None
    """With what it was compared."""
    reason: str
    """A code such as `matched`, `different`, `no_answer`."""
    matched_gold: int | None = None
    """Index of the gold that matched."""
    metrics: dict[str, float] = field(default_factory=dict)
    """Metrics by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A rollout and its reward."""

    rollout: Rollout
    """What was scored."""
    reward: float
    """float32 value; NaN is UNSCORED."""
    breakdown: dict[str, float | None]
    """Parts of the reward by name (`rule`, `judge`, `function`); `None` where a part gave no verdict.

    Where the length was punished also `task` (the reward before) and `overlong` (the punishment)."""
    verdict: Verdict
    """Of the rule."""
    response: str
    """The decoded response."""

    @property
    def accuracy(self) -> float:
        """The task's reward before overlong shaping; NaN where UNSCORED."""
        task = self.breakdown.get("task")
        return self.reward if task is None else task


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All rollouts of one prompt with their advantages."""

    example_id: str
    """The example."""
    retrospective: bool
    """True where the example was brought back from an earlier phase."""
    prompt: Prompt
    """Shared by all rollouts."""
    scored: tuple[Scored, ...]
    """[G] in the order of samples."""
    advantages: NDArray[np.float32]
    """[G] float32; 0 for UNSCORED rollouts and groups without signal."""
    has_signal: bool
    """True where the scored rewards differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A prompt and some of the responses that share it, ready for the policy.

    `token_ids` is `[prompt | response 1 | response 2 | ...]`, every response at positions P, P+1, ... The targets are
    flat: the first token of every response is predicted by the state at P-1, token t by the state of token t-1.
    """

    token_ids: NDArray[np.int32]
    """[T] int32."""
    position_ids: NDArray[np.int32]
    """[T] int32."""
    segment_lengths: NDArray[np.int32]
    """[S] int32: the prompt's, then each response's; their sum is T."""
    segment_parents: NDArray[np.int32]
    """[S] int32: -1 for the prompt, else the index of the segment that is attended to in full."""
    hidden_index: NDArray[np.int32]
    """[N] int32: the position whose hidden state predicts the target."""
    labels: NDArray[np.int32]
    """[N] int32: the target token."""
    advantages: NDArray[np.float32]
    """[N] float32."""
    weights: NDArray[np.float32]
    """[N] float32: share of the token in the loss; 0 leaves loss and count."""
    old_logprobs: NDArray[np.float32]
    """[N] float32 of the policy before the first update of the step; NaN until taken."""
    reference_logprobs: NDArray[np.float32]
    """[N] float32 of the frozen reference; NaN where there is no KL term."""
    rollout_logprobs: NDArray[np.float32]
    """[N] float32 of the engine, a measure of mismatch."""
    kept_ids: NDArray[np.int32]
    """[K] int32: the sets that top-p and top-k kept, target after target."""
    kept_counts: NDArray[np.int32]
    """[N] int32: the size of each target's set; 0 is the whole vocabulary."""

    @property
    def num_tokens(self) -> int:
        """T."""
        return len(self.token_ids)

    @property
    def num_targets(self) -> int:
        """N."""
        return len(self.labels)
