"""The same question to qwenlong, and in what its verdict differs from the oracle's."""

from __future__ import annotations

import importlib
from typing import Any

from official import ORACLES
from official.drawing import Case
from official.verdicts import Answer, Gold, Metrics, Unscored

qwenlong: Any = importlib.import_module("qwenlong")


def native(answer: Gold) -> Any:
    """Spans under qwenlong's name for them."""
    return qwenlong.Spans(list(answer)) if isinstance(answer, tuple) else answer


def gold_of(profile: str, golds: list[Gold]) -> Any:
    """A list where the profile knows aliases, else the one gold."""
    return [native(gold) for gold in golds] if ORACLES[profile].golds != "one" else native(*golds)


def ask(case: Case) -> Any:
    judge = getattr(qwenlong, case.call)
    return judge(native(case.answer), gold_of(case.profile, case.golds), profile=case.profile, **case.options)


def oracle(case: Case) -> Metrics | Unscored:
    found: Metrics | Unscored = getattr(ORACLES[case.profile], case.call)(case.answer, case.golds, **case.options)
    return found


def bits(metrics: Metrics) -> dict[str, str]:
    """Doubles so that equal ones have equal bits."""
    return {name: float(value).hex() for name, value in metrics.items()}


def difference(case: Case, verdict: Any = None) -> str | None:
    """What is wrong with a verdict, by default the one that qwenlong gives now."""
    verdict = ask(case) if verdict is None else verdict
    expected = oracle(case)
    missing = {*expected.reasons, "needs_eval", "gold_unparsable"} if isinstance(expected, Unscored) else set()
    if verdict.score is None and verdict.reason in missing:
        return None
    metrics = expected.official if isinstance(expected, Unscored) else expected
    if metrics is None or verdict.score is None or bits(verdict.metrics) != bits(metrics):
        return f"{case}\n  official {expected}\n  qwenlong {verdict.score} {verdict.reason} {dict(verdict.metrics)}"
    headline = ORACLES[case.profile].metrics[0]
    same = float(verdict.score).hex() == float(metrics[headline]).hex()
    return None if same else f"{case}\n  score {verdict.score} is not the headline {headline} {metrics[headline]}"


def pieces_of(text: str) -> list[str]:
    """The text without a part of it, large parts first."""
    size, found = len(text), []
    while size:
        found += [text[:start] + text[start + size :] for start in range(0, len(text), size)]
        size //= 2
    return found


def smaller(answer: Answer) -> list[Answer]:
    if isinstance(answer, str):
        return [*pieces_of(answer)]
    fewer: list[Answer] = [answer[:i] + answer[i + 1 :] for i in range(len(answer)) if len(answer) > 1]
    return fewer + [(*answer[:i], text, *answer[i + 1 :]) for i in range(len(answer)) for text in pieces_of(answer[i])]


def simpler(case: Case) -> list[Case]:
    """Every case that is this one less something."""
    found = [Case(case.profile, case.call, answer, case.golds, case.options) for answer in smaller(case.answer)]
    for index, gold in enumerate(case.golds):
        before, after = case.golds[:index], case.golds[index + 1 :]
        less: list[list[Gold]] = [[]] if len(case.golds) > 1 else []
        less += [[part] for part in (smaller(gold) if isinstance(gold, str | tuple) else [])]
        found += [Case(case.profile, case.call, case.answer, [*before, *part, *after], case.options) for part in less]
    return found


def shrunk(case: Case, tries: int = 3000) -> Case:
    """A small case that still differs; what an oracle or qwenlong refuses is none."""
    while tries:
        for one in simpler(case):
            tries -= 1
            if differs(one):
                case = one
                break
            if not tries:
                return case
        else:
            return case
    return case


def differs(case: Case) -> bool:
    try:
        return difference(case) is not None
    except (AssertionError, TypeError, ValueError):
        return False
