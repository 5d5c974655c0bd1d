//! TAT-QA: answers over financial tables, with their scale.

use super::bags::{self, Bag};
use super::best::Best;
use super::reading::READING;
use super::tatqa_number::{Number, Raised, Reading, read};
use super::tatqa_scale::Scale;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::python::{float, np_round};
use crate::setting::{Choice, Settings, Takes};
use crate::verdict::Reason;

/// The profile of TAT-QA: F1 and EM, each the best over the golds (the official code takes one).
///
/// A prediction that is no text or no span scores 0, and so does one of which the official code makes an int beyond
/// `CPython`'s limits and raises. A gold of that kind, a count that is no number, and an arithmetic gold that is not one
/// span cannot be read; a gold without spans scores 0 otherwise.
pub(super) static PROFILES: &[Profile] = &[Profile {
    name: "tatqa",
    summary: "EM and F1 of TAT-QA: spans and their scale as one text, numbers by their value",
    source: "NExTplusplus/TAT-QA 870accc, tatqa_metric.py",
    golds: Golds::Spans,
    metrics: &[Metric::F1, Metric::Em],
    options: &[
        Choice { name: "scale", takes: Takes::Text, summary: "the gold's scale, such as million" },
        Choice { name: "prediction_scale", takes: Takes::Text, summary: "the prediction's scale" },
        Choice {
            name: "answer_type",
            takes: Takes::OneOf(&["span", "multi-span", "arithmetic", "count"]),
            summary: "what the gold is; the F1 of arithmetic and count is their EM",
        },
    ],
    judge,
    ..READING
}];

fn judge(prediction: &Answer<'_>, golds: &[Answer<'_>], settings: &Settings) -> Result<Findings, Reason> {
    if matches!(prediction, Answer::Text("")) || prediction.spans().is_empty() {
        return Err(Reason::Empty);
    }
    let kind = settings.text("answer_type");
    let golds_read = golds
        .iter()
        .map(|gold| gold_form(gold, kind, settings.text("scale")))
        .collect::<Option<Vec<_>>>()
        .ok_or(Reason::GoldUnparsable)?;
    let predictions = predictions(prediction.spans(), settings.text("prediction_scale")).unwrap_or_default();
    let mut forms = golds_read.iter();
    let best = Best::of(golds, |_| {
        forms.next().map(|form| metrics(&predictions, form.as_deref(), kind)).unwrap_or_default()
    });
    let [f1, em] = best.values;
    Ok(Findings {
        metrics: vec![(Metric::F1, f1), (Metric::Em, em)],
        matched_gold: best.matched(),
        normal_prediction: predictions.into_iter().next(),
        normal_gold: golds_read.into_iter().nth(best.gold).flatten(),
        reason: None,
    })
}

/// The gold in normal form, nothing for one without spans; `None` where the official code raises.
#[allow(clippy::option_option, reason = "no text and no reading are two things")]
fn gold_form(gold: &Answer<'_>, kind: &str, scale: &str) -> Option<Option<String>> {
    let counted;
    let spans = match (kind, gold.spans()) {
        ("count", &[count]) => {
            counted = whole_count(count)?;
            &[counted.as_str()]
        }
        ("count" | "arithmetic", spans) if spans.len() != 1 => return None,
        (_, []) => return Some(None),
        (_, spans) => spans,
    };
    let text = answer_text(spans, scale).ok()?;
    Some(Some(normal(&text).ok()?))
}

/// `str(int(count))` of a text; it raises for `3.0`, which only as a number is 3.
fn whole_count(count: &str) -> Option<String> {
    float(count).filter(|_| !count.contains(|char: char| char == '.' || char.is_ascii_alphabetic()))?;
    Number::whole(count)?.text().ok()
}

/// The prediction in the normal forms that are compared.
fn predictions(spans: &[&str], scale: &str) -> Result<Vec<String>, Raised> {
    let mut texts = vec![answer_text(spans, scale)?];
    // A share may stand for a percentage.
    if let [span] = spans
        && scale.is_empty()
        && !span.contains('%')
        && let Reading::Value(number) = read(span)?
    {
        texts.push(number.fixed()?);
    }
    texts.iter().map(|text| normal(text)).collect()
}

/// An answer as one text: sorted, numbers with four decimals and their scale worked in.
fn answer_text(spans: &[&str], scale: &str) -> Result<String, Raised> {
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    let texts = spans.into_iter().map(|span| match read(span)? {
        Reading::Value(number) if span.contains('%') => number.fixed(),
        Reading::Value(number) => number.rounded(2).times(Scale::of(scale))?.fixed(),
        Reading::Text | Reading::Valueless if scale.is_empty() => Ok(span.to_owned()),
        Reading::Text | Reading::Valueless => Ok(format!("{span} {scale}")),
    });
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join(" "))
}

