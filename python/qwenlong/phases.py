"""The curriculum: which examples a step trains on, new ones of the phase and hard ones of earlier phases.

Phase k trains on new examples with L(k-1) < input tokens <= L(k) (L1, Eq. 9). From the second phase on, up to a share
of every step's prompts comes from the retrospective set, which is fixed when the phase begins: the paper keeps "the
most difficult samples with an average accuracy of zero". What it leaves open is decided here and in `replay`:
difficulty is that of the latest group, drawing is without replacement within a step, and the share is a maximum.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from qwenlong.records import Draw, Example, Prompt
from qwenlong.replay import Replay


class Pool(Protocol):
    """New examples of one phase, in an order that depends on names alone."""

    def take(self, position: int, count: int, *, exclude: Collection[str]) -> tuple[list[str], int]:
        """Up to `count` distinct ids from `position` on, none of `exclude`, and the position after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPool:
    """Examples of a file: every epoch in an order of its own."""

    ids: tuple[str, ...]
    """At least one."""
    seed: int
    """The run's."""
    phase: int
    """Part of the draw's name."""

    def take(self, position: int, count: int, *, exclude: Collection[str]) -> tuple[list[str], int]:
        """Fewer than `count` where the pool has no more distinct ones."""
        taken: list[str] = []
        blocked = set(exclude)
        order: list[int] = []
        for _ in range(2 * len(self.ids)):
            if len(taken) == count:
                break
            epoch, place = divmod(position, len(self.ids))
            if place == 0 or not order:
                draw = Draw(seed=self.seed, purpose="shuffle", step=epoch, sample=self.phase)
                order = draw.generator().permutation(len(self.ids)).tolist()
            found = self.ids[order[place]]
            position += 1
            if found not in blocked:
                blocked.add(found)
                taken.append(found)
        return taken, position


@dataclass(frozen=True, slots=True, kw_only=True)
class EndlessPool:
    """Examples made on demand: number i is a function of i."""

    name: Callable[[int], str]
    """The id of number i."""

    def take(self, position: int, count: int, *, exclude: Collection[str]) -> tuple[list[str], int]:
        """The next `count`; they never repeat, so nothing needs excluding."""
        return [self.name(i) for i in range(position, position + count)], position + count


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """All examples of a run by id, and the new ones of every phase."""

    lookup: Callable[[str], tuple[Example, Prompt]]
    """Example and prompt of an id."""
    pools: tuple[Pool, ...]
    """One per phase."""
    warmup: Pool | None
    """Examples with a response to imitate."""
    probes: tuple[str, ...]
    """Held-out ids that stop the warm-up."""
    questions: dict[int, tuple[str, ...]]
    """Held-out ids by input limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One prompt of a step."""

    example_id: str
    """Which."""
    retrospective: bool
    """Brought back from an earlier phase."""


@dataclass(slots=True, kw_only=True)
class Curriculum:
    """Where the curriculum stands; a part of the checkpoint."""

    pools: tuple[Pool, ...]
    """One per phase."""
    replay: Replay | None
    """Difficulty memory; None where nothing comes back."""
    share: float
    """Of a step's prompts, at most, that come back."""
    seed: int
    """The run's."""
    phase: int = -1
    """Index of the phase; -1 before the first."""
    step: int = 0
    """Steps done in the phase."""
    position: int = 0
    """Place in the phase's pool."""
    retrospective: list[list[str]] = field(default_factory=list)
    """The retrospective set of every phase begun so far."""

    name = "phases"
    version = 1
    sharded = False

    def begin(self, phase: int) -> None:
        """Enter a phase: its pool from the start, its retrospective set from all earlier phases."""
        self.phase, self.step, self.position = phase, 0, 0
        found: list[str] = []
        if phase > 0 and self.replay is not None:
            key = Draw(seed=self.seed, purpose="candidates", step=phase).key
            found = self.replay.candidates(before_phase=phase, seed=key)
        self.retrospective.append(found)

    def choose(self, count: int) -> list[Choice]:
        """The prompts of the next step: retrospective ones first, then new ones."""
        candidates = self.retrospective[self.phase]
        old: list[str] = []
        if candidates and self.replay is not None:
            key = Draw(seed=self.seed, purpose="retrospective", step=self.step, sample=self.phase).key
            most = int(self.share * count + 1e-9)  # 0.29 * 100 is just below 29
            old = self.replay.draw(candidates, k=most, seed=key)
        chosen = [Choice(example_id=name, retrospective=True) for name in old]
        return chosen + self.refill(count - len(old), exclude=old)

    def refill(self, count: int, *, exclude: Collection[str]) -> list[Choice]:
        """`count` further new prompts."""
        ids, self.position = self.pools[self.phase].take(self.position, count, exclude=exclude)
        return [Choice(example_id=name, retrospective=False) for name in ids]

    def save(self, directory: Path) -> None:
        """Write phases.json."""
        state = {
            "phase": self.phase,
            "step": self.step,
            "position": self.position,
            "retrospective": self.retrospective,
        }
        (directory / "phases.json").write_text(json.dumps(state), "utf-8")

    def load(self, directory: Path, version: int) -> None:
        """Read what `save` wrote."""
        state = json.loads((directory / "phases.json").read_text("utf-8"))
        self.phase, self.step, self.position = state["phase"], state["step"], state["position"]
        self.retrospective = state["retrospective"]
