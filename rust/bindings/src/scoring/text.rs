//! `str` as Rust text, and back.
//!
//! A lone surrogate has no UTF-8. It is read as one of the code points that Unicode leaves unassigned in plane 13, so that
//! different surrogates stay different, and written back as it was.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// The text of a `str`.
pub(super) enum Text<'a> {
    /// Python's own UTF-8.
    Borrowed(&'a str),
    /// A copy; whether it had lone surrogates.
    Owned(String, bool),
}

const SURROGATES: std::ops::RangeInclusive<u32> = 0xd800..=0xdfff;
const STAND_INS: u32 = 0xd_0000;

/// Below this many code points a text is not searched for its tail: encoding all of it costs less.
const SHORT: usize = 1024;

impl<'a> Text<'a> {
    /// All of a `str`.
    pub(super) fn of(string: &'a Bound<'_, PyString>) -> PyResult<Self> {
        match string.to_str() {
            Ok(text) => Ok(Self::Borrowed(text)),
            Err(_) => surrogates(string),
        }
    }

    /// From the last `</think>` on, where there is one. Of a text beyond ASCII only that part is encoded.
    pub(super) fn tail(string: &'a Bound<'_, PyString>) -> PyResult<Self> {
        let py = string.py();
        if string.len()? > SHORT && !string.call_method0(intern!(py, "isascii"))?.is_truthy()? {
            let tag = intern!(py, "</think>");
            let at: isize = string.call_method1(intern!(py, "rfind"), (tag,))?.extract()?;
            if at >= 0 {
                let slice = pyo3::types::PySlice::new(py, at, isize::MAX, 1);
                let part = string.get_item(slice)?.cast_into::<PyString>()?;
                return Ok(match Text::of(&part)? {
                    Text::Borrowed(text) => Self::Owned(text.to_owned(), false),
                    Text::Owned(text, lone) => Self::Owned(text, lone),
                });
            }
        }
        Self::of(string)
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text, _) => text,
        }
    }

    /// Whether stand-ins of lone surrogates are in it.
    pub(super) fn has_surrogates(&self) -> bool {
        matches!(self, Self::Owned(_, true))
    }
}

fn surrogates<'a>(string: &Bound<'_, PyString>) -> PyResult<Text<'a>> {
    let py = string.py();
    let bytes = string.call_method1(intern!(py, "encode"), ("utf-32-le", "surrogatepass"))?;
    let bytes = bytes.cast::<PyBytes>()?.as_bytes();
    let codes = bytes.chunks_exact(4).map(|code| u32::from_le_bytes([code[0], code[1], code[2], code[3]]));
    let stand_in =
        |code| if SURROGATES.contains(&code) { STAND_INS + (code - SURROGATES.start()) } else { code };
    Ok(Text::Owned(codes.filter_map(|code| char::from_u32(stand_in(code))).collect(), true))
}

/// A text for Python; stand-ins become lone surrogates again where the input had some.
pub(super) fn write<'py>(py: Python<'py>, text: &str, lone: bool) -> PyResult<Bound<'py, PyAny>> {
    if !lone {
        return Ok(PyString::new(py, text).into_any());
    }
    let last = STAND_INS + (SURROGATES.end() - SURROGATES.start());
    let codes = text.chars().map(u32::from);
    let shown = codes.map(|code| {
        if (STAND_INS..=last).contains(&code) { code - STAND_INS + SURROGATES.start() } else { code }
    });
    let bytes: Vec<u8> = shown.flat_map(u32::to_le_bytes).collect();
    PyBytes::new(py, &bytes).call_method1(intern!(py, "decode"), ("utf-32-le", "surrogatepass"))
}
