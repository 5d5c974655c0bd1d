"""Who holds a GPU's memory when: told by what is asked of vLLM, since its sleep moves nothing on a CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import torch

from fakes import Alone
from qwenlong.records import Sampling, StaleWeightsError
from qwenlong.rollouts import rolling_out


class Noted:
    """vLLM's face as the engine uses it, with a model of one tensor."""

    calls: list[str]

    def __init__(self, *, enable_sleep_mode: bool, **how: Any) -> None:
        assert enable_sleep_mode
        self.calls.append("load")

    def apply_model(self, look: Callable[[Any], set[str]]) -> list[set[str]]:
        return [{"a.weight"}]

    def get_metrics(self) -> list[Any]:
        return []

    def collective_rpc(self, name: str, *, kwargs: dict[str, Iterable[Any]]) -> None:
        self.calls.append(f"{name} {[pair[0] for pair in kwargs['weights_iterator']]}")

    def reset_prefix_cache(self) -> bool:
        self.calls.append("empty the prefix cache")
        return True

    def sleep(self, level: int) -> None:
        self.calls.append(f"sleep {level}")

    def wake_up(self, tags: list[str]) -> None:
        self.calls.append(f"wake {tags}")

    def generate(self, *asked: Any, use_tqdm: bool) -> list[Any]:
        self.calls.append("generate")
        return []


class Trainer:
    """What is pushed, and takes turns with the engine."""

    version = 1

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls

    def weights(self) -> Iterator[list[tuple[str, Any]]]:
        yield [("a.weight", torch.zeros(1))]

    def offload(self) -> None:
        self.calls.append("offload")

    def reload(self) -> None:
        self.calls.append("reload")


def test_from_its_construction_on_the_engine_has_memory_only_while_it_rolls_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from qwenlong.backends import vllm_engine

    calls: list[str] = []
    monkeypatch.setattr(Noted, "calls", calls, raising=False)
    monkeypatch.setattr(vllm_engine, "LLM", Noted)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    world: Any = Alone()
    engine = vllm_engine.VLLMEngine("anywhere", world=world, dtype="bfloat16", end_ids=[1], max_tokens=64, seed=0)
    assert calls == ["load", "sleep 2"], "updates of the warm-up come before the first rollout"
    with pytest.raises(StaleWeightsError, match="never pushed"):
        list(engine.generate([], Sampling(max_tokens=2)))
    turn = [
        "wake ['weights']", "reload_weights ['a.weight']", "empty the prefix cache", "offload", "wake ['kv_cache']",
        "generate", "sleep 2", "reload",
    ]  # fmt: skip
    for _ in range(2):
        calls.clear()
        with rolling_out(Trainer(calls), engine):
            list(engine.generate([], Sampling(max_tokens=2)))
        assert calls == turn, "the first use is like every other"
