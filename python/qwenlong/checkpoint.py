"""One atomic directory holds everything a run remembers: written aside, then renamed.

    checkpoints/STEP/manifest.json   format version, world size, config digest, part -> version and files
    checkpoints/STEP/PART/...        every part saves and loads itself

STEP counts the finished units of work of the run (optimiser steps of the warm-up, RL steps, evaluations).
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

FORMAT = 1
MANIFEST = "manifest.json"
log = logging.getLogger(__name__)


class CheckpointError(ValueError):
    """A checkpoint that this run cannot go on from."""


class Part(Protocol):
    """Something that is remembered."""

    name: str
    """Its directory."""
    version: int
    """Of its own format."""
    sharded: bool
    """True where every rank writes its share."""

    def save(self, directory: Path) -> None:
        """Write into its own directory."""

    def load(self, directory: Path, version: int) -> None:
        """Read what `save` of that version wrote."""


class Ranks(Protocol):
    """What a checkpoint needs to know of the other ranks."""

    @property
    def rank(self) -> int:
        """0 writes."""

    @property
    def size(self) -> int:
        """How many."""

    def agree(self, work: Callable[[], Any]) -> list[Any]:
        """Run on every rank; an error on one is raised on all."""


class Checkpoints:
    """The checkpoints of one run directory."""

    def __init__(self, directory: Path, *, ranks: Ranks, keep: int, config_digest: str) -> None:
        """Keep the newest `keep`."""
        self._directory, self._ranks, self._keep, self._digest = directory, ranks, keep, config_digest

    def newest(self) -> Path | None:
        """The newest complete checkpoint."""
        return next(reversed(self._complete()), None)

    def save(self, step: int, parts: Sequence[Part]) -> None:
        """Write all parts aside, then rename; a run killed at any moment leaves a complete older checkpoint."""
        aside, final = self._directory / f".writing-{step:08d}", self._directory / f"{step:08d}"
        main = self._ranks.rank == 0

        def prepare() -> None:
            if main:
                shutil.rmtree(aside, ignore_errors=True)
                for part in parts:
                    (aside / part.name).mkdir(parents=True)

        def write() -> None:
            for part in parts:
                if main or part.sharded:
                    part.save(aside / part.name)

        def publish() -> None:
            if main:
                self._write_manifest(aside, parts)
                shutil.rmtree(final, ignore_errors=True)
                aside.replace(final)
                _sync(self._directory)
                self._prune()

        for work in (prepare, write, publish):
            self._ranks.agree(work)

    def restore(self, path: Path, parts: Sequence[Part]) -> None:
        """Load every part.

        Raises:
            CheckpointError: another format, world size, an unknown or a missing part, or a part's unknown version.
        """
        manifest = self._manifest(path)
        known = {part.name: part for part in parts}
        if unknown := set(manifest["parts"]) - set(known):
            raise CheckpointError(f"{path} holds the unknown part {min(unknown)}: a newer version wrote it")
        if missing := set(known) - set(manifest["parts"]):
            raise CheckpointError(f"{path} lacks the part {min(missing)}: it is incomplete, or of an older version")
        for name, entry in manifest["parts"].items():
            if entry["version"] > known[name].version:
                raise CheckpointError(
                    f"{path}: part {name} has version {entry['version']}, this version reads {known[name].version}"
                )
            for file in entry["files"]:
                if not (path / name / file).is_file():
                    raise CheckpointError(f"{path}: part {name} lacks its file {file}; {self._way_out(path)}")
            try:
                known[name].load(path / name, entry["version"])
            except Exception as error:
                text = f"{path}: part {name} cannot be read ({type(error).__name__}: {error}); {self._way_out(path)}"
                raise CheckpointError(text) from error

    def _manifest(self, path: Path) -> dict[str, Any]:
        """The manifest, of this format and world size."""
        try:
            manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text("utf-8"))
            form, size = manifest["format"], manifest["world_size"]
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{path / MANIFEST} is damaged ({error!r}); {self._way_out(path)}") from None
        if form != FORMAT:
            raise CheckpointError(f"{path} has format {form}, this version reads {FORMAT}")
        if size != self._ranks.size:
            raise CheckpointError(
                f"{path} was written by {size} ranks, this run has {self._ranks.size}: resume with {size}"
            )
        return manifest

    def _way_out(self, path: Path) -> str:
        older = [other for other in self._complete() if other != path]
        return f"remove {path} to go on from {older[-1]}" if older else "no older checkpoint is left: start anew"

    def _complete(self) -> list[Path]:
        """Complete checkpoints, oldest first."""
        found = (p for p in self._directory.glob("*") if p.name.isdecimal() and (p / MANIFEST).is_file())
        return sorted(found, key=lambda p: int(p.name))

    def clear_unfinished(self) -> None:
        """Remove what a killed run left aside."""
        for aside in self._directory.glob(".writing-*"):
            shutil.rmtree(aside, ignore_errors=True)

    def _write_manifest(self, directory: Path, parts: Sequence[Part]) -> None:
        manifest = {
            "format": FORMAT,
            "world_size": self._ranks.size,
            "config_digest": self._digest,
            "parts": {
                part.name: {
                    "version": part.version,
                    "files": sorted(
                        str(file.relative_to(directory / part.name))
                        for file in (directory / part.name).rglob("*")
                        if file.is_file()
                    ),
                }
                for part in parts
            },
        }
        write_atomically(directory / MANIFEST, json.dumps(manifest, indent=1))

    def _prune(self) -> None:
        for old in self._complete()[: -self._keep]:
            shutil.rmtree(old, ignore_errors=True)


def write_atomically(path: Path, text: str) -> None:
    """Write aside, flush to disk, rename."""
    aside = path.with_name(f".{path.name}.writing")
    with aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
