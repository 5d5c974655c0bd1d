"""The task, the metrics and the filter in lm-eval's own `simple_evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lm_eval import simple_evaluate
from lm_eval.models.dummy import DummyLM
from lm_eval.tasks import TaskManager

from qwenlong.documents import load_examples
from qwenlong.integrations.lm_eval import TASKS
from qwenlong.prompts import render

ROWS: list[dict[str, Any]] = [
    {
        "id": "chairs",
        "documents": [{"text": " Invoice 7: 12 chairs at 40 euros.\n", "title": "Invoice"}, {"text": "Dear Ada, ..."}],
        "question": "What do the chairs cost in all? ",
        "answers": ["480 euros", "480"],
        "kind": "number",
    },
    {"id": "day", "documents": [{"text": "It came on Monday."}], "question": "When?", "answers": ["Monday"]},
    {"id": "article", "documents": [{"text": "A chair."}], "question": "Which article?", "answers": ["the"]},
]
SAYS = {
    "What do": "<think>12 x 40 or 12 x 4?</think>Therefore, the answer is 480.",
    "When?": "<think>It says Monday.</think>It was Tuesday, I think.\nOr not.",
    "Which": "<think></think>Therefore, the answer is the.",
}


class Parrot(DummyLM):
    """lm-eval's dummy model, but for what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.prompts: list[str] = []

    def generate_until(self, requests: Any, **settings: Any) -> list[str]:
        self.prompts = [request.arguments[0] for request in requests]
        return [next(says for start, says in SAYS.items() if f"\n{start}" in prompt) for prompt in self.prompts]


OWN = """
include: {shipped}
task: own
process_results: !function parts.score_solution
filter_list:
  - name: answers
    filter:
      - {{function: qwenlong, profile: strict, reasoning: required, fallback: "?"}}
      - {{function: take_first}}
"""
PARTS = """
from functools import partial
from qwenlong.integrations.lm_eval import process_results

score_solution = partial(process_results, profile="hotpotqa", gold="solution")
"""


def evaluate(
    directory: Path, *, rows: Any = ROWS, include: Path = TASKS, task: str = "qwenlong", **metadata: Any
) -> tuple[dict[str, Any], list[str]]:
    """lm-eval's results on the rows, and the prompts it made."""
    file = directory / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    model = Parrot()
    manager = TaskManager(include_path=str(include), include_defaults=False, metadata={"rows": str(file), **metadata})
    found = simple_evaluate(model, tasks=[task], task_manager=manager, bootstrap_iters=0, log_samples=True)
    return found, model.prompts


def test_the_shipped_task_scores_rows_and_leaves_out_what_has_no_verdict(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found, _ = evaluate(tmp_path)
    results = found["results"]["qwenlong"]
    assert results["accuracy,none"] == 0.5  # of two: the third gold says nothing
    assert results["well_formed,none"] == 0.5
    assert results["unscored,none"] == pytest.approx(1 / 3)
    accuracies = {sample["doc"]["id"]: sample.get("accuracy") for sample in found["samples"]["qwenlong"]}
    assert accuracies == {"chairs": 1.0, "day": 0.0, "article": None}
    assert "not scored on the same number of documents" in caplog.text


def test_its_prompt_is_the_one_of_the_trainer(tmp_path: Path) -> None:
    _, prompts = evaluate(tmp_path)
    assert prompts == [render(example).text for example in load_examples(tmp_path / "rows.jsonl")]


def test_another_profile_brings_its_own_metrics(tmp_path: Path) -> None:
    monday = [row | {"answers": row["answers"][:1], "profile": None} for row in ROWS]
    found, _ = evaluate(tmp_path, rows=monday, profile="hotpotqa")
    results = found["results"]["qwenlong"]
    assert {name.split(",")[0] for name in results if name.endswith(",none") and "stderr" not in name} == {
        "em", "f1", "precision", "recall", "unscored",
    }  # fmt: skip
    assert results["unscored,none"] == 0.0


def test_the_filter_leaves_the_final_answers_and_a_task_of_ones_own_takes_the_parts(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN.format(shipped=TASKS / "qwenlong.yaml"), "utf-8")
    (tmp_path / "parts.py").write_text(PARTS, "utf-8")
    rows = [row | {"solution": solution} for row, solution in zip(ROWS, ["480 euros", "Monday", "the"], strict=True)]
    found, _ = evaluate(tmp_path, rows=rows, include=tmp_path, task="own")
    answers = {sample["doc"]["id"]: sample["filtered_resps"] for sample in found["samples"]["own"]}
    assert answers == {"chairs": ["480"], "day": ["?"], "article": ["the"]}
    assert found["results"]["own"]["f1,answers"] == pytest.approx(2 / 9)  # 2/3 for one word of two, 0, 0 for no word
