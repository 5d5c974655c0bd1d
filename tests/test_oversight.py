"""Trust in the judge: pauses, known pairs, a stop that can be resumed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fakes import Alone, EchoEngine
from judges import honest, judge, serving
from qwenlong import scoring, train
from qwenlong.canaries import TRICKS, canaries, measured
from qwenlong.oversight import Oversight, observed, overseen
from qwenlong.records import HaltError, Scored
from qwenlong.rewards import JudgeHaltError, JudgeQuestion, RewardModel
from qwenlong.rollouts import score_written
from test_rewards import Judge, said, score


class Returning:
    """A judge that finds its voice at the given call; before it has nothing to say about some."""

    def __init__(self, at: int, *, silent: set[str]) -> None:
        self.at, self.silent, self.asked, self.trouble = at, silent, [], "HTTP 503: busy"

    asked: list[list[str]]

    def verdicts(self, questions: Sequence[JudgeQuestion]) -> list[bool | None]:
        self.asked.append([question.prediction for question in questions])
        return [None if len(self.asked) <= self.at and q.prediction in self.silent else False for q in questions]


def patient(judge: Any, heard: list[str], **how: Any) -> RewardModel:
    how = {"max_missing": 0.25, "missing_retries": 3, "missing_pause_seconds": 30.0} | how
    return RewardModel(parts=("rule", "judge"), judge=judge, say=heard.append, **how)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("qwenlong.rewards.time.sleep", found.append)
    return found


CITIES = ["Paris", "Rome", "Oslo", "Bonn", "Kiel", "Bern", "Riga", "Lyon"]


def test_too_many_missing_verdicts_pause_the_step_and_only_they_are_asked_again(slept: list[float]) -> None:
    one, heard = Returning(2, silent={"Paris", "Rome", "Oslo"}), []  # type: ignore[var-annotated]
    found = score(patient(one, heard), [said(city) for city in CITIES])
    assert [scored.reward for scored in found] == [0.0] * 8
    assert one.asked == [CITIES, ["Paris", "Rome", "Oslo"], ["Paris", "Rome", "Oslo"]]
    assert slept == [30.0, 60.0]
    assert heard[0] == ("the judge gave no verdict on 3 of 8 answers (HTTP 503: busy); asking again in 30 s (1 of 3)")


def test_a_share_up_to_the_limit_stays_unscored_without_a_pause(slept: list[float]) -> None:
    one, heard = Returning(9, silent={"Paris", "Rome"}), []  # type: ignore[var-annotated]
    found = score(patient(one, heard), [said(city) for city in CITIES])
    assert [math.isnan(scored.reward) for scored in found] == [True, True] + [False] * 6
    assert (slept, heard, len(one.asked)) == ([], [], 1)


def test_one_answer_may_always_be_missing_unless_none_may(slept: list[float]) -> None:
    # Else a step with few questions would stop for one odd answer.
    one = Returning(9, silent={"Paris"})
    assert math.isnan(score(patient(one, [], max_missing=0.01), [said("Paris")])[0].reward)
    with pytest.raises(JudgeHaltError, match=r"on 1 of 1 answers .* above rewards\.max_missing 0 after 3 pauses"):
        score(patient(one, [], max_missing=0.0), [said("Paris")])


def test_after_the_last_pause_the_step_stops(slept: list[float]) -> None:
    one = Returning(9, silent=set(CITIES))
    with pytest.raises(JudgeHaltError, match=r"on 8 of 8 answers \(HTTP 503: busy\), above rewards\.max_missing 0\.25"):
        score(patient(one, []), [said(city) for city in CITIES])
    assert slept == [30.0, 60.0, 120.0]
    assert len(one.asked) == 4


def test_with_every_share_allowed_nothing_is_asked_twice() -> None:
    one = Returning(9, silent=set(CITIES))
    found = score(patient(one, [], max_missing=1.0), [said(city) for city in CITIES])
    assert all(math.isnan(scored.reward) for scored in found)
    assert len(one.asked) == 1


def test_whether_the_judge_was_asked_is_told_by_the_breakdown() -> None:
    one = Judge({"Paris": True, "Berlin": True})
    responses = [said("Berlin"), said("Paris"), "<think> never closed"]
    for combine, expected in (("max", [False, True, False]), ("mean", [True, True, False])):
        model = RewardModel(parts=("rule", "judge"), combine=combine, judge=one)  # type: ignore[arg-type]
        one.asked.clear()
        found = score(model, responses)
        assert [model.was_asked(scored) for scored in found] == expected
        assert sum(expected) == len(one.asked[0])
    assert not RewardModel().was_asked(score(RewardModel(), [said("Paris")])[0])


def test_the_known_pairs_are_known() -> None:
    pairs = canaries()
    wrong = [question for question, right in pairs if not right]
    right = [question for question, right in pairs if right]
    assert len(wrong) >= 25
    assert len(right) >= 10
    predictions = {question.prediction for question in wrong}
    assert set(TRICKS) <= predictions
    assert {":", "Solution", "Let's solve this problem step by step."} <= predictions
    # No rule says that a wrong one is right.
    assert not [q.prediction for q in wrong if scoring.match(q.prediction, list(q.answers)).score == 1.0]


def test_rates_are_shares_of_the_pairs_with_a_verdict() -> None:
    def pair(name: str) -> JudgeQuestion:
        return JudgeQuestion(question="?", prediction=name, answers=("x",))

    pairs = [(pair("a"), False), (pair("b"), False), (pair("c"), False), (pair("d"), True), (pair("e"), True)]
    trust = measured(pairs, [1.0, 0.0, None, 0.0, 1.0])
    assert (trust.false_positive_rate, trust.false_negative_rate, trust.missing) == (0.5, 0.5, 1)
    assert trust.fooled_by == ("a",)
    nothing = measured(pairs, [None] * 5)
    assert (nothing.false_positive_rate, nothing.false_negative_rate, nothing.missing) == (None, None, 5)


class Fixed:
    """Says the same of everything; `None` stands for the right verdict of the known pairs."""

    def __init__(self, verdict: bool | None = None) -> None:
        self.verdict, self.fresh = verdict, 0

    def verdicts(self, questions: Sequence[JudgeQuestion]) -> list[bool | None]:
        raise AssertionError("a trial goes past the cache")

    def fresh_verdicts(self, questions: Sequence[JudgeQuestion]) -> list[bool | None]:
        self.fresh += 1
        known = dict(canaries())
        return [known[question] if self.verdict is None else self.verdict for question in questions]


def oversight(one: Any, *, every: int = 2) -> Oversight:
    return Oversight(
        rewards=RewardModel(parts=("judge",), judge=one), canary_every_steps=every, max_false_positives=0.2,
        max_false_negatives=0.5,
    )  # fmt: skip


def session(watch: Oversight, *, step: int = 0, directory: Path = Path()) -> Any:
    saved: list[int] = []
    curriculum = SimpleNamespace(position=5, phase=0)
    return SimpleNamespace(
        oversight=watch, world=Alone(), progress=SimpleNamespace(rl_steps=step), curriculum=curriculum,
        directory=directory, saved=saved, save=lambda: saved.append(curriculum.position),
        journal=SimpleNamespace(append=lambda file, records: None),
    )  # fmt: skip


def test_the_judge_is_tried_every_so_many_steps() -> None:
    one = Fixed()
    watch = oversight(one, every=3)
    for step in range(7):
        watch.begin(session(watch, step=step))
        assert (watch.trust is not None) == (step % 3 == 0)
    assert one.fresh == 3
    oversight(one, every=0).begin(session(watch))
    assert one.fresh == 3


@pytest.mark.parametrize(
    ("verdict", "message"),
    [
        (True, r"accepts wrong answers, for example ':', .* 1\.00, above judge\.max_false_positives 0\.2"),
        (False, r"refuses right answers: .* 1\.00, above judge\.max_false_negatives 0\.5"),
    ],
)
def test_a_judge_that_cannot_be_trusted_stops_the_run_where_it_can_be_resumed(verdict: bool, message: str) -> None:
    watch = oversight(Fixed(verdict))
    here = session(watch, step=4)
    with pytest.raises(HaltError, match=message + r".* saved after RL step 4: go on with --resume"):
        overseen(here, lambda session: None)
    assert here.saved == [5]


def test_a_step_that_is_left_takes_back_the_prompts_it_drew() -> None:
    watch = oversight(Fixed())
    here = session(watch)

    def work(session: Any, count: int) -> None:
        session.curriculum.position += count
        raise JudgeHaltError("no verdicts")

    with pytest.raises(JudgeHaltError, match=r"no verdicts\. The run is saved"):
        overseen(here, work, 3)
    assert here.saved == [5]
    assert overseen(here, lambda session, count: count, 3) == 3


def test_a_run_is_saved_only_once_the_engine_has_given_the_device_back(monkeypatch: pytest.MonkeyPatch) -> None:
    here = session(oversight(Fixed()))
    order: list[str] = []

    @contextmanager
    def handed_over(source: Any, engine: Any) -> Iterator[None]:
        try:
            yield
        finally:
            order.append("given back")

    def collect(*_: Any) -> None:
        raise JudgeHaltError("no verdicts")

    monkeypatch.setattr(train, "rolling_out", handed_over)
    monkeypatch.setattr(train, "collect", collect)
    here.policy = here.engine = None
    here.save = lambda: order.append("saved")
    phase: Any = None
    with pytest.raises(JudgeHaltError):
        overseen(here, train.rolled_out, phase, None)
    assert order == ["given back", "saved"]


def test_another_error_saves_nothing() -> None:
    here = session(oversight(Fixed()))

    def work(session: Any) -> None:
        raise KeyError("a mistake of the program")

    with pytest.raises(KeyError):
        overseen(here, work)
    assert here.saved == []


def test_what_stops_one_rank_is_raised_on_all() -> None:
    halt = JudgeHaltError("no verdicts on the other rank")
    ranks = Alone(size=2, others=(lambda mine: (1, halt),))

    def nothing(groups: Any) -> list[list[Scored]]:
        return []

    with pytest.raises(JudgeHaltError, match="the other rank"):
        score_written(EchoEngine(count=2), [], score=nothing, ranks=ranks)


def test_without_a_judge_there_is_nothing_to_see() -> None:
    here = session(oversight(Fixed()))
    here.oversight = None
    assert observed(here, []) == {}
    assert overseen(here, lambda session: 7) == 7


def test_counters_go_on_over_sessions(tmp_path: Path) -> None:
    question = JudgeQuestion(question="?", prediction="Paris", answers=("Berlin",))
    with serving(honest) as server:
        for sessions in (1, 2):
            with judge(server.url, output="text") as one:
                watch = oversight(one, every=0)
                if sessions > 1:
                    watch.load(tmp_path, 1)
                here = session(watch, directory=tmp_path)
                watch.begin(here)
                one.verdicts([question])
                values = observed(here, [])
                assert values["judge_latency_seconds"] == pytest.approx(one.counters.latency_seconds)
                watch.save(tmp_path)
            written = json.loads((tmp_path / "judge_counters.json").read_text("utf-8"))
            assert written == watch.totals
            assert (written["calls"], written["questions"]) == (sessions, sessions)
