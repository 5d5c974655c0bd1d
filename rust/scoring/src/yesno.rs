//! Yes and no.

use crate::tokens::{Gap, Tokens};
use crate::verdict::Reason;
use crate::words::{denies, hedges};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polarity {
    Yes,
    No,
}

impl Polarity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }
}

/// An answer that elaborates has at most this many tokens.
const MAX_TOKENS: usize = 24;

/// Reads a gold or an answer that is one word.
pub(crate) fn read(text: &str) -> Option<Polarity> {
    of(Tokens::of(text).normal())
}

fn of(normal: &str) -> Option<Polarity> {
    match normal {
        "yes" => Some(Polarity::Yes),
        "no" => Some(Polarity::No),
        _ => None,
    }
}

/// The polarity an answer commits to: the word alone, or as its first word, set off by punctuation, where the rest
/// neither names the other polarity, nor hedges, nor denies a yes. O(n).
pub(crate) fn answer(tokens: &Tokens) -> Result<Polarity, Reason> {
    if tokens.is_empty() {
        return Err(Reason::Empty);
    }
    if let Some(polarity) = of(tokens.normal()) {
        return Ok(polarity);
    }
    let polarity = of(tokens.word(0)).ok_or(Reason::Different)?;
    if tokens.len() > MAX_TOKENS
        || tokens.words().skip(1).any(|word| of(word).is_some_and(|other| other != polarity))
    {
        return Err(Reason::TooManyCandidates);
    }
    if !matches!(tokens.get(1).map(|token| token.gap), Some(Gap::Comma | Gap::Break)) {
        return Err(Reason::Different);
    }
    for index in 1..tokens.len() {
        let next = (index + 1 < tokens.len()).then(|| tokens.word(index + 1));
        if hedges(tokens.word(index), next) {
            return Err(Reason::Hedged);
        }
        if polarity == Polarity::Yes && denies(tokens.word(index)) {
            return Err(Reason::Negated);
        }
    }
    Ok(polarity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_elaborated_answer_counts_for_its_first_word_or_not_at_all() {
        let rows = [
            ("Yes", Ok(Polarity::Yes)),
            ("no.", Ok(Polarity::No)),
            ("Yes, it does.", Ok(Polarity::Yes)),
            ("No, it does not", Ok(Polarity::No)),
            ("Yes, I know so", Ok(Polarity::Yes)),
            ("Yes, no", Err(Reason::TooManyCandidates)),
            ("Yes, it does not", Err(Reason::Negated)),
            ("Yes, maybe", Err(Reason::Hedged)),
            ("no doubt yes", Err(Reason::TooManyCandidates)),
            ("no doubt", Err(Reason::Different)),
            ("Norway", Err(Reason::Different)),
            ("!?", Err(Reason::Empty)),
        ];
        for (text, answered) in rows {
            assert_eq!(answer(&Tokens::of(text)), answered, "{text}");
        }
    }
}
