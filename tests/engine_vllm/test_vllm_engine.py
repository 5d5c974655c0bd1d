"""The vLLM engine on one rank: what it writes has the log-probs it says, by the weights that were pushed last."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from transformers import AutoModelForCausalLM

from policies import alone, policy, tiny_model
from qwenlong.backends import deepspeed_policy
from qwenlong.records import Completion, Finish, Request, Sampling, StaleWeightsError
from runs import environment

pytestmark = [
    # Not ours: what vLLM and what it imports still call by old names.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.timeout(600),
]
END = 1
State = list[tuple[str, torch.Tensor]]


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"), init_range=0.1)


@pytest.fixture(scope="module")
def bare(model_path: Path) -> Any:
    """An engine that nothing was pushed to."""
    from qwenlong.backends.vllm_engine import VLLMEngine

    return VLLMEngine(
        model_path, world=alone(), dtype="float32", end_ids=[END], max_tokens=320, max_batch_tokens=320, seed=0
    )


@pytest.fixture(scope="module")
def models(model_path: Path) -> tuple[Any, Any]:
    """The model, and the same with other weights."""
    one, other = (AutoModelForCausalLM.from_pretrained(model_path) for _ in range(2))
    generator = torch.Generator().manual_seed(5)
    for parameter in other.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    return one, other


@pytest.fixture
def engine(bare: Any, models: tuple[Any, Any]) -> Any:
    bare.load_weights(state(models[0]), 1)
    bare.counts()
    return bare


def state(model: Any) -> State:
    return list(model.state_dict().items())


def requests(n: int, *, count: int = 5, step: int = 40) -> list[Request]:
    draw = np.random.default_rng(0)
    return [
        Request(
            id=str(i), token_ids=draw.integers(2, 60, size=5 + step * i).astype(np.int32), n=n,
            seed=int(draw.integers(2**63)) * 2 + 1,
        )
        for i in range(count)
    ]  # fmt: skip


def expected(model: Any, asked: Sequence[Request], one: Completion, sampling: Sampling) -> np.ndarray:
    """Log-probs of the whole vocabulary at every step of a completion, [R, V]."""
    prompt = asked[int(one.request_id)].token_ids
    ids = torch.from_numpy(np.concatenate([prompt, one.token_ids]).astype(np.int64))
    with torch.no_grad():
        logits = model(ids[None]).logits[0, len(prompt) - 1 : -1] / (sampling.temperature or 1.0)
    log_p: np.ndarray = torch.log_softmax(logits, -1).numpy()
    return log_p


def chosen(log_p: np.ndarray, one: Completion) -> np.ndarray:
    found: np.ndarray = log_p[np.arange(len(log_p)), one.token_ids]
    return found


def output_of(program: str) -> str:
    """What a program prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300,
        env=environment(PYTHONPATH=str(Path(__file__).parents[1])),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def worst(model: Any, asked: Sequence[Request], found: Iterable[Completion], sampling: Sampling) -> float:
    return max(float(np.abs(chosen(expected(model, asked, one, sampling), one) - one.logprobs).max()) for one in found)


def test_nothing_is_sampled_before_the_first_push(model_path: Path) -> None:
    """In a process of its own, since every other test pushes."""

    program = f"""
from policies import alone
from qwenlong.backends.vllm_engine import VLLMEngine
from qwenlong.records import Sampling, StaleWeightsError
engine = VLLMEngine({str(model_path)!r}, world=alone(), dtype="float32", end_ids=[1], max_tokens=64, seed=0)
try:
    list(engine.generate([], Sampling(max_tokens=2)))
except StaleWeightsError as error:
    print(error)
engine.close()
"""
    told = output_of(program)
    assert "never pushed" in told


