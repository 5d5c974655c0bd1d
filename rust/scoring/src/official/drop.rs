//! DROP: exact match and aligned bag F1 of answers that may have several spans.

use std::convert::Infallible;

use super::alignment::align;
use super::bags::{self, Bag};
use super::best::Best;
use super::reading::READING;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::python::{float, np_round, repr, strip};
use crate::setting::Settings;
use crate::verdict::Reason;

/// The profile of DROP: F1 and EM, each the best over the golds; a gold whose first span is blank counts for nothing.
///
/// A gold without any span cannot be read (the official code raises). Where both sides have several spans, the verdict
/// is missing (`too_long`) above [`MAX_SPAN_PAIRS`] or [`MAX_WORDS_COMPARED`].
pub(super) static PROFILES: &[Profile] = &[Profile {
    name: "drop",
    summary: "EM and F1 of DROP: spans aligned one to one, numbers must agree",
    source: "allenai/allennlp-reading-comprehension 14fc0a4, allennlp_rc/eval/drop_eval.py",
    golds: Golds::Spans,
    metrics: &[Metric::F1, Metric::Em],
    judge,
    ..READING
}];

/// More pairs of a gold span and a predicted span are not aligned: aligning is cubic.
const MAX_SPAN_PAIRS: usize = 1 << 16;
/// Nor are pairs with more words than this to look up in all, the smaller bag of each pair counting.
const MAX_WORDS_COMPARED: usize = 1 << 22;

fn judge(prediction: &Answer<'_>, golds: &[Answer<'_>], _: &Settings) -> Result<Findings, Reason> {
    let prediction = normals(prediction);
    let values = golds.iter().map(|gold| metrics(&prediction, gold)).collect::<Result<Vec<_>, _>>()?;
    let mut values = values.into_iter();
    let best = Best::of(golds, |_| values.next().unwrap_or_default());
    let [f1, em] = best.values;
    Ok(Findings {
        metrics: vec![(Metric::F1, f1), (Metric::Em, em)],
        matched_gold: best.matched(),
        normal_prediction: Some(prediction.join(", ")),
        normal_gold: Some(normals(&golds[best.gold]).join(", ")),
        reason: None,
    })
}

fn normals(answer: &Answer<'_>) -> Vec<String> {
    answer.spans().iter().map(|span| normal(span)).collect()
}

/// The normal form of a span: hyphens part words, and a number is written as the float it is.
fn normal(span: &str) -> String {
    let number = |token: &str| Ok::<_, Infallible>(float(token).map(repr));
    let Ok(normal) = bags::normal(span, &[' ', '-'], number);
    normal
}

/// F1 and EM against one gold.
fn metrics(prediction: &[String], gold: &Answer<'_>) -> Result<[f64; 2], Reason> {
    let first = gold.spans().first().ok_or(Reason::GoldUnparsable)?;
    if strip(first).is_empty() {
        return Ok([0.0; 2]);
    }
    let gold = normals(gold);
    let (prediction_bags, gold_bags) = (bags(prediction), bags(&gold));
    if is_too_long(&prediction_bags, &gold_bags) {
        return Err(Reason::TooLong);
    }
    let numbers: Vec<Vec<&str>> = gold_bags.iter().map(numbers).collect();
    let scores: Vec<f64> = gold_bags
        .iter()
        .zip(&numbers)
        .flat_map(|(gold, numbers)| {
            prediction_bags
                .iter()
                .map(move |prediction| if agree(numbers, prediction) { prediction.f1(gold) } else { 0.0 })
        })
        .collect();
    let columns = prediction.len();
    let mut aligned = align(gold.len(), columns, |row, column| scores[row * columns + column]);
    aligned.resize(gold.len().max(columns), 0.0);
    Ok([np_round(mean(&aligned), 2), f64::from(u8::from(same_sets(prediction, &gold)))])
}

fn bags(normals: &[String]) -> Vec<Bag<'_>> {
    normals.iter().map(String::as_str).map(Bag::of).collect()
}

/// Words of a bag that can be read as numbers.
fn numbers<'a>(bag: &Bag<'a>) -> Vec<&'a str> {
    bag.words().iter().copied().filter(|word| float(word).is_some()).collect()
}

/// Whether a gold with numbers meets one of them in the prediction.
fn agree(numbers: &[&str], prediction: &Bag<'_>) -> bool {
    let words = prediction.words();
    if numbers.len() <= words.len() {
        numbers.is_empty() || numbers.iter().any(|number| prediction.has(number))
    } else {
        words.iter().any(|word| numbers.binary_search(word).is_ok())
    }
}

fn is_too_long(prediction: &[Bag<'_>], gold: &[Bag<'_>]) -> bool {
    if prediction.len() <= 1 || gold.len() <= 1 {
        return false;
    }
    if prediction.len().saturating_mul(gold.len()) > MAX_SPAN_PAIRS {
        return true;
    }
    let pairs = gold.iter().flat_map(|gold| {
        prediction.iter().map(move |prediction| prediction.words().len().min(gold.words().len()))
    });
    pairs.sum::<usize>() > MAX_WORDS_COMPARED
}

