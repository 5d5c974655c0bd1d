//! Numbers in words, below a hundred: `five`, `twenty-one`.

use crate::strict::tail_words::{is_year, listed};

const SMALL: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
                     sixteen seventeen eighteen nineteen";
const TENS: &str = "twenty thirty forty fifty sixty seventy eighty ninety";

/// The longest word of a number.
const MAX_WORD: usize = 9;

/// What one or two words of a number are worth; a hyphen or a space stands between two.
fn value(text: &str) -> Option<usize> {
    // Most words are none.
    if !text.starts_with(|char: char| "zotfsenZOTFSEN".contains(char)) {
        return None;
    }
    let small = |word: &str| SMALL.split(' ').position(|known| known.eq_ignore_ascii_case(word));
    let tens = |word: &str| {
        TENS.split(' ').position(|known| known.eq_ignore_ascii_case(word)).map(|tens| 20 + 10 * tens)
    };
    match text.split_once(['-', ' ']) {
        Some((first, second)) => Some(tens(first)? + small(second).filter(|&ones| (1..10).contains(&ones))?),
        None => small(text).or_else(|| tens(text)),
    }
}

/// A text that is nothing but a number in words, in digits.
pub(crate) fn in_digits(chars: &[char]) -> Option<String> {
    let end = chars.iter().rposition(|char| !char.is_whitespace() && !matches!(char, '.' | ','))? + 1;
    let start = chars.iter().position(|char| !char.is_whitespace())?;
    // Most answers are in digits already.
    let words = chars.get(start..end).filter(|words| words[0].is_alphabetic())?;
    if words.len() > 2 * MAX_WORD {
        return None;
    }
    value(&words.iter().collect::<String>()).map(|value| value.to_string())
}

/// Whether a text has a digit or a word of a number. O(n).
pub(crate) fn counts(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        || text
            .split(|char: char| !char.is_ascii_alphabetic())
            .any(|word| (3..=MAX_WORD).contains(&word.len()) && value(word).is_some())
}

/// Whether every digit is a year's: `in 2019`.
fn only_years(text: &str) -> bool {
    let mut words = text.split([' ', ',', '.']).filter(|word| !word.is_empty());
    let mut last = "";
    words.all(|word| {
        let digits = word.bytes().any(|byte| byte.is_ascii_digit());
        let year = is_year(word) && matches!(last, "in" | "In" | "for" | "during" | "During");
        last = word;
        !digits || year
    })
}

/// A text without digits but years whose first number in words is written in digits: `He won 5 awards`. A capital makes it a name,
/// unless it opens the text: `the Seven Samurai`, `Nine Inch Nails`. O(n).
pub(crate) fn with_digits(text: &str) -> Option<String> {
    if !text.is_ascii() || !only_years(text) {
        return None;
    }
    let word_at = |at: usize| {
        let letters = text[at..].bytes().take_while(u8::is_ascii_alphabetic).count();
        &text[at..at + letters]
    };
    let mut at = 0;
    while at < text.len() {
        let word = word_at(at);
        let end = at + word.len();
        if word.is_empty() {
            at += 1;
            continue;
        }
        let first = Some(word).filter(|word| (3..=MAX_WORD).contains(&word.len())).and_then(value);
        let Some(first) = first else {
            at = end;
            continue;
        };
        let parted = matches!(text.as_bytes().get(end), Some(b' ' | b'-'));
        let second = if parted { word_at(end + 1) } else { "" };
        let ones = value(second).filter(|ones| first >= 20 && first % 10 == 0 && (1..10).contains(ones));
        let (whole, end) = match ones {
            Some(ones) => (first + ones, end + 1 + second.len()),
            None => (first, end),
        };
        let next = if text.as_bytes().get(end) == Some(&b' ') { word_at(end + 1) } else { "" };
        let capital = |word: &str| word.starts_with(|char: char| char.is_ascii_uppercase());
        let named = capital(word) && at > 0 || capital(next);
        // `the one who won`, `one of them`
        let alone = |text: &str| !text.bytes().any(|byte| byte.is_ascii_alphanumeric());
        let counts = whole != 1
            || alone(&text[..at]) && alone(&text[end..])
            || !next.is_empty()
                && !listed(next, "of or and can could would is was has who that which to in at");
        // `thirty-second`
        let ordinal = whole >= 20 && matches!(second, "first" | "second" | "third");
        return (!named && counts && !ordinal).then(|| format!("{}{whole}{}", &text[..at], &text[end..]));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_words_is_written_in_digits() {
        let rows = [
            ("He won five awards", Some("He won 5 awards")),
            ("Five awards", Some("5 awards")),
            ("twenty-one", Some("21")),
            ("fifty", Some("50")),
            ("twenty five percent", Some("25 percent")),
            ("one award", Some("1 award")),
            ("five or six", Some("5 or six")),
            ("one of them", None),
            ("one", Some("1")),
            ("that one", None),
            ("the Seven Samurai", None),
            ("Nine Inch Nails", None),
            ("five in 2019", Some("5 in 2019")),
            ("thirty-second", None),
            ("five 6", None),
            ("the tenth", None),
        ];
        for (text, digits) in rows {
            assert_eq!(with_digits(text).as_deref(), digits, "{text}");
        }
    }

    #[test]
    fn only_a_whole_text_is_a_number() {
        let read = |text: &str| in_digits(&text.chars().collect::<Vec<_>>());
        assert_eq!(read(" Twenty-one."), Some("21".to_owned()));
        assert_eq!(read("five"), Some("5".to_owned()));
        assert_eq!(read("five awards"), None);
        assert_eq!(read("twenty eleven"), None);
        assert_eq!(read("5"), None);
    }
}
