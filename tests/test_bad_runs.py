"""Mistakes of a user, end to end: one clear message, the right exit code, no traceback, nothing half begun."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from byte_model import write_byte_model
from policies import tiny_model
from runs import command, environment, metrics, run

PROGRAM = Path(__file__).parent / "programs" / "many_runs.py"
GOOD = {"id": "a", "documents": [{"text": "Rent was 900."}], "question": "How much?", "answers": ["900"]}


def row(**change: Any) -> str:
    return json.dumps(GOOD | change)


FILES = {
    "good.jsonl": [row(), row(id="b")],
    "malformed.jsonl": [row(), '{"id": "b", '],
    "twice.jsonl": [row(), row(id="b"), row()],
    "empty.jsonl": [row(documents=[{"text": " "}])],
    "gold.jsonl": [row(), row(id="b", answers=["nine hundred or so"], kind="number")],
    "import_error.py": ["import math", "limit = 1 / 0", "def reward(**_): ..."],
    "exits.py": ["raise SystemExit('usage: exits.py FILE')"],
    "judges.py": ["class Mute: ...", "class Broken:", "    def __init__(self):", "        self.key = {}['key']"],
}
TRAIN = ["--run.stages", '["rl"]', "--data.train"]
FUNCTION = ["--rewards.parts", '["function"]', "--rewards.function"]
JUDGE = ["--rewards.parts", '["judge"]', "--rewards.judge"]
MISTAKES = {
    "missing file": ([*TRAIN, "god.jsonl"], 'god.jsonl: no such file; did you mean "good.jsonl"?'),
    "malformed line": ([*TRAIN, "malformed.jsonl"], "malformed.jsonl:2: malformed JSON at column 13"),
    "duplicate id": ([*TRAIN, "twice.jsonl"], 'twice.jsonl:3: the id "a" already stands at twice.jsonl:1'),
    "empty document": ([*TRAIN, "empty.jsonl"], 'empty.jsonl:1: document 1: "text" is empty'),
    "gold without a number": ([*TRAIN, "gold.jsonl"], 'gold.jsonl:2: answer "nine hundred or so" of kind number'),
    "phase without examples": (
        [*TRAIN, "good.jsonl", "--phases.0.max_input_tokens", "300", "--phases.1.max_input_tokens", "500"],
        "phases.1 has no examples: good.jsonl holds no row of more than 300 and at most 500 tokens",
    ),
    "every row too long": (
        ["--run.stages", '["evaluate"]', "--data.evaluation", "good.jsonl", "--phases.1.max_input_tokens", "100"],
        "nothing to evaluate: good.jsonl has no row of at most 200 tokens",
    ),
    "warm-up without responses": (
        ["--run.stages", '["sft"]', "--data.train", "good.jsonl"],
        'no row of good.jsonl has a "response"',
    ),
    "rows of the task and of a file": (
        ["--data.evaluation", "good.jsonl"],
        'data.train is "synthetic" while data.evaluation names a file',
    ),
    "no function file": ([*FUNCTION, "nowhere.py:reward"], "there is no file nowhere.py"),
    "function file that fails": (
        [*FUNCTION, "import_error.py:reward"],
        "import_error.py:2, in <module>)",
    ),
    "function file that exits": ([*FUNCTION, "exits.py:reward"], "importing exits.py raised SystemExit: usage"),
    "judge that cannot be made": ([*JUDGE, "judges.py:Broken"], "judges.py:4, in __init__)"),
    "judge without verdicts": ([*JUDGE, "judges.py:Mute"], "gave Mute, which has no verdicts"),
    "no model": (["--model.path", "runs/warm/model"], "model.path is runs/warm/model, where there is no directory"),
    "another model's tokenizer": (
        [*TRAIN, "good.jsonl", "--model.path", "words", "--model.tokenizer", "model"],
        "the tokenizer has 260 tokens, but the model at words knows 63",
    ),
    "no rollouts to read": (
        ["--run.stages", '["rl"]', "--rollouts.read", "runs/groups.jsonl"],
        "rollouts.read names runs/groups.jsonl, which does not exist",
    ),
    "directory that is a file": (["--run.directory", "good.jsonl"], "run.directory good.jsonl is a file"),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("mistakes")
    for name, lines in FILES.items():
        (directory / name).write_text("\n".join(lines) + "\n", "utf-8")
    write_byte_model(directory / "model")
    tiny_model(directory / "words")
    return directory


@pytest.fixture(scope="module")
def outcomes(here: Path) -> dict[str, tuple[int | None, str]]:
    """Exit code and stderr of every mistake."""
    arguments = []
    for number, (flags, _) in enumerate(MISTAKES.values()):
        place = [] if "--run.directory" in flags else ["--run.directory", f"runs/{number}"]
        model = [] if "--model.path" in flags else ["--model.path", "model"]
        arguments.append(["smoke", *place, *model, *flags])
    done = subprocess.run(
        [sys.executable, str(PROGRAM)], input=json.dumps(arguments), cwd=here, capture_output=True, text=True,
        timeout=300, check=False, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(MISTAKES, map(tuple, json.loads(done.stdout)), strict=True))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_and_nothing_is_begun(
    here: Path, outcomes: dict[str, tuple[int | None, str]], name: str
) -> None:
    code, text = outcomes[name]
    assert MISTAKES[name][1] in text
    assert code == 2
    assert "Traceback" not in text
    assert text.count("qwenlong-train: rank 0:") == 1
    # The corrected command needs neither --resume nor another directory.
    assert not (here / f"runs/{list(MISTAKES).index(name)}" / "config.toml").exists()


REWARDS = """
import os

