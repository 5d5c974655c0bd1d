"""The oracles against what official code returned on real answers, and what SCORING.md and others state.

qwenlong is not asked here.
"""

from __future__ import annotations

from typing import Any

import pytest

from official import ORACLES
from official.literals import NeedsEval
from official.numbers import QWENLONG, read
from official.recorded import ABSENT, DATA, SETS, Row, json_lines, rows
from official.text import normal
from official.verdicts import Unscored

real = pytest.mark.skipif(not DATA.is_dir(), reason=ABSENT)
DECLINED = {"(in millions)", "[]", "2018/2019"}
"""Real predictions that DocMath-Eval hands to eval and a port may call code."""


def agrees(row: Row) -> bool:
    if row.call == "normal":
        assert isinstance(row.answer, str)
        return normal(row.answer) == row.normal
    found = getattr(ORACLES[row.profile], row.call)(row.answer, row.golds, **row.options)
    if row.metrics is None:
        return isinstance(found, Unscored) and found.official is None and found.reasons == {row.reason}
    if isinstance(found, Unscored):
        return row.answer in DECLINED and found.official in (row.metrics, None) and found.reasons == {"needs_eval"}
    return row.metrics == {name: found[name] for name in row.metrics}


@real
@pytest.mark.parametrize("name", SETS)
def test_the_oracles_return_what_the_official_code_returned(name: str) -> None:
    compared = list(rows(name))
    assert len(compared) > 5
    assert [row for row in compared if not agrees(row)] == []


@real
def test_the_normal_forms_of_numbers_are_the_official_ones() -> None:
    for row in json_lines(DATA / "tatqa" / "docmath_triples.jsonl"):
        try:
            found = read(row["pred"], QWENLONG).value
        except NeedsEval:
            assert row["pred"] in DECLINED
            continue
        assert repr(found) == row["normalized"]


def accuracy(profile: str, call: str, answer: str, gold: str) -> float | str:
    found = getattr(ORACLES[profile], call)(answer, [gold])
    return "/".join(sorted(found.reasons)) if isinstance(found, Unscored) else float(found["accuracy"])


NUMBERS = [
    # response's number, gold, training, evaluation: SCORING.md 1.1 and OFFICIAL_DEFECTS.md B
    ("(32.4)", "32.4", 0, 1), ("\\boxed{32.4}", "32.4", 0, 0), ("5", "5000000000", 1, 1), ("0.5", "50", 1, 1),
    ("500.7", "5", 1, 1), ("5007", "5", 1, 1), ("500700", "5", 1, 1), ("-5", "5", 1, 1), ("0.0001", "0.0009", 1, 1),
    ("0.0011", "0.0019", 1, 1), ("0.0021", "0.0029", 1, 1), ("0.002", "0.009", 0, 1), ("1.08", "10.8", 0, 1),
    ("007", "0", 1, 1), ("1.2.3", "0", 1, 1), ("$.", "0", 1, 1), ("9" * 5000, "0", 1, 1), ("1.5e6", "1500000", 1, 1),
    ("1.5e6", "1.5", 1, 1), ("1/3", "1", 1, 1), ("1,5", "15", 1, 1), ("3", "30", 1, 1), ("7", "70", 1, 1),
    ("100", "10", 1, 1), ("5", "50", 0, 1),
    ("9" * 400, "1", 1, 0), ("9" * 400 + ".", "5", 0, 0), ("0", "$", 1, 1),
    ("0", "five", "gold_unparsable", "gold_unparsable"),
    ("-$12", "12", 0, 0), ("= 12", "12", 0, 0), ("007.5", "7.5", 1, 1),
]  # fmt: skip


@pytest.mark.parametrize(("number", "gold", "training", "evaluation"), NUMBERS)
def test_numbers_are_judged_as_the_notes_say(
    number: str, gold: str, training: float | str, evaluation: float | str
) -> None:
    response = f"<think>x</think>Therefore, the answer is {number}"
    assert accuracy("qwenlong_docmath", "score", response, f"Therefore, the answer is {gold}.") == training
    assert accuracy("qwenlong_docmath_eval", "score", response, gold) == evaluation


