"""Prompts to rollouts, through any engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, Protocol, TypeVar

from qwenlong.records import (
    Completion,
    Draw,
    EngineCounts,
    Prompt,
    Request,
    Rollout,
    Sampling,
    Scored,
    StaleWeightsError,
    Turn,
)

Item = TypeVar("Item")


class Engine(Protocol):
    """Token ids in, token ids out; synchronous face. An engine may span several ranks, which then all call it alike."""

    index: int
    """Which engine this rank's is."""
    count: int
    """How many engines; prompts are shared out among them."""
    leads: bool
    """True on one of the ranks of each engine: what it sampled is scored there, once."""

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterable[Completion]:
        """Completions in any order, each naming its request."""

    def load_weights(self, pairs: Iterable[tuple[str, Any]], version: int) -> None:
        """Take over full tensors by Hub names."""

    def sleep(self) -> None:
        """Give memory back to the trainer; the weights may be gone until the next push."""

    def wake(self, part: Literal["weights", "cache"]) -> None:
        """Take the memory of the weights, or of everything else, again."""

    def counts(self) -> EngineCounts:
        """What was counted since the last call."""

    def close(self) -> None:
        """End the engine."""


class WeightSource(Protocol):
    """A policy, as a source of weights."""

    version: int
    """The weights' name."""

    def weights(self) -> Iterator[list[tuple[str, Any]]]:
        """Full tensors in buckets."""

    def offload(self) -> None:
        """Move what only updates need off the device."""

    def reload(self) -> None:
        """Bring it back."""


@contextmanager
def rolling_out(source: WeightSource, engine: Engine) -> Iterator[None]:
    """Hand the device to the engine, with the policy's present weights, and back.

    Never do both hold all they have: the engine takes memory for weights and is pushed to, the trainer's states leave,
    the engine takes its cache; the other way round at the end.
    """
    engine.wake("weights")
    push_weights(source, engine)
    source.offload()
    engine.wake("cache")
    try:
        yield
    finally:
        engine.sleep()
        source.reload()


def push_weights(source: WeightSource, engine: Engine) -> None:
    """Hand the policy's weights to the engine; the engine copies every bucket before the next is gathered."""
    engine.load_weights((pair for bucket in source.weights() for pair in bucket), source.version)


def share(items: Sequence[Item], engine: Engine) -> list[Item]:
    """The items that belong to this rank's engine."""
    return list(items[engine.index :: engine.count])


def merge(parts: Sequence[Sequence[Item]]) -> list[Item]:
    """Undo `share`: one part per engine, in order of engines."""
    total = sum(len(part) for part in parts)
    return [parts[i % len(parts)][i // len(parts)] for i in range(total)]


def sample(
    engine: Engine,
    prompts: Sequence[Prompt],
    *,
    sampling: Sampling,
    group_size: int,
    seed: int,
    purpose: str,
    step: int,
    weight_version: int,
) -> list[list[Rollout]]:
    """A group of rollouts for every prompt, in their order.

    Draws are named by (seed, purpose, step, example, sample): another number of engines or order draws the same.

    Raises:
        StaleWeightsError: a completion was written by later weights than `weight_version`, or by ones more than
            `sampling.max_staleness` updates older.
        RuntimeError: the engine left out or repeated a completion.
    """
    requests = [
        Request(
            id=str(i),
            token_ids=prompt.token_ids,
            n=group_size,
            seed=Draw(seed=seed, purpose=purpose, step=step, example=prompt.example_id).key,
        )
        for i, prompt in enumerate(prompts)
    ]
    groups: list[list[Rollout | None]] = [[None] * group_size for _ in prompts]
    for completion in engine.generate(requests, sampling) if requests else ():
        if not weight_version - sampling.max_staleness <= completion.weight_version <= weight_version:
            raise StaleWeightsError(
                f"the engine answered with weights {completion.weight_version}, the policy has {weight_version}: "
                "weights must be pushed before sampling"
            )
        i = int(completion.request_id)
        if groups[i][completion.sample] is not None:
            raise RuntimeError(f"the engine answered sample {completion.sample} of request {i} twice")
        turn = Turn(
            prompt_ids=prompts[i].token_ids,
            response_ids=completion.token_ids,
            logprobs=completion.logprobs,
            finish=completion.finish,
            weight_version=completion.weight_version,
            kept_tokens=completion.kept_tokens,
            sampler=completion.sampler or f"engine {engine.index}",
        )
        groups[i][completion.sample] = Rollout(
            example_id=prompts[i].example_id, sample=completion.sample, turns=(turn,)
        )
    lost = sum(rollout is None for group in groups for rollout in group)
    if lost:
        raise RuntimeError(f"the engine lost {lost} of {len(prompts) * group_size} completions")
    return [[rollout for rollout in group if rollout is not None] for group in groups]


class Ranks(Protocol):
    """What sharing out work needs to know of the other ranks."""

    def agree(self, work: Callable[[], Any]) -> list[Any]:
        """Run on every rank and gather; an error on one is raised on all."""


def answer(
    engine: Engine,
    prompts: Sequence[Prompt],
    *,
    score: Callable[[Sequence[Sequence[Rollout]]], list[list[Scored]]],
    ranks: Ranks,
    **how: Any,
) -> list[list[Scored]]:
    """Sample and score every prompt, each engine its share, and gather the groups in order of prompts.

    `how` are the keywords of `sample`. All ranks of an engine sample, one of them scores.
    """

    def work() -> list[list[Scored]] | None:
        groups = sample(engine, share(prompts, engine), **how)
        return score(groups) if engine.leads else None

    return _shared(engine, ranks, work)


def score_written(
    engine: Engine,
    groups: Sequence[Sequence[Rollout]],
    *,
    score: Callable[[Sequence[Sequence[Rollout]]], list[list[Scored]]],
    ranks: Ranks,
) -> list[list[Scored]]:
    """Score rollouts that are there already, each engine its share, so that every one is judged once."""
    return _shared(engine, ranks, lambda: score(share(groups, engine)) if engine.leads else None)


def _shared(engine: Engine, ranks: Ranks, work: Callable[[], list[list[Scored]] | None]) -> list[list[Scored]]:
    """Every engine's share, on all ranks and in the order of the prompts."""
    parts = {index: part for index, part in ranks.agree(lambda: (engine.index, work())) if part is not None}
    return merge([parts[i] for i in range(engine.count)])
