//! Signs that are part of what an answer says: `p < 0.05`, `revenue ↑`, `±5 mm`, `Cl-`.

use crate::strict::fold::Letters;
use crate::strict::reader::Reader;

/// A quotation mark that closes one opened farther back than this is read as feet or inches.
const MAX_QUOTE: usize = 64;

/// The sign that stands where a reader is, and its width. Arrows are none: they list or lead on. O(1).
pub(crate) fn at<L: Letters + ?Sized>(reader: &Reader<'_, L>, char: char) -> Option<(char, usize)> {
    let next = reader.peek(reader.at + 1);
    match char {
        '<' | '>' if next == '=' => Some((if char == '<' { '≤' } else { '≥' }, 2)),
        '<' if next == '-' => None,
        // Brackets of a tag or a placeholder: `<London>`.
        '<' if next.is_alphabetic() && !reader.before().is_alphanumeric() => None,
        '>' if reader.before().is_alphabetic() && ends(reader) => None,
        '>' if matches!(reader.before(), '-' | '=') => None,
        '=' if next == '>' => None,
        '=' if next == '=' => Some(('=', 2)),
        '<' | '>' | '=' | '≤' | '≥' | '↑' | '↓' | '±' => Some((char, 1)),
        '\'' | '"' if reader.before().is_ascii_digit() && !closes(reader, char) => Some((char, 1)),
        _ => None,
    }
}

/// Whether nothing but a mark follows.
fn ends<L: Letters + ?Sized>(reader: &Reader<'_, L>) -> bool {
    reader.letters.char(reader.at + 1).is_none_or(|next| !(next.is_alphanumeric() || next.is_whitespace()))
}

/// Whether a quotation mark behind a digit closes a quotation, or stands within a word: `'90'`, `5's`.
fn closes<L: Letters + ?Sized>(reader: &Reader<'_, L>, mark: char) -> bool {
    let quoted = (reader.at.saturating_sub(MAX_QUOTE)..reader.at)
        .any(|at| reader.peek(at) == mark && !(at > 0 && reader.peek(at - 1).is_ascii_digit()));
    quoted || reader.peek(reader.at + 1).is_alphabetic()
}

/// Whether a hyphen behind a short word with a capital is its sign rather than a joint or a dash: `Cl-`, `A-`.
pub(crate) fn is_charge<L: Letters + ?Sized>(reader: &Reader<'_, L>, word: &str) -> bool {
    let start = reader.at.saturating_sub(word.len());
    let next = reader.peek(reader.at + 1);
    !word.is_empty()
        && word.len() <= 4
        && word.is_ascii()
        && reader.letters.upper(start)
        && !(next.is_alphanumeric() || matches!(next, '-' | '>'))
}

#[cfg(test)]
mod tests {
    use crate::strict::tokens::Tokens;

    #[test]
    fn signs_that_say_something_stay() {
        for (text, normal) in [
            ("p <= 0.05", "p ≤ 0.05"),
            ("p ≤ 0.05", "p ≤ 0.05"),
            ("x==5 y = 6", "x = 5 y = 6"),
            ("x -> b <- c => d", "x b c d"),
            ("<London>", "london"),
            ("±5 ↑", "± 5 ↑"),
            ("C♯ C# C♭ C", "c# c# c♭ c"),
            ("5'10\" tall", "5 ' 10 \" tall"),
            ("'the 90' \"5\" in the '90s", "90 5 in 90s"),
            ("Cl- A-", "cl- a-"),
            ("B-team pre- Berlin- C->B", "b team pre berlin c b"),
        ] {
            assert_eq!(Tokens::of(text).normal(), normal, "{text}");
        }
    }
}
