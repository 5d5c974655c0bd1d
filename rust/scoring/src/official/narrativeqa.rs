//! `NarrativeQA` as `LongBench` scores it.

use super::best::Best;
use super::reading::READING;
use super::rouge::rouge_l;
use super::squad;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::setting::Settings;
use crate::verdict::Reason;

/// The profile of `NarrativeQA`: token F1 and ROUGE-L, each the best over the golds.
///
/// Above [`super::rouge::MAX_WORD_PAIRS`] the verdict is missing (`too_long`) and its metrics are the F1 alone.
pub(super) static PROFILES: &[Profile] = &[Profile {
    name: "narrativeqa",
    summary: "token F1 of LongBench, and ROUGE-L of pltrdy's rouge 1.0.1",
    source: "THUDM/LongBench 2e00731, metrics.py; pltrdy/rouge c1b90a7",
    golds: Golds::AliasesOrNone,
    metrics: &[Metric::F1, Metric::RougeL],
    judge,
    ..READING
}];

#[allow(clippy::unnecessary_wraps, reason = "the shape of every judge")]
fn judge(prediction: &Answer<'_>, golds: &[Answer<'_>], _: &Settings) -> Result<Findings, Reason> {
    let normal = squad::normal(prediction.text());
    let best = Best::of(golds, |gold| [squad::overlap(&normal, &squad::normal(gold.text())).f1]);
    let rouge = golds
        .iter()
        .map(|gold| rouge_l(prediction.text(), gold.text()))
        .try_fold(0.0, |best: f64, rouge| rouge.map(|rouge| best.max(rouge)));
    let [f1] = best.values;
    let mut metrics = vec![(Metric::F1, f1)];
    metrics.extend(rouge.map(|rouge| (Metric::RougeL, rouge)));
    Ok(Findings {
        metrics,
        matched_gold: best.matched(),
        normal_prediction: Some(normal),
        normal_gold: golds.get(best.gold).map(|gold| squad::normal(gold.text())),
        reason: rouge.is_none().then_some(Reason::TooLong),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::profile;

    #[test]
    fn each_metric_is_the_best_on_its_own() {
        let golds = ["the Cat.".into(), "A cat sat".into()];
        let verdict =
            profile("narrativeqa").unwrap().score("a cat sat", &golds, &Settings::default()).unwrap();
        // ROUGE-L keeps case: two of three words.
        assert_eq!(verdict.metrics, [(Metric::F1, 1.0), (Metric::RougeL, 0.666_666_661_666_666_8)]);
        assert_eq!((verdict.score, verdict.matched_gold), (Some(1.0), Some(1)));
    }

    #[test]
    fn no_gold_is_zero_as_in_the_official_maximum() {
        let narrativeqa = profile("narrativeqa").unwrap();
        let verdict = narrativeqa.match_answer(&"a cat".into(), &[], &Settings::default()).unwrap();
        assert_eq!(verdict.metrics, [(Metric::F1, 0.0), (Metric::RougeL, 0.0)]);
        assert_eq!((verdict.score, verdict.normal_gold, verdict.matched_gold), (Some(0.0), None, None));
    }

    #[test]
    fn a_rouge_that_is_too_long_leaves_the_f1() {
        let prediction = "cat ".repeat(100_000);
        let golds = ["dog ".repeat(168)];
        let golds: Vec<Answer<'_>> = golds.iter().map(|gold| gold.as_str().into()).collect();
        let verdict =
            profile("narrativeqa").unwrap().score(&prediction, &golds, &Settings::default()).unwrap();
        assert_eq!((verdict.score, verdict.reason), (None, Reason::TooLong));
        assert_eq!(verdict.metrics, [(Metric::F1, 0.0)]);
    }
}
