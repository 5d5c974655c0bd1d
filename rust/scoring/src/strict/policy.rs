//! The options of `strict`, read.

use crate::setting::{Choice, Settings, Takes};
use crate::strict::fold::Unicode;
use crate::strict::kind::{Kind, Reasoning};
use crate::strict::number::Percent;

/// How answers are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) kind: Kind,
    pub(crate) reasoning: Reasoning,
    /// At least this similar is the same text; 0 for equality.
    pub(crate) edit_similarity: f64,
    pub(crate) percent: Percent,
    pub(crate) unicode: Unicode,
}

pub(crate) const OPTIONS: &[Choice] = &[
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
    Choice {
        name: "edit_similarity",
        takes: Takes::Number { default: 0.0, least: 0.5, most: 1.0, or_off: true },
        summary: "for scanned documents: a text this similar to the gold is the gold (0: off); numbers and denials stay exact",
    },
    Choice {
        name: "percent",
        takes: Takes::OneOf(&["either", "value", "same"]),
        summary: "a percent sign on one side only: either digits or values agree, values alone do, or nothing does",
    },
    Choice {
        name: "unicode",
        takes: Takes::OneOf(&["fold", "exact"]),
        summary: "whether a letter without its diacritics is the same letter",
    },
];

impl Policy {
    /// All but two at their defaults.
    pub(crate) fn new(kind: Kind, reasoning: Reasoning) -> Self {
        Self { kind, reasoning, edit_similarity: 0.0, percent: Percent::Either, unicode: Unicode::Fold }
    }

    /// What was not said is the default.
    pub(crate) fn read(settings: &Settings) -> Self {
        Self {
            kind: settings.text("kind").parse().unwrap_or(Kind::Auto),
            reasoning: settings.text("reasoning").parse().unwrap_or(Reasoning::Auto),
            edit_similarity: settings.number("edit_similarity"),
            percent: match settings.text("percent") {
                "value" => Percent::Value,
                "same" => Percent::Same,
                _ => Percent::Either,
            },
            unicode: if settings.text("unicode") == "exact" { Unicode::Exact } else { Unicode::Fold },
        }
    }
}
