"""One step of RL on a real pretrained model: rollouts, rewards, an update, push, save.

    python train_once.py MODEL ROWS OUT

Prints what it measured as JSON; OUT/model holds the trained model.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from qwenlong.advantages import credit
from qwenlong.backends.deepspeed_policy import DeepSpeedPolicy
from qwenlong.backends.hf_engine import HFEngine
from qwenlong.backends.tokenizers import HubTokenizer
from qwenlong.backends.world import World, join, leave, quiet
from qwenlong.documents import load_examples
from qwenlong.losses import PolicyObjective
from qwenlong.packing import digest, place, rows, targets
from qwenlong.prompts import build_prompts
from qwenlong.records import Example, Group, Prompt, Sampling, Scored
from qwenlong.rewards import RewardModel
from qwenlong.rollouts import push_weights, sample
from qwenlong.update import MiniBatch, update

TEMPERATURE = 0.8
GROUP_SIZE, NEW_TOKENS = 8, 32
measured: dict[str, Any] = {}


@contextmanager
def timed(name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    measured[f"{name}_seconds"] = round(time.monotonic() - started, 1)
    measured[f"{name}_peak_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 1)


def mixed_group(engine: HFEngine, tokenizer: HubTokenizer, pairs: Sequence[tuple[Example, Prompt]]) -> Group:
    """Rollouts of the first question whose rewards differ."""
    sampling = Sampling(temperature=TEMPERATURE, max_tokens=NEW_TOKENS)
    for asked, (example, prompt) in enumerate(pairs, start=1):
        (rollouts,) = sample(
            engine, [prompt], sampling=sampling, group_size=GROUP_SIZE, seed=0, purpose="rollout", step=0,
            weight_version=0,
        )  # fmt: skip
        texts = [tokenizer.decode(rollout.turns[0].response_ids) for rollout in rollouts]
        scored = RewardModel().score(rollouts, responses=texts, examples=[example] * GROUP_SIZE)
        found = credit([np.array([one.reward for one in scored], dtype=np.float32)])
        if found.has_signal[0]:
            measured.update(questions_asked=asked, question=example.question, gold=example.answers)
            measured.update(responses=texts, rewards=[one.reward for one in scored])
            return group_of(prompt, scored, found.advantages[0])
    raise SystemExit(f"none of {len(pairs)} questions had both right and wrong answers")


def group_of(prompt: Prompt, scored: Sequence[Scored], advantages: np.ndarray) -> Group:
    return Group(
        example_id=prompt.example_id, retrospective=False, prompt=prompt, scored=tuple(scored), advantages=advantages,
        has_signal=True,
    )  # fmt: skip


def learn(policy: DeepSpeedPolicy, group: Group, world: World) -> None:
    """One update on the group's shared row; log-probs before and after are kept."""
    built = rows(targets(group, aggregation="token", overlong_filter=False), layout="shared", max_row_tokens=4096)
    plan = place(built, num_ranks=1, max_batch_tokens=4096)
    before = policy.logprobs(plan[0], temperature=TEMPERATURE)[0]
    (row,) = built
    measured["mismatch"] = float(np.abs(before - row.rollout_logprobs).max())
    divisor = float(row.weights.sum())
    report = update(
        policy, [MiniBatch(batches=plan[0], divisor=divisor, plan=digest(plan))], ranks=world,
        objective=lambda d: PolicyObjective(
            divisor=d, clip_low=0.2, clip_high=0.2, kl_coefficient=0.0, kl_estimator="k3", entropy_coefficient=0.0
        ),
        temperature=TEMPERATURE, peak_learning_rate=1e-5, warmup_steps=0, first_update=0,
    )  # fmt: skip
    after = policy.logprobs(plan[0], temperature=TEMPERATURE)[0]
    measured["gain"] = float((row.advantages * (after - before)).mean())
    measured.update(grad_norm=report.grad_norm, row_tokens=row.num_tokens)


def main() -> None:
    """Arguments: model directory, rows, output directory."""
    model, data, out = map(Path, sys.argv[1:])
    quiet()
    world = join(timeout_seconds=600)
    tokenizer = HubTokenizer.load(model)
    examples = {example.id: example for example in load_examples(data)}
    prompts = build_prompts(examples.values(), tokenizer=tokenizer, max_tokens=450).prompts
    measured["end_ids"] = sorted(tokenizer.end_ids)
    measured["prompt"] = tokenizer.decode(prompts[0].token_ids)
    with timed("engine"):
        engine = HFEngine(model, dtype="float32", end_ids=tokenizer.end_ids, max_batch_tokens=4096)
    with timed("policy"):
        policy = DeepSpeedPolicy(model, world=world, layout="shared", dtype="float32", gradient_checkpointing=True)
    with timed("push"):
        push_weights(policy, engine)
    with timed("rollouts"):
        group = mixed_group(engine, tokenizer, [(examples[prompt.example_id], prompt) for prompt in prompts[:8]])
    with timed("update"):
        learn(policy, group, world)
    with timed("save"):
        policy.export(out / "model")
        tokenizer.save(out / "model")
    push_weights(policy, engine)
    with timed("greedy"):
        answers = sample(
            engine, prompts[:3], sampling=Sampling(temperature=0.0, max_tokens=NEW_TOKENS), group_size=1, seed=0,
            purpose="greedy", step=0, weight_version=1,
        )  # fmt: skip
    measured["greedy"] = [
        {"prompt": prompt.token_ids.tolist(), "answer": answer[0].turns[0].response_ids.tolist()}
        for prompt, answer in zip(prompts[:3], answers, strict=True)
    ]
    leave(world, clean=True)
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()
