"""Records of JSONL and parquet files, one by one, each with the place that an error names."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

Format = Literal["auto", "jsonl", "parquet", "docqa"]
"""`auto` decides by the file's suffix, then by the columns; `docqa` maps DocQA-RL columns of a file of either kind."""

_FORMATS = ("auto", "jsonl", "parquet", "docqa")
_JSONL_SUFFIXES = (".jsonl", ".ndjson", ".json")


class DataError(ValueError):
    """Input data that cannot be used; the message says where, what, and the way out."""


def read_rows(file: Path, form: Format) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Yield (number, place, row) of every record; raise DataError for a file that cannot be read."""
    if form not in _FORMATS:
        raise DataError(f"unknown format {form!r}{suggest(form, _FORMATS)}; known are {', '.join(_FORMATS)}")
    if not file.exists():
        siblings = sorted(item.name for item in file.parent.iterdir()) if file.parent.is_dir() else []
        raise DataError(f"{file}: no such file{suggest(file.name, siblings)}")
    if file.is_dir():
        raise DataError(f"{file}: is a directory; name the data file inside it")
    suffix = file.suffix.lower()
    if form == "parquet" or (form != "jsonl" and suffix == ".parquet"):
        return _parquet_rows(file)
    if form == "auto" and suffix not in _JSONL_SUFFIXES:
        raise DataError(f'{file}: cannot tell the format by the suffix "{suffix}"; say format="jsonl" or "parquet"')
    return _jsonl_rows(file)


def _jsonl_rows(file: Path) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            place = f"{file}:{number}"
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                row = (
                    json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
                    if text.strip()
                    else None
                )
            except UnicodeDecodeError as error:
                raise DataError(f"{place}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error
            except json.JSONDecodeError as error:
                raise DataError(
                    f"{place}: malformed JSON at column {error.colno}: {error.msg}; every line must be one JSON object"
                ) from error
            except RecursionError as error:
                raise DataError(f"{place}: nested too deeply to read") from error
            except ValueError as error:
                raise DataError(f"{place}: {error}") from error
            if not text.strip():
                continue
            if not isinstance(row, dict):
                raise DataError(f"{place}: a row must be a JSON object, got {show(row)}")
            yield number, place, row


def _parquet_rows(file: Path) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.parquet as parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise DataError(f"{file}: reading parquet needs pyarrow: pip install 'qwenlong[train]'") from error
    try:
        table = parquet.ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file}: cannot be read as parquet: {error}") from error
    number = 0
    with table:
        for batch in table.iter_batches(batch_size=256):
            for row in batch.to_pylist():
                number += 1
                yield number, f"{file}: record {number}", row


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        raise DataError(
            f'the field "{next(name for name in names if names.count(name) > 1)}" stands twice in one object'
        )
    return row


def _refuse_constant(name: str) -> object:
    raise DataError(f"{name} is not JSON; write null or a string")


def suggest(name: str, known: Iterable[str]) -> str:
    """`; did you mean "..."?` where a known name is near, else nothing."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def show(value: object) -> str:
    """Return a short picture of a value and its type."""
    return f"{cut(repr(value))} ({type(value).__name__})"


def cut(text: str, limit: int = 60) -> str:
    """Shorten `text` to `limit` characters."""
    return text if len(text) <= limit else text[: limit - 3] + "..."
