"""The numeric scorers of the DocMath family (SCORING.md 1.1, 1.1b, 1.1c, 1.9)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from official.literals import Empty, NeedsEval, Number, Reading, evaluate, undefined
from official.verdicts import EVAL, GOLD, Gold, Metrics, Result, Unscored

DELETED = ("£", "€", "¥", "million", "billion", "thousand", "US", "USD", "RMB")
NUM = r"(?:[\d,]*\.*\d+)"
UNITS = [
    rf"([-+]?{NUM}) [^0-9 ]+$",
    rf"[^0-9 ]+ ([-+]?{NUM})$",
    rf"([-+]?{NUM})[^\d]{{1,2}}$",
    rf"[^-+\d]{{1,2}}({NUM})$",
]
GROUPED = r"^[-+]?(\d{1,3}(,\d{3})*|(\d+))(\.\d+)?$"
TRAINING = [(50, 100), (500, 1000), (50000, 100000)]
SPELL = [(50, 100), (500, 1000), (500_000, 10**6), (500_000_000, 10**9)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """In what the four scorers differ."""

    logarithms: str
    """How a power of ten is found: by the `difference` of logarithms, the logarithm of the `quotient`, or `never`."""
    scales: list[tuple[int, int]]
    """Divisor that has to leave room, and the factor that then may lie between the two numbers."""
    decimals: int = 3
    """To which both are rounded up and then compared."""
    dummy: int = 0
    """What stands for a text that eval does not take, or for none."""


QWENLONG = Dialect(logarithms="difference", scales=TRAINING)
QWENLONG_EVAL = Dialect(logarithms="quotient", scales=TRAINING, decimals=2)
DOCMATH_EVAL = Dialect(logarithms="quotient", scales=TRAINING)
SPELL_DOCMATH = Dialect(logarithms="never", scales=SPELL, dummy=999999999)


def chain(text: str) -> str:
    """Steps 1 to 7: what is left for eval, '' included."""
    text = text.strip().rstrip(".")
    for word in DELETED:
        text = text.replace(word, "")
    for sign in "=≈":
        if sign in text:
            text = text.rpartition(sign)[2].strip()
    for sign in "`%$°":
        text = text.replace(sign, "")
    text = {"true": "True", "yes": "True", "false": "False", "no": "False"}.get(text, text)
    if "True" in text or "False" in text:
        text = "True" if "True" in text else "False"
    if "approximately" in text:
        text = text.replace("approximately", "").strip()
    text = text.split(" or ")[0]
    for unit in UNITS if re.search(r"[^0-9]", text) else []:  # which take seconds for thousands of digits alone
        if found := re.match(unit, text):
            text = found.group(1)
    text = re.sub(r"10\^(-?\d+)", r"math.pow(10, \1)", text)
    text = text.replace(" x ", "*").replace(" \u00d7 ", "*")
    return text.replace(",", "") if re.match(GROUPED, text) else text


def read(text: str, dialect: Dialect) -> Reading:
    """Steps 1 to 10. A quoted option is text; the empty text is the dummy."""
    left = chain(text)
    if option := re.search(r"\([a-d]\)", left):
        return Reading(option.group(), sure=True)
    return evaluate(left, dialect.dummy) if left else Reading(dialect.dummy, sure=True)


def near(a: Number, b: Number) -> bool:
    slack = abs(b) * 0.0015
    return a >= b - slack and a <= b + slack


def up(value: Number, decimals: int) -> float:
    factor: int = 10**decimals
    return math.ceil(value * factor) / factor


def power_of_ten(large: Number, small: Number, dialect: Dialect) -> bool:
    if dialect.logarithms == "never" or large == 0 or small == 0:
        return False
    by_quotient = dialect.logarithms == "quotient"
    exponent = math.log10(large / small) if by_quotient else math.log10(large) - math.log10(small)
    return int(exponent) == exponent


def same_number(prediction: Number, gold: Number, dialect: Dialect) -> bool:
    """In the official order of steps, since each may overflow."""
    large, small = max(abs(gold), abs(prediction)), min(abs(gold), abs(prediction))
    return (
        power_of_ten(large, small, dialect)
        or any(small <= large / room and near(small * factor, large) for room, factor in dialect.scales)
        or up(large, dialect.decimals) == up(small, dialect.decimals)
        or near(prediction, gold)
    )


def accuracy(prediction: Reading, gold: Number, dialect: Dialect) -> Metrics:
    """Text, lists and None are no number; a truth value is one, but as a gold it asks for equality.

    What overflows or has no integer part is False in training, escapes in evaluation, and is 0 here.
    """
    value = prediction.value
    if not isinstance(value, int | float):
        return {"accuracy": 0.0}
    try:
        return {"accuracy": float(value == gold if isinstance(gold, bool) else same_number(value, gold, dialect))}
    except (OverflowError, ValueError):
        return {"accuracy": 0.0}


def compare(prediction: str, gold: str, dialect: Dialect) -> Result:
    """Both sides through the chain; the gold has to be a number or a truth value."""
    reasons, official = set(), None
    found: Reading | None
    try:
        found = read(prediction, dialect)
        if not found.sure:
            reasons.add(EVAL)
    except NeedsEval as code:
        found = Reading(dialect.dummy, sure=False) if undefined(str(code)) else None
        reasons.add(EVAL)
    except Empty:
        found = Reading(None, sure=False)
        reasons.add(EVAL)
    try:
        wanted = read(gold, dialect)
    except Empty:
        return Unscored(reasons=frozenset(reasons | {GOLD, EVAL}))
    except NeedsEval as code:
        reasons |= {GOLD, EVAL}
        if not undefined(str(code)):
            return Unscored(reasons=frozenset(reasons))
        wanted = Reading(dialect.dummy, sure=False)
    if not isinstance(wanted.value, int | float):
        return Unscored(reasons=frozenset(reasons | {GOLD}))
    if not wanted.sure or wanted.value in (math.inf, -math.inf) or wanted.value != wanted.value:
        reasons.add(GOLD)
    if found is not None:
        official = accuracy(found, wanted.value, dialect)
    return Unscored(reasons=frozenset(reasons), official=official) if reasons or official is None else official


def docmath_eval(prediction: str, golds: Sequence[Gold]) -> Result:
    """DocMath-Eval's get_acc of a reply and a gold that is a float; a reply of none is 0 before the gold is read."""
    (gold,) = golds
    assert not isinstance(gold, tuple)
    if "none" in prediction.lower():
        return {"accuracy": 0.0}
    try:
        wanted = float(gold)
    except (OverflowError, ValueError):
        return Unscored(reasons=frozenset({GOLD}))
    try:
        found = read(prediction, DOCMATH_EVAL)
    except NeedsEval as code:
        known = accuracy(Reading(0, sure=False), wanted, DOCMATH_EVAL) if undefined(str(code)) else None
        return Unscored(reasons=frozenset({EVAL}), official=known)
    except Empty:
        return Unscored(reasons=frozenset({EVAL}), official={"accuracy": 0.0})
    official = accuracy(found, wanted, DOCMATH_EVAL)
    return official if found.sure else Unscored(reasons=frozenset({EVAL}), official=official)
