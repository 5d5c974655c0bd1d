//! Verdicts, row by row and as columns.

use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use qwenlong_scoring::{Metric, Verdict};

use super::text::write;

/// The fields of a verdict: score, extracted, normal prediction, normal gold, reason, matched gold, metrics.
pub(super) type Fields<'py> = (
    Option<f64>,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
    &'static str,
    Option<usize>,
    Bound<'py, PyDict>,
);

/// One verdict for Python; `lone`: whether its texts had lone surrogates.
pub(super) fn fields<'py>(py: Python<'py>, verdict: &Verdict, lone: bool) -> PyResult<Fields<'py>> {
    let text = |text: &Option<String>| text.as_ref().map(|text| write(py, text, lone)).transpose();
    let metrics = PyDict::new(py);
    for &(metric, value) in &verdict.metrics {
        metrics.set_item(pyo3::types::PyString::intern(py, metric.name()), value)?;
    }
    Ok((
        verdict.score,
        text(&verdict.extracted)?,
        text(&verdict.normal_prediction)?,
        text(&verdict.normal_gold)?,
        verdict.reason.code(),
        verdict.matched_gold,
        metrics,
    ))
}

/// The verdicts of a batch.
#[pyclass(frozen, module = "qwenlong._rust")]
pub(super) struct Verdicts {
    /// With each, whether its texts had lone surrogates.
    pub(super) rows: Vec<(Verdict, bool)>,
}

#[pymethods]
impl Verdicts {
    fn __len__(&self) -> usize {
        self.rows.len()
    }

    /// The fields of one verdict.
    fn row<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Fields<'py>> {
        let (verdict, lone) = self.rows.get(index).ok_or_else(|| PyIndexError::new_err(index))?;
        fields(py, verdict, *lone)
    }

    /// Every score, NaN where there is none.
    fn scores<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        let scores = self.rows.iter().map(|(verdict, _)| verdict.score.unwrap_or(f64::NAN));
        scores.collect::<Vec<_>>().into_pyarray(py)
    }

    /// Every metric that any verdict has, NaN where one lacks it.
    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        for metric in Metric::ALL {
            let values = self.rows.iter().map(|(verdict, _)| verdict.metric(metric));
            if values.clone().any(|value| value.is_some()) {
                let column: Vec<f64> = values.map(|value| value.unwrap_or(f64::NAN)).collect();
                columns.set_item(metric.name(), column.into_pyarray(py))?;
            }
        }
        Ok(columns)
    }

    /// Every reason.
    fn reasons(&self) -> Vec<&'static str> {
        self.rows.iter().map(|(verdict, _)| verdict.reason.code()).collect()
    }
}
