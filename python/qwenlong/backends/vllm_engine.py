"""Rollouts with vLLM inside the rank, colocated with the trainer; the only file that imports vLLM.

Every rank has an engine of its own, or `tensor_parallel` consecutive ranks share one. Nothing is asked of vLLM by its
version: what differs between releases is looked for.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

# The engine runs in this process and on this process's ranks, says only what goes wrong, and reports to nobody.
os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")

import numpy as np
import torch
import torch.distributed as dist
import vllm.sampling_params
from torch import Tensor
from vllm import LLM, SamplingParams

from qwenlong.backends import vllm_counters
from qwenlong.backends.vllm_support import support
from qwenlong.records import Completion, EngineCounts, Finish, Request, Sampling, StaleWeightsError

if TYPE_CHECKING:
    from qwenlong.backends.world import World

CPU_CACHE_GB = 1.0
"""Of keys and values on a CPU where nothing is said."""
CPU_BLOCK = 32
"""Tokens per block of the cache on a CPU: the smallest its kernels like, so that short prompts are shared too."""
LONGEST_PATTERN = 64
"""Tokens of the longest pattern that counts as a repetition."""
NGRAM = 4
"""Tokens that are looked up in the prompt to propose what follows them."""

FINISHES = {"stop": Finish.STOPPED, "length": Finish.LENGTH, "repetition": Finish.REPEATED}


class VLLMEngine:
    """A vLLM engine on this rank, or on the `tensor_parallel` ranks that share it."""

    def __init__(
        self,
        path: str | Path,
        *,
        world: World,
        dtype: str,
        end_ids: Iterable[int],
        max_tokens: int,
        seed: int,
        tensor_parallel: int = 1,
        memory_share: float = 0.5,
        cache_memory_gb: float = 0.0,
        max_batch_tokens: int = 8192,
        speculative: int = 0,
        kv_cache_dtype: str = "auto",
        keep_sets: bool = False,
    ) -> None:
        """Load config and weights of `path`, for prompts and responses of `max_tokens` together; `end_ids` end one.

        It sleeps until it is woken, as after every use. `keep_sets` asks for the kept tokens of top-k, where vLLM can
        tell them.
        """
        self.index, self.count = world.rank // tensor_parallel, world.size // tensor_parallel
        self.leads = world.rank % tensor_parallel == 0
        self._sleeps = torch.cuda.is_available()
        self._end_ids = sorted(end_ids)
        self._tensor_parallel = tensor_parallel
        self._keeps_sets = keep_sets and self._sleeps and "return_sampling_mask" in inspect.signature(LLM).parameters
        where: dict[str, Any] = {"gpu_memory_utilization": memory_share, "enable_sleep_mode": True}
        if not self._sleeps:
            # Eager, without a compiler, at once. A prompt in two pieces rewinds its generator, which torch's of a CPU
            # cannot: vLLM ends there.
            where = {"enforce_eager": True, "block_size": CPU_BLOCK, "enable_chunked_prefill": False}
            cache_memory_gb = cache_memory_gb or CPU_CACHE_GB
        if cache_memory_gb:
            where["kv_cache_memory_bytes"] = int(cache_memory_gb * 2**30)
        if speculative:
            where["speculative_config"] = {
                "method": "ngram", "num_speculative_tokens": speculative, "prompt_lookup_max": NGRAM,
            }  # fmt: skip
        if self._keeps_sets:
            where["return_sampling_mask"] = True
        self._llm: Any = LLM(
            model=str(path),
            dtype=dtype,
            skip_tokenizer_init=True,
            distributed_executor_backend="external_launcher",
            tensor_parallel_size=tensor_parallel,
            seed=(seed + self.index) % 2**31,  # ranks of one engine must draw alike
            max_model_len=max_tokens,
            max_num_batched_tokens=max(max_batch_tokens, max_tokens),
            enable_prefix_caching=True,
            kv_cache_dtype=kv_cache_dtype,
            logprobs_mode="processed_logprobs",  # the raw ones know no temperature
            disable_log_stats=False,  # where the counters come from
            use_tqdm_on_load=False,
            **where,
        )
        [self._names] = self._llm.apply_model(_hub_names)
        self.version = 0
        self._asleep: set[str] = set()
        self._busy_seconds = 0.0
        self._prompt_tokens = 0
        self._counted = self._counters()
        self.sleep()  # updates may come first
        self._stale = "they were never pushed"

    def load_weights(self, pairs: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Take over full tensors by their Hub names, tied ones under both, layer by layer as they come.

        The prefix cache is emptied: its keys and values are of the old weights.

        Raises:
            ValueError: a name the model does not have, or a tensor that was left out.
        """
        self._stale = "a push did not end"
        seen: set[str] = set()
        self._llm.collective_rpc("reload_weights", kwargs={"weights_iterator": _noted(pairs, seen)})
        if missing := self._names - seen:  # vLLM would go on with the old ones
            raise ValueError(f"weights left out of the push: {', '.join(sorted(missing))}")
        if not self._llm.reset_prefix_cache():
            raise RuntimeError("vLLM did not empty its prefix cache: requests are still running")
        self.version, self._stale = version, ""

    def sleep(self) -> None:
        """Free weights and cache on the GPU; the weights come back by the next push alone. On a CPU nothing moves."""
        if self._sleeps:
            self._llm.sleep(level=2)
            self._asleep = {"weights", "cache"}
            self._stale = "they were given up in sleep"

    def wake(self, part: Literal["weights", "cache"]) -> None:
        """Take memory again."""
        if part in self._asleep:
            self._llm.wake_up(tags=["weights" if part == "weights" else "kv_cache"])
            self._asleep.discard(part)

    def close(self) -> None:
        """End the engine."""
        self._llm.llm_engine.engine_core.shutdown()
        del self._llm

    def counts(self) -> EngineCounts:
        """What vLLM counted since the last call."""
        before, self._counted = self._counted, self._counters()
        spent, asked = self._busy_seconds, self._prompt_tokens
        self._busy_seconds, self._prompt_tokens = 0.0, 0
        grown = vllm_counters.grown(before, self._counted)
        return vllm_counters.engine_counts(grown, busy_seconds=spent, prompt_tokens=asked)

    def _counters(self) -> dict[str, int]:
        values = {metric.name: metric.value for metric in self._llm.get_metrics() if hasattr(metric, "value")}
        return vllm_counters.named(values)

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Completion]:
        """All responses of a prompt in one request, so that it is prefilled once.

        Raises:
            StaleWeightsError: the policy's weights are not in place.
        """
        if self._stale or self._asleep:
            raise StaleWeightsError(f"vLLM has not the policy's weights: {self._stale or 'it sleeps'}; push them first")
        if self._tensor_parallel > 1:
            self._agree(requests)
        started = time.monotonic()
        found = self._llm.generate(
            [{"prompt_token_ids": request.token_ids.tolist()} for request in requests],
            [self._parameters(request, sampling) for request in requests],
            use_tqdm=False,
        )
        self._busy_seconds += time.monotonic() - started
        self._prompt_tokens += sum(len(request.token_ids) for request in requests)
        for request, answer in zip(requests, found, strict=True):
            for output in answer.outputs:
                yield self._completion(request, output, sampling)

    def _parameters(self, request: Request, sampling: Sampling) -> SamplingParams:
        greedy = sampling.temperature == 0
        how: dict[str, Any] = {
            "n": request.n,
            **support(sampling, tells_sets=self._keeps_sets),
            "max_tokens": sampling.max_tokens,
            # vLLM adds a sample's number to it; two of our keys are never that near.
            "seed": request.seed % 2**62,
            "stop_token_ids": self._end_ids,
            "ignore_eos": True,  # the end tokens are named
            "detokenize": False,
            "logprobs": None if greedy else 0,  # of the sampled token alone
            "output_kind": vllm.sampling_params.RequestOutputKind.FINAL_ONLY,
        }
        if _has("flat_logprobs"):
            how["flat_logprobs"] = True
        if sampling.repetitions:  # `can_detect_repetitions` was asked before the engine was made
            how["repetition_detection"] = vllm.sampling_params.RepetitionDetectionParams(
                max_pattern_size=LONGEST_PATTERN, min_pattern_size=1, min_count=sampling.repetitions
            )
        return SamplingParams(**how)

    def _completion(self, request: Request, output: Any, sampling: Sampling) -> Completion:
        token_ids = np.array(output.token_ids, dtype=np.int32)
        if sampling.temperature == 0:
            logprobs = np.zeros(len(token_ids), dtype=np.float32)
        else:
            logprobs = _chosen(output.logprobs, token_ids.tolist())
        mask = getattr(output, "sampling_mask", None) if sampling.truncates else None
        return Completion(
            request_id=request.id,
            sample=output.index,
            token_ids=token_ids,
            logprobs=logprobs,
            finish=FINISHES.get(output.finish_reason, Finish.ABORTED),
            weight_version=self.version,
            kept_tokens=tuple(np.array(ids, dtype=np.int32) for ids in mask.token_ids) if mask is not None else None,
        )

    def _agree(self, requests: Sequence[Request]) -> None:
        """Ranks of one engine must ask for the same in the same order: anything else would hang."""
        from vllm.distributed import get_tp_group

        state = hashlib.blake2b(digest_size=16)
        for request in requests:
            state.update(f"{request.n}/{request.seed}/{len(request.token_ids)};".encode())
            state.update(request.token_ids.tobytes())
        digests: list[str | None] = [None] * self._tensor_parallel
        dist.all_gather_object(digests, state.hexdigest(), group=get_tp_group().cpu_group)
        assert len(set(digests)) == 1, "the ranks of one engine were given different prompts"


