//! Many rows in one call, on one thread or several, without the interpreter.

use std::{slice, thread};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use qwenlong_scoring::{Answer, Error, Golds, Verdict};

use super::scorer::{Given, Scorer, any_surrogates};
use super::verdicts::Verdicts;

type Scorers<'py> = Vec<Bound<'py, Scorer>>;
type Objects<'py> = Vec<Bound<'py, PyAny>>;

/// The verdicts of many responses, in their order. One scorer is for all rows, else there is one a row.
#[pyfunction]
pub(super) fn score_batch(
    py: Python<'_>,
    scorers: Scorers<'_>,
    responses: Vec<Bound<'_, PyString>>,
    golds: Objects<'_>,
    threads: isize,
) -> PyResult<Verdicts> {
    let read = |scorer: &Scorer, row: usize| Ok(Given::One(scorer.response(&responses[row])?));
    let judge = |scorer: &Scorer, response: &Given<'_>, golds: &[Answer<'_>]| {
        scorer.profile.score(response.answer().text(), golds, &scorer.settings)
    };
    batch(py, &scorers, responses.len(), &golds, threads, read, judge)
}

/// The verdicts on many answers that were already extracted.
#[pyfunction]
pub(super) fn match_batch(
    py: Python<'_>,
    scorers: Scorers<'_>,
    predictions: Objects<'_>,
    golds: Objects<'_>,
    threads: isize,
) -> PyResult<Verdicts> {
    let read = |scorer: &Scorer, row: usize| scorer.predicted(&predictions[row]);
    let judge = |scorer: &Scorer, prediction: &Given<'_>, golds: &[Answer<'_>]| {
        scorer.profile.match_answer(&prediction.answer(), golds, &scorer.settings)
    };
    batch(py, &scorers, predictions.len(), &golds, threads, read, judge)
}

/// Reads every row with the interpreter, judges them without it.
fn batch<'a>(
    py: Python<'_>,
    scorers: &'a Scorers<'_>,
    count: usize,
    golds: &Objects<'_>,
    threads: isize,
    prediction: impl Fn(&'a Scorer, usize) -> PyResult<Given<'a>>,
    judge: impl Fn(&Scorer, &Given<'a>, &[Answer<'_>]) -> Result<Verdict, Error> + Sync,
) -> PyResult<Verdicts> {
    let threads = check(scorers, count, golds.len(), threads)?;
    let scorer = |row: usize| scorers[if scorers.len() == 1 { 0 } else { row }].get();
    let golds = listed(py, scorer, golds)?;
    let rows = (0..count)
        .map(|row| {
            let scorer = scorer(row);
            let prediction = prediction(scorer, row).map_err(|error| named(py, error, row))?;
            Ok((scorer, prediction, read(py, scorer, &golds[row], row)?))
        })
        .collect::<PyResult<Vec<_>>>()?;
    let lone = rows
        .iter()
        .map(|(_, prediction, golds)| any_surrogates(slice::from_ref(prediction)) || any_surrogates(golds))
        .collect();
    let judge = |(scorer, prediction, golds): &(&Scorer, Given<'a>, Vec<Given<'_>>)| {
        let golds: Vec<_> = golds.iter().map(Given::answer).collect();
        judge(scorer, prediction, &golds)
    };
    verdicts(py.detach(|| judged(&rows, threads, judge)), lone)
}

/// The number of threads, where all numbers go together.
fn check(scorers: &[Bound<'_, Scorer>], rows: usize, golds: usize, threads: isize) -> PyResult<usize> {
    if golds != rows {
        return Err(PyValueError::new_err(format!("{rows} rows need as many golds, not {golds}")));
    }
    if scorers.len() != 1 && scorers.len() != rows {
        return Err(PyValueError::new_err(format!(
            "{rows} rows need as many scorers, not {}",
            scorers.len()
        )));
    }
    let usable = usize::try_from(threads).ok().filter(|&threads| threads > 0);
    usable.ok_or_else(|| PyValueError::new_err(format!("threads is {threads} but must be at least 1")))
}

/// The golds of every row.
fn listed<'py, 's>(
    py: Python<'py>,
    scorer: impl Fn(usize) -> &'s Scorer,
    golds: &[Bound<'py, PyAny>],
) -> PyResult<Vec<Objects<'py>>> {
    let listed = |(row, golds)| scorer(row).listed(golds).map_err(|error| named(py, error, row));
    golds.iter().enumerate().map(listed).collect()
}

fn read<'a>(
    py: Python<'_>,
    scorer: &Scorer,
    golds: &'a [Bound<'_, PyAny>],
    row: usize,
) -> PyResult<Vec<Given<'a>>> {
    if golds.is_empty() && scorer.profile.golds != Golds::AliasesOrNone {
        return Err(PyValueError::new_err(format!("row {row} has no gold")));
    }
    scorer.golds(golds).map_err(|error| named(py, error, row))
}

fn named(py: Python<'_>, error: PyErr, row: usize) -> PyErr {
    PyValueError::new_err(format!("row {row}: {}", error.value(py)))
}

/// Rows are cut into as many runs as there are threads.
fn judged<R: Sync>(
    rows: &[R],
    threads: usize,
    judge: impl Fn(&R) -> Result<Verdict, Error> + Sync,
) -> Vec<Result<Verdict, Error>> {
    let threads = threads.min(rows.len()).max(1);
    if threads == 1 {
        return rows.iter().map(judge).collect();
    }
    thread::scope(|scope| {
        let judge = &judge;
        let runs: Vec<_> = rows
            .chunks(rows.len().div_ceil(threads))
            .map(|run| scope.spawn(move || run.iter().map(judge).collect::<Vec<_>>()))
            .collect();
        let joined =
            runs.into_iter().map(|run| run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

fn verdicts(judged: Vec<Result<Verdict, Error>>, lone: Vec<bool>) -> PyResult<Verdicts> {
    let rows = judged.into_iter().zip(lone).enumerate().map(|(row, (verdict, lone))| match verdict {
        Ok(verdict) => Ok((verdict, lone)),
        Err(error) => Err(PyValueError::new_err(format!("row {row}: {error}"))),
    });
    Ok(Verdicts { rows: rows.collect::<PyResult<_>>()? })
}