import numpy as np


def on_one_rank(*, responses, examples):
    if os.environ.get("RANK") == "1":
        return count(responses, "no number")
    return [1.0] * len(responses)


def always(*, responses, examples):
    return count(responses, {}["key"])


def count(responses, number):
    return [float(number) for _ in responses]


def short(*, responses, examples):
    return [1.0] * (len(responses) - 1)


def nothing(*, responses, examples):
    return [None] * len(responses)


class Absent:
    def verdicts(self, questions):
        return [None] * len(questions)
"""
QUICK = ("--run.stages", '["rl"]', "--phases.0.steps", "2", "--phases.1.steps", "1")


@pytest.fixture(scope="module")
def rewards(here: Path) -> Path:
    (here / "rewards.py").write_text(REWARDS, "utf-8")
    return here / "rewards.py"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("always", r"the reward function raised KeyError: 'key' \(.*rewards.py:14, in always\)"),
        ("short", r"the reward function returned 31 values for 32 responses; None stands for unscored"),
    ],
)
def test_a_reward_function_that_fails_ends_the_run_with_its_line(
    rewards: Path, tmp_path: Path, name: str, message: str
) -> None:
    done = run("smoke", tmp_path / "run", *QUICK, *FUNCTION, f"{rewards}:{name}", code=1)
    assert re.search(message, done.stderr)
    assert "Traceback" not in done.stderr


def test_a_traceback_is_shown_to_whoever_asks(rewards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QWENLONG_TRACEBACK", "1")
    done = run("smoke", tmp_path / "run", *QUICK, *FUNCTION, f"{rewards}:always", code=1)
    assert "Traceback" in done.stderr
    assert 'return count(responses, {}["key"])' in done.stderr


def test_a_reward_function_that_fails_on_one_of_two_ranks_ends_both(rewards: Path, tmp_path: Path) -> None:
    start = command("smoke", tmp_path / "run", *QUICK, *FUNCTION, f"{rewards}:on_one_rank", ranks=2)
    with subprocess.Popen(
        start, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment()
    ) as program:
        assert program.stderr is not None
        seen = [(time.monotonic(), line) for line in program.stderr]
    assert program.returncode != 0
    failed = {rank: [at for at, line in seen if f"rank {rank}: " in line] for rank in (0, 1)}
    text = "".join(line for _, line in seen)
    problem = "the reward function raised ValueError: could not convert string to float: 'no number'"
    assert f"qwenlong-train: rank 0: rank 1 failed: RewardError: {problem}" in text
    assert f"qwenlong-train: rank 1: {problem} (" in text
    assert "rewards.py:18, in <listcomp>" in text or "rewards.py:18, in count" in text
    assert seen[-1][0] - min(failed[0] + failed[1]) < 60
    assert not re.search(r'File ".*/qwenlong/', text), "our own frames"


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has begun to give answers."""
    directory = tmp_path_factory.mktemp("warm") / "run"
    run("smoke", directory, "--run.stages", '["sft"]')
    return directory / "model"


@pytest.mark.parametrize(
    ("flags", "every"),
    [
        (
            (*JUDGE, "{}:Absent", "--rewards.max_missing", "1"),
            False,
        ),  # a response without an answer is wrong, whatever a judge would say
        ((*FUNCTION, "{}:nothing", "--update.weight_decay", "0.1"), True),  # no step at all, so no decay either
    ],
)
def test_rewards_that_are_missing_teach_nothing(
    rewards: Path, warm: Path, tmp_path: Path, flags: tuple[str, ...], every: bool
) -> None:
    given = [flag.format(rewards) for flag in flags]
    run("smoke", tmp_path / "run", *QUICK, "--model.path", str(warm), *given)
    groups = [json.loads(line) for line in (tmp_path / "run" / "rollouts.jsonl").read_text("utf-8").splitlines()]
    missing = [rollout["reward"] is None for group in groups for rollout in group["rollouts"]]
    lines = metrics(tmp_path / "run")
    assert len(lines) == 3
    assert sum(line["unscored"] for line in lines) == sum(missing) > 0
    assert all(missing) == every
    before, after = (load_file(folder / "model.safetensors") for folder in (warm, tmp_path / "run" / "model"))
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
