//! Questions on documents: what `the answer is` announces, compared in normal form.

use std::borrow::Cow;

use super::reading::{gated, judge, unit};
use super::squad;
use super::tail::{after_reasoning, announced, part, spell, strip_stops};
use crate::metric::Metric;
use crate::profile::{Golds, Profile};
use crate::python::replace;
use crate::verdict::Reason;

const SUB_EM: &[Metric] = &[Metric::SubEm, Metric::Em, Metric::F1, Metric::Precision, Metric::Recall];
const SPELL: &[Metric] = &[
    Metric::SubEmLoose,
    Metric::SubEmStrict,
    Metric::HalfEm,
    Metric::Em,
    Metric::F1,
    Metric::Precision,
    Metric::Recall,
];

/// Tokens that may stand behind an answer.
const TOKENS: [&str; 2] = ["<｜Assistant｜>", "<｜end▁of▁sentence｜>"];
const ANNOUNCEMENT: &str = "the answer is";

/// What these profiles have in common, which is the training reward of QwenLong-L1.
const QWENLONG: Profile = Profile {
    name: "qwenlong_docqa",
    summary: "the training reward of QwenLong-L1: either normal form contains the other; the gold is a sentence",
    source: "Tongyi-Zhiwen/QwenLong-L1 38d0806, verl/verl/utils/reward_score/docqa.py",
    semantics: 1,
    golds: Golds::One,
    metrics: SUB_EM,
    options: &[],
    tail: true,
    extract: |response, _| {
        let after = after_reasoning(response).ok_or(Reason::UnfinishedReasoning)?;
        qwenlong(after).ok_or(Reason::NoAnswer).and_then(filled)
    },
    read_gold: Some(qwenlong),
    judge: |prediction, golds, _| Ok(judge(prediction, golds, SUB_EM, squad::normal, sub_em)),
    score: None,
    match_answer: None,
};

/// The profiles of this file.
pub(super) static PROFILES: &[Profile] = &[
    QWENLONG,
    Profile {
        name: "qwenlong_docqa_eval",
        summary: "the evaluation of QwenLong-L1: as its training reward, but reasoning need not end; a bare gold",
        source: "Tongyi-Zhiwen/QwenLong-L1 38d0806, eval/hotpotqa.py and its copies",
        // Where nothing follows the reasoning, the reasoning is read.
        tail: false,
        extract: |response, _| {
            let after = after_reasoning(response).filter(|after| !after.is_empty());
            qwenlong(after.unwrap_or(response)).ok_or(Reason::NoAnswer).and_then(filled)
        },
        read_gold: None,
        ..QWENLONG
    },
    Profile {
        name: "spell_docqa",
        summary: "the reward of SPELL: one normal form contains the other and neither is empty; the gold is a sentence",
        source: "Tongyi-Zhiwen/Qwen-Doc 12489b0, SPELL docqa.py",
        metrics: SPELL,
        extract: |response, _| spell(response, &["answer is"], 1000).and_then(spelled).and_then(filled),
        // A gold sentence that announces nothing is worth 0 to the official code, like an empty one.
        read_gold: Some(|gold| Some(spelled(gold).unwrap_or_default())),
        judge: |prediction, golds, _| Ok(judge(prediction, golds, SPELL, squad::normal, neither_empty)),
        ..QWENLONG
    },
    Profile {
        name: "frames_rule",
        summary: "the rule of EvalScope for FRAMES: normal forms are equal and not empty",
        source: "modelscope/evalscope fde259d, benchmarks/frames",
        metrics: &[Metric::Accuracy],
        tail: false,
        extract: |response, _| {
            let answer = announced(response, &["*"], ANNOUNCEMENT).ok_or(Reason::NoAnswer)?;
            filled(part(answer, strip_stops))
        },
        read_gold: None,
        judge: |prediction, golds, _| {
            Ok(judge(prediction, golds, &[Metric::Accuracy], squad::normal, |prediction, gold| {
                [unit(prediction == gold && !gold.is_empty())]
            }))
        },
        ..QWENLONG
    },
];

fn filled(answer: Cow<'_, str>) -> Result<Cow<'_, str>, Reason> {
    if answer.is_empty() { Err(Reason::Empty) } else { Ok(answer) }
}

/// The answer of a sentence; an empty one is one.
fn qwenlong(text: &str) -> Option<Cow<'_, str>> {
    let after = announced(text, &["*"], ANNOUNCEMENT)?;
    let whole = match after {
        Cow::Borrowed(after) => replace(after, &TOKENS),
        Cow::Owned(after) => Cow::Owned(replace(&after, &TOKENS).into_owned()),
    };
    Some(part(whole, strip_stops))
}

/// The answer of a sentence, as SPELL reads it: the first line.
fn spelled(text: &str) -> Result<Cow<'_, str>, Reason> {
    let text = replace(text, &["*", TOKENS[0], TOKENS[1]]);
    let announcements = [ANNOUNCEMENT, "correct answer is", "answer is"];
    let at = announcements
        .iter()
        .find_map(|announcement| text.rfind(announcement).map(|at| at + announcement.len()))
        .ok_or(Reason::NoAnswer)?;
    if strip_stops(&text[at..]).contains("insert answer here") {
        return Err(Reason::TemplateEcho);
    }
    Ok(part(text, |text| strip_stops(strip_stops(&text[at..]).split('\n').next().unwrap_or_default())))
}

