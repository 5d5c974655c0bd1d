"""QwenLong-L1 and SPELL: what they take out of a response, and how they judge it (SCORING.md 1.1, 1.1b, 1.1c)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from official.numbers import QWENLONG, QWENLONG_EVAL, SPELL_DOCMATH, compare
from official.text import gated_overlap, normal
from official.verdicts import GOLD, Gold, Metrics, Result, Unscored, only, zeros

CAPTURED = r"(\=?\≈?\`?\%?\$?\°?\£?\€?\¥?-?[0-9\.,]+)"
NUMBER = f"the answer is {CAPTURED}"
SPELL_NUMBERS = [
    rf"the answer is \({CAPTURED}\)",
    f"the answer is {CAPTURED}",
    rf"answer is \({CAPTURED}\)",
    f"answer is {CAPTURED}",
]
SPELL_LETTERS = [
    r"\\boxed\{([A-D])\}",
    r"correct answer is \(([A-D])\)",
    r"correct answer is ([A-D])",
    r"answer is \(([A-D])\)",
    r"answer is ([A-D])",
]
TURN, END = "<\uff5cAssistant\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"
DOCQA = ("sub_em", "em", "f1", "precision", "recall")
SPELL_DOCQA = ("sub_em_loose", "sub_em_strict", "half_em", *DOCQA[1:])
ACCURACY = ("accuracy",)
Parser = Callable[[str], str | None]
Rule = Callable[[str, str], Result]


def after_thought(response: str) -> str:
    """Stripped text after the last `</think>`; '' where the thought does not end."""
    _before, end, after = response.rpartition("</think>")
    return after.strip() if end else ""


def spell_tail(response: str, *, size: int, boxes: bool = False) -> str:
    if "<think>" in response and "</think>" not in response:
        return "Empty"
    if "</think>" in response or "answer is" in response or (boxes and "\\boxed{" in response):
        return response.rpartition("</think>")[2].strip()
    return response[-size:]


def trimmed(text: str) -> str:
    return text.strip().strip(".").strip()


def docqa_answer(text: str) -> str | None:
    text = text.replace("*", "")
    if "the answer is" not in text:
        return None
    found = text.rsplit("the answer is", 1)[-1].strip()
    return trimmed(found.replace(TURN, "").replace(END, ""))


def spell_answer(text: str) -> str | None:
    for mark in ("*", TURN, END):
        text = text.replace(mark, "")
    for anchor in ("the answer is", "correct answer is", "answer is"):
        if anchor in text:
            found = trimmed(text.rsplit(anchor, 1)[-1])
            return None if "insert answer here" in found else trimmed(found.split("\n")[0])
    return None


def docqa(prediction: str, gold: str) -> Metrics:
    """Cover in either direction: what normalises to nothing is in everything."""
    a, b = normal(prediction), normal(gold)
    return {"sub_em": float(b in a or a in b), "em": float(a == b), **gated_overlap(a, b)._asdict()}


def spell_docqa(prediction: str, gold: str) -> Metrics:
    a, b = normal(prediction), normal(gold)
    if not a or not b:
        return zeros(SPELL_DOCQA)
    loose = b in a or a in b
    half = 1.0 if a == b else 0.5 * loose
    cover = {"sub_em_loose": float(loose), "sub_em_strict": float(b in a), "half_em": half}
    return {**cover, "em": float(a == b), **gated_overlap(a, b)._asdict()}


def number_answer(text: str) -> str | None:
    found = re.search(NUMBER, text.replace("*", ""), re.IGNORECASE)
    return found.group(1).replace(",", "").rstrip(".") if found else None


def number_answer_eval(text: str) -> str | None:
    return number_answer(text.replace("(", "").replace(")", ""))


def last_box(text: str) -> str | None:
    """Content of the last box up to its own closing brace."""
    inside = text.rpartition("\\boxed{")[2]
    depth = 1
    for index, character in enumerate(inside):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return inside[:index]
    return None


def spell_number(text: str) -> str | None:
    text = text.replace("*", "")
    if "\\boxed{" in text:
        found = last_box(text)
    else:
        hits = (re.findall(pattern, text, re.IGNORECASE) for pattern in SPELL_NUMBERS)
        found = next((hit[-1] for hit in hits if hit), None)
    return None if found is None else found.replace(",", "").rstrip(".")


def letter(text: str) -> str | None:
    text = text.replace("*", "")
    found = re.search(r"The correct answer is \(([A-D])\)", text) or re.search(r"The correct answer is ([A-D])", text)
    return found.group(1) if found else None


def spell_letter(text: str) -> str | None:
    text = text.replace("*", "").strip()
    for pattern in SPELL_LETTERS:
        if hits := re.findall(pattern, text, re.IGNORECASE):
            return hits[-1] if hits[-1] in "ABCD" else None
    return None


def same_letter(prediction: str, gold: str) -> Metrics:
    return {"accuracy": float(prediction == gold)}


def trained(parse: Parser, rule: Rule, names: Sequence[str]) -> Callable[[str, Sequence[Gold]], Result]:
    """QwenLong's training: without an answer 0, whatever the gold; then a gold that is not parsed raises."""

    def score(response: str, golds: Sequence[Gold]) -> Result:
        found, wanted = parse(after_thought(response)), parse(only(golds))
        if not found:
            return zeros(names)
        return Unscored(reasons=frozenset({GOLD})) if wanted is None else rule(found, wanted)

    return score


