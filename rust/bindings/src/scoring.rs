//! Scoring, as Python sees it.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use qwenlong_scoring::{Kind, Reasoning};

use crate::error;

type Strings<'py> = Vec<Bound<'py, PyString>>;

/// What the scorer says of one response, and why.
#[pyclass(frozen, get_all, module = "qwenlong._rust")]
struct Verdict {
    score: Option<f64>,
    extracted: Option<String>,
    normal_prediction: Option<String>,
    normal_gold: Option<String>,
    reason: &'static str,
    matched_gold: Option<usize>,
    well_formed: bool,
}

impl From<qwenlong_scoring::Verdict> for Verdict {
    fn from(verdict: qwenlong_scoring::Verdict) -> Self {
        Self {
            score: verdict.score,
            extracted: verdict.extracted,
            normal_prediction: verdict.normal_prediction,
            normal_gold: verdict.normal_gold,
            reason: verdict.reason.code(),
            matched_gold: verdict.matched_gold,
            well_formed: verdict.well_formed,
        }
    }
}

#[pymethods]
impl Verdict {
    fn __repr__(&self) -> String {
        let score = self.score.map_or("None".to_owned(), |score| format!("{score:?}"));
        format!("Verdict(score={score}, reason='{}')", self.reason)
    }
}

/// Extracts the final answer and judges it.
#[pyfunction]
fn score(
    py: Python<'_>,
    response: Bound<'_, PyString>,
    golds: Strings<'_>,
    kind: &str,
    reasoning: &str,
) -> PyResult<Verdict> {
    let (kind, reasoning) = (read_kind(kind)?, read_reasoning(reasoning)?);
    let (response, golds) = (response.to_string_lossy(), lossy(&golds));
    py.detach(|| qwenlong_scoring::score(&response, &golds, kind, reasoning))
        .map(Verdict::from)
        .map_err(error::scoring)
}

/// The verdicts of many responses, in their order.
#[pyfunction]
fn score_batch(
    py: Python<'_>,
    responses: Strings<'_>,
    golds: Vec<Strings<'_>>,
    kinds: Vec<Bound<'_, PyString>>,
    reasoning: &str,
) -> PyResult<Vec<Verdict>> {
    if (golds.len(), kinds.len()) != (responses.len(), responses.len()) {
        let (responses, golds, kinds) = (responses.len(), golds.len(), kinds.len());
        let message =
            format!("{responses} responses need as many lists of golds and kinds, not {golds} and {kinds}");
        return Err(PyValueError::new_err(message));
    }
    let reasoning = read_reasoning(reasoning)?;
    let kinds = kinds.iter().map(|kind| read_kind(&kind.to_string_lossy())).collect::<PyResult<Vec<_>>>()?;
    let golds: Vec<_> = golds.iter().map(lossy).collect();
    if let Some(index) = golds.iter().position(Vec::is_empty) {
        return Err(PyValueError::new_err(format!("response {index} has no gold")));
    }
    let responses = lossy(&responses);
    py.detach(|| {
        responses
            .iter()
            .zip(golds.iter().zip(kinds))
            .map(|(response, (golds, kind))| qwenlong_scoring::score(response, golds, kind, reasoning))
            .map(|verdict| verdict.map(Verdict::from))
            .collect::<Result<Vec<_>, _>>()
    })
    .map_err(error::scoring)
}

/// Judges an answer that was already extracted.
#[pyfunction]
#[pyo3(name = "match")]
fn match_answer(
    py: Python<'_>,
    prediction: Bound<'_, PyString>,
    golds: Strings<'_>,
    kind: &str,
) -> PyResult<Verdict> {
    let kind = read_kind(kind)?;
    let (prediction, golds) = (prediction.to_string_lossy(), lossy(&golds));
    py.detach(|| qwenlong_scoring::match_answer(&prediction, &golds, kind))
        .map(Verdict::from)
        .map_err(error::scoring)
}

/// The final answer of a response.
#[pyfunction]
fn extract(py: Python<'_>, response: Bound<'_, PyString>, reasoning: &str) -> PyResult<Option<String>> {
    let reasoning = read_reasoning(reasoning)?;
    let response = response.to_string_lossy();
    Ok(py.detach(|| qwenlong_scoring::extract(&response, reasoning)))
}

/// The kind a gold is judged as.
#[pyfunction]
fn check_gold(py: Python<'_>, gold: Bound<'_, PyString>, kind: &str) -> PyResult<&'static str> {
    let kind = read_kind(kind)?;
    let gold = gold.to_string_lossy();
    py.detach(|| qwenlong_scoring::check_gold(&gold, kind)).map(Kind::name).map_err(error::scoring)
}

fn read_kind(name: &str) -> PyResult<Kind> {
    name.parse().map_err(error::scoring)
}

fn read_reasoning(name: &str) -> PyResult<Reasoning> {
    name.parse().map_err(error::scoring)
}

/// Borrowed where the text is UTF-8; a lone surrogate becomes replacement characters.
fn lossy<'a>(strings: &'a Strings<'_>) -> Vec<std::borrow::Cow<'a, str>> {
    strings.iter().map(|string| string.to_string_lossy()).collect()
}

/// Adds the scoring functions to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Verdict>()?;
    module.add_function(wrap_pyfunction!(score, module)?)?;
    module.add_function(wrap_pyfunction!(score_batch, module)?)?;
    module.add_function(wrap_pyfunction!(match_answer, module)?)?;
    module.add_function(wrap_pyfunction!(extract, module)?)?;
    module.add_function(wrap_pyfunction!(check_gold, module)?)
}
