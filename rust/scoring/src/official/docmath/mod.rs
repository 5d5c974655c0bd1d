//! Numbers of financial reports, by DocMath-Eval and the three files that took over its code, without its `eval`.
//!
//! What the official code would run as a program has no verdict ([`Reason::NeedsEval`]); neither has an integer of more
//! than 65,536 bits ([`Reason::TooLong`]). Where the official code raises at the gold, the gold is unparsable; where
//! it raises at the prediction, or at both together, the score is 0.

mod announced;
mod brackets;
mod compare;
mod lexer;
mod literal;
mod names;
mod normalize;
mod number;
mod numeral;
mod syntax;
mod value;

use std::borrow::Cow;

use memchr::memchr2_iter;

pub(super) use self::announced::last_chars;
use self::compare::{Scales, same};
use self::normalize::normalize;
use self::number::{Number, Raised};
use self::value::Value;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::python::float;
use crate::setting::Settings;
use crate::verdict::{Reason, Verdict};

/// The profiles of this file.
pub(super) static PROFILES: &[Profile] = &[
    Profile {
        name: "qwenlong_docmath",
        summary: "the reward of QwenLong-L1 for numbers: any power of ten is forgiven, and the sign",
        source: "Tongyi-Zhiwen/QwenLong-L1 38d0806, verl/verl/utils/reward_score/docmath.py",
        tail: true,
        extract: |response, _| announced::training(response).map(Cow::Owned),
        read_gold: Some(|gold| announced::training_text(gold).map(Cow::Owned)),
        judge: |prediction, golds, _| judge(&TRAINING, prediction, golds),
        ..NUMBERS
    },
    Profile {
        name: "qwenlong_docmath_eval",
        summary: "the evaluation of QwenLong-L1 for numbers: as its reward, but rounded up at two decimals",
        source: "Tongyi-Zhiwen/QwenLong-L1 38d0806, eval/docmath.py",
        extract: |response, _| announced::evaluation(response).map(Cow::Owned),
        read_gold: Some(|gold| {
            announced::evaluation_text(&format!("Therefore, the answer is {gold}.")).map(Cow::Owned)
        }),
        judge: |prediction, golds, _| judge(&EVALUATION, prediction, golds),
        ..NUMBERS
    },
    SPELL_DOCMATH,
    Profile {
        name: "docmath_eval",
        summary: "DocMath-Eval's accuracy of a reply that is a number, with all that its eval reads as one",
        source: "yale-nlp/DocMath-Eval a175c0c, utils/evaluation_utils.py",
        extract: reply,
        judge: docmath_eval,
        ..NUMBERS
    },
];

/// What the profiles share.
const NUMBERS: Profile = Profile {
    name: "",
    summary: "",
    source: "",
    semantics: 1,
    golds: Golds::One,
    metrics: &[Metric::Accuracy],
    options: &[],
    tail: false,
    extract: reply,
    read_gold: None,
    judge: docmath_eval,
    score: None,
    match_answer: None,
};

const SPELL_DOCMATH: Profile = Profile {
    name: "spell_docmath",
    summary: "the reward of SPELL for numbers: a box or an announcement, four factors forgiven, and the sign",
    source: "Tongyi-Zhiwen/Qwen-Doc 12489b0, SPELL's reward_score/docmath.py",
    tail: true,
    extract: |response, _| announced::spell(response).map(Cow::Owned),
    judge: |prediction, golds, _| judge(&SPELL, prediction, golds),
    score: Some(spell),
    ..NUMBERS
};

/// What the variants of the code differ in.
struct Variant {
    /// The number that stands for a text at which `eval` raises.
    dummy: u32,
    /// What the module defines.
    names: &'static [&'static str],
    scales: Scales,
    /// Where numbers are rounded up before they are compared.
    decimals: u32,
    catches: Catches,
}

/// What a comparison that raises comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Catches {
    /// `OverflowError` is a difference.
    Overflow,
    /// Everything is a difference.
    All,
    /// Nothing is caught.
    Nothing,
}

