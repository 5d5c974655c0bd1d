"""No gradient from missing verdicts: weights equal those of a run in which such rollouts never were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from starlette.responses import JSONResponse, Response

from fakes import Alone, example, rollout, scored
from judges import compared, judge, quoted, said, serving
from policies import policy, tiny_model
from qwenlong.advantages import credit
from qwenlong.config import load_config
from qwenlong.records import Group, Prompt, Scored
from qwenlong.replay import Replay
from qwenlong.rewards import RewardModel
from qwenlong.train import learn, observe

GROUPS = {
    "first": ["Berlin", "in Berlin, I believe", "Paris", "unheard of", "the Spree", "Rome"],
    "second": ["Oslo", "unheard of", "Berlin", "the Havel", "Bonn", "Kiel"],
    "third": ["unheard of", "the Spree", "the Havel", "unheard of", "the Oder", "the Oder"],
}
"""Answers; of the third group nothing is known."""
SILENT = ("unheard", "spree", "havel", "oder")


async def half_deaf(body: dict[str, Any]) -> Response:
    """Fails on some answers, in every way a server can."""
    candidate = quoted(body, "answer C").lower()
    if any(word in candidate for word in SILENT):
        return JSONResponse({}, status_code=500) if candidate[0] == "u" else said("[[YES]] or [[NO]]")
    return said("[[YES]]" if compared(body) or "believe" in candidate else "[[NO]]")


def groups_of(reward: RewardModel, keep: Callable[[str], bool]) -> list[Group]:
    """Groups scored and credited; every answer stands for a few tokens of its own."""
    built = []
    for number, (name, answers) in enumerate(GROUPS.items()):
        prompt = [5 + number, 6, 7, 8 + number]
        kept = [(i, answer) for i, answer in enumerate(answers) if keep(answer)]
        rollouts = [
            rollout(prompt, [9 + i, 20 + len(answer), 30 + i * number, 2], example_id=name, sample=i)
            for i, answer in kept
        ]
        scored = reward.score(
            rollouts,
            responses=[f"...</think>Therefore, the answer is {answer}" for _, answer in kept],
            examples=[example("Berlin", example_id=name)] * len(kept),
        )
        done = credit([np.array([one.reward for one in scored], dtype=np.float32)])
        built.append(
            Group(
                example_id=name, retrospective=False, scored=tuple(scored), advantages=done.advantages[0],
                prompt=Prompt(example_id=name, token_ids=np.array(prompt, dtype=np.int32)),
                has_signal=bool(done.has_signal[0]),
            )
        )  # fmt: skip
    return built


def weights_after(path: Path, groups: Sequence[Group], *, aggregation: Any) -> dict[str, np.ndarray]:
    """Two steps on all groups, as a run learns from them."""
    model = policy(path, layout="shared", weight_decay=0.1)
    recipe = load_config("smoke")
    settings = {
        "losses": {"aggregation": aggregation, "clip_low": 0.2, "clip_high": 0.2, "overlong_filter": False},
        "packing": {"layout": "shared", "max_row_tokens": 64, "max_batch_tokens": 64},
        "update": {"mini_batches": 1, "learning_rate": 0.05, "warmup_steps": 0},
        "rollouts": {"temperature": 1.0},
    }
    config = {name: getattr(recipe, name).model_copy(update=keys) for name, keys in settings.items()}
    session: Any = SimpleNamespace(
        config=SimpleNamespace(**config), policy=model, world=Alone(), progress=SimpleNamespace(updates=0)
    )
    for _ in range(2):
        learn(session, groups, None)
    assert session.progress.updates == 2
    return {name: tensor.float().numpy().copy() for bucket in model.weights() for name, tensor in bucket}


@pytest.mark.parametrize("aggregation", ["token", "sequence"])
def test_rollouts_without_a_verdict_leave_the_weights_as_if_they_never_were(tmp_path: Path, aggregation: str) -> None:
    path = tiny_model(tmp_path / "model")
    with serving(half_deaf) as server, judge(server.url, output="text", retries=0) as one:
        reward = RewardModel(parts=("rule", "judge"), judge=one)
        with_missing = groups_of(reward, lambda answer: True)
        without = groups_of(reward, lambda answer: not any(word in answer.lower() for word in SILENT))
        as_zeros = [
            Group(
                example_id=group.example_id, retrospective=False, prompt=group.prompt, has_signal=True,
                scored=group.scored,
                advantages=credit(
                    [np.nan_to_num(np.array([one.reward for one in group.scored], dtype=np.float32))]
                ).advantages[0],
            )
            for group in with_missing
        ]  # fmt: skip
    missing = [[bool(np.isnan(one.reward)) for one in group.scored] for group in with_missing]
    assert [sum(group) for group in missing] == [2, 2, 6]
    found = weights_after(path, with_missing, aggregation=aggregation)
    never = weights_after(path, without, aggregation=aggregation)
    assert found.keys() == never.keys()
    for name, value in found.items():
        np.testing.assert_array_equal(value, never[name], err_msg=name)
    # A control: had they counted as wrong in the baseline, the others' advantages would be others.
    zeros = weights_after(path, as_zeros, aggregation=aggregation)
    assert max(np.abs(zeros[name] - value).max() for name, value in found.items()) > 1e-4


def test_a_group_of_which_the_judge_said_nothing_is_no_hard_example() -> None:
    replay = Replay()
    with serving(half_deaf) as server, judge(server.url, output="text", retries=0) as one:
        reward = RewardModel(parts=("judge",), judge=one)
        GROUPS["fourth"] = ["Rome", "Oslo", "Bonn"]
        groups = groups_of(reward, lambda answer: True)
        del GROUPS["fourth"]
        # One more answer of the third group says nothing: a no without asking, and all that is known of it.
        nothing = reward.score(
            [groups[2].scored[0].rollout], responses=["...</think>Therefore, the answer is :"],
            examples=[example("Berlin", example_id="third")],
        )  # fmt: skip
        assert nothing[0].reward == 0.0
        groups[2] = replace(groups[2], scored=(*groups[2].scored, *nothing))
        session: Any = SimpleNamespace(
            oversight=SimpleNamespace(rewards=reward), replay=replay, curriculum=SimpleNamespace(phase=0)
        )
        observe(session, groups)
        # The first two have a yes each, the fourth has none.
        assert replay.candidates(before_phase=1, seed=7) == ["fourth"]
        session.oversight = None
        observe(session, groups)
        assert sorted(replay.candidates(before_phase=1, seed=7)) == ["fourth", "third"], "without it"


def test_a_group_that_the_rule_solved_in_part_is_known_without_the_judge() -> None:
    reward = RewardModel(parts=("rule", "judge"), judge=None)

    def of(rule: float) -> Scored:
        one = scored(rollout([1], [2]), rule)
        return replace(one, breakdown={"rule": rule, "judge": None}, verdict=replace(one.verdict, extracted="Berlin"))

    right, silent = of(1.0), of(0.0)
    assert reward.unheard([silent, silent])
    assert not reward.unheard([silent, right])
    assert not reward.unheard([right, right])
