"""Scorers of long inputs and of answers that are compared as they stand (SCORING.md 1.8, 1.10, issue 10)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from official.verdicts import Gold, Metrics, only, strings

CONTROL = re.compile(r"[\x00-\x1f]")


def ruler(prediction: str, golds: Sequence[Gold], *, task: str) -> Metrics:
    """Which references occur: any of them for `qa`, the share of them for the other tasks."""
    found = [float(gold.lower() in prediction.lower()) for gold in strings(golds)]
    return {"accuracy": max(found) if task == "qa" else sum(found) / len(found)}


def ruler_score(response: str, golds: Sequence[Gold], *, task: str) -> Metrics:
    return ruler(CONTROL.sub("\n", response.strip()).strip(), golds, task=task)


def mrcr(response: str, golds: Sequence[Gold], *, prefix: str) -> Metrics:
    """difflib's ratio without the prefix, which the response has to have."""
    if not response.startswith(prefix):
        return {"accuracy": 0.0}
    answer = only(golds).removeprefix(prefix)
    return {"accuracy": SequenceMatcher(None, response.removeprefix(prefix), answer).ratio()}


def distance(a: str, b: str) -> int:
    """Levenshtein's."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


def anls(prediction: str, golds: Sequence[Gold], *, threshold: float = 0.5) -> Metrics:
    """1 - distance / longer length of lower-cased, collapsed texts; nothing below the threshold."""
    best = 0.0
    for gold in strings(golds):
        a, b = (" ".join(text.lower().split()) for text in (prediction, gold))
        similarity = 1.0 - distance(a, b) / max(len(a), len(b)) if a or b else 1.0
        best = max(best, similarity if similarity >= threshold else 0.0)
    return {"accuracy": best}


def equal(prediction: str, golds: Sequence[Gold]) -> Metrics:
    return {"accuracy": float(prediction == only(golds))}


def gsm8k_answer(response: str, *, method: str) -> str | None:
    """Of the last 300 characters; commas are deleted in the strict one only."""
    tail = response[-300:]
    if method == "strict":
        hits = re.findall(r"#### (\-?[0-9\.\,]+)", tail)
        return hits[-1].replace(",", "") if hits else None
    hits = re.findall(r"\-?[0-9\.\,]+", tail)
    return next((hit for hit in reversed(hits) if hit != "."), hits[0] if hits else None)


def gsm8k_score(response: str, golds: Sequence[Gold], *, method: str = "strict") -> Metrics:
    return {"accuracy": float(gsm8k_answer(response, method=method) == only(golds))}


def gsm8k(prediction: str, golds: Sequence[Gold], *, method: str = "strict") -> Metrics:
    return equal(prediction, golds)
