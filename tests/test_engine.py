"""The transformers engine: what it writes has the log-probs it says, whatever else is in the batch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM

from policies import tiny_model
from qwenlong.backends import hf_engine
from qwenlong.backends.hf_engine import HFEngine, sample_token, uniforms
from qwenlong.records import Completion, EngineCounts, Finish, Request, Sampling

END = 1


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"), init_range=0.1)


def engine_of(path: Path, *, max_batch_tokens: int = 4096) -> HFEngine:
    return HFEngine(path, dtype="float32", end_ids=[END], max_batch_tokens=max_batch_tokens)


def requests(n: int) -> list[Request]:
    draw = np.random.default_rng(0)
    return [
        Request(id=str(i), token_ids=draw.integers(2, 60, size=5 + 7 * i).astype(np.int32), n=n, seed=1000 + i)
        for i in range(5)
    ]


def ordered(completions: Iterable[Completion]) -> list[Completion]:
    return sorted(completions, key=lambda c: (int(c.request_id), c.sample))


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_logprobs_are_those_of_the_whole_sequence(model_path: Path, temperature: float) -> None:
    model = AutoModelForCausalLM.from_pretrained(model_path)
    prompts = {r.id: r.token_ids for r in requests(3)}
    found = list(engine_of(model_path).generate(requests(3), Sampling(temperature=temperature, max_tokens=9)))
    assert len(found) == 15
    for completion in found:
        prompt = prompts[completion.request_id]
        ids = torch.from_numpy(np.concatenate([prompt, completion.token_ids]).astype(np.int64))
        with torch.no_grad():
            log_p = torch.log_softmax(model(ids[None]).logits[0] / temperature, -1)
        expected = log_p[len(prompt) - 1 : -1].gather(-1, ids[len(prompt) :, None])[:, 0]
        np.testing.assert_allclose(completion.logprobs, expected.numpy(), atol=5e-5)


def test_a_response_does_not_depend_on_its_neighbours(model_path: Path) -> None:
    engine = engine_of(model_path)
    sampling = Sampling(max_tokens=9)
    together = ordered(engine.generate(requests(3), sampling))
    apart = ordered(c for r in reversed(requests(3)) for c in engine.generate([r], sampling))
    small = ordered(engine_of(model_path, max_batch_tokens=40).generate(requests(3), sampling))
    for one, two, three in zip(together, apart, small, strict=True):
        assert one.token_ids.tolist() == two.token_ids.tolist() == three.token_ids.tolist()


def test_responses_end_at_an_end_token_or_at_the_limit(model_path: Path) -> None:
    found = list(engine_of(model_path).generate(requests(40), Sampling(temperature=2.0, max_tokens=30)))
    kinds = {completion.finish for completion in found}
    assert kinds == {Finish.STOPPED, Finish.LENGTH}
    for completion in found:
        ends = np.flatnonzero(completion.token_ids == END)
        if completion.finish is Finish.STOPPED:
            assert ends.tolist() == [len(completion.token_ids) - 1]
        else:
            assert len(ends) == 0
            assert len(completion.token_ids) == 30
        assert len(completion.logprobs) == len(completion.token_ids)


def test_greedy_takes_the_largest_logit(model_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(model_path)
    request = requests(1)[3]
    [completion] = engine_of(model_path).generate([request], Sampling(temperature=0.0, max_tokens=6))
    ids = request.token_ids.tolist()
    for token in completion.token_ids.tolist():
        with torch.no_grad():
            assert int(model(torch.tensor([ids])).logits[0, -1].argmax()) == token
        ids.append(token)


def test_sampled_tokens_follow_the_distribution() -> None:
    logits = torch.tensor([[1.0, 0.0, -1.0, 2.0]]).expand(20_000, -1)
    u = np.random.default_rng(0).random(20_000)
    token, logprob = sample_token(logits, u, Sampling(temperature=0.5, max_tokens=1))
    p = torch.softmax(logits[0] / 0.5, -1).numpy()
    share = np.bincount(token.numpy(), minlength=4) / 20_000
    np.testing.assert_allclose(share, p, atol=4 * np.sqrt(p.max() / 20_000))
    np.testing.assert_allclose(logprob.numpy(), np.log(p)[token.numpy()], atol=1e-5)


@pytest.mark.parametrize(
    ("sampling", "kept"),
    [
        (Sampling(top_k=2, max_tokens=1), {0, 3}),
        # softmax of [1, 0, -1, 2] is .237, .087, .032, .644: two tokens reach .8, three reach .9
        (Sampling(top_p=0.8, max_tokens=1), {0, 3}),
        (Sampling(top_p=0.9, max_tokens=1), {0, 1, 3}),
        (Sampling(top_p=0.1, max_tokens=1), {3}),
    ],
)
def test_top_k_and_top_p_keep_the_most_probable(sampling: Sampling, kept: set[int]) -> None:
    logits = torch.tensor([[1.0, 0.0, -1.0, 2.0]]).expand(4000, -1)
    u = (np.arange(4000) + 0.5) / 4000
    token, logprob = sample_token(logits, u, sampling)
    assert set(token.tolist()) == kept
    p = torch.softmax(logits[0], -1)
    inside = sum(float(p[i]) for i in kept)
    np.testing.assert_allclose(logprob.exp().numpy(), (p[token] / inside).numpy(), atol=1e-5)


def test_uniforms_are_uniform_and_named_by_key_and_step() -> None:
    keys = np.arange(20_000, dtype=np.uint64)
    first, second = uniforms(keys, 0), uniforms(keys, 1)
    for u in (first, second):
        assert abs(u.mean() - 0.5) < 0.01
        assert abs(np.histogram(u, bins=10, range=(0, 1))[0] / 2000 - 1).max() < 0.1
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
    assert uniforms(keys[5:6], 1)[0] == second[5]


def test_pushed_weights_must_fit_and_be_complete(model_path: Path) -> None:
    engine = engine_of(model_path)
    state = dict(AutoModelForCausalLM.from_pretrained(model_path).state_dict())
    engine.load_weights(state.items(), 7)
    assert engine.version == 7
    with pytest.raises(ValueError, match=r"model\.norm\.weight"):
        engine.load_weights([(k, v) for k, v in state.items() if k != "model.norm.weight"], 8)
    with pytest.raises(ValueError, match="does not fit"):
        engine.load_weights([*state.items(), ("model.extra", torch.zeros(1))], 8)


def test_a_model_with_sliding_layers_keeps_to_its_own_cache(tmp_path: Path) -> None:
    config = Qwen2Config(
        vocab_size=64, hidden_size=64, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, use_sliding_window=True, sliding_window=8, max_window_layers=1, initializer_range=0.3,
    )  # fmt: skip
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).save_pretrained(tmp_path)
    test_logprobs_are_those_of_the_whole_sequence(tmp_path, 1.0)
    test_greedy_takes_the_largest_logit(tmp_path)


def test_sampling_in_chunks_draws_the_same(model_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sampling = Sampling(max_tokens=9)
    whole = ordered(engine_of(model_path).generate(requests(3), sampling))
    monkeypatch.setattr(hf_engine, "CHUNK_LOGITS", 4 * 62)
    chunked = ordered(engine_of(model_path).generate(requests(3), sampling))
    assert [c.token_ids.tolist() for c in whole] == [c.token_ids.tolist() for c in chunked]


def test_top_k_keeps_no_more_than_k_where_logits_tie() -> None:
    logits = torch.tensor([[1.0, 1.0, 1.0, 0.0]]).expand(50, -1)
    token, logprob = sample_token(logits, np.linspace(0, 0.99, 50), Sampling(top_k=1, max_tokens=1))
    assert len(set(token.tolist())) == 1
    assert logprob.tolist() == [0.0] * 50


@pytest.mark.parametrize("how", [{"top_p": 0.8}, {"top_k": 3}, {"top_k": 9, "top_p": 0.9, "temperature": 0.7}])
def test_kept_sets_are_those_that_were_sampled_from(model_path: Path, how: dict[str, Any]) -> None:
    model = AutoModelForCausalLM.from_pretrained(model_path)
    sampling = Sampling(max_tokens=6, **how)
    prompts = {r.id: r.token_ids for r in requests(3)}
    for completion in engine_of(model_path).generate(requests(3), sampling):
        prompt = prompts[completion.request_id]
        ids = torch.from_numpy(np.concatenate([prompt, completion.token_ids]).astype(np.int64))
        with torch.no_grad():
            logits = model(ids[None]).logits[0, len(prompt) - 1 : -1] / sampling.temperature
        assert completion.kept_tokens is not None
        assert len(completion.kept_tokens) == len(completion.token_ids)
        for kept, token, logprob, line in zip(
            completion.kept_tokens, completion.token_ids, completion.logprobs, logits, strict=True
        ):
            assert token in kept
            assert len(kept) <= (sampling.top_k or 62)
            # No token outside is more probable than one inside, and the log-prob is over the set alone.
            outside = np.setdiff1d(np.arange(len(line)), kept)
            assert line[kept].min() >= line[outside].max() - 1e-5
            assert float(line[token] - line[kept].logsumexp(-1)) == pytest.approx(float(logprob), abs=5e-5)


def test_nothing_is_told_where_everything_was_kept(model_path: Path) -> None:
    for sampling in (Sampling(max_tokens=3), Sampling(max_tokens=3, temperature=0.0, top_p=0.5)):
        assert {c.kept_tokens for c in engine_of(model_path).generate(requests(2), sampling)} == {None}


def test_the_time_of_generating_is_counted_once(model_path: Path) -> None:
    engine = engine_of(model_path)
    list(engine.generate(requests(2), Sampling(max_tokens=3)))
    assert engine.counts().busy_seconds > 0
    assert engine.counts() == EngineCounts()
