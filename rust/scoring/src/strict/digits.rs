//! Digits and signs, made plain.

use crate::strict::fold::{is_ignorable, is_wide_digit};

/// A space that may stand between groups of digits: thin, figure, narrow or non-breaking.
pub(crate) const GROUP_SPACE: char = '\u{2009}';

/// Characters with every way to write an ASCII digit, sign or slash made plain. Vulgar fractions become `1/2`, after a
/// space, as in `1 1/2`. Other numerals, such as superscripts, stay, and no number is read around them.
pub(crate) fn plain_digits(text: &str) -> Vec<char> {
    let mut chars = Vec::with_capacity(text.len());
    // Within the raised digits of `× 10⁶`.
    let mut raised = false;
    for char in text.chars() {
        match char {
            '\u{2212}' | '\u{fe63}' | '\u{ff0d}' | '\u{2010}'..='\u{2013}' => chars.push('-'),
            '\u{2044}' | '\u{2215}' => chars.push('/'),
            '\u{a0}' | '\u{2007}' | '\u{202f}' => chars.push(GROUP_SPACE),
            '\u{2019}' => chars.push('\''),
            '\u{ff05}' => chars.push('%'),
            '\u{ff0e}' => chars.push('.'),
            '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁻' if raises_ten(&chars) || raised => {
                if !raised {
                    chars.push('^');
                }
                raised = true;
                chars.extend(
                    "0123456789-"
                        .chars()
                        .zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻".chars())
                        .find(|pair| pair.1 == char)
                        .map(|pair| pair.0),
                );
                continue;
            }
            _ if is_wide_digit(char) => chars.extend(char::from_u32(u32::from(char) - 0xff10 + 0x30)),
            _ if is_ignorable(char) => {}
            _ if char.is_numeric() && !char.is_ascii() => vulgar(char, &mut chars),
            _ => chars.push(char),
        }
        raised = false;
    }
    chars
}

/// Whether a text ends in `× 10`.
fn raises_ten(chars: &[char]) -> bool {
    let factor = chars.strip_suffix(&['1', '0']).unwrap_or(&[]);
    let sign = factor.iter().rev().find(|&&char| !matches!(char, ' ' | GROUP_SPACE));
    sign.is_some_and(|char| matches!(char, '×' | '·' | '*'))
}

fn vulgar(char: char, chars: &mut Vec<char>) {
    let mut parts = Vec::new();
    unicode_normalization::char::decompose_compatible(char, |part| parts.push(part));
    if parts.iter().all(|&part| part.is_ascii_digit() || part == '\u{2044}') && parts.contains(&'\u{2044}') {
        chars.push(' ');
        chars.extend(parts.iter().map(|&part| if part == '\u{2044}' { '/' } else { part }));
    } else {
        chars.push(char);
    }
}

/// A whole number below 2^64.
pub(crate) fn small(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, &digit| number.checked_mul(10)?.checked_add(u64::from(digit)))
}
