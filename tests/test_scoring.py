"""What holds for any answer, and what callers are told."""

from __future__ import annotations

import re
import threading
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwenlong import scoring

KINDS = ("auto", "text", "number", "choice", "yesno")
kinds = st.sampled_from(KINDS)
any_text = st.text(st.characters(exclude_categories=()), max_size=60)
"""All of Unicode, lone surrogates too."""
PIECES = [
    *(
        "</think>",
        "<think>",
        "<answer>",
        "</answer>",
        "<|im_end|>",
        "Answer:",
        "\\boxed{",
        "\\frac{",
        "}",
        "{",
        "**",
        "$",
    ),
    *(
        "'",
        ".",
        ",",
        "-",
        "(",
        ")",
        "/",
        "%",
        "e5",
        "1,500",
        "½",
        "é",
        "million",
        "Berlin",
        "A",
        "yes",
        "no",
        "not",
        "or",
    ),
    *("\ud800", "\udfff", "\u2212", " ", "\n", "the answer is "),
]
hostile = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
nothing = st.lists(st.sampled_from(["the", "The", "an", "!?", "...", "-", ",", '"']), max_size=5).map(" ".join)
golds = st.sampled_from(["Berlin", "Barack Obama", "5", "32.4", "-5", "45%", "1/3", "Yes", "No", "B", "cost-plus type"])


@given(
    response=any_text | hostile, gold=any_text | hostile, kind=kinds, reasoning=st.sampled_from(["auto", "required"])
)
def test_any_text_gets_a_verdict(response: str, gold: str, kind: str, reasoning: str) -> None:
    for verdict in (
        scoring.score(response, gold, kind=kind, reasoning=reasoning),
        scoring.match(response, gold, kind=kind),
    ):
        assert verdict.score in (None, 0.0, 1.0)
        assert (verdict.score is None) == (verdict.reason == "gold_unparsable")
        assert (verdict.score == 1.0) == (verdict.reason == "matched") == (verdict.matched_gold == 0)
    extracted = scoring.extract(response, reasoning=reasoning)
    assert extracted is None or extracted


@given(nothing=nothing, gold=hostile | any_text, kind=kinds)
def test_nothing_after_normalising_matches_nothing(nothing: str, gold: str, kind: str) -> None:
    assert scoring.match(nothing, gold, kind=kind).score != 1.0
    assert scoring.score(f"</think>Therefore, the answer is {nothing}", gold, kind=kind).score != 1.0


@given(
    first=st.from_regex(r"[A-Z][a-z]{1,8}x|[0-9]{1,3}|[B-D]", fullmatch=True) | golds,
    gold=golds,
    separator=st.sampled_from([" or ", ", ", " and ", "; ", " / ", " ", ". ", ", not ", " maybe "]),
    others=st.lists(golds, min_size=1, max_size=4),
)
def test_a_further_candidate_never_helps(first: str, gold: str, separator: str, others: list[str]) -> None:
    before = scoring.score(f"</think>The answer is {first}", gold).score
    after = scoring.score(f"</think>The answer is {separator.join([first, *others])}", gold).score
    assert before is not None
    assert after is not None
    assert after <= before


# Numbers, against exact fractions.

decimals = st.from_regex(r"-?(0|[1-9][0-9]{0,7})(\.[0-9]{1,6})?", fullmatch=True)


def accepted(answer: str, gold: str) -> bool:
    """The rule, word for word: equal to a gold without decimals, else at most half a unit of its last one away."""
    _, _, places = gold.partition(".")
    tolerance = Fraction(1, 2 * 10 ** len(places)) if places else 0
    return abs(Fraction(answer) - Fraction(gold)) <= tolerance


@given(gold=decimals, other=decimals, nudge=st.integers(-12, 12), places=st.integers(0, 7))
def test_numbers_compare_as_exact_fractions_do(gold: str, other: str, nudge: int, places: int) -> None:
    near = Fraction(gold) + Fraction(nudge, 10**places)
    written = f"{'-' if near < 0 else ''}{abs(near) // 1}.{int(abs(near) % 1 * 10**7):07d}"
    for answer in (gold, other, written, f"{gold}0" if "." in gold else gold):
        assert (scoring.match(answer, gold, kind="number").score == 1.0) == accepted(answer, gold), (answer, gold)


