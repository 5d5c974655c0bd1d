"""Two ranks equal one: unequal numbers of rows, split groups, and a rank that holds no row at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from policies import ragged_targets, tiny_model
from test_policy import largest_difference, reference

PROGRAM = Path(__file__).parent / "programs" / "two_ranks.py"


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.mark.parametrize(
    ("layout", "count", "cap", "batch", "persistent", "rows_of_ranks"),
    [
        ("shared", 8, 512, 64, 100_000, [2, 1]),
        ("shared", 8, 30, 30, 0, None),  # the first group needs two rows
        ("shared", 4, 512, 512, 0, [1, 0]),  # one row: the other rank only goes along
        ("full", 8, 512, 40, 0, None),
    ],
)
def test_two_ranks_have_the_gradients_of_one(
    model_path: Path, tmp_path: Path, layout: str, count: int, cap: int, batch: int, persistent: int,
    rows_of_ranks: list[int] | None,
) -> None:  # fmt: skip
    out = tmp_path / "found.npz"
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(free_port()),
         str(PROGRAM), str(model_path), str(out), layout, str(count), str(cap), str(batch), str(persistent)],
        capture_output=True, text=True, timeout=300, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = dict(np.load(out))
    counts = found.pop("rows_of_ranks").tolist()
    assert rows_of_ranks is None or sorted(counts) == sorted(rows_of_ranks)
    expected, expected_gradients = reference(model_path, ragged_targets()[:count])
    logprobs = {bytes.fromhex(k.partition(":")[2]): v for k, v in found.items() if k.startswith("logprob:")}
    assert largest_difference({k: logprobs[k] for k in expected}, expected) < 1e-5
    grads = {k.partition(":")[2]: v for k, v in found.items() if k.startswith("gradient:")}
    assert largest_difference(grads, expected_gradients) < 1e-5


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
