"""The normaliser and the token F1 that most official scorers share (SCORING.md 1.0)."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

ARTICLE = re.compile(r"\b(a|an|the)\b")
CLOSED = {"yes", "no", "noanswer"}


def without_punctuation(text: str) -> str:
    return "".join(character for character in text if character not in string.punctuation)


def without_articles(text: str) -> str:
    """Each article becomes a space; what is then doubled is collapsed."""
    return " ".join(ARTICLE.sub(" ", text).split())


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """SQuAD's: lower, no ASCII punctuation, no articles, single spaces."""
    return without_articles(without_punctuation(text.lower()))


def trivia_normal(text: str) -> str:
    """TriviaQA's: punctuation becomes a space, some of it not ASCII."""
    lowered = text.replace("_", " ").lower()
    marks = string.punctuation + "\u2018\u2019\u00b4"
    return without_articles("".join(" " if character in marks else character for character in lowered))


class Overlap(NamedTuple):
    f1: float
    precision: float
    recall: float


NOTHING = Overlap(0.0, 0.0, 0.0)


def overlap(prediction: Sequence[str], gold: Sequence[str]) -> Overlap:
    """p = n/len(prediction), r = n/len(gold), f1 = 2pr/(p+r), of the n tokens in both as multisets."""
    shared = sum((Counter(prediction) & Counter(gold)).values())
    if shared == 0:
        return NOTHING
    precision = shared / len(prediction)
    recall = shared / len(gold)
    return Overlap((2 * precision * recall) / (precision + recall), precision, recall)


def gated_overlap(prediction: str, gold: str) -> Overlap:
    """HotpotQA's: of two normal forms; where either is a closed answer, only equality counts."""
    if prediction != gold and (prediction in CLOSED or gold in CLOSED):
        return NOTHING
    return overlap(prediction.split(), gold.split())
