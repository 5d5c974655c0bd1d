"""Every official profile as a slow and obvious function, read from SCORING.md: the second reading of the semantics."""

from __future__ import annotations

from typing import Any

from official import exact, qa, responses, tables
from official.numbers import docmath_eval
from official.verdicts import Oracle, judge

__all__ = ["ORACLES", "Oracle"]

F1_EM = ("f1", "em")


def _oracle(match: Any, score: Any = None, *, metrics: tuple[str, ...] = responses.ACCURACY, golds: str) -> Oracle:
    """Without a `score` of its own, the whole response is the answer."""
    return Oracle(match=match, score=score or match, metrics=metrics, golds=golds)


def _one(rule: Any, score: Any, metrics: tuple[str, ...] = responses.ACCURACY) -> Oracle:
    return _oracle(lambda prediction, golds: rule(prediction, *golds), score, metrics=metrics, golds="one")


ORACLES: dict[str, Oracle] = {
    "qwenlong_docqa": _one(responses.docqa, responses.docqa_score, responses.DOCQA),
    "qwenlong_docqa_eval": _one(responses.docqa, responses.docqa_eval_score, responses.DOCQA),
    "qwenlong_docmath": _one(responses.qwenlong_number, responses.docmath_score),
    "qwenlong_docmath_eval": _one(responses.qwenlong_eval_number, responses.docmath_eval_score),
    "qwenlong_mc": _one(responses.same_letter, responses.mc_score),
    "spell_docqa": _one(responses.spell_docqa, responses.spell_docqa_score, responses.SPELL_DOCQA),
    "spell_docmath": _one(responses.spell_docmath, responses.spell_docmath_score),
    "spell_mc": _one(responses.same_letter, responses.spell_mc_score),
    "longbench_v2_mc": _one(responses.same_letter, responses.longbench_v2_score),
    "frames_rule": _oracle(qa.frames, qa.frames_score, golds="one"),
    "squad_v1": _oracle(judge(qa.squad), metrics=F1_EM, golds="aliases"),
    "squad_v2": _oracle(qa.squad_v2, metrics=F1_EM, golds="aliases"),
    "musique": _oracle(judge(qa.empties_agree), metrics=F1_EM, golds="aliases"),
    "triviaqa": _oracle(judge(qa.trivia), metrics=F1_EM, golds="aliases"),
    "hotpotqa": _oracle(judge(qa.hotpotqa), metrics=("f1", "em", "precision", "recall"), golds="one"),
    "2wikimultihopqa": _oracle(judge(qa.hotpotqa), metrics=("f1", "em", "precision", "recall"), golds="aliases"),
    "qasper": _oracle(judge(qa.squad_f1), metrics=("f1",), golds="aliases"),
    "longbench_qa": _oracle(qa.longbench_qa, metrics=("f1",), golds="aliases"),
    "narrativeqa": _oracle(qa.narrativeqa, metrics=("f1", "rouge_l"), golds="aliases"),
    "helmet": _oracle(judge(qa.helmet), qa.helmet_score, metrics=("sub_em", "em", "f1"), golds="aliases"),
    "search_r1": _oracle(qa.search_r1, qa.search_r1_score, golds="aliases"),
    "gsm8k": _oracle(exact.gsm8k, exact.gsm8k_score, golds="one"),
    "docmath_eval": _oracle(docmath_eval, golds="one"),
    "drop": _oracle(tables.drop, metrics=F1_EM, golds="spans"),
    "tatqa": _oracle(tables.tatqa, metrics=F1_EM, golds="spans"),
    "ruler": _oracle(exact.ruler, exact.ruler_score, golds="aliases"),
    "mrcr": _oracle(exact.mrcr, golds="one"),
    "anls": _oracle(exact.anls, golds="aliases"),
}
