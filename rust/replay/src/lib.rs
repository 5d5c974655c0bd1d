//! How hard the examples of earlier phases were, and which of them return: the memory behind retrospective sampling.
//!
//! A draw is named by a seed and an index and depends on nothing else, weights are integers, and the memory is saved
//! exactly: a run that was stopped and resumed draws what it would have drawn, on any machine.
#![forbid(unsafe_code)]

mod draw;
mod error;
mod example;
mod format;
mod memory;
mod mode;

pub use draw::draw_weighted;
pub use error::{Error, LoadError};
pub use example::MAX_COUNT;
pub use memory::Memory;
pub use mode::{Mode, Policy};
