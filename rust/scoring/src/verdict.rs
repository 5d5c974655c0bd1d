/// Why a verdict is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The answer is one of the golds.
    Matched,
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
            Self::Different => "different",
            Self::NoAnswer => "no_answer",
            Self::UnfinishedReasoning => "unfinished_reasoning",
            Self::TemplateEcho => "template_echo",
            Self::Empty => "empty",
            Self::TooManyCandidates => "too_many_candidates",
            Self::Negated => "negated",
            Self::Hedged => "hedged",
            Self::GoldUnparsable => "gold_unparsable",
        }
    }
}

/// What the scorer says of one response, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// 1 or 0; `None` where no gold can be read, which is not the model's fault.
    pub score: Option<f64>,
    /// The final answer as it was written, without markup.
    pub extracted: Option<String>,
    /// The answer in the form that was compared.
    pub normal_prediction: Option<String>,
    /// The gold in the form it was compared with: the one that matched, else the first that can be read.
    pub normal_gold: Option<String>,
    /// Why.
    pub reason: Reason,
    /// Index of the gold that matched.
    pub matched_gold: Option<usize>,
    /// An anchored answer that is neither empty nor a placeholder stands after finished reasoning.
    pub well_formed: bool,
}
