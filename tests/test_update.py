"""Optimiser steps on a policy that really learns: a table of bigram logits behind the `Policy` protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fakes import UNSCORED, Alone, group
from qwenlong.losses import ImitationObjective, PolicyObjective
from qwenlong.packing import digest, place, rows, targets
from qwenlong.records import Group, Row
from qwenlong.update import MiniBatch, Objective, Placed, Policy, UpdateReport, computed, learning_rate, update

VOCABULARY = 12


class Bigram:
    """Plain gradient descent on [V, V] logits of the next token given the present one; remembers its calls."""

    def __init__(self, *, seed: int = 0) -> None:
        self.table = torch.tensor(np.random.default_rng(seed).normal(size=(VOCABULARY, VOCABULARY)), requires_grad=True)
        self.version = 0
        self.calls: list[str] = []
        self.rates: list[float] = []
        self.seen: list[Placed] = []

    def _forward(self, batch: Sequence[Row], temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
        before = np.concatenate([row.token_ids[row.hidden_index] for row in batch])
        labels = torch.tensor(np.concatenate([row.labels for row in batch]), dtype=torch.int64)
        every = torch.log_softmax(self.table[torch.tensor(before, dtype=torch.int64)] / temperature, dim=-1)
        return every.gather(1, labels[:, None])[:, 0], -(every.exp() * every).sum(-1)

    def logprobs(self, batches: Placed, *, temperature: float) -> list[NDArray[np.float32]]:
        self.calls.append("logprobs")
        with torch.no_grad():
            return [self._forward(batch, temperature)[0].numpy().astype(np.float32) for batch in batches]

    def offload(self) -> None: ...

    def reload(self) -> None: ...

    def update(
        self, batches: Placed, *, objective: Objective, temperature: float, learning_rate: float
    ) -> dict[str, float]:
        self.calls.append("update")
        self.rates.append(learning_rate)
        self.seen.append(batches)
        sums: dict[str, float] = {}
        self.table.grad = None
        for batch in batches:
            done = objective(*self._forward(batch, temperature), batch)
            torch.autograd.backward(done.value)
            for name, value in done.sums.items():
                sums[name] = sums.get(name, 0.0) + value.item()
        gradient: torch.Tensor | None = self.table.grad
        assert gradient is not None
        with torch.no_grad():
            self.table -= learning_rate * gradient
        self.version += 1
        return sums | {"grad_norm": float(gradient.norm())}

    def weights(self) -> Iterator[list[tuple[str, torch.Tensor]]]:
        yield [("table", self.table.detach())]

    def reset_optimizer(self) -> None: ...

    def save(self, directory: Path) -> None: ...

    def load(self, directory: Path) -> None: ...

    def export(self, directory: Path) -> None: ...


def mini_batch(groups: Sequence[Group]) -> MiniBatch:
    items = [item for one in groups for item in targets(one, aggregation="token", overlong_filter=False)]
    built = rows(items, layout="shared", max_row_tokens=64)
    plan = place(computed(built, every_row=False), num_ranks=1, max_batch_tokens=64)
    divisor = float(sum(row.weights.sum(dtype=np.float64) for row in built))
    return MiniBatch(batches=plan[0], divisor=divisor, plan=digest(plan))


def opposed(first: int) -> Group:
    """A right and a wrong answer to one prompt."""
    return group([1, first], [[3, 4], [5, 6, 7]], rewards=[1.0, 0.0], advantages=[0.7, -0.7], example_id=str(first))


def clipped(**options: object) -> Callable[[float], PolicyObjective]:
    return lambda divisor: PolicyObjective(divisor=divisor, clip_low=0.2, clip_high=0.2, **options)  # type: ignore[arg-type]


def imitation(divisor: float) -> ImitationObjective:
    return ImitationObjective(divisor=divisor)


def run(policy: Policy, batches: Sequence[MiniBatch], **options: object) -> UpdateReport:
    settings: dict[str, object] = {
        "ranks": Alone(), "objective": clipped(), "temperature": 1.0,
        "peak_learning_rate": 1.0, "warmup_steps": 0, "first_update": 0,
    }  # fmt: skip
    return update(policy, batches, **(settings | options))  # type: ignore[arg-type]


def old_logprobs(placed: Placed) -> NDArray[np.float32]:
    return np.concatenate([row.old_logprobs for batch in placed for row in batch])


def test_old_logprobs_are_those_of_the_policy_before_the_first_of_several_mini_batches() -> None:
    policy = Bigram()
    batches = [mini_batch([opposed(2)]), mini_batch([opposed(2)])]
    before = np.concatenate(policy.logprobs(batches[0].batches, temperature=0.5))
    policy.calls.clear()
    run(policy, batches, temperature=0.5)
    assert policy.calls == ["logprobs", "logprobs", "update", "update"]
    # The second mini-batch is the first again: its old log-probs have not moved although the policy has.
    np.testing.assert_array_equal(old_logprobs(policy.seen[0]), before)
    np.testing.assert_array_equal(old_logprobs(policy.seen[1]), before)
    after = np.concatenate(policy.logprobs(batches[0].batches, temperature=0.5))
    assert np.abs(after - before).max() > 0.1


def test_a_single_mini_batch_needs_no_second_pass() -> None:
    policy = Bigram()
    report = run(policy, [mini_batch([opposed(2)])])
    assert policy.calls == ["update"]
    assert np.isnan(old_logprobs(policy.seen[0])).all()
    assert report.clip_share == 0.0


def test_clipping_acts_with_several_mini_batches_and_a_large_rate() -> None:
    report = run(Bigram(), [mini_batch([opposed(2)]), mini_batch([opposed(2)])], peak_learning_rate=30.0)
    # 10 tokens; the first mini-batch is on-policy, so at most the 5 of the second are clipped.
    assert report.num_tokens == 10
    assert report.clip_share is not None
    assert 0.1 <= report.clip_share <= 0.5
    small = run(Bigram(), [mini_batch([opposed(2)]), mini_batch([opposed(2)])], peak_learning_rate=1e-3)
    assert small.clip_share == 0.0


def test_the_policy_learns_the_rewarded_answer() -> None:
    policy, batch = Bigram(), mini_batch([opposed(2)])
    before = np.concatenate(policy.logprobs(batch.batches, temperature=1.0))
    for _ in range(5):
        run(policy, [batch])
    change = np.concatenate(policy.logprobs(batch.batches, temperature=1.0)) - before
    # Tokens 3, 4 were right, 5, 6, 7 wrong.
    assert (change[:2] > 0.1).all()
    assert (change[2:] < -0.1).all()


@pytest.mark.parametrize(
    ("index", "warmup", "rate"), [(0, 4, 0.5), (1, 4, 1.0), (3, 4, 2.0), (9, 4, 2.0), (0, 0, 2.0), (0, 1, 2.0)]
)
def test_the_learning_rate_rises_linearly_to_its_peak(index: int, warmup: int, rate: float) -> None:
    assert learning_rate(index, peak=2.0, warmup_steps=warmup) == rate


def test_every_mini_batch_is_a_step_of_the_ramp() -> None:
    policy = Bigram()
    report = run(policy, [mini_batch([opposed(2)])] * 3, peak_learning_rate=0.8, warmup_steps=4, first_update=2)
    assert policy.rates == pytest.approx([0.6, 0.8, 0.8])
    assert report.learning_rate == 0.8
    assert policy.version == 3


def test_the_loss_is_the_mean_over_mini_batches() -> None:
    first, second = mini_batch([opposed(2)]), mini_batch([opposed(8)])
    alone = [run(Bigram(), [batch], peak_learning_rate=1e-12).loss for batch in (first, second)]
    both = run(Bigram(), [first, second], peak_learning_rate=1e-12)
    # At ratio 1 each is -(2 * 0.7 - 3 * 0.7) / 5.
    assert alone == pytest.approx([0.14, 0.14])
    assert both.loss == pytest.approx(0.14)


def test_a_mini_batch_without_a_verdict_is_skipped() -> None:
    unscored = mini_batch([group([1, 2], [[3], [4]], rewards=[UNSCORED, UNSCORED], advantages=[0.0, 0.0])])
    assert unscored.divisor == 0
    policy, other = Bigram(), Bigram()
    report = run(policy, [unscored, mini_batch([opposed(2)])])
    assert report == run(other, [mini_batch([opposed(2)])])
    torch.testing.assert_close(policy.table, other.table)
    nothing = run(policy, [unscored])
    assert (nothing.num_tokens, nothing.loss, nothing.entropy) == (0, 0.0, None)
    assert policy.version == 1


def test_a_group_without_signal_costs_no_compute_but_stays_in_the_count() -> None:
    dull = group([1, 9], [[3, 4], [5]], rewards=[1.0, 1.0], advantages=[0.0, 0.0])
    batch = mini_batch([opposed(2), dull])
    assert sum(row.num_targets for rows_ in batch.batches for row in rows_) == 5
    assert batch.divisor == 8
    report = run(Bigram(), [batch])
    assert report.num_tokens == 5
    # At ratio 1 the loss is -(2 * 0.7 - 3 * 0.7) / 8.
    assert report.loss == pytest.approx(0.7 / 8)


def test_where_a_kl_or_entropy_term_acts_every_row_is_computed() -> None:
    dull = group([1, 9], [[3, 4], [5]], rewards=[1.0, 1.0], advantages=[0.0, 0.0])
    built = rows(targets(dull, aggregation="token", overlong_filter=False), layout="full", max_row_tokens=64)
    assert computed(built, every_row=False) == []
    assert computed(built, every_row=True) == built
    silent = [replace(row, advantages=row.advantages + 1, weights=row.weights * 0) for row in built]
    assert computed(silent, every_row=False) == []


def test_the_frozen_reference_scores_every_row_before_the_first_update() -> None:
    policy, reference = Bigram(seed=1), Bigram(seed=2)
    batches = [mini_batch([opposed(2)]), mini_batch([opposed(8)])]
    form = clipped(kl_coefficient=0.1, kl_estimator="k1")
    report = run(policy, batches, objective=form, reference=reference, peak_learning_rate=1e-9)
    assert reference.calls == ["logprobs", "logprobs"]
    apart = [
        ours - theirs
        for batch in batches
        for ours, theirs in zip(
            Bigram(seed=1).logprobs(batch.batches, temperature=1.0),
            Bigram(seed=2).logprobs(batch.batches, temperature=1.0), strict=True,
        )
    ]  # fmt: skip
    assert report.kl == pytest.approx(float(np.concatenate(apart).mean()), rel=1e-4)


def test_sums_of_all_ranks_are_added() -> None:
    def twin(value: object) -> object:
        return {name: 3 * number for name, number in value.items()} if isinstance(value, dict) else value

    alone = run(Bigram(), [mini_batch([opposed(2)])])
    both = run(Bigram(), [mini_batch([opposed(2)])], ranks=Alone(size=2, others=(twin,)))
    assert both.num_tokens == 4 * alone.num_tokens
    assert both.loss == pytest.approx(4 * alone.loss)
    assert both.entropy == pytest.approx(alone.entropy)


def test_ranks_that_disagree_about_the_plan_are_noticed() -> None:
    other = mini_batch([opposed(8)]).plan
    ranks = Alone(size=2, others=(lambda value: [other] if isinstance(value, list) else value,))
    policy = Bigram()
    with pytest.raises(AssertionError, match="ranks disagree about the plan"):
        run(policy, [mini_batch([opposed(2)])], ranks=ranks)
    assert policy.calls == []


def test_imitation_reports_the_loss_and_no_clip_share() -> None:
    policy, batch = Bigram(), mini_batch([opposed(2)])
    logprobs = np.concatenate(policy.logprobs(batch.batches, temperature=1.0))
    report = run(policy, [batch], objective=imitation)
    assert report.loss == pytest.approx(-float(logprobs.mean()), rel=1e-6)
    assert (report.clip_share, report.kl, report.mismatch) == (None, None, None)
    assert run(policy, [batch], objective=imitation).loss < report.loss
