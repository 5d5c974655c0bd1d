"""A session from a recipe: ranks, model, tokenizer, engine, corpus, journal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from qwenlong.backends.deepspeed_policy import DeepSpeedPolicy
from qwenlong.backends.hf_engine import HFEngine
from qwenlong.backends.loggers import build_loggers
from qwenlong.backends.tiny import build_tiny_model
from qwenlong.backends.tokenizers import HubTokenizer, qwen_tokenizer
from qwenlong.backends.world import World
from qwenlong.checkpoint import Checkpoints
from qwenlong.cli.corpus import build_corpus, synthetic_task
from qwenlong.config import Config, dump_config
from qwenlong.metrics import Journal
from qwenlong.phases import Curriculum
from qwenlong.records import Draw, Rollout, Scored
from qwenlong.replay import Replay
from qwenlong.rewards import RewardModel, load_object
from qwenlong.session import Display, Progress, Session


def assemble(config: Config, *, world: World, display: Display, stop: Callable[[], bool]) -> Session:
    """Everything a run works with. Slow imports have happened, slow loading happens here."""
    directory = Path(config.run.directory)
    path = model_path(config, world, directory)
    tokenizer = load_tokenizer(config, path)
    corpus = build_corpus(config, tokenizer, say=display.say)
    replay = Replay(mode=config.replay.mode, max_examples=config.replay.max_examples, drop_after=config.replay.drop_after)
    how = config.update
    shape = {"world": world, "layout": config.packing.layout, "dtype": config.model.dtype}
    policy = DeepSpeedPolicy(
        path, **shape, betas=how.betas, weight_decay=how.weight_decay, max_grad_norm=how.max_grad_norm,
        gradient_checkpointing=how.gradient_checkpointing, offload_optimizer=how.offload_optimizer,
    )  # fmt: skip
    engine = HFEngine(
        path, dtype=config.model.dtype, end_ids=tokenizer.end_ids, max_batch_tokens=config.rollouts.max_batch_tokens,
        index=world.rank, count=world.size,
    )  # fmt: skip

    def make_reference() -> DeepSpeedPolicy:
        exported = directory / "reference"
        if not exported.is_dir():
            policy.export(exported)
        return DeepSpeedPolicy(exported, **shape, trained=False)

    rewards = reward_model(config)

    def score(groups: Sequence[Sequence[Rollout]]) -> list[list[Scored]]:
        flat = [rollout for group in groups for rollout in group]
        scored = iter(rewards.score(
            flat,
            responses=[tokenizer.decode(rollout.turns[-1].response_ids) for rollout in flat],
            examples=[corpus.lookup(rollout.example_id)[0] for rollout in flat],
        ))  # fmt: skip
        return [[next(scored) for _ in group] for group in groups]

    main = world.rank == 0
    return Session(
        config=config,
        directory=directory,
        world=world,
        tokenizer=tokenizer,
        policy=policy,
        make_reference=make_reference,
        engine=engine,
        score=score,
        corpus=corpus,
        replay=replay,
        curriculum=Curriculum(
            pools=corpus.pools, replay=replay if config.replay.enabled else None, share=config.replay.share,
            seed=config.run.seed,
        ),  # fmt: skip
        progress=Progress(),
        journal=Journal(directory, writes=main, loggers=build_loggers(config.run.loggers, directory) if main else ()),
        display=display,
        checkpoints=Checkpoints(
            directory / "checkpoints", ranks=world, keep=config.run.keep_checkpoints,
            config_digest=hashlib.blake2b(dump_config(config).encode(), digest_size=16).hexdigest(),
        ),  # fmt: skip
        stop=stop,
    )


def model_path(config: Config, world: World, directory: Path) -> Path:
    """Where the weights are; the tiny model is written first."""
    if config.model.path != "tiny":
        return Path(config.model.path)
    path = directory / "start"
    if world.rank == 0 and not (path / "config.json").is_file():
        longest = max(2 * phase.max_input_tokens + phase.max_output_tokens for phase in config.phases)
        build_tiny_model(
            path, words=synthetic_task(config).words(), seed=Draw(seed=config.run.seed, purpose="model").key % 2**63,
            max_tokens=longest, **config.model.tiny.model_dump(),
        )  # fmt: skip
    world.agree(lambda: None)
    return path


def load_tokenizer(config: Config, path: Path) -> HubTokenizer:
    """The model's own, or the one the recipe names."""
    name = config.model.tokenizer
    if name == "qwen-vocabulary":
        return HubTokenizer(qwen_tokenizer(), thinking_prefill=config.model.thinking_prefill)
    return HubTokenizer.load(name or path, thinking_prefill=config.model.thinking_prefill)


def reward_model(config: Config) -> RewardModel:
    """Rule, judge and the user's function, loaded early so that a wrong path fails before anything slow."""
    how = config.rewards
    return RewardModel(
        parts=tuple(how.parts),
        combine=how.combine,
        reasoning=how.reasoning,
        judge=load_object(how.judge, key="rewards.judge")() if how.judge else None,
        function=load_object(how.function, key="rewards.function") if how.function else None,
    )
