//! MRCR: how much of one of several alike passages is given back, word for word.

use super::matching::ratio;
use super::reading::READING;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::setting::{Choice, Settings, Takes};
use crate::verdict::Reason;

/// The profile of MRCR: 0 unless the response starts with the prefix, else the share of it and the gold that matches
/// once both have lost the prefix. For long texts the verdict is missing (`too_long`), as [`ratio`] says.
pub(super) static PROFILES: &[Profile] = &[Profile {
    name: "mrcr",
    summary: "difflib's ratio to the gold passage, 0 without the row's prefix",
    source: "openai/mrcr, the grade function of the dataset card; difflib of CPython 3.11",
    golds: Golds::One,
    metrics: &[Metric::Accuracy],
    options: &[Choice {
        name: "prefix",
        takes: Takes::Text,
        summary: "the random text a response must start with",
    }],
    judge,
    ..READING
}];

fn judge(prediction: &Answer<'_>, golds: &[Answer<'_>], settings: &Settings) -> Result<Findings, Reason> {
    let (prefix, gold) = (settings.text("prefix"), golds[0].text());
    let prediction = prediction.text().strip_prefix(prefix).ok_or(Reason::NoAnswer)?;
    let gold = gold.strip_prefix(prefix).unwrap_or(gold);
    let ratio = ratio(prediction, gold).ok_or(Reason::TooLong)?;
    Ok(Findings {
        metrics: vec![(Metric::Accuracy, ratio)],
        matched_gold: (ratio > 0.0).then_some(0),
        normal_prediction: Some(prediction.to_owned()),
        normal_gold: Some(gold.to_owned()),
        reason: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::profile;
    use crate::setting::Setting;

    #[test]
    fn the_prefix_is_demanded_and_does_not_count() {
        let mrcr = profile("mrcr").unwrap();
        let score = |response: &str, gold: &str, prefix: &str| {
            let settings = Settings::read(mrcr, [("prefix", Setting::Text(prefix.to_owned()))]).unwrap();
            let verdict = mrcr.score(response, &[gold.into()], &settings).unwrap();
            (verdict.score, verdict.reason)
        };
        assert_eq!(score("xYabcd", "xYbcde", "xY"), (Some(0.75), Reason::Partial));
        assert_eq!(score("xYabcd", "abcd", "xY"), (Some(1.0), Reason::Matched));
        assert_eq!(score("abcd", "xYabcd", "xY"), (Some(0.0), Reason::NoAnswer));
        assert_eq!(score("abcd", "bcde", ""), (Some(0.75), Reason::Partial));
        assert_eq!(score("xY", "xY", "xY"), (Some(1.0), Reason::Matched));
        let long = "ab".repeat(10_000);
        assert_eq!(score(&long, &long, ""), (None, Reason::TooLong));
    }
}
