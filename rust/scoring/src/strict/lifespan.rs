//! The dates of a life behind a name: `Franz Kafka (1883–1924)`.

use crate::strict::dates::read_loosely;
use crate::strict::tokens::{Gap, Tokens};

/// Whether all that stands from token `first` on is a parenthesis with the dates of a life or of a time. O(1).
pub(crate) fn stands(tokens: &Tokens, first: usize) -> bool {
    if tokens.get(first).is_none_or(|token| token.gap != Gap::Parenthesis) {
        return false;
    }
    let word = |index: usize| tokens.word(index);
    let lead =
        |index: usize| usize::from(matches!(word(index), "born" | "died" | "b" | "d" | "c" | "ca" | "circa"));
    let Some((from, end)) = read_loosely(tokens, first + lead(first)) else { return false };
    if end == tokens.len() {
        return lead(first) > 0;
    }
    let joined =
        tokens.get(end).is_some_and(|token| matches!(token.gap, Gap::Space | Gap::Break | Gap::Dash));
    let second = end + usize::from(word(end) == "to");
    if !joined || word(second) == "present" && second + 1 == tokens.len() {
        return joined;
    }
    let closed = |&(to, end): &(u16, usize)| from <= to && end == tokens.len();
    read_loosely(tokens, second + lead(second)).as_ref().is_some_and(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dates_of_a_life_are_no_other_candidate() {
        for text in [
            "(1883–1924)",
            "(1883 - 1924)",
            "(3 July 1883 – 3 June 1924)",
            "(July 3, 1883 – June 3, 1924)",
            "(d. 1924)",
            "(born 3 July 1883)",
            "(born 1883, died 1924)",
            "(1961–present)",
        ] {
            let same = text != "(born 1883, died 1924)";
            assert_eq!(stands(&Tokens::of(&format!("Kafka {text}")), 1), same, "{text}");
        }
        for text in
            ["(1883)", "(1924-1883)", "(5-6)", "(1883-1924 Brod)", "(Brod)", "1883-1924", "(1883-1924) Brod"]
        {
            assert!(!stands(&Tokens::of(&format!("Kafka {text}")), 1), "{text}");
        }
    }
}
