//! Clauses behind a name that tell something of somebody: `because Nolan was born there`, `as Document 3 states`.

use crate::strict::dates::month;
use crate::strict::tail_words::{is_participle, is_verb_of_record, listed};
use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::is_copula;

/// A subject has at most this many words.
const MAX_SUBJECT: usize = 5;

/// A longer clause tells nothing.
const MAX_CLAUSE: usize = 24;

/// Whether a named subject at `first` does something of a closed list, and no other name stands behind its verb. A bare
/// `is` would set two names equal. O(1).
pub(crate) fn tells(tokens: &Tokens, first: usize, end: usize) -> bool {
    let upper = |index: usize| tokens.get(index).is_some_and(|token| token.upper);
    let close = |index: usize| tokens.get(index).is_some_and(|token| token.gap <= Gap::Break);
    let verb = (first..end.min(first + MAX_SUBJECT + 1))
        .find(|&index| !upper(index) || !close(index))
        .unwrap_or(end);
    let (word, next) = (tokens.word(verb), tokens.word(verb + 1));
    let after = match verb {
        _ if verb == first || verb >= end => return false,
        _ if is_copula(word) && (is_participle(next) || is_verb_of_record(next)) => verb + 2,
        _ if acts(word) => verb + 1,
        _ => return false,
    };
    (after..first + MAX_CLAUSE).contains(&end)
        && (after..end).all(|index| !upper(index) || month(tokens.word(index)).is_some())
}

/// Verbs of a life or a work.
fn acts(word: &str) -> bool {
    listed(
        word,
        "lived died worked studied grew moved settled stayed wrote directed produced founded composed painted designed \
         invented discovered performed recorded published starred graduated attended married retired taught ruled",
    )
}

/// Whether a document at `first` is said to say something: `Document 3 states`, `the text says that he was born there`.
pub(crate) fn quotes(tokens: &Tokens, first: usize) -> bool {
    let named = listed(
        tokens.word(first),
        "document documents doc passage passages text article context paragraph section report source sources",
    );
    let number = tokens.word(first + 1);
    let verb =
        first + 1 + usize::from(!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    let ends = tokens.get(verb + 1).is_none_or(|token| token.gap > Gap::Break);
    let says = |word: &str| {
        listed(
            word,
            "states state says say mentions mention notes note reports report indicates indicate confirms confirm shows \
             show describes describe explains explain reveals reveal",
        )
    };
    let clause = verb + 2;
    let that = tokens.word(verb + 1) == "that" && clause < tokens.len();
    named
        && says(tokens.word(verb))
        && (ends
            || that
                && !equates(tokens, clause)
                && (tells(tokens, clause, tokens.len()) || plain(tokens, clause)))
}

/// Whether no name stands in a clause.
fn plain(tokens: &Tokens, first: usize) -> bool {
    tokens.len() < first + MAX_CLAUSE
        && (first..tokens.len()).all(|index| {
            tokens.get(index).is_some_and(|token| !token.upper || month(tokens.word(index)).is_some())
        })
}

/// Whether a clause sets something equal to a name that was not said before: `the capital is Paris`, `it is Paris`,
/// `says Paris`. What is somebody's own (`its director is Nolan`) is not the answer. O(1).
pub(crate) fn equates(tokens: &Tokens, first: usize) -> bool {
    let new = |index: usize| {
        let token =
            tokens.get(index).filter(|token| token.upper && token.gap <= Gap::Break && !token.possessive);
        token.is_some()
            && (first.saturating_sub(MAX_CLAUSE)..first)
                .all(|before| tokens.word(before) != tokens.word(index))
    };
    let ends = |index: usize| (index..tokens.len().min(index + MAX_SUBJECT)).all(new);
    (first..tokens.len().min(first + MAX_CLAUSE)).any(|index| {
        let word = tokens.word(index);
        let subject = index > first
            && (matches!(tokens.word(index - 1), "it" | "this" | "that")
                || tokens.get(index - 1).is_some_and(|token| token.article.is_some()));
        index + 1 < tokens.len()
            && (is_copula(word) && subject || matches!(word, "says" | "say"))
            && ends(index + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_tells_or_names_another() {
        let all = |text: &str| (Tokens::of(text), Tokens::of(text).len());
        for text in
            ["Christopher Nolan was born there", "Nolan was raised there in 1970", "Nolan lived there in May"]
        {
            let (tokens, end) = all(text);
            assert!(tells(&tokens, 0, end) && !equates(&tokens, 0), "{text}");
        }
        for text in ["Paris is right", "Nolan was born in Paris", "it was born", "Paris", "Nolan was", ""] {
            let (tokens, end) = all(text);
            assert!(!tells(&tokens, 0, end), "{text}");
        }
        for text in [
            "Document 3 states",
            "the text says that he was born there",
            "Document 2 says that Nolan died there",
        ] {
            assert!(quotes(&Tokens::of(text), 0), "{text}");
        }
        for text in
            ["Document 3 says Paris", "Paris states", "the text says that it is Paris", "Document 3 denies"]
        {
            assert!(!quotes(&Tokens::of(text), 0), "{text}");
        }
        for text in ["the capital is Paris", "it is Paris", "Document 3 says Paris"] {
            assert!(equates(&Tokens::of(text), 0), "{text}");
        }
        assert!(!equates(&Tokens::of("its director is Nolan"), 0));
    }
}
