//! Arrays at the boundary: contiguous, of one dimension and of the exact dtype, or refused. Nothing is copied silently.

use numpy::{Element, PyArrayDescrMethods, PyReadonlyArray1, PyUntypedArray, PyUntypedArrayMethods, dtype};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// A borrowed array argument.
pub(crate) struct Array<'py, T: Element>(PyReadonlyArray1<'py, T>);

impl<T: Element> Array<'_, T> {
    /// The elements. The array is not copied: a caller who writes to it meanwhile gets what they asked for.
    pub(crate) fn slice(&self) -> PyResult<&[T]> {
        self.0.as_slice().map_err(|_| PyTypeError::new_err("expected an aligned array"))
    }
}

impl<'py, T: Element> FromPyObject<'_, 'py> for Array<'py, T> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let wanted = || dtype::<T>(value.py());
        let Ok(array) = value.cast::<PyUntypedArray>() else {
            let given = value.get_type();
            return Err(PyTypeError::new_err(format!("expected a numpy array of {}, got {given}", wanted())));
        };
        if array.ndim() != 1 || !array.is_c_contiguous() || !array.dtype().is_equiv_to(&wanted()) {
            let layout = if array.is_c_contiguous() { "" } else { "strided " };
            let (wanted, given, shape) = (wanted(), array.dtype(), array.shape());
            return Err(PyTypeError::new_err(format!(
                "expected a contiguous one-dimensional array of {wanted}, got {layout}{given} of shape {shape:?}"
            )));
        }
        Ok(Self(value.extract()?))
    }
}

/// A number that counts something.
pub(crate) fn size(name: &str, value: i64) -> PyResult<usize> {
    usize::try_from(value).map_err(|_| {
        pyo3::exceptions::PyValueError::new_err(format!("{name} is {value} but must be at least 0"))
    })
}
