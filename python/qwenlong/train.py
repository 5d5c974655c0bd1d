"""Phased RL, as the paper has it: sample, score, credit, pack, update, push, observe."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from qwenlong.agreement import check_agreement
from qwenlong.config import Phase
from qwenlong.crediting import credited
from qwenlong.losses import PolicyObjective
from qwenlong.metrics import step_metrics
from qwenlong.oversight import observed, overseen
from qwenlong.packing import digest, place, rows, targets
from qwenlong.phases import Choice
from qwenlong.records import Group, Sampling, Scored
from qwenlong.rollouts import answer, rolling_out, score_written
from qwenlong.session import Session
from qwenlong.update import MiniBatch, Policy, UpdateReport, computed, update
from qwenlong.written import Written, read_groups, write_groups


def train(session: Session, *, learning: bool = True) -> None:
    """Every phase from where the run stands, step by step; not `learning`, rollouts are written and nothing else."""
    config, curriculum = session.config, session.curriculum
    reference = session.make_reference() if learning and config.losses.kl_coefficient > 0 else None
    written = read_groups(Path(config.rollouts.read)) if config.rollouts.read else None
    session.engine.counts()  # what it did before is of no step here
    for index in range(max(0, curriculum.phase), len(config.phases)):
        phase = config.phases[index]
        if index > curriculum.phase:
            begin(session, index)
        session.display.begin(f"phase {index + 1}", total=phase.steps, done=curriculum.step)
        while curriculum.step < phase.steps:
            started = time.monotonic()
            kept, dropped = overseen(session, rolled_out, phase, written)
            sampled = time.monotonic()
            if written is None:
                check_agreement(session, [group.scored for group in [*kept, *dropped]], sampling_of(session, phase))
            report = None
            if learning:
                report = learn(session, kept, reference)
            elif session.world.rank == 0:
                write_groups(session.directory / "groups.jsonl", kept, phase=index, step=curriculum.step)
            observe(session, [*kept, *dropped])
            curriculum.step += 1
            session.progress.rl_steps += 1
            record(session, kept, dropped, report, (started, sampled, time.monotonic()))
            if (index + 1, curriculum.step) != (len(config.phases), phase.steps):
                session.finish_unit(boundary=curriculum.step == phase.steps)


def begin(session: Session, index: int) -> None:
    """Enter a phase; its retrospective set comes from all earlier ones."""
    session.curriculum.begin(index)
    session.progress.reward.append([])
    found = len(session.curriculum.retrospective[index])
    limit = session.config.phases[index].max_input_tokens
    session.display.say(f"phase {index + 1}: inputs up to {limit} tokens, {found} retrospective examples")


def rolled_out(session: Session, phase: Phase, written: Written | None) -> tuple[list[Group], list[Group]]:
    """The groups of a step; the engine has the device for them, and has given it back where the judge halts the run."""
    with nullcontext() if written else rolling_out(session.policy, session.engine):
        return collect(session, phase, written)


def collect(session: Session, phase: Phase, written: Written | None) -> tuple[list[Group], list[Group]]:
    """The groups of a step, kept and dropped.

    With dynamic sampling (DAPO) groups without signal are replaced by fresh prompts, asked for exactly the missing
    number, at most `max_refills` times; then the smaller batch is trained, correctly normalised.
    """
    how, curriculum = session.config.rollouts, session.curriculum
    if written is not None:
        entries = written.groups(
            phase=curriculum.phase, step=curriculum.step, prompt_of=lambda name: session.corpus.lookup(name)[1],
            group_size=how.group_size, max_tokens=phase.max_output_tokens,
        )  # fmt: skip
        choices = [Choice(example_id=prompt.example_id, retrospective=old) for prompt, _, old in entries]
        read = [group for _, group, _ in entries]
        scored = score_written(session.engine, read, score=session.score, ranks=session.world)
        return credited(session, choices, session.completed(scored), phase), []
    kept: list[Group] = []
    dropped: list[Group] = []
    for refill in range(1 + how.max_refills if how.dynamic_sampling else 1):
        missing = how.prompts_per_step - len(kept)
        seen = {group.example_id for group in [*kept, *dropped]}
        choices = curriculum.refill(missing, exclude=seen) if refill else curriculum.choose(missing)
        answers = session.completed(sampled_answers(session, choices, phase), earlier=[*kept, *dropped])
        groups = credited(session, choices, answers, phase)
        kept += [group for group in groups if group.has_signal or not how.dynamic_sampling]
        dropped += [group for group in groups if not group.has_signal and how.dynamic_sampling]
        if len(kept) == how.prompts_per_step or not choices:
            break
    if len(kept) < how.prompts_per_step:
        session.display.say(
            f"step {session.progress.rl_steps + 1}: trains {len(kept)} of {how.prompts_per_step} groups"
        )
    return kept, dropped


def sampling_of(session: Session, phase: Phase) -> Sampling:
    """How the rollouts of a phase are drawn."""
    how = session.config.rollouts
    return Sampling(
        temperature=how.temperature, top_p=how.top_p, top_k=how.top_k, max_tokens=phase.max_output_tokens,
        repetitions=how.max_repetitions, max_staleness=how.max_staleness,
    )  # fmt: skip


def sampled_answers(session: Session, choices: Sequence[Choice], phase: Phase) -> list[list[Scored]]:
    """Rollouts of the chosen prompts with their rewards, a group per prompt."""
    return answer(
        session.engine, [session.corpus.lookup(choice.example_id)[1] for choice in choices], score=session.score,
        ranks=session.world, sampling=sampling_of(session, phase), group_size=session.config.rollouts.group_size,
        seed=session.config.run.seed, purpose="rollout", step=session.progress.rl_steps,
        weight_version=session.policy.version,
    )  # fmt: skip


def learn(session: Session, groups: Sequence[Group], reference: Policy | None) -> UpdateReport:
    """Pack the groups into mini-batches of rows, place them on the ranks and update the policy."""
    losses, packing, how = session.config.losses, session.config.packing, session.config.update
    every_row = losses.kl_coefficient > 0 or losses.entropy_coefficient > 0
    batches = []
    for part in np.array_split(np.arange(len(groups)), min(how.mini_batches, max(1, len(groups)))):
        items = [
            item
            for i in part
            for item in targets(groups[i], aggregation=losses.aggregation, overlong_filter=losses.overlong_filter)
        ]
        built = rows(items, layout=packing.layout, max_row_tokens=packing.max_row_tokens)
        trained = computed(built, every_row=every_row)
        plan = place(trained, num_ranks=session.world.size, max_batch_tokens=packing.max_batch_tokens)
        # Without any signal nothing is learnt: momentum and weight decay must not move the weights either.
        divisor = float(sum(row.weights.sum(dtype=np.float64) for row in built)) if trained else 0.0
        batches.append(MiniBatch(batches=plan[session.world.rank], divisor=divisor, plan=digest(plan)))
    report = update(
        session.policy, batches, ranks=session.world, temperature=session.config.rollouts.temperature,
        objective=lambda divisor: PolicyObjective(
            divisor=divisor, clip_low=losses.clip_low, clip_high=losses.clip_high,
            kl_coefficient=losses.kl_coefficient, kl_estimator=losses.kl_estimator,
            entropy_coefficient=losses.entropy_coefficient, correction=losses.correction,
            correction_low=losses.correction_low, correction_high=losses.correction_high,
        ),
        peak_learning_rate=how.learning_rate, warmup_steps=how.warmup_steps, first_update=session.progress.updates,
        reference=reference,
    )  # fmt: skip
    session.progress.updates += sum(batch.divisor > 0 for batch in batches)
    return report


def observe(session: Session, groups: Sequence[Group]) -> None:
    """Tell the difficulty memory what every group earned before shaping; rewards outside [0, 1] are clamped to it."""
    if session.oversight is not None:
        groups = [group for group in groups if not session.oversight.rewards.unheard(group.scored)]
    earned = [np.array([one.accuracy for one in group.scored], dtype=np.float32) for group in groups]
    session.replay.observe(
        phase=session.curriculum.phase,
        example_ids=[group.example_id for group in groups],
        accuracies=[np.clip(values, 0.0, 1.0) for values in earned],
    )


def record(
    session: Session,
    kept: Sequence[Group],
    dropped: Sequence[Group],
    report: UpdateReport | None,
    times: tuple[float, float, float],
) -> None:
    """Journal the step's metrics and rollouts."""
    phase, step = session.curriculum.phase, session.progress.rl_steps
    engines = dict(session.world.gather((session.engine.index, session.engine.counts())))
    values = step_metrics(kept, dropped, report=report, times=times, engines=list(engines.values()))
    values |= observed(session, [*kept, *dropped])
    session.progress.reward[phase].append(values["accuracy"])
    session.journal.write("rl", phase=phase + 1, step=step, counter=session.progress.units, values=values)
    session.journal.write_groups(
        kept, dropped, phase=phase + 1, step=step, full=session.config.run.log_prompts == "full",
        decode=session.tokenizer.decode,
    )  # fmt: skip
    session.display.advance(values)
