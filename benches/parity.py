"""Rows compared and rows equal, per profile, between qwenlong and the values that official code returned.

python benches/parity.py [DATA_DIR]      # DATA_DIR holds longbench_triples, tatqa, qasper_fixture, allennlp_rc_fixtures

Which profile each field checks:

longbench_triples  longbench_f1 -> longbench_qa, narrativeqa · hotpot_em, hotpot_f1_p_r -> hotpotqa, and with one gold
                   2wikimultihopqa · qwenlong_sub_em -> qwenlong_docqa, qwenlong_docqa_eval · spell -> spell_docqa ·
                   squad_em, squad_f1 -> squad_v1 · squad2_em, squad2_f1 -> squad_v2 · musique_em, musique_f1 ->
                   musique · qasper_f1 -> qasper · helmet_sub_em -> helmet · trivia_em, trivia_f1 -> triviaqa ·
                   drop_em_f1 -> drop · normalized -> normal_prediction of squad_v1. Left out: nemogym (not ours).
tatqa              em, f1 -> tatqa. Of docmath_triples, by `score`: qwenlong_train -> qwenlong_docmath, qwenlong_eval ->
                   qwenlong_docmath_eval, spell -> spell_docmath; by `match`: docmath_eval -> docmath_eval. A gold at
                   which the official code raises asks for gold_unparsable. Left out: tatqa_em, whose scale is not in
                   the row, and normalized, of numbers (tests/test_official_oracles.py compares it with the oracle).
qasper_fixture     golds alone: a reference against its list is 1, and one answer by hand -> qasper.
allennlp_rc_fixtures
                   The official Quoref sample -> drop; golds against themselves -> drop, squad_v1; by hand, the ORB
                   sample -> squad_v1, squad_v2, drop, longbench_qa.

A row counts as `code` where the official value came out of eval on what is no literal, so that needs_eval is right.
Exits 1 unless every other row is equal, doubles bit for bit.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from itertools import groupby
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from official import ORACLES
from official.native import gold_of, native, qwenlong
from official.recorded import DATA, SETS, Row, rows
from official.verdicts import EVAL, Unscored


def verdicts(asked: list[Row]) -> Any:
    """One batch, of rows of the same profile, call and option names."""
    first = asked[0]
    judge = qwenlong.score_batch if first.call == "score" else qwenlong.match_batch
    options = {name: [row.options[name] for row in asked] for name in first.options}
    golds = [gold_of(row.profile, row.golds) for row in asked]
    return judge([native(row.answer) for row in asked], golds, profile=first.profile, **options)


def equal(row: Row, verdict: Any) -> bool:
    if row.call == "normal":
        return bool(verdict.normal_prediction == row.normal)
    if row.metrics is None:
        return verdict.score is None and verdict.reason == row.reason
    return verdict.score is not None and all(
        float(verdict.metrics[name]).hex() == float(value).hex() for name, value in row.metrics.items()
    )


def code(row: Row, verdict: Any) -> bool:
    """Whether qwenlong may leave to eval what it leaves to eval."""
    if row.call == "normal" or verdict.score is not None or verdict.reason != EVAL:
        return False
    expected = getattr(ORACLES[row.profile], row.call)(row.answer, row.golds, **row.options)
    return isinstance(expected, Unscored) and EVAL in expected.reasons


def main() -> int:
    """The table, the first differences of each line, and whether all is equal."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    all_rows = [row for name in SETS for row in rows(name, data)]
    found: dict[tuple[str, str], list[tuple[Row, Any]]] = defaultdict(list)
    by_batch = sorted(all_rows, key=batch)
    for _, group in groupby(by_batch, key=batch):
        asked = list(group)
        for row, verdict in zip(asked, verdicts(asked), strict=True):
            found[row.profile, row.source].append((row, verdict))

    print(f"{'profile':22}{'compared':>9}{'equal':>9}{'code':>6}  values of")
    unequal = 0
    for (profile, source), pairs in sorted(found.items()):
        differing = [(row, verdict) for row, verdict in pairs if not equal(row, verdict)]
        wrong = [(row, verdict) for row, verdict in differing if not code(row, verdict)]
        unequal += len(wrong)
        counts = f"{len(pairs):9,}{len(pairs) - len(differing):9,}{len(differing) - len(wrong):6}"
        print(f"{profile:22}{counts}  {source}")
        for row, verdict in wrong[:3]:
            said = f"{verdict.score} {verdict.reason} {verdict.normal_prediction!r} {dict(verdict.metrics)}"
            print(f"    {row}\n      qwenlong: {said}")
    missing = sorted(ORACLES.keys() - {profile for profile, _ in found})
    print(f"{len(all_rows):,} rows, {unequal} unequal; without official values in the data sets: {', '.join(missing)}")
    return int(unequal > 0)


def batch(row: Row) -> tuple[str, str, str]:
    return row.profile, row.call, " ".join(row.options)


if __name__ == "__main__":
    sys.exit(main())
