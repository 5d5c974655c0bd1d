"""Examples become prompts: documents and question in the template, tokenised by the model's own chat template.

rendered = render(example, template)      one user turn of text
prompt   = build_prompt(example, ...)     its tokens, under the length policy
prompts  = build_prompts(examples, ...)   all of them, with an account of what was dropped and cut
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from qwenlong.records import Document, Example, Prompt

DEFAULT_TEMPLATE = """\
The text below may be long; the question after it can be answered from it.

<text>
{documents}
</text>

{question}

Think it through before you answer. Close with one last sentence of exactly this form: \
Therefore, the answer is (insert answer here)"""
"""Wording of the user turn. Any text with `{documents}` and `{question}`, once each, may take its place."""

SEPARATOR = "\n\n"
"""Between two documents."""

Policy = Literal["drop", "middle"]
"""What happens to a prompt above the limit: `drop` leaves it out, `middle` keeps its first and last half of tokens."""

_PLACEHOLDER = re.compile(r"\{(documents|question)\}")


class Tokenizer(Protocol):
    """What prompts, engines and policies need of a tokenizer; `backends.tokenizers.HubTokenizer` is one."""

    @property
    def end_ids(self) -> frozenset[int]:
        """Tokens that end a response, from the generation config; at least one."""

    @property
    def end_id(self) -> int:
        """The one of `end_ids` that a response to imitate ends with."""

    @property
    def pad_id(self) -> int:
        """Fills batches up; never attended to."""

    @property
    def vocab_size(self) -> int:
        """One above the largest id the tokenizer gives."""

    def encode(self, text: str) -> NDArray[np.int32]:
        """[T] int32: plain text, nothing added; spelled-out special tokens stay text."""

    def decode(self, token_ids: Sequence[int] | NDArray[np.int32]) -> str:
        """Text of the tokens; end and pad tokens at their tail are left out."""

    def render_chat(self, user: str) -> NDArray[np.int32]:
        """[P] int32: `user` as the one user turn, up to where the model begins to write."""

    def locate_chat(self, user: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """`render_chat`'s [P] and, [P, 2] int32, the characters (start, end) of `user` behind each token.

        Tokens of the template around `user` have (-1, -1).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The user turn, and where its documents are."""

    text: str
    """The whole turn."""
    spans: tuple[tuple[int, int], ...]
    """Characters (start, end) of each document, title included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """An example with other documents around its own (see `distractors`)."""

    example: Example
    """Own and foreign documents in their final order."""
    num_distractors: int
    """Foreign documents added."""
    tokens_dropped: int
    """Tokens of own documents, not gold, that did not fit the budget."""
    num_tokens: int
    """Upper estimate of the prompt's length, template included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSet:
    """Prompts within the limit, and an account of the others."""

    prompts: tuple[Prompt, ...]
    """In the order of the examples."""
    dropped: dict[str, int]
    """Tokens of each prompt that was left out, by example id."""
    num_cut: int
    """Prompts whose middle was cut."""
    max_tokens: int
    """The limit."""

    @property
    def num_dropped(self) -> int:
        """Prompts left out."""
        return len(self.dropped)

    @property
    def num_tokens(self) -> int:
        """Tokens of all prompts that are left."""
        return sum(len(prompt.token_ids) for prompt in self.prompts)

    @property
    def tokens_cut(self) -> int:
        """Tokens cut from the middle of prompts."""
        return sum(prompt.tokens_cut for prompt in self.prompts)

    def __str__(self) -> str:
        """Say what was kept, dropped and cut."""
        return (
            f"{len(self.prompts):,} prompts of {self.num_tokens:,} tokens; limit {self.max_tokens:,}: "
            f"{self.num_dropped:,} dropped ({sum(self.dropped.values()):,} tokens), "
            f"{self.num_cut:,} cut ({self.tokens_cut:,} tokens)"
        )


def check_template(template: str) -> None:
    """Raise ValueError unless `{documents}` and `{question}` stand in `template` exactly once each."""
    found = _PLACEHOLDER.findall(template)
    for name in ("documents", "question"):
        if found.count(name) != 1:
            raise ValueError(
                f"the template holds {{{name}}} {found.count(name)} times; it must hold {{documents}} and {{question}} "
                f"once each: {template!r:.200}"
            )


def render_document(document: Document) -> str:
    """One document as it stands in the prompt: its title on a line of its own, then the text."""
    text = document.text.strip()
    return f"{document.title.strip()}\n{text}" if document.title.strip() else text


def render(example: Example, template: str = DEFAULT_TEMPLATE) -> Rendered:
    """Fill the template in one pass: what looks like a placeholder inside a document or question stays as it is.

    Documents are separated by an empty line. Raises ValueError as `check_template` does.
    """
    check_template(template)
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    length = 0

    def add(text: str) -> tuple[int, int]:
        nonlocal length
        pieces.append(text)
        length += len(text)
        return length - len(text), length

    for index, part in enumerate(_PLACEHOLDER.split(template)):
        if index % 2 == 0:
            add(part)
        elif part == "question":
            add(example.question.strip())
        else:
            for number, document in enumerate(example.documents):
                add(SEPARATOR if number else "")
                spans.append(add(render_document(document)))
    return Rendered(text="".join(pieces), spans=tuple(spans))


def gold_indices(example: Example) -> tuple[int, ...]:
    """Which documents hold the evidence: marked gold, or named by `evidence` with id or title."""
    names = set(example.evidence)
    return tuple(
        index
        for index, document in enumerate(example.documents)
        if document.gold or document.id in names or document.title in names
    )


def build_prompt(
    example: Example | Assembly,
    *,
    tokenizer: Tokenizer,
    max_tokens: int,
    template: str = DEFAULT_TEMPLATE,
    policy: Policy = "drop",
) -> Prompt | None:
    """Render, tokenise and apply the length policy; None where the prompt is above the limit and dropped.

    Tokens are counted on the final sequence, chat template included. Under `middle` exactly `max_tokens` remain:
    the first `max_tokens // 2` and the last `max_tokens - max_tokens // 2`. Raises ValueError for a limit below 2, an
    unknown policy, a bad template, and where the tokenizer cannot encode the text.
    """
    prompt = _tokenise(example, tokenizer=tokenizer, template=template)
    return _limit(prompt, max_tokens=max_tokens, policy=policy)


def build_prompts(
    examples: Iterable[Example | Assembly],
    *,
    tokenizer: Tokenizer,
    max_tokens: int,
    template: str = DEFAULT_TEMPLATE,
    policy: Policy = "drop",
) -> PromptSet:
    """`build_prompt` for all of them, with an account of what the policy took away.

    Raises ValueError as `build_prompt` does, naming the example.
    """
    prompts: list[Prompt] = []
    dropped: dict[str, int] = {}
    for item in examples:
        try:
            full = _tokenise(item, tokenizer=tokenizer, template=template)
        except ValueError as error:
            raise ValueError(f'example "{_example(item).id}": {error}') from error
        prompt = _limit(full, max_tokens=max_tokens, policy=policy)
        if prompt is None:
            dropped[full.example_id] = len(full.token_ids)
        else:
            prompts.append(prompt)
    num_cut = sum(prompt.tokens_cut > 0 for prompt in prompts)
    return PromptSet(prompts=tuple(prompts), dropped=dropped, num_cut=num_cut, max_tokens=max_tokens)


def _example(item: Example | Assembly) -> Example:
    return item.example if isinstance(item, Assembly) else item


def _tokenise(item: Example | Assembly, *, tokenizer: Tokenizer, template: str) -> Prompt:
    """Tokenise the whole prompt, whatever its length."""
    example = _example(item)
    rendered = render(example, template)
    gold = gold_indices(example)
    evidence: list[tuple[int, int]] = []
    if gold:
        token_ids, offsets = tokenizer.locate_chat(rendered.text)
        evidence = [_token_span(offsets, *rendered.spans[index]) for index in gold]
    else:
        token_ids = tokenizer.render_chat(rendered.text)
    dropped = item.tokens_dropped if isinstance(item, Assembly) else 0
    return Prompt(example_id=example.id, token_ids=token_ids, evidence=tuple(evidence), tokens_dropped=dropped)


def _token_span(offsets: NDArray[np.int32], start: int, end: int) -> tuple[int, int]:
    """Tokens that hold any of the characters [start, end)."""
    inside = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > start))
    return int(inside[0]), int(inside[-1]) + 1


def _limit(prompt: Prompt, *, max_tokens: int, policy: Policy) -> Prompt | None:
    if max_tokens < 2:
        raise ValueError(f"max_tokens is {max_tokens}; a prompt needs at least 2 tokens")
    if policy not in ("drop", "middle"):
        raise ValueError(f'unknown length policy {policy!r}; known are "drop" and "middle"')
    cut = len(prompt.token_ids) - max_tokens
    if cut <= 0:
        return prompt
    if policy == "drop":
        return None
    head = max_tokens // 2
    spans = ((_moved(start, head, cut), _moved(end, head, cut)) for start, end in prompt.evidence)
    return Prompt(
        example_id=prompt.example_id,
        token_ids=np.concatenate([prompt.token_ids[:head], prompt.token_ids[head + cut :]]),
        evidence=tuple((start, end) for start, end in spans if start < end),
        tokens_cut=cut,
        tokens_dropped=prompt.tokens_dropped,
    )


def _moved(position: int, head: int, cut: int) -> int:
    """Where a boundary between tokens lands once `cut` tokens after `head` are gone."""
    return min(position, head) if position < head + cut else position - cut
