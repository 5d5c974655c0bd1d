"""Documents of other examples around an example's own, up to a token budget.

A prompt of any length can be made from short examples: the evidence stays, what is added only has to be read past.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from qwenlong.prompts import DEFAULT_TEMPLATE, SEPARATOR, Assembly, Tokenizer, gold_indices, render, render_document
from qwenlong.records import Document, Draw, Example

_MAX_MISSES = 32
"""Documents in a row that are too long for what is left of the budget before the search ends."""


class DistractorPool:
    """Documents to draw from, each text once, with their token counts.

    A document is tokenised when it is first met and never again, so assembling many prompts costs one pass over the
    pool. Ids and gold marks are taken off: both belong to the question that a document came with.
    """

    def __init__(self, examples: Iterable[Example], *, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        unique = {document.text: document for example in examples for document in example.documents}
        self.documents = tuple(replace(document, id="", gold=False) for document in unique.values())
        self._counts: dict[tuple[str, str], int] = {}
        self._separator = len(tokenizer.encode(SEPARATOR))

    def num_tokens(self, document: Document) -> int:
        """Count the tokens of a document as it stands in a prompt, the empty line after it included."""
        key = document.title, document.text
        if key not in self._counts:
            self._counts[key] = len(self.tokenizer.encode(render_document(document))) + self._separator
        return self._counts[key]


def add_distractors(
    example: Example, pool: DistractorPool, *, target_tokens: int, draw: Draw, template: str = DEFAULT_TEMPLATE
) -> Assembly:
    """Fill the prompt of `example` up with documents of `pool`, to at most about `target_tokens` tokens.

    Gold documents always stay, be they longer than the target (`Assembly.num_tokens` tells); where none is marked, all
    own documents count as gold. Own documents that are not gold stay, in order, as far as they fit. Then documents of
    the pool are drawn at random, without replacement. The example's own keep their order among one another; where they
    stand between the others is drawn as well. Left out are documents with the text or the title of an own one; one that
    happens to contain the answer's string may be drawn, as in a search among real documents.

    All depends on `draw`, with the example's id put in, and on nothing drawn before. Tokens are counted by document, so
    the sum can miss the final count by a few. Raises ValueError for a target below 1 or a bad template.
    """
    if target_tokens < 1:
        raise ValueError(f"target_tokens is {target_tokens}; it must be at least 1")
    frame = pool.tokenizer.render_chat(render(replace(example, documents=()), template).text)
    gold = gold_indices(example) or range(len(example.documents))
    used = len(frame) + sum(pool.num_tokens(example.documents[index]) for index in gold)
    own: list[Document] = []
    tokens_dropped = 0
    for index, document in enumerate(example.documents):
        tokens = 0 if index in gold else pool.num_tokens(document)
        if index in gold or used + tokens <= target_tokens:
            used += tokens
            own.append(document)
        else:
            tokens_dropped += tokens
    generator = replace(draw, example=example.id).generator()
    chosen = _fill(
        example, pool, budget=target_tokens - used, order=generator.permutation(len(pool.documents)).tolist()
    )
    used += sum(map(pool.num_tokens, chosen))
    slots = generator.permutation(len(own) + len(chosen))[: len(own)]
    placed = dict(zip(sorted(slots.tolist()), own, strict=True))
    others = iter(chosen)
    documents = tuple(placed[index] if index in placed else next(others) for index in range(len(own) + len(chosen)))
    return Assembly(
        example=replace(example, documents=documents),
        num_distractors=len(chosen),
        tokens_dropped=tokens_dropped,
        num_tokens=used,
    )


def _fill(example: Example, pool: DistractorPool, *, budget: int, order: list[int]) -> list[Document]:
    """Take documents in `order` while they fit."""
    texts = {document.text for document in example.documents}
    titles = {document.title for document in example.documents} - {""} | set(example.evidence)
    chosen: list[Document] = []
    misses = 0
    for index in order:
        document = pool.documents[index]
        if document.text in texts or document.title in titles:
            continue
        tokens = pool.num_tokens(document)
        misses = 0 if tokens <= budget else misses + 1
        if tokens <= budget:
            budget -= tokens
            chosen.append(document)
        if misses == _MAX_MISSES or budget <= 0:
            break
    return chosen
