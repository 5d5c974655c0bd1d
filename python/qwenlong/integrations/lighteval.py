"""lighteval 0.13: a metric for a custom task, per sample or batched.

    from qwenlong.integrations.lighteval import metric
    TASKS_TABLE = [LightevalTaskConfig(..., metrics=[metric("strict", batched=True, columns=["kind"])])]

Golds are the choices at `gold_index`; `columns` are keys of `Doc.specific`. Responses are scored with their reasoning,
as the model wrote them; several to one prompt count by their mean. A verdict without a score is NaN; the mean over the
task leaves it out and warns (lighteval's standard error is NaN then).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from qwenlong import scoring
from qwenlong.integrations.rows import pick_columns, unwrap_gold


def metric(profile: str = "strict", *, batched: bool = False, columns: Sequence[str] = (), **options: Any) -> Any:
    """Make the `SampleLevelMetric` of a profile."""
    from lighteval.metrics.metrics_sample import SampleLevelComputation
    from lighteval.metrics.utils.metric_utils import SampleLevelMetric
    from lighteval.tasks.requests import SamplingMethod

    SampleLevelComputation.register(Computation)  # a base class would need lighteval to be there, or break pickling
    return SampleLevelMetric(
        f"qwenlong_{profile}", higher_is_better=True, category=SamplingMethod.GENERATIVE, batched_compute=batched,
        sample_level_fn=Computation(columns, {"profile": profile, **options}), corpus_level_fn=mean_of_scored,
    )  # fmt: skip


def mean_of_scored(scores: Sequence[float]) -> float:
    """Mean of the scores that are there; NaN where none is."""
    if missing := int(np.isnan(scores).sum()):
        log = logging.getLogger(__name__)
        log.warning("%d of %d have no verdict and count for nothing", missing, len(scores))
    return float(np.nanmean(scores)) if missing < len(scores) else float("nan")


class Computation:
    """Scores a sample (`doc`, `model_response`) or, batched, those of a task (`docs`, `responses`)."""

    def __init__(self, columns: Sequence[str], options: dict[str, Any]) -> None:
        self.columns, self.options = list(columns), options

    def compute(self, doc: Any = None, model_response: Any = None, *, docs: Any = (), responses: Any = ()) -> Any:
        """Score what is given: a number, or a list of one number per sample."""
        docs, responses = ([doc], [model_response]) if doc is not None else (docs, responses)
        texts = [(one, text) for one, response in zip(docs, responses, strict=True) for text in response.text]
        golds, by_row = [unwrap_gold(one.get_golds()) for one, _ in texts], [one.specific or {} for one, _ in texts]
        options = self.options | pick_columns(by_row, self.columns)
        verdicts = iter(scoring.score_batch([text for _, text in texts], golds, **options))
        scores = [[next(verdicts).score for _ in response.text] for response in responses]
        means = [float(np.mean(np.array(row, dtype=np.float64))) for row in scores]  # NaN where one is missing
        return means if doc is None else means[0]
