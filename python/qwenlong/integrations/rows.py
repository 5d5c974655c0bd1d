"""What frameworks hand over with a response: golds in their many wrappings, options that stand in the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DEFAULTS = {"kind": "auto"}
"""Options that a row may leave open (docs/data.md), and what they are then."""


def unwrap_gold(gold: Any) -> Any:
    """Take a gold out of its array, its `{"target": ...}` or its list of one.

    >>> unwrap_gold({"target": ["Berlin"]}), unwrap_gold(["480", "480 euros"]), unwrap_gold(12.5)
    ('Berlin', ['480', '480 euros'], 12.5)
    """
    if isinstance(gold, Mapping) and set(gold) == {"target"}:
        gold = gold["target"]
    if hasattr(gold, "tolist"):
        gold = gold.tolist()
    return gold[0] if isinstance(gold, list | tuple) and len(gold) == 1 else gold


def pick_options(row: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """Take the options that `columns` names from a row.

    >>> pick_options({"kind": "number", "source": "a"}, ["kind"]), pick_options({"kind": None}, ["kind"])
    ({'kind': 'number'}, {'kind': 'auto'})

    Raises:
        ValueError: a column that is not there or empty, and has no default.
    """
    options = {name: DEFAULTS.get(name) if row.get(name) is None else row[name] for name in columns}
    for name, value in options.items():
        if value is None:
            raise ValueError(f"no {name!r} in a row, but columns names it; the row has {sorted(map(str, row))}")
    return options


def pick_columns(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> dict[str, Any]:
    """Take the options that `columns` names from many rows: a list of one value per row for each.

    >>> pick_columns([{"kind": "text"}, {}], ["kind"])
    {'kind': ['text', 'auto']}

    Raises:
        ValueError: as in `pick_options`.
    """
    names = list(columns)
    picked = [pick_options(row, names) for row in rows]
    return {name: [options[name] for options in picked] for name in names}
