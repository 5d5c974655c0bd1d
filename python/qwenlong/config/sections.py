"""The sections of a recipe: one model per room, defaults are the vetted setting, every limit is checked here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Rate = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Stage = Literal["sft", "rl", "rollouts", "evaluate"]


class Section(BaseModel):
    """Unknown keys are refused; the string under a field is its help."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, protected_namespaces=())


class Run(Section):
    """Where a run lives and what it does."""

    directory: Annotated[str, Field(min_length=1)] = "runs/latest"
    """Run directory; must not hold another run unless --resume is given."""
    seed: int = 0
    """Every draw is derived from it."""
    stages: list[Stage] = ["sft", "rl", "evaluate"]
    """In order; any of sft, rl, evaluate, or rollouts alone (written and scored, no update)."""
    checkpoint_every_steps: Positive = 10
    """Optimiser steps between two checkpoints; a stage's end is always one."""
    keep_checkpoints: Positive = 2
    """The newest that stay."""
    milestone_every_steps: Count = 0
    """Weights alone in milestones/STEP, kept for good, every so many RL steps; 0 is never."""
    log_prompts: Literal["ends", "full"] = "ends"
    """How much of a prompt rollouts.jsonl holds: 2,000 characters of each end, or all."""
    loggers: list[Literal["wandb", "trackio"]] = []
    """Beside metrics.jsonl and TensorBoard, which are always written."""
    num_threads: Count = 0
    """Of torch on each rank; 0 is OMP_NUM_THREADS, else all cores. Runs are bit-equal for equal counts."""
    timeout_seconds: Positive = 1800
    """A collective that takes longer ends the run."""


class TinyModel(Section):
    """The Qwen3-shaped model that is built on the spot when model.path is "tiny"."""

    num_layers: Positive = 2
    """Decoder layers."""
    hidden_size: Positive = 64
    """Width of the residual stream."""
    num_heads: Positive = 2
    """Query heads."""
    num_kv_heads: Positive = 1
    """Key and value heads."""
    head_dim: Positive = 32
    """vLLM's CPU kernels accept 32 and more."""
    ffn_size: Positive = 192
    """Width of the feed-forward layer."""
    rope_theta: Rate = 10_000.0
    """Base of the rotary embedding."""
    init_range: Rate = 0.1
    """Standard deviation of fresh weights; with the usual 0.02 this size learns nothing in minutes."""


class Model(Section):
    """The policy's weights and tokenizer."""

    path: str = "tiny"
    """"tiny", a directory (another run's model/ too) or a hub name."""
    tokenizer: str = ""
    """Where it is not the model's own: a directory, a hub name or "qwen-vocabulary"."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Of weights and activations; log-probs, rewards and the optimiser are float32."""
    thinking_prefill: str = ""
    """Appended after the generation prompt, for example "<think>\\n"."""
    tiny: TinyModel = TinyModel()
    """Shape of the model built on the spot."""


class Synthetic(Section):
    """The task that a small model learns in minutes: which value of a category is mentioned most."""

    num_categories: Positive = 4
    """Categories, each with its own values."""
    num_values: Annotated[int, Field(ge=3)] = 8
    """Values of a category; three of them appear in a document."""
    num_fillers: Positive = 48
    """Kinds of words that make up the length."""
    min_input_tokens: Positive = 64
    """Shortest prompt."""
    winner_mentions: tuple[Positive, Positive] = (4, 6)
    """Fewest and most mentions of the winner; the runner-up has 1 to 3 fewer."""


class Data(Section):
    """Input rows."""

    train: str = "synthetic"
    """"synthetic", or a JSONL or parquet file of the documented columns."""
    evaluation: str = ""
    """Held-out file; empty is synthetic questions of their own draw, or nothing to evaluate."""
    sft: str = ""
    """File of the warm-up where it is not the training file."""
    format: Literal["auto", "jsonl", "parquet", "docqa"] = "auto"
    """How the files are read; auto goes by name and columns."""
    synthetic: Synthetic = Synthetic()
    """The task built on the spot."""


class Prompts(Section):
    """How documents and a question become tokens."""

    template: str = ""
    """With {documents} and {question}; empty is the package's own wording (for synthetic rows the task's)."""
    distractor_tokens: Count = 0
    """Fill prompts up to so many tokens with documents of other rows; gold documents always stay. 0 is off."""
    over_limit: Literal["drop", "middle"] = "drop"
    """What happens to an input above every phase's limit: leave it out, or cut its middle to the last limit."""


class Sft(Section):
    """Warm-up SFT, the mean over sequences of the mean token loss (L1, Eq. 11)."""

    max_steps: Count = 200
    """Stop here at the latest; 0 is no warm-up."""
    batch_size: Positive = 64
    """Examples per step."""
    max_input_tokens: Count = 0
    """Only rows up to this length; 0 is the first phase's limit."""
    learning_rate: Rate = 5e-6
    """AdamW's, after the ramp."""
    warmup_steps: Count = 20
    """Steps of the linear ramp."""
    stop_accuracy: Share = 0.0
    """Stop when greedy accuracy on the probes reaches this; 0 is never."""
    probe_every_steps: Positive = 10
    """Steps between two measurements."""
    num_probes: Positive = 128
    """Held-out questions of a measurement."""


