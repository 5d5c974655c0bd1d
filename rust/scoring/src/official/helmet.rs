//! HELMET: the better of the whole response and of what is parsed from it.

use std::borrow::Cow;

use super::reading::{gated, judge, unit};
use super::squad;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::python::{after_ignoring_case, strip};
use crate::verdict::Verdict;

const METRICS: &[Metric] = &[Metric::SubEm, Metric::Em, Metric::F1];
const LABEL: &str = "Answer:";

static HELMET: Profile = Profile {
    name: "helmet",
    summary: "cover, EM and F1 of HELMET, each the better of the whole response and of what follows `Answer:` there",
    source: "princeton-nlp/HELMET 4526dfb, utils.py and data.py",
    semantics: 1,
    golds: Golds::Aliases,
    metrics: METRICS,
    options: &[],
    tail: false,
    extract: |response, _| Ok(Cow::Borrowed(parse(response))),
    read_gold: None,
    judge: |prediction, golds, _| Ok(compare(prediction, golds)),
    score: Some(|response, golds, _| better(response, golds)),
    match_answer: None,
};

/// The profile of this file.
pub(super) static PROFILES: &[Profile] = std::slice::from_ref(&HELMET);

fn compare(prediction: &Answer<'_>, golds: &[Answer<'_>]) -> Findings {
    judge(prediction, golds, METRICS, squad::normal, |prediction, gold| {
        [unit(squad::contains(prediction, gold)), unit(prediction == gold), gated(prediction, gold).f1]
    })
}

fn better(response: &str, golds: &[Answer<'_>]) -> Verdict {
    let answer = parse(response);
    let [whole, parsed] = [response, answer].map(|text| compare(&Answer::Text(text), golds));
    let pairs = whole.metrics.iter().zip(&parsed.metrics);
    let metrics = pairs.map(|(&(metric, whole), &(_, parsed))| (metric, whole.max(parsed))).collect();
    let shown = if parsed.metrics.first() >= whole.metrics.first() { parsed } else { whole };
    HELMET.verdict(Some(answer.to_owned()), Ok(Findings { metrics, ..shown }))
}

/// The rest of the line after the first label in any case, else the first line; a label given twice goes too. O(n).
fn parse(response: &str) -> &str {
    let after_label = memchr::memchr2_iter(b'A', b'a', response.as_bytes())
        .find_map(|at| after_ignoring_case(&response[at..], LABEL));
    let line = strip(after_label.unwrap_or(response).split('\n').next().unwrap_or_default());
    strip(after_ignoring_case(line, LABEL).unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::profile;
    use crate::setting::Settings;

    #[test]
    fn the_answer_is_what_follows_the_label() {
        let rows = [
            ("so\nAN\u{17f}WER: answer:\u{1c}x \ny", "x"),
            ("Answer:\nx", ""),
            (" a\r \nb", "a"),
            ("answer: answer: answer: x", "answer: x"),
            ("an Answer", "an Answer"),
        ];
        for (response, answer) in rows {
            assert_eq!(parse(response), answer, "{response:?}");
        }
    }

    #[test]
    fn the_better_text_gives_each_metric() {
        let helmet = profile("helmet").unwrap();
        let values =
            |verdict: Verdict| verdict.metrics.into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        let (response, golds) = ("I think.\nAnswer: Paris", ["Paris".into()]);
        let scored = helmet.score(response, &golds, &Settings::default()).unwrap();
        assert_eq!((values(scored.clone()), scored.matched_gold), (vec![1.0, 1.0, 1.0], Some(0)));
        // think, i, answer, paris: p = 1/4, r = 1.
        let matched = helmet.match_answer(&response.into(), &golds, &Settings::default()).unwrap();
        assert_eq!(values(matched), [1.0, 0.0, 0.4]);
        let scored = helmet.score("It is Paris\nAnswer: no", &golds, &Settings::default()).unwrap();
        // it, is, paris, answer, no: p = 1/5, r = 1.
        assert_eq!(scored.normal_prediction.as_deref(), Some("it is paris answer no"));
        assert_eq!(values(scored), [1.0, 0.0, 2.0 * 0.2 / 1.2]);
    }
}
