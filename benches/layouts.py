"""An update on shared rows against one on full rows: first equal gradient norms, then the ratio of times.

OMP_NUM_THREADS=1 python benches/layouts.py
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from qwenlong.backends.deepspeed_policy import DeepSpeedPolicy
from qwenlong.backends.tiny import build_tiny_model
from qwenlong.backends.tokenizers import word_tokenizer
from qwenlong.backends.world import World, join, leave, quiet
from qwenlong.losses import PolicyObjective
from qwenlong.packing import Target, place, rows
from qwenlong.records import Finish, Row, Turn

NUM_PROMPTS, GROUP_SIZE, RESPONSE_TOKENS, REPEATS = 16, 8, 14, 5
WORDS = [f"w{i}" for i in range(98)]


def targets(prompt_tokens: int) -> list[Target]:
    """Random groups; the layouts do the same arithmetic whatever the tokens are."""
    draw = np.random.default_rng(0)
    found = []
    for _ in range(NUM_PROMPTS):
        prompt = draw.integers(2, 98, size=prompt_tokens).astype(np.int32)
        for i in range(GROUP_SIZE):
            turn = Turn(
                prompt_ids=prompt,
                response_ids=draw.integers(2, 98, size=RESPONSE_TOKENS).astype(np.int32),
                logprobs=np.zeros(RESPONSE_TOKENS, dtype=np.float32),
                finish=Finish.STOPPED,
                weight_version=0,
            )
            found.append(Target(turn=turn, advantage=(-1.0) ** i, weight=1.0))
    return found


def timed(policy: DeepSpeedPolicy, batches: list[list[Row]]) -> tuple[float, float]:
    """Gradient norm, and the median seconds of an update that changes nothing."""
    seconds, norm = [], 0.0
    for _ in range(REPEATS):
        started = time.perf_counter()
        objective = PolicyObjective(divisor=1000.0, clip_low=0.2, clip_high=0.2)
        norm = policy.update(batches, objective=objective, temperature=1.0, learning_rate=0.0)["grad_norm"]
        seconds.append(time.perf_counter() - started)
    return norm, statistics.median(seconds)


def main(world: World) -> None:
    """A line per prompt length."""
    path = Path(tempfile.mkdtemp())
    build_tiny_model(
        path, tokenizer=word_tokenizer(WORDS), seed=0, num_layers=2, hidden_size=64, num_heads=2, num_kv_heads=1,
        head_dim=32, ffn_size=192, rope_theta=1e4, init_range=0.1, max_tokens=4096,
    )  # fmt: skip
    policies = {
        layout: DeepSpeedPolicy(path, world=world, layout=layout, dtype="float32") for layout in ("shared", "full")
    }
    print(f"{torch.get_num_threads()} threads; {NUM_PROMPTS} prompts x {GROUP_SIZE} responses of {RESPONSE_TOKENS}")
    for prompt_tokens in (96, 192, 384, 768):
        items, norms, medians = targets(prompt_tokens), {}, {}
        for layout, policy in policies.items():
            built = rows(items, layout=layout, max_row_tokens=8192)  # type: ignore[arg-type]
            batches = place(built, num_ranks=1, max_batch_tokens=8192)[0]
            norms[layout], medians[layout] = timed(policy, batches)
        assert abs(norms["shared"] / norms["full"] - 1) < 1e-4, norms
        ratio = medians["full"] / medians["shared"]
        print(
            f"prompt {prompt_tokens}: full {medians['full']:.3f} s, shared {medians['shared']:.3f} s, ratio {ratio:.2f}"
        )


if __name__ == "__main__":
    quiet()
    ranks = join(timeout_seconds=600)
    main(ranks)
    leave(ranks, clean=True)
    sys.stdout.flush()
