//! `strict` among the profiles.

use std::borrow::Cow;

use crate::answer::Answer;
use crate::metric::Metric;
use crate::profile::{Findings, Golds, Profile};
use crate::setting::{Choice, Settings, Takes};
use crate::strict::extract;
use crate::strict::judge::judge;
use crate::strict::kind::{Kind, Reasoning};
use crate::verdict::{Reason, Verdict};

pub(crate) static STRICT: Profile = Profile {
    name: "strict",
    summary: "one committed answer, hard to game: the default, and what a policy may be trained on",
    source: "qwenlong",
    semantics: 2,
    golds: Golds::Aliases,
    metrics: &[Metric::Accuracy, Metric::WellFormed],
    options: &[
        Choice {
            name: "kind",
            takes: Takes::OneOf(&["auto", "text", "number", "choice", "yesno"]),
            summary: "what the gold is; auto is decided by the gold alone",
        },
        Choice {
            name: "reasoning",
            takes: Takes::OneOf(&["auto", "required"]),
            summary: "whether a response without </think> can have an answer",
        },
    ],
    tail: true,
    extract: |response, settings| {
        extract::find(response, reasoning(settings)).map(|found| Cow::Owned(found.sentence))
    },
    read_gold: None,
    judge: |_, _, _| Ok(Findings::default()),
    score: Some(|response, golds, settings| {
        verdict(golds, settings, || extract::find(response, reasoning(settings)))
    }),
    match_answer: Some(|prediction, golds, settings| {
        verdict(golds, settings, || extract::checked(extract::Answer::given(prediction)))
    }),
};

fn verdict(
    golds: &[Answer<'_>],
    settings: &Settings,
    find: impl FnOnce() -> Result<extract::Answer, Reason>,
) -> Verdict {
    let golds: Vec<&str> = golds.iter().map(Answer::text).collect();
    judge(&golds, settings.text("kind").parse().unwrap_or(Kind::Auto), find)
}

fn reasoning(settings: &Settings) -> Reasoning {
    settings.text("reasoning").parse().unwrap_or(Reasoning::Auto)
}
