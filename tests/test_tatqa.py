"""TAT-QA becomes examples whose golds carry their scale, and nothing is left out in silence."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qwenlong import tatqa
from qwenlong.documents import DataError, load_examples, write_examples
from qwenlong.records import Example, Kind
from qwenlong.scoring import check_gold, score
from qwenlong.tatqa import convert_tatqa, load_tatqa

REAL = Path(__file__).parents[2] / "shared" / "data" / "tatqa" / "tatqa_dataset_dev.json"
real = pytest.mark.skipif(not REAL.is_file(), reason="the TAT-QA dev set is not beside the repository (docs/data.md)")


def _question(**change: Any) -> dict[str, Any]:
    plain = {
        "uid": "q0",
        "question": "What were sales in 2019?",
        "answer": ["$1,496.5"],
        "derivation": "",
        "answer_type": "span",
        "answer_from": "table",
        "rel_paragraphs": [],
        "req_comparison": False,
        "scale": "",
    }
    return plain | change


def _context(*questions: dict[str, Any]) -> dict[str, Any]:
    return {
        "table": {
            "uid": "3ffd9053-a45d",
            "table": [["", "", "2019", " 2018 "], ["", "", "", ""], ["Total  sales", "", "$1,496.5", "(1,202.9)"]],
        },
        "paragraphs": [
            {"uid": "p2", "order": 2, "text": "It grew. Staff was paid in cash by the owner. End."},
            {"uid": "p1", "order": 1, "text": " Sales in millions. "},
        ],
        "questions": list(questions),
    }


def _file(tmp_path: Path, *contexts: object) -> Path:
    path = tmp_path / "tatqa.json"
    path.write_text(json.dumps(contexts), encoding="utf-8")
    return path


def _convert(tmp_path: Path, **change: Any) -> Example:
    (example,) = load_tatqa(_file(tmp_path, _context(_question(**change))))
    return example


def test_a_context_is_one_gold_document_of_table_rows_and_ordered_paragraphs(tmp_path: Path) -> None:
    example = _convert(tmp_path)
    (document,) = example.documents
    # The row and the column without any entry are gone; the header keeps its place above the figures.
    assert document.text == (
        "|  | 2019 | 2018 |\n| Total sales | $1,496.5 | (1,202.9) |\n\n"
        "Sales in millions.\n\nIt grew. Staff was paid in cash by the owner. End."
    )
    assert (document.title, document.id, document.gold) == ("Report 3ffd9053", "3ffd9053-a45d", True)
    assert example.evidence == ("3ffd9053-a45d",)
    assert example.question == "In Report 3ffd9053: What were sales in 2019?"
    assert (example.id, example.task) == ("q0", "tatqa")


@pytest.mark.parametrize(
    ("change", "kind", "answers"),
    [
        ({}, Kind.AUTO, ("$1,496.5",)),
        ({"scale": "million"}, Kind.AUTO, ("$1,496.5 million", "$1,496.5")),
        ({"answer": ["(114)"], "scale": "thousand"}, Kind.AUTO, ("(114) thousand", "(114)")),
        ({"answer": ["33.1"], "scale": "percent"}, Kind.AUTO, ("33.1%", "33.1")),
        ({"answer": ["33.1 %"], "scale": "percent"}, Kind.AUTO, ("33.1 %",)),
        ({"answer": ["2019"], "scale": "percent"}, Kind.AUTO, ("2019",)),
        ({"answer": ["$3.0 million"], "scale": "million"}, Kind.AUTO, ("$3.0 million",)),
        ({"answer": ["in cash"]}, Kind.AUTO, ("in cash",)),
        ({"answer": -22.22, "scale": "percent", "answer_type": "arithmetic"}, Kind.NUMBER, ("-22.22%", "-22.22")),
        ({"answer": 1958, "scale": "million", "answer_type": "arithmetic"}, Kind.NUMBER, ("1958 million", "1958")),
        ({"answer": 24.0, "scale": "billion", "answer_type": "arithmetic"}, Kind.NUMBER, ("24 billion", "24")),
        ({"answer": 1e-05, "answer_type": "arithmetic"}, Kind.NUMBER, ("0.00001",)),
        ({"answer": "4", "answer_type": "count"}, Kind.NUMBER, ("4",)),
    ],
)
def test_golds_carry_their_scale_with_the_bare_amount_as_alias(
    tmp_path: Path, change: dict[str, Any], kind: Kind, answers: tuple[str, ...]
) -> None:
    example = _convert(tmp_path, **change)
    assert (example.kind, example.answers) == (kind, answers)
    assert example.metadata["scale"] == change.get("scale", "")


@pytest.mark.parametrize(
    ("change", "reasoning"),
    [
        ({}, 'Report 3ffd9053 has the row "Total sales | $1,496.5 | (1,202.9)".'),
        ({"answer": ["1,202.9"]}, 'Report 3ffd9053 has the row "Total sales | $1,496.5 | (1,202.9)".'),
        (
            {"answer": ["In cash"], "rel_paragraphs": ["2"]},
            'Report 3ffd9053 says: "Staff was paid in cash by the owner."',
        ),
        ({"answer": ["2019"], "derivation": "3>2"}, "What decides it in Report 3ffd9053: 3>2."),
        ({"answer": ["not there"]}, "Report 3ffd9053 states this directly."),
        (
            {"answer": 6, "answer_type": "arithmetic", "derivation": "2*3 "},
            "Report 3ffd9053 gives the figures for 2*3, and that comes to 6.",
        ),
        (
            {"answer": "2", "answer_type": "count", "derivation": "cash##debt"},
            "In Report 3ffd9053 these meet the question: cash; debt. Counted, that is 2.",
        ),
    ],
)
def test_the_response_reasons_first_and_ends_in_the_answer_sentence(
    tmp_path: Path, change: dict[str, Any], reasoning: str
) -> None:
    example = _convert(tmp_path, **change)
    assert example.response == f"{reasoning}\n</think>\n\nTherefore, the answer is {example.answers[0]}"


def test_what_is_skipped_is_counted_with_the_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    questions = (
        _question(),
        _question(uid="q1", answer=["a", "b"], answer_type="multi-span"),
        _question(uid="q2", answer=["a", "b"], answer_type="multi-span"),
        _question(uid="q3", answer=[]),
        _question(uid="q4", scale="dozen"),
    )
    path = _file(tmp_path, _context(*questions))
    conversion = convert_tatqa(path)
    assert conversion.num_questions == 5
    assert conversion.skipped == {
        "its answer is several spans": 2,
        "its answer is empty": 1,
        "unknown scale 'dozen'": 1,
    }
    with caplog.at_level(logging.INFO):
        load_tatqa(path)
    assert "1 of 5 questions converted; 2 skipped: its answer is several spans; 1 skipped" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("{}", "must be a list of contexts"),
        ('[{"table": {}}]', "context 0: not in TAT-QA's format: KeyError 'uid'"),
        ("[]", "no question is left: 0 met, 0 skipped"),
    ],
)
def test_a_file_in_another_format_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        load_tatqa(path)
    assert message in str(caught.value)


def test_the_command_converts_a_file(tmp_path: Path) -> None:
    path = _file(tmp_path, _context(_question()), _context(_question(uid="q1")), _context(_question(uid="q2")))
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "qwenlong.tatqa", str(path), str(out), "--reports", "1:", "--limit", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [example.id for example in load_examples(out)] == ["q1"]
    assert done.stdout == ""
    assert "1 of 1 questions converted; none skipped" in done.stderr


def test_the_command_says_what_is_wrong_without_a_traceback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert tatqa.main([str(tmp_path / "none.json"), str(tmp_path / "out.jsonl")]) == 2
    assert "none.json: cannot be read: No such file or directory" in caplog.text
    with pytest.raises(SystemExit):
        tatqa.main(["a", "b", "--reports", "7"])


@real
def test_the_real_dev_set_converts_with_only_several_spans_left_out(tmp_path: Path) -> None:
    conversion = convert_tatqa(REAL)
    # 1,668 questions, 217 of them with an answer of several spans.
    assert (conversion.num_questions, conversion.skipped) == (1668, {"its answer is several spans": 217})
    assert len(conversion.examples) == 1451
    write_examples(tmp_path / "dev.jsonl", conversion.examples)
    assert load_examples(tmp_path / "dev.jsonl") == list(conversion.examples)
    titles = {example.documents[0].title for example in conversion.examples}
    ids = {example.documents[0].id for example in conversion.examples}
    assert len(titles) == len(ids)


@real
def test_a_split_by_reports_shares_no_report() -> None:
    train, held_out = load_tatqa(REAL, reports=slice(200)), load_tatqa(REAL, reports=slice(200, None))
    assert len(train) + len(held_out) == 1451
    assert not {example.evidence for example in train} & {example.evidence for example in held_out}


@real
def test_the_scorer_reads_every_gold_and_accepts_every_response() -> None:
    for example in load_tatqa(REAL):
        kind = str(example.kind)
        for answer in example.answers:
            check_gold(answer, kind=kind)
        assert example.response is not None
        verdict = score(example.response, list(example.answers), kind=kind, reasoning="required")
        assert verdict.score == 1.0, (example.id, verdict)
