//! The extension module `qwenlong._rust`: the four pure crates, as Python sees them.
//!
//! A function here borrows its arguments, leaves the interpreter while it computes, and maps the error. It holds no
//! arithmetic; the signatures with their documentation are in `python/qwenlong/_rust.pyi`.
#![allow(clippy::needless_pass_by_value, reason = "extracted arguments and errors come by value")]

mod advantages;
mod array;
mod error;
mod packing;
mod replay;
mod scoring;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
fn _rust(module: &Bound<'_, PyModule>) -> PyResult<()> {
    scoring::register(module)?;
    packing::register(module)?;
    advantages::register(module)?;
    replay::register(module)
}
