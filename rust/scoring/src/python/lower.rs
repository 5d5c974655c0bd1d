//! `str.lower`.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::tables::LOWERED;

/// `text.lower()`. O(n). Code points that are newer than the tables stay as they are.
pub(crate) fn lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    if !text.chars().any(is_newer) {
        return Cow::Owned(text.to_lowercase());
    }
    // The standard library knows more letters than the tables: what is newer hides behind a stand-in meanwhile.
    let mut hidden = VecDeque::new();
    let mut hide = |char| {
        if char == STAND_IN || is_newer(char) {
            hidden.push_back(char);
            return STAND_IN;
        }
        char
    };
    let lowered = text.chars().map(&mut hide).collect::<String>().to_lowercase();
    let shown = |char| if char == STAND_IN { hidden.pop_front().unwrap_or(char) } else { char };
    Cow::Owned(lowered.chars().map(shown).collect())
}

/// Neither a letter nor ignorable, like an unassigned code point.
const STAND_IN: char = '\u{e000}';

/// Whether the standard library lowers a character that the tables leave alone.
fn is_newer(char: char) -> bool {
    !char.is_ascii() && !char.to_lowercase().eq([char]) && !is_lowered(char)
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
            assert!(!char.to_lowercase().eq([char]), "{char}");
            count += 1;
        }
        assert_eq!(count, 1433);
    }
}
