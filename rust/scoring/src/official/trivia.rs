//! The normaliser of `TriviaQA`.

use super::squad;
use crate::python::lower;

/// `_` to a space, `lower`, ASCII punctuation and four quotation marks to spaces, articles as whole words to spaces,
/// whitespace collapsed. O(n).
pub(super) fn normal(text: &str) -> String {
    if text.is_ascii() {
        let spaced = text.bytes().map(|byte| if byte.is_ascii_punctuation() { b' ' } else { byte }).collect();
        return squad::normal(&String::from_utf8(spaced).unwrap_or_default());
    }
    // Lowered first, as a sigma looks past punctuation for its neighbours. The common normal form then finds no
    // punctuation to delete and lowers nothing twice.
    squad::normal(&lower(text).chars().map(spaced).collect::<String>())
}

fn spaced(char: char) -> char {
    if char.is_ascii_punctuation() || matches!(char, '‘' | '’' | '´') { ' ' } else { char }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_separates() {
        let rows = [
            ("The U.S.A_b", "u s b"),
            ("O’Neill ‘an’ ´x` “the”", "o neill x “ ”"),
            ("mother-in-law's", "mother in law s"),
            ("ΑΣ.Β ΑΣ.", "ασ β ας"),
        ];
        for (text, form) in rows {
            assert_eq!(normal(text), form, "{text:?}");
        }
    }
}
