//! Advantages, as Python sees them.

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use qwenlong_advantages::Scale;

use crate::array::Array;
use crate::error;

/// (advantages, `has_signal`) of ragged groups.
#[pyfunction]
#[expect(clippy::type_complexity, reason = "a pair of arrays")]
fn group_advantages<'py>(
    py: Python<'py>,
    rewards: Array<'py, f32>,
    offsets: Array<'py, i64>,
    epsilon: f64,
    divide_by_std: bool,
) -> PyResult<(Bound<'py, PyArray1<f32>>, Bound<'py, PyArray1<bool>>)> {
    let (rewards, offsets) = (rewards.slice()?, offsets.slice()?);
    let scale = if divide_by_std { Scale::Std } else { Scale::None };
    let credit = py.detach(|| qwenlong_advantages::group_advantages(rewards, offsets, epsilon, scale));
    let credit = credit.map_err(error::advantages)?;
    Ok((credit.advantages.into_pyarray(py), credit.has_signal.into_pyarray(py)))
}

/// Unbiased pass@k of every question.
#[pyfunction]
fn pass_at_k<'py>(
    py: Python<'py>,
    num_samples: Array<'py, i64>,
    num_correct: Array<'py, i64>,
    k: i64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (samples, correct) = (num_samples.slice()?, num_correct.slice()?);
    let estimates = py.detach(|| qwenlong_advantages::pass_at_k(samples, correct, k));
    Ok(estimates.map_err(error::advantages)?.into_pyarray(py))
}

/// Adds the functions of advantages to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(group_advantages, module)?)?;
    module.add_function(wrap_pyfunction!(pass_at_k, module)?)
}
