//! Lengths in, plan out: sequences into bins, a prompt's responses into rows, rows onto ranks.
//!
//! Every function is a pure function of its arguments and breaks ties by input order, so that all ranks of a run compute
//! the same plan and none has to be sent.
//!
//! | function | question it answers |
//! |---|---|
//! | [`pack`] | which sequences share a bin of fixed capacity |
//! | [`split_groups`] | how a prompt's responses are cut into rows when one row cannot hold them all |
//! | [`place`] | which rank computes which row |
#![forbid(unsafe_code)]

mod bins;
mod error;
mod exact;
mod place;
mod split;

pub use bins::{Plan, pack};
pub use error::Error;
pub use place::place;
pub use split::split_groups;

/// An index as it leaves the crate.
#[expect(clippy::cast_possible_wrap, reason = "no allocation holds 2^63 items")]
fn signed(index: usize) -> i64 {
    index as i64
}
