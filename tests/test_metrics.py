"""Metrics by hand, and the files they go to."""

from __future__ import annotations

import ast
import inspect
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import UNSCORED, group, rollout, scored
from qwenlong import evaluate, sft
from qwenlong.enginecounts import engine_metrics
from qwenlong.metrics import METRICS, Journal, group_metrics, group_record, mean, step_metrics
from qwenlong.records import EngineCounts, Finish, Group, Prompt
from qwenlong.rewards import shaped
from qwenlong.update import UpdateReport

REPORT = UpdateReport(
    loss=0.5, grad_norm=2.0, entropy=1.5, clip_share=0.125, kl=None, mismatch=0.01, mismatch_kl=0.001,
    corrected_share=0.0, learning_rate=1e-3, num_tokens=40,
)  # fmt: skip


def new_and_old() -> list[Group]:
    """A new group of prompt length 3 with a reward missing, and one brought back, of prompt length 5."""
    finishes = [Finish.STOPPED, Finish.LENGTH, Finish.STOPPED]
    return [
        group([1, 2, 3], [[4, 5], [6], [7, 8, 9]], rewards=[1.0, 0.0, UNSCORED], finishes=finishes, example_id="new"),
        group([1, 2, 3, 4, 5], [[6, 7]], rewards=[0.0], example_id="old", retrospective=True, has_signal=False),
    ]


def test_group_metrics_by_hand() -> None:
    values = group_metrics(new_and_old())
    wanted = {
        "reward": 1 / 3,  # of 1, 0 and 0; the unscored one is left out
        "accuracy": 1 / 2,
        "retrospective_accuracy": 0.0,
        "well_formed": 0.0,
        "unscored": 1.0,
        "groups": 2.0,
        "groups_retrospective": 1.0,
        "signal_share": 1 / 2,
        "prompt_tokens": 4.0,
        "response_tokens": 2.0,  # of 2, 1, 3 and 2
        "finish_stopped": 3 / 4,
        "finish_length": 1 / 4,
        "finish_repeated": 0.0,
        "finish_aborted": 0.0,
    }
    assert values == pytest.approx(wanted)


def test_accuracy_is_taken_before_shaping_and_reward_after_it() -> None:
    one = scored(rollout([1], [2, 3]), 1.0, well_formed=1.0)
    groups = [
        Group(
            example_id="e", retrospective=False, prompt=Prompt(example_id="e", token_ids=np.array([1], dtype=np.int32)),
            scored=(shaped(one, penalty=-0.25), scored(rollout([1], [4]), 0.0)),
            advantages=np.zeros(2, dtype=np.float32), has_signal=True,
        )
    ]  # fmt: skip
    values = group_metrics(groups)
    assert (values["reward"], values["accuracy"], values["well_formed"]) == (0.375, 0.5, 0.5)


def test_where_there_is_nothing_to_average_the_value_is_missing() -> None:
    assert group_metrics(new_and_old()[:1])["retrospective_accuracy"] is None
    assert group_metrics([])["reward"] is None
    assert mean([math.nan, math.nan]) is None
    assert mean([1.0, math.nan, 2.0]) == 1.5


def test_step_metrics_count_kept_and_dropped_groups() -> None:
    kept, dropped = new_and_old()
    values = step_metrics([kept], [dropped], report=REPORT, times=(10.0, 12.0, 15.0), engines=[EngineCounts()])
    assert (values["groups"], values["groups_trained"], values["groups_dropped"]) == (2.0, 1.0, 1.0)
    assert (values["rollout_seconds"], values["update_seconds"], values["step_seconds"]) == (2.0, 3.0, 5.0)
    # Prompts of 3 and 5 tokens, responses of 2 + 1 + 3 and 2: 16 tokens in 5 seconds.
    assert values["tokens_per_second"] == pytest.approx(16 / 5)
    assert (values["loss"], values["trained_tokens"], values["kl"]) == (0.5, 40.0, None)
    peak = values["peak_memory_gb"]
    assert peak is not None
    assert 0.01 < peak < 1000


def test_engines_add_up_and_what_one_cannot_tell_is_missing() -> None:
    one = EngineCounts(
        busy_seconds=1.0, prompt_tokens=100, prefilled_tokens=130, cache_queries=400, cache_hits=270, preemptions=1,
        drafted_tokens=0, accepted_tokens=0,
    )  # fmt: skip
    two = EngineCounts(
        busy_seconds=3.0, prompt_tokens=50, prefilled_tokens=50, cache_queries=200, cache_hits=150, preemptions=0,
        drafted_tokens=8, accepted_tokens=2,
    )  # fmt: skip
    # 420 of 600 found; 180 computed of 150 asked for; 2 of 8 accepted; 5 seconds less (1 + 3) / 2.
    wanted = {
        "cache_hit_share": 0.7, "prefilled_again_share": 0.2, "draft_acceptance": 0.25, "preemptions": 1.0,
        "servers_lost": None, "requests_moved": None, "engine_idle_seconds": 3.0, "engine_idle_per_second": 0.6,
    }  # fmt: skip
    assert engine_metrics([one, two], step_seconds=5.0) == pytest.approx(wanted)
    missing = engine_metrics([one, EngineCounts(busy_seconds=1.0)], step_seconds=5.0)
    assert missing.pop("engine_idle_seconds") == 4.0
    assert missing.pop("engine_idle_per_second") == 0.8
    assert set(missing.values()) == {None}
    assert engine_metrics([one], step_seconds=5.0)["draft_acceptance"] is None


