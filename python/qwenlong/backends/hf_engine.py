"""Rollouts with transformers, anywhere: every prompt is prefilled once and its G responses decode from that cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM

from qwenlong.backends import decoding
from qwenlong.backends.attention import other_attention
from qwenlong.records import Completion, EngineCounts, Finish, Request, Sampling

Follow = Callable[[Tensor, int], Tensor]
"""(sampled tokens [B], their step) -> states [B, D] that predict the next ones."""

CHUNK_LOGITS = 1 << 24
"""Logits that are sampled from at once: 64 MB in float32, twice that in float64."""

Sets = list[NDArray[np.int32]]
"""The kept tokens of every state."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class HFEngine:
    """Owns its copy of the model and is pushed to like any other engine."""

    def __init__(
        self,
        path: str | Path,
        *,
        dtype: str,
        end_ids: Iterable[int],
        max_batch_tokens: int,
        index: int = 0,
        count: int = 1,
    ) -> None:
        """Load config and weights of `path`; `end_ids` end a response."""
        self.index, self.count, self.leads = index, count, True
        config = AutoConfig.from_pretrained(path)
        # Sliding or recurrent layers keep to the model's own cache, one prompt at a time.
        self._shares = other_attention(config) is None
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model: Any = AutoModelForCausalLM.from_pretrained(
            path, config=config, dtype=getattr(torch, dtype),
            attn_implementation=decoding.NAME if self._shares else "sdpa",
        )  # fmt: skip
        self._model = model.to(self._device)
        self._model.requires_grad_(requires_grad=False).eval()
        self._end_ids = torch.tensor(sorted(end_ids), device=self._device)
        self._max_batch_tokens = max_batch_tokens
        self.version = 0
        self._busy_seconds = 0.0

    def load_weights(self, pairs: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Copy full tensors by their Hub names.

        Raises:
            ValueError: a name the model does not have, another shape, or a tensor that was left out.
        """
        own = dict(self._model.state_dict())
        missing = set(own)
        for name, tensor in pairs:
            if name not in own or own[name].shape != tensor.shape:
                raise ValueError(f"pushed weight {name} {tuple(tensor.shape)} does not fit the engine's model")
            own[name].copy_(tensor)
            missing.discard(name)
        if missing:
            raise ValueError(f"weights left out of the push: {', '.join(sorted(missing))}")
        self.version = version

    def sleep(self) -> None:
        """Nothing to free: the model shares the trainer's device by copy."""

    def wake(self, part: Literal["weights", "cache"]) -> None:
        """Nothing to do."""

    def counts(self) -> EngineCounts:
        """The time spent; every prompt is prefilled once, and there is no cache to hit and nothing to preempt."""
        spent, self._busy_seconds = self._busy_seconds, 0.0
        return EngineCounts(busy_seconds=spent)

    def close(self) -> None:
        """Release the model."""
        del self._model

    @torch.inference_mode()
    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Completion]:
        """Completions, longest prompts first, batches of at most `max_batch_tokens` padded prompt tokens."""
        for batch in self._batches(requests):
            started = time.monotonic()
            completions = list(self._generate(batch, sampling))
            self._busy_seconds += time.monotonic() - started
            yield from completions

    def _batches(self, requests: Sequence[Request]) -> Iterator[list[Request]]:
        batch: list[Request] = []
        for request in sorted(requests, key=lambda r: -len(r.token_ids)):
            full = batch and (len(batch) + 1) * len(batch[0].token_ids) > self._max_batch_tokens
            if full or (batch and (request.n != batch[0].n or not self._shares)):
                yield batch
                batch = []
            batch.append(request)
        if batch:
            yield batch

    def _generate(self, batch: list[Request], sampling: Sampling) -> Iterator[Completion]:
        n = batch[0].n
        states, follow = (self._read_shared if self._shares else self._read_alone)(batch, sampling)
        steps: list[tuple[Tensor, Tensor, Sets | None]] = []
        keys = _keys(batch)
        alive = torch.ones(len(states), dtype=torch.bool, device=states.device)
        for step in range(sampling.max_tokens):
            token, logprob, kept = self._sample(states, uniforms(keys, step), sampling)
            steps.append((token, logprob, kept))
            alive &= ~torch.isin(token, self._end_ids)
            if step + 1 == sampling.max_tokens or not bool(alive.any()):
                break
            states = follow(token, step)
        token_ids = torch.stack([token for token, _, _ in steps], 1)  # [B, steps]
        ended = torch.isin(token_ids, self._end_ids).cpu().numpy()
        found = token_ids.to(torch.int32).cpu().numpy()
        logprobs = torch.stack([logprob for _, logprob, _ in steps], 1).cpu().numpy()
        for row in range(len(found)):
            stops = np.flatnonzero(ended[row])
            length = int(stops[0]) + 1 if len(stops) else sampling.max_tokens
            yield Completion(
                request_id=batch[row // n].id,
                sample=row % n,
                token_ids=found[row, :length].copy(),
                logprobs=logprobs[row, :length].copy(),
                finish=Finish.STOPPED if len(stops) else Finish.LENGTH,
                weight_version=self.version,
                kept_tokens=tuple(kept[row] for _, _, kept in steps[:length] if kept) if sampling.truncates else None,
            )

    def _sample(self, states: Tensor, u: NDArray[np.float64], sampling: Sampling) -> tuple[Tensor, Tensor, Sets | None]:
        """Next tokens of states [B, D], in chunks of rows: a large vocabulary in float64 is many times the states."""
        size = max(1, CHUNK_LOGITS // self._model.lm_head.weight.shape[0])
        tokens, logprobs, kept = [], [], Sets()
        for start in range(0, len(states), size):
            part = slice(start, start + size)
            logits = self._model.lm_head(states[part]).float()
            if sampling.truncates:
                logits = processed(logits, sampling)
                kept += _sets(logits)
                token, logprob = draw(logits, u[part])
            else:
                token, logprob = sample_token(logits, u[part], sampling)
            tokens.append(token)
            logprobs.append(logprob)
        return torch.cat(tokens), torch.cat(logprobs), kept or None

    def _read_shared(self, batch: list[Request], sampling: Sampling) -> tuple[Tensor, Follow]:
        """Prefill the prompts together, right padded; the state that predicts each first token, [B, D]."""
        n = batch[0].n
        lengths = torch.tensor([len(r.token_ids) for r in batch], device=self._device)
        steps = torch.arange(int(lengths.max()), device=self._device)
        ids = torch.zeros((len(batch), len(steps)), dtype=torch.int64)
        for row, request in enumerate(batch):
            ids[row, : len(request.token_ids)] = torch.from_numpy(request.token_ids.astype(np.int64))
        cache = decoding.SharedCache(samples=n, max_tokens=sampling.max_tokens, hidden=steps[None] >= lengths[:, None])

        def forward(ids: Tensor, positions: Tensor) -> Tensor:
            out = self._model.model(input_ids=ids, position_ids=positions, use_cache=False, cache=cache)
            states: Tensor = out.last_hidden_state
            return states

        states = forward(ids.to(self._device), steps.expand(len(batch), -1))
        last = states[torch.arange(len(batch), device=self._device), lengths - 1].repeat_interleave(n, 0)
        starts = lengths.repeat_interleave(n)

        def follow(token: Tensor, step: int) -> Tensor:
            cache.step = step
            return forward(token[:, None], (starts + step)[:, None])[:, 0]

        return last, follow

    def _read_alone(self, batch: list[Request], sampling: Sampling) -> tuple[Tensor, Follow]:
        """Prefill one prompt with the model's own cache, which is then repeated for its responses."""
        [request] = batch
        ids = torch.from_numpy(request.token_ids.astype(np.int64))[None].to(self._device)
        out = self._model.model(input_ids=ids, use_cache=True)
        out.past_key_values.batch_repeat_interleave(request.n)

        def follow(token: Tensor, step: int) -> Tensor:
            states: Tensor = self._model.model(
                input_ids=token[:, None], past_key_values=out.past_key_values, use_cache=True
            ).last_hidden_state
            return states[:, 0]

        return out.last_hidden_state[:, -1].repeat_interleave(request.n, 0), follow


def _keys(batch: Sequence[Request]) -> NDArray[np.uint64]:
    """[B] the key of every response: its request's seed and its sample."""
    seeds = np.repeat(np.array([r.seed for r in batch], dtype=np.uint64), batch[0].n)
    samples = np.tile(np.arange(1, batch[0].n + 1, dtype=np.uint64), len(batch))
    return _mix(seeds + samples * _GOLDEN)


def uniforms(keys: NDArray[np.uint64], step: int) -> NDArray[np.float64]:
    """[B] in [0, 1): token `step` of every key, whatever was drawn before (splitmix64's finaliser over a counter)."""
    return (_mix(keys + np.uint64((step + 1) * int(_GOLDEN) % 2**64)) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def sample_token(logits: Tensor, u: NDArray[np.float64], sampling: Sampling) -> tuple[Tensor, Tensor]:
    """logits [B, V] float32, u [B] in [0, 1) -> token [B] int64, its log-prob [B] under the sampling distribution.

    Temperature 0 takes the largest logit with log-prob 0.
    """
    if sampling.temperature == 0:
        return logits.argmax(-1), torch.zeros_like(logits[:, 0])
    return draw(processed(logits, sampling), u)


def processed(logits: Tensor, sampling: Sampling) -> Tensor:
    """Log-probs [B, V] of the sampling distribution: temperature first, then top-k, then top-p.

    Top-p keeps the smallest set whose mass reaches p, the most probable token always; what is left out has -inf.
    """
    logits = logits / sampling.temperature
    if sampling.top_k:
        kept = logits.topk(min(sampling.top_k, logits.shape[-1]), dim=-1)  # indices, since values may tie
        logits = torch.full_like(logits, -torch.inf).scatter(-1, kept.indices, kept.values)
    if sampling.top_p < 1.0:
        ordered, order = torch.softmax(logits, -1).sort(-1, descending=True)
        beyond = ordered.cumsum(-1) - ordered >= sampling.top_p
        logits = logits.masked_fill(torch.zeros_like(beyond).scatter(-1, order, beyond), -torch.inf)
    return torch.log_softmax(logits, -1)


def draw(logprobs: Tensor, u: NDArray[np.float64]) -> tuple[Tensor, Tensor]:
    """The first token whose cumulated mass exceeds u [B], and its log-prob; logprobs [B, V]."""
    mass = logprobs.double().exp().cumsum(-1)
    target = torch.from_numpy(u).to(mass.device)[:, None] * mass[:, -1:]
    token = torch.searchsorted(mass, target, right=True)[:, 0].clamp_max(logprobs.shape[-1] - 1)
    return token, logprobs.gather(-1, token[:, None])[:, 0]


def _sets(logprobs: Tensor) -> Sets:
    """The ids with any mass, per line of logprobs [B, V]."""
    lines, ids = (logprobs > -torch.inf).nonzero(as_tuple=True)
    ends = np.cumsum(np.bincount(lines.cpu().numpy(), minlength=len(logprobs)))[:-1]
    return np.split(ids.cpu().numpy().astype(np.int32), ends)
