"""A server from a run's recipe, and what its counters are read as."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from qwenlong.backends.vllm_answers import NEEDED
from qwenlong.backends.vllm_counters import engine_counts, grown, read_page, total
from qwenlong.cli import serving
from qwenlong.config import load_config

ROOT = Path(__file__).parents[1]
POOL = ("--rollouts.engine", "vllm-server", "--rollouts.servers", '["http://a:8000"]', "--model.path", "some/model")


def command(*flags: str, more: Sequence[str] = (), cpu: bool = False) -> str:
    return " ".join(serving.server_command(load_config("smoke", [*POOL, *flags]), more, cpu=cpu))


def test_a_server_gets_what_the_run_needs_of_it() -> None:
    said = command("--model.dtype", "bfloat16")
    assert said.startswith("-m vllm.entrypoints.openai.api_server --model some/model --dtype bfloat16 ")
    assert " --max-model-len 336 --max-num-batched-tokens 8192 " in said  # 2 x 160 + 16, evaluation included
    assert " --logprobs-mode processed_logprobs " in said
    assert " --host 127.0.0.1" in said
    assert "weight-transfer" not in said
    assert "--no-enable-chunked-prefill" not in said
    assert "--no-enable-chunked-prefill" in command(cpu=True)
    assert "--return-sampling-mask" in command("--rollouts.top_k", "20")
    assert "--return-sampling-mask" not in said + command("--rollouts.top_k", "20", cpu=True)
    assert " --enable-scale-out" in said
    assert " --kv-cache-dtype auto" in said
    assert "--speculative-config" not in said
    guess = command("--rollouts.speculative", "3", "--rollouts.kv_cache_dtype", "fp8")
    assert " --kv-cache-dtype fp8" in guess
    assert '--speculative-config {"method": "ngram", "num_speculative_tokens": 3, "prompt_lookup_max": 4}' in guess
    assert '--weight-transfer-config {"backend": "nccl"}' in command("--rollouts.weights_transfer", "nccl")


def test_a_server_looks_up_what_the_engine_inside_a_rank_does() -> None:
    engine = (Path(serving.__file__).parent.parent / "backends" / "vllm_engine.py").read_text("utf-8")
    assert f"\nNGRAM = {serving.NGRAM}\n" in engine


def vllm_with(directory: Path, *names: str) -> Path:
    """A package whose servers know these names."""
    (directory / "entrypoints" / "somewhere").mkdir(parents=True)
    (directory / "entrypoints" / "somewhere" / "flags.py").write_text("\n".join(names), "utf-8")
    return directory


def test_flags_are_given_where_this_vllm_has_them(tmp_path: Path) -> None:
    package = vllm_with(tmp_path, "weight_versions: list", "enable_scale_out: bool")
    config = load_config("smoke", [*POOL, "--rollouts.top_k", "20"])
    said = serving.server_command(config, [], cpu=False, knows=lambda name: serving.knows(package, name))
    assert "--enable-scale-out" in said
    assert "--return-sampling-mask" not in said


def test_a_vllm_that_knows_no_versions_of_weights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = vllm_with(tmp_path, "enable_scale_out")
    monkeypatch.setattr(serving, "vllm_package", lambda: package)
    assert serving.main(["smoke", *POOL]) == 2
    assert "pip install 'vllm>=0.32,<0.34'" in capsys.readouterr().err


def test_the_range_for_a_pool_is_said_alike_everywhere_and_httpx_comes_with_the_trainer() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert any(one.startswith("httpx") for one in extras["train"]), "a pool's trainer needs no other extra"
    [inside] = extras["vllm"]
    assert inside.rpartition(",")[2] == NEEDED.rpartition(",")[2]
    for text in ("docs/rollouts.md", "python/qwenlong/cli/serving.py"):
        assert NEEDED in (ROOT / text).read_text("utf-8"), text
    assert inside in (ROOT / "docs" / "rollouts.md").read_text("utf-8")


def test_flags_of_vllm_come_last_where_they_win() -> None:
    assert command(more=["--host", "0.0.0.0", "--port", "8001"], cpu=True).endswith("--host 0.0.0.0 --port 8001")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["smoke"], 'rollouts.engine is "hf", which asks no server'),
        (["smoke", *POOL, "--model.path", "tiny"], 'model.path is "tiny"'),
        (["nowhere"], "no recipe 'nowhere'"),
    ],
)
def test_mistakes_are_said_in_a_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "vllm_package", Path)
    monkeypatch.setattr(serving, "knows", lambda package, name: True)
    assert serving.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("qwenlong-serve: ")
    assert message in said


def test_without_vllm_the_remedy_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    assert serving.main(["smoke", *POOL]) == 2
    assert "pip install 'qwenlong[vllm]'" in capsys.readouterr().err


PAGE = """\
# HELP vllm:prefix_cache_queries_total Prefix cache queries, in terms of number of queried tokens.
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0",model_name="a} b"} 1200.0
vllm:prefix_cache_queries_total{engine="1",model_name="a} b"} 1.0e+03
vllm:prefix_cache_queries_created{engine="0",model_name="a} b"} 1.7e+09
vllm:prefix_cache_hits_total{engine="0",model_name="a} b"} 300.0
vllm:prefix_cache_hits_total{engine="1",model_name="a} b"} 0.0
vllm:num_preemptions_total{engine="0",model_name="a} b"} 2.0
python_gc_collections_total{generation="0"} 7.0
"""


def test_a_page_of_counters_is_summed_over_a_servers_engines() -> None:
    assert read_page(PAGE) == {"cache_queries": 2200, "cache_hits": 300, "preemptions": 2}
    assert read_page("") == {}


def test_a_counter_that_fell_began_anew() -> None:
    assert grown({"cache_hits": 10, "preemptions": 3}, {"cache_hits": 4, "preemptions": 3}) == {
        "cache_hits": 4, "preemptions": 0,
    }  # fmt: skip


def test_missing_is_not_zero() -> None:
    one, other = {"cache_queries": 10, "cache_hits": 4}, {"cache_queries": 5, "cache_hits": 5, "drafted_tokens": 7}
    assert total([one, other]) == {"cache_queries": 15, "cache_hits": 9}
    assert total([one, None]) == total([]) == {}
    told = engine_counts(total([one, other]), busy_seconds=1.0, prompt_tokens=6)
    assert (told.prefilled_tokens, told.prompt_tokens, told.drafted_tokens, told.preemptions) == (6, 6, None, None)
    untold = engine_counts({}, busy_seconds=1.0, prompt_tokens=6)
    assert (untold.prefilled_tokens, untold.prompt_tokens, untold.cache_queries) == (None, None, None)