@given(value=st.integers(-(10**12), 10**12))
def test_ways_to_write_a_number_are_one_number(value: int) -> None:
    ways = [
        f"{value:,}",
        f"{value}.00",
        f"{value:+}",
        f"{value}e0",
        f"{value * 10}e-1",
        f"${value:,}",
        f"\\boxed{{{value}}}",
    ]
    ways += [f"$({-value})", f"({-value}) dollars", f"\u2212{-value}"] if value < 0 else [f"({value})"]
    for way in ways:
        assert scoring.match(way, str(value)).score == 1.0, way
    for other in (value + 1, value * 10 or 1, -value or 2):
        assert scoring.match(str(other), str(value)).score == 0.0
    if value < 0:
        assert scoring.match(f"({-value})", str(value)).score == 0.0, "a template's parentheses are no minus"


def test_the_kind_is_decided_by_the_gold_alone() -> None:
    rows = {
        "number": ["5", "-5", "$1,496.5 million", "(114)", "45%", "1/3", "½", "1e-05", "2019"],
        "yesno": ["Yes", "no", "No."],
        "choice": ["A", "Z", "(b)", "(B)"],
        "text": ["5 apples", "b", "Berlin", "1,5", "Vitamin A", "2019-2020", "in 1998"],
    }
    for kind, texts in rows.items():
        for text in texts:
            assert scoring.check_gold(text) == kind, text


@pytest.mark.parametrize(
    ("gold", "kind"),
    [("the", "auto"), ("", "auto"), ("!?", "text"), ("five", "number"), ("maybe", "yesno"), ("AB", "choice")],
)
def test_a_gold_that_cannot_be_read_gives_no_verdict(gold: str, kind: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"gold `{gold}` cannot be read as kind `{kind}`")):
        scoring.check_gold(gold, kind=kind)
    verdict = scoring.score("</think>The answer is 5", gold, kind=kind)
    assert (verdict.score, verdict.reason) == (None, "gold_unparsable")
    assert verdict.metrics == {"well_formed": 1.0}


def test_aliases_that_cannot_be_read_are_passed_over() -> None:
    verdict = scoring.score("</think>The answer is NYC", ["the", "New York City", "NYC"])
    assert (verdict.score, verdict.matched_gold, verdict.normal_gold) == (1.0, 2, "nyc")
    assert scoring.score("</think>The answer is LA", ["the", "New York City", "NYC"]).normal_gold == "new york city"


def test_metrics_tell_format_from_accuracy() -> None:
    assert scoring.score("</think>The answer is Rome", "Berlin").metrics == {"accuracy": 0.0, "well_formed": 1.0}
    assert scoring.score("</think>Berlin", "Berlin").metrics == {"accuracy": 1.0, "well_formed": 0.0}
    assert scoring.score("<think>The answer is Berlin", "Berlin").metrics == {"accuracy": 0.0, "well_formed": 0.0}


def test_a_line_that_is_itself_the_answer_has_a_limit() -> None:
    assert scoring.extract("x" * 300) == "x" * 300
    assert scoring.extract("x" * 301) is None


def test_callers_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="unknown profile `strikt`: use one of strict "):
        scoring.score("a", "a", profile="strikt")
    with pytest.raises(ValueError, match="unknown kind `txt`: use auto, text, number, choice, yesno"):
        scoring.match("a", "a", kind="txt")
    with pytest.raises(ValueError, match="unknown reasoning `on`: use auto, required"):
        scoring.extract("a", reasoning="on")
    with pytest.raises(ValueError, match="the list of golds is empty"):
        scoring.score("a", [])
    with pytest.raises(ValueError, match="row 1 has no gold"):
        scoring.score_batch(["a", "b"], ["a", []])
    with pytest.raises(ValueError, match="2 rows need as many golds, not 1"):
        scoring.score_batch(["a", "b"], ["a"])
    with pytest.raises(TypeError):
        scoring.score(5, "5")  # type: ignore[arg-type]


def test_the_gil_is_released_while_a_batch_is_scored() -> None:
    responses = ["the answer is " * 100_000] * 128
    done = threading.Event()

    def work() -> None:
        scoring.score_batch(responses, ["Berlin"] * 128)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    ticks = 0
    while not done.is_set():
        time.sleep(0.001)
        ticks += 1
    thread.join()
    assert ticks > 20, "this thread ran while the other one scored"


@pytest.mark.parametrize("opening", ["é", "\uff1cthink\uff1eé", "<|channel|>analysis<|message|>é", "<!-- é", "<s>é"])
def test_what_stands_before_the_end_of_the_reasoning_changes_nothing(opening: str) -> None:
    """Of a long text beyond ASCII only the part from the last `</think>` on is read."""
    for answer in ["The answer is Berlin.", r"Wrong: \boxed{Berlin}", "<think>Berlin", "Berlin&lt;/think&gt;Berlin"]:
        long, short = (f"{head}</think>{answer}" for head in (opening * 2000, "a"))
        assert scoring.score(long, "Berlin") == scoring.score(short, "Berlin")
