"""Inspect: a scorer.

    from qwenlong.integrations.inspect_ai import answers

    Task(dataset=..., solver=generate(), scorer=answers("strict", columns=["kind"]))

The target is the gold, several are aliases; `columns` are keys of the sample's metadata. A verdict without a score is
`Score.unscored`, which Inspect counts and leaves out of its metrics. The verdict itself is in the score's metadata.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from qwenlong import scoring
from qwenlong.integrations.rows import pick_options, unwrap_gold


def answers(profile: str = "strict", *, columns: Sequence[str] = (), **options: Any) -> Any:
    """Make the scorer of a profile, registered as `answers`."""
    return _register()(profile=profile, columns=list(columns), **options)


@cache
def _register() -> Any:
    from inspect_ai.scorer import Score, mean, scorer, stderr

    @scorer(metrics=[mean(), stderr()], name="answers")
    def make(profile: str, columns: Sequence[str], **options: Any) -> Any:
        async def score(state: Any, target: Any) -> Any:
            by_row = pick_options(state.metadata, columns)
            gold = unwrap_gold(list(target))
            verdict = scoring.score(state.output.completion, gold, profile=profile, **options, **by_row)
            record = {"answer": verdict.extracted, "explanation": verdict.reason, "metadata": asdict(verdict)}
            if verdict.score is None:
                return Score.unscored(reason=verdict.reason, **record)
            return Score(value=verdict.score, **record)

        return score

    return make
