//! Words and signs around a numeral.

use crate::strict::currency::Currency;
use crate::strict::surroundings::objection;
use crate::verdict::Reason;

/// A number with more words around it than this is a text.
const MAX_WORDS: usize = 12;

/// A word or a sign.
pub(crate) enum Piece {
    Word {
        /// In lower case, without apostrophes.
        word: String,
        /// Written in capitals.
        upper: bool,
    },
    Sign {
        char: char,
        /// Whether a letter stands right before it.
        after_word: bool,
    },
}

impl Piece {
    /// Its word; empty for a sign.
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::Word { word, .. } => word,
            Self::Sign { .. } => "",
        }
    }

    pub(crate) fn is_sign(&self, sign: char) -> bool {
        matches!(self, Self::Sign { char, .. } if *char == sign)
    }

    pub(crate) fn is_money(&self) -> bool {
        match self {
            Self::Word { word, .. } => Currency::of_name(word).is_some(),
            Self::Sign { char, .. } => Currency::of_sign(*char).is_some(),
        }
    }
}

/// The words and signs of a text that has at most 12 words.
pub(crate) fn pieces(chars: &[char]) -> Result<Vec<Piece>, Reason> {
    let mut pieces = Vec::new();
    let (mut at, mut words) = (0, 0);
    while let Some(&char) = chars.get(at) {
        if char.is_alphabetic() {
            let end =
                at + chars[at..].iter().take_while(|&&char| char.is_alphabetic() || char == '\'').count();
            let letters = chars[at..end].iter().filter(|&&char| char != '\'');
            let upper = chars[at..end].iter().all(|char| char.is_uppercase());
            pieces.push(Piece::Word { word: letters.flat_map(|char| char.to_lowercase()).collect(), upper });
            words += 1;
            at = end;
            continue;
        }
        if !char.is_whitespace() {
            let after_word = at > 0 && chars[at - 1].is_alphabetic();
            pieces.push(Piece::Sign { char, after_word });
        }
        at += 1;
    }
    if words > MAX_WORDS {
        return Err(objection(chars));
    }
    Ok(pieces)
}
