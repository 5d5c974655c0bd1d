//! `str.lower`.

use std::borrow::Cow;

use super::tables::{CASED, LOWERED, SKIPPED};

/// `text.lower()`. O(n). Code points that are newer than the tables stay as they are.
pub(crate) fn lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let mut out = String::with_capacity(text.len());
    for (at, char) in text.char_indices() {
        if char.is_ascii() {
            out.push(char.to_ascii_lowercase());
        } else if char == 'Σ' {
            out.push(if is_final(text, at) { 'ς' } else { 'σ' });
        } else if !char.is_lowercase() && is_lowered(char) {
            out.extend(char.to_lowercase());
        } else {
            out.push(char);
        }
    }
    Cow::Owned(out)
}

/// Whether a sigma is the last letter of a word that has others. Linear in all of a text: what is skipped ends at the
/// next sigma.
fn is_final(text: &str, at: usize) -> bool {
    let is_cased = |next: Option<char>| next.is_some_and(|char| is_in(&CASED, char));
    let is_read = |char: &char| !is_in(&SKIPPED, *char);
    is_cased(text[..at].chars().rev().find(is_read))
        && !is_cased(text[at + 'Σ'.len_utf8()..].chars().find(is_read))
}

fn is_in(ranges: &[(u32, u32)], char: char) -> bool {
    let code = u32::from(char);
    let after = ranges.partition_point(|&(first, _)| first <= code);
    after > 0 && code <= ranges[after - 1].1
}

fn is_lowered(char: char) -> bool {
    let code = u32::from(char);
    let after = LOWERED.partition_point(|&(first, ..)| first <= code);
    after.checked_sub(1).is_some_and(|at| {
        let (first, last, step) = LOWERED[at];
        code <= last && (code - first) % step == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_lowered_as_cpython_lowers_them() {
        let rows = [
            ("Paris 5", "paris 5"),
            ("paris", "paris"),
            ("ÀÉ İ", "àé i\u{307}"),
            ("ΟΔΟΣ Σ Σα", "οδος σ σα"),
            ("ΑΣ. ΑΣ.Β 'Σ Α'Σ'", "ας. ασ.β 'σ α'ς'"),
            // One became a letter without case in Unicode 15, one a mark that is not skipped, one is newer.
            ("\u{295}Σ Α\u{1171e}Σ Α\u{897}Σ", "\u{295}ς α\u{1171e}ς α\u{897}σ"),
            ("\u{a7cb}A\u{e000}É", "\u{a7cb}a\u{e000}é"),
        ];
        for (text, lowered) in rows {
            assert_eq!(lower(text), lowered, "{text}");
        }
    }

    #[test]
    fn the_standard_library_lowers_all_that_the_tables_do() {
        let lowered = (0..=0x10_ffff).filter_map(char::from_u32).filter(|&char| is_lowered(char));
        let mut count = 0;
        for char in lowered {
            assert!(!char.is_lowercase() && !char.to_lowercase().eq([char]), "{char}");
            count += 1;
        }
        assert_eq!(count, 1433);
    }
}