READ = [
    (".5", 5), ("..5", 5), ("...5", 0.5), ("-.5", -0.5), ("MAUSOLEUM 5", 5), ("Trueblood", True), ("no", False),
    ("approximately $5 million", 5), ("3 or 4", 3), ("x = 1,234.5", 1234.5), ("3 x 10^2", 300.0), ("10^400", 0),
    ("option (b)", "(b)"), ("1,2", [1, 2]), ("five", 0), ("5 6", 0), ("5abcd", 0), ("\u00bd", 0), ("0x10", 16),
    ("1_000", 1000), ("--5", 5), ("5 dollars", 5), ("USD 5", 5), ("1e5", 1e5), ("(7)", 7), ("", 0), ("%", 0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), READ)
def test_a_literal_is_read_without_eval(text: str, value: Any) -> None:
    found = read(text, QWENLONG)
    assert (found.value, type(found.value), found.sure) == (value, type(value), True)


@pytest.mark.parametrize("text", ["1/2", "2-3", "abs(5)", "None", "9**9", "'5'", "[].x", "max", "1 if 1 else 2", "{1}"])
def test_code_is_reported(text: str) -> None:
    with pytest.raises(NeedsEval):
        read(text, QWENLONG)


OTHERS: list[tuple[str, str, str, str, float | str]] = [
    ("qwenlong_docmath", "score", "</think>the answer is 5. Wait, the answer is 6", "the answer is 6", 0),
    ("qwenlong_docmath", "score", "</think>the answer \u0131s 5", "the answer is 5", 1),
    ("qwenlong_docmath", "score", "no end of thought", "five", 0),
    ("qwenlong_docmath", "score", "</think>the answer is 5", "five", "gold_unparsable"),
    ("qwenlong_docmath_eval", "score", "<think>maybe the answer is 5 but", "5", 1),
    ("qwenlong_docmath_eval", "score", "the answer is 1", "1e-05", 1),
    ("qwenlong_docmath", "match", "10", "True", 0),
    ("spell_docmath", "score", "\\boxed{banana}", "the answer is 1000", 1),
    ("spell_docmath", "score", "\\boxed{banana}", "the answer is 10", 0),
    ("spell_docmath", "score", "\\boxed{__import__('os')}", "the answer is 1", "needs_eval"),
    ("spell_docmath", "score", "\\boxed{5} and \\boxed{6", "the answer is 5", 0),
    ("spell_docmath", "match", "foo", "bar", 1),
    ("spell_docmath", "match", "$", "999999999", 1),
    ("spell_docmath", "match", "5", "500", 1),
    ("spell_docmath", "match", "5", "50", 0),
    ("spell_docmath", "match", "5", "(a)", "gold_unparsable"),
    ("docmath_eval", "match", "None", "0", 0),
    ("docmath_eval", "match", "twelve", "0.0", 1),
    ("docmath_eval", "match", "1/2", "0.5", "needs_eval"),
    ("docmath_eval", "match", "5", "5%", "gold_unparsable"),
    ("docmath_eval", "match", "5", "nan", 0),
    ("qwenlong_mc", "score", "</think>The correct answer is Both", "The correct answer is (B)", 1),
    ("qwenlong_mc", "score", "</think>The correct answer is A. The correct answer is B", "The correct answer is B", 0),
    ("qwenlong_mc", "score", "</think>the correct answer is (A)", "The correct answer is (A)", 0),
    ("spell_mc", "score", "The correct answer is (A). The correct answer is (b)", "\\boxed{A}", 0),
    ("spell_mc", "score", "ANSWER IS (C), correct answer is D", "answer is D", 1),
    ("longbench_v2_mc", "score", "<think>The correct answer is *(C)* ", "C", 1),
    ("frames_rule", "score", "the answer is **Paris**.", "The Paris", 1),
    ("frames_rule", "score", "Paris", "", 0),
    ("gsm8k", "score", "#### 5 #### 1,072", "1072", 1),
    ("gsm8k", "score", "#### 72.", "72", 0),
    ("search_r1", "score", "<answer>a</answer>" * 10 + "<answer>The X</answer>", "x", 0.25),
    ("search_r1", "score", "<answer>a</answer>" * 9 + "<answer>The X</answer>", "x", 1),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "call", "answer", "gold", "expected"), OTHERS)
