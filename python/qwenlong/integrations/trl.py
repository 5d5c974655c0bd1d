"""TRL 1.x: a reward function for `GRPOTrainer` and its kin.

    from qwenlong.integrations.trl import AnswerReward

    reward = AnswerReward("strict", gold="answers", columns=["kind"])
    trainer = GRPOTrainer(model, reward_funcs=reward, args=args, train_dataset=dataset)

A verdict without a score is `None`, which TRL leaves out of mean and advantage; so is a row whose gold is `None`, one
that this reward is not about. `unscored`, their share, is logged, and each verdict's reason goes to the table of
completions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qwenlong import scoring
from qwenlong.integrations.rows import pick_columns, unwrap_gold


class AnswerReward:
    """Scores completions, plain or conversational, by a column of golds; can be pickled."""

    def __init__(
        self, profile: str = "strict", *, gold: str = "answers", columns: Sequence[str] = (), **options: Any
    ) -> None:
        """Name the scorer, the columns of golds and of options by row, and the options that are the same for all."""
        self.__name__ = f"qwenlong_{profile}"
        self.gold, self.columns, self.options = gold, list(columns), {"profile": profile, **options}

    def __call__(
        self,
        completions: Sequence[Any],
        *,
        log_metric: Callable[[str, float], None] = lambda name, value: None,
        log_extra: Callable[[str, list[Any]], None] = lambda name, values: None,
        **given: Any,
    ) -> list[float | None]:
        """Score each completion; TRL gives every column of the dataset as a list."""
        if self.gold not in given:
            raise ValueError(f"the dataset has no column {self.gold!r} of golds; it has {sorted(given)}")
        judged = [i for i, gold in enumerate(given[self.gold]) if gold is not None]
        rows = [{name: given[name][i] for name in self.columns if name in given} for i in judged]
        responses = [_text(completions[i]) for i in judged]
        golds = [unwrap_gold(given[self.gold][i]) for i in judged]
        verdicts = scoring.score_batch(responses, golds, **self.options, **pick_columns(rows, self.columns))
        by_row = dict(zip(judged, verdicts, strict=True))
        scores = [by_row[i].score if i in by_row else None for i in range(len(completions))]
        if scores:
            log_metric("unscored", sum(score is None for score in scores) / len(scores))
        log_extra("reason", [by_row[i].reason if i in by_row else "no_gold" for i in range(len(completions))])
        return scores


def _text(completion: Any) -> str:
    return completion if isinstance(completion, str) else completion[-1]["content"] or ""
