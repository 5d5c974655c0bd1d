//! Descriptions that a verb sets equal to an answer: `the capital of Germany is Berlin`.

use std::ops::Range;

use crate::strict::tail;
use crate::strict::tail_words::{is_description, listed};
use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::relates;

/// Whether the tokens of `range`, behind which a verb stands, are a plain description, so that what follows the verb is
/// the answer: an article or an owner, common words, and perhaps what they belong to. A name with something said of it
/// (`the Berlin, whose name is Paris`) is none: it is itself the answer. O(n).
pub(crate) fn describes(tokens: &Tokens, range: Range<usize>) -> bool {
    let (subject, copula) = (range.start, range.end);
    let owned = matches!(
        subject.checked_sub(1).map_or("", |before| tokens.word(before)),
        "its" | "his" | "her" | "their" | "this" | "that"
    );
    let described =
        owned || tokens.get(subject).is_some_and(|token| token.article.is_some() || token.possessive);
    let joined = |index: usize, most: Gap| tokens.get(index).is_some_and(|token| token.gap <= most);
    // `the capital of`, `the answer, according to`: the noun before the first preposition or pause.
    let end = (subject + 1..copula)
        .find(|&index| relates(tokens.word(index)) || !joined(index, Gap::Space))
        .unwrap_or(copula);
    described
        && is_common(tokens, end - 1)
        && (end..copula).all(|index| joined(index, Gap::Comma))
        && !clauses(tokens, range)
        && !tail::says_more(tokens, copula + 1)
}

fn is_common(tokens: &Tokens, index: usize) -> bool {
    let word = tokens.word(index);
    let upper = tokens.get(index).is_some_and(|token| token.upper);
    (!upper || is_description(word)) && !word.starts_with(|char: char| char.is_numeric())
}

/// Whether a clause within a subject takes the verb behind it: a reason, a verb of its own, a relative clause behind a
/// comma or right before the verb. `The person who wrote it is` is whole.
fn clauses(tokens: &Tokens, range: Range<usize>) -> bool {
    let mut relative = false;
    range.clone().any(|index| {
        let word = tokens.word(index);
        if listed(word, "who whom which that whose where when") {
            let apart = tokens.get(index).is_some_and(|token| token.gap > Gap::Space);
            relative = true;
            return apart || index + 1 == range.end;
        }
        listed(word, "because since while as") || !relative && listed(word, "has had have did does")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict::words::is_copula;

    #[test]
    fn a_description_is_no_name_with_a_clause() {
        for (text, plain) in [
            ("the capital is Berlin", true),
            ("Germany's capital is Berlin", true),
            ("the German capital in 1999 was Berlin", true),
            ("the CEO is Tim Cook", true),
            ("the director of \"Titanic\" is James Cameron", true),
            ("the answer, according to Document 2, is Berlin", true),
            ("the person who wrote it is Jane Austen", true),
            ("the increase, which in 1999 is decrease", false),
            ("the Berlin because is Paris", false),
            ("the Berlin, whose name is Paris", false),
            ("the Berlin in 1999 is Paris", false),
            ("the Berlin: the city is Paris", false),
            ("the 12 March 1999 is 5 May 2001", false),
            ("the increase because is decrease", false),
            ("the heart is larger", false),
            ("Berlin is Paris", false),
        ] {
            let tokens = Tokens::of(text);
            let copula = (0..tokens.len()).find(|&index| is_copula(tokens.word(index))).unwrap_or(0);
            assert_eq!(describes(&tokens, 0..copula), plain, "{text}");
        }
    }
}
