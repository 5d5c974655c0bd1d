"""OpenRLHF and ms-swift are not installed here: their adapters are loaded and called the way those two do it."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import pickle
from typing import Any, ClassVar

import pytest

from qwenlong.integrations import ms_swift, openrlhf

TEMPLATE = "<|user|>The answer is 7, says the text.\nHow many? Close with: the answer is (insert answer here)<|model|>"


def call_as_openrlhf(reward_func: Any, query: str, prompt: str, label: str) -> dict[str, Any]:
    """As `SingleTurnAgentExecutor._fetch_rewards_via_func` of 0.11.2: lists of one, in a thread."""
    return asyncio.run(asyncio.to_thread(reward_func, [query], [prompt], [label]))


def load_as_openrlhf(path: str) -> Any:
    """As `SingleTurnAgentExecutor.__init__`: the file is run under a name of its own."""
    spec = importlib.util.spec_from_file_location("reward_func", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.reward_func


def test_openrlhf_loads_the_file_itself() -> None:
    reward_func = load_as_openrlhf(str(openrlhf.__file__))
    assert list(inspect.signature(reward_func).parameters) == ["queries", "prompts", "labels"]
    found = call_as_openrlhf(reward_func, TEMPLATE + "<think></think>The answer is 12.<|done|>", TEMPLATE, "12")
    assert found == {"rewards": 1.0, "scores": 1.0, "extra_logs": {"unscored": 0.0}}


@pytest.mark.parametrize("query", [TEMPLATE, TEMPLATE[20:]], ids=["whole", "cut"])
def test_openrlhf_scores_the_response_alone(query: str) -> None:
    found = call_as_openrlhf(openrlhf.reward_func, query + "I do not know.\nReally.", TEMPLATE, "7")
    assert found["rewards"] == 0.0
    assert call_as_openrlhf(openrlhf.reward_func, query + "The answer is 7.", TEMPLATE, "7")["rewards"] == 1.0


def test_openrlhf_counts_what_has_no_verdict() -> None:
    found = call_as_openrlhf(openrlhf.Reward("strict", kind="number"), "qThe answer is 5.", "q", "five")
    assert found == {"rewards": 0.0, "scores": 0.0, "extra_logs": {"unscored": 1.0}}


def test_ms_swift_makes_it_of_its_arguments_and_gives_columns_as_lists() -> None:
    class Numbers(ms_swift.AnswerORM):
        settings: ClassVar = {"gold": "solution", "columns": ["kind"]}

    completions = ["The answer is 5.", "The answer is 6.", "The answer is the."]
    columns: dict[str, Any] = {"solution": ["5", ["6", "six"], "the"], "kind": ["number", "number", "text"]}
    assert Numbers(args=object())(completions, **columns, trainer_state=None) == [1.0, 1.0, None]
    assert pickle.loads(pickle.dumps(ms_swift.AnswerORM()))(["The answer is 5."], answers=["5"]) == [1.0]
