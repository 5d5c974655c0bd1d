//! Packing, as Python sees it.

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;

use crate::array::Array;
use crate::error;

type Ints<'py> = Bound<'py, PyArray1<i64>>;

/// Best-fit-decreasing bins as (ids, offsets).
#[pyfunction]
fn pack<'py>(py: Python<'py>, lengths: Array<'py, i64>, capacity: i64) -> PyResult<(Ints<'py>, Ints<'py>)> {
    let lengths = lengths.slice()?;
    let plan = py.detach(|| qwenlong_packing::pack(lengths, capacity)).map_err(error::packing)?;
    Ok((plan.ids.into_pyarray(py), plan.offsets.into_pyarray(py)))
}

/// The part of every response when groups are split into the fewest rows.
#[pyfunction]
fn split_groups<'py>(
    py: Python<'py>,
    prompt_lengths: Array<'py, i64>,
    response_lengths: Array<'py, i64>,
    offsets: Array<'py, i64>,
    capacity: i64,
) -> PyResult<Ints<'py>> {
    let (prompts, responses, offsets) =
        (prompt_lengths.slice()?, response_lengths.slice()?, offsets.slice()?);
    let parts = py.detach(|| qwenlong_packing::split_groups(prompts, responses, offsets, capacity));
    Ok(parts.map_err(error::packing)?.into_pyarray(py))
}

/// The rank of every row.
#[pyfunction]
fn place<'py>(py: Python<'py>, costs: Array<'py, f64>, num_ranks: i64) -> PyResult<Ints<'py>> {
    let costs = costs.slice()?;
    let ranks = py.detach(|| qwenlong_packing::place(costs, num_ranks)).map_err(error::packing)?;
    Ok(ranks.into_pyarray(py))
}

/// Adds the packing functions to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(pack, module)?)?;
    module.add_function(wrap_pyfunction!(split_groups, module)?)?;
    module.add_function(wrap_pyfunction!(place, module)?)
}
