"""TAT-QA, questions over tables and text of financial reports, as examples.

A context (one table and its paragraphs) becomes one document, and each of its questions one example. Reports do not
name their company, so a question alone would be ambiguous once other reports stand beside its own: document and
question carry the same short name ("Report 3ffd9053"). Questions that are not converted are counted with the reason.

    python -m qwenlong.tatqa tatqa_dataset_dev.json tatqa.jsonl --reports :200
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from qwenlong.documents import write_examples
from qwenlong.records import Document, Example, Kind
from qwenlong.rows import DataError, cut

_log = logging.getLogger(__name__)

_SCALES = ("", "thousand", "million", "billion", "percent")
_YEAR = re.compile(r"(19|20)\d\d")
"""A bare year is never an amount; annotations give some of them a scale all the same."""
_AMOUNT = re.compile(r"[-\u2013\u2212($€£¥\s]*(\d{1,3}(,\d{3})+|\d+|(?=\.\d))(\.\d+)?[\s%)]*")
"""A number and nothing else, with its sign, currency, brackets and percent sign."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")
_MAX_QUOTE = 300
"""Characters of evidence quoted in a response: a warm-up target should reason, not copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """Converted questions and an account of the others."""

    examples: tuple[Example, ...]
    """In the file's order."""
    num_questions: int
    """Questions met, converted or not."""
    skipped: dict[str, int]
    """Questions not converted, by reason."""

    def __str__(self) -> str:
        """Say how many were converted and why others were not."""
        reasons = "; ".join(f"{count} skipped: {reason}" for reason, count in self.skipped.items())
        return f"{len(self.examples)} of {self.num_questions} questions converted; {reasons or 'none skipped'}"


def load_tatqa(
    path: str | os.PathLike[str], *, reports: slice = slice(None), limit: int | None = None
) -> list[Example]:
    """Convert a TAT-QA file and log what was skipped; see `convert_tatqa`."""
    conversion = convert_tatqa(path, reports=reports, limit=limit)
    _log.info("%s: %s", path, conversion)
    return list(conversion.examples)


