r"""Scores answers: what a response commits to, and whether that is the gold.

The profile `strict` is made for training, where whatever a scorer forgives by accident is what a policy learns. It
rewards one committed answer: no containment of the answer in the gold, no list of guesses, no hedge, no power of ten.
A gold that cannot be read gives no verdict, `None`, rather than a zero.

- **Reasoning** ends at the last `</think>`. `reasoning="auto"`: without think tags the whole response is the answer;
  with a `<think>` that never closes there is none. `reasoning="required"`: without `</think>` there is none either, for
  prompts that open the reasoning themselves.
- **Answer**: what follows the last `the answer is` (`should be`, `would be`), `答案是`, `Final answer:`, `\boxed{}` or
  `<answer>`, on its line or the next. A phrase that opens a clause goes before one within a clause; `whether the answer
  is`, `I doubt the answer is` and the like announce nothing. Where no such phrase stands, one line of at most 300 bytes
  (UTF-8) is itself the answer. An answer is none where the rest of its line takes it back (`5. No, 6.`, `Berlin. That
  is wrong.`) or the line has several boxes that differ.
- **Kind** `auto` is decided by the gold alone: `number` where the whole gold is one (with sign, currency, percent,
  scale word), else `yesno`, else `choice` for one upper-case letter or one letter in parentheses, else `text`.
- **text**: the normal forms are equal (no diacritics, case, articles or punctuation; numbers and signs whole; `50km` as
  `50 km`), or the gold leads the answer: only words that introduce (`the city of`) or a description with its verb (`the
  capital is`, but not `London was`) stand before it, the name ends where the gold ends, the answer has at most 2 m + 4
  tokens for m of the gold, and the rest neither lists, hedges, denies nor retracts. One comma may add (`Berlin,
  Germany`); a bracket, slash, arrow, bullet or other sign lists. `≠`, `¬`, `!` before a word and `~~` deny.
- **number**: one number in the answer, well-formed groups (of commas, apostrophes or spaces), equal to the gold, or
  within half a unit of the last decimal the gold is written with. A percent sign on one side only: equal digits or
  equal values. Parentheses around a gold are an accountant's minus. Around an answer they are the template's, so `(5)`
  answers 5 and (5) but not -5; with a currency before them or a scale, percent sign or currency behind, `$(5)` and
  `(5) million`, they are a minus. Scale words multiply (thousand, lakh, million, crore, billion, trillion and their
  short forms; k, m, mm, b, t of money); what may be a scale (`5 k`, `5 mil`, `5th`, `5万`, `5 zillion`) answers only a
  gold of kind `number` written with the same word; other words are units. Currencies agree where both are named, and
  cents (`5¢`) answer no bare number. Of `5 + 6 = 11` or `x = 5` the last side counts, of `2x = 5` none; nor is a
  comparison (`>5`) one.
- **yesno**, **choice**: equal. `Yes, it does` and `Yes it is` are a yes; a second option, the other polarity (`nah`,
  `yep`) or a word that takes it back beside it makes it wrong. Behind `(B)` an option's own text may stand, but neither
  a lone judgement (`(B) never`) nor anything behind a comma that doubts.
"""

from __future__ import annotations

from collections.abc import Sequence

from qwenlong import _rust
from qwenlong.records import Verdict

PROFILES = ("strict",)
"""The scorers, by name."""


