"""The pages of docs/ that say what the code declares: `make docs` writes them, test_docs.py compares them.

Run as `python tests/pages.py`.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from qwenlong.config import Config, describe_keys, shipped_recipes
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


PAGES = {"configuration.md": configuration, "metrics.md": metrics}


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