def test_what_the_notes_say_of_single_cases(
    profile: str, call: str, answer: str, gold: str, expected: float | str
) -> None:
    assert accuracy(profile, call, answer, gold) == expected


DROP = [
    # values of the official repository's own tests at 14fc0a4
    (("78",), ("78.0",), 1.0, 1.0), (("td",), ("td", "td"), 0.0, 0.5), (("td", "td"), ("td",), 0.0, 0.5),
    (("the", "fat", "cat", "the fat", "fat cat", "the fat cat"), ("cat",), 0.0, 0.17),
    (("the", "fat", "cat", "the fat", "fat cat", "the fat cat"), ("cat", "cat dog"), 0.0, 0.25),
    (("50 yard",), ("yard 50",), 0.0, 1.0), (("Per.i.o.d....",), (".P....e.r,,i;;;o...d,,",), 1.0, 1.0),
    (("78",), ("78-yard",), 0.0, 0.67), (("",), ("army",), 0.0, 0.0), (("yard",), ("36 yard td",), 0.0, 0.0),
    (("56 yards",), ("56 yd",), 0.0, 0.5), (("26",), ("26 yard td",), 0.0, 0.5),
    (("78-yard", "56", "28", "40", "44", "touchdown"), ("78-yard", "56 yard", "1 yard touchdown"), 0.0, 0.28),
    (("23", "23 yard"), ("23-yard", "56 yards"), 0.0, 0.5), (("a",), ("a", "b"), 0.0, 0.5),
    (("ottoman", "Kantakouzenous"), ("ottoman", "army of Kantakouzenous"), 0.0, 0.75),
    (("Thomas Jefferson", "Thomas Davidson Arquette"), ("David Thomas", "Thomas Jefferson"), 0.0, 0.7),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "gold", "em", "f1"), DROP)
def test_drop_gives_the_values_of_its_own_tests(
    answer: tuple[str, ...], gold: tuple[str, ...], em: float, f1: float
) -> None:
    assert ORACLES["drop"].match(answer, [gold]) == {"em": em, "f1": f1}


def test_options_of_the_other_profiles_do_what_they_say() -> None:
    def headline(name: str, answer: str, golds: list[str], call: str = "match", **options: Any) -> float:
        return float(getattr(ORACLES[name], call)(answer, golds, **options)[ORACLES[name].metrics[0]])

    assert headline("squad_v2", "x", [], na_probability=0.5, na_threshold=0.4) == 1.0
    assert headline("squad_v2", "x", ["x"], na_probability=0.5, na_threshold=0.4) == 0.0
    assert [headline("squad_v2", answer, ["the", "!"]) for answer in ("", "x")] == [1.0, 0.0]
    assert headline("ruler", " A1\x07b2", ["a1\nB2", "x"], call="score", task="niah") == 0.5
    assert headline("ruler", " A1\x07b2", ["a1\nB2", "x"], task="qa") == 0.0
    assert headline("mrcr", "k9abcd", ["k9bcde"], prefix="k9") == 0.75  # 2 * 3 / 8
    assert headline("mrcr", "abcd", ["k9abcd"], prefix="k9") == 0.0
    assert headline("anls", "Hello  World", ["hello word", "x"]) == 1 - 1 / 11
    assert [headline("anls", "abcd", ["abxy"], threshold=limit) for limit in (0.5, 0.6)] == [0.5, 0.0]
    assert headline("gsm8k", "so 1,072 apples, .", ["1,072"], call="score", method="flexible") == 0.0  # "," is last
    assert headline("gsm8k", "so 1,072 apples .", ["1,072"], call="score", method="flexible") == 1.0
