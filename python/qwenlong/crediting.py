"""Scored rollouts to groups with advantages, after overlong shaping: a part of training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qwenlong.advantages import credit, overlong_penalty
from qwenlong.config import Phase
from qwenlong.phases import Choice
from qwenlong.records import Group, Scored
from qwenlong.rewards import shaped
from qwenlong.session import Session


def credited(
    session: Session, choices: Sequence[Choice], scored: Sequence[Sequence[Scored]], phase: Phase
) -> list[Group]:
    """Groups with their advantages, after overlong shaping; signal is judged on the task's reward."""
    rewards, how = session.config.rewards, session.config.advantages
    buffer = rewards.overlong_buffer_tokens

    def penalty(one: Scored) -> float:
        if not buffer:
            return 0.0
        return overlong_penalty(
            one.rollout.num_response_tokens, max_tokens=phase.max_output_tokens, buffer_tokens=buffer,
            factor=rewards.overlong_factor,
        )  # fmt: skip

    final = [[shaped(one, penalty=penalty(one)) for one in group] for group in scored]
    shaped_rewards = [np.array([one.reward for one in group], dtype=np.float32) for group in final]
    task_rewards = [np.array([one.accuracy for one in group], dtype=np.float32) for group in final]
    credit_MG = credit(shaped_rewards, epsilon=how.epsilon, scale=how.scale).advantages
    signal_M = credit(task_rewards).has_signal
    return [
        Group(
            example_id=choice.example_id, retrospective=choice.retrospective,
            prompt=session.corpus.lookup(choice.example_id)[1], scored=tuple(group), advantages=advantages,
            has_signal=bool(signal),
        )
        for choice, group, advantages, signal in zip(choices, final, credit_MG, signal_M, strict=True)
    ]  # fmt: skip
