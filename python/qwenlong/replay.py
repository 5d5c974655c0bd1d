"""Retrospective sampling: how hard every example was, and which come back in a later phase.

QwenLong-L1 (section 3.2, Eq. 10) draws "retrospective instances" from preceding phases by the difficulty
diff = 1 / mean(rewards of the group), and reports the setting that keeps "the most difficult samples with an average
accuracy of zero". What it leaves open is decided here:

- mode `zero_accuracy` is the reported setting: latest mean exactly 0, all equally likely;
- mode `weighted` takes every example not always solved, by (count + 1) / (sum + 1): finite for a mean of 0, 1 for a
  mean of 1;
- the mean is that of the latest group, since the policy changes; a group without a verdict changes nothing;
- drawing is without replacement, and named by a seed, so that resuming needs no generator state;
- a cap on the set, and a limit after which an example that was never solved is taken for wrong, both off at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qwenlong import _rust

Mode = Literal["zero_accuracy", "weighted"]
"""Which examples come back, and with what weight."""

FILE = "replay.bin"


class Replay:
    """The difficulty memory with its policy; a part of the checkpoint.

    >>> replay = Replay(mode="zero_accuracy")
    >>> accuracies = [np.zeros(4, dtype=np.float32), np.ones(4, dtype=np.float32)]
    >>> replay.observe(phase=0, example_ids=["hard", "easy"], accuracies=accuracies)
    >>> replay.candidates(before_phase=1, seed=7)
    ['hard']
    """

    name: str = "replay"
    """Of the part."""
    version: int = 1
    """Of the part's files."""
    sharded: bool = False
    """Every rank holds the whole memory."""

    def __init__(
        self, *, mode: Mode = "zero_accuracy", share: float = 0.25, max_examples: int = 0, drop_after: int = 0
    ) -> None:
        """Start with an empty memory.

        Args:
            mode: which examples come back, and with what weight.
            share: at most this part of a step's prompts is retrospective, within 0 and 1; read by the schedule.
            max_examples: at most this many examples in a phase's set; 0 sets no cap.
            drop_after: leave out examples unsolved in this many scored visits on end; 0 keeps them.

        Raises:
            ValueError: an unknown mode, a share outside 0..1, a negative limit.
        """
        if mode not in ("zero_accuracy", "weighted"):
            raise ValueError(f'mode is {mode!r} but must be "zero_accuracy" or "weighted"')
        if not 0 <= share <= 1:
            raise ValueError(f"share is {share} but must be within 0 and 1")
        for setting, value in (("max_examples", max_examples), ("drop_after", drop_after)):
            if value < 0:
                raise ValueError(f"{setting} is {value} but must be at least 0")
        self.mode: Mode = mode
        self.share = share
        self.max_examples = max_examples
        self.drop_after = drop_after
        self._memory = _rust.Memory()

    def __len__(self) -> int:
        """Count the examples observed with a score."""
        return len(self._memory)

    def observe(self, *, phase: int, example_ids: Sequence[str], accuracies: Sequence[NDArray[np.float32]]) -> None:
        """Take in the groups of one step.

        Accuracies are rounded to 6 decimals: what is left when a float32 reward is freed of its overlong penalty is not
        exactly 0 or 1. Where a step names an example twice, the later group counts as the latest.

        Args:
            phase: from 0; an example belongs to the phase of its first scored group.
            example_ids: [M] one for each group.
            accuracies: M of [G] float32 within 0 and 1, the task's reward before shaping; NaN is UNSCORED and left out.

        Raises:
            ValueError: an accuracy outside 0..1, with its example (rewards on another scale have to be rescaled
                before); not as many ids as groups; a negative phase. Nothing is taken in then.
        """
        if len(example_ids) != len(accuracies):
            raise ValueError(f"there are {len(example_ids)} example ids but {len(accuracies)} groups")
        sums = np.zeros(len(accuracies), dtype=np.float64)
        counts = np.zeros(len(accuracies), dtype=np.int64)
        for index, (example_id, group) in enumerate(zip(example_ids, accuracies, strict=True)):
            values = np.round(np.asarray(group, dtype=np.float64), 6)
            scored = values[~np.isnan(values)]
            outside = scored[(scored < 0) | (scored > 1)]
            if len(outside):
                raise ValueError(
                    f"example {example_id!r} has an accuracy of {outside[0]} but it must be within 0 and 1"
                )
            sums[index], counts[index] = scored.sum(), len(scored)
        self._memory.observe(list(example_ids), phase, sums, counts)

    def difficulty(self, example_ids: Sequence[str]) -> NDArray[np.float64]:
        """[M] float64 (count + 1) / (sum + 1) of the latest scored group; 1 where it was always solved.

        Raises:
            KeyError: an example that was never observed with a score.
        """
        return self._memory.difficulty(list(example_ids))

    def candidates(self, *, before_phase: int, seed: int) -> list[str]:
        """The retrospective set when phase `before_phase` begins, in order of first observation.

        Args:
            before_phase: only examples first seen in an earlier phase are taken.
            seed: within 0 and 2^64 - 1, of the draw where more than `max_examples` qualify.
        """
        return self._memory.candidates(before_phase, self.mode, self.max_examples, self.drop_after, seed)

    def draw(self, candidates: Sequence[str], *, k: int, seed: int) -> list[str]:
        """Draw k of the candidates without replacement, all where there are fewer.

        Args:
            candidates: distinct ids; the draw depends on their order.
            k: how many.
            seed: within 0 and 2^64 - 1; names the draw.

        Raises:
            KeyError: a candidate that was never observed with a score.
            ValueError: a candidate that stands twice; a negative k.
        """
        return self._memory.draw(list(candidates), k, self.mode, seed)

    def save(self, directory: Path) -> None:
        """Write the memory to `directory`, exactly."""
        (directory / FILE).write_bytes(self._memory.to_bytes())

    def load(self, directory: Path, version: int) -> None:
        """Replace the memory by the saved one.

        Raises:
            ValueError: files of another version, or damaged ones.
        """
        if version != self.version:
            raise ValueError(f"replay was saved in version {version} but only version {self.version} is known")
        self._memory = _rust.Memory.from_bytes((directory / FILE).read_bytes())
