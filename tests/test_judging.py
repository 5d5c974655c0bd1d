"""What a judge said, and what it may be shown; Rust reads the same golden rows."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwenlong import scoring

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "golden" / "judge_replies.jsonl").read_text("utf-8").splitlines()
]
VERDICTS = ["[[YES]]", "[[no]]", "[[", "]]", "[", "]", "Y", "E", "S", "N", "O", " ", "\n", "."]
ALIKE = ["\uff3b\uff3b", "\uff3d\uff3d", "\uff39\uff25\uff33", "\u27e6", "\u27e7", "\u039f", "\u200b", "\ud800"]
hostile = st.lists(st.sampled_from([*VERDICTS, *ALIKE]), max_size=30).map("".join)
any_text = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_golden_row_holds(row: dict[str, Any]) -> None:
    assert scoring.judge_reply(row["reply"]) is row["verdict"]


def test_every_defect_of_the_official_judge_has_its_rows() -> None:
    named = {row["id"].split(".")[0] for row in ROWS}
    assert {"J1", "J2", "J3", "J4", "J7"} <= named
    # What the official code pays for, `"YES" in text`, and what is paid for here.
    paid = [row for row in ROWS if "YES" in row["reply"]]
    assert sum(row["verdict"] is not True for row in paid) > 20


@given(text=any_text | hostile)
def test_a_cleaned_text_holds_no_verdict_in_any_width(text: str) -> None:
    clean = scoring.without_verdicts(text)
    folded = unicodedata.normalize("NFKC", clean).upper()
    assert "[[YES]]" not in folded
    assert "[[NO]]" not in folded
    assert scoring.without_verdicts(clean) == clean
    assert scoring.judge_reply(clean) is None


@given(before=any_text | hostile, verdict=st.sampled_from([True, False]))
def test_only_the_last_line_decides(before: str, verdict: bool) -> None:
    assert scoring.judge_reply(f"{before}\n[[{'YES' if verdict else 'NO'}]]\n") is verdict
