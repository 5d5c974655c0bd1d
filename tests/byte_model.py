"""A model that a user might bring: one token for each byte, its own chat template, two end tokens."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from qwenlong.backends.tiny import build_tiny_model

TEMPLATE = (
    "{% for turn in messages %}<|user|>{{ turn['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|model|>{% endif %}"
)
SPECIALS = ["<|user|>", "<|model|>", "<|done|>", "<|stop|>"]
END_IDS = [258, 259]
"""Of the last two; the tokenizer itself knows only the first of them."""


def bytes_tokenizer() -> PreTrainedTokenizerFast:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {piece: i for i, piece in enumerate([*alphabet, *SPECIALS])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(SPECIALS)
    named = {"eos_token": "<|done|>", "pad_token": "<|done|>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, **named)  # type: ignore[no-untyped-call]
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def write_byte_model(directory: Path) -> Path:
    build_tiny_model(
        directory, tokenizer=bytes_tokenizer(), seed=3, num_layers=2, hidden_size=64, num_heads=2, num_kv_heads=1,
        head_dim=32, ffn_size=96, rope_theta=1e4, init_range=0.1, max_tokens=512,
    )  # fmt: skip
    file = directory / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"eos_token_id": END_IDS}), "utf-8")
    return directory
