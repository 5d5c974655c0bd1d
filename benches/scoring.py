"""The scorers beside their peers, from Python, on one core: results are asserted first, then ratios are printed.

    python benches/scoring.py                     peers that are not installed are left out, and said to be

Needs `pip install math-verify torchmetrics` for all peers. Official logic is Python of our own: as the
published file is built, which prints every response, and lean (tests/official).
"""

from __future__ import annotations

import gc
import os
import re
import string
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import qwenlong
from official import ORACLES

ROWS = 500
TOKENS = ("<\uff5cAssistant\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>")
BODY = "The filing says that revenue grew by 12.5% in 2019, to $1,496.5 million, and so on. "


def responses(sign: str, answer: str) -> list[str]:
    """Responses of 23 KB with an answer behind `</think>`; `sign` makes them leave ASCII."""
    reasoning = (sign + BODY) * (23_000 // len(sign + BODY))
    return [f"<think>{i} {reasoning}</think>\n\nTherefore, the answer is {answer}." for i in range(ROWS)]


def fastest(work: Callable[[], Any], *, rows: int, repeats: int = 5) -> float:
    """Microseconds a row, of the fastest run."""
    gc.disable()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    gc.enable()
    return min(seconds) / rows * 1e6


def table(title: str, ours: dict[str, float], peers: dict[str, float]) -> None:
    """Times, and how many times longer every peer takes than the first of ours."""
    first = next(iter(ours.values()))
    print(f"\n{title}")
    for name, micros in {**ours, **peers}.items():
        print(f"  {name:<46} {micros:>10.2f} us  {1e6 / micros:>12,.0f}/s  x{micros / first:,.1f}")


def published_normal(text: str) -> str:
    """The normal form, one pass of Python per rule, as the published scorers make it."""
    deleted = set(string.punctuation)
    kept = "".join(char for char in text.lower() if char not in deleted)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def published_docqa(response: str, gold: str) -> dict[str, float]:
    """QwenLong-L1's docqa as its file is built: every metric normalises both sides anew; nothing is printed."""
    if "</think>" not in response:
        return {}
    answers = []
    for text in (response.rsplit("</think>", maxsplit=1)[-1].strip(), gold):
        said = text.replace("*", "")
        if "the answer is" not in said:
            return {}
        found = said.rsplit("the answer is", 1)[-1].strip()
        for token in TOKENS:
            found = found.replace(token, "").strip()
        answers.append(found.strip(".").strip())
    prediction, wanted = answers
    em = float(published_normal(prediction) == published_normal(wanted))
    one, other = published_normal(prediction).split(), published_normal(wanted).split()
    same = sum((Counter(one) & Counter(other)).values())
    precision, recall = (same / len(one), same / len(other)) if same else (0.0, 0.0)
    f1 = 2 * precision * recall / (precision + recall) if same else 0.0
    one_text, other_text = published_normal(prediction), published_normal(wanted)
    cover = float(one_text in other_text or other_text in one_text)
    return {"sub_em": cover, "em": em, "f1": f1, "precision": precision, "recall": recall}


def printed_docqa(response: str, gold: str) -> dict[str, float]:
    """The same, with every response printed, to nowhere."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        print("\n" + "=" * 80, response, gold, sep="\n", file=nowhere)
        found = published_docqa(response, gold)
        print(found, "=" * 80, sep="\n", file=nowhere)
    return found


def tails(sign: str) -> None:
    """An answer behind 23 KB of reasoning."""
    texts, gold = responses(sign, "Berlin"), "Therefore, the answer is Berlin."
    docqa = qwenlong.Scorer("qwenlong_docqa")
    strict = qwenlong.Scorer("strict")
    oracle = ORACLES["qwenlong_docqa"]
    assert (docqa.score_batch(texts, [gold] * ROWS).scores == 1.0).all()
    assert (strict.score_batch(texts, ["Berlin"] * ROWS).scores == 1.0).all()
    assert all(oracle.score(text, [gold])["sub_em"] == 1.0 for text in texts[:10])
    assert published_docqa(texts[0], gold) == docqa.score(texts[0], gold).metrics
    ours = {
        "qwenlong_docqa, batch": fastest(lambda: docqa.score_batch(texts, [gold] * ROWS).scores, rows=ROWS),
        "qwenlong_docqa, one call a row": fastest(lambda: [docqa.score(text, gold) for text in texts], rows=ROWS),
        "strict, batch": fastest(lambda: strict.score_batch(texts, ["Berlin"] * ROWS).scores, rows=ROWS),
        "strict, one call a row": fastest(lambda: [strict.score(text, "Berlin") for text in texts], rows=ROWS),
    }
    peers = {
        "docqa as published": fastest(lambda: [printed_docqa(text, gold) for text in texts], rows=ROWS),
        "docqa as published, without its printing": fastest(
            lambda: [published_docqa(text, gold) for text in texts], rows=ROWS
        ),
        "docqa, lean Python (tests/official)": fastest(
            lambda: [oracle.score(text, [gold]) for text in texts], rows=ROWS
        ),
    }
    table(f"tail of a 23 KB response, {'beyond ASCII' if sign else 'ASCII'}", ours, peers)


def numbers() -> None:
    """A number behind 23 KB of reasoning, where Math-Verify is the usual peer."""
    texts, gold = responses("", "1496.5"), "Therefore, the answer is 1496.5."
    docmath, strict = qwenlong.Scorer("qwenlong_docmath"), qwenlong.Scorer("strict")
    oracle = ORACLES["qwenlong_docmath"]
    assert (docmath.score_batch(texts, [gold] * ROWS).scores == 1.0).all()
    assert (strict.score_batch(texts, ["1,496.5"] * ROWS).scores == 1.0).all()
    ours = {
        "strict, batch": fastest(lambda: strict.score_batch(texts, ["1,496.5"] * ROWS).scores, rows=ROWS),
        "qwenlong_docmath, batch": fastest(lambda: docmath.score_batch(texts, [gold] * ROWS).scores, rows=ROWS),
    }
    peers = {
        "official docmath, plain Python": fastest(lambda: [oracle.score(text, [gold]) for text in texts], rows=ROWS),
    }
    try:
        from math_verify import parse, verify
    except ModuleNotFoundError:
        print("\nMath-Verify is not installed: left out")
    else:
        target, few = parse("1496.5"), texts[:20]
        assert verify(target, parse(texts[0][-300:]))
        peers["Math-Verify, last 300 characters"] = fastest(
            lambda: [verify(target, parse(text[-300:])) for text in few], rows=len(few), repeats=2
        )
        peers["Math-Verify, whole response"] = fastest(
            lambda: [verify(target, parse(text)) for text in few], rows=len(few), repeats=2
        )
    table("a number behind 23 KB", ours, peers)


def pairs() -> None:
    """EM, cover and F1 of short answers."""
    rows = [
        ("Miller v. California", "Gates v. Collier"),
        ("the city of Paris", "Paris"),
        ("It was the Norwegian Blue.", "The Norwegian Blue"),
        ("1,496.5 million", "1496.5 million"),
    ] * 5000
    predictions, golds = [row[0] for row in rows], [row[1] for row in rows]
    found = qwenlong.match_batch(predictions, golds, profile="qwenlong_docqa")
    assert found.metrics["f1"][:4].round(4).tolist() == [0.3333, 0.5, 0.6667, 1.0]
    oracle, few = ORACLES["qwenlong_docqa"], rows[:2000]
    ours = {
        "em, cover, f1: match_batch": fastest(
            lambda: qwenlong.match_batch(predictions, golds, profile="qwenlong_docqa").metrics, rows=len(rows)
        ),
        "em, cover, f1: one call a row": fastest(
            lambda: [qwenlong.match(*row, profile="qwenlong_docqa") for row in few], rows=len(few)
        ),
    }
    peers = {
        "official em, cover, f1, plain Python": fastest(
            lambda: [oracle.match(prediction, [gold]) for prediction, gold in few], rows=len(few)
        ),
    }
    try:
        from torchmetrics.functional.text import squad
    except ModuleNotFoundError:
        print("\ntorchmetrics is not installed: left out")
    else:
        predicted = [{"prediction_text": prediction, "id": str(i)} for i, (prediction, _) in enumerate(few)]
        target = [{"answers": {"answer_start": [0], "text": [gold]}, "id": str(i)} for i, (_, gold) in enumerate(few)]
        peers["torchmetrics squad: em, f1"] = fastest(lambda: squad(predicted, target), rows=len(few), repeats=2)
    table("short pairs", ours, peers)


def whole() -> None:
    """F1 over all of a 23 KB response."""
    texts, gold = responses("", "Berlin")[:100], "revenue grew by 12.5%"
    scorer, oracle = qwenlong.Scorer("longbench_qa"), ORACLES["longbench_qa"]
    expected = [oracle.match(text, [gold])["f1"] for text in texts]
    assert scorer.match_batch(texts, [gold] * len(texts)).scores.tolist() == expected
    ours = {"f1: match_batch": fastest(lambda: scorer.match_batch(texts, [gold] * len(texts)).scores, rows=len(texts))}
    peers = {
        "official f1, plain Python": fastest(lambda: [oracle.match(text, [gold]) for text in texts], rows=len(texts))
    }
    table("F1 over a whole 23 KB response", ours, peers)


def main() -> None:
    """All of it."""
    tails("")
    tails("é")
    numbers()
    pairs()
    whole()


if __name__ == "__main__":
    main()