fn sub_em(prediction: &str, gold: &str) -> [f64; 5] {
    let overlap = gated(prediction, gold);
    let either = squad::contains(prediction, gold) || squad::contains(gold, prediction);
    [unit(either), unit(prediction == gold), overlap.f1, overlap.precision, overlap.recall]
}

fn neither_empty(prediction: &str, gold: &str) -> [f64; 7] {
    if prediction.is_empty() || gold.is_empty() {
        return [0.0; 7];
    }
    let [loose, em, f1, precision, recall] = sub_em(prediction, gold);
    [loose, unit(squad::contains(prediction, gold)), loose.midpoint(em), em, f1, precision, recall]
}

#[cfg(test)]
mod tests {
    use crate::profile::profile;
    use crate::{Metric, Reason, Settings, Verdict};

    fn score(name: &str, response: &str, gold: &str) -> Verdict {
        profile(name).unwrap().score(response, &[gold.into()], &Settings::default()).unwrap()
    }

    fn values(verdict: &Verdict) -> Vec<f64> {
        verdict.metrics.iter().map(|&(_, value)| value).collect()
    }

    #[test]
    fn the_last_announcement_counts() {
        let answer = |name: &str, text: &str| profile(name).unwrap().extract(text, &Settings::default());
        let text = "</think>the answer is x, th*e answer is . *Paris<｜Assis*tant｜>..\nsee the Answer is y ";
        assert_eq!(answer("qwenlong_docqa", text).as_deref(), Some("Paris..\nsee the Answer is y"));
        assert_eq!(answer("qwenlong_docqa_eval", text).as_deref(), Some("Paris..\nsee the Answer is y"));
        // The token is gone for SPELL as well, which then reads one line.
        assert_eq!(answer("spell_docqa", text).as_deref(), Some("Paris"));
        let answer_of_frames = "Paris<｜Assistant｜>..\nsee the Answer is y";
        assert_eq!(answer("frames_rule", text).as_deref(), Some(answer_of_frames));
        assert_eq!(answer("spell_docqa", "the answer* is x").as_deref(), Some("x"));
        assert_eq!(
            answer("spell_docqa", "the correct answer is x, my answer is y").as_deref(),
            Some("x, my answer is y")
        );
    }

    #[test]
    fn no_answer_has_a_reason() {
        let reason = |name: &str, response: &str| {
            let verdict = score(name, response, "the answer is x");
            assert!(verdict.metrics.iter().all(|&(_, value)| value == 0.0), "{response}");
            (verdict.score, verdict.reason)
        };
        let zero = |reason| (Some(0.0), reason);
        assert_eq!(reason("qwenlong_docqa", "the answer is x"), zero(Reason::UnfinishedReasoning));
        assert_eq!(reason("qwenlong_docqa", "</think>The answer is X"), zero(Reason::NoAnswer));
        assert_eq!(reason("qwenlong_docqa", "</think>the answer is ..."), zero(Reason::Empty));
        assert_eq!(reason("spell_docqa", "<think>the answer is x"), zero(Reason::UnfinishedReasoning));
        assert_eq!(reason("spell_docqa", "the answer is (insert answer here)"), zero(Reason::TemplateEcho));
        assert_eq!(reason("spell_docqa", "the answer is the"), zero(Reason::Empty));
    }

    #[test]
    fn cover_goes_both_ways_and_only_spell_refuses_nothing() {
        let gold = "Therefore, the answer is Barack Obama.";
        // obama: p = 1/1, r = 1/2.
        let f1 = (2.0 * 0.5) / 1.5;
        let response = "</think>the answer is Obama";
        assert_eq!(values(&score("qwenlong_docqa", response, gold)), [1.0, 0.0, f1, 1.0, 0.5]);
        assert_eq!(values(&score("spell_docqa", response, gold)), [1.0, 0.0, 0.5, 0.0, f1, 1.0, 0.5]);
        let response = "</think>the answer is the";
        assert_eq!(values(&score("qwenlong_docqa", response, gold)), [1.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(values(&score("spell_docqa", response, gold)), [0.0; 7]);
        assert_eq!(score("frames_rule", response, "a").score, Some(0.0));
        assert_eq!(score("frames_rule", response, "x").reason, Reason::Empty);
    }

    #[test]
    fn a_gold_sentence_without_the_phrase_raises_or_is_worth_nothing() {
        let response = "</think>the answer is x";
        let verdict = score("qwenlong_docqa", response, "x");
        assert_eq!((verdict.score, verdict.reason), (None, Reason::GoldUnparsable));
        assert_eq!(score("qwenlong_docqa", response, "the answer is .").score, Some(1.0));
        assert_eq!(values(&score("spell_docqa", response, "x")), [0.0; 7]);
        assert_eq!(score("qwenlong_docqa_eval", response, "x").metric(Metric::Em), Some(1.0));
    }

    #[test]
    fn the_evaluation_falls_back_to_the_reasoning() {
        assert_eq!(score("qwenlong_docqa_eval", "maybe the answer is x</think> ", "xthink").score, Some(1.0));
        assert_eq!(score("qwenlong_docqa_eval", "maybe the answer is x</think>y", "x").score, Some(0.0));
        assert_eq!(score("qwenlong_docqa_eval", "the answer is x", "x").score, Some(1.0));
    }
}
