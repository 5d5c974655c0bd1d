/// What is measured. The names are the same in every profile; what each means is the profile's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// The normal forms are equal.
    Em,
    /// The harmonic mean of precision and recall over tokens.
    F1,
    /// The share of the prediction's tokens that the gold has.
    Precision,
    /// The share of the gold's tokens that the prediction has.
    Recall,
    /// One normal form contains the other, as the profile says.
    SubEm,
    /// The prediction's normal form contains the gold's.
    SubEmStrict,
    /// Either normal form contains the other.
    SubEmLoose,
    /// 1 where the normal forms are equal, one half where one contains the other.
    HalfEm,
    /// The longest common subsequence of words.
    RougeL,
    /// Right or wrong, or the share that is right.
    Accuracy,
    /// An anchored answer that is neither empty nor a placeholder stands after finished reasoning.
    WellFormed,
}

impl Metric {
    /// All, in the order in which tables show them.
    pub const ALL: [Self; 11] = [
        Self::Accuracy,
        Self::Em,
        Self::F1,
        Self::Precision,
        Self::Recall,
        Self::SubEm,
        Self::SubEmStrict,
        Self::SubEmLoose,
        Self::HalfEm,
        Self::RougeL,
        Self::WellFormed,
    ];

    /// The name, stable. O(1).
    ///
    /// ```
    /// assert_eq!(qwenlong_scoring::Metric::SubEm.name(), "sub_em");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Em => "em",
            Self::F1 => "f1",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::SubEm => "sub_em",
            Self::SubEmStrict => "sub_em_strict",
            Self::SubEmLoose => "sub_em_loose",
            Self::HalfEm => "half_em",
            Self::RougeL => "rouge_l",
            Self::Accuracy => "accuracy",
            Self::WellFormed => "well_formed",
        }
    }
}
