"""The objective: values and gradients worked out by hand, and the same for every partition of the tokens."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import UNSCORED, group
from qwenlong.losses import (
    Correction,
    ImitationObjective,
    PolicyObjective,
    clipped_surrogate,
    correction,
    kl_divergence,
)
from qwenlong.packing import Aggregation, rows, targets
from qwenlong.records import Finish, Row


def make_row(
    advantages: list[float],
    *,
    weights: list[float] | None = None,
    old: list[float] | None = None,
    reference: list[float] | None = None,
    engine: list[float] | None = None,
) -> Row:
    """A row of one response; the objective reads the flat targets alone."""
    n = len(advantages)
    items = targets(
        group([1, 2], [list(range(3, 3 + n))], rewards=[1.0], advantages=[0.0]),
        aggregation="token",
        overlong_filter=False,
    )
    row = rows(items, layout="shared", max_row_tokens=100)[0]

    def array(values: list[float] | None, otherwise: float) -> np.ndarray:
        return np.array([otherwise] * n if values is None else values, dtype=np.float32)

    return replace(
        row,
        advantages=array(advantages, 0.0),
        weights=array(weights, 1.0),
        old_logprobs=array(old, math.nan),
        reference_logprobs=array(reference, math.nan),
        rollout_logprobs=array(engine, -1.0),
    )


def objective(**options: object) -> PolicyObjective:
    return PolicyObjective(**({"divisor": 1.0, "clip_low": 0.2, "clip_high": 0.2} | options))  # type: ignore[arg-type]


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


@pytest.mark.parametrize(
    ("ratio", "advantage", "clip_high", "loss", "clipped"),
    [
        (1.5, 1.0, 0.2, -1.2, True),  # max(-1.5, -1.2)
        (1.5, 1.0, 0.28, -1.28, True),  # max(-1.5, -1.28)
        (0.5, -1.0, 0.2, 0.8, True),  # max(0.5, 0.8)
        (5.0, -1.0, 0.2, 5.0, False),  # max(5, 1.2): no dual clip
        (0.5, 1.0, 0.2, -0.5, False),  # max(-0.5, -0.8)
        (1.25, 1.0, 0.28, -1.25, False),  # within the range
        (1.5, 0.0, 0.2, 0.0, False),
    ],
)
def test_the_surrogate_takes_the_worse_of_plain_and_clipped(
    ratio: float, advantage: float, clip_high: float, loss: float, clipped: bool
) -> None:
    values, acts = clipped_surrogate(
        torch.tensor([math.log(ratio)]), torch.zeros(1), advantages=torch.tensor([advantage]),
        clip_low=0.2, clip_high=clip_high,
    )  # fmt: skip
    assert values.item() == pytest.approx(loss, rel=1e-6)
    assert acts.item() is clipped


def test_a_clipped_token_has_no_gradient_and_an_unclipped_one_that_of_minus_rho_times_a() -> None:
    logprobs = leaf(math.log(1.5), math.log(1.1), math.log(0.5), math.log(0.9))
    advantages = torch.tensor([1.0, 2.0, -1.0, -3.0])
    losses, _ = clipped_surrogate(logprobs, torch.zeros(4), advantages=advantages, clip_low=0.2, clip_high=0.2)
    torch.autograd.backward(losses.sum())
    # d(-A rho)/dlogp = -A rho where it is not clipped: -2 * 1.1 and 3 * 0.9.
    torch.testing.assert_close(logprobs.grad, torch.tensor([0.0, -2.2, 0.0, 2.7]))


def test_the_clip_range_is_asymmetric() -> None:
    low, high = math.log(0.75), math.log(1.25)
    losses, acts = clipped_surrogate(
        torch.tensor([low, high]), torch.zeros(2), advantages=torch.tensor([-1.0, 1.0]), clip_low=0.2, clip_high=0.28
    )
    torch.testing.assert_close(losses, torch.tensor([0.8, -1.25]))
    assert acts.tolist() == [True, False]


def test_a_ratio_out_of_all_bounds_stays_finite() -> None:
    losses, _ = clipped_surrogate(
        torch.tensor([0.0]), torch.tensor([-1000.0]), advantages=torch.tensor([-1.0]), clip_low=0.2, clip_high=0.2
    )
    assert losses.item() == pytest.approx(math.exp(20.0), rel=1e-6)


def test_kl_estimators_have_their_values_and_their_gradients() -> None:
    # d = -1 - (-1.5) = 0.5; k1 = d with the gradient of d^2 / 2, which is d; k3 = e^-d + d - 1, gradient 1 - e^-d.
    for estimator, value, gradient in (("k1", 0.5, 0.5), ("k3", 0.106531, 1 - math.exp(-0.5))):
        logprobs = leaf(-1.0)
        divergence = kl_divergence(logprobs, torch.tensor([-1.5]), estimator=estimator)  # type: ignore[arg-type]
        torch.autograd.backward(divergence.sum())
        assert divergence.item() == pytest.approx(value, abs=1e-6)
        assert logprobs.grad is not None
        assert logprobs.grad.item() == pytest.approx(gradient, rel=1e-5)


def test_k3_is_never_negative_and_zero_only_where_the_two_agree() -> None:
    d = torch.linspace(-3, 3, 61)
    values = kl_divergence(d, torch.zeros(61), estimator="k3")
    assert (values >= 0).all()
    assert values.argmin().item() == 30
    assert values[30].item() == 0.0


def test_a_missing_old_logprob_means_ratio_one_and_the_policy_gradient() -> None:
    logprobs = leaf(-0.3, -2.0)
    loss = objective(divisor=2.0)(logprobs, torch.zeros(2), [make_row([1.5, -0.5])])
    torch.autograd.backward(loss.value)
    # rho = 1: value -(1.5 - 0.5) / 2, gradient -A / 2.
    assert loss.value.item() == pytest.approx(-0.5)
    torch.testing.assert_close(logprobs.grad, torch.tensor([-0.75, 0.25]))
    assert loss.sums["clipped"].item() == 0


def test_the_kl_term_is_added_with_its_coefficient() -> None:
    row = make_row([0.0], reference=[-1.5])
    loss = objective(kl_coefficient=0.1, kl_estimator="k3")(leaf(-1.0), torch.zeros(1), [row])
    assert loss.value.item() == pytest.approx(0.0106531, abs=1e-6)
    assert loss.sums["kl"].item() == pytest.approx(0.106531, abs=1e-6)


def test_the_entropy_bonus_pulls_entropy_up() -> None:
    entropy = leaf(0.7, 0.2)
    row = make_row([0.0, 0.0], weights=[1.0, 3.0])
    loss = objective(divisor=4.0, entropy_coefficient=0.01)(torch.zeros(2), entropy, [row])
    torch.autograd.backward(loss.value)
    # -0.01 * (1 * 0.7 + 3 * 0.2) / 4; a step against the gradient raises the entropy.
    assert loss.value.item() == pytest.approx(-0.01 * 1.3 / 4)
    torch.testing.assert_close(entropy.grad, torch.tensor([-0.0025, -0.0075]))


def test_a_token_of_weight_zero_leaves_loss_gradient_and_counts() -> None:
    logprobs = leaf(-1.0, -1.0)
    row = make_row([2.0, 5.0], weights=[1.0, 0.0], old=[-1.0, -3.0], engine=[-1.5, -9.0])
    loss = objective()(logprobs, torch.tensor([0.4, 8.0]), [row])
    torch.autograd.backward(loss.value)
    assert loss.value.item() == pytest.approx(-2.0)
    torch.testing.assert_close(logprobs.grad, torch.tensor([-2.0, 0.0]))
    # old and engine differ by 0.5 at the one token that counts.
    # exp(d) - d - 1 with d = old - engine = 0.5, inside the limits of the correction.
    wanted = {
        "tokens": 1.0, "clipped": 0.0, "entropy": 0.4, "mismatch": 0.5, "mismatch_kl": 0.1487213, "corrected": 0.0,
        "loss": -2.0,
    }  # fmt: skip
    assert {name: total.item() for name, total in loss.sums.items()} == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("aggregation", "wanted"), [("token", 4.0), ("sequence", 6.25)])
def test_weights_make_the_token_mean_and_the_mean_over_sequences(aggregation: Aggregation, wanted: float) -> None:
    # Losses [[1, 2, 3, 4], [10]]: (1+2+3+4+10) / 5 = 4, and (2.5 + 10) / 2 = 6.25.
    items = targets(
        group([1], [[5, 6, 7, 8], [9]], rewards=[0.0, 1.0], advantages=[1.0, 1.0]),
        aggregation=aggregation, overlong_filter=False,
    )  # fmt: skip
    built = rows(items, layout="shared", max_row_tokens=100)
    divisor = float(sum(row.weights.sum(dtype=np.float64) for row in built))
    negative = torch.tensor([-1.0, -2.0, -3.0, -4.0, -10.0])
    assert ImitationObjective(divisor=divisor)(negative, torch.zeros(5), built).value.item() == pytest.approx(wanted)


def test_unscored_aborted_and_filtered_rollouts_leave_loss_and_count() -> None:
    kept = [Finish.STOPPED, Finish.STOPPED, Finish.ABORTED, Finish.LENGTH]
    one = group([1], [[2, 3], [4], [5, 6, 7], [8]], rewards=[1.0, UNSCORED, 0.0, 0.0], finishes=kept)
    for overlong_filter, tokens in ((True, 2), (False, 3)):
        items = targets(one, aggregation="token", overlong_filter=overlong_filter)
        built = rows(items, layout="full", max_row_tokens=100)
        assert sum(row.weights.sum() for row in built) == tokens


def test_imitation_is_the_weighted_negative_log_likelihood() -> None:
    logprobs = leaf(-1.0, -2.0, -4.0)
    loss = ImitationObjective(divisor=2.0)(logprobs, torch.zeros(3), [make_row([1.0] * 3, weights=[0.5, 0.5, 1.0])])
    torch.autograd.backward(loss.value)
    assert loss.value.item() == pytest.approx((0.5 + 1.0 + 4.0) / 2)
    torch.testing.assert_close(logprobs.grad, torch.tensor([-0.25, -0.25, -0.5]))
    assert loss.sums["tokens"].item() == 3


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=8),
    cuts=st.lists(st.integers(0, 3), min_size=8, max_size=8),
    seed=st.integers(0, 2**16),
    aggregation=st.sampled_from(["token", "sequence"]),
)
def test_loss_and_gradient_are_the_same_for_every_partition_into_micro_batches(
    lengths: list[int], cuts: list[int], seed: int, aggregation: str
) -> None:
    draw = np.random.default_rng(seed)
    every = [
        make_row(
            draw.normal(size=n).tolist(), weights=[1.0 if aggregation == "token" else 1 / n] * n,
            old=(draw.normal(size=n) - 1).tolist(), reference=(draw.normal(size=n) - 1).tolist(),
        )
        for n in lengths
    ]  # fmt: skip
    divisor = float(sum(row.weights.sum(dtype=np.float64) for row in every))
    form = objective(divisor=divisor, clip_high=0.28, kl_coefficient=0.2, kl_estimator="k3", entropy_coefficient=0.1)
    values = torch.tensor(draw.normal(size=sum(lengths)) - 1, dtype=torch.float64)
    entropy = torch.tensor(draw.uniform(size=sum(lengths)), dtype=torch.float64)

    def total(parts: list[list[int]]) -> tuple[float, torch.Tensor, dict[str, float]]:
        logprobs = values.clone().requires_grad_()
        spans = np.split(np.arange(sum(lengths)), np.cumsum(lengths)[:-1])
        loss, sums = 0.0, dict[str, float]()
        for part in parts:
            index = torch.tensor(np.concatenate([spans[i] for i in part]))
            done = form(logprobs[index], entropy[index], [every[i] for i in part])
            torch.autograd.backward(done.value)
            loss += done.value.item()
            for name, value in done.sums.items():
                sums[name] = sums.get(name, 0.0) + value.item()
        assert logprobs.grad is not None
        return loss, logprobs.grad, sums

    parts = [[i for i in range(len(lengths)) if cuts[i] == k] for k in range(4)]
    whole, split = total([list(range(len(lengths)))]), total([part for part in parts if part])
    assert split[0] == pytest.approx(whole[0], rel=1e-9, abs=1e-12)
    torch.testing.assert_close(split[1], whole[1], rtol=1e-9, atol=1e-12)
    assert split[2] == pytest.approx(whole[2], rel=1e-9, abs=1e-9)


def test_a_divisor_per_micro_batch_would_depend_on_the_partition() -> None:
    # The control of the test above: losses [1, 1] and [4] have the token mean 2, but the mean of means 2.5.
    logprobs = torch.tensor([-1.0, -1.0, -4.0])
    parts = [(make_row([1.0] * 2), slice(0, 2)), (make_row([1.0]), slice(2, 3))]
    shared = [ImitationObjective(divisor=3.0)(logprobs[at], torch.zeros(1), [row]).value for row, at in parts]
    own = [
        ImitationObjective(divisor=float(row.num_targets))(logprobs[at], torch.zeros(1), [row]).value
        for row, at in parts
    ]
    assert sum(value.item() for value in shared) == pytest.approx(2.0)
    assert sum(value.item() for value in own) / 2 == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("none", [1.0, 1.0, 1.0]), ("truncate", [0.25, 1.0, 2.0]), ("mask", [0.0, 1.0, 0.0])],
)
def test_a_correction_weights_a_token_by_policy_over_engine(kind: Correction, wanted: list[float]) -> None:
    # policy / engine is 1/4, 1 and 4; limits 1/2 and 2. Truncation cuts at 2, masking leaves out what is beyond both.
    old, engine = torch.tensor([0.25, 1.0, 4.0]).log(), torch.zeros(3)
    weight, acts = correction(old, engine, kind=kind, low=0.5, high=2.0)
    torch.testing.assert_close(weight, torch.tensor(wanted))
    assert acts.tolist() == ([False, False, True] if kind == "truncate" else [True, False, True])


def test_a_corrected_surrogate_has_its_gradient_times_the_weight() -> None:
    rows = [make_row([2.0, 2.0, 2.0], old=[-2.0, -2.0, -2.0], engine=[-2.0, -2.0 - math.log(4), -2.0 + math.log(4)])]
    # Ratio 1, advantage 2: the gradient is -2 times the weights 1, min(4, 3) and 1/4; masked, 1, 0 and 0.
    cases: list[tuple[Correction, list[float]]] = [("truncate", [-2.0, -6.0, -0.5]), ("mask", [-2.0, 0.0, 0.0])]
    for kind, wanted in cases:
        logprobs = leaf(-2.0, -2.0, -2.0)
        how = PolicyObjective(
            divisor=1.0,
            clip_low=0.2,
            clip_high=0.2,
            correction=kind,
            correction_high=3.0,
        )
        loss = how(logprobs, torch.zeros(3), rows)
        torch.autograd.backward(loss.value)
        torch.testing.assert_close(logprobs.grad, torch.tensor(wanted))
        assert loss.sums["corrected"].item() == (1.0 if kind == "truncate" else 2.0)
