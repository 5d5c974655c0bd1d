"""The console script `qwenlong-score`: a file of responses in, a verdict per row out. Needs numpy alone."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from qwenlong import scoring
from qwenlong.catalog import Profile
from qwenlong.cli.responses import GOLDS, RESPONSES, judged, read_gold, read_rows
from qwenlong.records import Verdict

DESCRIPTION = """\
Score the responses of a JSONL file, or extracted answers with --match, and say why.

Each row is an object with a response ("response", "prediction", "output" or "pred") and its gold ("answers", "gold",
"answer" or "ground_truth"): a text, or a list of texts that are aliases of one another; a list within the list holds
the spans of one answer. A row may have "options", an object with the profile's options for this row alone. Every other
field is carried along.

Written are the rows with a "verdict" each: score (null where nothing could be judged), reason, what was extracted, what
was compared, metrics. The summary goes to the standard error when the rows go to the standard output.
"""

EXAMPLES = """\
examples
  qwenlong-score outputs.jsonl --out verdicts.jsonl                    the default, hard to game
  qwenlong-score outputs.jsonl --profile hotpotqa --match              extracted answers, HotpotQA's EM and F1
  qwenlong-score outputs.jsonl --profile ruler --option task=qa        an option of the profile
  qwenlong-score outputs.jsonl --explain 17                            row 17 alone (counted from 1), in words
  generate | qwenlong-score - --response-field text --out - | jq .verdict.score
"""

BLOCK = 1024
"""Rows scored in one call."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the console script; returns the exit code: 0 done, 1 the world failed, 2 a mistake of the user."""
    options = _parser().parse_args(arguments)
    if options.list:
        sys.stdout.write(_listed(scoring.profiles()))
        return 0
    if options.file is None:
        return _complain("name a FILE of rows, or - for the standard input; see qwenlong-score --help")
    try:
        return _run(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ValueError as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"{error.filename or options.file}: {error.strerror}", code=1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "qwenlong-score",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="JSONL rows; - is the standard input")
    parser.add_argument("--profile", default="strict", help="the scorer (default: strict); --list names all")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the profile")
    parser.add_argument("--match", action="store_true", help="the rows hold extracted answers, not whole responses")
    parser.add_argument("--sentence", action="store_true", help="put bare golds into the sentence the profile expects")
    parser.add_argument("--response-field", metavar="NAME", help=f"default: the first of {', '.join(RESPONSES)}")
    parser.add_argument("--gold-field", metavar="NAME", help=f"default: the first of {', '.join(GOLDS)}")
    parser.add_argument("--out", metavar="FILE", help="where the rows with verdicts go; - is the standard output")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads that score (default: 1)")
    parser.add_argument("--explain", type=int, metavar="ROW", help="only this row, counted from 1, in words")
    parser.add_argument("--list", action="store_true", help="the profiles with their options and sources")
    return parser


def _run(options: argparse.Namespace) -> int:
    profile = _profile(options.profile)
    given = dict(_option(text, profile) for text in options.option)
    scoring.Scorer(profile.name, **given)
    if options.threads < 1:
        raise ValueError(f"--threads is {options.threads} but must be at least 1")
    with _opened(options.file) as lines:
        if options.explain is not None:
            return _explain(lines, options, profile, given)
        total = _Total(profile)
        with _written(options.out) as out:
            rows = _progress(read_rows(lines, options), options.file)
            while block := list(islice(rows, BLOCK)):
                verdicts = judged(block, options, profile, given)
                total.add(verdicts)
                if out is not None:
                    out.writelines(_line(row, verdict) for (_, row), verdict in zip(block, verdicts, strict=True))
            if total.rows == 0:
                raise ValueError(f"{options.file} has no rows")
    (sys.stderr if options.out == "-" else sys.stdout).write(total.table())
    return 0


