//! `strict` among the profiles.

use std::borrow::Cow;

use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::strict::extract;
use crate::strict::judge::judge;
use crate::strict::policy::{OPTIONS, Policy};
use crate::verdict::{Reason, Verdict};

pub(crate) static STRICT: Profile = Profile {
    name: "strict",
    summary: "one committed answer, hard to game: the default, and what a policy may be trained on",
    source: "qwenlong",
    semantics: 5,
    golds: Golds::Aliases,
    metrics: &[Metric::Accuracy, Metric::WellFormed],
    options: OPTIONS,
    tail: true,
    extract: |response, settings| {
        extract::find(response, Policy::read(settings).reasoning).map(|found| Cow::Owned(found.sentence))
    },
    read_gold: None,
    judge: |_, _, _| Ok(Findings::default()),
    score: Some(|response, golds, settings| {
        let policy = Policy::read(settings);
        verdict(golds, &policy, || extract::find(response, policy.reasoning))
    }),
    match_answer: Some(|prediction, golds, settings| {
        verdict(golds, &Policy::read(settings), || extract::checked(extract::Answer::given(prediction)))
    }),
};

fn verdict(
    golds: &[Answer<'_>],
    policy: &Policy,
    find: impl FnOnce() -> Result<extract::Answer, Reason>,
) -> Verdict {
    let golds: Vec<&str> = golds.iter().map(Answer::text).collect();
    judge(&golds, policy, find)
}
