"""Rows of a JSONL file as `qwenlong-score` reads them: a response, its gold, their verdict; a mistake has its line."""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from qwenlong import scoring
from qwenlong.catalog import Profile
from qwenlong.records import Verdict

RESPONSES = ("response", "prediction", "output", "pred")
GOLDS = ("answers", "gold", "answer", "ground_truth")


class RowError(ValueError):
    """A row that cannot be scored: its line, what is wrong, what to do."""


def read_rows(lines: Iterable[bytes], options: argparse.Namespace) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every row with the number of its line; empty lines are passed over."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _row(line, f"{options.file}:{number}")


def _row(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise RowError(f"{place}: not UTF-8: {error.reason}") from error
    except (ValueError, RecursionError) as error:
        raise RowError(f"{place}: not JSON: {error}") from error
    if not isinstance(row, dict):
        raise RowError(f"{place}: a row is an object, not {row!r:.40}")
    return row


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f'the field "{name}" stands twice')
    return fields


def judged(
    block: list[tuple[int, dict[str, Any]]], options: argparse.Namespace, profile: Profile, given: dict[str, Any]
) -> list[Verdict]:
    """The verdicts of some rows; rows with options of their own are scored on their own."""
    places = [f"{options.file}:{number}" for number, _ in block]
    texts, golds = [], []
    for place, (_, row) in zip(places, block, strict=True):
        texts.append(_text(row, options, place))
        golds.append(read_gold(row, options, profile, place))
    own = {i: _options(row["options"], profile, places[i]) for i, (_, row) in enumerate(block) if row.get("options")}
    shared = [i for i in range(len(block)) if i not in own]
    verdicts: dict[int, Verdict] = {}
    for chosen, extra in [(shared, {}), *(([i], extra) for i, extra in own.items())]:
        batch = scoring.match_batch if options.match else scoring.score_batch
        try:
            found = batch(
                [texts[i] for i in chosen],
                [golds[i] for i in chosen],
                profile=profile.name,
                threads=options.threads,
                **{**given, **extra},
            )
        except ValueError as error:
            named = re.match(r"row (\d+):? ", str(error))
            place = places[chosen[int(named[1])]] if named else places[chosen[0]]
            raise RowError(f"{place}: {str(error)[named.end() if named else 0 :]}") from error
        verdicts.update(zip(chosen, found, strict=True))
    return [verdicts[i] for i in range(len(block))]


def _options(value: Any, profile: Profile, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RowError(f'{place}: "options" is an object, not {value!r:.40}')
    known = [option.name for option in profile.options]
    for name in value:
        if name not in known:
            has = ", ".join(known) or "none"
            raise RowError(f"{place}: unknown option `{name}`: profile `{profile.name}` has {has}")
    return value


def _text(row: dict[str, Any], options: argparse.Namespace, place: str) -> Any:
    value = _field(row, options.response_field, RESPONSES, "--response-field", place)
    if options.match and isinstance(value, list):
        return scoring.Spans(value)
    if not isinstance(value, str) and not (options.match and isinstance(value, int | float)):
        raise RowError(f'{place}: the response is {value!r:.40}, not a text; where generation failed, write ""')
    return value


def read_gold(row: dict[str, Any], options: argparse.Namespace, profile: Profile, place: str) -> Any:
    """The golds of a row as the scorer takes them: one, or a list; a whole number is its digits.

    A float is left as it is, for the profiles whose files hold numbers: others refuse it, since how precisely it was
    written is lost.
    """
    value = _field(row, options.gold_field, GOLDS, "--gold-field", place)
    golds = [str(gold) if type(gold) is int else gold for gold in (value if isinstance(value, list) else [value])]
    if options.sentence and profile.sentence and not options.match:
        golds = [profile.sentence.replace("{}", str(gold)) for gold in golds]
    golds = [scoring.Spans(gold) if isinstance(gold, list) else gold for gold in golds]
    return golds[0] if profile.golds == "one" and len(golds) == 1 else golds


def _field(row: dict[str, Any], name: str | None, names: Sequence[str], flag: str, place: str) -> Any:
    for known in [name] if name else names:
        if known in row:
            return row[known]
    wanted = f'"{name}"' if name else f"of {', '.join(names)}"
    raise RowError(f"{place}: no field {wanted} among {', '.join(row) or 'none'}: name it with {flag}")
