"""No gradient from missing verdicts: weights equal those of a run in which such rollouts never were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.responses import JSONResponse, Response

from fakes import Alone, example, rollout
from judges import compared, judge, quoted, said, serving
from policies import policy, tiny_model
from qwenlong.advantages import credit
from qwenlong.losses import PolicyObjective
from qwenlong.packing import digest, place, rows, targets
from qwenlong.records import Group, Prompt
from qwenlong.rewards import RewardModel
from qwenlong.update import MiniBatch, computed, update

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
    """Two updates on all groups."""
    model = policy(path, layout="shared", weight_decay=0.1)
    items = [item for group in groups for item in targets(group, aggregation=aggregation, overlong_filter=False)]
    built = rows(items, layout="shared", max_row_tokens=64)
    plan = place(computed(built, every_row=False), num_ranks=1, max_batch_tokens=64)
    divisor = float(sum(row.weights.sum(dtype=np.float64) for row in built))
    batch = MiniBatch(batches=plan[0], divisor=divisor, plan=digest(plan))
    update(
        model, [batch, batch], ranks=Alone(), temperature=1.0, peak_learning_rate=0.05, warmup_steps=0, first_update=0,
        objective=lambda divisor: PolicyObjective(divisor=divisor, clip_low=0.2, clip_high=0.2),
    )  # fmt: skip
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
