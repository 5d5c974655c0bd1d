"""The plan of a dry run: rows and micro-batches by hand, verdicts and ways out, and what is not on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qwenlong.cli import main
from qwenlong.cli.memory import GB, Shape, known_shapes, update_terms
from qwenlong.cli.planning import Machine, engine_of, longest_rows, memory_lines, phase_line, training_of
from qwenlong.config import Config, load_config

SHAPES = known_shapes()
HUB = ("one-gpu", "qwenlong-l1-14b", "qwenlong-l1-32b")
VLLM = ("--rollouts.engine", "vllm", "--rollouts.tensor_parallel", "4")
HF = ("--rollouts.engine", "hf", "--rollouts.tensor_parallel", "1")


def planned(recipe: str, *flags: str) -> tuple[Config, Shape]:
    config = load_config(recipe, flags)
    return config, SHAPES[config.model.path]


def with_engine(config: Config, name: str, **keys: Any) -> Config:
    """The recipe with another engine and its keys."""
    return config.model_copy(update={"rollouts": config.rollouts.model_copy(update={"engine": name, **keys})})


def lines_of(config: Config, shape: Shape, *, gpus: int, gigabytes: float | None) -> list[str]:
    memory = None if gigabytes is None else gigabytes * GB
    return memory_lines(config, shape, Machine(gpus=gpus, memory=memory))


@dataclass(frozen=True)
class Done:
    """What a dry run gave."""

    returncode: int
    stdout: str
    stderr: str


DryRun = Callable[..., Done]


@pytest.fixture
def dry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> DryRun:
    """A dry run in an empty directory where nothing was downloaded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("qwenlong.cli.running.device_memory", lambda: None)
    monkeypatch.delenv("WORLD_SIZE", raising=False)

    def start(*words: str) -> Done:
        code = main([*words, "--dry-run"])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return start


@pytest.mark.parametrize(
    ("cap", "layout", "expected"),
    [
        # 60,000 + 8 x 10,000 = 140,000. Rows of 70,000 hold one response, of 110,000 five: 4 and 4; of 140,000 all.
        ("70000", "shared", (140_000, 8, 70_000, 560_000)),
        ("110000", "shared", (140_000, 2, 100_000, 200_000)),
        ("140000", "shared", (140_000, 1, 140_000, 140_000)),
        ("140000", "full", (140_000, 8, 70_000, 560_000)),
    ],
)
def test_rows_of_the_longest_group(cap: str, layout: str, expected: tuple[int, ...]) -> None:
    config = load_config("qwenlong-l1-14b", ["--packing.max_row_tokens", cap, "--packing.layout", layout])
    rows = longest_rows(config, config.phases[1])
    assert (rows.group_tokens, rows.num_rows, rows.row_tokens, rows.computed_tokens) == expected


def test_the_line_of_a_phase_counts_tokens_updates_and_micro_batches() -> None:
    config = load_config("qwenlong-l1-14b")
    line = phase_line(config, 1, examples="300 examples", gpus=32)
    # 128 x 560,000 tokens; 128 / 4 prompts of 8 rows, each a micro-batch, on 32 ranks.
    assert "phase 2: 300 examples, 40 steps of 128 x 8; at most 71,680,000 tokens per step (shared rows)" in line
    assert line.endswith("updates per step: 4, of up to 32 prompts; micro-batches per update and rank: up to 8")
    # 20,000 + 10,000 x 4 twice; three such rows of 60,000 share a micro-batch of 200,000.
    flags = ["--packing.max_batch_tokens", "200000"]
    line = phase_line(load_config("qwenlong-l1-14b", flags), 0, examples="", gpus=8)
    assert line.endswith("micro-batches per update and rank: up to 3")  # 64 rows, 3 at once, on 8 ranks


def test_the_longest_micro_batch_is_a_row_at_its_cap_or_a_full_batch() -> None:
    # Shorter prompts than the longest can fill a row up to its cap.
    for flags, tokens in (
        ([], 70_000),
        (["--packing.max_row_tokens", "110000"], 110_000),
        (["--packing.max_row_tokens", "200000"], 140_000),
        (["--packing.max_row_tokens", "110000", "--packing.layout", "full"], 70_000),
        (["--packing.max_batch_tokens", "90000"], 90_000),
    ):
        config, shape = planned("qwenlong-l1-14b", *flags)
        assert training_of(config, shape, gpus=8).tokens == tokens


