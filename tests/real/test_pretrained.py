"""A real pretrained model through one step of RL on a real report, and back from disk. Only by `make test-real`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pretrained import END_IDS, UnavailableError, prepare

HERE = Path(__file__).parent
REAL = HERE.parents[2] / "shared" / "data" / "tatqa" / "tatqa_dataset_dev.json"
NEEDED_GB = 18
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not REAL.is_file(), reason="the TAT-QA dev set is not beside the repository (docs/data.md)"),
]


def available_gb() -> float:
    """Memory that can be had without swapping; infinite where the system does not say."""
    file = Path("/proc/meminfo")
    fields = dict(line.split(":") for line in file.read_text("utf-8").splitlines()) if file.is_file() else {}
    return int(fields["MemAvailable"].split()[0]) / 2**20 if "MemAvailable" in fields else float("inf")


@pytest.fixture(scope="module")
def model() -> Path:
    try:
        return prepare()
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def trained(model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The directory of the trained model, and what was measured on the way."""
    if (available := available_gb()) < NEEDED_GB:
        pytest.skip(f"{available:.0f} GB of memory are available, {NEEDED_GB} are needed")
    from qwenlong.documents import write_examples
    from qwenlong.records import Kind
    from qwenlong.tatqa import load_tatqa

    out = tmp_path_factory.mktemp("trained")
    spans = [example for example in load_tatqa(REAL) if example.kind is not Kind.NUMBER]
    write_examples(out / "rows.jsonl", spans)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(HERE / "train_once.py"), str(model), str(out / "rows.jsonl"), str(out)],
        capture_output=True, text=True, timeout=1500, check=False,
        env=os.environ | {"MALLOC_MMAP_THRESHOLD_": "1000000"},  # so that freed tensors go back to the system
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    measured = json.loads(done.stdout.splitlines()[-1])
    shown = {name: value for name, value in measured.items() if name not in ("greedy", "prompt")}
    sys.stdout.write(json.dumps(shown | {"total_seconds": round(time.monotonic() - started)}, indent=1) + "\n")
    return out / "model", measured


def test_its_own_chat_template_and_end_tokens_are_used(trained: tuple[Path, dict[str, Any]]) -> None:
    _, measured = trained
    assert measured["end_ids"] == sorted(END_IDS)
    assert measured["prompt"].startswith("<|im_start|>system\n")
    assert measured["prompt"].endswith("<|im_start|>assistant\n")


def test_engine_and_policy_agree_about_the_rollouts(trained: tuple[Path, dict[str, Any]]) -> None:
    _, measured = trained
    assert len(measured["responses"]) == 8
    assert measured["mismatch"] < 1e-3


def test_the_update_raises_what_was_right(trained: tuple[Path, dict[str, Any]]) -> None:
    _, measured = trained
    assert set(measured["rewards"]) == {0.0, 1.0}
    assert measured["grad_norm"] > 0
    assert measured["gain"] > 0


def test_the_saved_model_answers_as_the_trained_one(trained: tuple[Path, dict[str, Any]]) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    directory, measured = trained
    loaded = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    for entry in measured["greedy"]:
        prompt = torch.tensor([entry["prompt"]])
        out = loaded.generate(  # type: ignore[misc]  # its self is annotated as another class
            prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=32, use_cache=True
        )
        assert out[0, prompt.shape[1] :].tolist() == entry["answer"]
