//! The difficulty memory, as Python sees it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use qwenlong_replay::{Memory as Inner, Mode, Policy};

use crate::array::{Array, size};
use crate::error;

/// What every example earned when it was last rolled out.
#[pyclass(frozen, module = "qwenlong._rust")]
#[derive(Default)]
struct Memory {
    inner: Mutex<Inner>,
}

impl Memory {
    /// Taken only while detached from the interpreter, so that a thread that waits for it never holds up the one that has
    /// it. A refused observation changes nothing, so a poisoned lock guards a valid memory.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Memory {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        py.detach(|| self.lock().len())
    }

    /// Takes in the rewards of one step.
    fn observe(
        &self,
        py: Python<'_>,
        ids: Vec<String>,
        phase: i64,
        reward_sums: Array<'_, f64>,
        counts: Array<'_, i64>,
    ) -> PyResult<()> {
        let (sums, counts) = (reward_sums.slice()?, counts.slice()?);
        py.detach(|| self.lock().observe(&ids, phase, sums, counts)).map_err(error::replay)
    }

    /// The smoothed inverse mean reward of every example.
    fn difficulty<'py>(&self, py: Python<'py>, ids: Vec<String>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let values = py.detach(|| self.lock().difficulty(&ids)).map_err(error::replay)?;
        Ok(values.into_pyarray(py))
    }

    /// The retrospective set of a phase.
    fn candidates(
        &self,
        py: Python<'_>,
        before_phase: i64,
        mode: &str,
        max_examples: i64,
        drop_after: i64,
        seed: u64,
    ) -> PyResult<Vec<String>> {
        let mode: Mode = mode.parse().map_err(error::replay)?;
        let max_examples = size("max_examples", max_examples)?;
        let drop_after = size("drop_after", drop_after)? as u64;
        let policy = Policy { mode, max_examples, drop_after };
        Ok(py.detach(|| {
            self.lock().candidates(before_phase, policy, seed).into_iter().map(str::to_owned).collect()
        }))
    }

    /// k distinct candidates, drawn without replacement.
    fn draw(
        &self,
        py: Python<'_>,
        candidates: Vec<String>,
        k: i64,
        mode: &str,
        seed: u64,
    ) -> PyResult<Vec<String>> {
        let mode: Mode = mode.parse().map_err(error::replay)?;
        let k = size("k", k)?;
        let drawn = py.detach(|| self.lock().draw(&candidates, k, mode, seed)).map_err(error::replay)?;
        Ok(drawn.into_iter().map(|position| candidates[position].clone()).collect())
    }

    /// The memory as bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = py.detach(|| self.lock().to_bytes());
        PyBytes::new(py, &bytes)
    }

    /// The memory that was written as these bytes.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        let inner = py.detach(|| Inner::from_bytes(data)).map_err(error::load)?;
        Ok(Self { inner: Mutex::new(inner) })
    }
}

/// Adds the difficulty memory to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Memory>()
}
