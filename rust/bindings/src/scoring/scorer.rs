//! A profile with its options, and what it is asked.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use qwenlong_scoring::{Answer, Golds, Profile, Setting, Settings, profile};

use super::spans::Spans;
use super::text::{Text, write};
use super::verdicts::{Fields, fields};
use crate::error;

/// A profile with its options.
#[pyclass(frozen, module = "qwenlong._rust")]
pub(super) struct Scorer {
    pub(super) profile: &'static Profile,
    pub(super) settings: Settings,
}

/// An answer as Python gave it.
pub(super) enum Given<'a> {
    One(Text<'a>),
    Several(Vec<Text<'a>>),
}

impl Given<'_> {
    pub(super) fn answer(&self) -> Answer<'_> {
        match self {
            Self::One(text) => Answer::Text(text.as_str()),
            Self::Several(spans) => Answer::Spans(spans.iter().map(Text::as_str).collect()),
        }
    }

    fn has_surrogates(&self) -> bool {
        match self {
            Self::One(text) => text.has_surrogates(),
            Self::Several(spans) => spans.iter().any(Text::has_surrogates),
        }
    }
}

/// Whether any of the texts has stand-ins.
pub(super) fn any_surrogates(golds: &[Given<'_>]) -> bool {
    golds.iter().any(Given::has_surrogates)
}

#[pymethods]
impl Scorer {
    #[new]
    fn new(profile_name: &str, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let profile = profile(profile_name).map_err(error::scoring)?;
        let given = options
            .iter()
            .map(|(name, value)| Ok((name.extract::<String>()?, setting(&name, &value)?)))
            .collect::<PyResult<Vec<_>>>()?;
        let given = given.iter().map(|(name, setting)| (name.as_str(), setting.clone()));
        let settings = Settings::read(profile, given).map_err(error::scoring)?;
        Ok(Self { profile, settings })
    }

    /// Extracts the answer of a response and judges it.
    fn score<'py>(
        &self,
        py: Python<'py>,
        response: Bound<'py, PyString>,
        golds: Bound<'py, PyAny>,
    ) -> PyResult<Fields<'py>> {
        let response = self.response(&response)?;
        let golds = self.listed(&golds)?;
        let golds = self.golds(&golds)?;
        let lone = response.has_surrogates() || any_surrogates(&golds);
        let golds: Vec<_> = golds.iter().map(Given::answer).collect();
        let verdict = py.detach(|| self.profile.score(response.as_str(), &golds, &self.settings));
        fields(py, &verdict.map_err(error::scoring)?, lone)
    }

    /// Judges an answer that was already extracted.
    #[pyo3(name = "match")]
    fn match_answer<'py>(
        &self,
        py: Python<'py>,
        prediction: Bound<'py, PyAny>,
        golds: Bound<'py, PyAny>,
    ) -> PyResult<Fields<'py>> {
        let prediction = self.predicted(&prediction)?;
        let golds = self.listed(&golds)?;
        let golds = self.golds(&golds)?;
        let lone = prediction.has_surrogates() || any_surrogates(&golds);
        let golds: Vec<_> = golds.iter().map(Given::answer).collect();
        let verdict = py.detach(|| self.profile.match_answer(&prediction.answer(), &golds, &self.settings));
        fields(py, &verdict.map_err(error::scoring)?, lone)
    }

    /// The answer of a response.
    fn extract<'py>(
        &self,
        py: Python<'py>,
        response: Bound<'py, PyString>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let response = self.response(&response)?;
        let lone = response.has_surrogates();
        let found = py.detach(|| self.profile.extract(response.as_str(), &self.settings));
        found.map(|text| write(py, &text, lone)).transpose()
    }
}

impl Scorer {
    /// As much of a response as the profile reads.
    pub(super) fn response<'a>(&self, response: &'a Bound<'_, PyString>) -> PyResult<Text<'a>> {
        if self.profile.tail { Text::tail(response) } else { Text::of(response) }
    }

