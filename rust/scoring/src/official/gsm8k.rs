//! GSM8K's exact match, as verl has it.

use std::borrow::Cow;

use super::docmath::last_chars;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::python::replace;
use crate::setting::{Choice, Settings, Takes};
use crate::verdict::Reason;

/// The profiles of this file.
pub(super) static PROFILES: &[Profile] = &[Profile {
    name: "gsm8k",
    summary: "the number after the last ####, or the last number, as a text equal to the gold",
    source: "verl 0.9.1, verl/utils/reward_score/gsm8k.py",
    semantics: 1,
    golds: Golds::One,
    metrics: &[Metric::Accuracy],
    options: &[Choice {
        name: "method",
        takes: Takes::OneOf(&["strict", "flexible"]),
        summary: "strict wants #### before the number; flexible takes the last number",
    }],
    tail: false,
    extract,
    read_gold: None,
    judge: |prediction, golds, _| Ok(judge(prediction.text(), golds[0].text())),
    score: None,
    match_answer: None,
}];

/// Only so many characters at the end are read.
const TAIL_CHARS: usize = 300;

fn extract<'a>(response: &'a str, settings: &Settings) -> Result<Cow<'a, str>, Reason> {
    let tail = last_chars(response, TAIL_CHARS);
    if settings.text("method") == "flexible" {
        // Where every run is a point, a point is the answer.
        let found = runs(tail).find(|&run| run != ".").or_else(|| runs(tail).next());
        return found.map(Cow::Borrowed).ok_or(Reason::NoAnswer);
    }
    let marked = tail.rmatch_indices("#### ").find_map(|(at, mark)| first_run(&tail[at + mark.len()..]));
    marked.map(|number| replace(number, &[","])).ok_or(Reason::NoAnswer)
}

fn is_part(char: char) -> bool {
    char.is_ascii_digit() || matches!(char, '.' | ',')
}

/// `-?[0-9.,]+`, where the text begins with it.
fn first_run(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let rest = digits.trim_start_matches(is_part);
    (rest.len() < digits.len()).then(|| &text[..text.len() - rest.len()])
}

/// Every `-?[0-9.,]+`, from the end.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let until = &rest[..=rest.rfind(is_part)?];
        let before = until.trim_end_matches(is_part);
        let before = before.strip_suffix('-').unwrap_or(before);
        rest = before;
        Some(&until[before.len()..])
    })
}

fn judge(prediction: &str, gold: &str) -> Findings {
    let right = prediction == gold;
    Findings {
        metrics: vec![(Metric::Accuracy, f64::from(u8::from(right)))],
        normal_prediction: Some(prediction.to_owned()),
        normal_gold: Some(gold.to_owned()),
        matched_gold: right.then_some(0),
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Setting;

    fn extracted(response: &str, method: &str) -> Option<String> {
        let settings = Settings::read(&PROFILES[0], [("method", Setting::Text(method.to_owned()))]).unwrap();
        PROFILES[0].extract(response, &settings)
    }

    #[test]
    fn the_last_marked_number_counts() {
        let rows = [
            ("#### 5 #### -1,234.5", Some("-1234.5")),
            ("#### 72.", Some("72.")),
            ("##### 5 #### x ####6", Some("5")),
            ("#### ,", Some("")),
            ("#### $5", None),
            ("5", None),
        ];
        for (response, found) in rows {
            assert_eq!(extracted(response, "strict").as_deref(), found, "{response}");
        }
        assert_eq!(extracted(&format!("#### 5{}", "é".repeat(294)), "strict").as_deref(), Some("5"));
        assert_eq!(extracted(&format!("#### 5{}", "é".repeat(295)), "strict"), None);
    }

    #[test]
    fn the_last_run_that_is_no_point_counts() {
        let rows = [
            ("it is 5-1,234. Yes.", Some("-1,234.")),
            ("5. --. .", Some("-.")),
            ("5 .", Some("5")),
            ("a . b.", Some(".")),
            ("five", None),
        ];
        for (response, found) in rows {
            assert_eq!(extracted(response, "flexible").as_deref(), found, "{response}");
        }
    }

    #[test]
    fn the_texts_have_to_be_equal() {
        let verdict = |prediction: &str| {
            PROFILES[0].match_answer(&prediction.into(), &["72".into()], &Settings::default()).unwrap().score
        };
        assert_eq!((verdict("72"), verdict("72.")), (Some(1.0), Some(0.0)));
    }
}
