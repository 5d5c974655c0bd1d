"""What a dry run knows of model and files; what is not here is said and not checked, what is wrong still fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qwenlong.backends.shapes import cached_snapshot, read_sizes
from qwenlong.cli.assembly import check_paths, read_inputs
from qwenlong.cli.corpus import read_rows
from qwenlong.cli.memory import Shape, known_shapes
from qwenlong.config import Config
from qwenlong.phases import Corpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is here."""

    corpus: Corpus | None
    """None where the tokenizer or a file is not."""
    shape: Shape | None
    """None for the tiny model, and for one that nobody here knows."""


def look(config: Config, *, say: Callable[[str], None]) -> Inputs:
    """Check everything that is here, say what is not.

    Raises:
        ValueError: a mistake in the recipe, or in a file that is here.
    """
    name = config.model.path
    path = None if name == "tiny" else Path(name)
    check_paths(config, path)
    missing = [f"{key} {file}" for key, file in _files(config).items() if not Path(file).is_file()]
    tokenizer = config.model.tokenizer
    if tokenizer not in ("", "qwen-vocabulary") and _here(tokenizer) is None:
        missing.append(f"model.tokenizer {tokenizer}")
    model = None if path is None else _here(name)
    if path is not None and model is None:
        missing.append(f"model.path {name}")
    for item in missing:
        say(f"not checked: {item} is not on this machine")
    shape = known_shapes().get(name)
    if model is not None:
        sizes = read_sizes(model)
        shape = Shape(**sizes) if sizes else None
    if path is not None and shape is None:
        say(f"memory is not planned: {name} is not known here, or is not a dense decoder")
    if not missing:
        return Inputs(corpus=read_inputs(config, model, say=say)[1], shape=shape)
    for key, file in _files(config).items():
        if Path(file).is_file():
            say(f"{key} {file}: {len(read_rows(config, file)):,} rows, not yet measured in tokens")
    return Inputs(corpus=None, shape=shape)


def _files(config: Config) -> dict[str, str]:
    """The data files that the stages read, by key."""
    data, stages = config.data, set(config.run.stages)
    warms = "sft" in stages and config.sft.max_steps > 0
    trains = bool(stages & {"rl", "rollouts"}) or (warms and not data.sft) or config.prompts.distractor_tokens > 0
    tests = "evaluate" in stages or (warms and config.sft.stop_accuracy > 0)
    wanted = {
        "data.train": data.train if trains and data.train != "synthetic" else "",
        "data.sft": data.sft if warms else "",
        "data.evaluation": data.evaluation if tests else "",
    }
    return {key: file for key, file in wanted.items() if file}


def _here(name: str) -> Path | None:
    """The directory itself, or the hub's copy in the cache."""
    return Path(name) if Path(name).is_dir() else cached_snapshot(name)
