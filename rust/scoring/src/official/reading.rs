//! Reading comprehension: normal forms compared, tokens counted, the best of the golds.

use std::borrow::Cow;

use super::best::Best;
use super::squad::{self, Overlap};
use super::trivia;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::setting::{Choice, Settings, Takes};
use crate::verdict::Reason;

const F1_EM: &[Metric] = &[Metric::F1, Metric::Em];
const F1_EM_SHARES: &[Metric] = &[Metric::F1, Metric::Em, Metric::Precision, Metric::Recall];

/// The whole response is the answer.
#[allow(clippy::unnecessary_wraps, reason = "an `Extract`")]
fn whole<'a>(response: &'a str, _: &Settings) -> Result<Cow<'a, str>, Reason> {
    Ok(Cow::Borrowed(response))
}

/// What these profiles have in common: the whole response is the answer, and it may have aliases.
pub(super) const READING: Profile = Profile {
    name: "",
    summary: "",
    source: "",
    semantics: 1,
    golds: Golds::Aliases,
    metrics: F1_EM,
    options: &[],
    tail: false,
    extract: whole,
    read_gold: None,
    judge: |prediction, golds, _| Ok(judge(prediction, golds, F1_EM, squad::normal, f1_em)),
    score: None,
    match_answer: None,
};

/// The profiles of this file.
pub(super) static PROFILES: &[Profile] = &[
    Profile {
        name: "hotpotqa",
        summary: "EM and F1 of HotpotQA, with its gate for yes and no",
        source: "hotpotqa/hotpot 3635853, hotpot_evaluate_v1.py",
        golds: Golds::One,
        metrics: F1_EM_SHARES,
        judge: |prediction, golds, _| Ok(judge(prediction, golds, F1_EM_SHARES, squad::normal, f1_em_shares)),
        ..READING
    },
    Profile {
        name: "2wikimultihopqa",
        summary: "EM and F1 of HotpotQA, each the best over the aliases",
        source: "Alab-NII/2wikimultihop 13800e5, 2wikimultihop_evaluate_v1.1.py",
        metrics: F1_EM_SHARES,
        judge: |prediction, golds, _| Ok(judge(prediction, golds, F1_EM_SHARES, squad::normal, f1_em_shares)),
        ..READING
    },
    Profile {
        name: "musique",
        summary: "EM and F1 of SQuAD; where a side has no tokens, F1 is whether both have none",
        source: "StonyBrookNLP/musique 922ac98, metrics/answer.py",
        judge: |prediction, golds, _| Ok(judge(prediction, golds, F1_EM, squad::normal, f1_or_both_empty)),
        ..READING
    },
    Profile {
        name: "squad_v1",
        summary: "EM and F1 of SQuAD",
        source: "huggingface/evaluate a7dd338, metrics/squad",
        ..READING
    },
    Profile {
        name: "squad_v2",
        summary: "EM and F1 of SQuAD 2; no gold means that the question has no answer",
        source: "huggingface/evaluate a7dd338, metrics/squad_v2",
        golds: Golds::AliasesOrNone,
        options: &[
            Choice {
                name: "na_probability",
                takes: probability(0.0),
                summary: "how probable the model says it is that there is no answer",
            },
            Choice {
                name: "na_threshold",
                takes: probability(1.0),
                summary: "above it the model is taken at its word, and the answer does not count",
            },
        ],
        judge: |prediction, golds, settings| Ok(squad_v2(prediction, golds, settings)),
        ..READING
    },
    Profile {
        name: "qasper",
        summary: "F1 of SQuAD, the best over the annotators' answers",
        source: "allenai/qasper-led-baseline afd0fb9, evaluator.py",
        metrics: &[Metric::F1],
        judge: |prediction, golds, _| Ok(judge(prediction, golds, &[Metric::F1], squad::normal, f1)),
        ..READING
    },
    Profile {
        name: "longbench_qa",
        summary: "F1 of SQuAD, the best over the answers (qa_f1 of LongBench)",
        source: "THUDM/LongBench 2e00731, metrics.py",
        golds: Golds::AliasesOrNone,
        metrics: &[Metric::F1],
        judge: |prediction, golds, _| Ok(judge(prediction, golds, &[Metric::F1], squad::normal, f1)),
        ..READING
    },
    Profile {
        name: "triviaqa",
        summary: "EM and F1 of TriviaQA, which makes spaces of punctuation",
        source: "mandarjoshi90/triviaqa ca43b58, evaluation/triviaqa_evaluation.py",
        judge: |prediction, golds, _| Ok(judge(prediction, golds, F1_EM, trivia::normal, f1_em)),
        ..READING
    },
];

