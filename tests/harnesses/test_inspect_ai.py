"""The scorer in Inspect's own `eval`, with its mock model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, score
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import ChatMessage, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score
from inspect_ai.solver import generate

from qwenlong.integrations.inspect_ai import answers

SAMPLES = [
    Sample(id="chairs", input="How much?", target=["480 euros", "480"], metadata={"kind": "number"}),
    Sample(id="day", input="When?", target="Monday"),
    Sample(id="article", input="Which article?", target="the"),
]
SAYS = {
    "How much?": "<think>12 x 40, or 12 x 4</think>Therefore, the answer is 480.",
    "When?": "<think>the answer is Monday</think>Therefore, the answer is Tuesday.",
    "Which article?": "Therefore, the answer is the.",
}


def say(messages: list[ChatMessage], *settings: Any) -> ModelOutput:
    output = ModelOutput.from_content("mockllm/model", SAYS[messages[-1].text])
    output.usage = ModelUsage()  # else tokens are counted by a vocabulary from the network
    return output


def evaluate(scorer: Any, directory: Path) -> EvalLog:
    """An evaluation, as it was written and read back."""
    task = Task(dataset=SAMPLES, solver=generate(), scorer=scorer)
    model = get_model("mockllm/model", custom_outputs=say)
    (done,) = inspect_eval(task, model=model, log_dir=str(directory), display="none")
    return read_eval_log(done.location)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    done = evaluate(answers("strict", columns=["kind"]), tmp_path_factory.mktemp("logs"))
    assert done.status == "success", done.error
    return done


def scores_of(log: EvalLog) -> dict[Any, Score]:
    assert log.samples is not None
    return {sample.id: score for sample in log.samples for score in (sample.scores or {}).values()}


def test_a_sample_without_a_verdict_is_unscored_and_counted(log: EvalLog) -> None:
    assert log.results is not None
    (column,) = log.results.scores
    assert column.name.split("/")[-1] == "answers"
    assert (column.scored_samples, column.unscored_samples) == (2, 1)
    assert column.metrics["mean"].value == 0.5
    scores = scores_of(log)
    assert (scores["chairs"].value, scores["chairs"].answer, scores["chairs"].explanation) == (1.0, "480", "matched")
    assert (scores["day"].value, scores["day"].answer) == (0.0, "Tuesday")
    assert math.isnan(scores["article"].as_float())
    assert scores["article"].reason == "gold_unparsable"
    assert (scores["day"].metadata or {})["metrics"] == {"accuracy": 0.0, "well_formed": 1.0}


def test_a_log_is_scored_anew_by_other_options_and_no_verdict_at_all_is_no_zero(log: EvalLog) -> None:
    anew = score(log, answers("strict", kind="yesno"), action="overwrite", display="none")
    assert anew.results is not None
    (column,) = anew.results.scores
    assert (column.scored_samples, column.unscored_samples) == (0, 3)
    assert math.isnan(column.metrics["mean"].value)
    assert {score.reason for score in scores_of(anew).values()} == {"gold_unparsable"}


def test_an_option_that_a_row_lacks_ends_the_evaluation(tmp_path: Path) -> None:
    done = evaluate(answers("tatqa", columns=["scale"]), tmp_path)
    assert done.status == "error"
    assert done.error is not None
    assert "no 'scale' in a row" in done.error.message
