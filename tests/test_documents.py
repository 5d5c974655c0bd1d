"""Rows become examples, and every mistake in them is named with its place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwenlong.docqa import bare_answer
from qwenlong.documents import DataError, load_examples, write_examples
from qwenlong.records import Document, Example, Kind

ROW: dict[str, Any] = {
    "id": "a",
    "documents": [{"text": "Paris is in France."}],
    "question": "Where?",
    "answers": ["France"],
}


def _write(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def _refusal(path: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        load_examples(path, **options)
    return str(caught.value)


def test_every_field_of_a_row_arrives(tmp_path: Path) -> None:
    full = {
        "id": "b",
        "documents": [{"text": "t", "title": "T", "id": "d1", "gold": True}, {"text": "u"}],
        "question": "q",
        "answers": ["1", "one"],
        "kind": "number",
        "task": "maths",
        "profile": "strict",
        "response": "r",
        "evidence": ["d1", "T"],
        "metadata": {"any": [1, None]},
    }
    plain, rich = load_examples(_write(tmp_path / "x.jsonl", ROW, "", full))
    assert plain == Example(
        id="a", documents=(Document(text="Paris is in France."),), question="Where?", answers=("France",)
    )
    assert rich == Example(
        id="b",
        documents=(Document(text="t", title="T", id="d1", gold=True), Document(text="u")),
        question="q",
        answers=("1", "one"),
        kind=Kind.NUMBER,
        task="maths",
        profile="strict",
        response="r",
        evidence=("d1", "T"),
        metadata={"any": [1, None]},
    )


MISTAKES: list[tuple[object, str]] = [
    ("{", "malformed JSON at column 2"),
    ('{"id": "b"', "malformed JSON at column 11"),
    ("[1]", "a row must be a JSON object, got [1] (list)"),
    ('{"id": "b", "id": "c"}', 'the field "id" stands twice'),
    ('{"id": NaN}', "NaN is not JSON"),
    ("[" * 100_000, "nested too deeply"),
    ({**ROW, "anwsers": ["x"]}, 'unknown field "anwsers"; did you mean "answers"?'),
    ({**ROW, "zzz": 1}, 'goes under "metadata"'),
    ({"documents": ROW["documents"]}, 'the field "id" is missing'),
    ({**ROW, "id": 3}, '"id" must be a string, got 3 (int)'),
    ({**ROW, "id": " "}, '"id" is empty'),
    ({**ROW, "question": "\n"}, '"question" is empty'),
    ({**ROW, "answers": "France"}, "\"answers\" must be a list, got 'France' (str); write [...]"),
    ({**ROW, "answers": []}, '"answers" is empty; at least one is needed'),
    ({**ROW, "answers": ["x", ""]}, "answer 2 is empty"),
    ({**ROW, "answers": [7]}, '"answers" must hold strings, got 7 (int)'),
    ({**ROW, "documents": []}, '"documents" is empty'),
    ({**ROW, "documents": ["text"]}, "document 1 must be an object"),
    ({**ROW, "documents": [{"text": "x"}, {"text": "  "}]}, 'document 2: "text" is empty'),
    ({**ROW, "documents": [{"text": "x", "tittle": "y"}]}, 'document 1: unknown field "tittle"; did you mean "title"?'),
    (
        {**ROW, "documents": [{"text": "x", "gold": "yes"}]},
        "document 1: \"gold\" must be true or false, got 'yes' (str)",
    ),
    ({**ROW, "documents": [{"text": "x", "id": "d"}, {"text": "y", "id": "d"}]}, 'two documents have the id "d"'),
    ({**ROW, "kind": "nubmer"}, 'unknown kind "nubmer"; did you mean "number"?'),
    ({**ROW, "evidence": ["d9"]}, 'evidence "d9" is neither id nor title of a document'),
    ({**ROW, "metadata": [1]}, '"metadata" must be an object'),
    ({**ROW, "response": 1}, '"response" must be a string, got 1 (int)'),
]


@pytest.mark.parametrize(("row", "message"), MISTAKES)
def test_a_mistake_is_named_with_file_line_and_way_out(tmp_path: Path, row: object, message: str) -> None:
    path = _write(tmp_path / "x.jsonl", {**ROW, "id": "first"}, "", row)
    refusal = _refusal(path)
    assert refusal.startswith(f"{path}:3: ")
    assert message in refusal


def test_a_repeated_id_names_both_lines(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.jsonl", ROW, {**ROW, "id": "b"}, ROW)
    assert f'{path}:3: the id "a" already stands at {path}:1' in _refusal(path)


def test_bytes_that_are_not_utf8_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b'\n{"id": "\xff"}\n')
    assert f"{path}:2: byte 9 is not UTF-8" in _refusal(path)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(ROW).encode() + b"\r\n\r\n")
    assert load_examples(path)[0].id == "a"


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    _write(tmp_path / "train.jsonl", ROW)
    assert 'no such file; did you mean "train.jsonl"?' in _refusal(tmp_path / "trian.jsonl")
    assert "is a directory" in _refusal(tmp_path)
    assert "holds no example" in _refusal(_write(tmp_path / "empty.jsonl"))
    assert 'cannot tell the format by the suffix ".txt"' in _refusal(_write(tmp_path / "x.txt", ROW))
    assert load_examples(tmp_path / "x.txt", format="jsonl")[0].id == "a"
    assert "unknown format 'jsnl'; did you mean \"jsonl\"?" in _refusal(tmp_path / "train.jsonl", format="jsnl")
    assert "cannot be read as parquet" in _refusal(tmp_path / "train.jsonl", format="parquet")


def test_a_gold_that_no_scorer_can_match_is_refused_with_its_line(tmp_path: Path) -> None:
    asked: list[tuple[str, str, str]] = []

    def check(gold: str, kind: str, profile: str) -> None:
        asked.append((gold, kind, profile))
        if not gold.strip(".,"):
            raise ValueError("nothing is left of it")

    path = _write(tmp_path / "x.jsonl", ROW, {**ROW, "id": "b", "answers": ["1", "..."], "kind": "number"})
    assert f'{path}:2: answer "..." of kind number: nothing is left of it' in _refusal(path, check_gold=check)
    assert asked == [("France", "auto", "strict"), ("1", "number", "strict"), ("...", "number", "strict")]


_texts = st.text(st.characters(), min_size=1).filter(str.strip)
_ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@st.composite
def _examples(draw: st.DrawFn) -> Example:
    documents = draw(
        st.lists(
            st.builds(Document, text=_texts, title=st.text(), id=st.text(), gold=st.booleans()),
            min_size=1,
            max_size=3,
            unique_by=lambda document: document.id,
        )
    )
    names = [name for document in documents for name in (document.id, document.title) if name]
    return Example(
        id=draw(_ids),
        documents=tuple(documents),
        question=draw(_texts),
        answers=tuple(draw(st.lists(_texts, min_size=1, max_size=3))),
        kind=draw(st.sampled_from(Kind)),
        task=draw(_texts),
        profile=draw(st.none() | st.text()),
        response=draw(st.none() | st.text()),
        evidence=tuple(draw(st.lists(st.sampled_from(names), max_size=2))) if names else (),
        metadata=draw(st.dictionaries(st.text(), _json, max_size=3)),
    )


@settings(deadline=None)
@given(st.lists(_examples(), min_size=1, max_size=3, unique_by=lambda example: example.id))
def test_what_is_written_is_read_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, examples: list[Example]
) -> None:
    path = tmp_path_factory.mktemp("round") / "x.jsonl"
    write_examples(path, examples)
    assert load_examples(path) == examples


def test_a_lone_surrogate_survives_the_round_trip(tmp_path: Path) -> None:
    example = Example(id="a", documents=(Document(text="x\ud800"),), question="q\u2028?", answers=("é",))
    write_examples(tmp_path / "x.jsonl", [example])
    assert load_examples(tmp_path / "x.jsonl") == [example]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.jsonl", ROW)
    old = path.read_bytes()
    bad = Example(
        id="b", documents=(Document(text="x"),), question="q", answers=("a",), metadata={"score": float("nan")}
    )
    with pytest.raises(DataError, match='example "b": JSON cannot hold its metadata'):
        write_examples(path, [*load_examples(path), bad])
    assert path.read_bytes() == old
    assert [item.name for item in tmp_path.iterdir()] == ["x.jsonl"]


def test_a_write_replaces_the_file_and_never_changes_it_in_place(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.jsonl", ROW)
    reader = tmp_path / "reader"
    reader.hardlink_to(path)
    old = path.read_bytes()
    write_examples(path, [Example(id="b", documents=(Document(text="x"),), question="q", answers=("a",))])
    assert load_examples(path)[0].id == "b"
    assert reader.read_bytes() == old
    assert sorted(item.name for item in tmp_path.iterdir()) == ["reader", "x.jsonl"]


def _parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    arrow = pytest.importorskip("pyarrow", reason="parquet needs pyarrow, part of the extra `train`")
    from pyarrow import parquet  # type: ignore[import-untyped]

    parquet.write_table(arrow.Table.from_pylist(rows), path)
    return path


def test_parquet_with_our_columns_reads_like_jsonl(tmp_path: Path) -> None:
    # The first row decides which columns the file has.
    rows = [
        {**ROW, "kind": "auto"},
        {**ROW, "id": "b", "kind": "text", "documents": [{"text": "x", "title": "T", "gold": True}]},
    ]
    path = _parquet(tmp_path / "x.parquet", rows)
    assert load_examples(path) == load_examples(_write(tmp_path / "x.jsonl", *rows))
    assert f'{path}: record 1: the field "answers" is missing' in _refusal(_parquet(path, [{**ROW, "answers": None}]))


DOCQA: dict[str, Any] = {
    "prompt": [
        {
            "role": "user",
            "content": "Read this.\n\n<text>\nOne </text> two.\n</text>\n\nWhich?\n\nFormat your response as follows: "
            '"Therefore, the answer is (insert answer here)".',
        }
    ],
    "reward_model": {"ground_truth": "Therefore, the answer is 32.5.", "style": "rule"},
    "data_source": "docmath_simplong",
    "extra_info": {"index": 7, "split": "train"},
}


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_docqa_columns_are_mapped_onto_an_example(tmp_path: Path, suffix: str) -> None:
    write = _parquet if suffix == "parquet" else lambda path, rows: _write(path, *rows)
    (example,) = load_examples(write(tmp_path / f"x.{suffix}", [DOCQA]), format="docqa")
    # The documents hold the closing mark themselves, so the last one ends them; the format line is left out.
    assert example.documents == (Document(text="One </text> two."),)
    assert example.question == "Which?"
    assert (example.answers, example.kind, example.task) == (("32.5",), Kind.NUMBER, "docmath_simplong")
    assert example.id == "docmath_simplong-7"
    assert example.metadata == {name: DOCQA[name] for name in ("reward_model", "data_source", "extra_info")}
    assert load_examples(tmp_path / f"x.{suffix}") == [example]


def test_docqa_ids_fall_back_to_the_row_number(tmp_path: Path) -> None:
    rows = [DOCQA, {**DOCQA, "extra_info": None}, DOCQA]
    ids = [example.id for example in load_examples(_write(tmp_path / "x.jsonl", *rows))]
    assert ids == ["docmath_simplong-7", "docmath_simplong-row-2", "docmath_simplong-row-3"]


@pytest.mark.parametrize(
    ("source", "gold", "kind", "answer"),
    [
        ("long_toc_choices", "The correct answer is (B).", Kind.CHOICE, "B"),
        ("long_toc_choices", "(c)", Kind.CHOICE, "C"),
        ("docmath_complong", "Therefore, the answer is -1,234.5", Kind.NUMBER, "-1,234.5"),
        ("MultiHopRAG", "the answer is Yes", Kind.AUTO, "Yes"),
        ("musique", "So the answer is that the answer is Green.", Kind.AUTO, "Green"),
        ("else", "Washington, D.C.", Kind.AUTO, "Washington, D.C"),
    ],
)
def test_a_gold_sentence_becomes_a_bare_answer(tmp_path: Path, source: str, gold: str, kind: Kind, answer: str) -> None:
    row = {**DOCQA, "data_source": source, "reward_model": {"ground_truth": gold}}
    (example,) = load_examples(_write(tmp_path / "x.jsonl", row))
    assert (example.kind, example.answers) == (kind, (answer,))
    assert bare_answer(answer, kind=kind) == answer


DOCQA_MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"prompt": [{"role": "user", "content": "no marks"}]}, 'no "<text>...</text>" around its documents'),
    ({"prompt": [{"role": "user", "content": "<text>a</text>"}]}, '"question" is empty'),
    ({"prompt": [{"role": "user", "content": "<text></text>q"}]}, 'document 1: "text" is empty'),
    ({"prompt": [{"role": "assistant", "content": "x"}]}, "its roles are ['assistant']"),
    ({"prompt": []}, "its roles are []"),
    ({"prompt": None}, 'the column "prompt" is missing or null'),
    ({"reward_model": {"style": "rule"}}, '"reward_model.ground_truth" must be a string'),
    ({"reward_model": {"ground_truth": "the answer is ."}}, "answer 1 is empty"),
    ({"data_source": 3}, 'the column "data_source" must be a str, got a int'),
]


@pytest.mark.parametrize(("change", "message"), DOCQA_MISTAKES)
def test_a_mistake_in_a_docqa_row_is_named_with_its_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = _write(tmp_path / "x.jsonl", {**DOCQA, **change})
    refusal = _refusal(path)
    assert refusal.startswith(f"{path}:1: ")
    assert message in refusal


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install 'qwenlong[train]'" in _refusal(path)


def test_reading_rows_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'tokenizers', 'pyarrow', 'pydantic'}"
    code = f"import sys, qwenlong.documents, qwenlong.tatqa, qwenlong.distractors; print({heavy} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_id_that_no_file_can_hold_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a\\ud800", "documents": [{"text": "t"}], "question": "q", "answers": ["x"]}\n', "utf-8")
    with pytest.raises(DataError, match=r"rows.jsonl:1: id .* holds a lone surrogate at character 1"):
        load_examples(path)
