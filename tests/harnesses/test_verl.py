"""The reward function and the manager in verl's own reward loop: its configuration, its workers, its metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
import torch
from hydra import compose, initialize_config_module
from tensordict import TensorDict
from transformers import PreTrainedTokenizerFast
from verl import DataProto
from verl.experimental.reward_loop.reward_loop import RewardLoopManager, RewardLoopWorker, migrate_legacy_reward_impl
from verl.trainer.ppo.metric_utils import process_validation_metrics
from verl.trainer.ppo.reward import extract_reward

from byte_model import bytes_tokenizer
from qwenlong import scoring

FUNCTION = [
    "reward.custom_reward_function.path=pkg://qwenlong.integrations.verl",
    "reward.custom_reward_function.name=compute_score",
]
MANAGER = [
    "reward.reward_manager.source=importlib",
    "reward.reward_manager.name=RewardManager",
    "reward.reward_manager.module.path=pkg://qwenlong.integrations.verl",
]
KINDS = "+reward.custom_reward_function.reward_kwargs={profile: strict, columns: [kind]}"
SEATS = pytest.mark.parametrize("seat", [FUNCTION, MANAGER], ids=["function", "manager"])

ROWS: list[tuple[str, Any, dict[str, Any], float]] = [
    ("<think>12 x 40</think>The answer is 480.", np.array(["480 euros", "480"], dtype=object), {"kind": "number"}, 1.0),
    ("<think>the answer is 480</think>The answer is 48.", ["480"], {"kind": "number"}, 0.0),
    ("The answer is Berlin, Germany.", {"target": ["Berlin"]}, {"kind": None}, 1.0),
    ("No idea.\nNone.", "Berlin", {}, 0.0),
]
"""Response, gold, extra information and score."""


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return bytes_tokenizer()


@pytest.fixture(scope="module")
def model(tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reward worker reads of a model: its tokenizer."""
    directory = tmp_path_factory.mktemp("model")
    tokenizer.save_pretrained(directory)
    return directory


def configure(model: Path, *overrides: str) -> Any:
    """verl's own configuration with the settings of the module's documentation."""
    with initialize_config_module("verl.trainer.config", version_base=None):
        config = compose("ppo_trainer", overrides=[f"actor_rollout_ref.model.path={model}", *overrides])
    return migrate_legacy_reward_impl(config)


def batch(tokenizer: PreTrainedTokenizerFast, rows: list[tuple[str, Any, dict[str, Any], float]]) -> DataProto:
    """Rollouts as a trainer has them: prompts padded on the left, responses on the right."""
    prompt = [5, 6, 7]
    ids = [[*tokenizer(response).input_ids, tokenizer.eos_token_id] for response, *_ in rows]
    width = max(map(len, ids))
    responses = torch.tensor([row + [tokenizer.pad_token_id] * (width - len(row)) for row in ids])
    mask = torch.tensor([[0, 1, 1] + [1] * len(row) + [0] * (width - len(row)) for row in ids])
    tensors = {"prompts": torch.tensor([prompt] * len(rows)), "responses": responses, "attention_mask": mask}
    columns: dict[str, list[Any]] = {
        "data_source": ["chairs"] * len(rows),
        "reward_model": [{"style": "rule", "ground_truth": gold} for _, gold, *_ in rows],
        "extra_info": [dict(extra) for _, _, extra, _ in rows],
    }
    arrays = {}
    for name, values in columns.items():
        arrays[name] = np.empty(len(rows), dtype=object)
        arrays[name][:] = values
    return DataProto(batch=TensorDict(tensors, batch_size=len(rows)), non_tensor_batch=arrays)


def score(config: Any, data: DataProto) -> list[dict[str, Any]]:
    """As a reward worker does, all samples at once."""

    async def run() -> list[dict[str, Any]]:
        return await RewardLoopWorker(config).compute_score_batch(data)  # type: ignore[no-any-return]

    return asyncio.run(run())


