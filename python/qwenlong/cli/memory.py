"""Memory of a GPU in bytes, from a model's shape and the lengths of rows: arithmetic, before anything is loaded.

N parameters, L layers, D hidden size, Q and K the widths of all query and of all key heads, F feed-forward size,
V vocabulary; T tokens of a micro-batch; W ranks, which share the states (ZeRO-3); S ranks that share a row (sequence
parallelism, 1 in this version); b bytes of a weight and of an activation.

    states       N x (b + 4 + 12) / W                   the gradient accumulated in float32, the optimizer with float32
                                                        weights of its own and two moments. Offloaded: b stays, the
                                                        host has 20: those, and the float32 gradient of the step
    checkpoints  L x T / S x D x b                      the input of every layer; the layer is computed again
    one layer    T / S x (7 F + 5 D + 4 Q + 5 K) x b    what it saves and the gradients alive beside it, see below
                 + T / S x (8 D [+ 6 (Q + K)])          norms, where b is 2: their two inputs in float32, in Qwen3
                                                        those of queries and keys too, and what is scaled after them
    head         V x (chunk x 4 x buffers + D x weights)  logits of a chunk of tokens in float32, weight and gradient
    buffers      b x (bucket + min(N, live))            ZeRO's: gradients on their way, weights gathered for use
    cache        2 L K x b                              a token's keys and values in an engine, split over its ranks

One layer, in the backward pass, per token. Feed-forward: gate, up, activation and product are saved (4 F); gradients
of product, activation and up are alive at once (3 F). Attention and residuals: the normalised inputs of both halves,
the output of attention's projection, the residual between them, its gradient (5 D); queries before and after rotation,
attention's output, its gradient (4 Q); keys before and after rotation, values, gradients of keys and values (5 K).

What ZeRO-3 keeps of states, on GPU and host, is what DeepSpeed was seen to allocate (tests/test_memory.py).
The terms are added up although head and layer do not peak together: the sum errs on the safe side. What a layer saves
agrees with what torch keeps for real layers within 5% (tests/test_memory.py); the sum has not been measured on a GPU.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from importlib import resources

GB = 1e9
REDUCE_BUCKET = 500_000_000
"""DeepSpeed's reduce_bucket_size in elements, allocated whole."""
LIVE_PARAMETERS = 1_000_000_000
"""DeepSpeed's stage3_max_live_parameters: gathered at once at most."""
GRADIENT = 4
"""Bytes of a float32 gradient."""
OPTIMIZER = 12
"""Bytes of float32 weights and two moments; the weights are a copy even where the model's own are float32."""
HEAD_LOGITS = 1 << 25
"""Logits of a chunk, as `backends.head` cuts them."""
HEAD_BUFFERS = 5
"""Logits, log-probs, probabilities, their gradient and one temporary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What memory depends on in a dense decoder of full attention."""

    parameters: int
    """N, tied weights once."""
    num_layers: int
    """L."""
    hidden_size: int
    """D."""
    num_heads: int
    """Of queries."""
    num_kv_heads: int
    """Of keys and of values."""
    head_dim: int
    """Of every head."""
    ffn_size: int
    """F."""
    vocab_size: int
    """V."""
    max_positions: int
    """Longest sequence that the model was made for."""
    head_norms: bool
    """Queries and keys are normalised too, as in Qwen3."""

    @property
    def query_size(self) -> int:
        """Q."""
        return self.num_heads * self.head_dim

    @property
    def kv_size(self) -> int:
        """K."""
        return self.num_kv_heads * self.head_dim


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """An update: what it trains, on how many ranks, and how long its longest micro-batch is."""

    shape: Shape
    """Of the policy."""
    ranks: int
    """W."""
    tokens: int
    """T."""
    weight_bytes: int
    """b: 2 is bfloat16, 4 is float32."""
    gradient_checkpointing: bool
    """Without it every layer keeps what it saves."""
    offload_optimizer: bool
    """Gradients and optimizer states are the host's."""
    has_reference: bool = False
    """A frozen copy for the KL term, in shards too."""
    sequence_parallel: int = 1
    """S."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Bytes on a GPU during an update."""

    states: float
    """Shards of weights, gradients and optimizer."""
    checkpoints: float
    """Of activations."""
    layer: float
    """One layer's work."""
    head: float
    """A chunk of logits, the head's weight and gradient."""
    buffers: float
    """ZeRO's."""

    @property
    def total(self) -> float:
        """All of them."""
        return self.states + self.checkpoints + self.layer + self.head + self.buffers


