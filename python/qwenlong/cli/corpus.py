"""The examples and prompts of a run: from files, or from the task that is built on the spot."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from qwenlong.config import Config
from qwenlong.distractors import DistractorPool, add_distractors
from qwenlong.documents import load_examples
from qwenlong.phases import Corpus, EndlessPool, FixedPool
from qwenlong.prompts import DEFAULT_TEMPLATE, Assembly, PromptSet, Tokenizer, build_prompt, build_prompts
from qwenlong.records import Draw, Example, Prompt
from qwenlong.scoring import check_gold
from qwenlong.synthetic import TEMPLATE, SyntheticTask

log = logging.getLogger(__name__)


def synthetic_task(config: Config) -> SyntheticTask:
    """The task of a recipe."""
    task = config.data.synthetic
    return SyntheticTask(
        seed=config.run.seed,
        num_categories=task.num_categories,
        num_values=task.num_values,
        num_fillers=task.num_fillers,
        winner_mentions=task.winner_mentions,
    )


def build_corpus(config: Config, tokenizer: Tokenizer, *, say: Callable[[str], None]) -> Corpus:
    """Everything the stages of `config` draw from; what was dropped or cut is said.

    Raises:
        ValueError: broken rows, a phase without examples, or a warm-up without responses.
    """
    if config.data.train == "synthetic":
        return _synthetic(config, tokenizer)
    return _from_files(config, tokenizer, say)


def evaluated_lengths(config: Config) -> list[int]:
    """The phases' limits and twice the last."""
    limits = [phase.max_input_tokens for phase in config.phases]
    return [*limits, 2 * limits[-1]]


def _synthetic(config: Config, tokenizer: Tokenizer) -> Corpus:
    task = synthetic_task(config)
    template = config.prompts.template or TEMPLATE
    limits = [phase.max_input_tokens for phase in config.phases]
    ranges = [
        (config.data.synthetic.min_input_tokens if k == 0 else limits[k - 1] + 1, limit)
        for k, limit in enumerate(evaluated_lengths(config))
    ]

    @lru_cache(maxsize=1 << 14)
    def lookup(example_id: str) -> tuple[Example, Prompt]:
        example = task.recall(example_id)
        prompt = build_prompt(example, tokenizer=tokenizer, max_tokens=2 * limits[-1], template=template)
        assert prompt is not None, "the task keeps to its own lengths"
        return example, prompt

    def named(purpose: str, k: int) -> Callable[[int], str]:
        low, high = ranges[k]
        return lambda index: f"{purpose}:{low}-{high}:{index}"

    def ids(purpose: str, k: int, count: int) -> tuple[str, ...]:
        return tuple(named(purpose, k)(index) for index in range(count))

    return Corpus(
        lookup=lookup,
        pools=tuple(EndlessPool(name=named("train", k)) for k in range(len(limits))),
        warmup=EndlessPool(name=named("sft", 0)),
        probes=ids("probe", 0, config.sft.num_probes),
        questions={limit: ids("test", k, config.evaluation.num_questions) for k, limit in enumerate(evaluated_lengths(config))},
    )


