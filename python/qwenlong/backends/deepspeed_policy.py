"""The policy under DeepSpeed ZeRO-3, on CPUs and GPUs alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import deepspeed  # type: ignore[import-untyped]
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.integrations.deepspeed import HfDeepSpeedConfig

from qwenlong.backends import attention
from qwenlong.backends.batches import assemble
from qwenlong.backends.head import Kept, LogprobHead
from qwenlong.backends.world import World
from qwenlong.records import Row

BUCKET_BYTES = 1 << 30
"""Weights gathered at once when they are handed out."""


class NonFiniteError(RuntimeError):
    """The loss or the gradient is not a number; the step was not taken."""


class _Scorer(nn.Module):
    """The language model, asked for log-probs at given positions."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        model.lm_head = LogprobHead(model.lm_head)

    def forward(
        self, ids: Tensor, positions: Tensor, index: Tensor, labels: Tensor, temperature: float, layout: Any,
        kept: Kept | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        extra = {} if layout is None else {"layout": layout}
        states = self.model.model(input_ids=ids, position_ids=positions, use_cache=False, **extra).last_hidden_state
        # The last prompt position is named once per response; index_select's gradient adds them up in a fixed order,
        # plain indexing does so with atomic adds, which is another sum in every run.
        chosen = states.flatten(0, 1).index_select(0, index)
        logprobs, entropy = self.model.lm_head(chosen, labels, temperature, kept)
        return logprobs, entropy


class DeepSpeedPolicy:
    """ZeRO-3 engine, optimiser and the shape of rows."""

    def __init__(
        self,
        path: str | Path,
        *,
        world: World,
        layout: str,
        dtype: str,
        trained: bool = True,
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.0,
        max_grad_norm: float = 0.0,
        gradient_checkpointing: bool = False,
        offload_optimizer: bool = False,
        persistent_below: int | None = None,
    ) -> None:
        """Load `path` straight into its shards. A policy that is not `trained` is a frozen reference.

        Raises:
            ValueError: the layout is `shared` and a layer is not full attention, or the weights lack a tensor.
        """
        self.version = 0
        self._world, self._layout = world, layout
        config = AutoConfig.from_pretrained(path)
        if layout == "shared":
            attention.refuse_other_attention(config)
        settings = _settings(
            size=world.size, dtype=dtype, max_grad_norm=max_grad_norm, offload_optimizer=offload_optimizer,
            persistent_below=persistent_below,
        )  # fmt: skip
        # Alive while the model loads: weights go straight to their shards.
        sharding = HfDeepSpeedConfig(settings)
        load: Any = AutoModelForCausalLM.from_pretrained
        model, report = load(
            path, config=config, dtype=getattr(torch, dtype), output_loading_info=True,
            attn_implementation=attention.NAME if layout == "shared" else "sdpa",
        )  # fmt: skip
        del sharding  # any other model that is loaded later stays whole
        missing = set(report["missing_keys"]) - set(getattr(model, "_tied_weights_keys", None) or {})
        if missing:
            raise ValueError(f"{path} lacks weights of its own architecture: {', '.join(sorted(missing))}")
        self.tied = bool(config.get_text_config().tie_word_embeddings)
        if gradient_checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        model.train(trained)
        scorer = _Scorer(model)
        optimizer = None
        if trained:
            optimizer = torch.optim.AdamW(scorer.parameters(), lr=0.0, betas=betas, weight_decay=weight_decay)
        else:
            scorer.requires_grad_(requires_grad=False)
        self._engine, self._optimizer, *_ = deepspeed.initialize(model=scorer, optimizer=optimizer, config=settings)
        self._moves = trained and torch.cuda.is_available() and not offload_optimizer

    @torch.no_grad()
    def logprobs(self, batches: Sequence[Sequence[Row]], *, temperature: float) -> list[NDArray[np.float32]]:
        """Per micro-batch [N] float32."""
        return [self._forward(rows, temperature)[0].cpu().numpy().astype(np.float32) for rows in batches]

    def update(
        self,
        batches: Sequence[Sequence[Row]],
        *,
        objective: Callable[[Tensor, Tensor, Sequence[Row]], Any],
        temperature: float,
        learning_rate: float,
    ) -> dict[str, float]:
        """One optimiser step over micro-batches; each loss is scaled by the number of ranks, since ZeRO averages them.

        Raises:
            NonFiniteError: before the step would write NaN into the weights.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        sums: dict[str, float] = {}
        for number, rows in enumerate(batches):
            logprobs, entropy = self._forward(rows, temperature)
            loss = objective(logprobs, entropy, rows)
            self._engine.set_gradient_accumulation_boundary(number + 1 == len(batches))
            self._engine.backward(loss.value * self._world.size, scale_wrt_gas=False)
            for name, value in loss.sums.items():
                sums[name] = sums.get(name, 0.0) + float(value)
            if number + 1 == len(batches):
                self._refuse_nonfinite(sums["loss"])
            self._engine.step()
        self.version += 1
        sums["grad_norm"] = float(self._engine.get_global_grad_norm())
        if not math.isfinite(sums["grad_norm"]):
            raise NonFiniteError(f"the gradient norm is {sums['grad_norm']} at update {self.version}")
        return sums

    def _refuse_nonfinite(self, loss: float) -> None:
        losses = self._world.gather(loss)
        if not all(math.isfinite(value) for value in losses):
            raise NonFiniteError(f"the loss is {losses} on the ranks at update {self.version}; the step was not taken")

    def _forward(self, rows: Sequence[Row], temperature: float) -> tuple[Tensor, Tensor]:
        batch = assemble(rows, layout=self._layout)
        device = self._engine.device
        layout = None
        if self._layout == "shared":
            layout = attention.shared_layout(batch.segment_lengths, batch.segment_parents)
        labels = np.concatenate([row.labels for row in rows]).astype(np.int64)
        tensors = (
            torch.from_numpy(a).to(device) for a in (batch.token_ids, batch.position_ids, batch.hidden_index, labels)
        )
        logprobs, entropy = self._engine(*tensors, temperature, layout, _kept(rows))
        return logprobs, entropy

    def weights(self) -> Iterator[list[tuple[str, Tensor]]]:
        """Full tensors under Hub names, a tied head also under its own, gathered about 1 GB at a time.

        A bucket is larger only where a single tensor is; the receiver copies it before it asks for the next.
        """
        pending: list[tuple[str, Any]] = []
        size = 0
        for name, parameter in self._engine.module.model.named_parameters():
            own = parameter.ds_numel * parameter.element_size()
            if pending and size + own > BUCKET_BYTES:
                yield from self._gathered(pending)
                pending, size = [], 0
            pending.append((name, parameter))
            size += own
        yield from self._gathered(pending)

    def _gathered(self, pending: list[tuple[str, Any]]) -> Iterator[list[tuple[str, Tensor]]]:
        with deepspeed.zero.GatheredParameters([p for _, p in pending]):
            yield [pair for name, p in pending for pair in self._named(name, p.data)]

    def _named(self, name: str, tensor: Tensor) -> list[tuple[str, Tensor]]:
        pairs = [(name, tensor)]
        if self.tied and name == "model.embed_tokens.weight":
            pairs.append(("lm_head.weight", tensor))
        return pairs

    def offload(self) -> None:
        """Move gradients, optimiser states and shards to the host while the engine has the GPU."""
        if self._moves:
            self._engine.offload_states()

    def reload(self) -> None:
        """Bring them back."""
        if self._moves:
            self._engine.reload_states()

    def reset_optimizer(self) -> None:
        """Zero moments and step counts, as a fresh optimiser has them."""
        for state in self._optimizer.optimizer.state.values():
            for value in state.values():
                if torch.is_tensor(value):
                    value.zero_()

    def save(self, directory: Path) -> None:
        """Shards of weights and optimiser, written by every rank."""
        self._engine.save_checkpoint(str(directory), tag="zero", client_state={"version": self.version})

    def load(self, directory: Path) -> None:
        """Shards of `save`, on as many ranks."""
        _, state = self._engine.load_checkpoint(str(directory), tag="zero")
        self.version = state["version"]

    def export(self, directory: Path) -> None:
        """Config, generation config and safetensors in Hub layout; rank 0 writes."""
        state = {}
        for bucket in self.weights():
            if self._world.rank == 0:
                state.update({name: tensor.detach().cpu().clone() for name, tensor in bucket})
        if self._world.rank == 0:
            if self.tied:
                del state["lm_head.weight"]
            directory.mkdir(parents=True, exist_ok=True)
            model = self._engine.module.model
            model.config.save_pretrained(directory)
            if model.generation_config is not None:
                model.generation_config.save_pretrained(directory)
            _save_safetensors(state, directory)
        self._world.barrier()


def _kept(rows: Sequence[Row]) -> Kept | None:
    """The rows' kept-token sets, None where every target kept the whole vocabulary."""
    counts = np.concatenate([row.kept_counts for row in rows]).astype(np.int64)
    if not counts.any():
        return None
    ids = np.concatenate([row.kept_ids for row in rows]).astype(np.int64)
    return torch.from_numpy(ids), torch.from_numpy(np.cumsum([0, *counts]))


def _save_safetensors(state: dict[str, Tensor], directory: Path) -> None:
    """Files of at most 4 GB with an index, as the Hub has them."""
    from huggingface_hub import save_torch_state_dict

    save_torch_state_dict(state, directory, max_shard_size="4GB", metadata={"format": "pt"})


def _settings(
    *, size: int, dtype: str, max_grad_norm: float, offload_optimizer: bool, persistent_below: int | None
) -> dict[str, Any]:
    """DeepSpeed's configuration; what defaults elsewhere or changed its default is stated."""
    zero: dict[str, Any] = {"stage": 3}
    if not torch.cuda.is_available():
        # Where no link is to be kept busy, large buckets only cost memory: 5 GB for a model of half a billion weights.
        zero |= dict.fromkeys(("reduce_bucket_size", "stage3_prefetch_bucket_size"), 20_000_000)
        zero["sub_group_size"] = 50_000_000
    if offload_optimizer:
        zero["offload_optimizer"] = {"device": "cpu", "pin_memory": torch.cuda.is_available()}
    if persistent_below is not None:
        zero["stage3_param_persistence_threshold"] = persistent_below
    return {
        "train_batch_size": size,
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": max_grad_norm,
        "zero_optimization": zero,
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,
        "bf16": {"enabled": dtype == "bfloat16"},
        "data_types": {"grad_accum_dtype": "fp32"},
        "steps_per_print": 1 << 60,
    }
