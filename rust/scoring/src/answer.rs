/// An answer as it is given: one text, or several spans that are one answer together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<'a> {
    /// One text.
    Text(&'a str),
    /// Several spans of one answer, or none.
    Spans(Vec<&'a str>),
}

impl<'a> Answer<'a> {
    /// The spans; a text is one. O(1).
    ///
    /// ```
    /// use qwenlong_scoring::Answer;
    ///
    /// assert_eq!(Answer::from("Berlin").spans(), ["Berlin"]);
    /// assert_eq!(Answer::Spans(vec!["3", "4"]).spans(), ["3", "4"]);
    /// ```
    #[must_use]
    pub fn spans(&self) -> &[&'a str] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::Spans(spans) => spans,
        }
    }

    /// The text of an answer with one span; empty where there is none. Profiles that know no spans are given none.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.spans().first().copied().unwrap_or_default()
    }
}

impl<'a> From<&'a str> for Answer<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}
