"""Scorers of question answering that compare normal forms (SCORING.md 1.2 to 1.8, 1.10)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from official.rouge import rouge_l
from official.text import gated_overlap, normal, overlap, trivia_normal
from official.verdicts import Gold, Metrics, highest, only, strings


def squad(prediction: str, gold: str) -> Metrics:
    """v1, and the rule of LongBench and Qasper: empties have EM 1 and F1 0."""
    a, b = normal(prediction), normal(gold)
    return {"f1": overlap(a.split(), b.split()).f1, "em": float(a == b)}


def squad_f1(prediction: str, gold: str) -> Metrics:
    return {"f1": squad(prediction, gold)["f1"]}


def empties_agree(prediction: str, gold: str) -> Metrics:
    """F1 of an empty side is whether the other is empty too: MuSiQue, SQuAD v2."""
    a, b = normal(prediction), normal(gold)
    f1 = overlap(a.split(), b.split()).f1 if a and b else float(a == b)
    return {"f1": f1, "em": float(a == b)}


def squad_v2(
    prediction: str, golds: Sequence[Gold], *, na_probability: float = 0.0, na_threshold: float = 1.0
) -> Metrics:
    """No gold is the gold of an unanswerable question."""
    if na_probability > na_threshold:
        return dict.fromkeys(("f1", "em"), float(not golds))
    answers = [gold for gold in strings(golds) if normal(gold)] or [""]
    return highest(empties_agree(prediction, gold) for gold in answers)


def hotpotqa(prediction: str, gold: str) -> Metrics:
    """With the gate on closed answers; 2Wiki's too, over aliases."""
    a, b = normal(prediction), normal(gold)
    return {**gated_overlap(a, b)._asdict(), "em": float(a == b)}


def trivia(prediction: str, gold: str) -> Metrics:
    a, b = trivia_normal(prediction), trivia_normal(gold)
    return {"f1": overlap(a.split(), b.split()).f1, "em": float(a == b)}


def longbench_qa(prediction: str, golds: Sequence[Gold]) -> Metrics:
    """The maximum starts from 0, so that no gold is 0."""
    return {"f1": max([0.0, *(squad(prediction, gold)["f1"] for gold in strings(golds))])}


def narrativeqa(prediction: str, golds: Sequence[Gold]) -> Metrics:
    return longbench_qa(prediction, golds) | {
        "rouge_l": max([0.0, *(rouge_l(prediction, gold) for gold in strings(golds))])
    }


def frames_answer(response: str) -> str:
    """Text after the last anchor, in lower case only; '' without one."""
    _before, anchor, after = response.replace("*", "").rpartition("the answer is")
    return after.strip().strip(".").strip() if anchor else ""


def frames(prediction: str, golds: Sequence[Gold]) -> Metrics:
    found = normal(prediction)
    return {"accuracy": float(found != "" and found == normal(only(golds)))}


def frames_score(response: str, golds: Sequence[Gold]) -> Metrics:
    return frames(frames_answer(response), golds)


def helmet(prediction: str, gold: str) -> Metrics:
    a, b = normal(prediction), normal(gold)
    return {"sub_em": float(b in a), "em": float(a == b), "f1": gated_overlap(a, b).f1}


def helmet_answer(response: str) -> str:
    """The rest of the line after the first `Answer:`, else the first line; one more `Answer:` is taken off."""
    found = re.search(r"Answer:(.*)", response, re.IGNORECASE) or re.search(r"^(.*)", response)
    assert found
    return re.sub(r"^Answer:", "", found.group(1).strip(), flags=re.IGNORECASE).strip()


def helmet_score(response: str, golds: Sequence[Gold]) -> Metrics:
    """The better of the raw text and the parsed answer, metric by metric."""
    return highest(helmet(text, gold) for text in (response, helmet_answer(response)) for gold in strings(golds))


def search_r1(prediction: str, golds: Sequence[Gold]) -> Metrics:
    return {"accuracy": float(any(normal(gold) == normal(prediction) for gold in strings(golds)))}


def search_r1_score(response: str, golds: Sequence[Gold]) -> Metrics:
    """A quarter where the response is full of tags."""
    found: list[str] = re.findall(r"<answer>(.*?)</answer>", response, re.DOTALL)
    if not found:
        return {"accuracy": 0.0}
    full = response.count("<answer>") > 10 or response.count("</answer>") > 10
    return {"accuracy": search_r1(found[-1].strip(), golds)["accuracy"] * (0.25 if full else 1.0)}
