"""The memory of a GPU: a published table cell by cell, values by hand, and what torch keeps for a real layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, PretrainedConfig, Qwen2Config, Qwen3Config

from fakes import Alone
from policies import alone, ragged_targets, tiny_model
from qwenlong.backends import attention, head
from qwenlong.backends.batches import assemble
from qwenlong.backends.deepspeed_policy import DeepSpeedPolicy
from qwenlong.backends.shapes import read_sizes
from qwenlong.cli import memory as m
from qwenlong.losses import PolicyObjective
from qwenlong.packing import Target, build_row, digest, place, rows
from qwenlong.records import Finish, Turn
from qwenlong.update import MiniBatch, computed, update

SHAPES = m.known_shapes()
R14 = SHAPES["deepseek-ai/DeepSeek-R1-Distill-Qwen-14B"]
R32 = SHAPES["deepseek-ai/DeepSeek-R1-Distill-Qwen-32B"]
UNIT = m.Shape(
    parameters=1000, num_layers=3, hidden_size=8, num_heads=4, num_kv_heads=2, head_dim=2, ffn_size=16, vocab_size=32,
    max_positions=64, head_norms=False,
)  # fmt: skip


# A published estimate of 8 GPUs under ZeRO-3 with full checkpointing, in GB. Its conventions: gradients in bfloat16, so
# 16 bytes a parameter, 4 of them left where the optimizer is on the host; a head of 8,192 tokens in one float32 buffer
# with weight and gradient in bfloat16; feed-forward tiles of 8,192 tokens; no ZeRO buffers.
TABLE = [
    # model, row, ranks a row, states, offloaded, checkpoints, layer, layer in tiles
    (R14, 140_000, 1, 29.5, 7.4, 68.8, 41, 16),
    (R14, 140_000, 8, 29.5, 7.4, 8.6, 5, None),
    (R32, 140_000, 1, 65.5, 16.4, 91.8, 69, 18),
    (R32, 140_000, 8, 65.5, 16.4, 11.5, 9, 5),
    (R32, 70_000, 1, None, 16.4, 45.9, 34, 10),
]
TOTALS = [(148, 100, "tiles"), (51, 29, "whole"), (234, 134, "tiles"), (94, 45, "whole"), (105, 81, "tiles")]
"""All of a row; the best of it, with the optimizer on the host and the feed-forward part in tiles or whole."""


@pytest.mark.parametrize(("cells", "totals"), list(zip(TABLE, TOTALS, strict=True)))
def test_every_cell_of_the_table_is_reproduced(cells: tuple[Any, ...], totals: tuple[int, int, str]) -> None:
    shape, row, ranks, states, offloaded, checkpoints, layer, tiled = cells
    tokens = row / ranks
    whole = m.layer_bytes(shape, tokens=tokens, weight_bytes=2)
    tiles = m.layer_bytes(shape, tokens=tokens, weight_bytes=2, tile=8192)
    kept = m.checkpoint_bytes(shape, tokens=tokens, weight_bytes=2)
    on_gpu = m.state_bytes(shape, ranks=8, bytes_each=16)
    on_host = m.state_bytes(shape, ranks=8, bytes_each=4)
    chunk = m.head_bytes(shape, chunk=8192, buffers=1, weights=4)
    assert states is None or round(on_gpu / m.GB, 1) == states
    assert round(on_host / m.GB, 1) == offloaded
    assert round(kept / m.GB, 1) == checkpoints
    assert round(whole / m.GB) == layer
    assert tiled is None or round(tiles / m.GB) == tiled
    assert round(chunk / m.GB) == 8
    # Where the table has no states on the GPU, its first total is with the optimizer on the host too.
    assert round(((on_gpu if states else on_host) + kept + whole + chunk) / m.GB) == totals[0]
    best = tiles if totals[2] == "tiles" else whole
    assert round((on_host + kept + best + chunk) / m.GB) == totals[1]


def test_checkpoints_of_eight_ranks_on_the_host_and_the_cache_of_a_group() -> None:
    # Of the same source: 551 and 734 GB on the host; a group's cache takes 27.5 GB with its prompt shared, 110 without.
    for shape, gigabytes in ((R14, 551), (R32, 734)):
        assert round(8 * m.checkpoint_bytes(shape, tokens=140_000, weight_bytes=2) / m.GB) == gigabytes
    shared, apart = 60_000 + 8 * 10_000, 8 * (60_000 + 10_000)
    assert round(m.cache_bytes(R14, tokens=shared, weight_bytes=2) / m.GB, 1) == 27.5
    assert round(m.cache_bytes(R14, tokens=apart, weight_bytes=2) / m.GB) == 110


def test_terms_of_a_small_shape_by_hand() -> None:
    # Q = 4 x 2 = 8, K = 2 x 2 = 4.
    assert (UNIT.query_size, UNIT.kv_size) == (8, 4)
    # 7 x 16 + 5 x 8 + 4 x 8 + 5 x 4 = 204 entries a token, 10 tokens of 2 bytes; in tiles of 4, 92 x 10 + 112 x 4.
    assert m.layer_bytes(UNIT, tokens=10, weight_bytes=2) == 4080
    assert m.layer_bytes(UNIT, tokens=10, weight_bytes=2, tile=4) == 2 * (920 + 448)
    # 4 x 16 + 4 x 8 + 3 x 8 + 3 x 4 = 132.
    assert m.saved_bytes(UNIT, tokens=10, weight_bytes=2) == 2640
    # Two norms of 8 in float32; 6 bytes of 8 + 4 beside them in Qwen3; none where all is float32.
    assert m.norm_bytes(UNIT, tokens=10, weight_bytes=2) == 10 * 64
    assert m.norm_bytes(replace(UNIT, head_norms=True), tokens=10, weight_bytes=2) == 10 * (64 + 72)
    assert m.norm_bytes(UNIT, tokens=10, weight_bytes=4) == 0
    # 32 x (5 x 4 x 3 + 8 x 10).
    assert m.head_bytes(UNIT, chunk=5, buffers=3, weights=10) == 4480
    # Keys and values of 4 in 3 layers, 2 bytes: 48 a token; 4 ranks cannot split 2 heads in more than 2.
    assert m.cache_bytes(UNIT, tokens=7, weight_bytes=2) == 336
    assert m.cache_bytes(UNIT, tokens=7, weight_bytes=2, tensor_parallel=4) == 168
    # The input of each of 3 layers.
    assert m.checkpoint_bytes(UNIT, tokens=10, weight_bytes=2) == 480


def training(**changes: Any) -> m.Training:
    plain = m.Training(
        shape=UNIT, ranks=2, tokens=10, weight_bytes=2, gradient_checkpointing=True, offload_optimizer=False
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("changes", "each", "host"),
    [
        ({}, 2 + 4 + 12, 0),  # bfloat16: float32 gradients, float32 weights, two moments
        ({"offload_optimizer": True}, 2, 4 + 4 + 12),
        ({"weight_bytes": 4}, 4 + 4 + 12, 0),  # the optimizer's float32 weights are a copy all the same
        ({"weight_bytes": 4, "offload_optimizer": True}, 4, 20),
        ({"has_reference": True}, 18 + 2, 0),
        ({"offload_optimizer": True, "has_reference": True}, 2 + 2, 20),
    ],
)
def test_states_are_shared_out_among_the_ranks(changes: dict[str, Any], each: int, host: int) -> None:
    one = training(**changes)
    assert m.update_terms(one).states == each * 1000 / 2
    assert m.host_bytes(one) == host * 1000 / 2


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("offload", [True, False])
def test_deepspeed_keeps_as_many_bytes_a_parameter(tmp_path: Any, dtype: Any, offload: bool) -> None:
    path = tiny_model(tmp_path / "model")
    model = DeepSpeedPolicy(path, world=alone(), layout="shared", dtype=dtype, offload_optimizer=offload)
    built = rows(ragged_targets(), layout="shared", max_row_tokens=64)
    plan = place(computed(built, every_row=False), num_ranks=1, max_batch_tokens=64)
    batch = MiniBatch(batches=plan[0], divisor=1.0, plan=digest(plan))
    update(
        model, [batch, batch], ranks=Alone(), temperature=1.0, peak_learning_rate=0.01, warmup_steps=0, first_update=0,
        objective=lambda divisor: PolicyObjective(divisor=divisor, clip_low=0.2, clip_high=0.2),
    )  # fmt: skip
    zero = model._engine.optimizer
    masters = list(zero.fp32_partitioned_groups_flat)
    moments = [one for state in zero.optimizer.state.values() for one in state.values() if torch.is_tensor(one)]
    kept = [zero.grad_partitions_flat_buffer, *masters, *moments]
    kept += [one.grad for one in masters if one.grad is not None]
    own = [one.ds_tensor for one in model._engine.module.parameters()]
    assert not {one.untyped_storage().data_ptr() for one in own} & {one.untyped_storage().data_ptr() for one in kept}
    number, weight = sum(one.ds_numel for one in model._engine.module.parameters()), 2 if dtype == "bfloat16" else 4
    planned = training(shape=replace(UNIT, parameters=number), ranks=1, weight_bytes=weight, offload_optimizer=offload)
    expected = m.host_bytes(planned) if offload else m.update_terms(planned).states - number * weight
    assert sum(one.nbytes for one in kept) == pytest.approx(expected, rel=1e-3)


def test_an_update_adds_its_terms_up() -> None:
    terms = m.update_terms(training())
    assert (terms.states, terms.checkpoints, terms.layer) == (9000, 480, 4080 + 640)
    # One chunk of 2^20 tokens of 32 logits; weight, its float32 gradient and a chunk's product: 2 + 4 + 4.
    assert terms.head == 32 * ((1 << 20) * 4 * 5 + 8 * 10)
    assert terms.buffers == 2 * (500_000_000 + 1000)
    assert terms.total == sum((terms.states, terms.checkpoints, terms.layer, terms.head, terms.buffers))


def test_without_checkpointing_every_other_layer_keeps_what_it_saves() -> None:
    assert m.update_terms(training(gradient_checkpointing=False)).checkpoints == 2 * (2640 + 640)


def test_ranks_that_share_a_row_divide_what_depends_on_its_length() -> None:
    whole, shared = m.update_terms(training()), m.update_terms(training(sequence_parallel=2))
    assert (shared.checkpoints, shared.layer) == (whole.checkpoints / 2, whole.layer / 2)
    assert (shared.states, shared.head, shared.buffers) == (whole.states, whole.head, whole.buffers)


def test_the_longest_micro_batch_that_fits_is_the_last_one() -> None:
    one = training(shape=R14, ranks=8, offload_optimizer=True)
    longest = m.longest_that_fits(one, room=76e9)
    assert m.update_terms(replace(one, tokens=longest)).total <= 76e9
    assert m.update_terms(replace(one, tokens=longest + 1)).total > 76e9
    assert m.longest_that_fits(one, room=1e9) == 0


def test_the_head_is_cut_as_the_program_cuts_it() -> None:
    assert m.HEAD_LOGITS == head.CHUNK_LOGITS


def hub_config(name: str) -> PretrainedConfig:
    shape = SHAPES[name]
    how: dict[str, Any] = {
        "vocab_size": shape.vocab_size, "hidden_size": shape.hidden_size, "intermediate_size": shape.ffn_size,
        "num_hidden_layers": shape.num_layers, "num_attention_heads": shape.num_heads,
        "num_key_value_heads": shape.num_kv_heads, "max_position_embeddings": shape.max_positions,
    }  # fmt: skip
    if "Qwen3" in name:
        return Qwen3Config(**how, head_dim=shape.head_dim, tie_word_embeddings=True)
    return Qwen2Config(**how, tie_word_embeddings=False)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_known_shape_is_what_its_config_says(name: str, tmp_path: Any) -> None:
    hub_config(name).save_pretrained(tmp_path)
    sizes = read_sizes(tmp_path)
    assert sizes is not None
    assert m.Shape(**sizes) == SHAPES[name]


def test_a_mixture_of_experts_is_not_planned_as_a_dense_model(tmp_path: Any) -> None:
    config: Any = Qwen3Config()
    config.num_experts = 8
    config.save_pretrained(tmp_path)
    assert read_sizes(tmp_path) is None


def saved_by_torch(config: Any, num_layers: int) -> float:
    """Bytes a token that the layers' backward pass waits for, weights aside, under the program's own attention."""
    config.num_hidden_layers = num_layers
    config.layer_types = ["full_attention"] * num_layers
    build: Any = AutoModelForCausalLM.from_config
    built = build(config, attn_implementation=attention.NAME)
    model = built.to(torch.bfloat16).train()
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    sizes: dict[int, int] = {}
    alive: list[torch.Tensor] = []

    def note(tensor: torch.Tensor) -> torch.Tensor:
        alive.append(tensor)  # so that no address is used twice
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    prompt = np.zeros(128, np.int32)
    turn = Turn(
        prompt_ids=prompt, response_ids=np.zeros(64, np.int32), logprobs=np.zeros(64, np.float32),
        finish=Finish.STOPPED, weight_version=0,
    )  # fmt: skip
    batch = assemble([build_row([Target(turn=turn, advantage=1.0, weight=1.0)] * 2)], layout="shared")
    layout = attention.shared_layout(batch.segment_lengths, batch.segment_parents)
    tokens = torch.from_numpy(batch.token_ids)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        positions = torch.from_numpy(batch.position_ids)
        out = model.model(input_ids=tokens, position_ids=positions, use_cache=False, layout=layout)
    assert out.last_hidden_state.shape[1] == 256
    return sum(sizes.values()) / 256


@pytest.mark.parametrize("kind", [Qwen2Config, Qwen3Config])
def test_what_a_layer_saves_is_within_5_percent_of_what_torch_keeps(kind: type[PretrainedConfig]) -> None:
    # The proportions of the 14B and 32B models: 5 query heads to a key head, a feed-forward part 2.7 times as wide.
    config = kind(
        vocab_size=64, hidden_size=320, intermediate_size=864, num_attention_heads=5, num_key_value_heads=1,
        head_dim=64, tie_word_embeddings=False,
    )  # type: ignore[call-arg]  # fmt: skip
    measured = saved_by_torch(config, 3) - saved_by_torch(config, 2)
    shape = replace(
        UNIT, hidden_size=320, ffn_size=864, num_heads=5, num_kv_heads=1, head_dim=64, head_norms=kind is Qwen3Config
    )
    computed = m.saved_bytes(shape, tokens=1, weight_bytes=2) + m.norm_bytes(shape, tokens=1, weight_bytes=2)
    assert computed == pytest.approx(measured, rel=0.05)
