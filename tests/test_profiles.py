"""The interface of every profile: golds, options, batches, objects that pickle."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qwenlong
from qwenlong import Scorer, Spans, scoring
from qwenlong.catalog import SENTENCES

PROFILES = qwenlong.profiles()
names = st.sampled_from(sorted(PROFILES))
texts = st.text(st.characters(exclude_categories=()), max_size=40)


def gold_of(profile: str, text: str) -> str | list[str]:
    return text if PROFILES[profile].golds == "one" else [text]


def test_the_profiles_that_people_know_are_there() -> None:
    known = """strict qwenlong_docqa qwenlong_docmath qwenlong_mc qwenlong_docqa_eval qwenlong_docmath_eval spell_docqa
    spell_docmath spell_mc squad_v1 squad_v2 hotpotqa 2wikimultihopqa musique qasper narrativeqa longbench_qa
    longbench_v2_mc drop triviaqa tatqa docmath_eval frames_rule helmet ruler mrcr anls search_r1 gsm8k"""
    assert set(PROFILES) == set(known.split())
    assert next(iter(PROFILES)) == "strict"
    assert set(SENTENCES) <= set(PROFILES)


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_says_what_it_is(name: str) -> None:
    profile = PROFILES[name]
    assert profile.name == name
    assert profile.summary
    assert profile.source
    assert profile.semantics >= 1
    assert profile.golds in {"one", "aliases", "spans"}
    assert profile.headline == profile.metrics[0]
    for option in profile.options:
        assert option.default in option.choices or not option.choices
        Scorer(name, **{option.name: option.default})


@given(name=names, response=texts, gold=texts, rest=texts)
def test_any_text_gets_a_verdict_that_agrees_with_itself(name: str, response: str, gold: str, rest: str) -> None:
    profile = PROFILES[name]
    for verdict in (
        qwenlong.score(f"{rest}</think>{response}", gold_of(name, gold), profile=name),
        qwenlong.match(response, gold_of(name, gold), profile=name),
    ):
        assert set(verdict.metrics) <= set(profile.metrics)
        assert all(0.0 <= value <= 1.0 for value in verdict.metrics.values())
        if verdict.score is None:
            assert verdict.reason in {"gold_unparsable", "needs_eval", "too_long"}
        else:
            assert verdict.score == verdict.metrics[profile.headline]
            assert (verdict.score == 1.0) == (verdict.reason == "matched")
            assert (0.0 < verdict.score < 1.0) == (verdict.reason == "partial")
            assert verdict.matched_gold is None or verdict.score > 0.0


@given(name=names, rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=8), threads=st.sampled_from([1, 2, 5]))
def test_a_batch_says_what_single_calls_say(name: str, rows: list[tuple[str, str]], threads: int) -> None:
    predictions, golds = [row[0] for row in rows], [gold_of(name, row[1]) for row in rows]
    for batch, single in (
        (qwenlong.score_batch, qwenlong.score),
        (qwenlong.match_batch, qwenlong.match),
    ):
        found = batch(predictions, golds, profile=name, threads=threads)
        assert list(found) == [
            single(prediction, gold, profile=name) for prediction, gold in zip(predictions, golds, strict=True)
        ]
        assert found.reasons == [verdict.reason for verdict in found]
        scores = [math.nan if verdict.score is None else verdict.score for verdict in found]
        np.testing.assert_array_equal(found.scores, np.array(scores))
        for metric, column in found.metrics.items():
            values = [verdict.metrics.get(metric, math.nan) for verdict in found]
            np.testing.assert_array_equal(column, np.array(values))
        assert {metric for verdict in found for metric in verdict.metrics} == set(found.metrics)


def test_verdicts_are_a_sequence() -> None:
    found = qwenlong.score_batch(["yes", "no", "the"], ["yes"] * 3)
    assert len(found) == 3
    assert found[-1] == found[2]
    assert [verdict.score for verdict in found[:2]] == [1.0, 0.0]
    assert repr(found) == "Verdicts(3 rows)"
    with pytest.raises(IndexError, match="row 3 of 3"):
        found[3]
    assert len(qwenlong.score_batch([], [])) == 0


def test_the_verdicts_of_a_batch_pickle() -> None:
    verdicts = qwenlong.score_batch(["The answer is 5", "5 or 6", ""], ["5", "5", "the"])
    twin = pickle.loads(pickle.dumps(verdicts))
    assert list(twin) == list(verdicts)
    assert twin.reasons == verdicts.reasons
    np.testing.assert_array_equal(twin.scores, verdicts.scores)
    assert twin.metrics.keys() == verdicts.metrics.keys()
    for name, column in verdicts.metrics.items():
        np.testing.assert_array_equal(twin.metrics[name], column)
    assert list(pickle.loads(pickle.dumps(twin))) == list(verdicts)


def test_a_scorer_pickles_and_is_equal_and_frozen() -> None:
    scorer = Scorer("strict", kind="number")
    for twin in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert twin == scorer
        assert hash(twin) == hash(scorer)
        assert twin.score("the answer is 5", "5").score == 1.0
    assert scorer != Scorer("strict")
    assert repr(scorer) == "Scorer('strict', kind='number')"
    with pytest.raises(AttributeError, match="frozen"):
        scorer.profile = "hotpotqa"
    with pytest.raises(TypeError):
        scorer.options["kind"] = "text"  # type: ignore[index]
    assert scorer.extract("the answer is 5") == "5"
    assert scorer.match_batch(["5", "6"], ["5", "5"]).scores.tolist() == [1.0, 0.0]
    assert scorer.score_batch(["5", "6"], ["5", "5"], threads=2).scores.tolist() == [1.0, 0.0]


def test_spans_are_one_answer() -> None:
    spans = Spans(["3", "4"])
    assert pickle.loads(pickle.dumps(spans)) == spans == Spans(("3", "4"))
    assert (len(spans), spans[0], list(spans), repr(spans)) == (2, "3", ["3", "4"], "Spans(['3', '4'])")
    assert len({spans, Spans(["3", "4"]), Spans(["3"])}) == 2
    assert qwenlong.match(Spans(["4", "3"]), [Spans(["5"]), spans], profile="drop").matched_gold == 1
    with pytest.raises(ValueError, match="spans are a list of texts, not one text"):
        Spans("34")
    with pytest.raises(ValueError, match="a span is a text, not 3"):
        Spans([3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="profile `squad_v1` knows no spans: give one text"):
        qwenlong.match("3", spans, profile="squad_v1")


def test_an_option_is_one_for_all_or_one_a_row() -> None:
    responses = ["the answer is 1.5 thousand"] * 3
    found = qwenlong.score_batch(responses, ["1500"] * 3, kind=["number", "text", "number"], reasoning="auto")
    assert found.scores.tolist() == [1.0, 0.0, 1.0]
    with pytest.raises(ValueError, match="kind has 2 values for 3 rows: one for all, or one a row"):
        qwenlong.score_batch(responses, ["1500"] * 3, kind=["number", "text"])


@pytest.mark.parametrize("gold", [5, 5.0, np.int64(5), np.float32(5)])
def test_a_profile_that_counts_takes_a_number_of_numpy_too(gold: Any) -> None:
    assert qwenlong.match("5", gold, profile="docmath_eval").score == 1.0


@pytest.mark.parametrize("gold", [True, np.array([True])[0], None])
def test_what_is_no_number_is_refused_by_a_profile_that_counts(gold: Any) -> None:
    with pytest.raises(ValueError, match=r"a gold is .*: profile `docmath_eval` takes text or a number"):
        qwenlong.match("5", gold, profile="docmath_eval")


WITHOUT_GOLDS = ("squad_v2", "longbench_qa", "narrativeqa")


@pytest.mark.parametrize("profile", sorted(set(qwenlong.profiles()) - set(WITHOUT_GOLDS)))
def test_no_gold_is_refused_where_the_official_file_has_no_value_for_it(profile: str) -> None:
    with pytest.raises(ValueError, match=r"the list of golds is empty|one gold"):
        qwenlong.match("x", [], profile=profile)


@pytest.mark.parametrize("profile", WITHOUT_GOLDS)
def test_no_gold_is_a_gold_where_the_official_file_takes_it(profile: str) -> None:
    assert qwenlong.match("x", [], profile=profile).score == 0.0
    assert qwenlong.score_batch(["x", "y"], [[], []], profile=profile).scores.tolist() == [0.0, 0.0]


def test_callers_mistakes_are_named() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"profile": "f1"}, "unknown profile `f1`: use one of strict "),
        ({"profile": "hotpotqa", "kind": "text"}, "unknown option `kind`: profile `hotpotqa` has none"),
        ({"profile": "ruler", "tusk": "qa"}, "unknown option `tusk`: profile `ruler` has task"),
        ({"profile": "ruler", "task": "QA"}, "unknown task `QA`: use niah, "),
        ({"profile": "anls", "threshold": 2}, "threshold is 2: use a number from 0 to 1"),
        ({"profile": "anls", "threshold": "high"}, "unknown threshold `high`: use a number from 0 to 1"),
        ({"profile": "anls", "threshold": True}, "threshold is True: use a text or a number"),
        ({"kind": None}, "kind is None: use a text or a number"),
    ]
    for options, message in cases:
        with pytest.raises(ValueError, match=message):
            qwenlong.match("a", "a", **options)
    with pytest.raises(ValueError, match="profile `hotpotqa` compares with one gold, not a list of 2: choose one"):
        qwenlong.match("a", ["a", "b"], profile="hotpotqa")
    with pytest.raises(ValueError, match="row 1: profile `hotpotqa` compares with one gold, not a list of 1"):
        qwenlong.match_batch(["a", "a"], ["a", ["b"]], profile="hotpotqa")
    with pytest.raises(ValueError, match="row 0: a gold is 5: profile `strict` takes text"):
        qwenlong.score_batch(["5"], [5])
    for threads in (0, -1):
        with pytest.raises(ValueError, match=f"threads is {threads} but must be at least 1"):
            qwenlong.score_batch(["5"], ["5"], threads=threads)
    with pytest.raises(ValueError, match="kind is None: use a text or a number"):
        qwenlong.score_batch(["5"], ["5"], kind=None)
    with pytest.raises(ValueError, match="row 1: unknown kind `x`"):
        qwenlong.score_batch(["5", "5"], ["5", "5"], kind=["text", "x"])
    assert qwenlong.match_batch(["a"], ["a"], profile="anls", threshold=np.float32(0.5)).scores.tolist() == [1.0]
    assert qwenlong.match("b", [["a"], ["b", "c"]], profile="helmet").score == 1.0
    assert qwenlong.match("5", 5, profile="docmath_eval").score == 1.0


def test_lone_surrogates_stay_themselves() -> None:
    verdict = qwenlong.match("x \ud800", "x \ud800", profile="hotpotqa")
    assert (verdict.score, verdict.normal_prediction, verdict.extracted) == (1.0, "x \ud800", "x \ud800")
    assert qwenlong.match("\ud800", "\ud801", profile="hotpotqa").score == 0.0
    assert qwenlong.extract("é" * 2000 + "\ud83d</think>the answer is x\udc00y") == "x\udc00y"


@pytest.mark.parametrize("sign", ["", "é", "漢", "🦀", "\ud800"])
def test_a_long_body_changes_nothing(sign: str) -> None:
    body = f"{sign} the answer is (B). " * 200
    for name, profile in PROFILES.items():
        gold = gold_of(name, (profile.sentence or "{}").format("B"))
        tail = "</think>The correct answer is (B). So the answer is B."
        long = qwenlong.score(f"<think>{body}</think>{body}{tail}", gold, profile=name)
        if name.startswith(("strict", "qwenlong")) and not name.endswith("eval"):
            assert long == qwenlong.score(tail, gold, profile=name), name


def test_the_first_score_is_near() -> None:
    heavy = "{'torch', 'pydantic', 'rich', 'tqdm'}"
    code = f"import qwenlong, sys; qwenlong.score('a', 'a'); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_row_is_judged_by_its_own_profile() -> None:
    assert scoring.official_gold(["Berlin"], profile="qwenlong_docqa") == "Therefore, the answer is Berlin."
    assert scoring.check_gold("Berlin", profile="qwenlong_docqa") == "qwenlong_docqa"
    with pytest.raises(ValueError, match="gold `Berlin` does not answer itself by profile `qwenlong_docmath`"):
        scoring.check_gold("Berlin", profile="qwenlong_docmath")
    with pytest.raises(ValueError, match="compares with one gold, not 2"):
        scoring.official_gold(["a", "b"], profile="qwenlong_docqa")
