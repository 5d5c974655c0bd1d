"""A long-document task that a small model learns in minutes: which value of a category is mentioned most?

A document of filler words mentions, for every category, three of its values: the winner most often, the runner-up one
to three times fewer, the third least. The evidence is spread over the document, so length and margin are the
difficulty;
the question comes last. Guessing among the values present is right one time in three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qwenlong.records import Document, Draw, Example, Kind

CHANCE = 1 / 3
"""Accuracy of guessing among the values present."""

TEMPLATE = "{documents} {question}"
"""One word is one token, so a prompt is as long as its words."""

REASONING = (
    "counting {c} words",
    "let me count the {c} words",
    "counting words of {c} here",
    "let me count words of {c} one by one",
)
"""Wordings of the little reasoning; none lists the evidence."""

ANSWER = "</think> Therefore, the answer is {v}"
"""What follows the reasoning."""

QUESTION = "which {c} most"
"""Three words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticTask:
    """Examples by name: the same id gives the same example, so nothing is stored."""

    seed: int
    """The run's seed."""
    num_categories: int
    """Categories."""
    num_values: int
    """Values of a category."""
    num_fillers: int
    """Kinds of filler words."""
    winner_mentions: tuple[int, int]
    """Fewest and most mentions of the winner."""

    def words(self) -> list[str]:
        """The vocabulary, without special tokens."""
        categories = [f"kind{c}" for c in range(self.num_categories)]
        values = [self._value(c, v) for c in range(self.num_categories) for v in range(self.num_values)]
        texts = [text.format(c="", v="") for text in (*REASONING, ANSWER, QUESTION)]
        spoken = dict.fromkeys(word for text in texts for word in text.split())
        return [*categories, *values, *self._fillers(), *spoken]

    def example(self, purpose: str, *, index: int, min_tokens: int, max_tokens: int) -> Example:
        """The example number `index` of a purpose ("train", "probe" ...) with a prompt of min to max tokens.

        Raises:
            ValueError: `max_tokens` cannot hold the mentions and the question.
        """
        return self.recall(f"{purpose}:{min_tokens}-{max_tokens}:{index}")

    def recall(self, example_id: str) -> Example:
        """The example of an id this task gave.

        Raises:
            ValueError: it never gave it.
        """
        try:
            shortest, longest = (int(part) for part in example_id.rsplit(":", 2)[1].split("-"))
        except (IndexError, ValueError):
            raise ValueError(f"the synthetic task has no example {example_id}") from None
        draw = Draw(seed=self.seed, purpose="synthetic", example=example_id).generator()
        body: list[str] = []
        winners: list[str] = []
        for c in range(self.num_categories):
            chosen = draw.choice(self.num_values, size=3, replace=False)
            most = int(draw.integers(self.winner_mentions[0], self.winner_mentions[1] + 1))
            second = max(1, most - int(draw.integers(1, 4)))
            third = int(draw.integers(1, second)) if second > 1 else 1
            winners.append(self._value(c, int(chosen[0])))
            for value, times in zip(chosen, (most, second, third), strict=True):
                body += [self._value(c, int(value))] * times
        asked = int(draw.integers(self.num_categories))
        length = int(draw.integers(shortest, longest + 1))
        question = QUESTION.format(c=f"kind{asked}")
        room = length - len(question.split()) - len(body)
        if room < 0:
            raise ValueError(
                f"{length} tokens cannot hold {len(body)} mentions and the question; raise the length limits"
            )
        fillers = self._fillers()
        body += [fillers[i] for i in draw.integers(self.num_fillers, size=room)]
        draw.shuffle(body)
        reasoning = REASONING[int(draw.integers(len(REASONING)))]
        answer = winners[asked]
        return Example(
            id=example_id,
            documents=(Document(text=" ".join(body), gold=True),),
            question=question,
            answers=(answer,),
            kind=Kind.TEXT,
            task="most-mentioned",
            response=f"{reasoning} {ANSWER}".format(c=f"kind{asked}", v=answer),
            metadata=_metadata(length),
        )

    def _fillers(self) -> list[str]:
        return [f"word{i}" for i in range(self.num_fillers)]

    def _value(self, category: int, value: int) -> str:
        return f"k{category}v{value}"


def _metadata(length: int) -> dict[str, Any]:
    return {"chance": CHANCE, "tokens": length}
