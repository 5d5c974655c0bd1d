//! ANLS: edit similarity, for answers read off scanned pages.

use rapidfuzz::distance::levenshtein;

use super::best::Best;
use super::reading::READING;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::python::{lower, split};
use crate::setting::{Choice, Settings, Takes};
use crate::verdict::Reason;

/// The profile of ANLS: one minus the edit distance over the longer length, 0 below the threshold, the best over the
/// golds. Above [`MAX_CHAR_PAIRS`] the verdict is missing (`too_long`), unless the lengths alone are below the threshold.
pub(super) static PROFILES: &[Profile] = &[Profile {
    name: "anls",
    summary: "edit similarity of lowered texts, 0 below a threshold",
    source: "rapidfuzz 0.5.0, distance::levenshtein::normalized_similarity, equal to Python's rapidfuzz",
    golds: Golds::Aliases,
    metrics: &[Metric::Accuracy],
    options: &[Choice {
        name: "threshold",
        takes: Takes::Number { default: 0.5, least: 0.0, most: 1.0, or_off: false },
        summary: "the least similarity that counts",
    }],
    judge,
    ..READING
}];

/// Longer texts are not compared, in characters of one times characters of the other: edit distance is quadratic.
const MAX_CHAR_PAIRS: usize = 1 << 30;

fn judge(prediction: &Answer<'_>, golds: &[Answer<'_>], settings: &Settings) -> Result<Findings, Reason> {
    let threshold = settings.number("threshold");
    let prediction = normal(prediction.text());
    let values = golds
        .iter()
        .map(|gold| similarity(&prediction, &normal(gold.text()), threshold))
        .collect::<Option<Vec<_>>>()
        .ok_or(Reason::TooLong)?;
    let mut values = values.into_iter();
    let best = Best::of(golds, |_| [values.next().unwrap_or_default()]);
    Ok(Findings {
        metrics: vec![(Metric::Accuracy, best.values[0])],
        matched_gold: best.matched(),
        normal_prediction: Some(prediction),
        normal_gold: Some(normal(golds[best.gold].text())),
        reason: None,
    })
}

/// Lowered, whitespace collapsed and stripped.
fn normal(text: &str) -> String {
    let lowered = lower(text);
    let mut out = String::with_capacity(lowered.len());
    for word in split(&lowered) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The similarity, 0 below the threshold; `None` above the cap.
fn similarity(prediction: &str, gold: &str, threshold: f64) -> Option<f64> {
    let (shorter, longer) = {
        let lengths = (prediction.chars().count(), gold.chars().count());
        (lengths.0.min(lengths.1), lengths.0.max(lengths.1))
    };
    let cut = |similarity: f64| if similarity < threshold { 0.0 } else { similarity };
    // The distance is at least the difference of the lengths.
    if cut(at_distance(longer - shorter, longer)) == 0.0 {
        return Some(0.0);
    }
    if shorter.saturating_mul(longer) > MAX_CHAR_PAIRS {
        return None;
    }
    Some(cut(levenshtein::normalized_similarity(prediction.chars(), gold.chars())))
}

#[allow(clippy::cast_precision_loss, reason = "no text has 2^52 characters")]
fn at_distance(distance: usize, longer: usize) -> f64 {
    if longer == 0 { 1.0 } else { 1.0 - distance as f64 / longer as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::profile;
    use crate::setting::Setting;

    fn anls(prediction: &str, golds: &[&str], threshold: Option<f64>) -> Option<f64> {
        let anls = profile("anls").unwrap();
        let threshold = threshold.map(|threshold| ("threshold", Setting::Number(threshold)));
        let golds: Vec<Answer<'_>> = golds.iter().map(|&gold| gold.into()).collect();
        anls.score(prediction, &golds, &Settings::read(anls, threshold).unwrap()).unwrap().score
    }

    #[test]
    fn similarity_is_one_minus_the_distance_over_the_longer_length() {
        assert_eq!(anls("  Kitten\t", &["sitting"], None), Some(1.0 - 3.0 / 7.0));
        assert_eq!(anls("kitten", &["sitting", "KITTEN", "kitten"], None), Some(1.0));
        assert_eq!(anls("abcd", &["abxy"], None), Some(0.5));
        assert_eq!(anls("abc", &["axy"], None), Some(0.0));
        assert_eq!(anls("abc", &["axy"], Some(0.3)), Some(1.0 - 2.0 / 3.0));
        assert_eq!(anls("\u{1c}", &[""], None), Some(1.0));
        assert_eq!(anls("", &["a"], Some(0.0)), Some(0.0));
    }

    #[test]
    fn only_texts_that_are_long_on_both_sides_are_too_long() {
        let (long, other) = ("ab".repeat(20_000), "ac".repeat(20_000));
        assert_eq!(anls(&long, &[&other], None), None);
        assert_eq!(anls(&long, &["ab"], None), Some(0.0));
        assert_eq!(anls(&long.repeat(100), &[&other], None), Some(0.0));
    }
}
