"""The console script `qwenlong-train`; imports stay light until a run really begins."""

from __future__ import annotations

import sys
from collections.abc import Sequence

USAGE = """\
usage: qwenlong-train RECIPE [--resume | --dry-run [--gpus N] [--gpu-memory-gb X]] [--SECTION.KEY VALUE ...]

Teach a language model to reason over long documents: warm-up SFT, phased RL with retrospective sampling, evaluation.

  RECIPE             a shipped name (below) or the path of a TOML file
  --resume           go on from the newest checkpoint of run.directory
  --dry-run          check everything that can be checked, print the resolved recipe and the plan, train nothing
  --gpus N           of a dry run: plan for N GPUs, one rank each
  --gpu-memory-gb X  of a dry run: of X GB (10^9 bytes) each; the plan then says whether it fits and what it would take
  --SECTION.KEY V    any key of the recipe, for example --run.seed 3 --losses.algorithm dapo; lists and tables as JSON:
                     --run.stages '["sft"]'
  --help             this text and every key

examples
  qwenlong-train quickstart                                      the whole recipe on a CPU in minutes
  qwenlong-train quickstart --run.directory runs/b --run.seed 1  another seed beside it
  qwenlong-train quickstart --run.directory runs/b --resume      after a kill
  torchrun --nproc-per-node 2 -m qwenlong quickstart             two ranks
  qwenlong-train one-gpu --dry-run --gpus 1 --gpu-memory-gb 24   does it fit?
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the console script; returns the exit code: 0 done or stopped cleanly, 1 failed, 2 a mistake of the user."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # DeepSpeed's launcher adds this one beside the environment variable that is read.
    words = [word for word in words if not word.startswith("--local_rank")]
    try:
        from qwenlong import config
    except ModuleNotFoundError as error:
        return _lacks(error)
    if not words or "--help" in words or "-h" in words:
        sys.stdout.write(_help(config))
        return 0 if words else 2
    recipe, *rest = words
    if recipe.startswith("-"):
        return _complain(f"the recipe comes first, not {recipe}; see qwenlong-train --help")
    resume, dry = "--resume" in rest, "--dry-run" in rest
    flags = [word for word in rest if word not in ("--resume", "--dry-run")]
    try:
        flags, machine = take_machine(flags)
    except ValueError as error:
        return _complain(str(error))
    if machine and not dry:
        return _complain(f"--{next(iter(machine))} is of a --dry-run: a run takes the GPUs that its launcher gives")
    try:
        resolved = config.load_config(recipe, flags)
    except config.ConfigError as error:
        return _complain(str(error))
    try:
        from qwenlong.cli import running
    except ModuleNotFoundError as error:
        return _lacks(error)
    if dry:
        return running.dry_run(
            resolved, gpus=int(machine.get("gpus", 0)), gpu_memory_gb=machine.get("gpu-memory-gb", 0.0)
        )
    return running.run(resolved, resume=resume)


def take_machine(words: Sequence[str]) -> tuple[list[str], dict[str, float]]:
    """Take the machine that a dry run plans for out of the flags.

    Raises:
        ValueError: its number is missing, or none.
    """
    rest: list[str] = []
    found: dict[str, float] = {}
    remaining = iter(words)
    for word in remaining:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in ("gpus", "gpu-memory-gb"):
            rest.append(word)
            continue
        value = value if equals else next(remaining, "")
        try:
            found[name] = int(value) if name == "gpus" else float(value)
        except ValueError:
            raise ValueError(f"--{name} needs a number, not {value!r}: --gpus 8 --gpu-memory-gb 80") from None
        if not 0 < found[name] < float("inf"):
            raise ValueError(f"--{name} is {value}: it must be above 0")
    return rest, found


def _help(config: object) -> str:
    lines = [USAGE, "recipes"]
    lines += [f"  {name:<18} {about}" for name, about in config.shipped_recipes().items()]  # type: ignore[attr-defined]
    section = ""
    for key, default, about in config.describe_keys():  # type: ignore[attr-defined]
        head = key.split(".")[0]
        if head != section:
            section = head
            lines.append(f"\n[{section}]")
        lines.append(f"  --{key} (default {default})\n      {about}")
    return "\n".join(lines) + "\n"


def _lacks(error: ModuleNotFoundError) -> int:
    package = str(error.name).partition(".")[0]
    return _complain(f"{package} is missing: training needs pip install 'qwenlong[train]'")


def _complain(message: str) -> int:
    sys.stderr.write(f"qwenlong-train: {message}\n")
    return 2
