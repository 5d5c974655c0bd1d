//! Answers that a scan misspelt: `Berlln` for `Berlin`.

use rapidfuzz::distance::levenshtein::normalized_similarity;

use crate::strict::fold::is_currency;
use crate::strict::quantity_words::names_number;
use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::{denies, hedges, joins};

/// Longer texts are not compared: the work is more than linear in them.
const MAX_CHARS: usize = 1000;

/// A gold with fewer letters has too many neighbours that are words of their own.
const MIN_LETTERS: usize = 5;

/// Whether two normal forms differ by slips of a scan alone: their edit similarity is at least `threshold`, and no slip
/// touches what decides. Numbers, signs and denials are the same ones on both sides, and the prediction neither hedges
/// nor joins or separates candidates more often than the gold. O(n m), both capped.
pub(crate) fn resembles(prediction: &Tokens, gold: &Tokens, threshold: f64) -> bool {
    let long = |tokens: &Tokens| tokens.normal().chars().nth(MAX_CHARS).is_some();
    if long(prediction) || long(gold) {
        return false;
    }
    let letters = gold.normal().chars().filter(|char| char.is_alphabetic()).count();
    letters >= MIN_LETTERS
        && prediction.words().filter(|word| decides(word)).eq(gold.words().filter(|word| decides(word)))
        && doubts(prediction) <= doubts(gold)
        && !reverses(prediction, gold)
        && normalized_similarity(prediction.normal().chars(), gold.normal().chars()) >= threshold
}

/// Numbers, in words or Roman numerals too, signs, lone letters and denials.
fn decides(word: &str) -> bool {
    let roman = || word.len() <= 8 && word.bytes().all(|byte| b"ivxlcdm".contains(&byte));
    let lone = || word.chars().nth(1).is_none();
    word.contains(|char: char| char.is_numeric() || char == '%' || is_currency(char))
        || denies(word)
        || lone()
        || roman()
        || names_number(word)
        || matches!(word, "non" | "un" | "anti")
}

/// Whether a word of one side is one of the other with a prefix that denies: `irresponsible`. O(n m).
fn reverses(one: &Tokens, other: &Tokens) -> bool {
    let prefixed = |long: &str, short: &str| {
        ["un", "in", "ir", "im", "il", "non", "dis"].iter().any(|prefix| {
            let alike = |word: &str| normalized_similarity(word.chars(), short.chars());
            long.strip_prefix(prefix)
                .is_some_and(|bare| bare.len() > 2 && alike(bare) >= 0.8 && alike(bare) > alike(long))
        })
    };
    one.words().zip(other.words()).any(|(one, other)| prefixed(one, other) || prefixed(other, one))
}

/// How often a text hedges, joins two candidates or sets one off from another.
fn doubts(tokens: &Tokens) -> usize {
    let word = |index: usize| {
        let word = tokens.word(index);
        joins(word) || hedges(word, None)
    };
    let stop = |index: usize| tokens.get(index).is_some_and(|token| token.gap >= Gap::Parenthesis);
    (0..tokens.len()).map(|index| usize::from(word(index)) + usize::from(stop(index))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_a_scan_are_forgiven_and_nothing_that_decides() {
        let rows = [
            ("Berlln", "Berlin", 0.8, true),
            ("Berlln", "Berlin", 0.9, false),
            ("Bariin", "Berlin", 0.8, false),
            ("Rorne", "Rome", 0.5, false),
            ("Apollo 12", "Apollo 11", 0.5, false),
            ("section 4 of the act", "section 4.1 of the act", 0.5, false),
            ("guilty as charged", "not guilty as charged", 0.5, false),
            ("rose by $5 at once", "rose by €5 at once", 0.5, false),
            ("Smyth or Jones", "Smith Jones", 0.5, false),
            ("Smyth / Jones", "Smith Jones", 0.5, false),
            ("Smyth and Jones", "Smith and Jones", 0.9, true),
            ("", "Berlin", 0.5, false),
        ];
        for (prediction, gold, threshold, same) in rows {
            let (one, other) = (Tokens::of(prediction), Tokens::of(gold));
            assert_eq!(resembles(&one, &other, threshold), same, "{prediction} / {gold}");
        }
        let long = "a".repeat(MAX_CHARS + 1);
        assert!(!resembles(&Tokens::of(&long), &Tokens::of(&long), 0.5));
    }
}
