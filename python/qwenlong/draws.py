"""Randomness by name: every draw is derived from what it is for, never from the draws before it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """The name of one random draw; the same name always gives the same numbers.

    A draw depends on its name alone and never on how many draws came before it, so a resumed run needs no generator
    state and one rank draws what two ranks draw.

    >>> Draw(seed=7, purpose="shuffle").key == Draw(seed=7, purpose="shuffle").key
    True
    >>> Draw(seed=7, purpose="shuffle").key == Draw(seed=8, purpose="shuffle").key
    False
    """

    seed: int
    """The run's seed."""
    purpose: str
    """What is drawn, for example "shuffle" or "rollout"."""
    step: int = 0
    """The step, epoch or index the draw belongs to."""
    example: str = ""
    """The example's id, where the draw belongs to one."""
    sample: int = 0
    """Which rollout of the example."""
    turn: int = 0
    """Which turn of the rollout."""

    @property
    def key(self) -> int:
        """Uniform in [0, 2^64): the first 8 bytes (little endian) of BLAKE2b over the fields."""
        name = "\x1f".join(
            (str(self.seed), self.purpose, str(self.step), self.example, str(self.sample), str(self.turn))
        )
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "little")

    def generator(self) -> np.random.Generator:
        """A counter-based generator (Philox) keyed by this draw."""
        return np.random.Generator(np.random.Philox(key=self.key))
