"""Engine and policy compared: a difference stops the run, with the cause that explains it."""

from __future__ import annotations

import numpy as np
import pytest

from qwenlong.agreement import Comparison, diagnose

DRAW = np.random.default_rng(0)
N = 400
PLACE = np.tile(np.arange(20), 20)
DEPTH = PLACE + np.repeat(DRAW.integers(50, 4000, size=20), 20)
POLICY = -DRAW.exponential(size=N)
PLAIN = POLICY - DRAW.exponential(size=N)


def compared(engine: np.ndarray) -> Comparison:
    return Comparison(
        engine=engine.astype(np.float32), policy=POLICY.astype(np.float32), plain=PLAIN.astype(np.float32),
        place=PLACE, depth=DEPTH,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "temperature", "truncates", "cause"),
    [
        (PLAIN + DRAW.normal(size=N) * 1e-3, 0.7, False, "temperature differs"),
        (POLICY + DRAW.exponential(0.2, size=N), 1.0, True, "top-p or top-k differs"),
        (POLICY + DRAW.normal(size=N) * np.where(np.median(DEPTH) < DEPTH, 0.5, 1e-3), 1.0, False, "rope differs"),
        (POLICY + DRAW.normal(size=N) * np.where(PLACE == 0, 2.0, 0.01), 1.0, False, "the prompt .template. differs"),
        (POLICY + DRAW.normal(size=N) * 0.08, 1.0, False, "dtype differs"),
        (POLICY + np.where(DRAW.random(N) < 0.02, 3.0, 1e-6), 1.0, False, "single tokens differ"),
        (POLICY + DRAW.normal(size=N) * 2 - 1.5, 1.0, False, "weights, rope or template differ"),
    ],
)
def test_each_cause_is_named_by_what_it_leaves_behind(
    engine: np.ndarray, temperature: float, truncates: bool, cause: str
) -> None:
    said = diagnose(compared(engine), temperature=temperature, truncates=truncates)
    assert said.startswith(cause.replace("prompt .template.", "prompt (template)"))
