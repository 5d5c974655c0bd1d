"""Prompts to rollouts, through any engine; and rollouts written to and read from a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from qwenlong.records import (
    Completion,
    Draw,
    Finish,
    Group,
    HaltError,
    Prompt,
    Request,
    Rollout,
    Sampling,
    Scored,
    Turn,
)

Item = TypeVar("Item")


class StaleWeightsError(RuntimeError):
    """An engine answered with weights other than the policy's."""


class Engine(Protocol):
    """Token ids in, token ids out; synchronous face. An engine may span several ranks."""

    index: int
    """Which engine this rank's is."""
    count: int
    """How many engines; prompts are shared out among them."""

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterable[Completion]:
        """Completions in any order, each naming its request."""

    def load_weights(self, pairs: Iterable[tuple[str, Any]], version: int) -> None:
        """Take over full tensors by Hub names."""

    def sleep(self) -> None:
        """Give memory back to the trainer."""

    def wake(self) -> None:
        """Take it again."""

    def close(self) -> None:
        """End the engine."""


class WeightSource(Protocol):
    """A policy, as a source of weights."""

    version: int
    """The weights' name."""

    def weights(self) -> Iterator[list[tuple[str, Any]]]:
        """Full tensors in buckets."""


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
        StaleWeightsError: a completion was written by other weights than `weight_version`.
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
        if completion.weight_version != weight_version:
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
        )
        groups[i][completion.sample] = Rollout(
            example_id=prompts[i].example_id, sample=completion.sample, turns=(turn,)
        )
    lost = sum(rollout is None for group in groups for rollout in group)
    if lost:
        raise RuntimeError(f"the engine lost {lost} of {len(prompts) * group_size} completions")
    return [[rollout for rollout in group if rollout is not None] for group in groups]


def write_groups(path: Path, groups: Iterable[Group], *, phase: int, step: int) -> None:
    """Append rollouts, token by token, so that a later run can train from them. One JSON object per group."""
    with path.open("a", encoding="utf-8") as file:
        for group in groups:
            turns = [scored.rollout.turns[0] for scored in group.scored]
            record = {
                "phase": phase,
                "step": step,
                "example_id": group.example_id,
                "retrospective": group.retrospective,
                "prompt_ids": group.prompt.token_ids.tolist(),
                "responses": [
                    {
                        "ids": turn.response_ids.tolist(),
                        "logprobs": [float(value) for value in turn.logprobs],
                        "finish": turn.finish.value,
                    }
                    for turn in turns
                ],
            }
            file.write(json.dumps(record) + "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Groups of an earlier rollouts run."""

    path: Path
    """Their file."""
    by_step: dict[tuple[int, int], list[tuple[Prompt, list[Rollout], bool]]]
    """By (phase, step within it), both from 0: prompt, rollouts, whether the example was brought back."""

    def groups(
        self, *, phase: int, step: int, prompt_of: Callable[[str], Prompt], group_size: int, max_tokens: int
    ) -> list[tuple[Prompt, list[Rollout], bool]]:
        """The groups of a step; `prompt_of` gives this run's prompt of an example.

        Raises:
            ValueError: the file holds none, or a prompt, a group's size or a response's length is not this run's.
        """
        if (phase, step) not in self.by_step:
            raise ValueError(
                f"rollouts.read {self.path} holds no rollouts of phase {phase + 1}, step {step + 1}: write them with "
                "the same phases, or train fewer steps"
            )
        for prompt, rollouts, _ in self.by_step[phase, step]:
            longest = max(rollout.num_response_tokens for rollout in rollouts)
            if len(rollouts) != group_size or longest > max_tokens:
                raise ValueError(
                    f"rollouts.read {self.path}: {prompt.example_id} has {len(rollouts)} responses of up to {longest} "
                    f"tokens, but this run has groups of {group_size} and at most {max_tokens} tokens: "
                    "keep the settings of the run that wrote it"
                )
            if not np.array_equal(prompt.token_ids, prompt_of(prompt.example_id).token_ids):
                raise ValueError(
                    f"rollouts.read {self.path}: the prompt of {prompt.example_id} is another one in this run: "
                    "keep the seed, rows, template, limits and tokenizer of the run that wrote it"
                )
        return self.by_step[phase, step]


def read_groups(path: Path) -> Written:
    """What `write_groups` wrote.

    Raises:
        ValueError: the file is missing or a line is broken; naming the line.
    """
    if not path.is_file():
        raise ValueError(f"rollouts.read names {path}, which does not exist")
    found: dict[tuple[int, int], list[tuple[Prompt, list[Rollout], bool]]] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line)
                prompt = Prompt(
                    example_id=record["example_id"], token_ids=np.array(record["prompt_ids"], dtype=np.int32)
                )
                rollouts = [_read_rollout(prompt, i, entry) for i, entry in enumerate(record["responses"])]
                key = (int(record["phase"]), int(record["step"]))
                retrospective = bool(record["retrospective"])
            except (KeyError, OverflowError, TypeError, ValueError) as error:
                raise ValueError(f"{path}:{number}: not a group of rollouts: {error!r}") from None
            found.setdefault(key, []).append((prompt, rollouts, retrospective))
    return Written(path=path, by_step=found)


def _read_rollout(prompt: Prompt, sample_index: int, entry: dict[str, Any]) -> Rollout:
    turn = Turn(
        prompt_ids=prompt.token_ids,
        response_ids=np.array(entry["ids"], dtype=np.int32),
        logprobs=np.array(entry["logprobs"], dtype=np.float32),
        finish=Finish(entry["finish"]),
        weight_version=0,
    )
    if not len(turn.response_ids) or len(turn.response_ids) != len(turn.logprobs):
        raise ValueError(f"{len(turn.response_ids)} response ids but {len(turn.logprobs)} log-probs")
    return Rollout(example_id=prompt.example_id, sample=sample_index, turns=(turn,))


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

    `how` are the keywords of `sample`. An engine that spans ranks counts once.
    """
    return _shared(engine, ranks, lambda: score(sample(engine, share(prompts, engine), **how)))


def score_written(
    engine: Engine,
    groups: Sequence[Sequence[Rollout]],
    *,
    score: Callable[[Sequence[Sequence[Rollout]]], list[list[Scored]]],
    ranks: Ranks,
) -> list[list[Scored]]:
    """Score rollouts that are there already, each rank its engine's share, so that every one is judged once."""
    return _shared(engine, ranks, lambda: score(share(groups, engine)))


def _shared(engine: Engine, ranks: Ranks, work: Callable[[], list[list[Scored]]]) -> list[list[Scored]]:
    """Every engine's share. A `HaltError` of one rank is raised on all of them, so that they leave in step."""

    def done() -> tuple[int, list[list[Scored]] | HaltError]:
        try:
            return engine.index, work()
        except HaltError as halt:
            return engine.index, halt

    by_engine: dict[int, list[list[Scored]]] = {}
    for index, part in ranks.agree(done):
        if isinstance(part, HaltError):
            raise part
        by_engine.setdefault(index, part)
    return merge([by_engine[i] for i in range(engine.count)])
