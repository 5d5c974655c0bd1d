"""The metric in HF evaluate's own `compute`, offline."""

from __future__ import annotations

import pytest

from qwenlong.integrations.evaluate import metric


def test_means_are_of_the_rows_that_have_a_verdict_and_the_others_are_counted() -> None:
    found = metric("strict").compute(
        predictions=["The answer is 480.", "The answer is Tuesday.", "The answer is the."],
        references=[["480 euros", "480"], ["Monday"], ["the"]],
    )
    assert found == {"score": 0.5, "accuracy": 0.5, "well_formed": 1.0, "unscored": 1}


def test_references_may_be_single_and_batches_may_be_added() -> None:
    measured = metric("hotpotqa")
    measured.add_batch(predictions=["Paris, France"], references=["Paris"])
    measured.add(prediction="Berlin", reference="Berlin")
    assert measured.compute() == pytest.approx(
        {"score": 5 / 6, "f1": 5 / 6, "em": 0.5, "precision": 0.75, "recall": 1.0, "unscored": 0}
    )


def test_no_verdict_at_all_is_no_score() -> None:
    assert metric("strict", kind="number").compute(predictions=["5"], references=["five"]) == {"unscored": 1}