def score(
    response: str,
    gold: str | Sequence[str],
    *,
    profile: str = "strict",
    kind: str = "auto",
    reasoning: str = "auto",
) -> Verdict:
    r"""Extract the final answer of a response and judge it.

    >>> score("<think>...</think>Therefore, the answer is **Berlin**.", "Berlin").score
    1.0
    >>> score(r"\boxed{1,500}", ["1500", "1.5 thousand"], reasoning="auto").matched_gold
    0
    >>> verdict = score("The answer is Paris or London or Berlin.", "Berlin")
    >>> verdict.score, verdict.reason, verdict.extracted
    (0.0, 'too_many_candidates', 'Paris or London or Berlin')
    >>> score("The answer is 5", "five", kind="number").score is None
    True

    Args:
        response: the whole response, reasoning included; any `str`, lone surrogates too.
        gold: the bare answer, or several that are aliases of one another; those that cannot be read are passed over.
        profile: the scorer; only "strict" so far.
        kind: "auto", "text", "number", "choice" or "yesno".
        reasoning: "auto" or "required": whether a response without `</think>` can have an answer.

    Returns:
        The verdict; its `metrics` are `accuracy` (missing where `score` is `None`) and `well_formed`, 1 where an
        anchored answer stands after finished reasoning.

    Raises:
        ValueError: no gold; an unknown profile, kind or reasoning.
    """
    _check_profile(profile)
    return _record(_rust.score(response, _aliases(gold), kind, reasoning))


def score_batch(
    responses: Sequence[str],
    golds: Sequence[str | Sequence[str]],
    *,
    kinds: Sequence[str] | None = None,
    profile: str = "strict",
    reasoning: str = "auto",
) -> list[Verdict]:
    """Score many responses in one call, which releases the GIL.

    >>> [verdict.score for verdict in score_batch(["The answer is yes.", "No idea"], ["Yes", ["No", "Nope"]])]
    [1.0, 0.0]

    Args:
        responses: as in `score`.
        golds: one gold or list of aliases per response.
        kinds: one kind per response; "auto" for all where missing.
        profile: as in `score`.
        reasoning: as in `score`.

    Raises:
        ValueError: sequences of different lengths; else as in `score`, naming the response.
    """
    _check_profile(profile)
    if kinds is None:
        kinds = ["auto"] * len(responses)
    verdicts = _rust.score_batch(list(responses), [_aliases(gold) for gold in golds], list(kinds), reasoning)
    return [_record(verdict) for verdict in verdicts]


def match(
    prediction: str,
    gold: str | Sequence[str],
    *,
    profile: str = "strict",
    kind: str = "auto",
) -> Verdict:
    """Judge an answer that was already extracted.

    >>> match("Berlin, Germany", "Berlin").score
    1.0
    >>> match("o", "Barack Obama").score, match("the", "Barack Obama").reason
    (0.0, 'empty')
    >>> match("12.54", "12.5").score, match("2018", "2019").score
    (1.0, 0.0)

    Raises:
        ValueError: as in `score`.
    """
    _check_profile(profile)
    return _record(_rust.match(prediction, _aliases(gold), kind))


def extract(response: str, *, reasoning: str = "auto") -> str | None:
    """Find the final answer of a response, without its markup; `None` where there is none.

    >>> extract("So 2 + 3 = 5.</think>**Final answer:** 5 million.")
    '5 million'
    >>> extract("<think>the answer is 5") is None
    True

    Raises:
        ValueError: an unknown reasoning.
    """
    return _rust.extract(response, reasoning)


def check_gold(gold: str, *, kind: str = "auto") -> str:
    """Name the kind a gold is judged as.

    >>> check_gold("1,496.5 million"), check_gold("(B)"), check_gold("5 apples")
    ('number', 'choice', 'text')

    Raises:
        ValueError: a gold that says nothing to judge by, such as "the" or, as a number, "five"; an unknown kind.
    """
    return _rust.check_gold(gold, kind)


def _check_profile(profile: str) -> None:
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}: use {', '.join(PROFILES)}")


def _aliases(gold: str | Sequence[str]) -> list[str]:
    return [gold] if isinstance(gold, str) else list(gold)


def _record(verdict: _rust.Verdict) -> Verdict:
    metrics = {} if verdict.score is None else {"accuracy": verdict.score}
    metrics["well_formed"] = float(verdict.well_formed)
    return Verdict(
        score=verdict.score,
        extracted=verdict.extracted,
        normal_prediction=verdict.normal_prediction,
        normal_gold=verdict.normal_gold,
        reason=verdict.reason,
        matched_gold=verdict.matched_gold,
        metrics=metrics,
    )
