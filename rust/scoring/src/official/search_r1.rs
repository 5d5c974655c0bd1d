//! Search-R1: the last pair of answer tags.

use std::borrow::Cow;

use memchr::memmem;

use super::reading::{judge, unit};
use super::squad;
use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::python::strip;
use crate::verdict::{Reason, Verdict};

const OPEN: &str = "<answer>";
const CLOSE: &str = "</answer>";
/// With more tags than this, a right answer is worth a quarter.
const MOST_TAGS: usize = 10;

static SEARCH_R1: Profile = Profile {
    name: "search_r1",
    summary: "the reward of Search-R1 in verl: the normal form in the last answer tags is a gold's; many tags cost",
    source: "verl 0.9.1, utils/reward_score/search_r1_like_qa_em.py",
    semantics: 1,
    golds: Golds::Aliases,
    metrics: &[Metric::Accuracy],
    options: &[],
    tail: false,
    extract: |response, _| last(response).map(Cow::Borrowed).ok_or(Reason::NoAnswer),
    read_gold: None,
    judge: |prediction, golds, _| Ok(compare(prediction, golds)),
    score: Some(|response, golds, _| score(response, golds)),
    match_answer: None,
};

/// The profile of this file.
pub(super) static PROFILES: &[Profile] = std::slice::from_ref(&SEARCH_R1);

fn compare(prediction: &Answer<'_>, golds: &[Answer<'_>]) -> Findings {
    judge(prediction, golds, SEARCH_R1.metrics, squad::normal, |prediction, gold| [unit(prediction == gold)])
}

fn score(response: &str, golds: &[Answer<'_>]) -> Verdict {
    let Some(answer) = last(response) else {
        return SEARCH_R1.nothing(Reason::NoAnswer);
    };
    let mut found = compare(&Answer::Text(answer), golds);
    let has_many = |tag: &str| memmem::find_iter(response.as_bytes(), tag).nth(MOST_TAGS).is_some();
    if has_many(OPEN) || has_many(CLOSE) {
        found.metrics.iter_mut().for_each(|(_, value)| *value /= 4.0);
    }
    SEARCH_R1.verdict(Some(answer.to_owned()), Ok(found))
}

/// What stands between the last opening tag that is matched and the closing tag next to it. Pairs do not overlap, so an
/// opening tag within a pair is text. O(n).
fn last(response: &str) -> Option<&str> {
    let mut closings = memmem::find_iter(response.as_bytes(), CLOSE);
    let (mut answer, mut from) = (None, 0);
    for open in memmem::find_iter(response.as_bytes(), OPEN).map(|at| at + OPEN.len()) {
        if open < from {
            continue;
        }
        let Some(close) = closings.find(|&close| close >= open) else { break };
        answer = Some(strip(&response[open..close]));
        from = close + CLOSE.len();
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::profile;
    use crate::setting::Settings;

    #[test]
    fn the_last_pair_counts() {
        let rows = [
            ("<answer>a</answer> <answer>\nb </answer><answer>c", Some("b")),
            ("<answer>a<answer>b</answer>c</answer>", Some("a<answer>b")),
            ("</answer><answer></answer>", Some("")),
            ("<answer>a<answer></answer>b</answer>", Some("a<answer>")),
            ("<answer></ANSWER>", None),
        ];
        for (response, answer) in rows {
            assert_eq!(last(response), answer, "{response}");
        }
    }

    #[test]
    fn more_than_ten_tags_cost() {
        let score = |response: &str| {
            let golds = ["London".into(), "Paris".into()];
            let verdict =
                profile("search_r1").unwrap().score(response, &golds, &Settings::default()).unwrap();
            (verdict.score.unwrap(), verdict.reason, verdict.matched_gold)
        };
        let right = "<answer>The Paris!</answer>";
        assert_eq!(score(&right.repeat(10)), (1.0, Reason::Matched, Some(1)));
        assert_eq!(score(&right.repeat(11)), (0.25, Reason::Partial, Some(1)));
        assert_eq!(score(&("</answer>".repeat(10) + right)), (0.25, Reason::Partial, Some(1)));
        assert_eq!(score("<answer>the</answer>"), (0.0, Reason::Empty, None));
        assert_eq!(score("Paris"), (0.0, Reason::NoAnswer, None));
    }
}
