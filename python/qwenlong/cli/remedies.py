"""What it would take for an update that does not fit: first settings of the recipe, then another machine or task."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from qwenlong.cli.memory import GB, Training, longest_that_fits, update_terms

MOST_GPUS = 1024
"""No cluster beyond this is suggested."""


def remedies(training: Training, *, room: float, beside: float, smallest: int, usable: float) -> list[str]:
    """Ways to bring the update under `room` bytes, each with what it then takes.

    `beside` are the bytes of an engine that stays during updates, `smallest` the tokens of one prompt and one response.
    Settings cost time alone, so they come first and together; if they do not suffice, each further way is named with
    them in place.
    """
    names: list[str] = []
    for name, changed in _settings(training, smallest):
        names.append(name)
        training = changed
        if _needs(training) + beside <= room:
            return [f"- {', '.join(names)}: {_gb(_needs(training) + beside)}"]
    if beside:
        names.append('rollouts.engine = "vllm", which gives its memory back')
        if _needs(training) <= room:
            return [f"- {', '.join(names)}: {_gb(_needs(training))}"]
    done = [f"- {', '.join(names)}: {_gb(_needs(training))}; with that, one of"] if names else []
    return [*done, *(f"- {way}" for way in _elsewhere(training, room=room, smallest=smallest, usable=usable))]


def _settings(training: Training, smallest: int) -> Iterator[tuple[str, Training]]:
    if not training.gradient_checkpointing:
        training = replace(training, gradient_checkpointing=True)
        yield "update.gradient_checkpointing = true", training
    if training.tokens > smallest:
        training = replace(training, tokens=smallest)
        yield f"packing.max_row_tokens = packing.max_batch_tokens = {smallest} (one prompt, one response)", training
    if not training.offload_optimizer:
        training = replace(training, offload_optimizer=True)
        yield "update.offload_optimizer = true", training


def _elsewhere(training: Training, *, room: float, smallest: int, usable: float) -> Iterator[str]:
    gpus = training.ranks * 2
    while gpus <= MOST_GPUS and _needs(replace(training, ranks=gpus)) > room:
        gpus *= 2
    if gpus <= MOST_GPUS:
        yield f"{gpus} GPUs: {_gb(_needs(replace(training, ranks=gpus)))}"
    yield f"GPUs of at least {math.ceil(_needs(training) / usable / GB)} GB"
    longest = longest_that_fits(training, room=room)
    if longest:
        yield f"phases of at most {longest:,} input and output tokens together, instead of {smallest:,}"
    for ranks in (2, 4, 8):
        shared = replace(training, sequence_parallel=ranks)
        possible = training.ranks % ranks == 0 and training.shape.num_kv_heads % ranks == 0
        if possible and _needs(shared) <= room:
            yield (
                f"a row shared by {ranks} GPUs: {_gb(_needs(shared))}; that is sequence parallelism, which this "
                "version has not"
            )
            break


def _needs(training: Training) -> float:
    return update_terms(training).total


def _gb(size: float) -> str:
    return f"{size / GB:.1f} GB"
