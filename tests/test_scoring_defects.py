"""Every entry of the list of official defects is a golden row; Rust reads the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qwenlong import scoring

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "golden" / "scoring.jsonl").read_text(encoding="utf-8").splitlines()
]
DEFECTS = [f"Q{i}" for i in range(1, 14)] + [f"R{i}" for i in range(1, 20)] + [f"M{i}" for i in range(1, 5)] + ["I1"]
DENIALS = (
    "Q8",
    "Q9",
    "Q11.0",
    "Q11.1",
    "Q13.boxed",
    "Q13.no-think",
    "R1",
    "R2.0",
    "R10.0",
    "R12.gold6",
    "M2.goldB",
    "M3.0",
)


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_golden_row_holds(row: dict[str, Any]) -> None:
    options = row.get("options", {})
    if row["mode"] == "score":
        verdict = scoring.score(row["response"], row["gold"], kind=row["kind"], reasoning=row["reasoning"], **options)
    else:
        verdict = scoring.match(row["response"], row["gold"], kind=row["kind"], **options)
    assert verdict.score == row["score"], verdict
    for name in ("reason", "extracted", "matched_gold"):
        if name in row:
            assert getattr(verdict, name) == row[name]
    if "well_formed" in row:
        assert verdict.metrics["well_formed"] == row["well_formed"]


def test_the_batch_says_what_single_calls_say() -> None:
    for reasoning in ("auto", "required"):
        rows = [
            row for row in ROWS if row["mode"] == "score" and row["reasoning"] == reasoning and "options" not in row
        ]
        verdicts = scoring.score_batch(
            [row["response"] for row in rows],
            [row["gold"] for row in rows],
            kind=[row["kind"] for row in rows],
            reasoning=reasoning,
        )
        assert [verdict.score for verdict in verdicts] == [row["score"] for row in rows]


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_defect_has_a_row(defect: str) -> None:
    assert any(row["id"].split(".")[0] == defect for row in ROWS)


@pytest.mark.parametrize("denial", DENIALS)
def test_a_right_answer_that_was_denied_is_rewarded(denial: str) -> None:
    rows = [row for row in ROWS if row["id"] == denial or row["id"].startswith(f"{denial}.")]
    assert any(row["score"] == 1 for row in rows)


def test_ids_are_unique() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
