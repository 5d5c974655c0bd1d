//! RULER: which references the response contains.

use std::borrow::Cow;

use super::squad;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::python::{lower, strip};
use crate::setting::{Choice, Settings, Takes};

/// The profile of this file.
pub(super) static PROFILES: &[Profile] = &[Profile {
    name: "ruler",
    summary: "the share of the references that the response contains in any case; for qa, whether it contains one",
    source: "NVIDIA/RULER c3f5e3b, scripts/eval/evaluate.py and synthetic/constants.py",
    semantics: 1,
    golds: Golds::Aliases,
    metrics: &[Metric::Accuracy],
    options: &[Choice {
        name: "task",
        takes: Takes::OneOf(&[
            "niah",
            "variable_tracking",
            "common_words_extraction",
            "freq_words_extraction",
            "qa",
        ]),
        summary: "the kind of task; qa needs one of the references, every other all",
    }],
    tail: false,
    extract: |response, _| Ok(printable(response)),
    read_gold: None,
    judge: |prediction, golds, settings| Ok(cover(prediction, golds, settings)),
    score: None,
    match_answer: None,
}];

/// Stripped, control characters to line breaks, stripped again. O(n).
fn printable(response: &str) -> Cow<'_, str> {
    let text = strip(response);
    if !text.bytes().any(|byte| byte < b' ') {
        return Cow::Borrowed(text);
    }
    let text: String = text.chars().map(|char| if char < ' ' { '\n' } else { char }).collect();
    Cow::Owned(strip(&text).to_owned())
}

/// O(n) in the prediction for each of the references.
#[allow(clippy::cast_precision_loss, reason = "no list has 2^52 references")]
fn cover(prediction: &Answer<'_>, golds: &[Answer<'_>], settings: &Settings) -> Findings {
    let prediction = lower(prediction.text());
    let references: Vec<_> = golds.iter().map(|gold| lower(gold.text())).collect();
    let is_there = |reference: &Cow<'_, str>| squad::contains(&prediction, reference);
    let first = references.iter().position(is_there);
    let found =
        first.map_or(0, |first| 1 + references[first + 1..].iter().filter(|next| is_there(next)).count());
    let (found, wanted) =
        if settings.text("task") == "qa" { (found.min(1), 1) } else { (found, references.len()) };
    Findings {
        metrics: vec![(Metric::Accuracy, found as f64 / wanted as f64)],
        matched_gold: first,
        normal_gold: references.get(first.unwrap_or_default()).map(|gold| gold.clone().into_owned()),
        normal_prediction: Some(prediction.into_owned()),
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::profile;
    use crate::setting::Setting;

    #[test]
    fn one_reference_is_enough_for_qa_alone() {
        let ruler = profile("ruler").unwrap();
        let score = |task: &str, response: &str| {
            let settings = Settings::read(ruler, [("task", Setting::Text(task.to_owned()))]).unwrap();
            let verdict =
                ruler.score(response, &["X1".into(), "Y2".into(), "é\nZ".into()], &settings).unwrap();
            (verdict.score.unwrap(), verdict.matched_gold)
        };
        assert_eq!(score("niah", "\u{1f} y2, É\u{0}z"), (2.0 / 3.0, Some(1)));
        assert_eq!(score("qa", "\u{1f} y2, É\u{0}z"), (1.0, Some(1)));
        assert_eq!([score("niah", "-"), score("qa", "-")], [(0.0, None); 2]);
    }

    #[test]
    fn control_characters_break_lines() {
        let rows = [("\u{1}a\tb\u{0} ", "a\nb"), ("\u{2}", ""), ("a\u{7f}", "a\u{7f}")];
        for (response, text) in rows {
            assert_eq!(printable(response), text);
        }
    }
}
