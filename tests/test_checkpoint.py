"""Checkpoints: complete or not there, and every way in which one cannot be used has its own message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes import Alone
from qwenlong.checkpoint import CheckpointError, Checkpoints, write_atomically
from qwenlong.metrics import Journal


class Note:
    """A part that holds a word."""

    sharded = False

    def __init__(self, name: str, word: str = "", *, version: int = 1) -> None:
        self.name, self.word, self.version = name, word, version
        self.loaded: int | None = None

    def save(self, directory: Path) -> None:
        (directory / "deep").mkdir()
        (directory / "deep" / "word.txt").write_text(self.word, "utf-8")

    def load(self, directory: Path, version: int) -> None:
        self.word, self.loaded = (directory / "deep" / "word.txt").read_text("utf-8"), version


class Killed(Note):
    """A part that dies while it writes."""

    def save(self, directory: Path) -> None:
        super().save(directory)
        raise KeyboardInterrupt


def checkpoints(directory: Path, *, keep: int = 2, ranks: Alone | None = None) -> Checkpoints:
    return Checkpoints(directory, ranks=ranks or Alone(), keep=keep, config_digest="d")


def saved(tmp_path: Path, *parts: Note) -> Path:
    tmp_path.mkdir(exist_ok=True)
    checkpoints(tmp_path).save(3, list(parts) or [Note("policy", "weights"), Note("phases", "third")])
    path = checkpoints(tmp_path).newest()
    assert path is not None
    return path


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    change(manifest)
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def fresh() -> list[Note]:
    return [Note("policy"), Note("phases")]


def test_every_part_gets_back_what_it_saved(tmp_path: Path) -> None:
    path, parts = saved(tmp_path), fresh()
    assert path.name == "00000003"
    checkpoints(tmp_path).restore(path, parts)
    assert [(part.word, part.loaded) for part in parts] == [("weights", 1), ("third", 1)]


def test_the_manifest_names_format_world_size_digest_and_files(tmp_path: Path) -> None:
    path = saved(tmp_path, Note("policy", "w", version=4))
    assert json.loads((path / "manifest.json").read_text("utf-8")) == {
        "format": 1, "world_size": 1, "config_digest": "d",
        "parts": {"policy": {"version": 4, "files": ["deep/word.txt"]}},
    }  # fmt: skip


def test_a_directory_without_any_checkpoint_has_no_newest(tmp_path: Path) -> None:
    assert checkpoints(tmp_path).newest() is None
    assert checkpoints(tmp_path / "nowhere").newest() is None


def test_a_run_killed_while_writing_leaves_the_older_checkpoint(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        checkpoints(tmp_path).save(4, [Note("policy", "newer"), Killed("phases")])
    assert checkpoints(tmp_path).newest() == path
    assert (tmp_path / ".writing-00000004" / "policy" / "deep" / "word.txt").is_file()
    checkpoints(tmp_path).clear_unfinished()
    assert [item.name for item in tmp_path.iterdir()] == ["00000003"]


def test_what_was_left_aside_does_not_reach_the_next_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        checkpoints(tmp_path).save(3, [Note("stale", "old"), Killed("phases")])
    path = saved(tmp_path, Note("policy", "weights"))
    assert sorted(item.name for item in path.iterdir()) == ["manifest.json", "policy"]


def test_a_directory_without_manifest_is_not_a_checkpoint(tmp_path: Path) -> None:
    path = saved(tmp_path)
    (tmp_path / "00000009" / "policy").mkdir(parents=True)
    assert checkpoints(tmp_path).newest() == path


def test_the_newest_stay_by_number_and_not_by_name(tmp_path: Path) -> None:
    for step in (2, 99_999_999, 100_000_000):
        checkpoints(tmp_path).save(step, [Note("policy", str(step))])
    assert sorted(item.name for item in tmp_path.iterdir()) == ["100000000", "99999999"]
    newest = checkpoints(tmp_path).newest()
    assert newest is not None
    assert newest.name == "100000000"


def test_saving_a_step_again_replaces_it(tmp_path: Path) -> None:
    saved(tmp_path, Note("policy", "first"))
    path, part = saved(tmp_path, Note("policy", "second")), Note("policy")
    checkpoints(tmp_path).restore(path, [part])
    assert part.word == "second"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format=2), r"00000003 has format 2, this version reads 1"),
        (lambda m: m.update(world_size=4), r"was written by 4 ranks, this run has 1: resume with 4"),
        (lambda m: m["parts"].update(judge={"version": 1, "files": []}), r"holds the unknown part judge"),
        (lambda m: m["parts"].pop("phases"), r"lacks the part phases"),
        (lambda m: m["parts"]["phases"].update(version=2), r"part phases has version 2, this version reads 1"),
        (lambda m: m["parts"]["policy"]["files"].append("zero/shard.pt"), r"part policy lacks its file zero/shard.pt"),
    ],
)
def test_a_checkpoint_that_cannot_be_used_says_what_is_wrong(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    path, parts = saved(tmp_path), fresh()
    edit(path, change)
    with pytest.raises(CheckpointError, match=message):
        checkpoints(tmp_path).restore(path, parts)


def test_a_lost_file_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path)
    (path / "phases" / "deep" / "word.txt").unlink()
    with pytest.raises(CheckpointError, match=r"part phases lacks its file deep/word.txt"):
        checkpoints(tmp_path).restore(path, fresh())


def test_an_older_version_of_a_part_is_handed_to_the_part(tmp_path: Path) -> None:
    path, part = saved(tmp_path, Note("policy", "old", version=1)), Note("policy", version=3)
    checkpoints(tmp_path).restore(path, [part])
    assert part.loaded == 1


def test_ranks_other_than_the_first_write_only_their_shards(tmp_path: Path) -> None:
    aside = tmp_path / ".writing-00000003"
    whole, shard = Note("phases", "whole"), Note("policy", "shard")
    shard.sharded = True
    for part in (whole, shard):
        (aside / part.name).mkdir(parents=True)  # the first rank does this
    checkpoints(tmp_path, ranks=Alone(rank=1, size=2)).save(3, [whole, shard])
    assert not (aside / "phases" / "deep").exists()
    assert (aside / "policy" / "deep" / "word.txt").read_text("utf-8") == "shard"
    assert not (aside / "manifest.json").exists()


def test_a_text_is_replaced_at_once_or_not_at_all(tmp_path: Path) -> None:
    write_atomically(tmp_path / "summary.json", "one")
    write_atomically(tmp_path / "summary.json", "two")
    assert (tmp_path / "summary.json").read_text("utf-8") == "two"
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "summary.json", "\ud800")
    assert (tmp_path / "summary.json").read_text("utf-8") == "two"


def journal(directory: Path) -> Journal:
    return Journal(directory, writes=True)


def test_append_only_files_are_cut_back_to_the_checkpoint(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.mkdir()
    one = journal(tmp_path)
    one.write("rl", phase=1, step=1, counter=1, values={"loss": 0.5})
    one.save(part)
    kept = (tmp_path / "metrics.jsonl").read_bytes()
    one.write("rl", phase=1, step=2, counter=2, values={"loss": 0.25})
    one.append("rollouts.jsonl", [{"step": 2}])
    journal(tmp_path).load(part, 1)
    assert (tmp_path / "metrics.jsonl").read_bytes() == kept
    assert (tmp_path / "rollouts.jsonl").read_bytes() == b""
    again = journal(tmp_path)
    again.write("rl", phase=1, step=2, counter=2, values={"loss": 0.25})
    assert [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [1, 2]


def test_a_file_shorter_than_the_checkpoint_knows_is_not_passed_over(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.mkdir()
    one = journal(tmp_path)
    one.write("rl", phase=1, step=1, counter=1, values={"loss": 0.5})
    one.save(part)
    size = (tmp_path / "metrics.jsonl").stat().st_size
    (tmp_path / "metrics.jsonl").write_text("{}\n")
    with pytest.raises(ValueError, match=rf"metrics.jsonl has 3 bytes, the checkpoint knows of {size}"):
        journal(tmp_path).load(part, 1)


def test_a_file_changed_before_the_cut_is_not_cut_in_mid_line(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.mkdir()
    one = journal(tmp_path)
    one.write("rl", phase=1, step=1, counter=1, values={"loss": 0.5})
    one.save(part)
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"note": "mine"}\n' + path.read_bytes())
    with pytest.raises(ValueError, match=r"metrics.jsonl was changed before byte"):
        journal(tmp_path).load(part, 1)


def test_event_files_are_cut_back_too(tmp_path: Path) -> None:
    part, events = tmp_path / "part", tmp_path / "tensorboard"
    part.mkdir()
    events.mkdir()
    (events / "one").write_bytes(b"kept")
    journal(tmp_path).save(part)
    (events / "one").write_bytes(b"kept and more")
    (events / "two").write_bytes(b"of a session that is cut off")
    journal(tmp_path).load(part, 1)
    assert (events / "one").read_bytes() == b"kept"
    assert not (events / "two").exists()


@pytest.mark.parametrize("text", ["{}", '{"format": 1', "[]"])
def test_a_damaged_manifest_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    store = checkpoints(tmp_path)
    store.save(2, [Note("policy", "older"), Note("phases", "older")])
    path = saved(tmp_path)
    (path / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(CheckpointError, match=r"manifest.json is damaged .*remove .*3 to go on from .*2$"):
        store.restore(path, fresh())


def test_a_part_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path)
    (path / "phases" / "deep" / "word.txt").write_bytes(b"\xff")
    with pytest.raises(CheckpointError, match=r"part phases cannot be read \(UnicodeDecodeError.*no older checkpoint"):
        checkpoints(tmp_path).restore(path, fresh())


def test_directories_that_are_no_steps_are_passed_over(tmp_path: Path) -> None:
    path = saved(tmp_path)
    (tmp_path / "2026-copy").mkdir()
    (tmp_path / "2026-copy" / "manifest.json").write_text("{}", "utf-8")
    assert checkpoints(tmp_path).newest() == path