class Rewards(Section):
    """max(rule, judge), and the user's own."""

    parts: list[Literal["rule", "judge", "function"]] = ["rule"]
    """What is combined."""
    combine: Literal["max", "mean"] = "max"
    """The paper's is max: there the judge is asked only where the others say less than 1."""
    judge: str = ""
    """"file.py:name", called without arguments, gives a Judge; a model behind an endpoint is set by judge.base_url."""
    max_missing: Share = 0.1
    """Largest share of a step's questions, over all ranks, that may stay without a verdict; beyond it the run pauses
    and asks again."""
    missing_retries: Annotated[int, Field(ge=0, le=10)] = 3
    """Such pauses; then the run saves and stops."""
    missing_pause_seconds: NonNegative = 30.0
    """The first of them; each is twice the one before."""
    function: str = ""
    """"file.py:name", a batched reward; None is unscored."""
    reasoning: Literal["auto", "required"] = "auto"
    """"required": a response without </think> has no answer."""
    overlong_buffer_tokens: Count = 0
    """Soft punishment over the last so many tokens below the output limit; 0 is off; unset is the algorithm's, for dapo
    a tenth of the shortest output limit."""
    overlong_factor: NonNegative = 1.0
    """Size of that punishment at the limit."""


class Advantages(Section):
    """Rewards to credit."""

    scale: Literal["std", "none"] = "std"
    """Divide by the group's standard deviation, or not (Dr. GRPO)."""
    epsilon: Rate = 1e-6
    """Added to the standard deviation."""


class Packing(Section):
    """Groups to rows."""

    layout: Literal["shared", "full"] = "shared"
    """A prompt once per row with its responses, or once per response."""
    max_row_tokens: Positive = 8192
    """A longer group is split into the fewest rows."""
    max_batch_tokens: Positive = 8192
    """Rows are put together into micro-batches of at most so many tokens; a longer row stands alone."""


class Losses(Section):
    """The objective."""

    algorithm: Literal["grpo", "dapo"] = "grpo"
    """Sets what is left unset: clip range, aggregation, dynamic sampling, overlong shaping."""
    clip_low: Share = 0.2
    """Ratio is clipped below 1 - clip_low."""
    clip_high: NonNegative = 0.2
    """Ratio is clipped above 1 + clip_high; unset is the algorithm's, 0.28 for dapo."""
    aggregation: Literal["token", "sequence"] = "sequence"
    """Mean over all tokens, or over sequences of their token mean; unset is the algorithm's, token for dapo."""
    kl_coefficient: NonNegative = 0.0
    """Of the divergence from the frozen policy that RL starts from."""
    kl_estimator: Literal["k1", "k3"] = "k3"
    """See losses.kl_divergence."""
    entropy_coefficient: NonNegative = 0.0
    """Of the entropy bonus."""
    overlong_filter: bool = False
    """Leave truncated responses out of loss and token count."""
    correction: Literal["none", "truncate", "mask"] = "none"
    """Weight a token by policy / engine where their log-probs differ: cut at correction_high (truncated importance
    sampling), or left out beyond the limits (IcePop)."""
    correction_low: NonNegative = 0.5
    """A token of lower weight is left out by mask."""
    correction_high: Annotated[float, Field(ge=1.0, allow_inf_nan=False)] = 2.0
    """Weights above are cut by truncate, left out by mask."""


class Update(Section):
    """The optimiser's step."""

    mini_batches: Positive = 1
    """Updates per step; old log-probs are taken before the first."""
    learning_rate: Rate = 2e-6
    """AdamW's, after the ramp."""
    warmup_steps: Count = 0
    """Updates of the linear ramp."""
    betas: tuple[Share, Share] = (0.9, 0.999)
    """AdamW's."""
    weight_decay: NonNegative = 0.01
    """AdamW's."""
    max_grad_norm: NonNegative = 1.0
    """Global norm clip; 0 is off."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass."""
    offload_optimizer: bool = False
    """Keep the optimiser's states on the host."""


class Replay(Section):
    """Difficulty-aware retrospective sampling (L1, section 3.2)."""

    enabled: bool = True
    """Bring hard examples of earlier phases back."""
    mode: Literal["zero_accuracy", "weighted"] = "zero_accuracy"
    """Only those never right in their latest group (the paper's setting), or all by inverse smoothed mean."""
    share: Share = 0.25
    """Of a step's prompts, at most."""
    max_examples: Count = 0
    """Cap of a retrospective set; 0 is none."""
    drop_after: Count = 0
    """Leave out what stayed unsolved in so many visits (a wrong gold, likely); 0 is never."""


class Phase(Section):
    """One length phase: it trains on inputs above the previous limit, up to its own."""

    max_input_tokens: Positive
    """Upper limit of the prompt."""
    max_output_tokens: Positive
    """Upper limit of a response."""
    steps: Positive
    """RL steps."""


class Evaluation(Section):
    """Accuracy and pass@k before and after RL."""

    num_questions: Positive = 256
    """Held-out questions per length."""
    num_samples: Positive = 8
    """Sampled responses per question for pass@k."""
    temperature: Rate = 1.0
    """Of these samples."""
