//! What Python's `str` and `float` do, as far as an official scorer leans on it: `CPython` 3.11, Unicode 14.0.
//!
//! The tables are generated (`rust/scoring/tables.py`); the tests compare with values that `CPython` printed.

mod float;
mod ignore_case;
mod lower;
mod tables;
mod text;

pub(crate) use float::{float, np_round, repr};
pub(crate) use ignore_case::after_ignoring_case;
pub(crate) use lower::lower;
pub(crate) use text::{decimal, is_space, is_word, replace, split, strip};

/// The version of Unicode in which the parity profiles read text.
pub const UNICODE_VERSION: &str = tables::UNICODE;