/// As sets the normal forms are equal, and there are as many.
fn same_sets(prediction: &[String], gold: &[String]) -> bool {
    let set = |normals: &[String]| {
        let mut set = normals.to_vec();
        set.sort_unstable();
        set.dedup();
        set
    };
    prediction.len() == gold.len() && set(prediction) == set(gold)
}

/// `numpy.mean` of at least one value.
#[allow(clippy::cast_precision_loss, reason = "no answer has 2^52 spans")]
fn mean(values: &[f64]) -> f64 {
    sum(values) / values.len() as f64
}

/// `numpy` adds eight by eight, and halves what is long: other orders differ in the last bit.
fn sum(values: &[f64]) -> f64 {
    match values.len() {
        0..8 => values.iter().sum(),
        8..=128 => {
            let (eights, rest) = values.as_chunks::<8>();
            let mut lanes = [0.0; 8];
            for eight in eights {
                for (lane, value) in lanes.iter_mut().zip(eight) {
                    *lane += value;
                }
            }
            let pair = |at: usize| lanes[at] + lanes[at + 1];
            rest.iter().fold((pair(0) + pair(2)) + (pair(4) + pair(6)), |sum, value| sum + value)
        }
        length => {
            let half = length / 2;
            let (left, right) = values.split_at(half - half % 8);
            sum(left) + sum(right)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::profile;

    fn f1_and_em(prediction: &[&str], golds: &[&[&str]]) -> (f64, f64) {
        let golds: Vec<_> = golds.iter().map(|gold| Answer::Spans(gold.to_vec())).collect();
        let drop = profile("drop").unwrap();
        let verdict =
            drop.match_answer(&Answer::Spans(prediction.to_vec()), &golds, &Settings::default()).unwrap();
        (verdict.metric(Metric::F1).unwrap(), verdict.metric(Metric::Em).unwrap())
    }

    #[test]
    fn normal_forms_write_numbers_as_floats() {
        for (span, form) in [
            ("-5", "5.0"),
            ("The 1_000 yards", "1000.0 yards"),
            ("3,000.5 U.S.", "30005.0 us"),
            ("5\u{a0}yards", "5 yards"),
            ("5.0\u{a0}", "5.0"),
            ("1e400 NaN", "inf nan"),
            ("a the an", ""),
        ] {
            assert_eq!(normal(span), form, "{span:?}");
        }
    }

    #[test]
    fn spans_are_aligned_and_a_missing_one_costs() {
        assert_eq!(f1_and_em(&["red", "blue sky"], &[&["blue sky", "red"]]), (1.0, 1.0));
        // (1 + 2/3) / 3 = 0.555...
        assert_eq!(f1_and_em(&["red", "blue"], &[&["blue sky", "red", "green"]]), (0.56, 0.0));
        // A number that is not met makes the pair worth nothing.
        assert_eq!(f1_and_em(&["5 yards"], &[&["6 yards"]]), (0.0, 0.0));
        assert_eq!(f1_and_em(&["5 yards"], &[&["yards"]]), (0.67, 0.0));
        assert_eq!(f1_and_em(&["a"], &[&["the"]]), (1.0, 1.0));
        assert_eq!(f1_and_em(&[], &[&["x"]]), (0.0, 0.0));
        // Each metric is the best on its own; a blank gold counts for nothing.
        assert_eq!(f1_and_em(&["x", "x"], &[&[" "], &["x", "y"], &["x", "x"]]), (1.0, 1.0));
        assert_eq!(f1_and_em(&[""], &[&[""]]), (0.0, 0.0));
    }

    #[test]
    fn what_cannot_be_judged_has_no_score() {
        let drop = profile("drop").unwrap();
        let verdict = |prediction, gold| {
            let verdict = drop.match_answer(&prediction, &[gold], &Settings::default()).unwrap();
            (verdict.score, verdict.reason)
        };
        assert_eq!(verdict("x".into(), Answer::Spans(vec![])), (None, Reason::GoldUnparsable));
        let many = |count| Answer::Spans(vec!["x"; count]);
        assert_eq!(verdict(many(257), many(256)), (None, Reason::TooLong));
        assert_eq!(verdict(many(9), many(9)), (Some(1.0), Reason::Matched));
        assert_eq!(verdict(many(1), many(1_000)), (Some(0.0), Reason::Different));
        let words = (0..1100).map(|word| word.to_string()).collect::<Vec<_>>().join(" ");
        let long = || Answer::Spans(vec![words.as_str(); 64]);
        assert_eq!(verdict(long(), long()), (None, Reason::TooLong));
        assert_eq!(verdict(words.as_str().into(), words.as_str().into()), (Some(1.0), Reason::Matched));
    }

    #[test]
    fn sums_are_those_of_numpy() {
        let tenths = |count| sum(&vec![0.1; count]).to_string();
        // One by one they would be 0.7999999999999999 and 30.000000000000156.
        assert_eq!([8, 300].map(tenths), ["0.8", "29.999999999999996"]);
    }
}
