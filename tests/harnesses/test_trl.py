"""`AnswerReward` in TRL's own trainer: GRPO on a model made on the spot learns what it rewards."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from byte_model import write_byte_model
from qwenlong.integrations.trl import AnswerReward

CAPITAL, ARTICLE = "Capital?", "Article?"
RENDER: dict[str, Any] = {"add_generation_prompt": True, "tokenize": False}
SAYS = ("The answer is Berlin.", "The answer is Paris.")


def conversation(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}]


@pytest.fixture(scope="module")
def undecided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers every question with one of two sentences, each half of the time."""
    directory = write_byte_model(tmp_path_factory.mktemp("model") / "undecided")
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    prompts: list[Any] = [CAPITAL, ARTICLE]
    prompts += [tokenizer.apply_chat_template(conversation(question), **RENDER) for question in prompts]
    texts = [f"{prompt}{says}<|done|>" for prompt in prompts for says in SAYS]
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    labels = batch.input_ids.masked_fill(batch.attention_mask == 0, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(200):
        optimizer.zero_grad()
        model(**batch, labels=labels).loss.backward()
        optimizer.step()
    model.save_pretrained(directory)
    return directory


def share_of_paris(model: Any, tokenizer: Any, prompt: Any) -> float:
    """How probable the second of the two sentences is, where they part."""
    text = prompt if isinstance(prompt, str) else tokenizer.apply_chat_template(prompt, **RENDER)
    inputs = tokenizer(f"{text}The answer is ", return_tensors="pt")
    with torch.no_grad():
        probabilities = model(**inputs).logits[0, -1].softmax(dim=-1)
    return float(probabilities[tokenizer("P").input_ids[0]])


@pytest.mark.parametrize("conversational", [False, True], ids=["plain", "conversational"])
def test_the_rewarded_answer_is_learned_and_a_gold_that_cannot_be_read_is_left_out(
    undecided: Path, tmp_path: Path, conversational: bool
) -> None:
    reward = pickle.loads(pickle.dumps(AnswerReward(columns=["kind"])))
    capital, article = ((conversation(q) if conversational else q) for q in (CAPITAL, ARTICLE))
    rows = [
        {"prompt": capital, "answers": ["Paris", "Paris, France"], "kind": "text"},
        {"prompt": article, "answers": ["the"], "kind": "text"},
    ]
    args = GRPOConfig(
        output_dir=str(tmp_path), max_steps=15, per_device_train_batch_size=32, num_generations=16, seed=0,
        max_completion_length=32, learning_rate=2e-4, lr_scheduler_type="constant", logging_steps=1, report_to=[],
        use_cpu=True, bf16=False, save_strategy="no", disable_tqdm=True,
    )  # fmt: skip
    trainer = GRPOTrainer(str(undecided), reward_funcs=reward, args=args, train_dataset=Dataset.from_list(rows))
    assert 0.4 < share_of_paris(trainer.model, trainer.processing_class, capital) < 0.6
    trainer.train()
    assert share_of_paris(trainer.model, trainer.processing_class, capital) > 0.85

    log = [entry for entry in trainer.state.log_history if "reward" in entry]
    assert {entry["unscored"] for entry in log} == {0.5}
    assert [entry["rewards/qwenlong_strict/mean"] for entry in log] == [entry["reward"] for entry in log]
    assert 0.2 < log[0]["reward"] < 0.8  # of the readable half alone: with zeros for the others it were half as much
    assert trainer._logs["extra"]["reason"].count("gold_unparsable") == 16
    assert trainer._logs["advantages"].count(0.0) >= 16


def test_a_row_without_a_gold_is_none_and_the_others_keep_their_places() -> None:
    logged: dict[str, Any] = {}
    scores = AnswerReward("hotpotqa", gold="gold")(
        prompts=["q"] * 3,
        completions=["Paris", "nothing", "Paris, in France"],
        gold=["Paris", None, ["Paris"]],
        trainer_state=None,
        log_metric=logged.__setitem__,
        log_extra=logged.__setitem__,
    )
    assert scores == [1.0, None, 0.5]  # one word of three is the gold's: 2 * (1/3 * 1) / (1/3 + 1)
    assert logged == {"unscored": 1 / 3, "reason": ["matched", "no_gold", "partial"]}


def test_a_column_that_the_dataset_lacks_is_named() -> None:
    with pytest.raises(ValueError, match="no column 'answers' of golds; it has \\['prompts', 'solution'\\]"):
        AnswerReward()(prompts=["q"], completions=["a"], solution=["a"])
    with pytest.raises(ValueError, match="no 'scale' in a row"):
        AnswerReward("tatqa", columns=["scale"])(prompts=["q"], completions=["a"], answers=["a"])
