//! The profile `strict`: what a policy may be trained on.

mod anchor;
mod anchor_words;
mod anchor_zh;
mod block;
mod choice;
mod currency;
mod decimal;
mod digits;
mod equation;
mod extract;
mod fold;
mod judge;
mod kind;
mod marks;
mod number;
mod numeral;
mod plain;
mod policy;
mod profile;
mod quantity_words;
mod reader;
mod response;
mod retraction;
mod scale_words;
mod scan;
mod similar;
mod surroundings;
mod text;
mod tokens;
mod words;
mod yesno;

pub use extract::MAX_BARE_ANSWER_BYTES;
pub use judge::{check_gold, extract, match_answer, score};
pub use kind::{Kind, Reasoning};
pub(crate) use profile::STRICT;
