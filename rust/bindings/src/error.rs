//! Every error of the pure crates as the exception a Python user would guess. No arm catches all: a new variant must be
//! decided here before it compiles.

use pyo3::PyErr;
use pyo3::exceptions::{PyKeyError, PyValueError};

pub(crate) fn scoring(error: qwenlong_scoring::Error) -> PyErr {
    use qwenlong_scoring::Error;
    match error {
        Error::NoGold
        | Error::UnparsableGold { .. }
        | Error::OneGold { .. }
        | Error::NoSpans { .. }
        | Error::UnknownProfile { .. }
        | Error::UnknownOption { .. }
        | Error::BadOption { .. }
        | Error::UnknownKind { .. }
        | Error::UnknownReasoning { .. } => PyValueError::new_err(error.to_string()),
    }
}

pub(crate) fn packing(error: qwenlong_packing::Error) -> PyErr {
    use qwenlong_packing::Error;
    match error {
        Error::Capacity { .. }
        | Error::ItemEmpty { .. }
        | Error::ItemTooLong { .. }
        | Error::OffsetsCount { .. }
        | Error::OffsetsStart { .. }
        | Error::OffsetsDecrease { .. }
        | Error::OffsetsEnd { .. }
        | Error::PromptEmpty { .. }
        | Error::ResponseEmpty { .. }
        | Error::RowTooLong { .. }
        | Error::Cost { .. }
        | Error::Ranks { .. } => PyValueError::new_err(error.to_string()),
    }
}

pub(crate) fn advantages(error: qwenlong_advantages::Error) -> PyErr {
    use qwenlong_advantages::Error;
    match error {
        Error::OffsetsMissing
        | Error::OffsetsStart { .. }
        | Error::OffsetsDecrease { .. }
        | Error::OffsetsEnd { .. }
        | Error::Infinite { .. }
        | Error::Epsilon { .. }
        | Error::Questions { .. }
        | Error::K { .. }
        | Error::TooFewSamples { .. }
        | Error::Correct { .. } => PyValueError::new_err(error.to_string()),
    }
}

pub(crate) fn replay(error: qwenlong_replay::Error) -> PyErr {
    use qwenlong_replay::Error;
    match error {
        Error::Unknown { .. } => PyKeyError::new_err(error.to_string()),
        Error::Lengths { .. }
        | Error::Phase { .. }
        | Error::Count { .. }
        | Error::Sum { .. }
        | Error::Repeated { .. }
        | Error::Mode { .. } => PyValueError::new_err(error.to_string()),
    }
}

pub(crate) fn load(error: qwenlong_replay::LoadError) -> PyErr {
    use qwenlong_replay::LoadError;
    match error {
        LoadError::Truncated { .. }
        | LoadError::Magic
        | LoadError::Version { .. }
        | LoadError::Checksum { .. }
        | LoadError::Invalid { .. }
        | LoadError::Trailing { .. } => PyValueError::new_err(error.to_string()),
    }
}
