"""Cases for each profile, drawn from a source of random choices: templates, and answers that nearly are the gold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from official import ORACLES, pieces, sentences
from official.tables import SCALES
from official.verdicts import Answer, Gold, Spans

RULER_TASKS = ("niah", "variable_tracking", "common_words_extraction", "freq_words_extraction", "qa")


@dataclass(frozen=True, slots=True)
class Case:
    """One call of one profile."""

    profile: str
    call: str
    answer: Answer
    golds: list[Gold]
    options: dict[str, Any] = field(default_factory=dict)


Drawn = tuple[Answer, list[Gold], dict[str, Any]]
Drawer = Callable[[Random, str], Drawn]


def text(r: Random, call: str, profile: str) -> Drawn:
    """Aliases, and an answer near them; `score` of most profiles takes a whole response."""
    wanted = [pieces.answer(r)]
    if ORACLES[profile].golds == "aliases":
        wanted += [near(r, wanted) for _ in range(r.randrange(4))]
    found = near(r, wanted)
    if call == "score" and profile == "search_r1" and r.randrange(8):
        found = sentences.tagged(r, found)
    elif call == "score" and r.randrange(8):
        found = sentences.response(r, found, "Answer:" if profile == "helmet" else "the answer is")
    golds: list[Gold] = [sentences.gold_sentence(r, wanted[0])] if sentence_gold(profile, call) else [*wanted]
    return found, golds, {}


def sentence_gold(profile: str, call: str) -> bool:
    """Whose `score` takes the official sentence as its gold."""
    return call == "score" and profile.startswith(("qwenlong", "spell")) and not profile.endswith("eval")


def near(r: Random, wanted: list[str]) -> str:
    return pieces.near(r, wanted)


def squad_v2(r: Random, call: str, profile: str) -> Drawn:
    found, golds, _ = text(r, call, profile)
    golds = r.choice([golds, golds, golds, [""], ["the", *golds], []])
    options = {"na_probability": r.choice([0.0, 0.5, 1.0, 0.3]), "na_threshold": r.choice([1.0, 0.5, 0.0, 0.3])}
    return found, golds, options if r.randrange(3) == 0 else {}


def longbench(r: Random, call: str, profile: str) -> Drawn:
    found, golds, options = text(r, call, profile)
    return found, golds if r.randrange(20) else [], options


def narrative(r: Random, call: str, profile: str) -> Drawn:
    """Few words in many orders, in sentences, for the subsequences."""
    if r.randrange(3) == 0:
        return longbench(r, call, profile)
    few = r.choice([["a", "b"], ["a", "b", "c", "d"], ["The", "cat", "the", "mat", "on"], ["x", "x.", "", "y"]])
    gaps = [" ", " ", " ", ". ", ".", "  ", "\n", " . ", "\x1c"]

    def said() -> str:
        return "".join(r.choice(few) + r.choice(gaps) for _ in range(r.randrange(1, 16)))

    return said(), [said() for _ in range(r.randrange(1, 4))], {}


def numeric(r: Random, call: str, profile: str) -> Drawn:
    wanted = r.choice([pieces.digits(r), pieces.digits(r), pieces.number(r), pieces.number(r), pieces.answer(r)])
    found = r.choice(
        [pieces.near_number(r, wanted), pieces.number(r), wanted, pieces.edited(r, wanted), pieces.answer(r)]
    )
    if call == "match":
        return found, [wanted], {}
    said = sentences.boxes(r, found) if profile == "spell_docmath" and r.randrange(3) == 0 else found
    said = sentences.response(r, said)
    gold = sentences.gold_sentence(r, wanted) if sentence_gold(profile, call) else wanted
    return said, [gold], {}


def docmath_eval(r: Random, call: str, profile: str) -> Drawn:
    """Golds as text or as numbers."""
    found, (gold,), options = numeric(r, "match", profile)
    assert isinstance(found, str)
    plain = r.choice(
        [gold, pieces.digits(r), pieces.digits(r).strip("0") or "0", r.choice(["nan", "inf", " 5 ", "1_0", "-0"])]
    )
    wanted: Gold = r.choice([plain, r.randrange(-(10**6), 10**6), r.random() * 10.0 ** r.randrange(-6, 20), 0, 0.5])
    if isinstance(wanted, int | float) and r.randrange(2):
        found = pieces.near_number(r, str(wanted))
    return found if r.randrange(15) else found + r.choice(["None", "none", "NONE", "n\u00f6ne"]), [wanted], options


def choice(r: Random, call: str, profile: str) -> Drawn:
    wanted = sentences.mostly(r, r.choice("ABCD"), sentences.LETTERS)
    found = wanted if r.randrange(2) else r.choice(sentences.LETTERS)
    if call == "match":
        return found, [wanted], {}
    said = sentences.choice_sentence(r, found) if r.randrange(6) else sentences.response(r, found)
    if r.randrange(3) == 0:
        said += r.choice([" No wait. ", "\n", ""]) + sentences.choice_sentence(r, r.choice(sentences.LETTERS))
    if r.randrange(6) == 0:
        said = pieces.edited(r, said)
    said = sentences.mostly(r, "<think>hm</think>\n\n{}", sentences.THOUGHTS).replace("{}", said)
    return said, [sentences.choice_sentence(r, wanted) if sentence_gold(profile, call) else wanted], {}


def spans(r: Random, most: int = 4) -> Spans:
    return tuple(
        r.choice([pieces.phrase(r, 3), pieces.number(r), pieces.answer(r)]) for _ in range(r.randrange(1, most + 1))
    )


def drop(r: Random, call: str, profile: str) -> Drawn:
    """Several spans, in another order, one changed, one more."""
    golds: list[Gold] = [spans(r) if r.randrange(2) else pieces.answer(r) for _ in range(r.randrange(1, 4))]
    model = r.choice(golds)
    assert not isinstance(model, int | float)
    parts = [pieces.edited(r, span, 2) for span in (model if isinstance(model, tuple) else (model,))]
    parts += [pieces.phrase(r, 3)] * (r.randrange(4) == 0)
    r.shuffle(parts)
    answers: list[Answer] = [tuple(parts), tuple(parts), " ".join(parts), pieces.answer(r), spans(r, 7)]
    return r.choice(answers), golds, {}


def tatqa(r: Random, call: str, profile: str) -> Drawn:
    kind = r.choice(["span", "span", "multi-span", "arithmetic", "count"])
    scales = ["", "", *SCALES, "Million", "thousands", "percentage", "pct", "the"]
    scale = r.choice(scales)
    options = {"answer_type": kind, "scale": scale, "prediction_scale": scale if r.randrange(2) else r.choice(scales)}
    golds: list[Gold]
    if kind in ("span", "multi-span"):
        golds = [spans(r, 3), pieces.number(r), pieces.phrase(r)]
    elif kind == "arithmetic":
        amount = round(r.uniform(-1e4, 1e4), r.randrange(4))
        golds = [amount, amount, r.randrange(-999, 10**6), pieces.number(r), pieces.number(r), 1e16, 1e-5]
    else:
        golds = [r.randrange(20), str(r.randrange(20)), 3.0, " 7 ", "3.0", "x", "\u0665", pieces.digits(r)]
    gold = r.choice(golds)
    parts = list(gold) if isinstance(gold, tuple) else [str(gold)]
    parts = [pieces.edited(r, part if r.randrange(3) else pieces.near_number(r, part), 1) for part in parts]
    answers: list[Answer] = [tuple(parts), *[parts[0]] * 3, " ".join(parts), pieces.number(r), pieces.answer(r)]
    return r.choice(answers), [gold], options if r.randrange(10) else {"answer_type": kind}


def ruler(r: Random, call: str, profile: str) -> Drawn:
    wanted = [pieces.answer(r) for _ in range(r.randrange(1, 6))]
    kept = [pieces.edited(r, gold, 1) for gold in wanted if r.randrange(3)]
    found = r.choice([", ", " ", "\n", "\x07", "\x1f", ""]).join(kept)
    if r.randrange(3) == 0:
        found = pieces.put(r, found, r.choice(["\x00", "\x1c", "\t", "\u0085", pieces.character(r)]))
    return found, [*wanted], {"task": r.choice(RULER_TASKS)}


def mrcr(r: Random, call: str, profile: str) -> Drawn:
    """Around 200 characters, from where on difflib leaves out what is frequent."""
    prefix = r.choice(["aB3dE", "x", "", "\U0001f642", pieces.noise(r, 3)])
    size = r.choice([0, 5, 40, 199, 200, 201, 260, 420])
    poem = (pieces.phrase(r, 12) + " " + pieces.phrase(r, 12) + "\n") * (size // 20 + 1)
    poem = poem[:size]
    found = pieces.edited(r, poem)[:600]
    ahead = r.choice([prefix, prefix, prefix, prefix, "", prefix[:-1], " " + prefix, prefix * 2])
    return ahead + found, [r.choice([prefix, prefix, ""]) + poem], {"prefix": prefix}


def anls(r: Random, call: str, profile: str) -> Drawn:
    """No text so long that the slow distance takes seconds."""
    found, golds, _ = text(r, "match", profile)
    found, golds = str(found)[:400], [str(gold)[:400] for gold in golds]
    return found, golds, {"threshold": r.choice([0.5, 0.25, 0.75, 0.0, 1.0, 0.8])} if r.randrange(3) == 0 else {}


def gsm8k(r: Random, call: str, profile: str) -> Drawn:
    wanted = pieces.digits(r) if r.randrange(4) else pieces.number(r)
    found = r.choice([wanted, wanted, pieces.near_number(r, wanted), pieces.number(r)])
    if call == "score":
        found = sentences.hashed(r, found) if r.randrange(6) else sentences.response(r, found)
    return found, [wanted], r.choice([{}, {"method": "strict"}, {"method": "flexible"}])


DRAWERS: dict[str, Callable[[Random, str, str], Drawn]] = dict.fromkeys(ORACLES, text) | {
    "squad_v2": squad_v2, "longbench_qa": longbench, "narrativeqa": narrative, "drop": drop, "tatqa": tatqa,
    "ruler": ruler, "mrcr": mrcr, "anls": anls, "gsm8k": gsm8k, "docmath_eval": docmath_eval,
    **dict.fromkeys(("qwenlong_docmath", "qwenlong_docmath_eval", "spell_docmath"), numeric),
    **dict.fromkeys(("qwenlong_mc", "spell_mc", "longbench_v2_mc"), choice),
}  # fmt: skip


def case(r: Random, *, profile: str, call: str) -> Case:
    """The next one; a whole response is one text."""
    answer, golds, options = DRAWERS[profile](r, call, profile)
    if call == "score" and isinstance(answer, tuple):
        answer = " ".join(answer)
    return Case(profile, call, answer, golds, options)
