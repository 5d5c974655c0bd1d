use crate::metric::Metric;

/// Why a verdict is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The answer is one of the golds.
    Matched,
    /// The answer has something of a gold: the score lies between 0 and 1.
    Partial,
    /// The answer is something else.
    Different,
    /// There is no answer: no anchor, and more than one short line.
    NoAnswer,
    /// The reasoning never ended, so whatever it says is no answer.
    UnfinishedReasoning,
    /// The answer repeats the prompt's placeholder.
    TemplateEcho,
    /// Nothing follows the anchor, or nothing is left of it in normal form.
    Empty,
    /// Several candidates, or more words than one answer needs.
    TooManyCandidates,
    /// The answer denies something.
    Negated,
    /// The answer does not commit itself.
    Hedged,
    /// No gold can be read as its kind: there is nothing to judge by.
    GoldUnparsable,
    /// The official code would run the text as a program; nothing here does.
    NeedsEval,
    /// A metric that is more than linear is not computed for a text of this length.
    TooLong,
}

impl Reason {
    /// The code, stable. O(1).
    ///
    /// ```
    /// assert_eq!(qwenlong_scoring::Reason::NoAnswer.code(), "no_answer");
    /// ```
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Partial => "partial",
            Self::Different => "different",
            Self::NoAnswer => "no_answer",
            Self::UnfinishedReasoning => "unfinished_reasoning",
            Self::TemplateEcho => "template_echo",
            Self::Empty => "empty",
            Self::TooManyCandidates => "too_many_candidates",
            Self::Negated => "negated",
            Self::Hedged => "hedged",
            Self::GoldUnparsable => "gold_unparsable",
            Self::NeedsEval => "needs_eval",
            Self::TooLong => "too_long",
        }
    }

    /// Whether nothing could be judged, which is not the answer's fault: the score is missing, not zero. O(1).
    #[must_use]
    pub fn is_missing(self) -> bool {
        matches!(self, Self::GoldUnparsable | Self::NeedsEval | Self::TooLong)
    }

    /// What a score alone says. O(1).
    pub(crate) fn of(score: f64) -> Self {
        if score >= 1.0 {
            Self::Matched
        } else if score > 0.0 {
            Self::Partial
        } else {
            Self::Different
        }
    }
}

/// What the scorer says of one response, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The headline metric; `None` where nothing can be judged ([`Reason::is_missing`]).
    pub score: Option<f64>,
    /// The final answer as it was written, without markup.
    pub extracted: Option<String>,
    /// The answer in the form that was compared.
    pub normal_prediction: Option<String>,
    /// The gold in the form it was compared with: the one that matched, else the first that can be read.
    pub normal_gold: Option<String>,
    /// Why.
    pub reason: Reason,
    /// Index of the gold that gave the score, where that is above 0.
    pub matched_gold: Option<usize>,
    /// Every metric that was computed, the headline first.
    pub metrics: Vec<(Metric, f64)>,
}

impl Verdict {
    /// The value of a metric; `None` where it was not computed. O(1).
    #[must_use]
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        self.metrics.iter().find(|(name, _)| *name == metric).map(|&(_, value)| value)
    }
}
