"""The pages of docs/ that say what the code declares: `make docs` writes them, test_docs.py compares them.

Run as `python tests/pages.py`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import qwenlong
from qwenlong.cli.memory import GB, host_bytes, known_shapes, longest_that_fits, update_terms
from qwenlong.cli.planning import USABLE, training_of
from qwenlong.config import Config, describe_keys, load_config, shipped_recipes
from qwenlong.metrics import METRICS

DOCS = Path(__file__).parents[1] / "docs"

CONFIGURATION = """\
# Configuration

Every key of a recipe, as the package declares it. This page is written by `make docs` and checked by a test.

A recipe is a TOML file with a table per section.

- Any key is also a flag, `--section.key value`; lists and tables are written as JSON: `--run.stages '["sft"]'`.
- An unknown key is refused, with the nearest known one. The environment is never read.
- `qwenlong-train RECIPE --dry-run` prints the resolved recipe, which is what `config.toml` in a run directory holds.

Shipped recipes:
"""

PHASES = "The curriculum, shortest inputs first. In a flag `INDEX` counts from 0; a file repeats the table instead."

METRICS_PAGE = """\
# Metrics

Every metric of `metrics.jsonl`, as the package declares it. This page is written by `make docs` and checked by a test.

- A line is one flat object: `stage` (`sft`, `rl` or `eval`), `phase` (from 1; null outside RL), `step`, then metrics.
- Missing is null, never 0.
- TensorBoard, Weights & Biases and trackio get the same names, as `stage/name`.
- What depends on the clock or on memory ends in `_seconds` or `_per_second` or contains `memory`. Everything else
  is the same in a run that was killed and resumed.

| name | unit | meaning |
|---|---|---|
"""


PROFILES_PAGE = """\
# Profiles

