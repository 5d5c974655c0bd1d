//! Scoring, as Python sees it.

mod batch;
mod scorer;
mod spans;
mod text;
mod verdicts;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use qwenlong_scoring::{Kind, Takes, UNICODE_VERSION, profiles};

use crate::error;
use text::Text;

/// The kind a gold is judged as by the profile `strict`.
#[pyfunction]
fn check_gold(py: Python<'_>, gold: Bound<'_, PyString>, kind: &str) -> PyResult<&'static str> {
    let kind: Kind = kind.parse().map_err(error::scoring)?;
    let gold = Text::of(&gold)?;
    py.detach(|| qwenlong_scoring::check_gold(gold.as_str(), kind)).map(Kind::name).map_err(error::scoring)
}

/// The verdict of a judge's reply.
#[pyfunction]
fn judge_reply(py: Python<'_>, reply: Bound<'_, PyString>) -> PyResult<Option<bool>> {
    let reply = Text::of(&reply)?;
    Ok(py.detach(|| qwenlong_scoring::judge_reply(reply.as_str())))
}

/// A text without verdicts.
#[pyfunction]
fn without_verdicts<'py>(py: Python<'py>, text: Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    let text = Text::of(&text)?;
    let found = py.detach(|| qwenlong_scoring::without_verdicts(text.as_str()));
    text::write(py, &found, text.has_surrogates())
}

/// What the profiles are, in their order.
#[pyfunction(name = "profiles")]
fn list_profiles(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let described = |profile: &qwenlong_scoring::Profile| {
        let options = profile.options.iter().map(|option| {
            let takes: Vec<&str> =
                if let Takes::OneOf(words) = option.takes { words.to_vec() } else { vec![] };
            let range = match option.takes {
                Takes::Number { default, least, most, .. } => Some((default, least, most)),
                _ => None,
            };
            (option.name, takes, range, option.summary)
        });
        let dict = PyDict::new(py);
        dict.set_item("name", profile.name)?;
        dict.set_item("summary", profile.summary)?;
        dict.set_item("source", profile.source)?;
        dict.set_item("semantics", profile.semantics)?;
        dict.set_item("golds", profile.golds.name())?;
        dict.set_item("metrics", profile.metrics.iter().map(|metric| metric.name()).collect::<Vec<_>>())?;
        dict.set_item("options", options.collect::<Vec<_>>())?;
        Ok(dict)
    };
    profiles().map(described).collect()
}

/// Adds the scoring classes and functions to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("UNICODE_VERSION", UNICODE_VERSION)?;
    module.add_class::<scorer::Scorer>()?;
    module.add_class::<spans::Spans>()?;
    module.add_class::<verdicts::Verdicts>()?;
    module.add_function(wrap_pyfunction!(batch::score_batch, module)?)?;
    module.add_function(wrap_pyfunction!(batch::match_batch, module)?)?;
    module.add_function(wrap_pyfunction!(check_gold, module)?)?;
    module.add_function(wrap_pyfunction!(judge_reply, module)?)?;
    module.add_function(wrap_pyfunction!(without_verdicts, module)?)?;
    module.add_function(wrap_pyfunction!(list_profiles, module)?)
}