def test_settings_of_the_recipe_reach_the_terms() -> None:
    config, shape = planned(
        "qwenlong-l1-14b", "--update.gradient_checkpointing", "false", "--update.offload_optimizer", "false",
        "--losses.kl_coefficient", "0.01", "--model.dtype", "float32",
    )  # fmt: skip
    found = training_of(config, shape, gpus=16)
    assert (found.ranks, found.weight_bytes, found.has_reference) == (16, 4, True)
    assert not found.gradient_checkpointing
    assert not found.offload_optimizer


def test_the_hf_engine_keeps_its_weights_during_updates_and_caches_its_largest_batch() -> None:
    config, shape = planned("qwenlong-l1-14b", "--run.stages", '["rl"]', *HF)
    machine = Machine(gpus=8, memory=None)
    engine = engine_of(config, shape, machine)
    assert engine.weights == engine.during_update == shape.parameters * 2
    # Batches of 60,000 prompt tokens: three of 20,000, each with 8 x 10,000 to come, or one of 60,000.
    assert engine.cache == 3 * (20_000 + 8 * 10_000) * 2 * 48 * 1024 * 2
    # Known rows: six of 9,000 at once, whose responses are most of it.
    engine = engine_of(config, shape, machine, lengths=[[9_000, 20_000], [60_000]])
    assert engine.cached == "6 x (9,000 + 8 x 10,000) tokens"


def test_vllm_takes_its_share_and_leaves_updates_alone() -> None:
    config, shape = planned("qwenlong-l1-32b")
    config = with_engine(config, "vllm", tensor_parallel=4, memory_share=0.5)
    engine = engine_of(config, shape, Machine(gpus=32, memory=80 * GB))
    assert (engine.weights, engine.during_update, engine.rolling_out) == (shape.parameters * 2 / 4, 0, 40 * GB)
    # Evaluation asks for twice the last phase: 120,000 and a response; 64 layers of 1,024 keys and values over 4 ranks.
    assert engine.cache == 130_000 * 2 * 64 * 1024 * 2 / 4


def test_the_paper_s_14b_fits_80_gb_with_vllm_and_its_32b_does_not() -> None:
    config, shape = planned("qwenlong-l1-14b")
    lines = lines_of(with_engine(config, "vllm", tensor_parallel=4), shape, gpus=32, gigabytes=80)
    assert lines[0] == "engines: 8 x vllm, of 4 ranks each, colocated"
    assert lines[-1].startswith("verdict: fits 32 x 80.0 GB: ")
    config, shape = planned("qwenlong-l1-32b")
    config = with_engine(config, "vllm", tensor_parallel=4)
    said = "\n".join(lines_of(config, shape, gpus=32, gigabytes=80))
    assert "verdict: does not fit 32 x 80.0 GB" in said
    assert re.search(r"a row shared by 2 GPUs: \d+\.\d GB; that is sequence parallelism, which this version has", said)
    needed = re.search(r"GPUs of at least (\d+) GB", said)
    assert needed
    assert lines_of(config, shape, gpus=32, gigabytes=int(needed[1]))[-1].startswith("verdict: fits")
    assert "does not fit" in "\n".join(lines_of(config, shape, gpus=32, gigabytes=int(needed[1]) - 1))
    assert lines_of(config, shape, gpus=32, gigabytes=141)[-1].startswith("verdict: fits")


def test_shorter_phases_as_long_as_it_says_do_fit() -> None:
    config, shape = planned("qwenlong-l1-32b")
    config = with_engine(config, "vllm", tensor_parallel=4)
    said = "\n".join(lines_of(config, shape, gpus=32, gigabytes=80))
    found = re.search(r"phases of at most ([\d,]+) input and output tokens", said)
    assert found
    longest = int(found[1].replace(",", ""))
    for extra, fits in ((0, True), (1, False)):
        packing = {"max_row_tokens": longest + extra, "max_batch_tokens": longest + extra}
        phase = {"max_input_tokens": longest + extra - 10_000}
        shorter = config.model_copy(update={
            "packing": config.packing.model_copy(update=packing),
            "phases": [config.phases[0], config.phases[1].model_copy(update=phase)],
        })  # fmt: skip
        assert (lines_of(shorter, shape, gpus=32, gigabytes=80)[-1].startswith("verdict: fits")) is fits