Every scorer, as the package declares it. This page is written by `make docs` and checked by a test; how to choose one
and how all of them judge the same five answers is in [scoring.md](scoring.md).
"""


def configuration() -> str:
    """docs/configuration.md."""
    keys = list(describe_keys())
    parents = {key.rpartition(".")[0] for key, _, _ in keys}
    lines = [CONFIGURATION, *(f"- `{name}`: {about}" for name, about in shipped_recipes().items())]
    section = ""
    for key, default, meaning in keys:
        if key.split(".")[0] != section:
            section = key.split(".")[0]
            title, about = _section(section)
            lines += ["", f"## {title}", "", about, "", "| key | default | meaning |", "|---|---|---|"]
        if key not in parents:
            lines.append(f"| `{key}` | {_value(default)} | {_cell(meaning)} |")
    return "\n".join(lines) + "\n"


def metrics() -> str:
    """docs/metrics.md."""
    return METRICS_PAGE + "".join(f"| `{name}` | {unit} | {_cell(text)} |\n" for name, (unit, text) in METRICS.items())


ANSWERS = [
    ("the city of Berlin", "Berlin"),
    ("Paris, London, Berlin", "Berlin"),
    ("the", "Barack Obama"),
    ("Norway", "No"),
    ("-5", "5"),
]
"""One honest answer and four that a scorer should not pay for: a prediction and its gold."""

GOLDS = {
    "one": "one gold",
    "aliases": "one gold or a list of aliases",
    "spans": "one gold or a list of aliases, each a text or `Spans`",
}


def profiles() -> str:
    """docs/profiles.md."""
    lines = [PROFILES_PAGE.rstrip()]
    for name, profile in qwenlong.profiles().items():
        taken = f"; `score` takes the gold as `{profile.sentence.format('X')}`" if profile.sentence else ""
        lines += ["", f"## {name}", "", f"{_cell(profile.summary)}.", ""]
        lines += [
            f"- follows: {profile.source}; semantics {profile.semantics}",
            f"- metrics: {', '.join(f'`{metric}`' for metric in profile.metrics)}, the first being `score`",
            f"- golds: {GOLDS[profile.golds]}{taken}",
        ]
        for option in profile.options:
            takes = "a text" if option.least is None else f"{option.least:g} to {option.most:g}"
            takes = ", ".join(f"`{choice}`" for choice in option.choices) or takes
            lines.append(f"- option `{option.name}` = `{json.dumps(option.default)}` ({takes}): {option.summary}")
    return "\n".join(lines) + "\n"


def judged() -> str:
    """The table of docs/scoring.md: the same answers by every profile."""
    heads = [f"`{prediction}` / `{gold}`" for prediction, gold in ANSWERS]
    lines = [f"| profile | headline | {' | '.join(heads)} |", f"|---|---|{'---|' * len(heads)}"]
    for name, profile in qwenlong.profiles().items():
        verdicts = [qwenlong.match(prediction, gold, profile=name) for prediction, gold in ANSWERS]
        cells = [verdict.reason if verdict.score is None else f"{verdict.score:.4g}" for verdict in verdicts]
        lines.append(f"| `{name}` | {profile.headline} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


PLANNED = [
    ("one-gpu", 1),
    ("qwenlong-l1-14b", 8),
    ("qwenlong-l1-14b", 32),
    ("qwenlong-l1-32b", 8),
    ("qwenlong-l1-32b", 32),
]
"""Recipes and numbers of GPUs in the table of docs/scaling.md."""
GPU_SIZES = (24, 48, 80, 141, 192)
"""GB of the GPUs there are."""
HEADS = (
    "recipe", "GPUs", "row, tokens", "weights, gradients, optimizer", "on the host", "checkpoints", "one layer", "head",
    "buffers", "total", "fits GPUs of", "longest row in 80 GB", "total, were a row shared by 8",
)  # fmt: skip


def fitting() -> str:
    """The table of docs/scaling.md: terms of an update, by the code of the dry run."""
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    for recipe, gpus in PLANNED:
        config = load_config(recipe)
        training = training_of(config, known_shapes()[config.model.path], gpus=gpus)
        terms = update_terms(training)
        shared = update_terms(replace(training, sequence_parallel=8)).total if gpus % 8 == 0 else None
        sizes = [
            terms.states,
            host_bytes(training),
            terms.checkpoints,
            terms.layer,
            terms.head,
            terms.buffers,
            terms.total,
        ]
        fits = next((f"{size} GB" for size in GPU_SIZES if terms.total <= size * GB * USABLE), "none")
        longest = longest_that_fits(training, room=80 * GB * USABLE)
        cells = [f"`{recipe}`", str(gpus), f"{training.tokens:,}", *(f"{size / GB:.1f}" for size in sizes), fits]
        cells += [f"{longest // 100 * 100:,}", "" if shared is None else f"{shared / GB:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def with_table(name: str, table: Callable[[], str]) -> Callable[[], str]:
    """A page of which the table alone is written here."""

    def page() -> str:
        before, mark, rest = (DOCS / name).read_text("utf-8").partition("<!-- the table -->\n")
        assert mark, f"{name} has lost the place of its table"
        return before + mark + "\n" + table() + "\n" + rest[rest.index("<!-- its end -->") :]

    return page


PAGES = {
    "scaling.md": with_table("scaling.md", fitting),
    "scoring.md": with_table("scoring.md", judged),
    "configuration.md": configuration,
    "metrics.md": metrics,
    "profiles.md": profiles,
}


def _section(name: str) -> tuple[str, str]:
    """Heading and first sentence."""
    if name == "phases":
        return "[[phases]]", PHASES
    model = Config.model_fields[name].annotation
    assert isinstance(model, type)
    return f"[{name}]", (model.__doc__ or "").strip()


def _value(default: str) -> str:
    try:
        value = ast.literal_eval(default)
    except (SyntaxError, ValueError):
        return default
    return "unset" if value is None else f"`{json.dumps(value)}`"


def _cell(text: str) -> str:
    return re.sub(r"([|<])", r"\\\1", text)


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
