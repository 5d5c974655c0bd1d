"""A run from its first to its last stage: directory, resume, signals, errors, summary."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from qwenlong.backends.world import World, device_memory, join, leave, quiet
from qwenlong.checkpoint import Checkpoints, write_atomically
from qwenlong.cli.assembly import assemble
from qwenlong.cli.inputs import look
from qwenlong.cli.judges import judge_backend, judge_endpoint, reward_model
from qwenlong.cli.memory import GB
from qwenlong.cli.planning import Machine, cannot_start, memory_lines, phase_line
from qwenlong.config import Config, differing_keys, dump_config, load_config
from qwenlong.evaluate import evaluate
from qwenlong.metrics import FILES
from qwenlong.report import build_display, summarise, summary_table
from qwenlong.session import Session, Stopped
from qwenlong.sft import warm_up
from qwenlong.train import train

OTHER_JUDGE = ("judge.model", "judge.output", "judge.max_reply_tokens")
"""Keys that make another judge: a wrong or weak one can be replaced, and the change is said."""
MAY_CHANGE = (
    "run.directory",
    "run.loggers",
    "run.keep_checkpoints",
    "run.checkpoint_every_steps",
    "run.timeout_seconds",
    "rollouts.servers",
    "rollouts.server_timeout_seconds",
    "rollouts.weights_",
    "rewards.max_missing",
    "rewards.missing_",
    *(f"judge.{key}" for key in ("base_url", "api_key_env", "concurrency", "timeout_seconds", "retries")),
    *(
        f"judge.{key}"
        for key in ("deadline_seconds", "cache", "prompt_price", "reply_price", "max_false_", "max_tricked")
    ),
    *OTHER_JUDGE,
)
"""Keys that a resumed run may have other values for."""
TRACES = ("config.toml", *FILES, "checkpoints", "summary.json", "model")
"""What shows that a directory holds a run."""


class _Signal:
    """Remembers that the run was asked to end; a second Ctrl-C does not wait for the step."""

    def __init__(self) -> None:
        self.asked = False
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGTERM, signal.SIGINT)}

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True

    def restore(self) -> None:
        for number, handler in self._before.items():
            # Once asked, the way out is not interrupted by being asked again.
            signal.signal(number, signal.SIG_IGN if self.asked and number == signal.SIGTERM else handler)


def run(config: Config, *, resume: bool) -> int:
    """Run or resume a recipe on this rank; returns the exit code."""
    quiet()
    asked = _Signal()
    world = join(timeout_seconds=config.run.timeout_seconds, num_threads=config.run.num_threads)
    display = build_display(visible=world.rank == 0)
    clean = False
    session: Session | None = None
    close: Callable[[], None] | None = None
    try:
        directory = Path(config.run.directory)
        finished = world.agree(lambda: check_directory(config, world, resume=resume, say=display.say))[0]
        if not finished:
            session = assemble(config, world=world, display=display, stop=lambda: asked.asked)
            close = session.engine.close
            _restore(session, resume=resume)
            _run_stages(session)
            session.journal.close()
        world.agree(lambda: None)
        display.close()
        if world.rank == 0:
            sys.stdout.write(summary_table(directory))
        clean = True
    except Stopped as stopped:
        display.say(str(stopped))
        clean = True
        return 0
    except Exception as error:  # noqa: BLE001 # whatever it is, a line and an exit code; the traceback on request
        display.close()
        return _complain(error, f"rank {world.rank}: ")
    else:
        return 0
    finally:
        display.close()
        if session is not None and session.oversight is not None:
            session.oversight.close(session)
        asked.restore()
        leave(world, clean=clean, close=close)


def _complain(error: Exception, where: str = "") -> int:
    """Say what went wrong; returns the exit code: 2 for a mistake in recipe or data, 1 for a failure on the way."""
    kind = "" if isinstance(error, ValueError | OSError | RuntimeError) else f"{type(error).__name__}: "
    sys.stderr.write(f"qwenlong-train: {where}{kind}{error}\n")
    if os.environ.get("QWENLONG_TRACEBACK"):
        traceback.print_exc()
    return 2 if isinstance(error, ValueError) else 1


def check_directory(config: Config, world: World, *, resume: bool, say: Callable[[str], None]) -> bool:
    """Check and lock the run directory on rank 0; True where the run is finished already.

    Raises:
        ValueError: the directory holds a run and --resume is not given, or the recipe is another one.
    """
    if world.rank != 0:
        return False
    directory = Path(config.run.directory)
    if directory.exists() and not directory.is_dir():
        raise ValueError(f"run.directory {directory} is a file")
    if any((directory / trace).exists() for trace in TRACES):
        if not resume:
            raise ValueError(
                f"run.directory {directory} already holds a run: give --resume to go on with it, or another directory"
            )
        saved = directory / "config.toml"
        if not saved.is_file() and any((directory / "checkpoints").glob("*/manifest.json")):
            raise ValueError(f"{saved} is missing: without it nobody knows whether the checkpoints are of this recipe")
        if saved.is_file():
            _check_recipe(directory, differing_keys(load_config(str(saved)), config), say)
        if (directory / "summary.json").is_file():
            return True
    directory.mkdir(parents=True, exist_ok=True)
    _lock(directory)
    return False


def _check_recipe(directory: Path, others: Sequence[str], say: Callable[[str], None]) -> None:
    changed = [line for line in others if not line.startswith(MAY_CHANGE)]
    if changed:
        raise ValueError(
            f"the run in {directory} was started with another recipe: {'; '.join(changed)}. "
            "Resume with the same values, or start in another directory"
        )
    for line in others:
        if line.startswith(OTHER_JUDGE):
            say(f"going on with another judge: {line}")


def _lock(directory: Path) -> None:
    """Hold the directory until this process ends, however it ends.

    Raises:
        ValueError: another process holds it.
    """
    handle = os.open(directory / ".lock", os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(
            f"another process is running in {directory}: wait for it, end it, or take another directory"
        ) from None


def _restore(session: Session, *, resume: bool) -> None:
    """Claim the directory, now that the recipe and its files are known to be good, and go on from a checkpoint."""
    if session.world.rank == 0:
        (session.directory / "checkpoints").mkdir(parents=True, exist_ok=True)
        write_atomically(session.directory / "config.toml", dump_config(session.config))
    checkpoints: Checkpoints = session.checkpoints
    newest = checkpoints.newest() if resume else None
    if session.world.rank == 0:
        checkpoints.clear_unfinished()
    if newest is not None:
        checkpoints.restore(newest, session.parts())
        session.wall_before = session.progress.wall_seconds
        session.display.say(f"going on from {newest}")
    else:
        if resume:
            session.display.say("no complete checkpoint: starting from the beginning")
        if session.world.rank == 0:
            session.journal.clear()
            shutil.rmtree(session.directory / "reference", ignore_errors=True)
    session.world.agree(lambda: None)


def plan_parts(stages: list[str]) -> list[str]:
    """The parts of a run: evaluation comes before RL as well as last."""
    parts = [stage for stage in stages if stage != "evaluate"]
    if "evaluate" in stages:
        if "rl" in parts:
            parts.insert(parts.index("rl"), "evaluate:warmup")
        parts.append("evaluate:final")
    return parts


def _run_stages(session: Session) -> None:
    progress = session.progress
    for part in plan_parts(list(session.config.run.stages)):
        if part in progress.completed:
            continue
        if part == "sft":
            warm_up(session)
            session.policy.reset_optimizer()
        elif part == "rl":
            train(session)
        elif part == "rollouts":
            train(session, learning=False)
        else:
            evaluate(session, part.removeprefix("evaluate:"))
        progress.completed.append(part)
        session.finish_unit(boundary=True)
    _finish(session)


def _finish(session: Session) -> None:
    """Model, then summary, each atomically."""
    stages = session.config.run.stages
    if "sft" in stages or "rl" in stages:
        session.export(session.directory / "model")
    if session.world.rank == 0:
        shutil.rmtree(session.directory / "reference", ignore_errors=True)
        write_atomically(session.directory / "summary.json", summarise(session))


def dry_run(config: Config, *, gpus: int = 0, gpu_memory_gb: float = 0.0) -> int:
    """Check what can be checked here and print the resolved recipe and the plan, for this machine or another.

    Neither weights nor rows have to be here; what is not is said. Returns 2 where the run could not start.
    """
    quiet()
    lines: list[str] = []
    try:
        reward_model(config)
        if config.judge.base_url:
            lines.append(f"judge: {judge_backend().describe(judge_endpoint(config))}")
        inputs = look(config, say=lines.append)
    except (ValueError, OSError, RuntimeError) as error:
        return _complain(error)
    corpus = inputs.corpus
    machine = Machine(
        gpus=gpus or int(os.environ.get("WORLD_SIZE", "1")),
        memory=gpu_memory_gb * GB or device_memory(),
    )
    lines.append(f"parts: {', '.join(plan_parts(list(config.run.stages)))}")
    lines.append(f"ranks: {machine.gpus} ({'--gpus' if gpus else 'set by the launcher'})")
    lengths: list[list[int]] = []
    for k in range(len(config.phases)):
        ids = getattr(corpus.pools[k], "ids", None) if corpus else None
        size = "endless examples" if corpus else "examples not counted"
        if corpus and ids is not None:
            size = f"{len(ids):,} examples"
            lengths.append([len(corpus.lookup(name)[1].token_ids) for name in ids])
        lines.append(phase_line(config, k, examples=size, gpus=machine.gpus))
    questions = corpus.questions if corpus else {}
    lines += [f"evaluation at {limit:,} tokens: {len(ids):,} questions" for limit, ids in questions.items()]
    if inputs.shape is not None:
        lines += memory_lines(config, inputs.shape, machine, lengths=lengths if all(lengths) else None)
    problem = cannot_start(config, gpus=machine.gpus)
    lines += [f"verdict: cannot start: {problem}"] if problem else []
    sys.stdout.write(dump_config(config) + "\n" + "".join(f"# {line}\n" for line in lines))
    return 2 if problem else 0