fn normal(text: &str) -> Result<String, Raised> {
    bags::normal(text, &[' '], |token| match read(token)? {
        Reading::Text => Ok(None),
        Reading::Valueless => Ok(Some("None".to_owned())),
        Reading::Value(number) => number.text().map(Some),
    })
}

/// F1 and EM: of the prediction whose EM, then F1, is largest.
fn metrics(predictions: &[String], gold: Option<&str>, kind: &str) -> [f64; 2] {
    let mut best = [0.0; 2];
    let Some(gold) = gold else { return best };
    let bag = Bag::of(gold);
    for prediction in predictions {
        let em = f64::from(u8::from(prediction == gold));
        let f1 = np_round(Bag::of(prediction).f1(&bag), 2);
        if [em, f1] > [best[1], best[0]] {
            best = [f1, em];
        }
    }
    let [f1, em] = best;
    if matches!(kind, "arithmetic" | "count") { [em, em] } else { [f1, em] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::profile;
    use crate::setting::Setting;

    /// F1 and EM of a prediction and its scale against a gold with its type and scale.
    fn judged(
        prediction: &[&str],
        scale: &str,
        gold: &[&str],
        kind: &str,
        gold_scale: &str,
    ) -> Option<[f64; 2]> {
        let tatqa = profile("tatqa").unwrap();
        let options = [("scale", gold_scale), ("prediction_scale", scale), ("answer_type", kind)];
        let options = options.map(|(name, value)| (name, Setting::Text(value.to_owned())));
        let settings = Settings::read(tatqa, options).unwrap();
        let (prediction, gold) = (Answer::Spans(prediction.to_vec()), Answer::Spans(gold.to_vec()));
        let verdict = tatqa.match_answer(&prediction, &[gold], &settings).unwrap();
        verdict.score.map(|f1| [f1, verdict.metric(Metric::Em).unwrap()])
    }

    #[test]
    fn numbers_agree_by_value_and_scale() {
        let right = Some([1.0; 2]);
        assert_eq!(judged(&["1082"], "thousand", &["$1,082"], "span", "thousand"), right);
        assert_eq!(judged(&["1.5 million"], "", &["1500"], "arithmetic", "thousand"), right);
        // A share stands for a percentage, with and without its sign.
        assert_eq!(judged(&["0.2342"], "", &["23.42"], "arithmetic", "percent"), right);
        assert_eq!(judged(&["23.42%"], "", &["23.42"], "arithmetic", "percent"), right);
        assert_eq!(judged(&["23.42"], "", &["23.42"], "arithmetic", "percent"), Some([0.0; 2]));
        assert_eq!(judged(&["(5)"], "", &["-5"], "arithmetic", ""), right);
        assert_eq!(judged(&["2.0"], "", &["2"], "count", ""), right);
    }

    #[test]
    fn spans_are_one_text_with_their_scale() {
        assert_eq!(judged(&["b", "a cat"], "", &["a cat", "b"], "multi-span", ""), Some([1.0; 2]));
        // The words are {b, cat} and {cat}.
        assert_eq!(judged(&["b cat"], "", &["a cat"], "span", ""), Some([0.67, 0.0]));
        assert_eq!(judged(&["x"], "million", &["x"], "span", ""), Some([0.67, 0.0]));
    }

    #[test]
    fn nothing_scores_0_and_an_unreadable_gold_has_no_score() {
        assert_eq!(judged(&[], "", &["x"], "count", ""), Some([0.0; 2]));
        assert_eq!(judged(&["x"], "", &[], "span", ""), Some([0.0; 2]));
        assert_eq!(judged(&["x"], "", &["a", "b"], "arithmetic", ""), None);
        assert_eq!(judged(&["x"], "", &["five"], "count", ""), None);
        let nines = "9".repeat(400);
        assert_eq!(judged(&["x"], "", &[&nines], "span", ""), None);
        assert_eq!(judged(&[&nines], "", &["x"], "span", ""), Some([0.0; 2]));
    }

    #[test]
    fn a_count_is_read_as_an_int() {
        let counts =
            ["2", "2.9", "-5", " 1_0 ", "\u{663}", "007", "1e2", "inf", "nan", "five", ""].map(whole_count);
        let counts = counts.map(|count| count.unwrap_or_else(|| "none".to_owned()));
        assert_eq!(counts, ["2", "none", "-5", "10", "3", "7", "none", "none", "none", "none", "none"]);
    }
}