def convert_tatqa(
    path: str | os.PathLike[str], *, reports: slice = slice(None), limit: int | None = None
) -> Conversion:
    """Convert the questions of a TAT-QA JSON file.

    `reports` picks contexts, so that no report is in two parts of a split; `limit` ends after so many examples.
    Questions whose answer is several spans are skipped: `answers` are aliases of one answer, never parts of it.
    Raises DataError for a file that is missing, not JSON, or without TAT-QA's fields.
    """
    examples: list[Example] = []
    skipped: Counter[str] = Counter()
    num_questions = 0
    for place, context in _contexts(Path(path), reports):
        try:
            report = _report(context)
            for question in context["questions"]:
                if limit is not None and len(examples) >= limit:
                    break
                num_questions += 1
                converted = _example(question, report)
                if isinstance(converted, str):
                    skipped[converted] += 1
                else:
                    examples.append(converted)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{place}: not in TAT-QA's format: {type(error).__name__} {error}") from error
    if not examples:
        raise DataError(f"{path}: no question is left: {num_questions} met, {skipped.total()} skipped")
    return Conversion(examples=tuple(examples), num_questions=num_questions, skipped=dict(skipped.most_common()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert SOURCE into OUT; the account goes to the log, on standard error."""
    parser = argparse.ArgumentParser(prog="python -m qwenlong.tatqa", description="TAT-QA as rows of qwenlong.")
    parser.add_argument("source", help="a TAT-QA file such as tatqa_dataset_dev.json")
    parser.add_argument("out", help="the JSONL file to write")
    parser.add_argument("--reports", type=_slice, default=slice(None), metavar="A:B", help="only reports A to B-1")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N examples")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        examples = load_tatqa(options.source, reports=options.reports, limit=options.limit)
        write_examples(options.out, examples)
    except (DataError, OSError) as error:
        _log.error("error: %s", error)
        return 2
    _log.info("%s: %d examples written", options.out, len(examples))
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """One context, ready for its questions."""

    name: str
    document: Document
    rows: tuple[tuple[str, ...], ...]
    paragraphs: dict[str, str]
    """Text by the number that `rel_paragraphs` uses."""


def _contexts(file: Path, reports: slice) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        contexts = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{file}: not JSON: {error}") from error
    if not isinstance(contexts, list):
        raise DataError(f"{file}: must be a list of contexts, got {cut(repr(contexts))}")
    for index in range(*reports.indices(len(contexts))):
        yield f"{file}: context {index}", contexts[index]


def _report(context: Mapping[str, Any]) -> _Report:
    uid = context["table"]["uid"]
    name = f"Report {uid[:8]}"
    rows = _tidy(context["table"]["table"])
    ordered = sorted(context["paragraphs"], key=lambda paragraph: int(paragraph["order"]))
    paragraphs = {str(paragraph["order"]): paragraph["text"].strip() for paragraph in ordered}
    text = "\n\n".join(["\n".join(f"| {' | '.join(row)} |" for row in rows), *paragraphs.values()])
    document = Document(text=text, title=name, id=uid, gold=True)
    return _Report(name=name, document=document, rows=rows, paragraphs=paragraphs)


def _tidy(table: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Collapse blanks inside cells and drop rows and columns that are empty throughout."""
    rows = [[" ".join(cell.split()) for cell in row] for row in table]
    columns = [
        index for index in range(max(map(len, rows), default=0)) if any(row[index : index + 1] != [""] for row in rows)
    ]
    return tuple(tuple(row[index] for index in columns if index < len(row)) for row in rows if any(row))


def _example(question: Mapping[str, Any], report: _Report) -> Example | str:
    """One question as an example, or the reason why not."""
    answer_type, scale = question["answer_type"], question["scale"]
    if scale not in _SCALES:
        return f"unknown scale {scale!r}"
    if answer_type == "multi-span":
        return "its answer is several spans"
    answer = question["answer"]
    bare = _plain(answer[0] if isinstance(answer, list) and len(answer) == 1 else answer)
    if not bare:
        return "its answer is empty"
    answers = (bare,) if isinstance(answer, list) and _YEAR.fullmatch(bare) else _with_scale(bare, scale)
    facts = ("answer_type", "answer_from", "scale", "derivation", "rel_paragraphs", "req_comparison")
    return Example(
        id=question["uid"],
        documents=(report.document,),
        question=f"In {report.name}: {question['question'].strip()}",
        answers=answers,
        kind=Kind.NUMBER if answer_type in {"arithmetic", "count"} else Kind.AUTO,
        task="tatqa",
        response=f"{_reasoning(question, bare, answers[0], report)}\n</think>\n\nTherefore, the answer is {answers[0]}",
        evidence=(report.document.id,),
        metadata={name: question[name] for name in facts},
    )


def _plain(answer: object) -> str:
    """Write a number without exponent; "" for what is neither text nor number."""
    if isinstance(answer, float):
        return format(Decimal(repr(answer)).normalize(), "f")
    return str(answer).strip() if isinstance(answer, str | int) and not isinstance(answer, bool) else ""


def _with_scale(bare: str, scale: str) -> tuple[str, ...]:
    """Aliases: the amount with its scale first, then as the report's table writes it."""
    if not scale or not _AMOUNT.fullmatch(bare):
        return (bare,)
    if scale != "percent":
        return (f"{bare} {scale}", bare)
    return (bare,) if bare.endswith("%") else (f"{bare}%", bare)


def _reasoning(question: Mapping[str, Any], bare: str, answer: str, report: _Report) -> str:
    """Say in a sentence or two where the answer comes from: the derivation, else the quoted evidence."""
    derivation = question["derivation"].strip()
    if question["answer_type"] == "arithmetic" and derivation:
        return f"{report.name} gives the figures for {derivation}, and that comes to {answer}."
    if question["answer_type"] == "count" and derivation:
        items = "; ".join(item.strip() for item in derivation.split("##"))
        return f"In {report.name} these meet the question: {cut(items, _MAX_QUOTE)}. Counted, that is {answer}."
    if derivation:
        return f"What decides it in {report.name}: {cut(derivation, _MAX_QUOTE)}."
    return _evidence(question, bare, report)


def _evidence(question: Mapping[str, Any], bare: str, report: _Report) -> str:
    """Quote the sentence or the table row that holds the answer."""
    for number in question["rel_paragraphs"]:
        for sentence in _SENTENCE.split(report.paragraphs.get(str(number), "")):
            if bare.casefold() in sentence.casefold():
                return f'{report.name} says: "{cut(sentence, _MAX_QUOTE)}"'
    for row in report.rows:
        if _core(bare) in map(_core, row):
            return f'{report.name} has the row "{cut(" | ".join(filter(None, row)), _MAX_QUOTE)}".'
    return f"{report.name} states this directly."


def _core(cell: str) -> str:
    """Drop what surrounds an amount in some cells and not in others."""
    return cell.strip(" $€£¥%()").casefold()


def _slice(text: str) -> slice:
    """Read `A:B`, either end open."""
    ends = re.fullmatch(r"(-?\d*):(-?\d*)", text)
    if not ends:
        raise argparse.ArgumentTypeError(f"{text!r} must be A:B, for example :200 or 200:")
    return slice(*(int(end) if end else None for end in ends.groups()))


if __name__ == "__main__":
    sys.exit(main())
