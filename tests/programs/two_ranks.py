"""Run by torchrun: gradients and log-probs of the rows of `ragged_targets`, placed on all ranks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from policies import alone, policy, ragged_targets
from qwenlong.backends.world import leave
from qwenlong.packing import place, rows
from test_policy import TEMPERATURE, by_response, gradients


def main() -> None:
    """Arguments: model directory, output file, layout, number of targets, row cap, micro-batch tokens, persistence."""
    path, out, layout, count, cap, batch, persistent = sys.argv[1:]
    world = alone()
    model = policy(Path(path), layout=layout, world=world, persistent_below=int(persistent))
    built = rows(ragged_targets()[: int(count)], layout=layout, max_row_tokens=int(cap))  # type: ignore[arg-type]
    mine = place(built, num_ranks=world.size, max_batch_tokens=int(batch))[world.rank]
    found = by_response(mine, model.logprobs(mine, temperature=TEMPERATURE))
    merged = {key: value for part in world.gather(found) for key, value in part.items()}
    rows_of_ranks = world.gather(sum(len(rows_) for rows_ in mine if rows_[0].weights.any()))
    grads = gradients(model, mine)
    if world.rank == 0:
        names = {f"logprob:{key.hex()}": value for key, value in merged.items() if len(key) > 8}
        arrays: Any = {**names, **{f"gradient:{k}": v for k, v in grads.items()}}
        np.savez(out, rows_of_ranks=np.array(rows_of_ranks), **arrays)
    leave(world, clean=True)


if __name__ == "__main__":
    main()