def test_a_step_frees_the_gpu_and_takes_it_again_and_nothing_is_sampled_from_sleep(
    engine: Any, models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a CPU vLLM's sleep moves nothing, so what is asked of it is noted here in its place."""
    calls: list[Any] = []
    monkeypatch.setattr(engine, "_sleeps", True)
    monkeypatch.setattr(engine._llm, "sleep", lambda level: calls.append(f"sleep {level}"))
    monkeypatch.setattr(engine._llm, "wake_up", lambda tags: calls.append(tags))
    sampling, asked = Sampling(max_tokens=2), requests(1, count=1)
    engine.sleep()
    for wake in ("weights", "cache"):
        with pytest.raises(StaleWeightsError, match="given up in sleep"):
            list(engine.generate(asked, sampling))
        engine.wake(wake)
        engine.wake(wake)
    with pytest.raises(StaleWeightsError, match="given up in sleep"):  # awake, with nothing in the weights' memory
        list(engine.generate(asked, sampling))
    engine.sleep()
    engine.wake("weights")
    engine.load_weights(state(models[0]), 6)
    with pytest.raises(StaleWeightsError, match="it sleeps"):
        list(engine.generate(asked, sampling))
    engine.wake("cache")
    assert len(list(engine.generate(asked, sampling))) == 1
    # Level 2 keeps no copy of the weights: the push brings them.
    assert calls == ["sleep 2", ["weights"], ["kv_cache"], "sleep 2", ["weights"], ["kv_cache"]]


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_logprobs_are_those_of_the_sampling_temperature(engine: Any, models: Any, temperature: float) -> None:
    sampling, asked = Sampling(temperature=temperature, max_tokens=9), requests(3)
    found = list(engine.generate(asked, sampling))
    assert len(found) == 15
    assert {one.weight_version for one in found} == {1}
    assert worst(models[0], asked, found, sampling) < 5e-5


def test_a_response_does_not_depend_on_its_neighbours(engine: Any) -> None:
    sampling, asked = Sampling(max_tokens=9), requests(3)
    together = {(c.request_id, c.sample): c.token_ids.tolist() for c in engine.generate(asked, sampling)}
    apart = {
        (c.request_id, c.sample): c.token_ids.tolist()
        for request in reversed(asked)
        for c in engine.generate([request], sampling)
    }
    assert together == apart
    assert len({tuple(ids) for ids in together.values()}) == 15, "every sample has a draw of its own"


def test_responses_end_at_an_end_token_at_the_limit_or_in_a_loop(engine: Any) -> None:
    from qwenlong.backends import vllm_engine

    found = list(engine.generate(requests(40), Sampling(temperature=2.0, max_tokens=30)))
    assert {one.finish for one in found} == {Finish.STOPPED, Finish.LENGTH}
    for one in found:
        ends = np.flatnonzero(one.token_ids == END)
        assert ends.tolist() == ([len(one.token_ids) - 1] if one.finish is Finish.STOPPED else [])
        assert len(one.logprobs) == len(one.token_ids)
    assert vllm_engine.can_detect_repetitions()
    looping = Sampling(temperature=1.0, top_k=1, max_tokens=120, repetitions=8)
    ends_early = list(engine.generate(requests(1), looping))
    assert Finish.REPEATED in {one.finish for one in ends_early}
    assert all(len(one.token_ids) < 120 for one in ends_early if one.finish is Finish.REPEATED)


def test_greedy_takes_the_largest_logit(engine: Any, models: Any) -> None:
    sampling, asked = Sampling(temperature=0.0, max_tokens=6), requests(1)
    for one in engine.generate(asked, sampling):
        assert expected(models[0], asked, one, sampling).argmax(-1).tolist() == one.token_ids.tolist()
        assert not one.logprobs.any()


@pytest.mark.parametrize("how", [{"top_k": 3}, {"top_p": 0.7}])
def test_below_full_support_the_logprobs_are_over_what_was_kept(engine: Any, models: Any, how: dict[str, Any]) -> None:
    """vLLM on a CPU does not tell the sets, so policy and engine differ by the mass: docs/rollouts.md."""
    sampling, asked = Sampling(max_tokens=6, **how), requests(3)
    for one in engine.generate(asked, sampling):
        assert one.kept_tokens is None
        log_p = expected(models[0], asked, one, sampling)
        for line, token, said in zip(log_p, one.token_ids, one.logprobs, strict=True):
            order = np.argsort(-line)
            p = np.exp(line[order])
            size = sampling.top_k or int(np.searchsorted(np.cumsum(p), sampling.top_p)) + 1
            assert token in order[:size]
            assert said == pytest.approx(line[token] - np.log(p[:size].sum()), abs=1e-4)


def test_a_push_replaces_the_weights_and_what_was_cached_of_the_old(engine: Any, models: Any) -> None:
    sampling, asked = Sampling(max_tokens=6), requests(4)
    before = list(engine.generate(asked, sampling))
    engine.load_weights(state(models[1]), 2)
    after = list(engine.generate(asked, sampling))
    assert {one.weight_version for one in after} == {2}
    assert worst(models[1], asked, after, sampling) < 1e-4
    assert worst(models[1], asked, before, sampling) > 0.1, "the other weights say something else"


def test_a_push_that_leaves_out_a_tensor_is_refused_and_leaves_no_weights_to_sample_from(
    engine: Any, models: Any
) -> None:
    whole = state(models[0])
    for name in ("model.norm.weight", "model.layers.1.self_attn.k_proj.weight", "lm_head.weight"):
        with pytest.raises(ValueError, match=name.replace(".", r"\.")):
            engine.load_weights([pair for pair in whole if pair[0] != name], 3)
        with pytest.raises(StaleWeightsError, match="push"):
            list(engine.generate(requests(1), Sampling(max_tokens=2)))
    engine.load_weights(whole, 4)
    sampling = Sampling(max_tokens=4)
    assert worst(models[0], requests(1), engine.generate(requests(1), sampling), sampling) < 5e-5


def test_a_tied_head_is_stale_unless_it_is_pushed_under_both_names(engine: Any, models: Any) -> None:
    """Why the check above asks for it: vLLM itself takes the rest without a word."""
    other = state(models[1])
    engine._llm.collective_rpc(
        "reload_weights", kwargs={"weights_iterator": [pair for pair in other if pair[0] != "lm_head.weight"]}
    )
    engine._llm.reset_prefix_cache()
    sampling, asked = Sampling(max_tokens=6), requests(2)
    stale = worst(models[1], asked, engine.generate(asked, sampling), sampling)
    engine.load_weights(other, 5)
    fresh = worst(models[1], asked, engine.generate(asked, sampling), sampling)
    assert stale > 1e-2
    assert fresh < 1e-4


def test_a_prompt_is_prefilled_once_for_all_its_responses_but_for_its_last_block(engine: Any) -> None:
    asked = requests(8, count=3, step=100)  # 5, 105 and 205 tokens in blocks of 32
    list(engine.generate(asked, Sampling(max_tokens=4)))
    counts = engine.counts()
    assert counts.prompt_tokens == 315
    assert counts.cache_queries == 8 * 315
    # A response finds the whole blocks: 0, 96 and 192 tokens; the first one of each prompt finds none.
    assert counts.cache_hits == 7 * (96 + 192)
    assert counts.prefilled_tokens == 8 * 315 - 7 * 288
    assert counts.preemptions == 0
    assert counts.drafted_tokens is None
    assert counts.busy_seconds > 0
    assert engine.counts().cache_queries == 0


def test_a_sharded_policy_is_pushed_in_buckets_and_the_engine_keeps_no_more_than_it_fuses(
    bare: Any, model_path: Path, models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 20_000
    monkeypatch.setattr(deepspeed_policy, "BUCKET_BYTES", limit)
    source = policy(model_path, layout="shared", persistent_below=0)
    parameters = dict(source._engine.module.model.named_parameters())
    size = {name: p.ds_numel * p.element_size() for name, p in parameters.items()}
    # A rank alone is handed some of its shards as they are: nothing is gathered for these.
    shards = {p.ds_tensor.untyped_storage().data_ptr() for p in parameters.values()}
    weak: Any = StorageWeakRef
    given: list[tuple[Any, int]] = []
    peaks: list[int] = []

    def watched() -> Iterator[tuple[str, torch.Tensor]]:
        for bucket in source.weights():
            gathered = {tensor.data_ptr(): tensor for _, tensor in bucket}  # a tied one once
            given.extend(
                (weak(tensor.untyped_storage()), tensor.nbytes)
                for tensor in gathered.values()
                if tensor.untyped_storage().data_ptr() not in shards
            )
            peaks.append(sum(held for storage, held in given if not storage.expired()))
            del gathered
            yield from bucket

    bare.load_weights(watched(), 9)
    assert len(peaks) > 8
    # vLLM fuses gate and up once it has both, and keeps a tied embedding to the end.
    fused = 2 * size["model.layers.0.mlp.gate_proj.weight"]
    bound = fused + size["model.embed_tokens.weight"] + max(limit, *size.values())
    assert 0 < max(peaks) <= bound < sum(size.values()) / 2
    assert all(storage.expired() for storage, _ in given)
    sampling, asked = Sampling(max_tokens=6), requests(2)
    assert worst(models[0], asked, bare.generate(asked, sampling), sampling) < 5e-5


def test_an_engine_that_tells_kept_sets_evaluates_all_the_same(
    engine: Any, models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """vLLM's own check of requests, which such an engine has on a GPU; on a CPU nothing tells the sets themselves."""
    greedy, sampled = Sampling(temperature=0.0, max_tokens=6), Sampling(temperature=0.9, max_tokens=6)
    asked = requests(1)
    plain = {(c.request_id, c.sample): c for c in engine.generate(asked, sampled)}
    monkeypatch.setattr(engine._llm.llm_engine.model_config, "return_sampling_mask", True)
    for sampling, refused in ((greedy, "temperature > 0"), (sampled, "top_k > 0")):
        with pytest.raises(ValueError, match=refused):
            list(engine.generate(asked, sampling))
    monkeypatch.setattr(engine, "_keeps_sets", True)
    for one in engine.generate(asked, greedy):
        assert expected(models[0], asked, one, greedy).argmax(-1).tolist() == one.token_ids.tolist()
        assert not one.logprobs.any()
    for one in engine.generate(asked, sampled):  # the vocabulary is smaller than what stands for all of it
        assert one.kept_tokens is None
        assert one.token_ids.tolist() == plain[one.request_id, one.sample].token_ids.tolist()
    assert len(list(engine.generate(asked, Sampling(top_k=3, max_tokens=2)))) == 5


def test_speculation_proposes_what_the_prompt_says_and_counts_what_was_taken(model_path: Path) -> None:
    """In a process of its own, for an engine of its own. Whether its log-probs are right: docs/rollouts.md."""
    program = f"""
import json
import numpy as np
from policies import alone
from transformers import AutoModelForCausalLM
from qwenlong.backends.vllm_engine import VLLMEngine
from qwenlong.enginecounts import engine_metrics
from qwenlong.records import Request, Sampling
engine = VLLMEngine(
    {str(model_path)!r}, world=alone(), dtype="float32", end_ids=[1], max_tokens=256, seed=0, speculative=3
)
model = AutoModelForCausalLM.from_pretrained({str(model_path)!r})
engine.load_weights(model.state_dict().items(), 1)
asked = [
    Request(id=str(i), token_ids=np.tile(np.arange(7 + i, 15 + i), 8).astype(np.int32), n=2, seed=2 * i + 1)
    for i in range(4)
]
found = list(engine.generate(asked, Sampling(temperature=0.02, max_tokens=150)))
counts = engine.counts()
metrics = engine_metrics([counts], step_seconds=100.0)
print(json.dumps([
    len(found), counts.drafted_tokens, counts.accepted_tokens, metrics["draft_acceptance"],
    engine.counts().drafted_tokens,
]))
engine.close()
"""
    told = output_of(program)
    answers, drafted, accepted, share, more = json.loads(told.splitlines()[-1])
    assert answers == 8
    assert drafted > 0
    assert 0 < accepted <= drafted
    assert share == accepted / drafted
    assert more == 0, "counted once"
