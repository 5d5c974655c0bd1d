"""Recipes from shipped names, TOML files and dotted flags; errors name the key and the nearest known one."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from qwenlong.config.recipe import Config
from qwenlong.config.sections import Phase


class ConfigError(ValueError):
    """A recipe or a flag that cannot be used; one line per complaint."""


def shipped_recipes() -> dict[str, str]:
    """Names of the shipped recipes and their first comment line."""
    folder = resources.files("qwenlong") / "recipes"
    found = {}
    for item in sorted(folder.iterdir(), key=lambda path: path.name):
        if item.name.endswith(".toml"):
            found[item.name.removesuffix(".toml")] = item.read_text("utf-8").splitlines()[0].lstrip("# ")
    return found


def load_config(recipe: str, flags: Sequence[str] = ()) -> Config:
    """The recipe (a shipped name or a TOML path) with dotted flags laid over it.

    Raises:
        ConfigError: no such recipe, broken TOML, an unknown or misspelt key, a value out of limits, a contradiction.
    """
    data = _read(recipe)
    known = dict(_known_keys(Config))
    rest = _lay_over_phases(data, flags, known)
    for flag in rest:
        name = flag.split("=", 1)[0].removeprefix("--")
        if (flag.startswith("--") and name not in known) or flag == "-h":
            raise ConfigError(f"unknown flag {flag.split('=', 1)[0]}{_nearest(name, known)}; --help lists all")
    try:
        return Config(_cli_parse_args=rest, **data)  # type: ignore[call-arg]
    except ValidationError as error:
        raise ConfigError("\n".join(f"{recipe}: {line}" for line in _complaints(error, known))) from None
    except SettingsError as error:
        reason = str(error).removeprefix("error parsing CLI: ")
        raise ConfigError(f"{recipe}: cannot read the flags: {reason}; each is --section.key VALUE") from None


def _lay_over_phases(data: dict[str, Any], flags: Sequence[str], known: dict[str, Any]) -> list[str]:
    """Put flags such as `--phases.0.steps 5` into the recipe's list of phases; returns the other flags.

    pydantic-settings knows keys of tables only, not places in lists.
    """
    rest: list[str] = []
    words = iter(flags)
    for word in words:
        key, equals, value = word.partition("=")
        head, _, place = key.partition(".")
        index, _, field = place.partition(".")
        if head != "--phases" or not index.isdecimal():
            rest.append(word)
            continue
        if field not in Phase.model_fields:
            close = _nearest(
                key.removeprefix("--"), [*(f"phases.{index}.{name}" for name in Phase.model_fields), *known]
            )
            raise ConfigError(f"unknown flag {key}{close}; --help lists all")
        phases = data.get("phases")
        number = len(phases) if isinstance(phases, list) else 0
        if int(index) >= number:
            raise ConfigError(f"{key}: the recipe has {number} phases, counted from 0, so there is no phases.{index}")
        if not equals:
            value = next(words, "")
        if not value or value.startswith("--"):
            raise ConfigError(f"{key} has no value; each flag is --section.key VALUE")
        assert isinstance(phases, list), "it has the index"
        if isinstance(phases[int(index)], dict):  # else pydantic will say what is wrong with the recipe
            phases[int(index)][field] = _plain(value)
    if len(rest) < len(flags) and any(word.split("=", 1)[0] == "--phases" for word in rest):
        raise ConfigError(
            "--phases replaces the whole list, so it cannot stand beside --phases.INDEX.KEY; write all in one"
        )
    return rest


def _plain(value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def dump_config(config: Config) -> str:
    """The resolved recipe as TOML; loading it gives the same recipe."""
    return tomli_w.dumps(config.model_dump(mode="json", exclude_none=True))


def differing_keys(one: Config, other: Config) -> list[str]:
    """Dotted keys whose values differ, with both values."""
    left, right = dict(_leaves(one.model_dump(mode="json"))), dict(_leaves(other.model_dump(mode="json")))
    return [
        f"{key}: {left.get(key)!r} then, {right.get(key)!r} now"
        for key in dict.fromkeys([*left, *right])
        if left.get(key) != right.get(key)
    ]


def describe_keys() -> Iterator[tuple[str, str, str]]:
    """Every key with its default and meaning, for --help."""
    for key, field in _known_keys(Config):
        if "." in key:
            yield _described(key, field)
        elif key == "phases":
            yield _described(key, field)
            yield from (_described(f"phases.INDEX.{name}", inner) for name, inner in Phase.model_fields.items())


def _described(key: str, field: Any) -> tuple[str, str, str]:
    default = "required" if field.is_required() else repr(field.default)
    return key, default, " ".join((field.description or "").split())


def _read(recipe: str) -> dict[str, Any]:
    shipped = shipped_recipes()
    path = Path(recipe)
    if recipe in shipped:
        text = (resources.files("qwenlong") / "recipes" / f"{recipe}.toml").read_text("utf-8")
    elif path.is_file():
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{recipe}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    else:
        raise ConfigError(
            f"no recipe {recipe!r}{_nearest(recipe, shipped)}: give a TOML file or one of {', '.join(shipped)}"
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{recipe}: not valid TOML: {error}") from None


def _known_keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield prefix + name, field
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _known_keys(field.annotation, f"{prefix}{name}.")


def _nearest(name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


def _complaints(error: ValidationError, known: dict[str, Any]) -> Iterator[str]:
    phase = [f"phases.{name}" for name in Phase.model_fields]
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            plain = ".".join(str(part) for part in problem["loc"] if not isinstance(part, int))
            yield f"unknown key {key}{_nearest(plain, [*known, *phase])}"
        elif problem["type"] == "value_error":
            yield f"{key}: {problem['ctx']['error']}".removeprefix(": ")
        else:
            value = "" if problem["type"] == "missing" else f", not {problem['input']!r}"
            yield f"{key}: {problem['msg'][0].lower()}{problem['msg'][1:]}{value}"


def _leaves(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None or not value:
        yield prefix, value
        return
    for key, item in items:
        yield from _leaves(item, f"{prefix}.{key}".lstrip("."))
