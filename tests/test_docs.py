"""What the pages say is so: the file map, the examples, the links, and the pages that the code writes."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import pytest

import pages
from qwenlong.cli import take_machine
from qwenlong.config import Config, describe_keys, load_config, shipped_recipes

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def repository() -> tuple[str, ...]:
    """Files of the repository, those not yet added included."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return tuple(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def blocks(page: Path, language: str) -> list[str]:
    return [code for found, code in FENCE.findall(page.read_text("utf-8")) if found == language]


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text("utf-8"))


def test_the_file_map_is_the_tree() -> None:
    (text,) = [code for code in blocks(ROOT / "README.md", "text") if code.startswith("Makefile ")]
    lines = [line for line in text.splitlines() if line]
    for line in lines:
        assert re.fullmatch(r"\S+ {2,}\S.*", line), f"a path and what it is: {line}"
    mapped = [line.split()[0] for line in lines]
    files = set(repository())
    expected = {name for name in files if "/" not in name}
    expected |= {name for name in files if re.fullmatch(r"docs/[\w-]+\.md|\.ci/run|benches/\w+\.py", name)}
    expected |= {str(Path(name).parent) for name in files if name.endswith("Cargo.toml")} - {"."}
    expected |= {name for name in files if re.fullmatch(r"python/qwenlong/.*\.(py|pyi|toml|yaml)", name)}
    assert sorted(set(mapped)) == sorted(mapped), "a path stands twice"
    assert sorted(expected - set(mapped)) == [], "missing in the README's file map"
    assert sorted(set(mapped) - expected) == [], "in the README's file map, but not in the tree"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_with_a_prompt_print_what_they_say(page: Path) -> None:
    for code in blocks(page, "python"):
        if ">>>" in code:
            test = doctest.DocTestParser().get_doctest(code, {}, page.name, str(page), 0)
            report: list[str] = []
            doctest.DocTestRunner(verbose=False).run(test, out=report.append)
            assert not report, "".join(report)


def test_the_readme_shows_how_to_score() -> None:
    assert any(">>>" in code for code in blocks(ROOT / "README.md", "python"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_recipes_and_flags_of_shown_commands_exist(page: Path) -> None:
    keys = {key for key, _, _ in describe_keys()}
    shown = "\n".join([*blocks(page, "bash"), *re.findall(r"`([^`\n]+)`", prose(page))])
    for recipe in re.findall(r"(?:qwenlong-train|-m qwenlong|--module qwenlong)[ \t]+(\S+)", shown):
        assert recipe in shipped_recipes() or re.fullmatch(r"\S+\.toml'?|RECIPE|--help", recipe), recipe
    for flag in re.findall(r"--([a-z]+\.[a-z_.0-9]+)", shown):
        assert flag == "section.key" or re.sub(r"\.\d+\.", ".INDEX.", flag) in keys, f"--{flag}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_keys_that_a_page_names_exist(page: Path) -> None:
    keys = {key for key, _, _ in describe_keys()}
    sections = set(Config.model_fields)
    for word in re.findall(r"`([a-z]+\.[a-z_.0-9]+)(?: = [^`]*)?`", prose(page)):
        if word.split(".")[0] in sections and not word.endswith((".py", ".md", ".jsonl", ".toml", ".json")):
            assert re.sub(r"\.\d+\.", ".INDEX.", word) in keys, word


def test_shown_flags_make_a_recipe() -> None:
    for page in PAGES:
        for line in "\n".join(blocks(page, "bash")).splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["qwenlong-train"] and words[1] in shipped_recipes():
                flags = [word for word in words[2:] if word not in ("--resume", "--dry-run")]
                if not any(word.isupper() for word in flags):
                    load_config(words[1], take_machine(flags)[0])


def test_messages_of_the_troubleshooting_table_are_in_the_code() -> None:
    table = (ROOT / "README.md").read_text("utf-8").split("## Troubleshooting")[1].split("\n## ")[0]
    source = "".join(path.read_text("utf-8") for path in (ROOT / "python").rglob("*.py"))
    messages = [
        m
        for row in table.splitlines()
        if row.startswith("| `")
        for m in re.findall(r"`([^`]+ [^`]+)`", row[: row.index(" | ")])
    ]
    assert len(messages) > 5
    for message in messages:
        pattern = re.sub(r"\\\[nan\\\]|\bnan\b|\d+", r"\\{[^}]*\\}", re.escape(message))
        assert re.search(pattern, source), message


@pytest.mark.parametrize("name", pages.PAGES)
def test_pages_written_from_the_code_are_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == pages.PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_resolve(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}, target


def test_commands_that_pages_name_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*)(?=[a-z -]*:.*## )", makefile, re.MULTILINE))
    for page in PAGES:
        for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", page.read_text("utf-8"), re.MULTILINE):
            assert target in targets, f"{page.name}: make {target}"


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(r"(?<![\w.$}~)*-])/(?:root|work|home|tmp|opt|mnt|Users)/[\w.]")
    found = []
    for name in repository():
        if name.startswith(".ci/") or name.endswith(".lock"):
            continue
        try:
            text = (ROOT / name).read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name}: {line.strip()[:100]}" for line in text.splitlines() if place.search(line)]
    assert found == []
