//! Characters, folded: compatibility decomposition, diacritics dropped, lower case. Unicode's version is that of the
//! `unicode-normalization` crate and of the standard library.

use unicode_normalization::char::decompose_compatible;

/// One folded character.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folded {
    pub(crate) char: char,
    /// Whether it was written in upper case.
    pub(crate) upper: bool,
}

/// A folded text. One in ASCII is its own bytes.
pub(crate) trait Letters {
    /// A character; none beyond the end.
    fn char(&self, at: usize) -> Option<char>;
    /// Whether that one was written in upper case.
    fn upper(&self, at: usize) -> bool;
}

impl Letters for [u8] {
    fn char(&self, at: usize) -> Option<char> {
        self.get(at).map(|byte| char::from(byte.to_ascii_lowercase()))
    }

    fn upper(&self, at: usize) -> bool {
        self.get(at).is_some_and(u8::is_ascii_uppercase)
    }
}

impl Letters for [Folded] {
    fn char(&self, at: usize) -> Option<char> {
        self.get(at).map(|folded| folded.char)
    }

    fn upper(&self, at: usize) -> bool {
        self.get(at).is_some_and(|folded| folded.upper)
    }
}

/// What becomes of diacritics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unicode {
    /// They go.
    Fold,
    /// They stay, and so do letters such as `ø`. Case, width, quotes and dashes fold all the same.
    Exact,
}

/// Folds a text. O(n): a character has at most 18 in its decomposition.
pub(crate) fn fold(text: &str, unicode: Unicode) -> Vec<Folded> {
    let mut folded = Vec::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii() {
            folded.push(Folded { char: char.to_ascii_lowercase(), upper: char.is_ascii_uppercase() });
            continue;
        }
        // `10²` must not become `102`, nor `1½` `11/2`: a number that is not a plain digit stands by itself.
        let apart = char.is_numeric();
        if apart {
            folded.push(Folded { char: ' ', upper: false });
        }
        decompose_compatible(char, |part| push(&mut folded, part, unicode));
        if apart && !is_wide_digit(char) {
            folded.push(Folded { char: ' ', upper: false });
        } else if apart {
            join_wide_digit(&mut folded);
        }
    }
    folded
}

/// Full-width digits are plain digits: the space before one goes where it follows a digit or a sign.
fn join_wide_digit(folded: &mut Vec<Folded>) {
    let digit = folded.pop();
    folded.pop();
    folded.extend(digit);
}

fn push(folded: &mut Vec<Folded>, part: char, unicode: Unicode) {
    let drops = |char| unicode == Unicode::Fold && is_diacritic(char);
    if drops(part) || is_ignorable(part) {
        return;
    }
    let upper = part.is_uppercase();
    let mut add = |char| folded.push(Folded { char, upper });
    let letter = part.is_alphabetic() && !matches!(part, 'ς' | '\u{2bc}');
    match plain(part).filter(|_| unicode == Unicode::Fold || !letter) {
        Some(text) => text.chars().for_each(add),
        None => part.to_lowercase().filter(|&char| !drops(char)).for_each(&mut add),
    }
}

/// Letters that fold although Unicode gives them no decomposition, and the many forms of quote and dash.
fn plain(char: char) -> Option<&'static str> {
    Some(match char {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        'ı' => "i",
        'ς' => "σ",
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '\u{2032}' | '\u{b4}' => "'",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{2044}' | '\u{2215}' => "/",
        '。' => ".",
        '♯' => "#",
        // It only ever lists.
        '、' => ";",
        _ => return None,
    })
}

/// Marks of Latin, Greek and Cyrillic letters. Vowel signs of other scripts are letters, not accents, and stay.
fn is_diacritic(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Characters without a shape of their own.
pub(crate) fn is_ignorable(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Digits of East Asian width, which are plain digits.
pub(crate) fn is_wide_digit(char: char) -> bool {
    matches!(char, '\u{ff10}'..='\u{ff19}')
}

/// Signs of currencies (Unicode's category Sc, the common ones).
pub(crate) fn is_currency(char: char) -> bool {
    matches!(char, '$' | '¢' | '£' | '¤' | '¥' | '\u{e3f}' | '\u{20a0}'..='\u{20c0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        fold(text, Unicode::Fold).iter().map(|folded| folded.char).collect()
    }

    #[test]
    fn accents_stay_where_that_is_asked_for() {
        let exact = |text| fold(text, Unicode::Exact).iter().map(|folded| folded.char).collect::<String>();
        assert_ne!(exact("Beyoncé"), exact("Beyonce"));
        assert_ne!(exact("Øre"), exact("ore"));
        assert_eq!(exact("BEYONCÉ Ørsted\u{2019}s"), exact("beyonce\u{301} ørsted's"));
    }

    #[test]
    fn accents_go_and_vowel_signs_stay() {
        assert_eq!(folded("Beyoncé ŁÓDŹ Straße"), "beyonce lodz strasse");
        assert_ne!(folded("की"), folded("का"));
    }

    #[test]
    fn a_superscript_is_never_the_next_digit() {
        assert_eq!(folded("10²"), "10 2 ");
        assert_eq!(folded("1½"), "1 1/2 ");
        assert_eq!(folded("１２"), "12");
    }
}
