"""The task that is built on the spot: by name, of exact length, with one winner."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qwenlong.backends.tokenizers import HubTokenizer, word_tokenizer
from qwenlong.prompts import build_prompt
from qwenlong.records import Example
from qwenlong.scoring import score
from qwenlong.synthetic import CHANCE, TEMPLATE, SyntheticTask


def task(seed: int = 0, *, mentions: tuple[int, int] = (4, 6), categories: int = 4) -> SyntheticTask:
    return SyntheticTask(seed=seed, num_categories=categories, num_values=8, num_fillers=48, winner_mentions=mentions)


def counts(example: Example) -> Counter[str]:
    """Mentions of the values of the category that is asked for."""
    match = re.fullmatch(r"which kind(\d+) most", example.question)
    assert match is not None
    return Counter(word for word in example.documents[0].text.split() if word.startswith(f"k{match[1]}v"))


def test_the_same_id_gives_the_same_example_and_another_seed_or_purpose_another() -> None:
    one = task().example("train", index=5, min_tokens=70, max_tokens=90)
    assert one.id == "train:70-90:5"
    assert task().recall(one.id) == one
    assert task().recall("test:70-90:5").documents != one.documents
    assert task().recall("train:70-90:6").documents != one.documents
    assert task(seed=1).recall(one.id).documents != one.documents


@settings(max_examples=80, deadline=None)
@given(
    index=st.integers(0, 10**6), length=st.integers(66, 300), mentions=st.sampled_from([(2, 2), (2, 6), (4, 6), (3, 3)])
)
def test_the_winner_is_unique_and_is_the_answer_and_the_length_is_exact(
    index: int, length: int, mentions: tuple[int, int]
) -> None:
    example = task(mentions=mentions).example("train", index=index, min_tokens=length, max_tokens=length)
    found = counts(example).most_common()
    assert len(found) == 3
    assert example.answers == (found[0][0],)
    assert found[0][1] > found[1][1]
    assert 1 <= found[0][1] - found[1][1] <= 3
    assert mentions[0] <= found[0][1] <= mentions[1]
    words = f"{example.documents[0].text} {example.question}".split()
    assert len(words) == length == example.metadata["tokens"]


def test_lengths_fill_the_range_to_both_ends() -> None:
    lengths = [task().recall(f"train:70-74:{i}").metadata["tokens"] for i in range(200)]
    assert sorted(set(lengths)) == [70, 71, 72, 73, 74]


def test_every_word_of_an_example_is_in_the_vocabulary() -> None:
    one = task()
    known = one.words()
    assert len(set(known)) == len(known)
    for index in range(50):
        example = one.example("train", index=index, min_tokens=66, max_tokens=120)
        assert example.response is not None
        said = [*example.documents[0].text.split(), *example.question.split(), *example.response.split()]
        assert set(said) <= set(known)


def test_the_response_to_imitate_is_right_and_well_formed() -> None:
    for index in range(50):
        example = task().example("sft", index=index, min_tokens=66, max_tokens=120)
        assert example.response is not None
        verdict = score(example.response, list(example.answers), kind=example.kind.value)
        assert (verdict.score, verdict.metrics["well_formed"]) == (1.0, 1.0)
        assert 8 <= len(example.response.split()) <= 24


def test_a_prompt_has_as_many_tokens_as_words() -> None:
    tokenizer = HubTokenizer(word_tokenizer(task().words()))
    example = task().example("train", index=3, min_tokens=80, max_tokens=80)
    prompt = build_prompt(example, tokenizer=tokenizer, max_tokens=80, template=TEMPLATE)
    assert prompt is not None
    assert (len(prompt.token_ids), prompt.tokens_cut) == (80, 0)
    assert tokenizer.decode(prompt.token_ids).split()[-3:] == example.question.split()


def test_guessing_among_the_values_present_is_right_one_time_in_three() -> None:
    draw = np.random.default_rng(1)
    right = 0
    for index in range(3000):
        example = task().example("test", index=index, min_tokens=66, max_tokens=66)
        assert example.metadata["chance"] == CHANCE
        present = sorted(counts(example))
        right += present[draw.integers(len(present))] == example.answers[0]
    # 1,000 expected, standard deviation sqrt(3000 * 1/3 * 2/3) = 25.8.
    assert abs(right - 1000) < 3 * 25.82


def test_no_value_wins_more_often_than_another() -> None:
    wins = Counter(task().recall(f"train:66-66:{i}").answers[0][2:] for i in range(3000))
    # 375 for each of 8 values, standard deviation sqrt(3000 * 1/8 * 7/8) = 18.1.
    assert len(wins) == 8
    assert max(abs(count - 375) for count in wins.values()) < 4 * 18.12


def test_a_length_that_cannot_hold_the_mentions_is_refused_with_both_numbers() -> None:
    with pytest.raises(
        ValueError, match=r"20 tokens cannot hold \d\d mentions and the question; raise the length limits"
    ):
        task().example("train", index=0, min_tokens=20, max_tokens=20)
