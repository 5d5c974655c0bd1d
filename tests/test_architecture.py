"""Who may import whom, what the pure crates may touch, and how large a file may be."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "python" / "qwenlong"

PARTS = {
    "draws": "records",  # randomness by name is the first noun of every flow
    "rows": "documents",
    "docqa": "documents",
    "tatqa": "documents",
    "distractors": "prompts",
    "catalog": "scoring",
    "completions": "records",
    "enginecounts": "metrics",
    "written": "rollouts",
    "agreement": "evaluate",
    "crediting": "train",
    "verdicts": "scoring",
    "judging": "scoring",
    "plugins": "rewards",
    "canaries": "rewards",
    "oversight": "train",
    "patience": "train",
}
"""Modules that are part of another room, because one file would be too long."""
COMPOSERS = {"__main__", "cli", "doctor", "evaluate", "report", "sft", "train"}
"""Only they import several rooms."""
EDGES = {
    ("prompts", "packing"),
    ("rewards", "scoring"),
    ("update", "losses"),
    ("phases", "replay"),
    ("integrations", "scoring"),
}
"""Allowed between rooms, beside what everyone may import: the records."""
KERNELS = {"scoring", "packing", "advantages", "replay"}
"""The rooms with a crate behind them; with numpy alone they score, pack and sample."""
HARNESSES = {"datasets", "evaluate", "inspect_ai", "lighteval", "lm_eval", "trl", "verl"}
"""The frameworks that the scorers plug into: each is imported by its own adapter, and declared by nobody."""
OUTSIDE = {
    "numpy": None,  # everywhere
    "torch": {"losses", "update", "backends"},
    "pydantic": {"config"},
    "pydantic_settings": {"config"},
    "tomli_w": {"config"},
    "pyarrow": {"documents"},
    "rich": {"report"},
    "tqdm": {"cli"},
    **{package: {"integrations"} for package in HARNESSES},
}
"""Third-party packages and the rooms that may import them; all others live in `backends` alone."""
BROUGHT = {"tokenizers": "transformers", "huggingface_hub": "transformers", "safetensors": "transformers"}
"""Packages that come with a declared one."""
VAGUE = {"utils", "common", "helpers", "misc", "base", "manager"}
LIBRARIES = {"memchr", "num-bigint", "num-integer", "num-traits", "rapidfuzz", "unicode-normalization"}
"""What a pure crate may lean on."""
PURE = ["advantages", "packing", "replay", "scoring"]


def imports(source: str) -> Iterator[str]:
    """Every module a file imports, lazily too, but not what stands under TYPE_CHECKING; `from a import b` is a.b."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            waiting += ast.iter_child_nodes(node)


def room_of(path: Path) -> str:
    name = path.relative_to(PACKAGE).with_suffix("").parts[0]
    return PARTS.get(name, name)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def inner(path: Path) -> set[str]:
    """Rooms of our own that a file imports, without its own."""
    names = {name.split(".")[1] for name in imports(path.read_text("utf-8")) if name.startswith("qwenlong.")}
    return {PARTS.get(name, name) for name in names} - {room_of(path)}


def outer(path: Path) -> set[str]:
    """Third-party packages that a file imports."""
    names = {name.split(".")[0] for name in imports(path.read_text("utf-8"))}
    return names - set(sys.stdlib_module_names) - {"qwenlong", "__future__"}


