"""Small models and rows that the tests of the update share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from qwenlong.backends.deepspeed_policy import DeepSpeedPolicy
from qwenlong.backends.tiny import build_tiny_model
from qwenlong.backends.tokenizers import word_tokenizer
from qwenlong.backends.world import World, join
from qwenlong.packing import Target
from qwenlong.records import Finish, Turn

WORDS = [f"w{i}" for i in range(60)]


def tiny_model(directory: Path, *, init_range: float = 0.3, num_kv_heads: int = 1) -> Path:
    """Weights large enough that attention matters: a fresh init hides a wrong mask."""
    build_tiny_model(
        directory, tokenizer=word_tokenizer(WORDS), seed=1, num_layers=2, hidden_size=64, num_heads=2,
        num_kv_heads=num_kv_heads, head_dim=32, ffn_size=96, rope_theta=1e4, init_range=init_range, max_tokens=512,
    )  # fmt: skip
    return directory


def target(prompt: np.ndarray, length: int, *, seed: int, advantage: float = 1.0, weight: float = 1.0) -> Target:
    """A turn of random tokens."""
    draw = np.random.default_rng(seed)
    turn = Turn(
        prompt_ids=prompt.astype(np.int32),
        response_ids=draw.integers(2, 60, size=length).astype(np.int32),
        logprobs=np.full(length, -2.0, dtype=np.float32),
        finish=Finish.STOPPED,
        weight_version=0,
    )
    return Target(turn=turn, advantage=advantage, weight=weight)


def prompt(length: int, *, seed: int) -> np.ndarray:
    """Random tokens."""
    return np.random.default_rng(seed).integers(2, 60, size=length).astype(np.int32)


def ragged_targets() -> list[Target]:
    """Groups of several sizes: G = 4 with a response of one token, G = 1, and G = 3."""
    items = []
    for group, (length, responses) in enumerate(((13, (5, 1, 9, 3)), (21, (7,)), (1, (4, 2, 6)))):
        shared = prompt(length, seed=group)
        items += [
            target(shared, size, seed=100 * group + i, advantage=(-1.0) ** i * (1 + i), weight=1.0 + group)
            for i, size in enumerate(responses)
        ]
    return items


def alone() -> World:
    """The only rank."""
    return join(timeout_seconds=120)


def policy(path: Path, *, layout: str, world: World | None = None, **options: object) -> DeepSpeedPolicy:
    """A policy whose first update with learning rate 0 leaves its gradients to look at."""
    torch.set_num_threads(1)
    return DeepSpeedPolicy(path, world=world or alone(), layout=layout, dtype="float32", **options)  # type: ignore[arg-type]
