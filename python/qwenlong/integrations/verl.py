"""verl 0.9: the reward function of a run, and a reward manager that scores what arrives together in one call.

    reward.custom_reward_function.path=pkg://qwenlong.integrations.verl
    reward.custom_reward_function.name=compute_score
    '+reward.custom_reward_function.reward_kwargs={profile: strict, columns: [kind]}'

and, for batches instead, with the same `reward_kwargs`:

    reward.reward_manager.source=importlib
    reward.reward_manager.name=RewardManager
    reward.reward_manager.module.path=pkg://qwenlong.integrations.verl

`columns` are keys of `extra_info`.

In verl every rollout has a number for a reward; there is no missing one. So a gold that cannot be read, a mistake in
the data, ends the run and is named. `reward_kwargs.unscored=0.0` goes on instead, with that reward: as all rollouts of
the prompt get it, none has an advantage over its group. What a response brings about itself (`needs_eval`, `too_long`)
has reward 0 (or `unscored`). What has no verdict is marked by 1 in `unscored` of the extra information, else 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qwenlong import scoring
from qwenlong.integrations.rows import pick_options, unwrap_gold
from qwenlong.records import Verdict


def compute_score(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: Mapping[str, Any] | None = None, *,
    profile: str = "strict", columns: Sequence[str] = (), unscored: float | None = None,
    reward_router_address: Any = None, reward_model_tokenizer: Any = None, **options: Any,
) -> dict[str, float | str]:  # fmt: skip
    """Score one response; a gold that cannot be read is a ValueError unless `unscored` is set."""
    options |= pick_options(extra_info or {}, columns)
    verdict = scoring.score(solution_str, unwrap_gold(ground_truth), profile=profile, **options)
    return reward_of(verdict, gold=ground_truth, source=data_source, unscored=unscored)


def reward_of(verdict: Verdict, *, gold: Any, source: str, unscored: float | None) -> dict[str, float | str]:
    """Say a verdict in verl's words, always with the same keys; `pred` is what its majority votes go by."""
    if verdict.score is None and verdict.reason == "gold_unparsable" and unscored is None:
        raise ValueError(f"{source}: no answer can be judged by the gold {gold!r}; mend the row, or set `unscored`")
    score = float(unscored or 0.0) if verdict.score is None else verdict.score
    reward: dict[str, float | str] = {"score": score, "acc": score, "unscored": float(verdict.score is None)}
    return {**reward, "pred": verdict.extracted or "", "reason": verdict.reason}


def __getattr__(name: str) -> Any:
    """Fetch the manager on first use: its base class is verl's, which a reward function does without."""
    if name != "RewardManager":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from qwenlong.integrations.verl_batches import RewardManager

    return RewardManager