static TRAINING: Variant = Variant {
    dummy: 0,
    names: names::TRAINING,
    scales: Scales::LogDifference,
    decimals: 3,
    catches: Catches::Overflow,
};
static EVALUATION: Variant = Variant {
    dummy: 0,
    names: names::EVALUATION,
    scales: Scales::LogQuotient,
    decimals: 2,
    catches: Catches::Nothing,
};
static SPELL: Variant = Variant {
    dummy: 999_999_999,
    names: names::SPELL,
    scales: Scales::Listed,
    decimals: 3,
    catches: Catches::Overflow,
};
static DOCMATH: Variant = Variant {
    dummy: 0,
    names: names::DOCMATH,
    scales: Scales::LogQuotient,
    decimals: 3,
    catches: Catches::All,
};

/// A gold that SPELL cannot read is a 0 there, not an error.
fn spell(response: &str, golds: &[Answer<'_>], _: &Settings) -> Verdict {
    let extracted = match announced::spell(response) {
        Ok(extracted) => extracted,
        Err(reason) => return SPELL_DOCMATH.nothing(reason),
    };
    let gold = golds.first().and_then(|gold| announced::spell_text(gold.text()));
    let judged = match gold.filter(|gold| !gold.is_empty()) {
        Some(gold) => judge(&SPELL, &Answer::Text(&extracted), &[Answer::Text(&gold)]),
        None => Err(Reason::Different),
    };
    SPELL_DOCMATH.verdict(Some(extracted), judged)
}

/// A reply of `None`, in whatever case, is no answer.
fn reply<'a>(response: &'a str, _: &Settings) -> Result<Cow<'a, str>, Reason> {
    let bytes = response.as_bytes();
    let is_none = |at: usize| bytes.get(at..at + 4).is_some_and(|part| part.eq_ignore_ascii_case(b"none"));
    if memchr2_iter(b'n', b'N', bytes).any(is_none) {
        Err(Reason::NoAnswer)
    } else {
        Ok(Cow::Borrowed(response))
    }
}

fn judge(variant: &Variant, prediction: &Answer<'_>, golds: &[Answer<'_>]) -> Result<Findings, Reason> {
    let gold = normalize(golds[0].text(), variant.dummy, variant.names)?;
    compare(variant, prediction, &gold)
}

fn docmath_eval(prediction: &Answer<'_>, golds: &[Answer<'_>], _: &Settings) -> Result<Findings, Reason> {
    reply(prediction.text(), &Settings::default())?;
    let gold = float(golds[0].text()).ok_or(Reason::GoldUnparsable)?;
    compare(&DOCMATH, prediction, &Value::Number(Number::Float(gold)))
}

fn compare(variant: &Variant, prediction: &Answer<'_>, gold: &Value) -> Result<Findings, Reason> {
    let number = gold.number().ok_or(Reason::GoldUnparsable)?;
    let prediction = normalize(prediction.text(), variant.dummy, variant.names)?;
    let right = match (prediction.number(), gold) {
        (None, _) => false,
        (Some(found), Value::Bool(_)) => found.order(&number) == Some(std::cmp::Ordering::Equal),
        (Some(found), _) => match same(&found, &number, variant.scales, variant.decimals) {
            Ok(same) => same,
            Err(raised) if variant.is_lost(&number, raised) => return Err(Reason::GoldUnparsable),
            Err(_) => false,
        },
    };
    Ok(Findings {
        metrics: vec![(Metric::Accuracy, f64::from(u8::from(right)))],
        normal_prediction: Some(prediction.to_string()),
        normal_gold: Some(gold.to_string()),
        matched_gold: right.then_some(0),
        reason: None,
    })
}

