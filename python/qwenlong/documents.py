"""Rows of a data file become examples; every mistake is named with its file and line.

A row is an object with the fields of `Example` (docs/data.md). JSONL holds one row per line, parquet one per record;
the columns of DocQA-RL are mapped onto the same row by `docqa`. Whatever the source, one strict parser reads it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol

from qwenlong.docqa import docqa_row, is_docqa
from qwenlong.records import Document, Example, Kind
from qwenlong.rows import DataError, Format, cut, read_rows, show, suggest

__all__ = ["CheckGold", "DataError", "Format", "load_examples", "parse_example", "write_examples"]


class CheckGold(Protocol):
    """A scorer's view of a gold; `qwenlong.scoring.check_gold` is one."""

    def __call__(self, gold: str, /, *, kind: str, profile: str) -> object:
        """Raise ValueError where no answer could ever match `gold` of this kind."""


_EXAMPLE_FIELDS = tuple(item.name for item in fields(Example))
_DOCUMENT_FIELDS = tuple(item.name for item in fields(Document))


def load_examples(
    path: str | os.PathLike[str],
    *,
    format: Format = "auto",  # noqa: A002 - the setting's name
    check_gold: CheckGold | None = None,
) -> list[Example]:
    """Read every row of `path`, in order.

    `check_gold` is asked about every gold answer.

    Raises DataError, with `FILE:LINE` (JSONL) or the record's number (parquet), for a missing or empty file, malformed
    JSON, an unknown, missing, empty or mistyped field, a repeated id, and a gold that `check_gold` refuses.
    """
    file = Path(path)
    examples: list[Example] = []
    places: dict[str, str] = {}
    for number, place, row in read_rows(file, format):
        try:
            if format == "docqa" or (format != "jsonl" and is_docqa(row)):
                example = parse_example(docqa_row(row, number=number, taken=places.keys()))
            else:
                example = parse_example(row)
            _check_golds(example, check_gold)
        except ValueError as error:
            raise DataError(f"{place}: {error}") from error
        if example.id in places:
            raise DataError(
                f'{place}: the id "{example.id}" already stands at {places[example.id]}; ids must be unique'
            )
        places[example.id] = place
        examples.append(example)
    if not examples:
        raise DataError(f"{file}: holds no example; each line should be one JSON object (see docs/data.md)")
    return examples


def write_examples(path: str | os.PathLike[str], examples: Iterable[Example]) -> None:
    """Write `examples` as JSONL that `load_examples` reads back unchanged; fields at their default are left out.

    Atomic: the file appears under its name when it is complete, or not at all.
    Raises DataError, naming the example, where `metadata` holds what JSON cannot say (NaN and infinities included).
    """
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with aside.open("wb") as stream:
            for example in examples:
                stream.write(_line(example))
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def parse_example(row: Mapping[str, Any]) -> Example:
    """Turn one row into an example; raise a DataError that names the field, without a place."""
    _refuse_unknown(row, _EXAMPLE_FIELDS, 'what should only be carried along goes under "metadata"')
    example = Example(
        id=_encodable(_filled(row, "id")),
        documents=tuple(_document(item, index) for index, item in enumerate(_list(row, "documents"))),
        question=_filled(row, "question"),
        answers=_answers(row),
        kind=_kind(row),
        task=_filled(row, "task", default="qa"),
        profile=_optional(row, "profile"),
        response=_optional(row, "response"),
        evidence=_strings(row, "evidence"),
        metadata=_metadata(row),
    )
    _check_references(example)
    return example


def _line(example: Example) -> bytes:
    row: dict[str, Any] = {"id": example.id, "documents": [_document_row(item) for item in example.documents]}
    row |= {"question": example.question, "answers": list(example.answers)}
    optional = {
        "kind": None if example.kind is Kind.AUTO else str(example.kind),
        "task": None if example.task == "qa" else example.task,
        "profile": example.profile,
        "response": example.response,
        "evidence": list(example.evidence) or None,
        "metadata": example.metadata or None,
    }
    row |= {name: value for name, value in optional.items() if value is not None}
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False)
        try:
            return text.encode() + b"\n"
        except UnicodeEncodeError:  # a lone surrogate: only an escape can carry it
            return json.dumps(row).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(f'example "{example.id}": JSON cannot hold its metadata: {error}') from error


