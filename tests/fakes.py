"""Small records and stand-ins for the rest of the house; nothing here is heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qwenlong.records import (
    UNSCORED,
    Completion,
    Document,
    EngineCounts,
    Example,
    Finish,
    Group,
    Prompt,
    Request,
    Rollout,
    Sampling,
    Scored,
    Turn,
    Verdict,
)


def turn(prompt: Sequence[int], response: Sequence[int], *, finish: Finish = Finish.STOPPED) -> Turn:
    return Turn(
        prompt_ids=np.array(prompt, dtype=np.int32),
        response_ids=np.array(response, dtype=np.int32),
        logprobs=np.full(len(response), -1.0, dtype=np.float32),
        finish=finish,
        weight_version=0,
    )


def rollout(
    prompt: Sequence[int], *responses: Sequence[int], example_id: str = "e", sample: int = 0,
    finish: Finish = Finish.STOPPED,
) -> Rollout:  # fmt: skip
    turns = tuple(turn(prompt, response, finish=finish) for response in responses)
    return Rollout(example_id=example_id, sample=sample, turns=turns)


def verdict(score: float | None = None, *, extracted: str | None = None, well_formed: float = 0.0) -> Verdict:
    return Verdict(
        score=score, extracted=extracted, normal_prediction=extracted, normal_gold="gold", reason="matched",
        metrics={"well_formed": well_formed},
    )  # fmt: skip


def scored(one: Rollout, reward: float = 0.0, *, response: str = "words", well_formed: float = 0.0) -> Scored:
    rule = None if np.isnan(reward) else reward
    return Scored(
        rollout=one, reward=reward, breakdown={"rule": rule}, verdict=verdict(rule, well_formed=well_formed),
        response=response,
    )  # fmt: skip


def group(
    prompt: Sequence[int], responses: Sequence[Sequence[int]], *, rewards: Sequence[float],
    advantages: Sequence[float] | None = None, example_id: str = "e", retrospective: bool = False,
    finishes: Sequence[Finish] | None = None, has_signal: bool = True,
) -> Group:  # fmt: skip
    finishes = finishes or [Finish.STOPPED] * len(responses)
    return Group(
        example_id=example_id,
        retrospective=retrospective,
        prompt=Prompt(example_id=example_id, token_ids=np.array(prompt, dtype=np.int32)),
        scored=tuple(
            scored(rollout(prompt, ids, example_id=example_id, sample=i, finish=finish), reward)
            for i, (ids, reward, finish) in enumerate(zip(responses, rewards, finishes, strict=True))
        ),
        advantages=np.array(rewards if advantages is None else advantages, dtype=np.float32),
        has_signal=has_signal,
    )


def example(answer: str, *, example_id: str = "e", kind: Any = "auto") -> Example:
    return Example(
        id=example_id, documents=(Document(text="text"),), question="which?", answers=(answer,), kind=_kind(kind)
    )


def _kind(value: str) -> Any:
    from qwenlong.records import Kind

    return Kind(value)


@dataclass(frozen=True)
class Alone:
    """The only rank; with `others`, what further ranks would say to a gather."""

    rank: int = 0
    size: int = 1
    others: tuple[Callable[[Any], Any], ...] = ()

    def gather(self, value: Any) -> list[Any]:
        return [value, *(other(value) for other in self.others)]

    def agree(self, work: Callable[[], Any]) -> list[Any]:
        return self.gather(work())


class EchoEngine:
    """Answers with tokens that tell the request, the sample and the seed, in reverse order."""

    def __init__(self, *, index: int = 0, count: int = 1, version: int = 0, leads: bool = True) -> None:
        self.index, self.count, self.version, self.leads = index, count, version, leads
        self.requests: list[Request] = []

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterable[Completion]:
        self.requests += requests
        for request in reversed(requests):
            for sample in reversed(range(request.n)):
                yield self.completion(request, sample, sampling)

    def completion(self, request: Request, sample: int, sampling: Sampling) -> Completion:
        ids = [int(request.token_ids[-1]), sample, request.seed % 1000][: sampling.max_tokens]
        return Completion(
            request_id=request.id, sample=sample, token_ids=np.array(ids, dtype=np.int32),
            logprobs=np.full(len(ids), -0.1, dtype=np.float32), finish=Finish.STOPPED, weight_version=self.version,
        )  # fmt: skip

    def load_weights(self, pairs: Iterable[tuple[str, Any]], version: int) -> None:
        self.received = list(pairs)
        self.version = version

    def sleep(self) -> None: ...

    def wake(self, part: str) -> None: ...

    def counts(self) -> EngineCounts:
        return EngineCounts()

    def close(self) -> None: ...


__all__ = ["UNSCORED", "Alone", "EchoEngine", "example", "group", "rollout", "scored", "turn", "verdict"]
