"""HF evaluate 0.4: a metric, made directly, since `evaluate.load` of a name asks the Hub.

    from qwenlong.integrations.evaluate import metric

    metric("musique").compute(predictions=["Paris"], references=[["Paris", "Paris, France"]])

References are golds, one or a list of aliases each. The result has `score` and every metric of the profile, each its
mean over the rows that have it, and `unscored`, the number of verdicts without a score.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from qwenlong import scoring
from qwenlong.integrations.rows import unwrap_gold


def metric(profile: str = "strict", **options: Any) -> Any:
    """Make the `evaluate.Metric` of a profile and its options."""
    import evaluate
    from datasets import Features, Value

    text = Value("string")
    shapes = [Features(predictions=text, references=gold) for gold in (text, [text])]

    class Answers(evaluate.Metric):
        def _info(self) -> Any:
            return evaluate.MetricInfo(description=__doc__ or "", citation="", features=shapes)

        def _compute(self, *, predictions: Any, references: Any) -> dict[str, float]:
            golds = [unwrap_gold(gold) for gold in references]
            values = defaultdict(list)
            for verdict in scoring.score_batch(predictions, golds, profile=profile, **options):
                scored = {} if verdict.score is None else {"score": verdict.score, **verdict.metrics}
                for name, value in scored.items():
                    values[name].append(value)
            means = {name: float(np.mean(column)) for name, column in values.items()}
            return {**means, "unscored": len(predictions) - len(values["score"])}

    return Answers()