impl Variant {
    /// Whether the official code raises for this gold, whatever number it meets.
    fn is_lost(&self, gold: &Number, raised: Raised) -> bool {
        let Number::Float(gold) = gold else { return false };
        match self.catches {
            Catches::All => false,
            Catches::Overflow => gold.is_nan() && raised == Raised::Value,
            Catches::Nothing => !gold.is_finite(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(name: &str, response: &str, gold: &str) -> (Option<f64>, &'static str) {
        let profile = PROFILES.iter().find(|profile| profile.name == name).unwrap();
        let verdict = profile.score(response, &[gold.into()], &Settings::default()).unwrap();
        (verdict.score, verdict.reason.code())
    }

    fn judged(name: &str, prediction: &str, gold: &str) -> (Option<f64>, &'static str) {
        let profile = PROFILES.iter().find(|profile| profile.name == name).unwrap();
        let verdict = profile.match_answer(&prediction.into(), &[gold.into()], &Settings::default()).unwrap();
        (verdict.score, verdict.reason.code())
    }

    const RIGHT: (Option<f64>, &str) = (Some(1.0), "matched");
    const WRONG: (Option<f64>, &str) = (Some(0.0), "different");
    const LOST: (Option<f64>, &str) = (None, "gold_unparsable");
    const RUNS: (Option<f64>, &str) = (None, "needs_eval");

    #[test]
    fn the_variants_differ_as_their_files_do() {
        let five = "</think>Therefore, the answer is 5.";
        assert_eq!(verdict("qwenlong_docmath", five, "Therefore, the answer is 50."), WRONG);
        assert_eq!(verdict("qwenlong_docmath_eval", five, "50"), RIGHT);
        assert_eq!(verdict("spell_docmath", five, "Therefore, the answer is 50."), WRONG);
        assert_eq!(judged("docmath_eval", "5", "50"), RIGHT);
        assert_eq!(judged("qwenlong_docmath_eval", "0.002", "0.009"), RIGHT);
        assert_eq!(judged("docmath_eval", "0.002", "0.009"), WRONG);
        assert_eq!(judged("qwenlong_docmath", "five", "0"), RIGHT);
        assert_eq!(judged("spell_docmath", "five", "six"), RIGHT);
    }

    #[test]
    fn a_gold_is_read_as_each_file_reads_it() {
        let five = "</think>the answer is 5";
        assert_eq!(verdict("qwenlong_docmath", five, "5"), LOST);
        assert_eq!(verdict("qwenlong_docmath", "</think>the answer is ..", "5"), (Some(0.0), "empty"));
        assert_eq!(verdict("qwenlong_docmath", "the answer is 5", "5"), (Some(0.0), "unfinished_reasoning"));
        assert_eq!(verdict("qwenlong_docmath_eval", five, "five"), LOST);
        assert_eq!(verdict("spell_docmath", five, "five"), WRONG);
        assert_eq!(verdict("docmath_eval", "5", "$5"), LOST);
        assert_eq!(verdict("docmath_eval", "5", "nan"), WRONG);
        assert_eq!(verdict("docmath_eval", "None", "0"), (Some(0.0), "no_answer"));
        assert_eq!(judged("qwenlong_docmath", "5", "(a)"), LOST);
        assert_eq!(judged("qwenlong_docmath", "5", "1, 2"), LOST);
        assert_eq!(judged("qwenlong_docmath", "()", "5"), WRONG);
        assert_eq!(judged("qwenlong_docmath", "1", "yes"), RIGHT);
    }

    #[test]
    fn code_is_not_run() {
        let response = r"</think>\boxed{__import__('os').getpid()}";
        assert_eq!(verdict("spell_docmath", response, "the answer is 5"), RUNS);
        assert_eq!(judged("docmath_eval", "1/2", "0.5"), RUNS);
        assert_eq!(judged("qwenlong_docmath", "5", "10/2"), RUNS);
    }

    #[test]
    fn what_escapes_a_comparison_is_a_difference_or_a_lost_gold() {
        let long = "9".repeat(400);
        let infinite = format!("{long}.5");
        assert_eq!(judged("qwenlong_docmath", &long, "1"), RIGHT);
        assert_eq!(judged("qwenlong_docmath_eval", &long, "1"), WRONG);
        assert_eq!(judged("docmath_eval", &long, "1"), WRONG);
        assert_eq!(judged("qwenlong_docmath", &infinite, &infinite), WRONG);
        assert_eq!(judged("qwenlong_docmath", "5", &infinite), WRONG);
        assert_eq!(judged("qwenlong_docmath_eval", "5", &infinite), LOST);
        assert_eq!(judged("qwenlong_docmath_eval", "1, 2", &infinite), WRONG);
        assert_eq!(judged("spell_docmath", "5", "1e999 x 0"), LOST);
    }
}
