"""max(rule, judge) and the user's own; a missing verdict stays missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import example, rollout, scored
from qwenlong.advantages import credit, overlong_penalty
from qwenlong.records import Scored
from qwenlong.rewards import JudgeQuestion, RewardError, RewardModel, load_judge, load_object, shaped


class Judge:
    """Answers by prediction and remembers what it was asked."""

    def __init__(self, replies: dict[str, Any]) -> None:
        self.replies = replies
        self.asked: list[list[JudgeQuestion]] = []

    def verdicts(self, questions: Sequence[JudgeQuestion]) -> list[Any]:
        self.asked.append(list(questions))
        return [self.replies[question.prediction] for question in questions]


def said(answer: str) -> str:
    return f"thinking</think> Therefore, the answer is {answer}"


def score(model: RewardModel, responses: Sequence[str], *, gold: str = "Berlin") -> list[Scored]:
    return model.score(
        [rollout([1], [2], sample=i) for i in range(len(responses))],
        responses=responses,
        examples=[example(gold)] * len(responses),
    )


def rewards(found: Sequence[Scored]) -> list[float | None]:
    return [None if math.isnan(one.reward) else one.reward for one in found]


def test_the_rule_alone_gives_one_or_zero() -> None:
    found = score(RewardModel(), [said("Berlin"), said("Paris"), "no idea at all\nnone\n"])
    assert rewards(found) == [1.0, 0.0, 0.0]
    assert [one.breakdown for one in found] == [{"rule": 1.0}, {"rule": 0.0}, {"rule": 0.0}]
    assert [one.verdict.extracted for one in found][:2] == ["Berlin", "Paris"]


def test_the_reward_is_the_larger_of_rule_and_judge() -> None:
    judge = Judge({"the German capital": True, "Paris": False})
    found = score(RewardModel(parts=("rule", "judge"), judge=judge), [said("the German capital"), said("Paris")])
    assert rewards(found) == [1.0, 0.0]
    assert found[0].breakdown == {"rule": 0.0, "judge": 1.0}


def test_the_judge_is_asked_once_and_only_where_the_rule_says_no_and_there_is_an_answer() -> None:
    judge = Judge({"Paris": True})
    found = score(
        RewardModel(parts=("rule", "judge"), judge=judge), [said("Berlin"), said("Paris"), "<think> never closed"]
    )
    assert judge.asked == [[JudgeQuestion(question="which?", prediction="Paris", answers=("Berlin",))]]
    # Not asked where it could change nothing; a response without an answer is wrong without asking.
    assert [one.breakdown["judge"] for one in found] == [None, 1.0, 0.0]
    assert rewards(found) == [1.0, 1.0, 0.0]


def test_a_judge_with_nothing_to_judge_is_not_called() -> None:
    judge = Judge({})
    score(RewardModel(parts=("rule", "judge"), judge=judge), [said("Berlin")])
    assert judge.asked == []


def test_the_mean_asks_the_judge_for_every_answer() -> None:
    judge = Judge({"Berlin": True, "Paris": True})
    found = score(RewardModel(parts=("rule", "judge"), combine="mean", judge=judge), [said("Berlin"), said("Paris")])
    assert rewards(found) == [1.0, 0.5]


def test_a_mean_needs_every_part() -> None:
    judge = Judge({"Berlin": None})
    assert rewards(score(RewardModel(parts=("rule", "judge"), combine="mean", judge=judge), [said("Berlin")])) == [None]


def test_a_judge_without_a_verdict_leaves_the_rollout_unscored_never_zero() -> None:
    judge = Judge({"Paris": None, "Rome": False})
    found = score(RewardModel(parts=("rule", "judge"), judge=judge), [said("Paris"), said("Rome"), said("Berlin")])
    assert rewards(found) == [None, 0.0, 1.0]


@pytest.mark.parametrize("silent", [{"Paris"}, {"Paris", "Rome"}, {"Paris", "Rome", "Oslo"}])
def test_the_others_advantages_are_those_of_a_group_the_unscored_were_never_in(silent: set[str]) -> None:
    names = ["Berlin", "Paris", "Rome", "Oslo"]
    judge = Judge({name: None if name in silent else False for name in names})
    with_all = score(RewardModel(parts=("rule", "judge"), judge=judge), [said(name) for name in names])
    without = score(RewardModel(), [said(name) for name in names if name not in silent])

    def advantages(found: Sequence[Scored]) -> list[float]:
        return [float(a) for a in credit([np.array([one.reward for one in found], dtype=np.float32)]).advantages[0]]

    kept = [value for name, value in zip(names, advantages(with_all), strict=True) if name not in silent]
    assert kept == advantages(without)
    assert [value for name, value in zip(names, advantages(with_all), strict=True) if name in silent] == [0.0] * len(
        silent
    )
    if len(silent) == 2:
        # Rewards 1 and 0: mean 1/2, standard deviation sqrt(1/2).
        assert kept == pytest.approx([math.sqrt(0.5), -math.sqrt(0.5)], abs=1e-5)


def test_a_group_the_judge_says_nothing_about_has_no_signal() -> None:
    judge = Judge({"Paris": None})
    found = score(RewardModel(parts=("rule", "judge"), judge=judge), [said("Paris")] * 4)
    done = credit([np.array([one.reward for one in found], dtype=np.float32)])
    assert done.has_signal.tolist() == [False]
    assert done.advantages[0].tolist() == [0.0] * 4


def test_a_gold_that_the_rule_cannot_read_is_unscored_unless_another_part_says_yes() -> None:
    numeric = [example("about five", kind="number")]
    model = RewardModel(parts=("rule", "judge"), judge=Judge({"5": True}))
    assert rewards(model.score([rollout([1], [2])], responses=[said("5")], examples=numeric)) == [1.0]
    assert rewards(RewardModel().score([rollout([1], [2])], responses=[said("5")], examples=numeric)) == [None]


def returning(values: Any) -> Callable[..., Any]:
    return lambda *, responses, examples: values


def test_the_users_function_gets_lists_and_none_means_unscored() -> None:
    def mine(*, responses: list[str], examples: list[Any]) -> list[float | None]:
        assert [one.answers for one in examples] == [("Berlin",)] * 3
        return [None if "skip" in text else len(text) / 10 for text in responses]

    found = score(RewardModel(parts=("function",), function=mine), ["12345", "skip", "1"])
    assert rewards(found) == pytest.approx([0.5, None, 0.1])
    assert [one.breakdown["function"] for one in found] == pytest.approx([0.5, None, 0.1])


def test_rewards_are_float32() -> None:
    found = score(RewardModel(parts=("function",), function=returning(np.array([0.1, 1 / 3]))), ["a", "b"])
    assert rewards(found) == [float(np.float32(0.1)), float(np.float32(1 / 3))]


def test_not_a_number_from_the_function_is_unscored() -> None:
    found = score(RewardModel(parts=("function",), function=returning([math.nan, True, np.float32("nan")])), ["a"] * 3)
    assert rewards(found) == [None, 1.0, None]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0], "the reward function returned 1 values for 2 responses; None stands for unscored"),
        ([1.0, 2.0, 3.0], "returned 3 values for 2 responses"),
        (None, "returned NoneType, not a list of 2 values"),
        (0.5, "returned float, not a list of 2 values"),
        ([0.0, math.inf], "returned inf for response 1; a reward must be a finite float32"),
        ([-1e39, 0.0], r"returned -1e\+39 for response 0; a reward must be a finite float32"),
        ([0.0, "right"], "returned 'right' for response 1, neither a number nor None"),
        ([[1], 0.0], r"returned \[1\] for response 0, neither a number nor None"),
        ([0.0, "1"], "returned '1' for response 1, neither a number nor None"),
        ("ab", "returned 'a' for response 0, neither a number nor None"),
    ],
)
def test_a_function_that_breaks_its_contract_is_named(values: Any, message: str) -> None:
    with pytest.raises(RewardError, match=message):
        score(RewardModel(parts=("function",), function=returning(values)), ["a", "b"])


def test_what_a_users_function_or_judge_raises_is_told_with_its_type() -> None:
    def broken(*, responses: list[str], examples: list[Any]) -> list[float]:
        raise KeyError("missing")

    with pytest.raises(RewardError, match="the reward function raised KeyError: 'missing'"):
        score(RewardModel(parts=("function",), function=broken), ["a"])
    with pytest.raises(RewardError, match="the judge raised KeyError: 'Paris'"):
        score(RewardModel(parts=("rule", "judge"), judge=Judge({})), [said("Paris")])


def test_a_judge_that_returns_too_few_verdicts_is_named() -> None:
    class Short(Judge):
        def verdicts(self, questions: Sequence[JudgeQuestion]) -> list[Any]:
            return [True]

    with pytest.raises(RewardError, match="the judge returned 1 values for 2"):
        score(RewardModel(parts=("rule", "judge"), judge=Short({})), [said("Paris"), said("Rome")])


def test_overlong_shaping_lowers_the_reward_and_keeps_the_accuracy() -> None:
    # L_max 10,000 and L_cache 1,000: 9,250 tokens cost 250 / 1,000.
    penalty = overlong_penalty(9250, max_tokens=10_000, buffer_tokens=1000)
    one = shaped(scored(rollout([1], [2]), 1.0), penalty=penalty)
    assert (one.reward, one.accuracy) == (0.75, 1.0)
    assert one.breakdown == {"rule": 1.0, "task": 1.0, "overlong": -0.25}


def test_shaping_leaves_short_and_unscored_rollouts_alone() -> None:
    short, unscored = scored(rollout([1], [2]), 1.0), scored(rollout([1], [2]), math.nan)
    assert shaped(short, penalty=0.0) is short
    assert math.isnan(shaped(unscored, penalty=-0.5).reward)
    assert math.isnan(shaped(unscored, penalty=-0.5).accuracy)


def test_an_object_is_loaded_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    # A dataclass with postponed annotations needs its module to be known.
    file.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Half:\n    value: float = 0.5\n"
        "def reward(*, responses, examples):\n    return [Half().value for _ in responses]\n"
    )
    function = load_object(f"{file}:reward", key="rewards.function")
    assert function(responses=["a", "b"], examples=[]) == [0.5, 0.5]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("reward", 'rewards.function is "reward", which is not of the form file.py:name'),
        ("{}/mine.py", "not of the form file.py:name"),
        ("{}/mine.txt:reward", "not of the form file.py:name"),
        ("{}/mine.py:not-a-name", "not of the form file.py:name"),
        ("{}/none.py:reward", "but there is no file .*none.py"),
        ("{}/mine.py:other", "has no callable other"),
        ("{}/mine.py:number", "has no callable number"),
        ("{}/broken.py:reward", "but importing .*broken.py raised SyntaxError"),
        ("{}/lonely.py:reward", "raised ModuleNotFoundError: No module named 'nowhere_at_all'"),
    ],
)
def test_a_path_that_cannot_be_loaded_names_the_setting_and_the_reason(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "mine.py").write_text("number = 3\ndef reward(**_): return []\n")
    (tmp_path / "broken.py").write_text("def reward(:\n")
    (tmp_path / "lonely.py").write_text("import nowhere_at_all\n")
    with pytest.raises(ValueError, match=message) as caught:
        load_object(path.format(tmp_path), key="rewards.function")
    assert "rewards.function" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", r'rewards.judge is ".*:broken", but calling it raised OSError: no server'),
        ("number", "but calling it gave int, which has no verdicts"),
        ("absent", "has no callable absent"),
    ],
)
def test_a_judge_that_cannot_be_made_names_the_setting(tmp_path: Path, name: str, message: str) -> None:
    file = tmp_path / "judges.py"
    file.write_text(
        "def broken(): raise OSError('no server')\ndef number(): return 3\n"
        "class Never:\n    def verdicts(self, questions): return [None for _ in questions]\n"
    )
    with pytest.raises(ValueError, match=message):
        load_judge(f"{file}:{name}")
    never = load_judge(f"{file}:Never")
    assert rewards(score(RewardModel(parts=("rule", "judge"), judge=never), [said("Paris")])) == [None]


def exits(**_: object) -> list[float]:
    raise SystemExit(0)


def generated(**_: object) -> Iterator[float]:
    yield 1.0
    raise ZeroDivisionError("inside")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (exits, "the reward function raised SystemExit: 0"),
        (generated, "the reward function raised ZeroDivisionError: inside"),
        (lambda **_: {"a": 1.0, "b": 0.0}, "returned dict, not a list"),
        (lambda **_: [10**400, 0.0], "neither a number nor None"),
    ],
)
def test_a_function_that_ends_the_program_or_answers_oddly_is_an_error(function: Any, message: str) -> None:
    model = RewardModel(parts=("function",), function=function)
    with pytest.raises(RewardError, match=message):
        score(model, [said("Berlin"), said("Paris")])
