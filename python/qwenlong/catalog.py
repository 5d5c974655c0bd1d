"""What the scorers are: their golds, metrics, options, sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from qwenlong import _rust

UNICODE_VERSION: str = _rust.UNICODE_VERSION
"""The version of Unicode in which the official profiles read text: that of CPython 3.11."""

SENTENCES = {
    "qwenlong_docqa": "Therefore, the answer is {}.",
    "qwenlong_docmath": "Therefore, the answer is {}.",
    "qwenlong_mc": "The correct answer is ({}).",
    "spell_docqa": "Therefore, the answer is {}.",
    "spell_docmath": "Therefore, the answer is {}.",
    "spell_mc": "The correct answer is ({}).",
}
"""The sentence in which `score` takes the gold, where the official code parses the gold as it parses the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A keyword of a profile."""

    name: str
    """The keyword."""
    default: str | float
    """What it is when nothing is said."""
    choices: tuple[str, ...]
    """The words it takes; empty where it takes any text or a number."""
    least: float | None
    """The smallest number it takes, beside the default; `None` where it takes text."""
    most: float | None
    """The largest."""
    summary: str
    """What it decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A scorer: what it takes, measures and follows."""

    name: str
    """The value of `profile=`."""
    summary: str
    """What it is, in a line."""
    source: str
    """The official file and its commit."""
    semantics: int
    """Counts up with every change of what a verdict may be: the version stamp to write beside a score."""
    golds: str
    """"one"; "aliases", several of which any counts; "spans", aliases of which each may be `Spans`."""
    metrics: tuple[str, ...]
    """What a verdict's `metrics` may hold."""
    options: tuple[Option, ...]
    """The keywords it takes."""
    sentence: str | None
    """The sentence in which `score` takes the gold; `None` where it takes the bare gold, as `match` always does."""

    @property
    def headline(self) -> str:
        """The metric that is a verdict's `score`."""
        return self.metrics[0]


def profiles() -> dict[str, Profile]:
    """Every scorer by its name, `strict` first.

    >>> profiles()["hotpotqa"].headline, profiles()["drop"].golds
    ('f1', 'spans')
    >>> [option.name for option in profiles()["strict"].options][:2]
    ['kind', 'reasoning']
    """
    return dict(_profiles())


def official_gold(answers: Sequence[str], *, profile: str) -> str | list[str]:
    """Bare answers in the form in which `score` takes them: in the profile's sentence, one alone where it takes one.

    >>> official_gold(["B"], profile="qwenlong_mc"), official_gold(["5", "five"], profile="strict")
    ('The correct answer is (B).', ['5', 'five'])

    Raises:
        ValueError: several answers for a profile that takes one.
    """
    golds = [SENTENCES.get(profile, "{}").replace("{}", answer) for answer in answers]
    if profiles()[profile].golds != "one":
        return golds
    if len(golds) != 1:
        raise ValueError(f"profile `{profile}` compares with one gold, not {len(golds)}: choose one")
    return golds[0]


@lru_cache(maxsize=1)
def _profiles() -> dict[str, Profile]:
    return {
        fields["name"]: Profile(
            **{**fields, "metrics": tuple(fields["metrics"])},
            options=tuple(_option(*option) for option in options),
            sentence=SENTENCES.get(fields["name"]),
        )
        for fields, options in ((fields, fields.pop("options")) for fields in _rust.profiles())
    }


def _option(name: str, choices: list[str], span: tuple[float, float, float] | None, summary: str) -> Option:
    default, least, most = span or ((choices or [""])[0], None, None)
    return Option(name=name, default=default, choices=tuple(choices), least=least, most=most, summary=summary)
