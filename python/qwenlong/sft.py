"""Warm-up SFT: imitate reasoning and answer until a measured accuracy, or for so many steps (L1, section 3.1)."""

from __future__ import annotations

import time

import numpy as np

from qwenlong.evaluate import measure
from qwenlong.losses import ImitationObjective
from qwenlong.metrics import mean
from qwenlong.packing import Target, digest, place, rows
from qwenlong.records import Finish, Turn
from qwenlong.rollouts import rolling_out
from qwenlong.session import Session
from qwenlong.update import MiniBatch, update


def warm_up(session: Session) -> None:
    """Train on the warm-up pool; every step is journalled and the stop is a measured accuracy where one is set."""
    config, progress = session.config.sft, session.progress
    session.display.begin("sft", total=config.max_steps, done=progress.sft_steps)
    accuracy: float | None = None
    while progress.sft_steps < config.max_steps:
        started = time.monotonic()
        batch = _batch(session, progress.sft_steps)
        report = update(
            session.policy,
            [batch],
            ranks=session.world,
            objective=lambda divisor: ImitationObjective(divisor=divisor),
            temperature=1.0,
            peak_learning_rate=config.learning_rate,
            warmup_steps=config.warmup_steps,
            first_update=progress.sft_steps,
        )
        progress.sft_steps += 1
        due = progress.sft_steps % config.probe_every_steps == 0 or progress.sft_steps == config.max_steps
        accuracy = _probe(session) if due and session.corpus.probes else None
        seconds = time.monotonic() - started
        values = {
            "loss": report.loss,
            "grad_norm": report.grad_norm,
            "learning_rate": report.learning_rate,
            "entropy": report.entropy,
            "trained_tokens": float(report.num_tokens),
            "probe_accuracy": accuracy,
            "step_seconds": seconds,
        }
        session.journal.write("sft", phase=None, step=progress.sft_steps, counter=progress.units, values=values)
        session.display.advance(values)
        if accuracy is not None and 0 < config.stop_accuracy <= accuracy:
            session.display.say(f"warm-up stops after {progress.sft_steps} steps at accuracy {accuracy:.2f}")
            break
        if progress.sft_steps < config.max_steps:
            session.finish_unit(boundary=False)


def _batch(session: Session, step: int) -> MiniBatch:
    """The rows of one step: per-sequence mean, so every target token weighs 1 / |y|."""
    pool = session.corpus.warmup
    assert pool is not None, "assembly checks that the warm-up has examples"
    size = session.config.sft.batch_size
    ids, _ = pool.take(step * size, size, exclude=())
    targets = []
    for name in ids:
        example, prompt = session.corpus.lookup(name)
        assert example.response is not None, "the warm-up pool holds examples with a response"
        response = session.tokenizer.encode(example.response)
        response = np.append(response, np.int32(session.tokenizer.end_id)).astype(np.int32)
        turn = Turn(
            prompt_ids=prompt.token_ids,
            response_ids=response,
            logprobs=np.zeros(len(response), dtype=np.float32),
            finish=Finish.STOPPED,
            weight_version=0,
        )
        targets.append(Target(turn=turn, advantage=1.0, weight=1.0 / len(response)))
    packing = session.config.packing
    # Every example is a row of its own prompt; two examples never share one, so both layouts see the same rows.
    built = rows(targets, layout=packing.layout, max_row_tokens=packing.max_row_tokens)
    plan = place(built, num_ranks=session.world.size, max_batch_tokens=packing.max_batch_tokens)
    return MiniBatch(batches=plan[session.world.rank], divisor=float(len(targets)), plan=digest(plan))


def _probe(session: Session) -> float:
    prompts = [session.corpus.lookup(name)[1] for name in session.corpus.probes]
    with rolling_out(session.policy, session.engine):
        groups = measure(session, prompts, purpose="probe", num_samples=1, temperature=0.0)
    return mean(float(group[0].accuracy >= 1.0) for group in groups) or 0.0
