"""The metric in lighteval's own pipeline, on a custom task with a local data set."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import pytest
from lighteval.logging.evaluation_tracker import EvaluationTracker
from lighteval.models.dummy.dummy_model import DummyModel, DummyModelConfig
from lighteval.models.model_output import ModelResponse
from lighteval.pipeline import ParallelismManager, Pipeline, PipelineParameters
from lighteval.tasks.registry import Registry
from lighteval.tasks.requests import Doc

from qwenlong.integrations.lighteval import metric

SAYS = {
    "How much?": ["<think>12 x 40, or 12 x 4</think>Therefore, the answer is 480."],
    "When?": ["<think>the answer is Monday</think>Therefore, the answer is Tuesday."],
    "Which article?": ["Therefore, the answer is the."],
}
TASKS = """
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc
from qwenlong.integrations.lighteval import metric

def prompt(row, task_name):
    golds = row["answers"]
    return Doc(query=row["question"], choices=golds, gold_index=list(range(len(golds))), task_name=task_name,
               specific={{"kind": row["kind"]}})

TASKS_TABLE = [
    LightevalTaskConfig(
        name=f"chairs_{{batched}}", prompt_function=prompt, hf_repo={data!r}, hf_subset="default",
        hf_avail_splits=["test"], evaluation_splits=["test"], generation_size=10,
        metrics=[metric("strict", batched=batched, columns=["kind"])],
    )
    for batched in (False, True)
]
"""


@pytest.fixture(autouse=True)
def no_tasks_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """lighteval imports all its tasks to find ours; two of them ask the network as they are imported."""
    for loader in ("_load_from_files", "_load_from_subdirs"):
        monkeypatch.setattr(Registry, loader, staticmethod(lambda *sources: {}))


class Parrot(DummyModel):
    """lighteval's dummy model, but for what it says."""

    def greedy_until(self, docs: Any) -> list[ModelResponse]:
        return [ModelResponse(text=SAYS[doc.query]) for doc in docs]


def run(directory: Path, *, batched: bool) -> tuple[dict[str, Any], list[Any]]:
    rows = [
        {"question": "How much?", "answers": ["480 euros", "480"], "kind": "number"},
        {"question": "When?", "answers": ["Monday"], "kind": None},
        {"question": "Which article?", "answers": ["the"], "kind": None},
    ]
    (directory / "data").mkdir()
    (directory / "data" / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (directory / "tasks.py").write_text(TASKS.format(data=str(directory / "data")), "utf-8")
    pipeline = Pipeline(
        tasks=f"chairs_{batched}|0",
        pipeline_parameters=PipelineParameters(
            launcher_type=ParallelismManager.NONE, custom_tasks_directory=str(directory / "tasks.py")
        ),
        evaluation_tracker=EvaluationTracker(output_dir=str(directory / "out"), save_details=True),
        model=Parrot(DummyModelConfig(cache_dir=str(directory / "cache"))),
    )
    pipeline.evaluate()
    pipeline.save_and_push_results()
    (details,) = pipeline.get_details().values()
    return pipeline.get_results()["results"][f"chairs_{batched}:0"], details


@pytest.mark.parametrize("batched", [False, True], ids=["per_sample", "batched"])
def test_the_pipeline_averages_what_has_a_verdict_and_counts_the_rest(
    tmp_path: Path, batched: bool, caplog: pytest.LogCaptureFixture
) -> None:
    results, details = run(tmp_path, batched=batched)
    assert results["qwenlong_strict"] == 0.5  # of two: the third gold says nothing
    scores = {detail.doc.query: detail.metric["qwenlong_strict"] for detail in details}
    assert scores == pytest.approx({"How much?": 1.0, "When?": 0.0, "Which article?": math.nan}, nan_ok=True)
    assert "1 of 3 have no verdict and count for nothing" in caplog.messages


def test_several_responses_count_by_their_mean_also_after_pickling() -> None:
    made = pickle.loads(pickle.dumps(metric("hotpotqa", batched=True)))
    docs = [Doc(query="", choices=[gold], gold_index=0) for gold in ("Paris", "Berlin")]
    responses = [ModelResponse(text=["Paris", "Paris, France", "Rome"]), ModelResponse(text=["berlin"])]
    assert made.compute_sample(docs=docs, responses=responses) == {
        "qwenlong_hotpotqa": [pytest.approx((1 + 2 / 3 + 0) / 3), 1.0]
    }