def _explain(lines: Iterable[bytes], options: argparse.Namespace, profile: Profile, given: dict[str, Any]) -> int:
    rows = list(islice(read_rows(lines, options), max(options.explain, 0)))
    if options.explain < 1 or len(rows) < options.explain:
        raise ValueError(f"--explain is {options.explain}, but rows are counted from 1 to {len(rows)}")
    [verdict] = judged(rows[-1:], options, profile, given)
    gold = read_gold(rows[-1][1], options, profile, options.file)
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in verdict.metrics.items()) or "none"
    said = [
        ("profile", f"{profile.name} (semantics {profile.semantics}): {profile.summary}"),
        ("options", ", ".join(f"{name}={value}" for name, value in given.items()) or "the defaults"),
        ("golds", "; ".join(map(repr, gold))),
        ("extracted", _shown(verdict.extracted)),
        ("compared", _shown(verdict.normal_prediction)),
        ("with", _shown(verdict.normal_gold)),
        ("reason", verdict.reason),
        ("metrics", metrics),
        ("score", "none: nothing could be judged" if verdict.score is None else f"{verdict.score:.6g}"),
    ]
    sys.stdout.write("".join(f"{name:<10} {text}\n" for name, text in said))
    return 0


def _shown(text: str | None) -> str:
    return "nothing" if text is None else ascii(text) if any("\ud800" <= char <= "\udfff" for char in text) else text


class _Total:
    """What all rows give together."""

    def __init__(self, profile: Profile) -> None:
        self.profile, self.rows, self.unscored = profile, 0, 0
        self.reasons: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()

    def add(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            self.rows += 1
            self.unscored += verdict.score is None
            self.reasons[verdict.reason] += 1
            for name, value in verdict.metrics.items():
                self.sums[name] += value  # type: ignore[assignment]
                self.counts[name] += 1

    def table(self) -> str:
        head = f"{self.profile.name}: {self.rows} rows, {self.unscored} without a verdict\n"
        lines = [
            f"  {name:<14} {self.sums[name] / self.counts[name]:8.4f}  over {self.counts[name]}\n"
            for name in self.profile.metrics
            if self.counts[name]
        ]
        lines += [f"  {reason:<22} {count:>8}\n" for reason, count in self.reasons.most_common()]
        return head + "".join(lines)


def _line(row: dict[str, Any], verdict: Verdict) -> str:
    shown = {**row, "verdict": asdict(verdict)}
    line = json.dumps(shown, ensure_ascii=False) + "\n"
    # A lone surrogate has no UTF-8, so it stays an escape.
    lone = any("\ud800" <= char <= "\udfff" for char in line) if not line.isascii() else False
    return json.dumps(shown) + "\n" if lone else line


def _profile(name: str) -> Profile:
    known = scoring.profiles()
    if name not in known:
        raise ValueError(f"--profile is {name}; there are {', '.join(known)}")
    return known[name]


def _option(text: str, profile: Profile) -> tuple[str, str | float]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--option is {text}; write NAME=VALUE")
    takes = {option.name: option for option in profile.options}.get(name)
    if takes is None or takes.least is None:
        return name, value
    try:
        return name, float(value)
    except ValueError as error:
        raise ValueError(f"--option {name} is {value}: use a number from {takes.least} to {takes.most}") from error


def _listed(profiles: dict[str, Profile]) -> str:
    lines = []
    for profile in profiles.values():
        lines.append(f"{profile.name}: {profile.summary}")
        lines.append(f"    metrics {', '.join(profile.metrics)}; golds: {profile.golds}; source: {profile.source}")
        for option in profile.options:
            numbers = "a text" if option.least is None else f"{option.least} to {option.most}"
            takes = ", ".join(option.choices) or numbers
            lines.append(f"    --option {option.name}={option.default} ({takes}): {option.summary}")
    return "\n".join([*lines, ""])


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    with Path(path).open("rb") as lines:
        yield lines


@contextmanager
def _written(path: str | None) -> Iterator[TextIO | None]:
    """The output, which takes its name only when all of it is there; a device or a pipe is written to as it stands."""
    if path is None or path == "-":
        yield None if path is None else sys.stdout
        return
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8") as out:
            yield out
        return
    partial = target.with_name(f"{target.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as out:
            yield out
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _progress(rows: Iterator[Any], name: str) -> Iterator[Any]:
    """A progress bar on a terminal where tqdm is installed."""
    if not sys.stderr.isatty():
        return rows
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        return rows
    return iter(tqdm(rows, unit="row", desc=name, leave=False))


def _complain(message: str, *, code: int = 2) -> int:
    sys.stderr.write(f"qwenlong-score: {message}\n")
    return code