def test_settings_come_first_and_more_gpus_where_they_help() -> None:
    config, shape = planned(
        "one-gpu", "--update.gradient_checkpointing", "false", "--update.offload_optimizer", "false"
    )
    said = "\n".join(lines_of(config, shape, gpus=1, gigabytes=24))
    assert "- update.gradient_checkpointing = true, update.offload_optimizer = true: 1" in said
    # 14B on two GPUs: a quarter of its states is too much, an eighth is not.
    config, shape = planned("qwenlong-l1-14b")
    config = with_engine(config, "vllm", tensor_parallel=2)
    said = "\n".join(lines_of(config, shape, gpus=2, gigabytes=80))
    assert re.search(r"- 8 GPUs: 73\.\d GB", said)
    terms = update_terms(training_of(config, shape, gpus=4))
    assert terms.total > 76 * GB


@pytest.mark.parametrize(("gpus", "counts"), [("6", "4 or 8"), ("3", "4"), ("9", "8 or 12")])
def test_a_plan_that_cannot_start_fits_nowhere(gpus: str, counts: str, dry: DryRun) -> None:
    for flags in ((), ("--gpu-memory-gb", "141"), ("--model.path", "somebody/something")):
        done = dry("qwenlong-l1-14b", "--gpus", gpus, *VLLM, *flags)
        assert done.returncode == 2
        assert f"# verdict: cannot start: rollouts.tensor_parallel 4 does not divide {gpus} ranks: take {counts} (" in (
            done.stdout
        )
        assert done.stdout.count("verdict: ") == 1


def test_a_way_out_names_no_number_of_gpus_that_cannot_start() -> None:
    config, shape = planned("qwenlong-l1-14b")
    for gpus, split in ((2, 2), (3, 3), (1, 1)):
        lines = lines_of(with_engine(config, "vllm", tensor_parallel=split), shape, gpus=gpus, gigabytes=80)
        named = [int(count) for line in lines for count in re.findall(r"^  - (\d+) GPUs: ", line)]
        assert named
        assert all(count % split == 0 and count > gpus for count in named)


def test_an_engine_that_stays_during_updates_counts_in_every_way_out() -> None:
    # Rows of 70,000 leave 70.4 GB of training; the hf engine's 29.5 beside them are too much, so it is part of the way.
    config, shape = planned("qwenlong-l1-14b", "--packing.max_row_tokens", "140000", *HF)
    (way,) = [line for line in lines_of(config, shape, gpus=32, gigabytes=80) if line.startswith("  - ")]
    assert way.startswith("  - packing.max_row_tokens = packing.max_batch_tokens = 70000 (one prompt, one response), ")
    assert way.endswith('rollouts.engine = "vllm", which gives its memory back: 70.4 GB')


def test_rollouts_that_do_not_fit_say_which_key_helps() -> None:
    config, shape = planned("qwenlong-l1-32b")
    said = "\n".join(lines_of(with_engine(config, "vllm", tensor_parallel=1), shape, gpus=32, gigabytes=80))
    assert "hold not one of the longest sequences: raise rollouts.tensor_parallel" in said
    said = "\n".join(lines_of(with_engine(config, "vllm", memory_share=0.99), shape, gpus=32, gigabytes=141))
    assert "lower rollouts.memory_share" in said
    assert "lower rollouts.max_batch_tokens" in "\n".join(
        lines_of(with_engine(config, "hf", tensor_parallel=1), shape, gpus=32, gigabytes=141)
    )
    said = "\n".join(lines_of(with_engine(config, "vllm-server"), shape, gpus=32, gigabytes=141))
    assert "engines: a pool of vLLM servers, on GPUs of its own" in said
    assert "memory of rollouts" not in said


def test_without_a_gpus_memory_there_is_no_verdict_and_longer_than_the_model_is_said() -> None:
    config, shape = planned("one-gpu", "--phases.1.max_output_tokens", "9000", "--packing.max_row_tokens", "26000")
    lines = lines_of(config, shape, gpus=1, gigabytes=None)
    assert lines[-1] == "verdict: none without a GPU's memory; say it, for example --gpus 8 --gpu-memory-gb 80"
    assert any(
        line.startswith("positions: sequences reach 41,768 tokens, the model was made for 40,960") for line in lines
    )
    assert not any("positions" in line for name in HUB for line in lines_of(*planned(name), gpus=8, gigabytes=80))


