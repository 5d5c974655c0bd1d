"""What of the adapters needs no framework; `make test-harnesses` runs each in its own."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from qwenlong.integrations import rows

ROOT = Path(__file__).parents[1]
FOLDER = Path(rows.__file__).parent
NEEDS_ITS_FRAMEWORK = {"verl_batches"}
"""It subclasses at import; `verl` fetches it when it is asked for."""
ADAPTERS = sorted({path.stem for path in FOLDER.glob("*.py")} - {"__init__"} - NEEDS_ITS_FRAMEWORK)


def test_adapters_are_imported_without_their_frameworks() -> None:
    code = f"""
import sys
from importlib import import_module

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {{"datasets", "evaluate", "inspect_ai", "lighteval", "lm_eval", "openrlhf", "swift", "trl", "verl"}}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
sys.modules["lm_eval"] = None
for name in {ADAPTERS}:
    import_module(f"qwenlong.integrations.{{name}}")
assert not {{"torch", "transformers", "datasets"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_adapter_is_in_the_overview() -> None:
    overview = import_module("qwenlong.integrations").__doc__ or ""
    for name in set(ADAPTERS) - {"rows"}:
        assert f"| `{name}` |" in overview


def test_the_lines_that_plug_an_adapter_in_are_on_the_page() -> None:
    page = {line.strip() for line in (ROOT / "docs" / "scoring.md").read_text("utf-8").splitlines()}
    for name in set(ADAPTERS) - {"rows"}:
        doc = import_module(f"qwenlong.integrations.{name}").__doc__ or ""
        lines = {line.strip() for line in doc.splitlines() if line.startswith("    ")}
        assert lines, name
        assert lines <= page, name


def test_the_page_names_the_versions_that_are_tested() -> None:
    page = (ROOT / "docs" / "scoring.md").read_text("utf-8")
    files = sorted((ROOT / "tests" / "harnesses" / "requirements").glob("*.txt"))
    pins = re.findall(r"^\S+==(\S+)$", "\n".join(file.read_text("utf-8") for file in files), re.MULTILINE)
    assert len(pins) == 6
    assert [pin for pin in pins if f" {pin} |" not in page] == []


def test_examples_of_rows_are_right() -> None:
    assert doctest.testmod(rows).failed == 0
    assert doctest.testmod(rows).attempted >= 3


def test_an_option_without_a_default_has_to_be_in_each_row() -> None:
    with pytest.raises(ValueError, match="no 'prefix' in a row, but columns names it; the row has \\['answer'\\]"):
        rows.pick_columns([{"answer": "a"}], ["prefix"])