const fn probability(default: f64) -> Takes {
    Takes::Number { default, least: 0.0, most: 1.0, or_off: false }
}

/// Compares normal forms: every metric is the best over the golds. `compare` takes the prediction first.
pub(super) fn judge<const N: usize>(
    prediction: &Answer<'_>,
    golds: &[Answer<'_>],
    metrics: &[Metric],
    normal: impl Fn(&str) -> String,
    compare: impl Fn(&str, &str) -> [f64; N],
) -> Findings {
    let prediction = normal(prediction.text());
    let mut forms = Vec::with_capacity(golds.len());
    let best = Best::of(golds, |gold| {
        let gold = normal(gold.text());
        let values = compare(&prediction, &gold);
        forms.push(gold);
        values
    });
    Findings {
        metrics: metrics.iter().copied().zip(best.values).collect(),
        matched_gold: best.matched(),
        normal_prediction: Some(prediction),
        normal_gold: (!forms.is_empty()).then(|| forms.swap_remove(best.gold)),
        reason: None,
    }
}

/// 1 for what holds.
pub(super) fn unit(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn f1(prediction: &str, gold: &str) -> [f64; 1] {
    [squad::overlap(prediction, gold).f1]
}

fn f1_em(prediction: &str, gold: &str) -> [f64; 2] {
    [squad::overlap(prediction, gold).f1, unit(prediction == gold)]
}

fn f1_or_both_empty(prediction: &str, gold: &str) -> [f64; 2] {
    let em = unit(prediction == gold);
    [if prediction.is_empty() || gold.is_empty() { em } else { squad::overlap(prediction, gold).f1 }, em]
}

fn f1_em_shares(prediction: &str, gold: &str) -> [f64; 4] {
    let overlap = gated(prediction, gold);
    [overlap.f1, unit(prediction == gold), overlap.precision, overlap.recall]
}

/// The token F1 of `HotpotQA`: where one side is a yes, a no or no answer and the other differs, tokens count for
/// nothing.
pub(super) fn gated(prediction: &str, gold: &str) -> Overlap {
    let is_closed = |text| matches!(text, "yes" | "no" | "noanswer");
    if prediction != gold && (is_closed(prediction) || is_closed(gold)) {
        return Overlap::default();
    }
    squad::overlap(prediction, gold)
}

fn squad_v2(prediction: &Answer<'_>, golds: &[Answer<'_>], settings: &Settings) -> Findings {
    let kept: Vec<usize> =
        (0..golds.len()).filter(|&gold| !squad::normal(golds[gold].text()).is_empty()).collect();
    let mut answers: Vec<_> = kept.iter().map(|&gold| Answer::Text(golds[gold].text())).collect();
    if answers.is_empty() {
        answers.push(Answer::Text(""));
    }
    let mut found = judge(prediction, &answers, F1_EM, squad::normal, f1_or_both_empty);
    found.matched_gold = found.matched_gold.and_then(|answer| kept.get(answer).copied());
    if settings.number("na_probability") > settings.number("na_threshold") {
        let right = unit(golds.is_empty());
        found.metrics = vec![(Metric::F1, right), (Metric::Em, right)];
        found.matched_gold = None;
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::profile::profile;
    use crate::{Answer, Metric, Setting, Settings};

    /// F1 and EM, without the EM where it is not measured.
    fn f1_em(name: &str, prediction: &str, golds: &[&str]) -> (f64, Option<f64>) {
        let golds: Vec<_> = golds.iter().copied().map(Answer::from).collect();
        let verdict = profile(name).unwrap().score(prediction, &golds, &Settings::default()).unwrap();
        assert_eq!(verdict.score, verdict.metric(Metric::F1));
        (verdict.score.unwrap(), verdict.metric(Metric::Em))
    }

    #[test]
    fn a_yes_counts_only_where_the_profile_says_so() {
        // 1 of 2 tokens, 1 of 1: 2 * 0.5 * 1 / 1.5.
        let two_thirds = 2.0 / 3.0;
        assert_eq!(f1_em("hotpotqa", "yes, indeed", &["Yes"]), (0.0, Some(0.0)));
        assert_eq!(f1_em("2wikimultihopqa", "yes, indeed", &["Yes"]), (0.0, Some(0.0)));
        for name in ["musique", "squad_v1", "squad_v2", "triviaqa"] {
            assert_eq!(f1_em(name, "yes, indeed", &["Yes"]), (two_thirds, Some(0.0)), "{name}");
        }
        for name in ["qasper", "longbench_qa"] {
            assert_eq!(f1_em(name, "yes, indeed", &["Yes"]), (two_thirds, None), "{name}");
        }
    }

    #[test]
    fn empty_forms_are_equal_and_have_no_tokens() {
        for name in ["hotpotqa", "2wikimultihopqa", "squad_v1", "triviaqa"] {
            assert_eq!(f1_em(name, "the", &["!"]), (0.0, Some(1.0)), "{name}");
        }
        for name in ["musique", "squad_v2"] {
            assert_eq!(f1_em(name, "the", &["!"]), (1.0, Some(1.0)), "{name}");
        }
        // SQuAD 2 drops the empty gold, MuSiQue compares with it.
        assert_eq!(f1_em("squad_v2", "the", &["!", "Paris"]), (0.0, Some(0.0)));
        assert_eq!(f1_em("musique", "the", &["!", "Paris"]), (1.0, Some(1.0)));
    }

    #[test]
    fn every_metric_has_its_own_best_gold() {
        let golds = ["big red dog".into(), "cat".into()];
        let wiki = profile("2wikimultihopqa").unwrap();
        // red, dog: p = 2/3, r = 2/3; cat: p = 1/3, r = 1.
        let verdict = wiki.score("red dog cat", &golds, &Settings::default()).unwrap();
        let share = 2.0 / 3.0;
        let f1 = (2.0 * share * share) / (share + share);
        let metrics = [f1, 0.0, share, 1.0];
        assert_eq!(verdict.metrics.iter().map(|&(_, value)| value).collect::<Vec<_>>(), metrics);
        assert_eq!((verdict.matched_gold, verdict.normal_gold.as_deref()), (Some(0), Some("big red dog")));
    }

    #[test]
    fn a_likely_missing_answer_is_right_where_there_is_none() {
        let squad = profile("squad_v2").unwrap();
        let score = |probability, golds: &[Answer<'_>]| {
            let given =
                [("na_probability", Setting::Number(probability)), ("na_threshold", Setting::Number(0.5))];
            let settings = Settings::read(squad, given).unwrap();
            squad.score("Paris", golds, &settings).unwrap().score
        };
        let paris = ["Paris".into()];
        assert_eq!([score(0.5, &paris), score(0.6, &paris)], [Some(1.0), Some(0.0)]);
        assert_eq!([score(0.5, &[]), score(0.6, &[])], [Some(0.0), Some(1.0)]);
        assert_eq!(squad.score("the", &[], &Settings::default()).unwrap().score, Some(1.0));
        assert!(profile("squad_v1").unwrap().score("the", &[], &Settings::default()).is_err());
    }
}
