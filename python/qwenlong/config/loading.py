"""Recipes from shipped names, TOML files and dotted flags; errors name the key and the nearest known one."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from qwenlong.config.recipe import Config


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
        ConfigError: no such recipe, broken TOML, an unknown or misspelt key, a value out of its limits, a contradiction.
    """
    data = _read(recipe)
    known = dict(_known_keys(Config))
    for flag in flags:
        name = flag.split("=", 1)[0].removeprefix("--")
        if flag.startswith("--") and name not in known:
            raise ConfigError(f"unknown flag --{name}{_nearest(name, known)}; --help lists all")
    try:
        return Config(_cli_parse_args=list(flags), **data)  # type: ignore[call-arg]
    except ValidationError as error:
        raise ConfigError("\n".join(f"{recipe}: {line}" for line in _complaints(error, known))) from None
    except SettingsError as error:
        raise ConfigError(f"{recipe}: {error}") from None
    except SystemExit:
        raise ConfigError(f"cannot read the flags {' '.join(flags)}: each is --section.key VALUE") from None


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
        if "." in key or key == "phases":
            default = "required" if field.is_required() else repr(field.default)
            yield key, default, " ".join((field.description or "").split())


def _read(recipe: str) -> dict[str, Any]:
    shipped = shipped_recipes()
    path = Path(recipe)
    if recipe in shipped:
        text = (resources.files("qwenlong") / "recipes" / f"{recipe}.toml").read_text("utf-8")
    elif path.is_file():
        text = path.read_text("utf-8")
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
    phase = {f"phases.{name}" for name in Config.model_fields["phases"].annotation.__args__[0].model_fields}  # type: ignore[union-attr]
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
