//! Reading comprehension: normal forms compared, tokens counted.

use std::borrow::Cow;

use super::squad::{self, Overlap};
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::setting::Settings;
use crate::verdict::Reason;

/// The profiles of this file.
pub(super) static PROFILES: &[Profile] = &[Profile {
    name: "hotpotqa",
    summary: "EM and F1 of HotpotQA, with its gate for yes and no",
    source: "hotpotqa/hotpot 3635853, hotpot_evaluate_v1.py",
    semantics: 1,
    golds: Golds::One,
    metrics: &[Metric::F1, Metric::Em, Metric::Precision, Metric::Recall],
    options: &[],
    tail: false,
    extract: whole,
    read_gold: None,
    judge: hotpotqa,
    score: None,
    match_answer: None,
}];

/// The whole response is the answer.
pub(super) fn whole<'a>(response: &'a str, _: &Settings) -> Result<Cow<'a, str>, Reason> {
    Ok(Cow::Borrowed(response))
}

fn hotpotqa(prediction: &Answer<'_>, golds: &[Answer<'_>], _: &Settings) -> Result<Findings, Reason> {
    let prediction = squad::normal(prediction.text());
    let gold = squad::normal(golds[0].text());
    let overlap =
        if gated(&prediction, &gold) { Overlap::default() } else { squad::overlap(&prediction, &gold) };
    Ok(Findings {
        metrics: vec![
            (Metric::F1, overlap.f1),
            (Metric::Em, f64::from(u8::from(prediction == gold))),
            (Metric::Precision, overlap.precision),
            (Metric::Recall, overlap.recall),
        ],
        matched_gold: (overlap.f1 > 0.0).then_some(0),
        normal_prediction: Some(prediction),
        normal_gold: Some(gold),
        reason: None,
    })
}

/// Where one side is a yes, a no or no answer and the other side differs, tokens count for nothing.
fn gated(prediction: &str, gold: &str) -> bool {
    let closed = |text| matches!(text, "yes" | "no" | "noanswer");
    prediction != gold && (closed(prediction) || closed(gold))
}
