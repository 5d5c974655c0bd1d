//! Rewards in, credit out: how much better than its group a rollout was, and how often a question is solved.
//!
//! Inputs and outputs are flat arrays with offsets. Sums are taken in `f64`, in input order, and cast once at the end, so
//! that a result depends on nothing but its group.
#![forbid(unsafe_code)]

mod error;
mod group;
mod pass_at_k;

pub use error::Error;
pub use group::{Credit, Scale, group_advantages};
pub use pass_at_k::pass_at_k;
