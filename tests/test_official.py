"""qwenlong's profiles against the oracles: the same metrics, bit for bit, on random and adversarial text."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from official import ORACLES, pieces
from official.drawing import Case, case
from official.native import ask, difference, gold_of, native, qwenlong
from official.rouge import MAX_STEPS

CALLS = ["match", "score"]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def test_every_profile_that_has_an_oracle_declares_its_metrics_and_golds() -> None:
    known = qwenlong.profiles()
    for name, oracle in ORACLES.items():
        declared = known[name]
        assert (declared.golds, declared.headline) == (oracle.golds, oracle.metrics[0]), name
        assert set(declared.metrics) == set(oracle.metrics), name
    assert set(known) == {*ORACLES, "strict"}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("profile", ORACLES)
@settings(max_examples=60, derandomize=True, suppress_health_check=SLOW)
@given(r=st.randoms(use_true_random=False))
def test_a_profile_gives_the_official_metrics(profile: str, call: str, r: Random) -> None:
    assert difference(case(r, profile=profile, call=call)) is None


@pytest.mark.parametrize("profile", ORACLES)
def test_many_seeded_cases_give_the_official_metrics(profile: str) -> None:
    r = Random(profile)
    drawn = (case(r, profile=profile, call=r.choice(CALLS)) for _ in range(300))
    assert [found for found in map(difference, drawn) if found] == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("profile", ORACLES)
def test_a_batch_says_what_single_calls_say(profile: str, call: str) -> None:
    r = Random(f"batch {profile}")
    drawn = [case(r, profile=profile, call=call) for _ in range(40)]
    names = {name for one in drawn for name in one.options}
    drawn = [one for one in drawn if one.options.keys() == names]
    assert drawn
    options: dict[str, list[Any]] = {name: [one.options[name] for one in drawn] for name in names}
    judge = getattr(qwenlong, f"{call}_batch")
    golds = [gold_of(profile, one.golds) for one in drawn]
    found = judge([native(one.answer) for one in drawn], golds, profile=profile, threads=2, **options)
    assert len(found) == len(drawn)
    assert [difference(one, verdict) for one, verdict in zip(drawn, found, strict=True)] == [None] * len(drawn)
    scores = [None if score != score else score for score in found.scores.tolist()]
    assert scores == [ask(one).score for one in drawn]


@pytest.mark.parametrize("count", pieces.LIMITS)
@pytest.mark.parametrize(
    "profile", ["qwenlong_docmath", "qwenlong_docmath_eval", "spell_docmath", "docmath_eval", "drop"]
)
def test_numbers_about_the_longest_that_python_reads_are_read_alike(profile: str, count: int) -> None:
    many = "7" * count
    for answer, gold in ((many, "0"), ("5", many), (many, "999999999"), (f"0x{many}", "7")):
        assert difference(Case(profile, "match", answer, [gold])) is None


@pytest.mark.parametrize("count", pieces.LIMITS)
def test_a_number_too_long_for_tatqa_is_no_answer_and_no_gold(count: int) -> None:
    many = "7" * count
    for answer, gold in ((many, "0"), ("5", many), (f"{many}.5", "7")):
        assert difference(Case("tatqa", "match", answer, [gold], {"answer_type": "arithmetic"})) is None


@pytest.mark.parametrize(("words", "official"), [(MAX_STEPS, 1.0), (MAX_STEPS + 1, 0.0)])
def test_rouge_l_ends_where_the_package_runs_out_of_stack(words: int, official: float) -> None:
    text = " ".join(f"w{i}" for i in range(words))
    verdict = ask(Case("narrativeqa", "match", text, [text]))
    if verdict.score is None:
        assert verdict.reason == "too_long"
    else:
        assert verdict.metrics["rouge_l"] == pytest.approx(official, abs=1e-7)