@SEATS
def test_a_worker_scores_rollouts(seat: list[str], model: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    outputs = score(configure(model, *seat, KINDS), batch(tokenizer, ROWS))
    assert [output["reward_score"] for output in outputs] == [expected for *_, expected in ROWS]
    infos = [output["reward_extra_info"] for output in outputs]
    assert infos[0] == {"score": 1.0, "acc": 1.0, "unscored": 0.0, "pred": "480", "reason": "matched"}
    assert [info["pred"] for info in infos] == ["480", "48", "Berlin, Germany", ""]
    assert len({tuple(info) for info in infos}) == 1


@SEATS
def test_a_gold_that_cannot_be_read_ends_the_run_unless_it_has_a_reward(
    seat: list[str], model: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    data = batch(tokenizer, [*ROWS[:1], ("The answer is the.", "the", {}, 0.0)])
    with pytest.raises(ValueError, match="chairs: no answer can be judged by the gold 'the'"):
        score(configure(model, *seat, KINDS), data)
    lenient = KINDS.replace("}", ", unscored: 0.25}")
    outputs = score(configure(model, *seat, lenient), data)
    assert [output["reward_score"] for output in outputs] == [1.0, 0.25]
    assert [output["reward_extra_info"]["unscored"] for output in outputs] == [0.0, 1.0]


def test_samples_that_arrive_together_are_scored_in_one_call_and_late_ones_in_the_next(
    model: Path, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    score_batch = scoring.score_batch

    def counted(responses: list[str], golds: list[Any], **options: Any) -> Any:
        sizes.append(len(responses))
        return score_batch(responses, golds, **options)

    monkeypatch.setattr(scoring, "score_batch", counted)
    data = batch(tokenizer, ROWS * 8)
    config = configure(model, *MANAGER, KINDS)

    async def run() -> list[dict[str, Any]]:
        worker = RewardLoopWorker(config)
        early = asyncio.create_task(worker.compute_score_batch(data[:20]))
        while not sizes:
            await asyncio.sleep(0)
        return [*await worker.compute_score_batch(data[20:]), *await early]

    outputs = asyncio.run(run())
    assert sizes == [20, 12]
    assert [output["reward_score"] for output in outputs] == [1.0, 0.0, 1.0, 0.0] * 8


def test_one_mistake_in_the_data_fails_its_own_sample_alone(model: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    data = batch(tokenizer, [*ROWS, ("The answer is the.", "the", {}, 0.0)])
    config = configure(model, *MANAGER, KINDS)

    async def run() -> list[Any]:
        worker = RewardLoopWorker(config)
        return await asyncio.gather(*(worker.compute_score(data[i : i + 1]) for i in range(5)), return_exceptions=True)

    *scored, failed = asyncio.run(run())
    assert [output["reward_score"] for output in scored] == [1.0, 0.0, 1.0, 0.0]
    assert isinstance(failed, ValueError)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_verls_actors_make_a_reward_tensor_and_validation_metrics(
    model: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    data = batch(tokenizer, ROWS)
    manager = RewardLoopManager(configure(model, *MANAGER, KINDS, "reward.num_workers=2"))
    scored = manager.compute_rm_score(data)
    rewards, infos = extract_reward(scored)
    lengths = data.batch["attention_mask"][:, 3:].sum(dim=1)
    assert rewards.sum(dim=1).tolist() == [1.0, 0.0, 1.0, 0.0]
    assert [rewards[i, lengths[i] - 1] for i in (0, 2)] == [1.0, 1.0]
    lists = {name: values.tolist() for name, values in infos.items()}
    metrics = process_validation_metrics(["chairs"] * 4, ["a", "a", "b", "b"], lists)["chairs"]
    assert metrics["acc"]["mean@2"] == 0.5
    assert metrics["unscored"]["mean@2"] == 0.0
    assert set(metrics["acc"]) >= {"mean@2", "std@2", "best@2/mean", "maj@2/mean"}