def _from_files(config: Config, tokenizer: Tokenizer, say: Callable[[str], None]) -> Corpus:
    stages, limits = set(config.run.stages), [phase.max_input_tokens for phase in config.phases]
    train = _load(config, config.data.train)
    warm = _load(config, config.data.sft) if config.data.sft else train
    held_out = _load(config, config.data.evaluation) if config.data.evaluation else []
    known: dict[str, tuple[Example, Prompt]] = {}
    pool = DistractorPool(train, tokenizer=tokenizer) if config.prompts.distractor_tokens else None

    def add(name: str, examples: Iterable[Example], *, limit: int, fill: int) -> list[Prompt]:
        prompts = _prompts(config, tokenizer, examples, pool, limit=limit, fill=fill)
        say(f"{name}: {prompts}")
        by_id = {example.id: example for example in examples}
        for prompt in prompts.prompts:
            if prompt.example_id in known and known[prompt.example_id][0] != by_id[prompt.example_id]:
                raise ValueError(f"the id {prompt.example_id} names two examples, one of {name}: ids are unique in a run")
            known[prompt.example_id] = (by_id[prompt.example_id], prompt)
        return list(prompts.prompts)

    fill = config.prompts.distractor_tokens
    trained = add("training rows", train, limit=limits[-1], fill=fill) if stages & {"rl", "rollouts"} else []
    pools = tuple(
        _pool(config, k, [p.example_id for p in trained if low < len(p.token_ids) <= high])
        for k, (low, high) in enumerate(zip([0, *limits], limits, strict=False))
    )
    warmup, probes = None, ()
    if "sft" in stages and config.sft.max_steps:
        limit = config.sft.max_input_tokens or limits[0]
        rows = [example for example in warm if example.response is not None]
        prompts = add("warm-up rows", rows, limit=limit, fill=min(fill, limit) if config.data.sft else fill)
        ids = tuple(p.example_id for p in prompts if len(p.token_ids) <= limit)
        if not ids:
            raise ValueError(
                f"the warm-up has no examples: {config.data.sft or config.data.train} holds {len(rows)} rows with a "
                f'"response", none of at most {limit} tokens; raise sft.max_input_tokens, name data.sft, or leave out the stage'
            )
        warmup = FixedPool(ids=ids, seed=config.run.seed, phase=-1)
    tests = add("evaluation rows", held_out, limit=2 * limits[-1], fill=fill) if "evaluate" in stages else []
    if config.sft.stop_accuracy > 0 and warmup is not None:
        limit = config.sft.max_input_tokens or limits[0]
        probes = tuple(p.example_id for p in tests if len(p.token_ids) <= limit)[: config.sft.num_probes]
        if not probes:
            raise ValueError("sft.stop_accuracy is set, but data.evaluation holds no rows short enough to measure it")
    return Corpus(
        lookup=known.__getitem__, pools=pools, warmup=warmup, probes=probes, questions=_by_length(config, tests)
    )


def _load(config: Config, path: str) -> list[Example]:
    return load_examples(Path(path), format=config.data.format, check_gold=lambda gold, kind: check_gold(gold, kind=kind))


def _prompts(
    config: Config, tokenizer: Tokenizer, examples: Iterable[Example], pool: DistractorPool | None, *, limit: int, fill: int
) -> PromptSet:
    template = config.prompts.template or DEFAULT_TEMPLATE
    items: Sequence[Example | Assembly] = list(examples)
    if pool is not None and fill:
        draw = Draw(seed=config.run.seed, purpose="distractors")
        items = [
            add_distractors(example, pool, target_tokens=fill, draw=draw, template=template)
            for example in items
            if isinstance(example, Example)
        ]
    return build_prompts(
        items, tokenizer=tokenizer, max_tokens=limit, template=template, policy=config.prompts.over_limit
    )


def _pool(config: Config, phase: int, ids: Sequence[str]) -> FixedPool:
    if not ids and set(config.run.stages) & {"rl", "rollouts"}:
        limits = [0, *(p.max_input_tokens for p in config.phases)]
        raise ValueError(
            f"phase {phase} has no examples: {config.data.train} holds no row of more than {limits[phase]} and at most "
            f"{limits[phase + 1]} tokens; change its limit, or prompts.distractor_tokens, or take the phase out"
        )
    return FixedPool(ids=tuple(ids), seed=config.run.seed, phase=phase)


def _by_length(config: Config, prompts: Sequence[Prompt]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    low = 0
    for limit in evaluated_lengths(config):
        ids = tuple(p.example_id for p in prompts if low < len(p.token_ids) <= limit)[: config.evaluation.num_questions]
        low = limit
        if ids:
            found[limit] = ids
    return found