def spelled(tail: Callable[[str], str], parse: Parser, rule: Rule, names: Sequence[str]) -> Callable[..., Result]:
    """SPELL's: nothing on either side is 0."""

    def score(response: str, golds: Sequence[Gold]) -> Result:
        found, wanted = parse(tail(response)), parse(only(golds))
        return rule(found, wanted) if found and wanted else zeros(names)

    return score


def qwenlong_number(prediction: str, gold: str) -> Result:
    return compare(prediction, gold, QWENLONG)


def qwenlong_eval_number(prediction: str, gold: str) -> Result:
    return compare(prediction, gold, QWENLONG_EVAL)


def spell_docmath(prediction: str, gold: str) -> Result:
    return compare(prediction, gold, SPELL_DOCMATH)


def docqa_eval_score(response: str, golds: Sequence[Gold]) -> Result:
    """The whole response where nothing follows the thought; the gold is bare."""
    found = docqa_answer(after_thought(response) or response)
    return docqa(found, only(golds)) if found else zeros(DOCQA)


def docmath_eval_score(response: str, golds: Sequence[Gold]) -> Result:
    found = number_answer_eval(after_thought(response) or response)
    wanted = number_answer_eval(f"Therefore, the answer is {only(golds)}.")
    if not found:
        return zeros(ACCURACY)
    return Unscored(reasons=frozenset({GOLD})) if wanted is None else qwenlong_eval_number(found, wanted)


def longbench_v2_score(response: str, golds: Sequence[Gold]) -> Result:
    return {"accuracy": float(letter(response) == only(golds))}


def mc_score(response: str, golds: Sequence[Gold]) -> Result:
    """Whatever is missing, on either side, is 0."""
    found = letter(after_thought(response))
    return {"accuracy": float(found is not None and found == letter(only(golds)))}


docqa_score = trained(docqa_answer, docqa, DOCQA)
docmath_score = trained(number_answer, qwenlong_number, ACCURACY)
spell_docqa_score = spelled(lambda text: spell_tail(text, size=1000), spell_answer, spell_docqa, SPELL_DOCQA)
spell_docmath_score = spelled(
    lambda text: spell_tail(text, size=300, boxes=True), spell_number, spell_docmath, ACCURACY
)
spell_mc_score = spelled(lambda text: spell_tail(text, size=300), spell_letter, same_letter, ACCURACY)