def test_every_metric_of_a_step_is_declared() -> None:
    assert set(step_metrics(new_and_old(), [], report=REPORT, times=(0.0, 1.0, 2.0), engines=[])) <= set(METRICS)
    for unit, meaning in METRICS.values():
        assert unit
        assert meaning


def written_names(module: Any) -> Iterator[Any]:
    """Literal keys of the dictionaries called `values` in a module, which are what it journals."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        named = [t.id for t in targets if isinstance(t, ast.Name)]
        if "values" in named and isinstance(node.value, ast.Dict):  # type: ignore[attr-defined]
            yield from (key.value for key in node.value.keys if isinstance(key, ast.Constant))  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", [sft, evaluate])
def test_every_metric_of_warm_up_and_evaluation_is_declared(module: Any) -> None:
    names = set(written_names(module))
    assert len(names) >= 3
    assert names <= set(METRICS)


def test_an_undeclared_metric_is_refused_also_by_ranks_that_do_not_write(tmp_path: Path) -> None:
    for writes in (True, False):
        with pytest.raises(KeyError, match="lost"):
            Journal(tmp_path, writes=writes).write("rl", phase=1, step=1, counter=1, values={"lost": 0.5})
    assert list(tmp_path.iterdir()) == []


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, float], int]] = []
        self.closed = False

    def log(self, values: dict[str, float], *, step: int) -> None:
        self.heard.append((values, step))

    def flush(self) -> None:
        """The journal asks for it at a checkpoint."""

    def close(self) -> None:
        self.closed = True


def test_a_line_is_flat_and_what_is_not_finite_is_null(tmp_path: Path) -> None:
    listener = Listener()
    journal = Journal(tmp_path, writes=True, loggers=[listener])
    values = {"loss": 0.1, "kl": None, "entropy": math.nan, "grad_norm": math.inf, "mismatch": -math.inf}
    journal.write("rl", phase=2, step=7, counter=9, values=values)
    line = json.loads((tmp_path / "metrics.jsonl").read_text("utf-8"))
    assert line == {
        "stage": "rl", "phase": 2, "step": 7, "loss": 0.1, "kl": None, "entropy": None, "grad_norm": None,
        "mismatch": None,
    }  # fmt: skip
    assert listener.heard == [({"rl/loss": 0.1}, 9)]
    journal.close()
    assert listener.closed


def test_only_the_first_rank_writes(tmp_path: Path) -> None:
    journal = Journal(tmp_path, writes=False)
    journal.write("sft", phase=None, step=1, counter=1, values={"loss": 0.1})
    journal.append("groups.jsonl", [{"a": 1}])
    journal.write_groups(new_and_old(), [], phase=1, step=1, full=True, decode=lambda ids: "text")
    assert list(tmp_path.iterdir()) == []


def test_clear_begins_anew(tmp_path: Path) -> None:
    journal = Journal(tmp_path, writes=True)
    journal.append("rollouts.jsonl", [{"a": 1}])
    journal.clear()
    journal.append("rollouts.jsonl", [{"b": 2}])
    assert (tmp_path / "rollouts.jsonl").read_text("utf-8") == '{"b": 2}\n'


def test_a_group_record_shows_the_ends_of_the_prompt_or_all_of_it() -> None:
    text = "a" * 2500 + "b" * 2500
    ends = group_record(new_and_old()[0], phase=1, step=3, dropped=None, text=text, full=False)
    assert (ends["prompt_head"], ends["prompt_tail"]) == ("a" * 2000, "b" * 2000)
    assert "prompt" not in ends
    full = group_record(new_and_old()[0], phase=1, step=3, dropped="no_signal", text=text, full=True)
    assert full["prompt"] == text
    assert "prompt_head" not in full
    assert full["dropped"] == "no_signal"
    assert ends["dropped"] is None
    assert ends["prompt_digest"] == full["prompt_digest"]
    other = group_record(new_and_old()[1], phase=1, step=3, dropped=None, text=text, full=False)
    assert other["prompt_digest"] != ends["prompt_digest"]


def test_a_group_record_holds_every_rollout_with_its_reward_and_reason() -> None:
    record = group_record(new_and_old()[0], phase=2, step=3, dropped=None, text="text", full=False)
    shown = {key: record[key] for key in ("example_id", "phase", "step", "retrospective", "prompt_tokens")}
    assert shown == {"example_id": "new", "phase": 2, "step": 3, "retrospective": False, "prompt_tokens": 3}
    assert [one["reward"] for one in record["rollouts"]] == [1.0, 0.0, None]
    assert [one["finish"] for one in record["rollouts"]] == ["stopped", "length", "stopped"]
    assert record["rollouts"][2] == {
        "response": "words", "finish": "stopped", "answer": None, "reward": None, "breakdown": {"rule": None},
        "reason": "matched",
    }  # fmt: skip


def test_kept_and_dropped_groups_stand_in_rollouts_jsonl(tmp_path: Path) -> None:
    kept, dropped = new_and_old()
    journal = Journal(tmp_path, writes=True)
    journal.write_groups([kept], [dropped], phase=1, step=2, full=True, decode=lambda ids: f"{len(ids)} \ud800")
    lines = [json.loads(line) for line in (tmp_path / "rollouts.jsonl").read_text("utf-8").splitlines()]
    assert [(line["example_id"], line["dropped"]) for line in lines] == [("new", None), ("old", "no_signal")]
    assert [line["prompt"] for line in lines] == ["3 \ud800", "5 \ud800"]
