"""Servers that differ from the policy in one thing: the first step stops the run and says which."""

from __future__ import annotations

from pathlib import Path

import pytest

from pools import Server, of_pool, started
from runs import EARNED, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


FAR_OFF = '{"rope_parameters": {"rope_type": "default", "rope_theta": 100.0}}'


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("warm") / "run"
    run("smoke", directory, "--run.stages", '["sft"]', "--sft.max_steps", "2")
    return directory / "model"


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        (("--logprobs-mode", "raw_logprobs"), "temperature differs"),
        (("--dtype", "bfloat16"), "dtype differs"),
        (("--hf-overrides", FAR_OFF), "weights, rope or template differ"),
    ],
    ids=["temperature", "dtype", "rope"],
)
def test_the_cause_is_named(model: Path, tmp_path: Path, more: tuple[str, ...], cause: str) -> None:
    with started(Server(model, more=more)) as [server]:
        flags = (*EARNED, *of_pool([server.url], model), "--run.stages", '["rl"]', "--rollouts.temperature", "0.7")
        said = run("smoke", tmp_path / "run", *flags, code=1).stderr
    assert "engine and policy differ by" in said
    assert f"above the limits 0.0001 and 0.01: {cause}" in said


def test_the_half_of_a_pool_that_differs_is_named_with_its_cause_by_an_evaluation_too(
    model: Path, tmp_path: Path
) -> None:
    """In the mean over both halves it would be a difference of unknown cause."""
    with started(Server(model), Server(model, more=("--logprobs-mode", "raw_logprobs"))) as [good, raw]:
        pool = (*EARNED, *of_pool([good.url, raw.url], model))
        for i, how in enumerate((
            ("--run.stages", '["rl"]', "--rollouts.temperature", "0.7"),
            ("--run.stages", '["evaluate"]', "--evaluation.temperature", "0.7"),
        )):  # fmt: skip
            said = run("smoke", tmp_path / f"run{i}", *pool, *how, code=1).stderr
            assert f"tokens of {raw.url} (" in said
            assert "above the limits 0.0001 and 0.01: temperature differs" in said
