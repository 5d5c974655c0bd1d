"""`qwenlong-score` as a user meets it: rows in, verdicts out, mistakes with their line."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import qwenlong
from qwenlong.cli.scores import main

ROWS: list[dict[str, Any]] = [
    {"id": 1, "response": "<think>x</think>The answer is Paris.", "answers": ["Paris", "Lutetia"]},
    {"id": 2, "response": "The answer is 5 or 6", "gold": "5"},
    {"id": 3, "response": "The answer is 5", "answer": "the"},
    {"id": 4, "response": "The answer is 1.5 thousand", "answer": "1500", "options": {"kind": "text"}},
]


def write(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n")
    return path


def test_rows_come_back_with_their_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = write(tmp_path / "rows.jsonl", *ROWS[:2], "", *ROWS[2:]), tmp_path / "out.jsonl"
    assert main([str(path), "--out", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["verdict"]["score"] for row in rows] == [1.0, 0.0, None, 0.0]
    assert [{key: value for key, value in row.items() if key != "verdict"} for row in rows] == ROWS
    assert rows[1]["verdict"]["reason"] == "too_many_candidates"
    said = capsys.readouterr().out
    assert "strict: 4 rows, 1 without a verdict" in said
    assert "accuracy         0.3333  over 3" in said
    assert set(tmp_path.iterdir()) == {path, out}


def test_the_standard_streams_are_files(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(ROWS[0]).encode())))
    assert main(["-", "--out", "-"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["verdict"]["score"] == 1.0
    assert "1 rows" in said.err


def test_a_gold_that_is_a_whole_number_is_its_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(
        tmp_path / "rows.jsonl", {"response": "It is 1,500", "gold": 1500}, {"response": "7", "answers": [6, 7]}
    )
    assert main([str(path)]) == 0
    assert "accuracy         1.0000  over 2" in capsys.readouterr().out


def test_one_row_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write(tmp_path / "rows.jsonl", *ROWS))
    assert main([path, "--explain", "2"]) == 0
    said = capsys.readouterr().out
    for part in ("too_many_candidates", "extracted  5 or 6", "with       5", "score      0"):
        assert part in said
    assert main([path, "--explain", "9"]) == 2
    assert "--explain is 9, but rows are counted from 1 to 4" in capsys.readouterr().err


def test_extracted_answers_spans_and_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "drop.jsonl", {"pred": ["4", "3"], "answers": [["3", "4"], "7"]})
    assert main([str(path), "--profile", "drop", "--match"]) == 0
    assert "f1               1.0000" in capsys.readouterr().out
    path = write(tmp_path / "mc.jsonl", {"output": "</think>The correct answer is (B)", "answer": "B"})
    assert main([str(path), "--profile", "qwenlong_mc", "--sentence"]) == 0
    assert "accuracy         1.0000" in capsys.readouterr().out
    path = write(tmp_path / "ruler.jsonl", {"text": "It is 7.", "answers": ["7", "8"]})
    command = [str(path), "--profile", "ruler", "--response-field", "text"]
    assert main([*command, "--option", "task=qa"]) == 0
    assert "accuracy         1.0000" in capsys.readouterr().out
    assert main(command) == 0
    assert "accuracy         0.5000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "flags", "message"),
    [
        (["{"], [], ":1: not JSON"),
        (['{"response": "x", "gold": "x", "gold": "y"}'], [], ':1: not JSON: the field "gold" stands twice'),
        ([{"response": "5", "gold": 5.0}], [], ":1: a gold is 5.0: profile `strict` takes text"),
        (["[1]"], [], ":1: a row is an object, not [1]"),
        ([ROWS[0], {"response": "x"}], [], ":2: no field of answers, gold, answer, ground_truth among response"),
        (
            [{"response": None, "gold": "x"}],
            [],
            ":1: the response is None, not a text; where generation failed",
        ),
        ([ROWS[0], {"response": "x", "gold": []}], [], ":2: has no gold"),
        ([ROWS[0], {"response": "x", "gold": {"a": 1}}], [], ":2: a gold is {'a': 1}"),
        ([ROWS[0]], ["--profile", "hotpotqa"], ":1: profile `hotpotqa` compares with one gold, not a list of 2"),
        ([{**ROWS[1], "options": {"kid": "x"}}], [], ":1: unknown option `kid`"),
        ([{**ROWS[1], "options": ["x"]}], [], ':1: "options" is an object'),
        ([], [], "has no rows"),
        ([ROWS[0]], ["--option", "kind"], "--option is kind; write NAME=VALUE"),
        ([ROWS[0]], ["--option", "kind=foo"], "unknown kind `foo`"),
        ([ROWS[0]], ["--profile", "anls", "--option", "threshold=x"], "--option threshold is x: use a number"),
        ([ROWS[0]], ["--profile", "f1"], "--profile is f1; there are strict, "),
        ([ROWS[0]], ["--threads", "0"], "--threads is 0 but must be at least 1"),
    ],
)
def test_mistakes_have_their_line(
    rows: list[Any], flags: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = write(tmp_path / "rows.jsonl", *rows), tmp_path / "out.jsonl"
    out.write_text("before")
    assert main([str(path), "--out", str(out), *flags]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert out.read_text() == "before", "a run that fails leaves what was there"
    assert set(tmp_path.iterdir()) == {path, out}


def test_bytes_that_are_no_text_and_files_that_are_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.jsonl").write_bytes(json.dumps(ROWS[0]).encode() + b"\n\xff\n")
    assert main([str(tmp_path / "rows.jsonl")]) == 2
    assert ":2: not UTF-8" in capsys.readouterr().err
    assert main([str(tmp_path / "none.jsonl")]) == 1
    assert "No such file" in capsys.readouterr().err
    assert main([]) == 2


def test_the_profiles_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    said = capsys.readouterr().out
    assert all(f"{name}: " in said for name in qwenlong.profiles())
    assert "--option kind=auto (auto, text, number, choice, yesno)" in said


def test_it_runs_as_a_program_with_little_loaded() -> None:
    code = (
        "import sys; from qwenlong.cli.scores import main; main(['--list']);"
        "sys.exit(bool({'torch', 'pydantic', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_special_files_are_written_to_and_stay(tmp_path: Path) -> None:
    path, aim, link = write(tmp_path / "rows.jsonl", ROWS[0]), tmp_path / "aim.jsonl", tmp_path / "link.jsonl"
    aim.write_text("before")
    link.symlink_to(aim)
    assert main([str(path), "--out", str(link)]) == 0
    assert link.is_symlink()
    assert json.loads(aim.read_text())["verdict"]["score"] == 1.0
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(pipe.read_text()))
    reader.start()
    assert main([str(path), "--out", str(pipe)]) == 0
    reader.join(10)
    assert json.loads(said[0])["verdict"]["score"] == 1.0
    assert pipe.is_fifo()


def test_a_byte_order_mark_and_a_lone_surrogate_pass_through(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"response": "The answer is \ud800x", "gold": "x"}).encode())
    assert main([str(path), "--out", str(out)]) == 0
    assert main([str(out), "--out", str(out)]) == 0
    assert json.loads(out.read_text("utf-8"))["response"] == "The answer is \ud800x"
