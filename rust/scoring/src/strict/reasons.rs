//! Reasons and sources behind an answer.

use crate::strict::tail::predicate;
use crate::strict::tail_words::{excuses, is_verb_of_record, supposes};
use crate::strict::tokens::{Article, Gap, Tokens};
use crate::strict::told::{equates, quotes, tells};
use crate::strict::words::is_copula;

/// How many tokens of a reason are read.
const MAX_CAUSE: usize = 24;

/// Whether the words at `first` are a reason or a source: `because`, `as stated in`, `according to`, `based on`.
pub(crate) fn reasons(tokens: &Tokens, first: usize) -> bool {
    let next = tokens.word(first + 1);
    let known = tokens.get(first + 1).is_some_and(|token| token.gap <= Gap::Break);
    known
        && match tokens.word(first) {
            "because" | "since" => cause(tokens, first),
            "as" => {
                is_verb_of_record(next) && recorded(tokens, first + 2)
                    || matches!(next, "per" | "he" | "she" | "it" | "they")
                    || quotes(tokens, first + 1)
                    || tells(tokens, first + 1, tokens.len())
            }
            "according" | "due" => next == "to" && source(tokens, first + 2),
            "based" => next == "on" && source(tokens, first + 2),
            _ => false,
        }
}

/// Whether a reason is more than a word, and not that the name is another: `because it is Paris`. `since 1990` is a time.
fn cause(tokens: &Tokens, first: usize) -> bool {
    let next = tokens.word(first + 1);
    if next.starts_with(|char: char| char.is_ascii_digit()) {
        return true;
    }
    let subject = matches!(next, "it" | "that" | "this" | "he" | "she" | "they");
    let equal = subject && is_copula(tokens.word(first + 2)) && !predicate(tokens, first + 3, tokens.len());
    let mut near = (first + 1..tokens.len().min(first + MAX_CAUSE)).map(|index| (index, tokens.word(index)));
    // `since Paris is right`, `because the documents are silent`, but `because A is wrong`
    let new = |index: usize, word: &str| {
        word.len() > 1
            && tokens.get(index).is_some_and(|token| token.upper)
            && (first.saturating_sub(MAX_CAUSE)..first).all(|before| tokens.word(before) != word)
    };
    let told = tells(tokens, first + 1, tokens.len());
    let other = near
        .any(|(index, word)| !told && is_copula(tokens.word(index + 1)) && new(index, word) || excuses(word));
    // `because Michelle Obama is the answer`
    let answers = (first + 2..tokens.len()).any(|index| {
        is_copula(tokens.word(index - 1)) && matches!(tokens.word(index), "answer" | "correct" | "right")
    });
    let sounds = supposes(next) || subject && supposes(tokens.word(first + 2));
    let more = first + 2 < tokens.len() && !matches!(next, "why" | "of");
    more && !(sounds || answers || equal || other || equates(tokens, first + 1))
}

/// Whether what stands behind `as stated` says where, or nothing does.
fn recorded(tokens: &Tokens, index: usize) -> bool {
    tokens.get(index).is_none_or(|token| token.gap > Gap::Break)
        || matches!(
            tokens.word(index),
            "in" | "by" | "on" | "at" | "above" | "earlier" | "there" | "here" | "directly"
        )
}

/// Whether somebody or something is named that may be a source.
fn source(tokens: &Tokens, index: usize) -> bool {
    tokens.get(index).is_some_and(|token| token.upper || token.article == Some(Article::Definite))
        || matches!(
            tokens.word(index),
            "his"
                | "her"
                | "its"
                | "their"
                | "this"
                | "that"
                | "these"
                | "those"
                | "document"
                | "documents"
                | "page"
        )
}
