r"""Scores answers: what a response commits to, and whether that is the gold.

`profiles()` lists the scorers: the hardened default `strict`, and the official ones by name, bit for bit. `strict` is
made for training, where whatever a scorer forgives by accident is what a policy learns. It rewards one committed
answer: no containment of the answer in the gold, no list of guesses, no hedge, no power of ten. A gold that cannot be
read gives no verdict, `None`, rather than a zero. Its rule, in short: the answer is what follows the last announcement
behind the reasoning (`the answer is`, `\boxed{}`, `<answer>`), or a lone line of at most 300 bytes; the gold's form
decides how it is compared (a number, a yes or no, an option, a text); whatever denies, hedges, lists or takes back
makes it wrong. docs/strict.md has the whole rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from qwenlong import _rust
from qwenlong._rust import Spans as Spans  # noqa: PLC0414  # part of the interface
from qwenlong.catalog import SENTENCES
from qwenlong.catalog import Profile as Profile  # noqa: PLC0414
from qwenlong.catalog import official_gold as official_gold  # noqa: PLC0414
from qwenlong.catalog import profiles as profiles  # noqa: PLC0414
from qwenlong.judging import judge_reply as judge_reply  # noqa: PLC0414
from qwenlong.judging import without_verdicts as without_verdicts  # noqa: PLC0414
from qwenlong.records import Verdict
from qwenlong.verdicts import Verdicts, record

Gold = str | Spans | float | Sequence[str | Spans | float | Sequence[str]]
"""The bare answer, or several that are aliases; `Spans` where one answer has several parts; a number where the profile
counts with numbers (docmath_eval, qwenlong_docmath_eval, tatqa)."""


class Scorer:
    """A profile with its options: frozen, picklable, equal where both are equal.

    >>> scorer = Scorer("strict", kind="number")
    >>> scorer.score("</think>The answer is 1.5 thousand.", "1500").score
    1.0

    Args:
        profile: the scorer's name, a key of `profiles()`.
        options: those that `profiles()[profile].options` lists.

    Raises:
        ValueError: an unknown profile or option, a value that the option does not take.
    """

    __slots__ = ("_native", "options", "profile")

    profile: str
    """The scorer's name."""
    options: Mapping[str, Any]
    """What was said."""
    _native: _rust.Scorer

    def __init__(self, profile: str = "strict", **options: Any) -> None:
        object.__setattr__(self, "profile", profile)
        object.__setattr__(self, "options", MappingProxyType(options))
        object.__setattr__(self, "_native", _rust.Scorer(profile, options))

    def score(self, response: str, gold: Gold) -> Verdict:
        """Extract the final answer of a response and judge it; see `qwenlong.score`."""
        return record(self._native.score(response, gold))

    def match(self, prediction: str | Spans | float, gold: Gold) -> Verdict:
        """Judge an answer that was already extracted; see `qwenlong.match`."""
        return record(self._native.match(prediction, gold))

    def extract(self, response: str) -> str | None:
        """Find the final answer of a response; see `qwenlong.extract`."""
        return self._native.extract(response)

    def score_batch(self, responses: Sequence[str], golds: Sequence[Gold], *, threads: int = 1) -> Verdicts:
        """Score many responses in one call; see `qwenlong.score_batch`."""
        return Verdicts(_rust.score_batch([self._native], list(responses), list(golds), threads))

    def match_batch(
        self, predictions: Sequence[str | Spans | float], golds: Sequence[Gold], *, threads: int = 1
    ) -> Verdicts:
        """Judge many answers in one call; see `qwenlong.match_batch`."""
        return Verdicts(_rust.match_batch([self._native], list(predictions), list(golds), threads))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Scorer is frozen: make another one instead of setting {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Scorer is frozen: {name} stays")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scorer) and (self.profile, self.options) == (other.profile, other.options)

    def __hash__(self) -> int:
        return hash((self.profile, tuple(sorted(self.options.items()))))

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"Scorer({self.profile!r}{options})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.profile, dict(self.options))


def score(response: str, gold: Gold, *, profile: str = "strict", **options: Any) -> Verdict:
    r"""Extract the final answer of a response and judge it.

    >>> score("<think>...</think>Therefore, the answer is **Berlin**.", "Berlin").score
    1.0
    >>> score(r"\boxed{1,500}", ["1500", "1.5 thousand"]).matched_gold
    0
    >>> verdict = score("The answer is Paris or London or Berlin.", "Berlin")
    >>> verdict.score, verdict.reason, verdict.extracted
    (0.0, 'too_many_candidates', 'Paris or London or Berlin')
    >>> score("The answer is 5", "five", kind="number").score is None
    True
    >>> score("Paris, France", "Paris", profile="hotpotqa").metrics["f1"]
    0.6666666666666666

    Args:
        response: the whole response, reasoning included; any `str`, lone surrogates too.
        gold: as `profiles()[profile].golds` says: one bare answer, or a list of aliases. Profiles with a `sentence`
            take that sentence, as the official code does.
        profile: the scorer, a key of `profiles()`.
        options: the profile's, listed by `profiles()`.

    Returns:
        The verdict. `score` is the profile's headline metric, `None` where there is nothing to judge by.

    Raises:
        ValueError: no gold, or golds of another shape than the profile takes; an unknown profile or option.
    """
    return _scorer(profile, options).score(response, gold)


def match(prediction: str | Spans | float, gold: Gold, *, profile: str = "strict", **options: Any) -> Verdict:
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
    return _scorer(profile, options).match(prediction, gold)


def extract(response: str, *, profile: str = "strict", **options: Any) -> str | None:
    """Find the final answer of a response, without its markup; `None` where there is none.

    >>> extract("So 2 + 3 = 5.</think>**Final answer:** 5 million.")
    '5 million'
    >>> extract("<think>the answer is 5") is None
    True

    Raises:
        ValueError: an unknown profile or option.
    """
    return _scorer(profile, options).extract(response)


def score_batch(
    responses: Sequence[str], golds: Sequence[Gold], *, profile: str = "strict", threads: int = 1, **options: Any
) -> Verdicts:
    """Score many responses in one call, which releases the GIL.

    >>> score_batch(["The answer is yes.", "No idea"], ["Yes", ["No", "Nope"]]).scores
    array([1., 0.])

    Args:
        responses: N of them, as in `score`.
        golds: one gold, or one list of aliases, per response.
        profile: the scorer of all.
        threads: how many work at once; more than one pays above about a thousand rows.
        options: the profile's; each is one value for all, or a list with one value per response.

    Raises:
        ValueError: sequences of different lengths; else as in `score`, naming the row, counted from 0.
    """
    natives = _natives(profile, options, len(responses))
    return Verdicts(_rust.score_batch(natives, list(responses), list(golds), threads))


def match_batch(
    predictions: Sequence[str | Spans | float],
    golds: Sequence[Gold],
    *,
    profile: str = "strict",
    threads: int = 1,
    **options: Any,
) -> Verdicts:
    """Judge many answers that were already extracted; the arguments are those of `score_batch`.

    >>> match_batch(["the city of Paris", "Rome"], ["Paris", "Paris"], profile="squad_v1").metrics["f1"]
    array([0.5, 0. ])
    """
    natives = _natives(profile, options, len(predictions))
    return Verdicts(_rust.match_batch(natives, list(predictions), list(golds), threads))


def check_gold(gold: str, *, kind: str = "auto", profile: str = "strict") -> str:
    """Name the kind that `strict` judges a gold as; of another profile, say that it can judge by the gold at all.

    >>> check_gold("1,496.5 million"), check_gold("(B)"), check_gold("5 apples")
    ('number', 'choice', 'text')
    >>> check_gold("five", profile="squad_v1")
    'squad_v1'

    Raises:
        ValueError: a gold that says nothing to judge by, such as "the" or, as a number, "five"; an unknown kind or
            profile.
    """
    if profile == "strict":
        return _rust.check_gold(gold, kind)
    sentence = official_gold([gold], profile=profile)
    own = (
        score(f"</think>{sentence}", sentence, profile=profile)
        if profile in SENTENCES
        else match(gold, gold, profile=profile)
    )
    if not own.score:
        raise ValueError(f"gold `{gold}` does not answer itself by profile `{profile}`: {own.reason}")
    return profile


@lru_cache(maxsize=64)
def _plain(profile: str) -> Scorer:
    return Scorer(profile)


def _scorer(profile: str, options: Mapping[str, Any]) -> Scorer:
    return Scorer(profile, **options) if options else _plain(profile)


def _made(profile: str, options: dict[str, Any]) -> Scorer:
    return Scorer(profile, **options)


def _natives(profile: str, options: Mapping[str, Any], rows: int) -> list[_rust.Scorer]:
    """One scorer for all rows, or one a row where an option differs between rows."""
    columns = {name: list(value) for name, value in options.items() if isinstance(value, list | tuple | np.ndarray)}
    for name, column in columns.items():
        if len(column) != rows:
            raise ValueError(f"{name} has {len(column)} values for {rows} rows: one for all, or one a row")
    if not columns:
        return [_rust.Scorer(profile, dict(options))]
    made: dict[tuple[Any, ...], _rust.Scorer] = {}
    natives: list[_rust.Scorer] = []
    for values in zip(*columns.values(), strict=True):
        if values not in made:
            try:
                made[values] = _rust.Scorer(profile, {**options, **dict(zip(columns, values, strict=True))})
            except ValueError as error:
                raise ValueError(f"row {len(natives)}: {error}") from error
        natives.append(made[values])
    return natives
