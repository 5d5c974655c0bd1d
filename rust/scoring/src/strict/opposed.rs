//! Clauses that say the opposite of a yes or a no.

use crate::strict::clauses;
use crate::strict::sentence::sentences;
use crate::strict::tail_words::listed;
use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::{denies, is_copula};
use crate::strict::yesno::{Polarity, says};

/// Whether the clause that opens at token `from` says the opposite: `it is not` behind a yes, `they are` behind a no.
pub(super) fn opposes(tokens: &Tokens, from: usize, polarity: Polarity) -> bool {
    // `both of them are`
    let of = matches!(tokens.word(from), "both" | "all" | "each" | "neither" | "none")
        && tokens.word(from + 1) == "of"
        && matches!(tokens.word(from + 2), "them" | "these" | "those" | "us" | "which");
    let from = from + if of && polarity == Polarity::No { 2 } else { 0 };
    let word = |ahead: usize| tokens.word(from + ahead);
    let pronoun = |word: &str| {
        matches!(
            word,
            "it" | "they"
                | "he"
                | "she"
                | "there"
                | "we"
                | "this"
                | "that"
                | "these"
                | "those"
                | "both"
                | "all"
                | "them"
        )
    };
    let ends = |ahead: usize| tokens.get(from + ahead).is_none_or(|token| token.gap > Gap::Space);
    if polarity == Polarity::Yes {
        let length = (1..tokens.len() - from).find(|&ahead| ends(ahead)).unwrap_or(tokens.len() - from);
        return matches!(word(0), "not" | "never")
            || matches!(word(0), "only" | "just") && word(1) == "one" && {
                let verb = if word(2) == "of" { 4 } else { 2 };
                is_positive(word(verb)) && ends(verb + 1)
            }
            || matches!(word(0), "neither" | "none")
                && !tokens.get(from).is_some_and(|token| token.possessive)
            || pronoun(word(0))
                && (1..length.min(5))
                    .any(|ahead| denies(word(ahead)) && !matches!(word(ahead + 1), "doubt" | "question"))
            || denies(word(length - 1));
    }
    let adverb = |word: &str| matches!(word, "both" | "all" | "indeed" | "really" | "actually" | "certainly");
    let verb = 1 + usize::from(adverb(word(1)));
    let after = verb + 1 + usize::from(adverb(word(verb + 1)) && ends(verb + 2));
    pronoun(word(0))
        && is_positive(word(verb))
        && (ends(after)
            || matches!(word(verb + 1), "true" | "correct" | "right" | "so" | "indeed" | "accurate" | "case"))
}

pub(super) fn is_positive(verb: &str) -> bool {
    matches!(
        verb,
        "is" | "are" | "was" | "were" | "does" | "do" | "did" | "has" | "have" | "had" | "can" | "will"
    )
}

/// Whether a sentence behind an answer says the opposite of it. O(n).
pub(super) fn unsaid(rest: &str, polarity: Polarity) -> bool {
    sentences(rest).any(|sentence| {
        let tokens = Tokens::of(sentence);
        !tokens.is_empty()
            && (contradicted(&tokens, polarity)
                || opposes(&tokens, 0, polarity)
                || polarity == Polarity::No && opposes(&tokens, clauses::opening(&tokens), polarity)
                || (0..tokens.len()).any(|index| {
                    says(tokens.word(index)).is_some_and(|other| other != polarity)
                        && !(index == 0 && counts_none(&tokens))
                        && (index == 0 || clauses::concludes(&tokens, index))
                }))
    })
}

/// Whether a sentence opens with a no that belongs to a noun: `No other film is mentioned`.
fn counts_none(tokens: &Tokens) -> bool {
    tokens.word(0) == "no"
        && tokens.get(1).is_some_and(|token| token.gap <= Gap::Space)
        && listed(
            tokens.word(1),
            "other others further additional evidence mention indication contradiction doubt",
        )
}

/// Whether the clause at a token is that what was asked holds: `the claim is correct`.
pub(super) fn claims(tokens: &Tokens, index: usize) -> bool {
    matches!(tokens.word(index), "claim" | "statement" | "assertion" | "premise")
        && is_copula(tokens.word(index + 1))
        && matches!(tokens.word(index + 2), "true" | "correct" | "right" | "accurate")
}

/// Whether a sentence says that the text says otherwise, or behind a no that it is true.
fn contradicted(tokens: &Tokens, polarity: Polarity) -> bool {
    let last = tokens.len().saturating_sub(1);
    let holds = last > 1
        && matches!(tokens.word(last), "true" | "correct" | "right" | "accurate")
        && is_copula(tokens.word(last - 1));
    match polarity {
        Polarity::Yes => tokens
            .words()
            .any(|word| matches!(word, "contradict" | "contradicts" | "otherwise" | "disproves" | "refutes")),
        Polarity::No => holds && tokens.words().all(|word| !denies(word)),
    }
}
