"""Rows with the columns of DocQA-RL as rows of ours.

Such a row has `prompt` (a chat), `reward_model` (with `ground_truth`), `data_source` and often `extra_info`. Documents
and question share one user turn, the documents between `<text>` and `</text>`; the gold is a whole sentence.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any

from qwenlong.rows import DataError

_OPEN, _CLOSE = "<text>", "</text>"
_INSTRUCTION = "Format your response as follows"
"""Where the dataset's own format instruction begins; our template says it in its own words."""
_CHOICE = re.compile(r"^\W*(?:.*\bthe correct answer is\b)?\W*([A-Za-z])\W*$", re.IGNORECASE | re.DOTALL)
_ANSWER = re.compile(r"\bthe (?:correct )?answer is\b:?", re.IGNORECASE)
_KINDS = (("long_toc_choices", "choice"), ("docmath", "number"), ("multihoprag", "auto"), ("musique", "auto"))
"""Kind of the answers by a part of `data_source`; `auto` elsewhere."""


def is_docqa(row: Mapping[str, Any]) -> bool:
    """Tell a row with DocQA-RL's columns."""
    return "prompt" in row and "reward_model" in row and "documents" not in row


def docqa_row(row: Mapping[str, Any], *, number: int, taken: Container[str]) -> dict[str, Any]:
    """`row` with our field names, still to be checked by `documents.parse_example`.

    The id is `SOURCE-INDEX` with `extra_info.index`, else, or where that id is `taken`, one with the row's `number`.
    What is not mapped stays in `metadata`: every column but `prompt`, and a system turn. Raises DataError where a
    column is missing or has no documents, no question or no gold.
    """
    source = _column(row, "data_source", str)
    kind = next((kind for part, kind in _KINDS if part in source.lower()), "auto")
    system, user = _turns(_column(row, "prompt", list))
    text, question = _split(user)
    metadata = {name: value for name, value in row.items() if name != "prompt"}
    return {
        "id": _id(row, source, number=number, taken=taken),
        "documents": [{"text": text}],
        "question": question,
        "answers": [bare_answer(gold, kind=kind) for gold in _golds(_column(row, "reward_model", dict))],
        "kind": kind,
        "task": source,
        "metadata": metadata | ({"system": system} if system else {}),
    }


def bare_answer(gold: str, *, kind: str) -> str:
    """Take the answer out of a gold sentence; a gold that is no sentence comes back stripped.

    >>> bare_answer("Therefore, the answer is 32.5.", kind="number")
    '32.5'
    >>> bare_answer("The correct answer is (B).", kind="choice")
    'B'
    """
    if kind == "choice" and (letter := _CHOICE.match(gold)):
        return letter[1].upper()
    # The last one counts, as in the dataset's own parser.
    return _ANSWER.split(gold)[-1].strip().removesuffix(".").strip()


def _column(row: Mapping[str, Any], name: str, kind: type) -> Any:
    value = row.get(name)
    if value is None:
        raise DataError(f'the column "{name}" is missing or null; DocQA rows have prompt, reward_model, data_source')
    if not isinstance(value, kind):
        raise DataError(f'the column "{name}" must be a {kind.__name__}, got a {type(value).__name__}')
    return value


def _turns(chat: list[Any]) -> tuple[str, str]:
    """(system, user) text of a single-turn chat."""
    turns = [turn if isinstance(turn, dict) else {} for turn in chat]
    texts = {turn.get("role"): turn.get("content") for turn in turns}
    roles = [turn.get("role") for turn in turns]
    if roles not in (["user"], ["system", "user"]) or not isinstance(texts["user"], str):
        raise DataError(f'"prompt" must be one user turn, after a system turn or none; its roles are {roles}')
    return texts.get("system") or "", texts["user"]


def _split(user: str) -> tuple[str, str]:
    """(documents, question) of the user turn; documents may hold the closing mark, so its last occurrence counts."""
    start, end = user.find(_OPEN), user.rfind(_CLOSE)
    if start < 0 or end < start:
        raise DataError(f'the user turn has no "{_OPEN}...{_CLOSE}" around its documents')
    question = user[end + len(_CLOSE) :]
    if (cut := question.rfind(_INSTRUCTION)) >= 0:
        question = question[:cut]
    return user[start + len(_OPEN) : end].strip(), question.strip()


def _golds(reward_model: Mapping[str, Any]) -> list[str]:
    gold = reward_model.get("ground_truth")
    golds = gold if isinstance(gold, list) else [gold]
    if not golds or not all(isinstance(item, str | int | float) and not isinstance(item, bool) for item in golds):
        raise DataError(f'"reward_model.ground_truth" must be a string or a list of strings, got {gold!r:.60}')
    return [str(item) for item in golds]


def _id(row: Mapping[str, Any], source: str, *, number: int, taken: Container[str]) -> str:
    extra = row.get("extra_info")
    index = extra.get("index") if isinstance(extra, dict) else None
    plain = f"{source}-{index}"
    return f"{source}-row-{number}" if index is None or plain in taken else plain
