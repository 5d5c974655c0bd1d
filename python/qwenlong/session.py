"""What the stages of one run share: its settings, its ranks, its models, and where it stands."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from qwenlong.backends.world import World
    from qwenlong.checkpoint import Checkpoints, Part
    from qwenlong.config import Config
    from qwenlong.metrics import Journal
    from qwenlong.oversight import Oversight
    from qwenlong.phases import Corpus, Curriculum
    from qwenlong.records import Group, Rollout, Scored
    from qwenlong.replay import Replay
    from qwenlong.rollouts import Engine
    from qwenlong.update import Policy


class Stopped(Exception):  # not an error: the run was asked to end
    """The run was asked to end; everything is saved."""


class Tokenizer(Protocol):
    """What the stages need of the model's tokenizer."""

    end_id: int
    """Ends a response to imitate."""

    def encode(self, text: str) -> NDArray[np.int32]:
        """[T] int32."""

    def decode(self, token_ids: NDArray[np.int32]) -> str:
        """Text without end tokens at the tail."""

    def save(self, directory: Path) -> None:
        """Write its files beside a model's."""


class Display(Protocol):
    """Live progress of a stage."""

    def begin(self, stage: str, *, total: int | None, done: int = 0) -> None:
        """A stage of so many steps begins (None: until a measured goal)."""

    def advance(self, values: dict[str, float | None]) -> None:
        """A step is done."""

    def say(self, message: str) -> None:
        """A line that stays."""

    def close(self) -> None:
        """End the display."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """Where a run stands; a part of the checkpoint."""

    completed: list[str] = field(default_factory=list)
    """Finished parts of the run, in order: sft, evaluate:warmup, rl, evaluate:final."""
    units: int = 0
    """Finished units of work: SFT steps, RL steps, evaluations. The checkpoint's name."""
    sft_steps: int = 0
    """Warm-up steps done."""
    rl_steps: int = 0
    """RL steps done, over all phases."""
    updates: int = 0
    """Optimiser steps of the present stage."""
    reward: list[list[float | None]] = field(default_factory=list)
    """Per phase, the mean raw task reward of the new rollouts of every step."""
    evaluations: dict[str, Any] = field(default_factory=dict)
    """Results by `warmup` and `final`."""
    wall_seconds: float = 0.0
    """Spent up to the last checkpoint, over all sessions."""

    name = "progress"
    version = 1
    sharded = False

    def save(self, directory: Path) -> None:
        """Write progress.json."""
        (directory / "progress.json").write_text(json.dumps(asdict(self)), "utf-8")

    def load(self, directory: Path, version: int) -> None:
        """Read what `save` wrote."""
        for key, value in json.loads((directory / "progress.json").read_text("utf-8")).items():
            setattr(self, key, value)


@dataclass(slots=True, kw_only=True)
class PolicyPart:
    """The policy as a part of the checkpoint, written by every rank."""

    policy: Policy
    """What is saved."""

    name = "policy"
    version = 1
    sharded = True

    def save(self, directory: Path) -> None:
        """Let the policy write its shards."""
        self.policy.save(directory)

    def load(self, directory: Path, version: int) -> None:
        """Let the policy read its shards."""
        self.policy.load(directory)


@dataclass(slots=True, kw_only=True)
class Session:
    """Everything the stages work with."""

    config: Config
    """The resolved recipe."""
    directory: Path
    """The run directory."""
    world: World
    """The ranks."""
    tokenizer: Tokenizer
    """The model's."""
    policy: Policy
    """What is trained."""
    make_reference: Callable[[], Policy]
    """A frozen copy of the policy that RL starts from."""
    engine: Engine
    """What samples."""
    score: Callable[[Sequence[Sequence[Rollout]]], list[list[Scored]]]
    """Rollouts to rewards, on this rank."""
    corpus: Corpus
    """Examples and prompts."""
    replay: Replay
    """Difficulty memory."""
    curriculum: Curriculum
    """Phase and place in it."""
    progress: Progress
    """Where the run stands."""
    journal: Journal
    """Metrics and rollouts on disk."""
    display: Display
    """Live progress."""
    checkpoints: Checkpoints
    """What survives a kill."""
    stop: Callable[[], bool]
    """True once a signal asked this rank to end."""
    oversight: Oversight | None = None
    """What watches the judge; None without one."""
    started: float = field(default_factory=time.monotonic)
    """Clock of this session."""
    wall_before: float = 0.0
    """Seconds of earlier sessions."""
    agreed: set[tuple[str, float, bool]] = field(default_factory=set)
    """Who samples, at which temperature, below full support or not: where engine and policy were seen to agree."""

    def parts(self) -> list[Part]:
        """Everything that is remembered."""
        parts: list[Part] = [PolicyPart(policy=self.policy), self.replay, self.curriculum, self.progress, self.journal]
        return parts if self.oversight is None else [*parts, self.oversight]

    def completed(self, answers: Sequence[Sequence[Scored]], *, earlier: Sequence[Group] = ()) -> list[list[Scored]]:
        """Scored answers of all ranks, with what the judge says when it is asked again; see `Oversight.complete`."""
        if self.oversight is None:
            return [list(group) for group in answers]
        return self.oversight.complete(self, answers, earlier)

    def wall_seconds(self) -> float:
        """Over all sessions of the run."""
        return self.wall_before + time.monotonic() - self.started

    def finish_unit(self, *, boundary: bool) -> None:
        """Count a unit of work; save when it is time, at a `boundary` of stages, or when a signal asks to end.

        Raises:
            Stopped: after saving, on all ranks, where one of them was asked to end.
        """
        self.progress.units += 1
        self._write_milestone()
        stopping = any(self.world.gather(self.stop()))
        if boundary or stopping or self.progress.units % self.config.run.checkpoint_every_steps == 0:
            self.save()
        if stopping:
            raise Stopped(f"stopped after {self.progress.units} units of work; go on with --resume")

    def save(self) -> None:
        """A checkpoint of what is finished; called on all ranks."""
        self.progress.wall_seconds = self.wall_seconds()
        self.checkpoints.save(self.progress.units, self.parts())

    def _write_milestone(self) -> None:
        """Weights alone under milestones/RL_STEP, for good; one that is there already is the same."""
        every, step = self.config.run.milestone_every_steps, self.progress.rl_steps
        final = self.directory / "milestones" / f"{step:08d}"
        if not every or not step or step % every or any(self.world.gather(final.is_dir())):
            return
        self.export(final)

    def export(self, final: Path) -> None:
        """The policy with its tokenizer in Hub layout, written aside and renamed; called on all ranks."""
        aside = final.with_name(f".{final.name}.writing")
        if self.world.rank == 0:
            shutil.rmtree(aside, ignore_errors=True)
        self.policy.export(aside)
        if self.world.rank == 0:
            self.tokenizer.save(aside)
            shutil.rmtree(final, ignore_errors=True)
            aside.rename(final)
        self.world.barrier()
