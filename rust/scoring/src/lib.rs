//! Text in, verdict out: the hardened scorer.
//!
//! A reward that can be gamed is gamed. This scorer finds the one answer a response commits to and compares it with the
//! gold; whatever hedges, lists, denies or merely contains the gold is not rewarded, and a missing gold is no verdict
//! rather than a zero. It is total on any text, never evaluates anything, uses no regular expressions, and runs in time
//! linear in the text.
//!
//! The rules, in the order they apply:
//!
//! 1. **Reasoning** ends at the last `</think>` ([`Reasoning`]). End tokens of a tokenizer are dropped.
//! 2. **Anchor**: the last `the answer is`, `答案是`, `Final answer:`, `\boxed{...}` or `<answer>...</answer>`; phrases
//!    that open their clause go before those within one, and conditions, doubts and denials announce nothing. The answer
//!    is the rest of the line, or the next line. Without such a phrase a single line of at most
//!    [`MAX_BARE_ANSWER_BYTES`] is the answer. A placeholder given back is none, and neither is an answer that its line
//!    takes back (`5. No, 6.`) or a line with several boxes that differ. The lines behind it may take it back too, or go
//!    on with its list; before a box a hedge or a denial counts.
//! 3. **Kind** ([`Kind`]), by the gold alone.
//! 4. **Text**: normal forms are equal (compatibility decomposition without diacritics, lower case, no articles and
//!    punctuation, numbers whole), or the answer covers the gold at the one place it commits to and adds little. The
//!    options `unicode` and `edit_similarity` make this stricter or, for scanned documents, more lenient.
//! 5. **Number**: exactly equal, or within half a unit of the last decimal the gold is written with. Signs, exponents,
//!    fractions, percent and scale words are read; powers of ten are never forgiven, and a word that may be a scale
//!    (`5 k`) answers only a gold written with it. Of an equation of working the last side counts. The option
//!    `percent` decides what a percent sign on one side means.
//! 6. **Yes or no**, and **option letters**: equal.
//!
//! ```
//! use qwenlong_scoring::{Kind, Reason, Reasoning, score};
//!
//! let verdict = score("<think>...</think>The answer is **Berlin**.", &["Berlin"], Kind::Auto, Reasoning::Auto)?;
//! assert_eq!(verdict.score, Some(1.0));
//!
//! let verdict = score("The answer is Paris or Berlin", &["Berlin"], Kind::Auto, Reasoning::Auto)?;
//! assert_eq!((verdict.score, verdict.reason), (Some(0.0), Reason::TooManyCandidates));
//! # Ok::<(), qwenlong_scoring::Error>(())
//! ```
#![forbid(unsafe_code)]

mod answer;
mod error;
mod judge_reply;
mod metric;
mod official;
mod profile;
mod python;
mod setting;
mod strict;
mod verdict;

pub use answer::Answer;
pub use error::Error;
pub use judge_reply::{judge_reply, without_verdicts};
pub use metric::Metric;
pub use profile::{Golds, Profile, profile, profiles};
pub use python::UNICODE_VERSION;
pub use setting::{Choice, Setting, Settings, Takes};
pub use strict::{Kind, MAX_BARE_ANSWER_BYTES, Reasoning, check_gold, extract, match_answer, score};
pub use verdict::{Reason, Verdict};