def transfer_group(*, address: str, port: int, size: int) -> Any:
    """NCCL between this rank's GPU, as rank 0, and the workers of servers that are told the same; see vllm_transfer."""
    from vllm.distributed.weight_transfer.nccl_common import trainer_init

    return trainer_init({"master_address": address, "master_port": port, "world_size": size})


def can_detect_repetitions() -> bool:
    """Whether this vLLM can give up a response that repeats itself."""
    return _has("repetition_detection")


def _has(name: str) -> bool:
    """Whether this vLLM's sampling parameters know a field."""
    return name in inspect.signature(SamplingParams).parameters


def _hub_names(model: Any) -> set[str]:
    """The names that a push must hold: vLLM's own, those it fuses taken apart, and the head's, which may be tied.

    vLLM does not count a tied head among its parameters and yet keeps a copy where its kernels want another layout.
    Experts are fused under names of their own, so they are not checked.
    """
    fused: dict[str, list[str]] = getattr(model, "packed_modules_mapping", {})
    names = {"lm_head.weight"} if hasattr(model, "lm_head") else set()
    for name, _ in model.named_parameters():
        parts = name.split(".")
        if parts[-1] in ("weight", "bias") and "experts" not in parts:
            whole = parts[-2] if len(parts) > 1 else ""
            names |= {".".join([*parts[:-2], part, parts[-1]]) for part in fused.get(whole, [whole])}
    return names


def _noted(pairs: Iterable[tuple[str, Tensor]], seen: set[str]) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in pairs:
        seen.add(name)
        yield name, tensor


def _chosen(logprobs: Any, token_ids: Sequence[int]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """[R] float32: the sampled token's log-prob at every step, from flat lists where vLLM has them."""
    if hasattr(logprobs, "start_indices"):
        values = [logprobs.logprobs[start] for start in logprobs.start_indices]
    else:
        values = [step[token].logprob for step, token in zip(logprobs, token_ids, strict=True)]
    return np.array(values, dtype=np.float32)
