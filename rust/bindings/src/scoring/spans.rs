//! Several spans of one answer.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyString, PyTuple};

/// Several spans that are one answer together.
#[pyclass(frozen, module = "qwenlong._rust")]
pub(super) struct Spans {
    pub(super) spans: Py<PyTuple>,
}

#[pymethods]
impl Spans {
    #[new]
    fn new(spans: &Bound<'_, PyAny>) -> PyResult<Self> {
        if spans.is_instance_of::<PyString>() {
            return Err(PyValueError::new_err("spans are a list of texts, not one text"));
        }
        let py = spans.py();
        let spans = spans.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        if let Some(other) = spans.iter().find(|span| !span.is_instance_of::<PyString>()) {
            return Err(PyValueError::new_err(format!("a span is a text, not {}", other.repr()?)));
        }
        Ok(Self { spans: PyTuple::new(py, &spans)?.unbind() })
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.spans.bind(py).len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.spans.bind(py).as_any().get_item(index)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.spans.bind(py).try_iter()
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else { return Ok(false) };
        self.spans.bind(py).eq(other.get().spans.bind(py))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.spans.bind(py).hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let list = self.spans.bind(py).to_list();
        Ok(format!("Spans({})", list.repr()?))
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyTuple>,) {
        (self.spans.bind(py).clone(),)
    }
}