@pytest.mark.parametrize("recipe", HUB)
def test_a_recipe_is_planned_without_its_model_and_data(recipe: str, dry: DryRun, tmp_path: Path) -> None:
    done = dry(recipe, "--gpus", "32", "--gpu-memory-gb=141")
    assert done.returncode == 0, done.stderr
    config = load_config(recipe)
    for missing in (f"model.path {config.model.path}", f"data.train {config.data.train}"):
        assert f"# not checked: {missing} is not on this machine\n" in done.stdout
    assert "# ranks: 32 (--gpus)\n" in done.stdout
    assert "# phase 2: examples not counted" in done.stdout
    assert "# memory of an update, GB per GPU (computed): weights, gradients, optimizer " in done.stdout
    assert "# verdict: " in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_is_here_is_checked_although_the_rest_is_not(dry: DryRun, tmp_path: Path) -> None:
    row = {"id": "a", "documents": [{"text": "Rent was 900."}], "question": "How much?", "answers": ["900"]}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    flags = ("--data.train", "rows.jsonl", "--run.stages", '["rl"]')
    done = dry("one-gpu", *flags)
    assert done.returncode == 0, done.stderr
    assert "# data.train rows.jsonl: 1 rows, not yet measured in tokens\n" in done.stdout
    assert "data.evaluation" not in done.stdout.split("# ", 1)[1]
    (tmp_path / "rows.jsonl").write_text(json.dumps(row | {"answers": []}) + "\n", "utf-8")
    done = dry("one-gpu", *flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert "rows.jsonl:1: " in done.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--model.path", "runs/no/model"], "model.path is runs/no/model, where there is no directory"),
        (["--model.path", "no model?"], "no model? is neither a directory nor a name of the hub"),
        (["--rollouts.read", "groups.jsonl"], "rollouts.read names groups.jsonl, which does not exist"),
        (["--rewards.parts", '["function"]', "--rewards.function", "no.py:f"], "there is no file no.py"),
    ],
)
def test_what_no_hub_can_mend_still_fails(flags: list[str], message: str, dry: DryRun) -> None:
    done = dry("one-gpu", *flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_model_nobody_here_knows_gets_no_memory_plan(dry: DryRun) -> None:
    done = dry("one-gpu", "--model.path", "somebody/something")
    assert done.returncode == 0, done.stderr
    assert "# memory is not planned: somebody/something is not known here, or is not a dense decoder\n" in done.stdout
    assert "verdict" not in done.stdout


def test_a_model_that_is_here_is_planned_from_its_own_config(dry: DryRun, tmp_path: Path) -> None:
    from qwenlong.backends.tiny import build_tiny_model
    from qwenlong.backends.tokenizers import word_tokenizer
    from qwenlong.cli.corpus import synthetic_task

    config = load_config("smoke")
    words = word_tokenizer(synthetic_task(config).words())
    sizes = config.model.tiny.model_dump()
    build_tiny_model(tmp_path / "model", tokenizer=words, seed=0, max_tokens=336, **sizes)
    done = dry("smoke", "--model.path", "model", "--gpus=2", "--gpu-memory-gb", "16")
    assert done.returncode == 0, done.stderr
    assert "# phase 1: endless examples, 4 steps of 8 x 4; at most 1,280 tokens per step" in done.stdout
    assert "# verdict: fits 2 x 16.0 GB: " in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--dry-run", "--gpus", "many"], "--gpus needs a number, not 'many'"),
        (["--dry-run", "--gpus"], "--gpus needs a number, not ''"),
        (["--dry-run", "--gpu-memory-gb=0"], "--gpu-memory-gb is 0: it must be above 0"),
        (["--dry-run", "--gpu-memory-gb", "nan"], "--gpu-memory-gb is nan: it must be above 0"),
        (["--gpus", "8"], "--gpus is of a --dry-run: a run takes the GPUs that its launcher gives"),
    ],
)
def test_the_machine_is_numbers_and_of_a_dry_run(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["smoke", *words]) == 2
    assert message in capsys.readouterr().err
