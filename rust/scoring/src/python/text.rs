//! Characters and their classes, `str.split`, `str.strip`.

use std::borrow::Cow;

use super::tables::{WORD, ZEROS};

/// Whether `str.isspace` holds, which is also what `\s`, `split()` and `strip()` mean.
pub(crate) fn is_space(char: char) -> bool {
    matches!(char, '\t'..='\r' | '\u{1c}'..=' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Whether `\w` matches. O(1) in the basic plane.
pub(crate) fn is_word(char: char) -> bool {
    let code = u32::from(char);
    if let Some(bits) = WORD_BITS.get(code as usize / 64) {
        return bits >> (code % 64) & 1 == 1;
    }
    let after = WORD.partition_point(|&(first, _)| first <= code);
    after > 0 && code <= WORD[after - 1].1
}

/// [`WORD`] in the basic plane, a bit for each code point: most text is read there, character by character.
static WORD_BITS: [u64; 1024] = {
    let mut bits = [0; 1024];
    let mut range = 0;
    while range < WORD.len() && WORD[range].0 < 0x1_0000 {
        let (mut code, last) = WORD[range];
        while code <= last {
            bits[code as usize / 64] |= 1 << (code % 64);
            code += 1;
        }
        range += 1;
    }
    bits
};

/// The value of a decimal digit of any script (category Nd, what `\d` matches).
pub(crate) fn decimal(char: char) -> Option<u8> {
    if char.is_ascii() {
        return char.is_ascii_digit().then(|| char as u8 - b'0');
    }
    let code = u32::from(char);
    let after = ZEROS.partition_point(|&zero| zero <= code);
    let value = code - ZEROS.get(after.checked_sub(1)?)?;
    u8::try_from(value).ok().filter(|&value| value < 10)
}

/// `text.split()`.
pub(crate) fn split(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(is_space).filter(|piece| !piece.is_empty())
}

/// `text.strip()`.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `text.replace(from, "")` for each of `from` in turn; borrowed where nothing is deleted.
pub(crate) fn replace<'a>(text: &'a str, from: &[&str]) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    for part in from {
        if memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some() {
            text = Cow::Owned(text.replace(part, ""));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_cpython() {
        for char in ['a', '_', '²', '½', '१', 'ª', '漢'] {
            assert!(is_word(char), "{char}");
        }
        for char in ['-', '\u{301}', '“', '\u{1f600}', '\u{93f}', '\u{200d}', '\u{d0000}'] {
            assert!(!is_word(char), "{char}");
        }
        assert_eq!(
            ['7', '٣', '१', '５', '²', '𝟗'].map(decimal),
            [Some(7), Some(3), Some(1), Some(5), None, Some(9)]
        );
        assert_eq!((0..=0x10_ffff).filter_map(char::from_u32).filter(|&char| is_space(char)).count(), 29);
        assert_eq!(
            (0..=0x10_ffff).filter_map(char::from_u32).filter(|&char| decimal(char).is_some()).count(),
            660
        );
    }

    #[test]
    fn control_characters_separate() {
        assert_eq!(split("\u{1c}a\u{1f}b\u{a0} c\u{200b}").collect::<Vec<_>>(), ["a", "b", "c\u{200b}"]);
        assert_eq!(strip("\u{85} a b\u{1d}"), "a b");
        assert_eq!(replace("a*b**", &["*", "b"]), "a");
    }
}
