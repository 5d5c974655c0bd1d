"""Sizes of a model from its config alone: nothing is downloaded, no weight is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from huggingface_hub import try_to_load_from_cache
from huggingface_hub.errors import HFValidationError
from transformers import AutoConfig, AutoModelForCausalLM


def cached_snapshot(name: str) -> Path | None:
    """The hub cache's directory of a model, where it holds config and tokenizer.

    Raises:
        ValueError: it is no name that the hub could have.
    """
    try:
        found = [try_to_load_from_cache(name, file) for file in ("config.json", "tokenizer_config.json")]
    except HFValidationError as error:
        raise ValueError(f"{name} is neither a directory nor a name of the hub: {error}") from None
    paths = [Path(file) for file in found if isinstance(file, str)]
    return paths[0].parent if len(paths) == len(found) else None


def read_sizes(path: Path) -> dict[str, Any] | None:
    """The fields of `cli.memory.Shape` for the model in a directory; None where it is no dense decoder.

    Raises:
        ValueError: there is no config that transformers reads.
    """
    try:
        config = AutoConfig.from_pretrained(path)
    except OSError as error:
        raise ValueError(f"no model at {path}: {str(error).splitlines()[0]}") from error
    text: Any = config.get_text_config()
    if text is not config or not hasattr(text, "intermediate_size") or _has_experts(text):
        return None
    with torch.device("meta"):
        model: Any = AutoModelForCausalLM.from_config(config)
    num_heads = int(text.num_attention_heads)
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "num_layers": int(text.num_hidden_layers),
        "hidden_size": int(text.hidden_size),
        "num_heads": num_heads,
        "num_kv_heads": int(getattr(text, "num_key_value_heads", None) or num_heads),
        "head_dim": int(getattr(text, "head_dim", None) or text.hidden_size // num_heads),
        "ffn_size": int(text.intermediate_size),
        "vocab_size": int(text.vocab_size),
        "max_positions": int(text.max_position_embeddings),
        "head_norms": any(name.endswith("q_norm.weight") for name, _ in model.named_parameters()),
    }


def _has_experts(config: Any) -> bool:
    return any(getattr(config, name, None) for name in ("num_experts", "num_local_experts", "n_routed_experts"))
