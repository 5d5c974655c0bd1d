"""A model of Qwen2.5-0.5B's shape in bfloat16 with the real vocabulary: load, rollouts, an update, push, save, load.

True widths, heads, biases, vocabulary and tied head; random weights; 2 of the 24 layers unless QWENLONG_LAYERS says
otherwise, since a step in bfloat16 takes this long on a CPU and what a layer does, the next one does again.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from qwenlong.backends.tokenizers import qwen_tokenizer
from runs import EARNED, metrics, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
RECIPE = """
[run]
directory = "unused"
stages = ["rl"]
[model]
path = "{model}"
dtype = "bfloat16"
[data]
train = "{rows}"
[rollouts]
engine = "vllm"
prompts_per_step = 2
group_size = 8
temperature = 0.8
[update]
learning_rate = 1e-3
[[phases]]
max_input_tokens = 512
max_output_tokens = 8
steps = 2
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("shape")
    config = Qwen2Config(  # type: ignore[call-arg]
        vocab_size=151_936, hidden_size=896, intermediate_size=4864,
        num_hidden_layers=int(os.environ.get("QWENLONG_LAYERS", "2")), num_attention_heads=14, num_key_value_heads=2,
        max_position_embeddings=32_768, rope_theta=1e6, tie_word_embeddings=True, rms_norm_eps=1e-6,
        bos_token_id=151_643, eos_token_id=151_645,
    )  # fmt: skip
    torch.manual_seed(0)
    model: Any = Qwen2ForCausalLM(config)  # type: ignore[no-untyped-call]
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.1)  # else a bias that is lost would not be seen
    model.to(torch.bfloat16).save_pretrained(directory / "model")
    qwen_tokenizer().save_pretrained(directory / "model")
    rows = [
        {
            "id": f"r{i}",
            "documents": [{"title": "Report", "text": f"Revenue of year {1990 + n} was {37 * n + i} million. " * 2}
                          for n in range(6)],
            "question": f"What was revenue in {1990 + i}?",
            "answers": [str(38 * i)],
        }
        for i in range(4)
    ]  # fmt: skip
    (directory / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    file = directory / "recipe.toml"
    file.write_text(RECIPE.format(model=directory / "model", rows=directory / "rows.jsonl"), "utf-8")
    return file


def test_it_goes_through_load_rollouts_update_push_save_and_load(recipe: Path, tmp_path: Path) -> None:
    done = run(str(recipe), tmp_path / "first", *EARNED, timeout=1500)
    [(mean, _)] = re.findall(r"differ by (\S+) in the mean, (\S+) at most", done.stdout + done.stderr)
    assert float(mean) < 0.05
    one, two = (row for row in metrics(tmp_path / "first") if row["stage"] == "rl")
    assert one["trained_tokens"] > 0
    assert one["grad_norm"] > 0
    # The second step samples from the pushed weights, which the update has changed, and both still agree.
    assert two["mismatch"] < 0.05
    before = AutoModelForCausalLM.from_pretrained(recipe.parent / "model", dtype=torch.bfloat16)
    after = AutoModelForCausalLM.from_pretrained(tmp_path / "first" / "model", dtype=torch.bfloat16)
    moved = {name for name, p in after.named_parameters() if not torch.equal(p, before.get_parameter(name))}
    assert {"model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.bias"} <= moved
    assert after.lm_head.weight.data_ptr() == after.model.embed_tokens.weight.data_ptr()
    assert len(AutoTokenizer.from_pretrained(tmp_path / "first" / "model")) == 151_646
    again = ("--model.path", str(tmp_path / "first" / "model"))
    done = run(str(recipe), tmp_path / "second", *EARNED, *again, timeout=1500)
    [(mean, _)] = re.findall(r"differ by (\S+) in the mean, (\S+) at most", done.stdout + done.stderr)
    assert float(mean) < 0.05
