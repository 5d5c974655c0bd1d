"""Trust in the judge: pauses, known pairs, a stop that can be resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fakes import Alone, example
from judges import honest, judge, serving
from qwenlong import scoring, train
from qwenlong.canaries import TRICKS, canaries, measured
from qwenlong.config import load_config
from qwenlong.oversight import Oversight, observed, overseen
from qwenlong.records import HaltError
from qwenlong.rewards import JudgeHaltError, JudgeQuestion, RewardModel
from qwenlong.session import Stopped
from test_rewards import Judge, said, score


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
    assert trust.trick_rate is None
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


class Tricked(Fixed):
    """Right about all known pairs but some that say nothing."""

    def __init__(self, *accepted: str) -> None:
        super().__init__()
        self.accepted = accepted

    def fresh_verdicts(self, questions: Sequence[JudgeQuestion]) -> list[bool | None]:
        right = super().fresh_verdicts(questions)
        return [v or q.prediction in self.accepted for v, q in zip(right, questions, strict=True)]


def oversight(one: Any, *, every: int = 2) -> Oversight:
    return Oversight(
        rewards=RewardModel(parts=("judge",), judge=one), canary_every_steps=every, max_false_positives=0.2,
        max_tricked=0.1, max_false_negatives=0.5,
    )  # fmt: skip


def session(watch: Oversight, *, step: int = 0, directory: Path = Path()) -> Any:
    saved: list[int] = []
    heard: list[str] = []
    curriculum = SimpleNamespace(position=5, phase=0)
    return SimpleNamespace(
        oversight=watch, world=Alone(), progress=SimpleNamespace(rl_steps=step), curriculum=curriculum,
        directory=directory, saved=saved, save=lambda: saved.append(curriculum.position), heard=heard,
        display=SimpleNamespace(say=heard.append),
        corpus=SimpleNamespace(lookup=lambda name: (example("Berlin"), None)),
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


def test_a_judge_that_accepts_answers_that_say_nothing_stops_the_run_at_the_default_limit() -> None:
    accepted = ("Solution", "Thought process:", "Let's solve this problem step by step.", "\u89e3")
    how = load_config("smoke").judge
    watch = oversight(Tricked(*accepted))
    assert (watch.max_false_positives, watch.max_tricked) == (how.max_false_positives, how.max_tricked)
    # 4 of 31 wrong pairs are below the limit of these, 4 of 14 tricks are not below theirs.
    with pytest.raises(HaltError, match=r"accepts answers that say nothing, for example 'Solution', .* 0\.29, above "):
        watch.begin(session(watch))
    watch = oversight(Tricked(":"))
    watch.begin(session(watch))
    assert watch.trust is not None
    assert watch.trust.trick_rate == pytest.approx(1 / 14)


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


def test_a_run_that_is_asked_to_end_in_a_pause_is_saved_as_it_was_before_the_step() -> None:
    here = session(oversight(Fixed()), step=4)
    here.progress.units = 9

    def work(session: Any) -> None:
        session.curriculum.position += 3
        raise Stopped("in a pause")

    with pytest.raises(Stopped, match="stopped after 9 units of work; go on with --resume"):
        overseen(here, work)
    assert here.saved == [5]


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


def test_without_a_judge_there_is_nothing_to_see() -> None:
    here = session(oversight(Fixed()))
    here.oversight = None
    assert observed(here, []) == {}
    assert overseen(here, lambda session: 7) == 7


def test_counters_go_on_over_sessions_stages_and_stops(tmp_path: Path) -> None:
    question = JudgeQuestion(question="?", prediction="Paris", answers=("Berlin",))
    file = tmp_path / "judge_counters.json"

    def counted() -> tuple[float, float]:
        written = json.loads(file.read_text("utf-8"))
        return written["calls"], written["questions"]

    with serving(honest) as server:
        for sessions in (1, 2):
            with judge(server.url, output="text") as one:
                watch = oversight(one, every=0)
                if sessions > 1:
                    watch.load(tmp_path, 1)
                here = session(watch, directory=tmp_path)
                watch.begin(here)
                here.oversight.complete(here, [score(watch.rewards, [said("Paris")])], ())
                values = observed(here, [])
                assert values["judge_latency_seconds"] == pytest.approx(one.counters.latency_seconds)
                watch.save(tmp_path)
                assert counted() == (2 * sessions - 1, 2 * sessions - 1)
                assert json.loads(file.read_text("utf-8")) == watch.totals
                # After the checkpoint a step that fails: what it asked was asked.
                one.fresh_verdicts([question])
                watch.close(here)
            assert counted() == (2 * sessions, 2 * sessions)


def test_a_judge_without_counters_has_no_file(tmp_path: Path) -> None:
    watch = oversight(Fixed())
    here = session(watch, directory=tmp_path)
    watch.begin(here)
    watch.close(here)
    assert list(tmp_path.iterdir()) == []
