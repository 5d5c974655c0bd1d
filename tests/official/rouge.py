"""ROUGE-L of the PyPI package `rouge` 1.0.1, as LongBench calls it (SCORING.md 1.6)."""

from __future__ import annotations

MAX_STEPS = 990
"""Moves that the package's recursive traceback survives when LongBench's eval.py, run as a script, calls it.

Measured: 990 equal words have a score, 991 raise RecursionError, which LongBench turns into 0."""


class RecursionTooDeep(Exception):
    """The package's traceback would have raised."""


def sentences(text: str) -> list[list[str]]:
    """Pieces between full stops, a blank one as the one word ''."""
    return [" ".join(piece.split()).split(" ") for piece in text.split(".") if piece]


def common_words(reference: list[str], prediction: list[str]) -> set[str]:
    """Words on one longest common subsequence, the one that the package's traceback takes."""
    n, m = len(reference), len(prediction)
    table = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            if reference[i - 1] == prediction[j - 1]:
                table[i][j] = table[i - 1][j - 1] + 1
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1])
    taken, steps, i, j = set(), 0, n, m
    while i and j:
        if reference[i - 1] == prediction[j - 1]:
            taken.add(reference[i - 1])
            i, j = i - 1, j - 1
        elif table[i - 1][j] > table[i][j - 1]:
            i -= 1
        else:
            j -= 1
        steps += 1
    if steps > MAX_STEPS:
        raise RecursionTooDeep
    return taken


def rouge_l(prediction: str, reference: str) -> float:
    """F of the union over all pairs of sentences, by distinct words; 0 where the package raises."""
    ours, theirs = sentences(prediction), sentences(reference)
    if not ours or not theirs:
        return 0.0
    try:
        shared = set().union(*(common_words(x, y) for x in theirs for y in ours))
    except RecursionTooDeep:
        return 0.0
    precision = len(shared) / len({word for words in ours for word in words})
    recall = len(shared) / len({word for words in theirs for word in words})
    return 2.0 * ((precision * recall) / (precision + recall + 1e-8))
