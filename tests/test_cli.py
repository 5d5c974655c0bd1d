"""The console script: what it says, what it returns, and what it does not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qwenlong.cli import main
from qwenlong.config import describe_keys, shipped_recipes

HEAVY = ("torch", "transformers", "deepspeed", "tokenizers", "tensorboardX", "pyarrow")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120, check=False
    )


def imported_by(code: str) -> set[str]:
    """Names in sys.modules after the code; it may print, so they come on the last line of stderr."""
    done = python(f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)")
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def test_help_shows_usage_every_recipe_and_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: qwenlong-train RECIPE")
    for name in shipped_recipes():
        assert f"\n  {name} " in said
    for key, default, about in describe_keys():
        assert f"  --{key} (default {default})\n      {about}\n" in said
    sections = [line for line in said.splitlines() if line.startswith("[")]
    assert len(sections) == len(set(sections)) == 15


def test_help_after_a_recipe_is_still_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quickstart", "-h"]) == 0
    assert capsys.readouterr().out.startswith("usage:")


def test_the_flag_of_deepspeeds_launcher_is_no_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--local_rank=1", "nowhere"]) == 2
    assert "no recipe 'nowhere'" in capsys.readouterr().err


def test_without_arguments_the_usage_is_shown_and_nothing_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().out.startswith("usage:")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["quickstrat"], "qwenlong-train: no recipe 'quickstrat' (did you mean quickstart?)"),
        (["--resume", "quickstart"], "qwenlong-train: the recipe comes first, not --resume"),
        (["smoke", "--run.sed", "1"], "qwenlong-train: unknown flag --run.sed (did you mean run.seed?)"),
        (["smoke", "--rollouts.group_size", "1"], "qwenlong-train: smoke: rollouts.group_size is 1"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(message)
    assert said.err.count("\n") == 1


def test_importing_the_package_loads_neither_framework_nor_pydantic() -> None:
    loaded = imported_by("import qwenlong")
    assert "qwenlong" in loaded
    assert loaded.isdisjoint({*HEAVY, "pydantic", "pydantic_settings", "numpy", "rich"})


def test_scoring_loads_numpy_at_most() -> None:
    loaded = imported_by("import qwenlong; assert qwenlong.match('Berlin', 'Berlin').score == 1.0")
    assert "qwenlong._rust" in loaded
    assert loaded.isdisjoint({*HEAVY, "pydantic", "rich"})


def test_help_and_a_mistake_load_no_framework() -> None:
    for arguments in ("['--help']", "['smoke', '--run.sed', '1']"):
        loaded = imported_by(f"from qwenlong.cli import main; main({arguments})")
        assert "qwenlong.config" in loaded
        assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("missing", ["pydantic", "pydantic_settings", "tomli_w", "torch", "transformers"])
def test_without_the_extra_the_script_says_which(missing: str) -> None:
    done = python(
        f"import sys\nsys.modules['{missing}'] = None\n"
        "from qwenlong.cli import main\nsys.exit(main(['smoke', '--dry-run']))"
    )
    assert done.returncode == 2
    assert done.stderr == f"qwenlong-train: {missing} is missing: training needs pip install 'qwenlong[train]'\n"
    assert done.stdout == ""


def test_a_dry_run_prints_recipe_and_plan_and_creates_nothing(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    done = subprocess.run(
        [sys.executable, "-m", "qwenlong", "smoke", "--dry-run", "--run.directory", str(directory), "--run.seed", "7"],
        capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\nseed = 7\n" in done.stdout
    assert "# parts: sft, evaluate:warmup, rl, evaluate:final\n" in done.stdout
    # A prompt of 96 and 4 responses of 16 tokens: 160 a group, 8 groups a step.
    assert "# phase 1: endless examples, 4 steps of 8 x 4; at most 1,280 tokens per step" in done.stdout
    assert "# evaluation at 320 tokens: 16 questions\n" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_finds_a_wrong_file_of_the_user(tmp_path: Path) -> None:
    flags = ["--rewards.parts", '["function"]', "--rewards.function", "nowhere.py:reward"]
    done = subprocess.run(
        [sys.executable, "-m", "qwenlong", "smoke", "--dry-run", *flags],
        capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    wanted = 'qwenlong-train: rewards.function is "nowhere.py:reward", but there is no file nowhere.py\n'
    assert done.stderr == wanted
    assert list(tmp_path.iterdir()) == []
