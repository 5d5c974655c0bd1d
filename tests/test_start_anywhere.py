"""The page on starting anywhere runs as it stands, and each of its runs did what the page says."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from byte_model import END_IDS, TEMPLATE, write_byte_model
from runs import environment, metrics, run, run_until, steps

PAGE = Path(__file__).parents[1] / "docs" / "start-anywhere.md"
BLOCK = re.compile(r"(?:`([\w.-]+)`[^`]*:\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory after every example; a command waits for the runs that it reads from, others go on beside it."""
    directory = tmp_path_factory.mktemp("anywhere")
    write_byte_model(directory / "my-model")
    runs: dict[str, Future[None]] = {}

    def execute(command: str, needed: list[str]) -> None:
        for name in needed:
            runs[name].result()
        program, *arguments = shlex.split(command)
        assert program == "qwenlong-train"
        done = subprocess.run(
            [sys.executable, "-m", "qwenlong", *arguments], cwd=directory, capture_output=True, text=True,
            timeout=240, check=False, env=environment(),
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stderr[-3000:]}"

    with ThreadPoolExecutor(2) as pool:
        for file, language, text in BLOCK.findall(PAGE.read_text("utf-8")):
            if language != "bash":
                (directory / file).write_text(text, "utf-8")
                continue
            for command in text.splitlines():
                own = re.search(r"--run.directory (runs/\w+)", command)
                needed = [name for name in re.findall(r"(runs/\w+)/", command) if name in runs]
                runs[own[1] if own else command] = pool.submit(execute, command, needed)
    for finished in runs.values():
        finished.result()
    return directory


def rollouts(directory: Path) -> list[dict[str, Any]]:
    groups = [json.loads(line) for line in (directory / "rollouts.jsonl").read_text("utf-8").splitlines()]
    return [rollout for group in groups for rollout in group["rollouts"]]


def stages(directory: Path) -> set[str]:
    return {line["stage"] for line in metrics(directory)}


def test_warm_up_alone_leaves_a_model(here: Path) -> None:
    assert stages(here / "runs/warm") == {"sft"}
    assert {"config.json", "model.safetensors", "tokenizer.json", "generation_config.json"} <= {
        file.name for file in (here / "runs/warm/model").iterdir()
    }


def test_rl_goes_on_from_another_runs_model(here: Path) -> None:
    assert stages(here / "runs/rl") == {"rl"}
    assert steps(here / "runs/rl", "rl") == 8
    assert not (here / "runs/rl/start").exists(), "no tiny model is built"


def test_evaluation_alone_trains_nothing(here: Path) -> None:
    directory = here / "runs/evaluated"
    assert [line["input_tokens"] for line in metrics(directory)] == [96, 160, 320]
    assert list(json.loads((directory / "summary.json").read_text("utf-8"))["accuracy"]) == ["final"]
    assert not (directory / "model").exists()


def test_rollouts_alone_are_written_and_scored(here: Path) -> None:
    directory = here / "runs/rollouts"
    written = [json.loads(line) for line in (directory / "groups.jsonl").read_text("utf-8").splitlines()]
    assert len(written) == 8 * 8
    assert all(len(group["responses"]) == 4 for group in written)
    assert all(rollout["reward"] is not None and rollout["reason"] for rollout in rollouts(directory))
    assert not (directory / "model").exists()
    assert "loss" not in metrics(directory)[0]


def test_training_alone_begins_with_the_step_of_a_run_that_samples(here: Path) -> None:
    alone, whole = metrics(here / "runs/trained"), metrics(here / "runs/rl")
    assert alone[0] == whole[0]
    assert len(alone) == 8
    responses = [rollout["response"] for rollout in rollouts(here / "runs/rollouts")]
    assert [rollout["response"] for rollout in rollouts(here / "runs/trained")] == responses


def test_the_users_reward_teaches(here: Path) -> None:
    rows = metrics(here / "runs/brief")
    assert any(row["signal_share"] > 0 for row in rows)
    assert any(row["grad_norm"] > 0 for row in rows)
    for rollout in rollouts(here / "runs/brief"):
        words = len(rollout["response"].split())
        assert rollout["reward"] == rollout["breakdown"]["function"]
        assert (rollout["reward"] is None) == (not rollout["response"])
        assert rollout["reward"] is None or (rollout["reward"] >= 0.5) == (words < 10)


def test_the_judge_is_asked_where_the_rule_says_no(here: Path) -> None:
    judged = [rollout["breakdown"] for rollout in rollouts(here / "runs/judged")]
    assert {row["judge"] for row in judged if row["rule"] == 0.0} == {0.0, 1.0}
    assert all(row["judge"] is None for row in judged if row["rule"] == 1.0)


def test_a_model_by_directory_brings_its_chat_template_and_end_tokens(here: Path) -> None:
    groups = [json.loads(line) for line in (here / "runs/mine/rollouts.jsonl").read_text("utf-8").splitlines()]
    assert {group["example_id"] for group in groups} == {"rent", "cat"}
    for group in groups:
        assert group["prompt_head"].startswith("<|user|>The text below")
        assert group["prompt_tail"].endswith("<|model|>")
    config = json.loads((here / "runs/mine/model/generation_config.json").read_text("utf-8"))
    assert config["eos_token_id"] == END_IDS
    assert (here / "runs/mine/model/chat_template.jinja").read_text("utf-8") == TEMPLATE


def test_training_alone_works_on_two_ranks(here: Path, tmp_path: Path) -> None:
    flags = ["--run.stages", '["rl"]', "--model.path", str(here / "runs/warm/model")]
    flags += ["--rollouts.read", str(here / "runs/rollouts/groups.jsonl"), "--phases.1.steps", "1"]
    flags += ["--rewards.parts", '["function"]', "--rewards.function", f"{here}/my_reward.py:brief"]
    run("smoke", tmp_path / "two", *flags, ranks=2)
    one, two = metrics(here / "runs/brief")[0], metrics(tmp_path / "two")[0]
    for name in ("reward", "groups", "signal_share", "trained_tokens"):
        assert one[name] == two[name]
    assert two["grad_norm"] == pytest.approx(one["grad_norm"], rel=1e-3)


def test_rollouts_that_were_killed_go_on_to_the_same_file(here: Path, tmp_path: Path) -> None:
    flags = ["--run.stages", '["rollouts"]', "--model.path", str(here / "runs/warm/model")]
    killed = tmp_path / "killed"
    run_until("smoke", killed, lambda: steps(killed, "rl") >= 3, *flags, how=signal.SIGKILL)
    run("smoke", killed, *flags, "--resume")
    for file in ("groups.jsonl", "rollouts.jsonl"):
        assert (killed / file).read_bytes() == (here / "runs/rollouts" / file).read_bytes()


def test_rollouts_of_another_run_are_refused(here: Path, tmp_path: Path) -> None:
    flags = ["--run.stages", '["rl"]', "--model.path", str(here / "runs/warm/model")]
    flags += ["--rollouts.read", str(here / "runs/rollouts/groups.jsonl")]
    done = run("smoke", tmp_path / "seed", *flags, "--run.seed", "1", code=2)
    assert "is another one in this run: keep the seed" in done.stderr
