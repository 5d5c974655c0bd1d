//! A scorer by its name, and how every scorer goes: extract, then judge.

use std::borrow::Cow;

use crate::answer::Answer;
use crate::error::Error;
use crate::metric::Metric;
use crate::official::OFFICIAL;
use crate::setting::{Choice, Settings};
use crate::strict::STRICT;
use crate::verdict::{Reason, Verdict};

/// How many golds a profile takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Golds {
    /// One.
    One,
    /// Several that are aliases of one another.
    Aliases,
    /// The same; none at all says that there is no answer.
    AliasesOrNone,
    /// Several aliases, each of one or more spans.
    Spans,
}

impl Golds {
    /// The name, stable. O(1).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Aliases | Self::AliasesOrNone => "aliases",
            Self::Spans => "spans",
        }
    }
}

/// What a judge found: the profile makes a verdict of it.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// In the profile's order, the headline first.
    pub(crate) metrics: Vec<(Metric, f64)>,
    pub(crate) normal_prediction: Option<String>,
    pub(crate) normal_gold: Option<String>,
    pub(crate) matched_gold: Option<usize>,
    /// Where the score alone does not say why.
    pub(crate) reason: Option<Reason>,
}

/// Extracts the answer from a response; a reason where there is none, which scores 0.
pub(crate) type Extract = for<'a> fn(&'a str, &Settings) -> Result<Cow<'a, str>, Reason>;
/// Reads the gold that `score` is given, where the official code parses it too; `None` where it would raise.
pub(crate) type ReadGold = for<'a> fn(&'a str) -> Option<Cow<'a, str>>;
/// Judges an answer; a missing verdict is an error with its reason.
pub(crate) type Judge = fn(&Answer<'_>, &[Answer<'_>], &Settings) -> Result<Findings, Reason>;
/// Scores a whole response, where that is more than extracting and judging.
pub(crate) type Score = fn(&str, &[Answer<'_>], &Settings) -> Verdict;

/// A scorer.
#[derive(Debug)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// The official file and its commit, or what else it follows.
    pub source: &'static str,
    /// Counts up with every change of what a verdict may be.
    pub semantics: u32,
    /// The golds it takes.
    pub golds: Golds,
    /// What it measures, the headline first.
    pub metrics: &'static [Metric],
    /// Its options.
    pub options: &'static [Choice],
    /// Whether nothing before the last `</think>` can matter, so that a caller may cut there.
    pub tail: bool,
    pub(crate) extract: Extract,
    pub(crate) read_gold: Option<ReadGold>,
    pub(crate) judge: Judge,
    pub(crate) score: Option<Score>,
    /// The same for an answer that was already extracted.
    pub(crate) match_answer: Option<Score>,
}

/// Every profile, `strict` first. O(1).
pub fn profiles() -> impl Iterator<Item = &'static Profile> {
    std::iter::once(&STRICT).chain(OFFICIAL.iter().copied().flatten())
}

/// The profile of a name. O(n) in their number.
///
/// # Errors
///
/// [`Error::UnknownProfile`].
///
/// ```
/// assert_eq!(qwenlong_scoring::profile("hotpotqa")?.golds, qwenlong_scoring::Golds::One);
/// # Ok::<(), qwenlong_scoring::Error>(())
/// ```
pub fn profile(name: &str) -> Result<&'static Profile, Error> {
    profiles()
        .find(|profile| profile.name == name)
        .ok_or_else(|| Error::UnknownProfile { name: name.to_owned() })
}

