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
from qwenlong.scoring import check_gold, official_gold
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


def makes_rows(config: Config) -> bool:
    """Whether the rows are made on the spot: no file is named anywhere."""
    return config.data.train == "synthetic" and not (config.data.sft or config.data.evaluation)


def build_corpus(config: Config, tokenizer: Tokenizer, *, say: Callable[[str], None]) -> Corpus:
    """Everything the stages of `config` draw from; what was dropped or cut is said.

    Raises:
        ValueError: broken rows, a phase or an evaluation without examples, a warm-up without responses.
    """
    if makes_rows(config):
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
        questions={
            limit: ids("test", k, config.evaluation.num_questions) for k, limit in enumerate(evaluated_lengths(config))
        },
    )


def read_rows(config: Config, path: str) -> list[Example]:
    """The examples of a file, each gold readable by its scorer.

    Raises:
        ValueError: a broken row, or an official profile's gold that its code cannot read.
    """
    examples = load_examples(Path(path), format=config.data.format, check_gold=check_gold)
    for example in (example for example in examples if example.profile):
        try:
            official_gold(example.answers, profile=str(example.profile))
        except ValueError as error:
            raise ValueError(f'{path}: row "{example.id}": {error}') from error
    return examples


class _Rows:
    """Examples of the files by id; prompts by id and use, since limits differ between uses of the same row."""

    def __init__(self, config: Config, tokenizer: Tokenizer, say: Callable[[str], None]) -> None:
        self._config, self._tokenizer, self._say = config, tokenizer, say
        self._known: dict[str, tuple[Example, Prompt]] = {}
        self._files: dict[str, list[Example]] = {}
        self.pool: DistractorPool | None = None

    def read(self, path: str) -> list[Example]:
        """All rows of a file, which is read once."""
        if path not in self._files:
            self._files[path] = read_rows(self._config, path)
        return self._files[path]

    def add(self, use: str, examples: Sequence[Example], *, limit: int, fill: int) -> dict[str, int]:
        """Length of every prompt by the name under which `lookup` knows it, in order of the rows."""
        prompts = _prompts(self._config, self._tokenizer, examples, self.pool, limit=limit, fill=fill)
        self._say(f"{use} rows: {prompts}")
        by_id = {example.id: example for example in examples}
        added: dict[str, int] = {}
        for prompt in prompts.prompts:
            pair = by_id[prompt.example_id], prompt
            if self._known.setdefault(prompt.example_id, pair)[0] != pair[0]:
                raise ValueError(
                    f"the id {prompt.example_id} names two examples, one of the {use} rows: ids are unique in a run"
                )
            name = prompt.example_id if use == "training" else f"{use}/{prompt.example_id}"
            if self._known.setdefault(name, pair) is not pair and name != prompt.example_id:
                raise ValueError(f"the id {name} is taken by the {use} rows: rename it")
            added[name] = len(prompt.token_ids)
        return added

    def lookup(self, name: str) -> tuple[Example, Prompt]:
        """Example and prompt of a name."""
        if name not in self._known:
            raise ValueError(f"no row of this run has the id {name}")
        return self._known[name]


def _from_files(config: Config, tokenizer: Tokenizer, say: Callable[[str], None]) -> Corpus:
    data, sft, fill = config.data, config.sft, config.prompts.distractor_tokens
    limits = [phase.max_input_tokens for phase in config.phases]
    short = sft.max_input_tokens or limits[0]
    stages = set(config.run.stages) - (set() if sft.max_steps else {"sft"})
    learns, warms = bool(stages & {"rl", "rollouts"}), "sft" in stages
    tests_needed = "evaluate" in stages or (warms and sft.stop_accuracy > 0)
    if data.train == "synthetic" and (learns or (warms and not data.sft)):
        raise ValueError(
            f'data.train is "synthetic" while {"data.sft" if data.sft else "data.evaluation"} names a file: '
            "rows come all from files or all from the task; name a training file too"
        )
    rows = _Rows(config, tokenizer, say)
    needed = learns or fill or (warms and not data.sft)
    train = rows.read(data.train) if needed and data.train != "synthetic" else []
    warm = rows.read(data.sft) if warms and data.sft else train
    held_out = rows.read(data.evaluation) if tests_needed and data.evaluation else []
    if fill:
        rows.pool = DistractorPool(train or [*warm, *held_out], tokenizer=tokenizer)
    trained: dict[str, int] = {}
    if learns or (warms and not data.sft):
        trained = rows.add("training", train, limit=limits[-1], fill=fill)
    pools = tuple(
        _pool(config, k, [name for name, length in trained.items() if low < length <= high])
        for k, (low, high) in enumerate(zip([0, *limits], limits, strict=False))
    )
    warmup: FixedPool | None = None
    probes: tuple[str, ...] = ()
    if warms:
        lengths = trained
        if data.sft:
            imitable = [example for example in warm if example.response is not None]
            lengths = rows.add("warm-up", imitable, limit=short, fill=min(fill, short))
        ids = tuple(n for n, length in lengths.items() if length <= short and rows.lookup(n)[0].response is not None)
        say(f"warm-up: {len(ids):,} of {len(warm):,} rows have a response and at most {short:,} tokens")
        if not ids:
            raise ValueError(
                f'the warm-up has no examples: no row of {data.sft or data.train} has a "response" and at most {short} '
                "tokens; raise sft.max_input_tokens, name another data.sft, or leave out the stage"
            )
        warmup = FixedPool(ids=ids, seed=config.run.seed, phase=-1)
    tests = rows.add("evaluation", held_out, limit=2 * limits[-1], fill=fill) if tests_needed else {}
    questions = _by_length(config, tests)
    if "evaluate" in stages and not questions:
        raise ValueError(
            f"nothing to evaluate: {data.evaluation or 'data.evaluation'} has no row of at most {2 * limits[-1]} tokens"
        )
    if warms and sft.stop_accuracy > 0:
        probes = tuple(name for name, length in tests.items() if length <= short)[: sft.num_probes]
        if not probes:
            raise ValueError("sft.stop_accuracy is set, but data.evaluation holds no rows short enough to measure it")
    return Corpus(lookup=rows.lookup, pools=pools, warmup=warmup, probes=probes, questions=questions)


def _prompts(
    config: Config,
    tokenizer: Tokenizer,
    examples: Iterable[Example],
    pool: DistractorPool | None,
    *,
    limit: int,
    fill: int,
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
            f"phases.{phase} has no examples: {config.data.train} holds no row of more than {limits[phase]} "
            f"and at most {limits[phase + 1]} tokens; "
            "change its limit or prompts.distractor_tokens, or take the phase out"
        )
    return FixedPool(ids=tuple(ids), seed=config.run.seed, phase=phase)


def _by_length(config: Config, lengths: dict[str, int]) -> dict[int, tuple[str, ...]]:
    """Held-out names by limit: longer than the limit before, at most `evaluation.num_questions` of each."""
    found: dict[int, tuple[str, ...]] = {}
    low = 0
    for limit in evaluated_lengths(config):
        names = tuple(name for name, length in lengths.items() if low < length <= limit)
        low = limit
        if names:
            found[limit] = names[: config.evaluation.num_questions]
    return found
