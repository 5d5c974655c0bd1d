"""The plan of a dry run: tokens, rows, micro-batches, engines and memory, all at the longest lengths of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qwenlong.cli.memory import GB, Shape, Terms, Training, cache_bytes, host_bytes, state_bytes, update_terms
from qwenlong.cli.remedies import remedies
from qwenlong.config import Config, Phase

USABLE = 0.95
"""Of a GPU's memory; the rest is CUDA's, the engine's while it sleeps, and fragments'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a run is planned for."""

    gpus: int
    """Ranks: one per GPU."""
    memory: float | None
    """Bytes of each; None where nobody said and there is none here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """How a group of the longest prompt and responses becomes rows."""

    group_tokens: int
    """Prompt once, all responses."""
    num_rows: int
    """Of the group."""
    row_tokens: int
    """Of the longest of them."""
    computed_tokens: int
    """Of all of them, repeated prompts included."""


def longest_rows(config: Config, phase: Phase) -> Rows:
    """Rows of a group at the limits of `phase`: in the shared layout as few as `packing.max_row_tokens` allows."""
    prompt, response, size = phase.max_input_tokens, phase.max_output_tokens, config.rollouts.group_size
    per_row = 1
    if config.packing.layout == "shared":
        per_row = min(size, (config.packing.max_row_tokens - prompt) // response)
    num_rows = -(-size // per_row)
    return Rows(
        group_tokens=prompt + size * response,
        num_rows=num_rows,
        row_tokens=prompt + -(-size // num_rows) * response,
        computed_tokens=num_rows * prompt + size * response,
    )


def phase_line(config: Config, k: int, *, examples: str, gpus: int) -> str:
    """What phase k asks for, per step and per update."""
    phase, rollouts, packing = config.phases[k], config.rollouts, config.packing
    rows = longest_rows(config, phase)
    prompts = -(-rollouts.prompts_per_step // config.update.mini_batches)
    together = max(1, packing.max_batch_tokens // rows.row_tokens)
    micro_batches = -(-(prompts * rows.num_rows) // (together * gpus))
    return (
        f"phase {k + 1}: {examples}, {phase.steps} steps of {rollouts.prompts_per_step} x {rollouts.group_size}; "
        f"at most {rollouts.prompts_per_step * rows.computed_tokens:,} tokens per step ({packing.layout} rows), "
        f"a group up to {rows.group_tokens:,} tokens in rows of at most {packing.max_row_tokens:,} ({rows.num_rows} "
        f"of {rows.row_tokens:,}); updates per step: {config.update.mini_batches}, of up to {prompts} prompts; "
        f"micro-batches per update and rank: up to {micro_batches}"
    )


def training_of(config: Config, shape: Shape, *, gpus: int) -> Training:
    """The longest update of a recipe: prompts shorter than the limit can fill a row up to its cap."""
    packing, groups = config.packing, [longest_rows(config, phase) for phase in config.phases]
    longest = max(rows.group_tokens if packing.layout == "shared" else rows.row_tokens for rows in groups)
    return Training(
        shape=shape,
        ranks=gpus,
        tokens=max(min(longest, packing.max_row_tokens), packing.max_batch_tokens),
        weight_bytes=2 if config.model.dtype == "bfloat16" else 4,
        gradient_checkpointing=config.update.gradient_checkpointing,
        offload_optimizer=config.update.offload_optimizer,
        has_reference=config.losses.kl_coefficient > 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What the rollout engine takes of a GPU."""

    name: str
    """`rollouts.engine`."""
    tensor_parallel: int
    """Ranks of one engine."""
    weights: float
    """Bytes on each."""
    cache: float
    """Bytes of keys and values: of the largest batch (hf), or of the longest sequence, without which none runs."""
    cached: str
    """What `cache` holds."""
    reserved: float | None
    """What vLLM takes at its start and during rollouts, whatever it needs; None elsewhere."""

    @property
    def rolling_out(self) -> float:
        """While it samples."""
        return self.reserved if self.reserved is not None else self.weights + self.cache

    @property
    def during_update(self) -> float:
        """Only the hf engine keeps its weights beside the trainer's; vLLM sleeps from its construction on."""
        return self.weights if self.name == "hf" else 0.0


def engine_of(
    config: Config, shape: Shape, machine: Machine, *, lengths: Sequence[Sequence[int]] | None = None
) -> Engine:
    """The engine of a recipe; `lengths` are the prompts' per phase, None where the rows are not known."""
    limits = [[phase.max_input_tokens] for phase in config.phases]
    how, b = config.rollouts, 2 if config.model.dtype == "bfloat16" else 4
    name, split = how.engine, how.tensor_parallel
    batches = [
        (max(1, how.max_batch_tokens // prompt), prompt, how.group_size, phase.max_output_tokens)
        for phase, prompts in zip(config.phases, lengths or limits, strict=True)
        for prompt in prompts
    ]
    if "evaluate" in config.run.stages:
        last = config.phases[-1]
        prompt = 2 * last.max_input_tokens
        samples = max(1, config.evaluation.num_samples)
        batches.append((max(1, how.max_batch_tokens // prompt), prompt, samples, last.max_output_tokens))
    if name == "hf":
        count, prompt, samples, response = max(batches, key=lambda item: item[0] * (item[1] + item[2] * item[3]))
        tokens = count * (prompt + samples * response)
        cached = f"{count} x ({prompt:,} + {samples} x {response:,}) tokens"
        cached += "" if lengths else "; shorter prompts come in larger batches"
    else:
        tokens = max(prompt + response for _, prompt, _, response in batches)
        cached = f"one sequence of {tokens:,} tokens"
    reserved = None
    if name == "vllm" and machine.memory is not None:
        reserved = machine.memory * how.memory_share
    away = name == "vllm-server"
    return Engine(
        name=name,
        tensor_parallel=split,
        weights=0.0 if away else state_bytes(shape, ranks=split, bytes_each=b),
        cache=0.0 if away else cache_bytes(shape, tokens=tokens, weight_bytes=b, tensor_parallel=split),
        cached=cached,
        reserved=reserved,
    )


def memory_lines(
    config: Config, shape: Shape, machine: Machine, *, lengths: Sequence[Sequence[int]] | None = None
) -> list[str]:
    """Terms of the update and of rollouts, and a verdict where the GPU's memory is known."""
    training = training_of(config, shape, gpus=machine.gpus)
    engine = engine_of(config, shape, machine, lengths=lengths)
    terms = update_terms(training)
    update = terms.total + engine.during_update
    rollouts = terms.states + engine.rolling_out
    lines = [
        f"engines: {_engines(engine, machine.gpus)}",
        f"memory of an update, GB per GPU (computed): {_terms(terms, training)}"
        + (f", engine {_gb(engine.during_update)}" if engine.during_update else "")
        + f"; {_gb(update)} in all, for a micro-batch of {training.tokens:,} tokens",
    ]
    if engine.name != "vllm-server":
        lines.append(
            f"memory of rollouts: states {_gb(terms.states)}, engine weights {_gb(engine.weights)}, cache "
            f"{_gb(engine.cache)} ({engine.cached})"
            + (f", of {_gb(engine.reserved)} that vLLM takes" if engine.reserved is not None else "")
            + f"; {_gb(rollouts)} in all"
        )
    longest = config.longest_sequence
    if longest > shape.max_positions:
        lines.append(
            f"positions: sequences reach {longest:,} tokens, the model was made for {shape.max_positions:,}: shorten "
            "the last phase, leave out the evaluation at twice its length, or write YaRN into the model's config.json"
        )
    return [*lines, *_verdict(config, training, engine, machine, update=update, rollouts=rollouts)]


def _verdict(
    config: Config, training: Training, engine: Engine, machine: Machine, *, update: float, rollouts: float
) -> list[str]:
    if cannot_start(config, gpus=machine.gpus):
        return []  # nor would multiples of its ranks be a way out
    if machine.memory is None:
        return ["verdict: none without a GPU's memory; say it, for example --gpus 8 --gpu-memory-gb 80"]
    room, size = machine.memory * USABLE, _gb(machine.memory)
    found = []
    if update > room:
        found.append(f"an update takes {_gb(update)} GB")
        smallest = max(phase.max_input_tokens + phase.max_output_tokens for phase in config.phases)
        ways = remedies(training, room=room, beside=engine.during_update, smallest=smallest, usable=USABLE)
        found += ["what it would take:", *ways]
    if engine.reserved is not None and engine.weights + engine.cache > engine.reserved:
        found.append(
            f"vLLM's {_gb(engine.reserved)} GB hold not one of the longest sequences: raise rollouts.tensor_parallel "
            "or rollouts.memory_share"
        )
    if rollouts > room:
        way = "lower rollouts.max_batch_tokens, or let another engine roll out" if engine.name == "hf" else (
            "lower rollouts.memory_share, set update.offload_optimizer, or take more GPUs"
        )  # fmt: skip
        found.append(f"rollouts take {_gb(rollouts)} GB: {way}")
    if not found:
        peaks = f"{_gb(update)} in updates, {_gb(rollouts)} in rollouts, {_gb(room)} being usable"
        return [f"verdict: fits {machine.gpus} x {size} GB: {peaks}"]
    first = f"verdict: does not fit {machine.gpus} x {size} GB, of which {_gb(room)} are usable"
    return [first, *(f"  {line}" for line in found)]


def _terms(terms: Terms, training: Training) -> str:
    host = f" ({_gb(host_bytes(training))} on the host)" if training.offload_optimizer else ""
    kept = "checkpoints" if training.gradient_checkpointing else "activations"
    return (
        f"weights, gradients, optimizer {_gb(terms.states)}{host}, {kept} {_gb(terms.checkpoints)}, "
        f"one layer {_gb(terms.layer)}, head {_gb(terms.head)}, buffers {_gb(terms.buffers)}"
    )


def _engines(engine: Engine, gpus: int) -> str:
    if engine.name == "vllm-server":
        return "a pool of vLLM servers, on GPUs of its own"
    if gpus % engine.tensor_parallel:
        return "none"
    return f"{gpus // engine.tensor_parallel} x {engine.name}, of {engine.tensor_parallel} ranks each, colocated"


def cannot_start(config: Config, *, gpus: int) -> str:
    """Why a recipe cannot start on so many ranks; empty where it can."""
    split = config.rollouts.tensor_parallel
    if gpus % split == 0:
        return ""
    counts = " or ".join(str(count * split) for count in (gpus // split, gpus // split + 1) if count)
    return (
        f"rollouts.tensor_parallel {split} does not divide {gpus} ranks: take {counts} (--gpus), or another "
        "rollouts.tensor_parallel"
    )


def _gb(size: float) -> str:
    return f"{size / GB:.1f}"
