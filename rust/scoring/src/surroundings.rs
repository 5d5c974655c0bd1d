//! What may stand before and behind a numeral.

use crate::fold::is_currency;
use crate::quantity_words::{introduces, is_currency_name, is_percent, is_rival, scale};
use crate::verdict::Reason;
use crate::words::{denies, hedges};

/// A number with more words around it than this is a text.
const MAX_WORDS: usize = 12;

/// What stands before a numeral.
#[derive(Default)]
pub(crate) struct Prefix {
    pub(crate) negative: bool,
    /// A parenthesis opens and only signs stand between it and the numeral.
    pub(crate) open: bool,
    pub(crate) currency: Option<char>,
}

impl Prefix {
    /// `bare`: no words but names of currencies.
    pub(crate) fn read(chars: &[char], bare: bool) -> Result<Self, Reason> {
        let mut prefix = Self::default();
        let mut signed = false;
        for piece in pieces(chars)? {
            match piece {
                Piece::Word(word) if matches!(word.as_str(), "minus" | "negative") && !signed && !bare => {
                    (signed, prefix.negative) = (true, true);
                }
                Piece::Word(word) if is_currency_name(&word) => {}
                Piece::Word(word) if !bare && introduces(&word) && !signed => {}
                Piece::Word(_) => return Err(objection(chars)),
                Piece::Sign { char: '-' | '+', after_word } if signed || after_word => {
                    return Err(Reason::Different);
                }
                Piece::Sign { char, .. } => match char {
                    '-' | '+' => (signed, prefix.negative) = (true, char == '-'),
                    '(' if prefix.open => return Err(Reason::Different),
                    '(' => prefix.open = true,
                    '~' | '≈' | '=' | ':' | '"' | '.' | ',' if !bare && !signed && !prefix.open => {}
                    _ if is_currency(char) && prefix.currency.is_none() => prefix.currency = Some(char),
                    _ => return Err(Reason::Different),
                },
            }
        }
        Ok(prefix)
    }
}

/// What stands behind a numeral.
#[derive(Default)]
pub(crate) struct Suffix {
    pub(crate) percent: bool,
    /// Power of ten of the scale words.
    pub(crate) scale: i64,
    /// The parenthesis before the numeral closes.
    pub(crate) closes: bool,
    /// Of prefix or suffix.
    pub(crate) currency: Option<char>,
}

impl Suffix {
    /// `bare`: no words but scales, percent and names of currencies.
    pub(crate) fn read(chars: &[char], bare: bool, before: Option<char>) -> Result<Self, Reason> {
        if chars.iter().any(|char| char.is_numeric()) {
            return Err(Reason::TooManyCandidates);
        }
        let mut suffix = Self { currency: before, ..Self::default() };
        let attached = chars.first().is_some_and(|char| char.is_alphabetic());
        let mut units = false;
        for (index, piece) in pieces(chars)?.into_iter().enumerate() {
            match piece {
                Piece::Word(word) => {
                    let letter = attached && index == 0 && matches!(word.as_str(), "k" | "m" | "b" | "t");
                    if letter && before.is_none() {
                        return Err(Reason::Different);
                    }
                    match scale(&word, letter) {
                        Some(_) if units || suffix.percent => return Err(Reason::Different),
                        Some(power) => suffix.scale += power,
                        None if is_percent(&word) && !units => suffix.percent = true,
                        None if is_currency_name(&word) || !bare && !is_rival(&word) => units = true,
                        None => return Err(objection(chars)),
                    }
                }
                Piece::Sign { char: '%', .. } if !units && !suffix.percent && suffix.scale == 0 => {
                    suffix.percent = true;
                }
                Piece::Sign { char: ')', .. } if !suffix.closes && !units => suffix.closes = true,
                Piece::Sign { char, .. } => match char {
                    '.' => {}
                    ',' | ';' | ':' | '"' | '\'' | '-' | '/' | '°' | '!' if !bare => units = true,
                    _ if is_currency(char) && suffix.currency.is_none() => suffix.currency = Some(char),
                    _ => return Err(Reason::Different),
                },
            }
        }
        Ok(suffix)
    }
}

enum Piece {
    /// In lower case, without apostrophes.
    Word(String),
    Sign {
        char: char,
        /// Whether a letter stands right before it.
        after_word: bool,
    },
}

fn pieces(chars: &[char]) -> Result<Vec<Piece>, Reason> {
    let mut pieces = Vec::new();
    let (mut at, mut words) = (0, 0);
    while let Some(&char) = chars.get(at) {
        if char.is_alphabetic() {
            let end =
                at + chars[at..].iter().take_while(|&&char| char.is_alphabetic() || char == '\'').count();
            let letters = chars[at..end].iter().filter(|&&char| char != '\'');
            pieces.push(Piece::Word(letters.flat_map(|char| char.to_lowercase()).collect()));
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

/// Why words keep a text from being a number.
pub(crate) fn objection(chars: &[char]) -> Reason {
    let text: String =
        chars.iter().filter(|&&char| char != '\'').flat_map(|char| char.to_lowercase()).collect();
    for word in text.split(|char: char| !char.is_alphabetic()) {
        if denies(word) {
            return Reason::Negated;
        }
        if hedges(word, None) {
            return Reason::Hedged;
        }
        if matches!(word, "or" | "and" | "to") {
            return Reason::TooManyCandidates;
        }
    }
    Reason::Different
}
