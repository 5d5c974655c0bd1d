"""The ZeRO-3 policy on one rank: both layouts give the same log-probs and gradients, and a step is AdamW's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from deepspeed.runtime.zero.partition_parameters import ZeroParamStatus  # type: ignore[import-untyped]
from deepspeed.utils import safe_get_full_grad  # type: ignore[import-untyped]
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM

from policies import alone, policy, prompt, ragged_targets, target, tiny_model
from qwenlong.backends import deepspeed_policy
from qwenlong.backends.deepspeed_policy import DeepSpeedPolicy, NonFiniteError
from qwenlong.backends.hf_engine import HFEngine
from qwenlong.losses import PolicyObjective
from qwenlong.packing import Target, build_row, place, rows
from qwenlong.records import Request, Row, Sampling, Turn

DIVISOR = 50.0
TEMPERATURE = 0.7


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


def objective(divisor: float = DIVISOR) -> PolicyObjective:
    return PolicyObjective(divisor=divisor, clip_low=0.2, clip_high=0.2)


def placed(items: Sequence[Target], layout: str, *, cap: int = 512, batch: int = 512) -> list[list[Row]]:
    built = rows(items, layout=layout, max_row_tokens=cap)  # type: ignore[arg-type]
    return place(built, num_ranks=1, max_batch_tokens=batch)[0]


def gradients(model: DeepSpeedPolicy, batches: Sequence[Sequence[Row]]) -> dict[str, np.ndarray]:
    """Full gradients of one update with learning rate 0."""
    found: dict[str, np.ndarray] = {}
    step = model._engine.step

    def look() -> None:
        if model._engine.is_gradient_accumulation_boundary():
            for name, parameter in model._engine.module.named_parameters():
                found[name] = safe_get_full_grad(parameter).double().numpy().copy()
        step()

    model._engine.step = look
    model.update(batches, objective=objective(), temperature=TEMPERATURE, learning_rate=0.0)
    model._engine.step = step
    return found


def by_response(batches: Sequence[Sequence[Row]], values: Sequence[np.ndarray]) -> dict[bytes, np.ndarray]:
    """Log-probs named by prompt and response, so that layouts can be compared."""
    found = {}
    for batch, flat in zip(batches, values, strict=True):
        start = 0
        for row in batch:
            inner = 0
            for length in row.segment_lengths[1:]:
                key = row.token_ids[: row.segment_lengths[0]].tobytes() + row.labels[inner : inner + length].tobytes()
                found[key] = flat[start + inner : start + inner + length]
                inner += length
            start += inner
    return found


def largest_difference(one: dict, other: dict) -> float:  # type: ignore[type-arg]
    assert one.keys() == other.keys()
    return max(float(np.abs(one[k] - other[k]).max() / np.abs(other[k]).max()) for k in other)


def reference(path: Path, items: Sequence[Target]) -> tuple[dict[bytes, np.ndarray], dict[str, np.ndarray]]:
    """One response at a time through plain transformers and autograd, in float64."""
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float64)
    found, total = {}, torch.zeros((), dtype=torch.float64)
    for item in items:
        p = len(item.turn.prompt_ids)
        ids = torch.from_numpy(np.concatenate([item.turn.prompt_ids, item.turn.response_ids]).astype(np.int64))
        log_p = torch.log_softmax(model(ids[None]).logits[0] / TEMPERATURE, -1)
        chosen = log_p[p - 1 : -1].gather(-1, ids[p:, None])[:, 0]
        found[item.turn.prompt_ids.tobytes() + item.turn.response_ids.tobytes()] = chosen.detach().numpy()
        total = total - (chosen * item.advantage * item.weight).sum() / DIVISOR
    total.backward()
    named = {f"model.{n}": p.grad.numpy() for n, p in model.named_parameters() if p.grad is not None}
    return found, named


@pytest.mark.parametrize(
    ("layout", "cap", "batch", "options"),
    [
        ("shared", 512, 512, {}),
        ("shared", 30, 30, {}),  # groups split over rows, several micro-batches
        ("shared", 512, 64, {"persistent_below": 0}),  # every weight gathered for every use
        ("shared", 512, 512, {"gradient_checkpointing": True}),
        ("full", 512, 512, {}),
        ("full", 512, 40, {"persistent_below": 0}),
    ],
)
def test_log_probs_and_gradients_equal_plain_transformers(
    model_path: Path, layout: str, cap: int, batch: int, options: dict[str, Any]
) -> None:
    items = ragged_targets()
    expected, expected_gradients = reference(model_path, items)
    model = policy(model_path, layout=layout, **options)
    batches = placed(items, layout, cap=cap, batch=batch)
    found = by_response(batches, model.logprobs(batches, temperature=TEMPERATURE))
    assert largest_difference(found, expected) < 1e-5
    assert largest_difference(gradients(model, batches), expected_gradients) < 1e-5


def test_in_float64_the_shared_row_agrees_to_one_in_a_million(model_path: Path) -> None:
    from qwenlong.backends import attention
    from qwenlong.backends.batches import assemble
    from qwenlong.backends.deepspeed_policy import _Scorer

    items = ragged_targets()
    expected, expected_gradients = reference(model_path, items)
    model = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float64, attn_implementation=attention.NAME)
    [built] = placed(items, "shared")
    batch = assemble(built, layout="shared")
    arrays = (
        batch.token_ids,
        batch.position_ids,
        batch.hidden_index,
        np.concatenate([r.labels for r in built]).astype(np.int64),
    )
    layout = attention.shared_layout(batch.segment_lengths, batch.segment_parents)
    scorer = _Scorer(model)
    logprobs, entropy = scorer(*map(torch.from_numpy, arrays), TEMPERATURE, layout)
    found = by_response([built], [logprobs.detach().numpy()])
    assert largest_difference(found, expected) < 1e-6
    objective()(logprobs, entropy, built).value.backward()
    named = {n: p.grad.numpy() for n, p in scorer.named_parameters() if p.grad is not None}
    assert largest_difference(named, expected_gradients) < 1e-6


@pytest.mark.parametrize("field", ["hidden_index", "position_ids"])
def test_an_off_by_one_is_seen(model_path: Path, field: str) -> None:
    items = ragged_targets()
    model = policy(model_path, layout="shared")
    [right] = placed(items, "shared")
    wrong = []
    for row in right:
        moved = getattr(row, field).copy()
        if field == "hidden_index":
            moved[-1] -= 1
        else:
            moved[row.segment_lengths[0] :] += 1
        wrong.append(replace(row, **{field: moved}))
    one, two = (model.logprobs([batch], temperature=TEMPERATURE)[0] for batch in (right, wrong))
    assert float(np.abs(one - two).max() / np.abs(one).max()) > 1e-2


def test_rows_of_weight_zero_change_nothing(model_path: Path) -> None:
    items = ragged_targets()
    model = policy(model_path, layout="shared")
    batches = placed(items, "shared")
    silent = place([], num_ranks=1, max_batch_tokens=64)[0]
    assert largest_difference(gradients(model, [*batches, *silent]), gradients(model, batches)) < 1e-6


def test_an_update_is_a_step_of_adamw(model_path: Path) -> None:
    items = ragged_targets()
    model = policy(model_path, layout="shared", betas=(0.9, 0.95), weight_decay=0.1)
    plain = AutoModelForCausalLM.from_pretrained(model_path)
    optimizer = torch.optim.AdamW(plain.parameters(), lr=1e-2, betas=(0.9, 0.95), weight_decay=0.1)
    batches = placed(items, "shared")
    for _ in range(3):
        found = gradients_of_plain(plain, items)
        done = model.update(batches, objective=objective(), temperature=TEMPERATURE, learning_rate=1e-2)
        norm = np.sqrt(sum(float((g**2).sum()) for g in found))
        assert done["grad_norm"] == pytest.approx(norm, rel=1e-4)
        optimizer.step()
        optimizer.zero_grad()
    weights = {name: tensor.clone() for bucket in model.weights() for name, tensor in bucket}
    for name, tensor in plain.state_dict().items():
        # Adam divides by the gradient's size, which magnifies rounding where a gradient is almost zero
        assert float((weights[name] - tensor).abs().mean()) < 1e-5
    assert model.version == 3


def gradients_of_plain(model: torch.nn.Module, items: Sequence[Target]) -> list[np.ndarray]:
    total = torch.zeros(())
    for item in items:
        p = len(item.turn.prompt_ids)
        ids = torch.from_numpy(np.concatenate([item.turn.prompt_ids, item.turn.response_ids]).astype(np.int64))
        log_p = torch.log_softmax(model(ids[None]).logits[0] / TEMPERATURE, -1)
        chosen = log_p[p - 1 : -1].gather(-1, ids[p:, None])[:, 0]
        total = total - (chosen * item.advantage * item.weight).sum() / DIVISOR
    total.backward()
    return [p.grad.numpy().copy() for p in model.parameters() if p.grad is not None]


def test_tied_weights_are_handed_out_under_both_names(model_path: Path) -> None:
    model = policy(model_path, layout="shared")
    weights = {name: tensor for bucket in model.weights() for name, tensor in bucket}
    assert set(weights) == set(AutoModelForCausalLM.from_pretrained(model_path).state_dict())
    assert torch.equal(weights["lm_head.weight"], weights["model.embed_tokens.weight"])


def test_an_exported_model_is_the_trained_one(model_path: Path, tmp_path: Path) -> None:
    items = ragged_targets()
    model = policy(model_path, layout="shared")
    batches = placed(items, "shared")
    model.update(batches, objective=objective(), temperature=1.0, learning_rate=1e-2)
    model.export(tmp_path / "model")
    expected, _ = reference(tmp_path / "model", items)
    found = by_response(batches, model.logprobs(batches, temperature=TEMPERATURE))
    assert largest_difference(found, expected) < 1e-5
    assert largest_difference(reference(model_path, items)[0], expected) > 1e-2


def test_a_loaded_policy_goes_on_bit_for_bit(model_path: Path, tmp_path: Path) -> None:
    items = ragged_targets()
    batches = placed(items, "shared")
    first = policy(model_path, layout="shared")
    step = {"objective": objective(), "temperature": 1.0, "learning_rate": 1e-2}
    first.update(batches, **step)  # type: ignore[arg-type]
    first.save(tmp_path)
    first.update(batches, **step)  # type: ignore[arg-type]
    second = policy(model_path, layout="shared")
    second.load(tmp_path)
    assert second.version == 1
    second.update(batches, **step)  # type: ignore[arg-type]
    for one, two in zip(first.weights(), second.weights(), strict=True):
        assert all(torch.equal(a[1], b[1]) for a, b in zip(one, two, strict=True))


def test_a_reset_optimiser_is_a_fresh_one(model_path: Path) -> None:
    batches = placed(ragged_targets(), "shared")
    used, fresh = (policy(model_path, layout="shared") for _ in range(2))
    used.update(batches, objective=objective(), temperature=1.0, learning_rate=0.0)
    used.reset_optimizer()
    for model in (used, fresh):
        model.update(batches, objective=objective(), temperature=1.0, learning_rate=1e-2)
    for one, two in zip(used.weights(), fresh.weights(), strict=True):
        assert all(torch.equal(a[1], b[1]) for a, b in zip(one, two, strict=True))


def test_a_loss_that_is_no_number_stops_before_the_step(model_path: Path) -> None:
    model = policy(model_path, layout="shared")
    before = [tensor.clone() for bucket in model.weights() for _, tensor in bucket]
    poisoned = [build_row([target(prompt(4, seed=0), 3, seed=1, advantage=float("nan"))])]
    with pytest.raises(NonFiniteError, match="loss is"):
        model.update([poisoned], objective=objective(), temperature=1.0, learning_rate=1.0)
    after = [tensor for bucket in model.weights() for _, tensor in bucket]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_shared_rows_are_refused_for_sliding_layers_and_full_rows_are_not(tmp_path: Path) -> None:
    config = Qwen2Config(
        vocab_size=64, hidden_size=64, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, use_sliding_window=True, sliding_window=8, max_window_layers=1,
    )  # fmt: skip
    Qwen2ForCausalLM(config).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r'layer 1 of qwen2 is sliding_attention.*"full"'):
        policy(tmp_path, layout="shared", world=alone())
    items = ragged_targets()
    batches = placed(items, "full")
    found = by_response(batches, policy(tmp_path, layout="full").logprobs(batches, temperature=TEMPERATURE))
    assert largest_difference(found, reference(tmp_path, items)[0]) < 1e-5


@pytest.mark.parametrize("layout", ["shared", "full"])
def test_with_kept_sets_the_ratio_is_exact_below_full_support(model_path: Path, layout: str) -> None:
    engine = HFEngine(model_path, dtype="float32", end_ids=[1], max_batch_tokens=4096)
    asked = [Request(id=str(i), token_ids=prompt(9 + i, seed=i).astype(np.int32), n=3, seed=i) for i in range(3)]
    sampling = Sampling(temperature=TEMPERATURE, top_p=0.8, top_k=20, max_tokens=6)
    turns = [
        Turn(
            prompt_ids=asked[int(c.request_id)].token_ids, response_ids=c.token_ids, logprobs=c.logprobs,
            finish=c.finish, weight_version=0, kept_tokens=c.kept_tokens,
        )
        for c in engine.generate(asked, sampling)
    ]  # fmt: skip

    def gap(told: bool) -> float:
        items = [Target(turn=turn if told else replace(turn, kept_tokens=None), advantage=1.0, weight=1.0)
                 for turn in turns]  # fmt: skip
        batches = placed(items, layout)
        found = policy(model_path, layout=layout).logprobs(batches, temperature=TEMPERATURE)
        said = [np.concatenate([row.rollout_logprobs for row in batch]) for batch in batches]
        weight = [np.concatenate([row.weights for row in batch]) > 0 for batch in batches]
        pieces = zip(found, said, weight, strict=True)
        return float(np.mean([abs(np.exp(a - b)[w].mean() - 1) for a, b, w in pieces]))

    assert gap(told=True) < 1e-4
    assert gap(told=False) > 0.05  # the mass that was left out


def test_no_more_is_gathered_than_a_bucket_or_a_single_tensor(model_path: Path, monkeypatch: Any) -> None:
    limit = 20_000
    monkeypatch.setattr(deepspeed_policy, "BUCKET_BYTES", limit)
    model = policy(model_path, layout="shared", persistent_below=0)
    parameters = list(model._engine.module.model.parameters())
    largest = max(p.ds_numel * p.element_size() for p in parameters)
    peaks, names = [], []
    for bucket in model.weights():
        here = [p for p in parameters if p.ds_status is ZeroParamStatus.AVAILABLE]
        peaks.append(sum(p.ds_numel * p.element_size() for p in here))
        names += [name for name, _ in bucket]
    assert max(peaks) <= max(limit, largest)
    assert len(peaks) > 3
    assert sorted(names) == sorted(AutoModelForCausalLM.from_pretrained(model_path).state_dict())