def _document_row(document: Document) -> dict[str, Any]:
    row: dict[str, Any] = {"text": document.text}
    return row | {name: value for name in _DOCUMENT_FIELDS[1:] if (value := getattr(document, name))}


def _document(item: object, index: int) -> Document:
    where = f"document {index + 1}"
    if not isinstance(item, dict):
        raise DataError(f'{where} must be an object such as {{"text": "..."}}, got {show(item)}')
    try:
        _refuse_unknown(item, _DOCUMENT_FIELDS, 'other facts about documents go under "metadata"')
        return Document(
            text=_filled(item, "text"),
            title=_optional(item, "title") or "",
            id=_optional(item, "id") or "",
            gold=_flag(item, "gold"),
        )
    except DataError as error:
        raise DataError(f"{where}: {error}") from error


def _answers(row: Mapping[str, Any]) -> tuple[str, ...]:
    answers = _strings(row, "answers", required=True)
    for index, answer in enumerate(answers):
        if not answer.strip():
            raise DataError(f"answer {index + 1} is empty; it could never be matched")
    return answers


def _kind(row: Mapping[str, Any]) -> Kind:
    value = _filled(row, "kind", default="auto")
    try:
        return Kind(value)
    except ValueError:
        known = [str(kind) for kind in Kind]
        raise DataError(f'unknown kind "{value}"{suggest(value, known)}; known are {", ".join(known)}') from None


def _metadata(row: Mapping[str, Any]) -> dict[str, Any]:
    value = row.get("metadata")
    if value is not None and not isinstance(value, dict):
        raise DataError(f'"metadata" must be an object, got {show(value)}')
    return value or {}


def _check_references(example: Example) -> None:
    ids = [document.id for document in example.documents if document.id]
    if len(set(ids)) < len(ids):
        raise DataError(f'two documents have the id "{next(name for name in ids if ids.count(name) > 1)}"')
    names = {*ids, *(document.title for document in example.documents)}
    for name in example.evidence:
        if name not in names:
            raise DataError(f'evidence "{name}" is neither id nor title of a document{suggest(name, names)}')


def _check_golds(example: Example, check_gold: CheckGold | None) -> None:
    for answer in example.answers if check_gold else ():
        assert check_gold is not None
        try:
            check_gold(answer, kind=str(example.kind), profile=example.profile or "strict")
        except ValueError as error:
            raise DataError(f'answer "{cut(answer)}" of kind {example.kind}: {error}') from error


def _filled(row: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    value = _optional(row, name)
    value = default if value is None else value
    if value is None:
        raise DataError(f'the field "{name}" is missing')
    if not value.strip():
        raise DataError(f'"{name}" is empty')
    return value


def _encodable(name: str) -> str:
    """An id goes into files and draws, so it must be Unicode that UTF-8 can hold."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DataError(
            f"id {name!a} holds a lone surrogate at character {error.start}; write it as proper Unicode"
        ) from None
    return name


def _optional(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise DataError(f'"{name}" must be a string, got {show(value)}')
    return value


def _flag(row: Mapping[str, Any], name: str) -> bool:
    value = row.get(name)
    if value is not None and not isinstance(value, bool):
        raise DataError(f'"{name}" must be true or false, got {show(value)}')
    return bool(value)


def _list(row: Mapping[str, Any], name: str) -> list[Any]:
    value = row.get(name)
    if value is None:
        raise DataError(f'the field "{name}" is missing')
    if not isinstance(value, list):
        raise DataError(f'"{name}" must be a list, got {show(value)}; write [...] around a single one')
    if not value:
        raise DataError(f'"{name}" is empty; at least one is needed')
    return value


def _strings(row: Mapping[str, Any], name: str, *, required: bool = False) -> tuple[str, ...]:
    if not required and row.get(name) in (None, []):
        return ()
    values = _list(row, name)
    for value in values:
        if not isinstance(value, str):
            raise DataError(f'"{name}" must hold strings, got {show(value)}')
    return tuple(values)


def _refuse_unknown(row: Mapping[str, Any], known: tuple[str, ...], way_out: str) -> None:
    for name in row:
        if name not in known:
            raise DataError(f'unknown field "{name}"{suggest(name, known)}; known are {", ".join(known)}; {way_out}')