def known_shapes() -> dict[str, Shape]:
    """Shapes of the hub models that the shipped recipes name, so that they can be planned without a download."""
    text = (resources.files("qwenlong") / "cli" / "models.toml").read_text("utf-8")
    return {name: Shape(**sizes) for name, sizes in tomllib.loads(text).items()}


def state_bytes(shape: Shape, *, ranks: int, bytes_each: float) -> float:
    """N x bytes / W."""
    return shape.parameters * bytes_each / ranks


def checkpoint_bytes(shape: Shape, *, tokens: float, weight_bytes: int) -> float:
    """L x T x D x b; `tokens` of one rank."""
    return shape.num_layers * tokens * shape.hidden_size * weight_bytes


def layer_bytes(shape: Shape, *, tokens: float, weight_bytes: int, tile: int | None = None) -> float:
    """T x (7 F + 5 D + 4 Q + 5 K) x b; with a `tile` the feed-forward part is worked off in pieces of so many tokens.

    (Tiles are not in this version; they are here to say what they would save.)
    """
    attention = 5 * shape.hidden_size + 4 * shape.query_size + 5 * shape.kv_size
    at_once = tokens if tile is None else min(tile, tokens)
    return (7 * shape.ffn_size * at_once + attention * tokens) * weight_bytes


def saved_bytes(shape: Shape, *, tokens: float, weight_bytes: int) -> float:
    """What one layer keeps for its backward pass, T x (4 F + 4 D + 3 Q + 3 K) x b: its work without the gradients."""
    widths = 4 * shape.ffn_size + 4 * shape.hidden_size + 3 * shape.query_size + 3 * shape.kv_size
    return tokens * widths * weight_bytes


def norm_bytes(shape: Shape, *, tokens: float, weight_bytes: int) -> float:
    """T x (8 D [+ 6 (Q + K)]): transformers normalises in float32 and keeps that copy; 0 where b is 4 already."""
    widths = 8 * shape.hidden_size + (6 * (shape.query_size + shape.kv_size) if shape.head_norms else 0)
    return tokens * widths if weight_bytes == 2 else 0.0


def head_bytes(shape: Shape, *, chunk: float, buffers: int, weights: int) -> float:
    """V x (chunk x 4 x buffers + D x weights); `weights` are the bytes per entry of the head's weight and gradients."""
    return shape.vocab_size * (chunk * 4 * buffers + shape.hidden_size * weights)


def cache_bytes(shape: Shape, *, tokens: float, weight_bytes: int, tensor_parallel: int = 1) -> float:
    """2 L K x b a token, split over the ranks of an engine as far as there are key heads."""
    split = min(tensor_parallel, shape.num_kv_heads)
    return 2 * shape.num_layers * shape.kv_size * weight_bytes * tokens / split


def update_terms(training: Training) -> Terms:
    """What an update of this program holds on a GPU."""
    shape, b = training.shape, training.weight_bytes
    tokens = training.tokens / training.sequence_parallel
    each = b if training.offload_optimizer else b + GRADIENT + OPTIMIZER
    each += b if training.has_reference else 0
    norms = norm_bytes(shape, tokens=tokens, weight_bytes=b)
    kept = checkpoint_bytes(shape, tokens=tokens, weight_bytes=b)
    if not training.gradient_checkpointing:
        # The last layer's share is in `layer` already.
        kept = (shape.num_layers - 1) * (saved_bytes(shape, tokens=tokens, weight_bytes=b) + norms)
    return Terms(
        states=state_bytes(shape, ranks=training.ranks, bytes_each=each),
        checkpoints=kept,
        layer=layer_bytes(shape, tokens=tokens, weight_bytes=b) + norms,
        # The gathered weight, the float32 sum of its gradient, and the product of a chunk that is added to it.
        head=head_bytes(shape, chunk=max(1, HEAD_LOGITS // shape.vocab_size), buffers=HEAD_BUFFERS, weights=b + 4 + 4),
        buffers=float(b * (REDUCE_BUCKET + min(shape.parameters, LIVE_PARAMETERS))),
    )


def host_bytes(training: Training) -> float:
    """Bytes per rank of an offloaded optimizer on the host, which has the gradient twice: as sum and for the step."""
    each = 2 * GRADIENT + OPTIMIZER if training.offload_optimizer else 0
    return state_bytes(training.shape, ranks=training.ranks, bytes_each=each)


def longest_that_fits(training: Training, *, room: float) -> int:
    """Most tokens of a micro-batch whose update holds at most `room` bytes; 0 where not even one does."""
    one, two = (update_terms(replace(training, tokens=n)).total for n in (1, 2))
    if one > room:
        return 0
    return 1 + math.floor((room - one) / (two - one))