    /// The golds of one row: a list or tuple of aliases, or one gold.
    pub(super) fn listed<'py>(&self, golds: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let listed: Vec<_> = if let Ok(list) = golds.cast::<PyList>() {
            list.iter().collect()
        } else if let Ok(tuple) = golds.cast::<PyTuple>() {
            tuple.iter().collect()
        } else {
            return Ok(vec![golds.clone()]);
        };
        if self.profile.golds == Golds::One {
            let (name, count) = (self.profile.name, listed.len());
            let message =
                format!("profile `{name}` compares with one gold, not a list of {count}: choose one");
            return Err(PyValueError::new_err(message));
        }
        // HELMET's golds may be lists of lists, which its file flattens.
        let nested = self.profile.name == "helmet" && listed.iter().any(|gold| gold.cast::<PyList>().is_ok());
        if !nested {
            return Ok(listed);
        }
        let inner = listed.iter().map(|gold| self.listed(gold)).collect::<PyResult<Vec<_>>>()?;
        Ok(inner.into_iter().flatten().collect())
    }

    /// The golds of one row, as text.
    pub(super) fn golds<'a>(&self, golds: &'a [Bound<'_, PyAny>]) -> PyResult<Vec<Given<'a>>> {
        golds.iter().map(|gold| self.gold(gold)).collect()
    }

    fn gold<'a>(&self, gold: &'a Bound<'_, PyAny>) -> PyResult<Given<'a>> {
        // TAT-QA cuts a count that is a float to a whole number, and only then writes it.
        if gold.is_instance_of::<PyFloat>()
            && self.settings.text("answer_type") == "count"
            && let Ok(whole) = gold.call_method0(intern!(gold.py(), "__int__"))
        {
            return Ok(Given::One(Text::Owned(whole.str()?.to_string_lossy().into_owned(), false)));
        }
        self.given(gold, "a gold")
    }

    /// An answer that was already extracted.
    pub(super) fn predicted<'a>(&self, value: &'a Bound<'_, PyAny>) -> PyResult<Given<'a>> {
        // TAT-QA's metric takes a number 0 for no prediction.
        let zero = value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyInt>();
        if self.profile.name == "tatqa" && zero && !value.is_truthy()? {
            return Ok(Given::Several(vec![]));
        }
        self.given(value, "a prediction")
    }

    /// A text, spans or, where the profile counts, a number.
    pub(super) fn given<'a>(&self, value: &'a Bound<'_, PyAny>, what: &str) -> PyResult<Given<'a>> {
        if let Ok(text) = value.cast::<PyString>() {
            return Ok(Given::One(Text::of(text)?));
        }
        if let Ok(spans) = value.cast::<Spans>() {
            let spans = spans.get().spans.bind(value.py()).iter();
            let owned = spans.map(|span| {
                let span = span.cast_into::<PyString>()?;
                Ok(match Text::of(&span)? {
                    Text::Borrowed(text) => Text::Owned(text.to_owned(), false),
                    Text::Owned(text, lone) => Text::Owned(text, lone),
                })
            });
            return Ok(Given::Several(owned.collect::<PyResult<_>>()?));
        }
        let is_number = |value: &Bound<'_, PyAny>| {
            (value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyInt>())
                && !value.is_instance_of::<PyBool>()
        };
        let counts = takes_numbers(self.profile);
        // A scalar of numpy holds a number of Python.
        let held = if counts && !is_number(value) {
            value.call_method0(intern!(value.py(), "item")).ok()
        } else {
            None
        };
        let number = held.as_ref().unwrap_or(value);
        if counts && is_number(number) {
            return Ok(Given::One(Text::Owned(number.str()?.to_string_lossy().into_owned(), false)));
        }
        let (name, takes) = (self.profile.name, if counts { "text or a number" } else { "text" });
        Err(PyValueError::new_err(format!("{what} is {}: profile `{name}` takes {takes}", value.repr()?)))
    }
}

fn setting(name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<Setting> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Setting::Text(Text::of(text)?.as_str().to_owned()));
    }
    if value.is_instance_of::<PyBool>() {
        return Err(PyValueError::new_err(format!("{name} is {value}: use a text or a number")));
    }
    match value.extract::<f64>() {
        Ok(number) => Ok(Setting::Number(number)),
        Err(_) => Err(PyValueError::new_err(format!("{name} is {}: use a text or a number", value.repr()?))),
    }
}

/// The profiles whose official golds are numbers in their files.
fn takes_numbers(profile: &Profile) -> bool {
    matches!(profile.name, "docmath_eval" | "qwenlong_docmath_eval" | "tatqa")
}