def label(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_the_reader_of_imports_sees_lazy_ones_and_passes_over_those_for_types() -> None:
    source = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import hidden
else:
    import other
def f():
    from a.b import c, d
    import e.f
"""
    assert sorted(imports(source)) == ["a.b.c", "a.b.d", "e.f", "other", "typing.TYPE_CHECKING"]


def test_every_module_is_of_a_room_that_exists() -> None:
    names = {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in modules()}
    assert set(PARTS) | set(PARTS.values()) | KERNELS <= names
    assert {room for edge in EDGES for room in edge} <= names


@pytest.mark.parametrize("path", modules(), ids=label)
def test_rooms_import_records_and_their_few_neighbours(path: Path) -> None:
    room, found = room_of(path), inner(path) - {"records"}
    if room in COMPOSERS:
        assert room == "cli" or "train" not in found, "nothing imports train but cli"
    elif room == "session":
        assert found == set(), "session names the rooms for types only"
    else:
        allowed = {there for here, there in EDGES if here == room} | ({"_rust"} if room in KERNELS else set())
        assert found <= allowed


@pytest.mark.parametrize("path", modules(), ids=label)
def test_third_party_packages_stay_in_their_rooms(path: Path) -> None:
    room = room_of(path)
    for package in outer(path):
        allowed = OUTSIDE.get(package, {"backends"})
        assert allowed is None or room in allowed, f"{label(path)} imports {package}"


def test_the_kernel_rooms_need_nothing_but_numpy() -> None:
    for path in modules():
        if room_of(path) in KERNELS | {"records"}:
            assert outer(path) <= {"numpy"}, label(path)


def test_the_package_itself_imports_nothing() -> None:
    assert inner(PACKAGE / "__init__.py") == set()
    assert outer(PACKAGE / "__init__.py") == set()


def test_every_third_party_package_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {re.split(r"[<>=!\[ ;]", line)[0].lower().replace("-", "_") for names in lists for line in names}
    needed = {BROUGHT.get(package, package) for path in modules() for package in outer(path)}
    optional = {"wandb", "trackio", "tqdm"}  # by one setting each, said to be missing; a bar where it is there
    assert {package.lower() for package in needed - optional - HARNESSES} <= declared
    core = {re.split(r"[<>=!\[ ;]", line)[0] for line in project["dependencies"]}
    assert core == {"numpy"}


def test_an_adapter_is_under_60_lines() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in PACKAGE.glob("integrations/*.py")}
    assert len(lengths) >= 10
    assert {name: length for name, length in lengths.items() if length >= 60} == {}


def test_no_module_has_a_vague_name() -> None:
    for path in [*modules(), *ROOT.glob("rust/*/src/**/*.rs"), *ROOT.glob("tests/*.py")]:
        assert path.stem not in VAGUE, path
        assert not VAGUE & set(path.relative_to(ROOT).parts), path


def sources() -> list[Path]:
    rust = [path for folder in ("rust", "benches") for path in (ROOT / folder).rglob("*.rs")]
    return [*modules(), *(path for path in rust if "target" not in path.relative_to(ROOT).parts)]


def test_no_source_file_is_over_300_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert len(lengths) > 60
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_the_loop_is_at_most_200_lines() -> None:
    assert len((PACKAGE / "train.py").read_text("utf-8").splitlines()) <= 200


@pytest.mark.parametrize("crate", PURE)
def test_a_pure_crate_forbids_unsafe_code_and_knows_no_python(crate: str) -> None:
    folder = ROOT / "rust" / crate
    assert "#![forbid(unsafe_code)]" in (folder / "src" / "lib.rs").read_text("utf-8")
    manifest = tomllib.loads((folder / "Cargo.toml").read_text("utf-8"))
    tables = [manifest.get(kind, {}) for kind in ("dependencies", "build-dependencies", "dev-dependencies")]
    names = {name for table in tables for name in table}
    assert not {name for name in names if re.search(r"pyo3|numpy|python", name)}
    assert set(manifest.get("dependencies", {})) <= LIBRARIES
    assert manifest["lints"] == {"workspace": True}


@pytest.mark.parametrize("crate", PURE)
def test_a_pure_crate_does_no_io_starts_no_thread_and_reads_no_clock_and_no_entropy(crate: str) -> None:
    world = re.compile(r"\bstd::(fs|io|net|thread|time|process|env)\b|\brand::|\bgetrandom\b|\brayon\b|RandomState")
    for path in (ROOT / "rust" / crate / "src").rglob("*.rs"):
        found = world.search(path.read_text("utf-8"))
        assert found is None, f"{path.relative_to(ROOT)}: {found}"


def test_every_class_for_python_is_frozen_and_only_the_bindings_know_pyo3() -> None:
    classes = []
    for path in (path for path in sources() if path.suffix == ".rs"):
        text = path.read_text("utf-8")
        if "pyo3" in text:
            assert path.is_relative_to(ROOT / "rust" / "bindings"), path
        classes += re.findall(r"#\[pyclass(?:\(([^)]*)\))?\]", text)
    assert len(classes) >= 2
    assert all("frozen" in re.split(r"\W+", options) for options in classes)


def test_nothing_imports_the_tests() -> None:
    for path in modules():
        assert not {"tests", "fakes", "oracles", "policies", "conftest"} & outer(path), label(path)
