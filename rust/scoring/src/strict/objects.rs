//! Prepositions behind a name, with what they are about.

use crate::strict::aside::is_region;
use crate::strict::tail::described;
use crate::strict::tail_words::{directs, is_setting, listed};
use crate::strict::tokens::{Article, Gap, Tokens};

/// Whether a preposition has an object that a statement has: a name, a number, `the north`, but not `theory` or `a
/// guess`.
pub(super) fn object(tokens: &Tokens, preposition: usize) -> bool {
    let (word, next) = (tokens.word(preposition), tokens.word(preposition + 1));
    let Some(token) = tokens.get(preposition + 1).filter(|token| token.gap <= Gap::Break) else {
        return false;
    };
    let number = next.starts_with(|char: char| !char.is_alphabetic());
    // `Berlin before Paris`, `Berlin for Paris`
    if matches!(word, "for" | "before" | "after") {
        return number || word != "for" && token.article == Some(Article::Definite);
    }
    match token.article {
        Some(Article::Indefinite) => described(tokens, preposition + 1, preposition + 4),
        Some(Article::Definite) => {
            described(tokens, preposition + 1, preposition + 5)
                || (preposition + 1..preposition + 4).any(|index| {
                    let word = tokens.word(index);
                    is_setting(word) || word.starts_with(|char: char| char.is_ascii_digit())
                })
        }
        None => {
            number
                || token.upper
                || directs(next)
                || tokens.normal_from(preposition + 1).lines().any(is_region)
        }
    }
}

/// Whether a preposition opens one of several views: `in the view of Bob`, `on the one hand`, `by one account`.
pub(super) fn is_view(tokens: &Tokens, preposition: usize) -> bool {
    let next = tokens.word(preposition + 1);
    let one = matches!(next, "one" | "other" | "some" | "another");
    let noun = tokens.word(preposition + 1 + usize::from(one));
    listed(noun, "view views opinion eyes account accounts mind")
        || one && listed(noun, "hand source sources report reports reading version telling")
}
