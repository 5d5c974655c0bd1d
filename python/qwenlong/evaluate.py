"""Greedy accuracy, well-formed answers and pass@k on held-out questions, by input length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qwenlong.advantages import pass_at_k
from qwenlong.agreement import check_agreement
from qwenlong.metrics import mean, well_formed
from qwenlong.records import Prompt, Sampling, Scored
from qwenlong.rollouts import answer, rolling_out
from qwenlong.session import Session

PASS_AT = (1, 2, 4, 8)
"""The k of pass@k, as far as the samples allow."""
TO_COMPARE = 64
"""Questions of each length whose samples may be compared with the policy afterwards."""


def evaluate(session: Session, name: str) -> dict[str, dict[str, Any]]:
    """Evaluate the policy at every length and keep the result under `name` ("warmup" or "final").

    Accuracies divide by the number of questions; an unscored answer counts as wrong here and is reported beside it.

    Raises:
        DisagreementError: what samples is not the policy, so neither is what was measured.
    """
    answers: list[list[Scored]] = []
    with rolling_out(session.policy, session.engine):
        result = _evaluate(session, name, answers)
    check_agreement(session, answers, drawn(session, temperature=session.config.evaluation.temperature))
    session.progress.evaluations[name] = result
    return result


def _evaluate(session: Session, name: str, answers: list[list[Scored]]) -> dict[str, dict[str, Any]]:
    config = session.config.evaluation
    session.display.begin(f"evaluate {name}", total=len(session.corpus.questions))
    result: dict[str, dict[str, Any]] = {}
    for limit, ids in session.corpus.questions.items():
        pairs = [session.corpus.lookup(i) for i in ids]
        prompts = [prompt for _, prompt in pairs]
        chances = [float(example.metadata["chance"]) for example, _ in pairs if "chance" in example.metadata]
        greedy = measure(session, prompts, purpose="greedy", num_samples=1, temperature=0.0)
        sampled = measure(
            session, prompts, purpose="evaluate", num_samples=config.num_samples, temperature=config.temperature
        )
        answers += sampled[:TO_COMPARE]
        correct = [sum(_right(scored) for scored in group) for group in sampled]
        counts = [config.num_samples] * len(correct)
        entry: dict[str, Any] = {
            "questions": len(prompts),
            "accuracy": math.fsum(_right(group[0]) for group in greedy) / len(greedy),
            "well_formed": mean(well_formed(group[0]) for group in greedy),
            "unscored": sum(math.isnan(scored.reward) for group in [*greedy, *sampled] for scored in group),
            "pass_at_k": {
                str(k): float(pass_at_k(counts, correct, k=k).mean()) for k in PASS_AT if k <= config.num_samples
            },
            "chance": mean(chances),
        }
        result[str(limit)] = entry
        flat = {f"pass_at_{k}": value for k, value in entry["pass_at_k"].items()}
        values = {
            "input_tokens": float(limit),
            "questions": float(len(prompts)),
            "unscored": float(entry["unscored"]),
            **{key: entry[key] for key in ("accuracy", "well_formed")},
            **flat,
        }
        session.journal.write(
            "eval", phase=None, step=session.progress.rl_steps, counter=session.progress.units, values=values
        )
        session.display.advance(values)
    return result


def measure(
    session: Session, prompts: Sequence[Prompt], *, purpose: str, num_samples: int, temperature: float
) -> list[list[Scored]]:
    """Answers of the policy to held-out prompts."""
    return session.completed(answer(
        session.engine, prompts, score=session.score, ranks=session.world,
        sampling=drawn(session, temperature=temperature), group_size=num_samples, seed=session.config.run.seed,
        purpose=purpose, step=session.progress.units, weight_version=session.policy.version,
    ))  # fmt: skip


def drawn(session: Session, *, temperature: float) -> Sampling:
    """How answers are drawn: with full support, the last phase's output limit, and by the policy's present weights.

    `rollouts.max_staleness` is for training alone: what is measured is the policy, not its past.
    """
    return Sampling(temperature=temperature, max_tokens=session.config.phases[-1].max_output_tokens, max_staleness=0)


def _right(scored: Scored) -> int:
    return int(scored.accuracy >= 1.0)
