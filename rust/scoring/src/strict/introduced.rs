//! Words before a name that only introduce it, as far as their neighbours say so.

use crate::strict::shortform;
use crate::strict::tail_words::{is_description, is_year, listed, locates};
use crate::strict::tokens::{Article, Gap, Tokens};
use crate::strict::words::{is_copula, is_noun, leads};

/// Whether word `index` only introduces a name: a word of `words::leads` that is no name itself, the verb of a statement
/// (`He died in`), a title (`Pope John Paul II`), what is named (`a woman named`, `the 1997 film`). O(1).
pub(crate) fn introduces(tokens: &Tokens, index: usize) -> bool {
    let (word, next) = (tokens.word(index), tokens.word(index + 1));
    let lower = |index: usize| tokens.get(index).is_some_and(|token| !token.upper);
    !is_name(tokens, index)
        && (leads(word)
            || happens(tokens, index)
            || word == "former" && (is_noun(next) || is_title(next))
            || named_in_full(tokens, index) && is_title(word)
            || is_year(word) && is_noun(next) && lower(index + 1)
            || matches!(next, "named" | "called")
                && lower(index)
                && !lower(index + 2)
                && is_description(word))
}

/// Whether a word that else introduces is a name here: `The Who, an English band`, `WHO (World Health Organization)`.
fn is_name(tokens: &Tokens, index: usize) -> bool {
    let Some(token) = tokens.get(index).filter(|token| token.upper) else { return false };
    let next = tokens.word(index + 1);
    let ends = tokens.get(index + 1).is_none_or(|token| token.gap > Gap::Break)
        || matches!(next, "according" | "because" | "instead");
    let function = listed(tokens.word(index), "who which that it he she they this there with as by on in");
    function
        && ends
        && (token.article == Some(Article::Definite)
            || token.caps && shortform::stands(tokens, index, index + 1))
}

/// Whether a verb behind a pronoun, a copula or a described subject opens a phrase of place, time or author.
fn happens(tokens: &Tokens, index: usize) -> bool {
    let before = index.checked_sub(1).map_or("", |before| tokens.word(before));
    // `It took place in`
    let subject = listed(before, "it he she they this");
    if tokens.word(index) == "took" {
        return subject && tokens.word(index + 1) == "place" && locates(tokens.word(index + 2));
    }
    let took = tokens.word(index) == "place" && before == "took" && index > 1;
    if took && locates(tokens.word(index + 1)) {
        return happens(tokens, index - 1);
    }
    (is_copula(before) || subject) && locates(tokens.word(index + 1)) && verb(tokens.word(index))
}

fn verb(word: &str) -> bool {
    listed(
        word,
        "happened occurred opened closed ended began started died studied worked graduated signed published released \
         held established established introduced launched completed killed buried performed painted composed invented \
         discovered designed built",
    )
}

/// Where the object of a description with such a verb starts: of `the treaty was signed on 12 March 1999`, the date.
/// `index` is behind the copula.
pub(crate) fn object(tokens: &Tokens, subject: usize, index: usize) -> usize {
    let described =
        tokens.get(subject).is_some_and(|token| token.article == Some(Article::Definite) && !token.upper)
            && subject + 2 == index;
    if described && happens(tokens, index) { index + 2 } else { index }
}

/// Titles that stand before a whole name. Those of names such as `Captain America` and `General Motors` need two words
/// behind them.
fn is_title(word: &str) -> bool {
    listed(
        word,
        "pope captain emperor empress admiral senator governor colonel cardinal archbishop chancellor prime",
    )
}

fn named_in_full(tokens: &Tokens, title: usize) -> bool {
    let upper = |index: usize| tokens.get(index).is_some_and(|token| token.upper && token.gap <= Gap::Break);
    tokens.get(title).is_some_and(|token| token.upper) && upper(title + 1) && upper(title + 2)
}

/// Whether a name of which every word may introduce ends the answer behind what introduces it: `It is The Who`, `the
/// band Queen`.
pub(crate) fn ends_with_name(tokens: &Tokens, start: usize, end: usize) -> bool {
    let Some(before) = start.checked_sub(1).filter(|_| end == tokens.len()) else { return false };
    let noun = tokens.get(before).is_some_and(|token| {
        !token.upper && token.article == Some(Article::Definite) && is_noun(tokens.word(before))
    });
    (noun || is_copula(tokens.word(before))) && tokens.get(start).is_some_and(|token| token.upper)
}
