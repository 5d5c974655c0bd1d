"""Rollouts written to a file token by token, and read from it to train: a part of the rollouts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qwenlong.records import Finish, Group, Prompt, Rollout, Turn


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
                        **({"kept": [ids.tolist() for ids in turn.kept_tokens]} if turn.kept_tokens else {}),
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
        kept_tokens=tuple(np.array(ids, dtype=np.int32) for ids in entry["kept"]) if "kept" in entry else None,
    )
    if turn.kept_tokens is not None and len(turn.kept_tokens) != len(turn.response_ids):
        raise ValueError(f"{len(turn.response_ids)} response ids but {len(turn.kept_tokens)} sets of kept tokens")
    if not len(turn.response_ids) or len(turn.response_ids) != len(turn.logprobs):
        raise ValueError(f"{len(turn.response_ids)} response ids but {len(turn.logprobs)} log-probs")
    return Rollout(example_id=prompt.example_id, sample=sample_index, turns=(turn,))
