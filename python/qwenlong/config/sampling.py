"""The section of a recipe that says how responses are sampled, and by which engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qwenlong.config.sections import Count, NonNegative, Positive, Rate, Section


class Rollouts(Section):
    """Sampling responses."""

    engine: Literal["hf", "vllm", "vllm-server"] = "hf"
    """"hf" (transformers, anywhere), "vllm" (inside every rank) or "vllm-server" (a pool over HTTP)."""
    prompts_per_step: Positive = 128
    """Groups per step, retrospective ones included."""
    group_size: Positive = 8
    """Rollouts of a prompt (G)."""
    temperature: Rate = 0.7
    """Of sampling, and of the log-probs the update uses."""
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Below 1 the ratio is exact where the engine tells what it kept; see docs/rollouts.md."""
    top_k: Count = 0
    """0 keeps all."""
    max_batch_tokens: Positive = 65_536
    """Prompt tokens prefilled at once."""
    max_repetitions: Count = 0
    """Give up a response once the same few tokens come so many times in a row; 0 is never. vllm only."""
    tensor_parallel: Positive = 1
    """Consecutive ranks that share a vllm engine."""
    memory_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5
    """Of a GPU's memory for the vllm engine while it rolls out."""
    cache_memory_gb: NonNegative = 0.0
    """For vllm's keys and values; 0 is what memory_share leaves on a GPU, 1 on a CPU."""
    kv_cache_dtype: str = "auto"
    """Of vllm's keys and values, for example "fp8"; "auto" is the model's. A pool has it from qwenlong-serve."""
    speculative: Count = 0
    """Tokens that vllm proposes at once from what the prompt says (n-gram); 0 is off. A pool as above."""
    servers: tuple[str, ...] = ()
    """Addresses of the vllm-server pool, for example "http://node7:8000"."""
    weights_transfer: Literal["path", "nccl"] = "path"
    """How pushed weights reach the pool: by a directory, or by vLLM's own transfer from GPU to GPU (unrun)."""
    weights_path: str = ""
    """Directory that the pool's servers read pushed weights from; empty is weights/ in run.directory."""
    server_timeout_seconds: Positive = 600
    """A server that takes longer to load pushed weights is given up; over a request it may take as long as it lives."""
    max_staleness: Count = 0
    """Updates by which a pool's response may be older than the policy."""
    max_mismatch: NonNegative = 0.0
    """The run stops where engine's and policy's log-probs of its first rollouts differ by more in the mean, in nats;
    0 is 1e-4 in float32 and 0.05 in bfloat16."""
    dynamic_sampling: bool = False
    """Replace groups without signal by fresh prompts; unset is the algorithm's, true for dapo."""
    max_refills: Count = 3
    """Bound of it; then a smaller, correctly normalised batch is trained."""
    read: str = ""
    """Train from the groups.jsonl of a rollouts run instead of sampling."""