impl Profile {
    /// Extracts the answer of a response and judges it. Linear in the texts, but for metrics that say otherwise.
    ///
    /// # Errors
    ///
    /// Golds of another shape than the profile takes: [`Error::NoGold`], [`Error::OneGold`], [`Error::NoSpans`].
    ///
    /// ```
    /// use qwenlong_scoring::{Settings, profile};
    ///
    /// let hotpotqa = profile("hotpotqa")?;
    /// let verdict = hotpotqa.score("The city of Paris", &["Paris".into()], &Settings::default())?;
    /// assert_eq!(verdict.score, Some(0.5));
    /// # Ok::<(), qwenlong_scoring::Error>(())
    /// ```
    pub fn score(&self, response: &str, golds: &[Answer<'_>], settings: &Settings) -> Result<Verdict, Error> {
        self.check(golds)?;
        if let Some(score) = self.score {
            return Ok(score(response, golds, settings));
        }
        let extracted = match (self.extract)(response, settings) {
            Ok(extracted) => extracted,
            Err(reason) => return Ok(self.nothing(reason)),
        };
        let judged = match self.read_gold {
            None => (self.judge)(&Answer::Text(&extracted), golds, settings),
            Some(read) => golds
                .iter()
                .map(|gold| read(gold.text()))
                .collect::<Option<Vec<_>>>()
                .ok_or(Reason::GoldUnparsable)
                .and_then(|read| {
                    let golds: Vec<_> = read.iter().map(|gold| Answer::Text(gold)).collect();
                    (self.judge)(&Answer::Text(&extracted), &golds, settings)
                }),
        };
        Ok(self.verdict(Some(extracted.into_owned()), judged))
    }

    /// Judges an answer that was already extracted.
    ///
    /// # Errors
    ///
    /// As in [`Profile::score`]; [`Error::NoSpans`] also where the prediction has spans.
    pub fn match_answer(
        &self,
        prediction: &Answer<'_>,
        golds: &[Answer<'_>],
        settings: &Settings,
    ) -> Result<Verdict, Error> {
        self.check(golds)?;
        self.check_spans(prediction)?;
        if let Some(match_answer) = self.match_answer {
            return Ok(match_answer(prediction.text(), golds, settings));
        }
        let extracted = prediction.spans().join(", ");
        Ok(self.verdict(Some(extracted), (self.judge)(prediction, golds, settings)))
    }

    /// The answer of a response; `None` where there is none.
    #[must_use]
    pub fn extract(&self, response: &str, settings: &Settings) -> Option<String> {
        (self.extract)(response, settings).ok().map(Cow::into_owned)
    }

    fn check(&self, golds: &[Answer<'_>]) -> Result<(), Error> {
        match golds {
            [] if self.golds != Golds::AliasesOrNone => Err(Error::NoGold),
            [_, _, ..] if self.golds == Golds::One => {
                Err(Error::OneGold { profile: self.name, golds: golds.len() })
            }
            golds => golds.iter().try_for_each(|gold| self.check_spans(gold)),
        }
    }

    fn check_spans(&self, answer: &Answer<'_>) -> Result<(), Error> {
        match answer {
            Answer::Spans(_) if self.golds != Golds::Spans => Err(Error::NoSpans { profile: self.name }),
            _ => Ok(()),
        }
    }

    /// The verdict of a judgement.
    pub(crate) fn verdict(&self, extracted: Option<String>, judged: Result<Findings, Reason>) -> Verdict {
        let findings = match judged {
            Ok(findings) => findings,
            Err(reason) if reason.is_missing() => Findings { reason: Some(reason), ..Findings::default() },
            Err(reason) => return Verdict { extracted, ..self.nothing(reason) },
        };
        let score = findings.metrics.first().map(|&(_, value)| value);
        let is_empty = findings.normal_prediction.as_deref() == Some("") && score == Some(0.0);
        let reason = if is_empty { Reason::Empty } else { Reason::of(score.unwrap_or_default()) };
        Verdict {
            score: score.filter(|_| !findings.reason.is_some_and(Reason::is_missing)),
            extracted,
            normal_prediction: findings.normal_prediction,
            normal_gold: findings.normal_gold,
            reason: findings.reason.unwrap_or(reason),
            matched_gold: findings.matched_gold,
            metrics: findings.metrics,
        }
    }

    /// Every metric 0, for a reason.
    pub(crate) fn nothing(&self, reason: Reason) -> Verdict {
        Verdict {
            score: Some(0.0),
            extracted: None,
            normal_prediction: None,
            normal_gold: None,
            reason,
            matched_gold: None,
            metrics: self.metrics.iter().map(|&metric| (metric, 0.0)).collect(),
        }
    }
}
