"""DROP and TAT-QA: answers of several spans, numbers with scales (SCORING.md 1.10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from official.text import without_articles, without_punctuation
from official.verdicts import GOLD, Answer, Gold, Metrics, Result, Spans, Unscored, highest, zeros

PAIR = ("f1", "em")
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "percent": 0.01}
CLEANED = "'\"\\$€£¥%(),[]"


def spans_of(answer: Gold) -> Spans:
    return answer if isinstance(answer, tuple) else (str(answer),)


def is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def normal_tokens(tokens: Sequence[str], *, is_number: Callable[[str], bool], spell: Callable[[str], str]) -> str:
    """Each on its own: punctuation goes unless it is a number, and what is a number then is spelt one way."""
    parts = []
    for token in (token.lower() for token in tokens):
        kept = token if is_number(token) else without_punctuation(token)
        parts.append(without_articles(spell(kept) if is_number(kept) else kept))
    return " ".join(part for part in parts if part)


def drop_normal(text: str) -> str:
    return normal_tokens(re.split(" |-", text), is_number=is_float, spell=lambda token: str(float(token)))


def bag_f1(prediction: set[str], gold: set[str]) -> float:
    """Of sets; a side without tokens has nothing wrong in it."""
    shared = len(prediction & gold)
    precision = shared / len(prediction) if prediction else 1.0
    recall = shared / len(gold) if gold else 1.0
    return (2 * precision * recall) / (precision + recall) if precision or recall else 0.0


def drop_f1(prediction: set[str], gold: set[str]) -> float:
    """No credit without one of the gold's numbers."""
    numbers = {token for token in gold if is_float(token)}
    return bag_f1(prediction, gold) if not numbers or numbers & prediction else 0.0


def best_alignment(scores: Sequence[Sequence[float]]) -> list[float]:
    """What each row gets in the one-to-one alignment of rows and columns with the largest total."""
    best: dict[frozenset[int], list[float]] = {frozenset(): []}
    for row in scores:
        grown: dict[frozenset[int], list[float]] = {}
        for taken, values in best.items():
            choices = [(taken, 0.0)]
            choices += [(taken | {column}, score) for column, score in enumerate(row) if score and column not in taken]
            for columns, score in choices:
                if columns not in grown or sum(values) + score > sum(grown[columns]):
                    grown[columns] = [*values, score]
        best = grown
    return max(best.values(), key=sum)


def spans_f1(prediction: Sequence[str], gold: Sequence[str], *, pair: Callable[[set[str], set[str]], float]) -> float:
    """The mean over the larger number of spans, to two decimals as numpy rounds."""
    scores = [[pair(set(one.split()), set(other.split())) for one in prediction] for other in gold]
    mean = np.zeros(max(len(gold), len(prediction)))
    mean[: len(gold)] = best_alignment(scores)
    return float(np.round(np.mean(mean), 2))


def drop_pair(prediction: Answer, gold: Gold) -> Metrics:
    ours, theirs = [drop_normal(span) for span in spans_of(prediction)], [drop_normal(span) for span in spans_of(gold)]
    same = set(ours) == set(theirs) and len(ours) == len(theirs)
    return {"f1": spans_f1(ours, theirs, pair=drop_f1), "em": float(same)}


def drop(prediction: Answer, golds: Sequence[Gold]) -> Metrics:
    """A gold whose first span is blank counts for nothing."""
    rows = [drop_pair(prediction, gold) for gold in golds if spans_of(gold)[0].strip()]
    return highest([zeros(PAIR), *rows])


def clean(text: str) -> str:
    return "".join(character for character in text if character not in CLEANED)


def scale_of(text: str) -> int | float:
    return next((value for word, value in SCALES.items() if word in text.lower()), 1)


def is_number(text: str) -> bool:
    """One number, or a number and a word that holds a scale; further words do not matter."""
    words = " ".join(clean(word) for word in text.split()).split()
    if not words or not is_float(words[0]) or np.isnan(float(words[0])):
        return False
    return len(words) == 1 or scale_of(words[1]) != 1


def to_number(text: str) -> int | float | None:
    """The first number in it, by scale word, brackets and percent; raises on more than 4,300 digits."""
    found = re.search(r"([+-]?\d+(\.\d+)?)|([+-]?\.\d+)", clean(text))
    if not found or found.group(1) is None:
        return None
    written = found.group(1)
    value: int | float = float(written) if "." in written else int(written)
    # The patterns take seconds for thousands of digits, so they are asked only where they can match.
    scaled = re.search(r"[\d.]+\s?[a-zA-Z]+", text) if re.search("[a-zA-Z]", text) else None
    value = value * (scale_of(scaled.group()) if scaled else 1)
    value = value * (-1 if re.search(r"\([\d.\s]+\)", text.strip()) else 1)
    return round(value * (0.01 if "%" in text and re.search(r"[\d.\s]+%", text.strip()) else 1), 4)


def tatqa_normal(text: str) -> str:
    return normal_tokens(text.split(" "), is_number=is_number, spell=lambda token: str(to_number(token)))


def answer_string(answers: Sequence[str], scale: str) -> str:
    """All answers as one string, numbers to four decimals, in the unit that the scale says."""
    parts = []
    for answer in sorted(answers):
        value = to_number(answer) if is_number(answer) else None
        if value is None:
            parts.append(f"{answer} {scale}" if scale else answer)
        elif "%" in answer:
            parts.append(f"{value:.4f}")
        else:
            parts.append(f"{round(value, 2) * scale_of(scale):.4f}")
    return " ".join(parts)


def gold_spans(gold: Gold, answer_type: str) -> Spans:
    if answer_type in ("span", "multi-span"):
        return spans_of(gold)
    assert not isinstance(gold, tuple)
    return (str(int(gold)),) if answer_type == "count" else (str(gold),)


def predictions(answers: Sequence[str], scale: str) -> list[str]:
    """The answer, and a lone number without scale or percent also as it stands."""
    found = [answer_string(answers, scale)]
    if len(answers) == 1 and not scale and "%" not in answers[0] and is_number(answers[0]):
        value = to_number(answers[0])
        found += [] if value is None else [f"{value:.4f}"]
    return found


def tatqa_pair(prediction: str, gold: str) -> tuple[float, float]:
    ours, theirs = tatqa_normal(prediction), tatqa_normal(gold)
    return float(ours == theirs), spans_f1([ours], [theirs], pair=bag_f1)


def tatqa(
    prediction: Answer,
    golds: Sequence[Gold],
    *,
    scale: str = "",
    prediction_scale: str = "",
    answer_type: str = "span",
) -> Result:
    """An answer that is empty is 0, whatever the gold; numbers of too many digits raise in the official code."""
    (gold,) = golds
    if not prediction or gold == ():
        return zeros(PAIR)
    try:
        wanted = answer_string(gold_spans(gold, answer_type), scale)
        tatqa_normal(wanted)
    except (OverflowError, ValueError):
        return Unscored(reasons=frozenset({GOLD}))
    try:
        em, f1 = max(tatqa_pair(one, wanted) for one in predictions(spans_of(prediction), prediction_scale))
    except (OverflowError, ValueError):
        return zeros(PAIR)
    return {"f1": em if answer_type in ("arithmetic", "count") else f1, "em": em}
