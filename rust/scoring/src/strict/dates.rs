//! Whole dates, however they are written: `12 March 1999`, `March 12th, 1999`, `1999-03-12`. One in figures alone is
//! read only where its year comes first: of `03/12/1999` nobody knows which is the month.

use crate::strict::tokens::{Gap, Tokens};

/// A day, with its weekday where that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Date {
    year: u16,
    month: u8,
    day: u8,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The number of a month, written out or in its short form.
pub(crate) fn month(word: &str) -> Option<u8> {
    let word = if word == "sept" { "sep" } else { word };
    let known = |month: &&str| *month == word || word.len() == 3 && month.starts_with(word);
    (1..).zip(MONTHS.iter()).find(|(_, month)| known(month)).map(|(number, _)| number)
}

fn weekday(word: &str) -> Option<usize> {
    WEEKDAYS.iter().position(|known| *known == word)
}

/// `12`, `12th`.
fn day(word: &str) -> Option<u8> {
    let digits = ["st", "nd", "rd", "th"].into_iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    two(digits).filter(|day| (1..=31).contains(day))
}

fn two(digits: &str) -> Option<u8> {
    let known = matches!(digits.len(), 1 | 2) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if known { digits.parse().ok() } else { None }
}

/// A year of three or four digits.
pub(crate) fn year(word: &str) -> Option<u16> {
    let known = matches!(word.len(), 3 | 4) && word.bytes().all(|byte| byte.is_ascii_digit());
    if known { word.parse().ok() } else { None }
}

/// The date at token `first` and where it ends. O(1).
fn read(tokens: &Tokens, first: usize) -> Option<(Date, usize)> {
    let word = |index: usize| tokens.word(index);
    // A comma may stand before a year, and nothing but a space before what else follows.
    let near = |index: usize| tokens.get(index).is_some_and(|token| token.gap <= Gap::Break);
    let dated = |index: usize| {
        let joined =
            tokens.get(index).is_some_and(|token| matches!(token.gap, Gap::Space | Gap::Break | Gap::Comma));
        year(word(index)).filter(|_| joined)
    };
    if let Some(month) = month(word(first)).filter(|_| near(first + 1)) {
        let date = Date { year: dated(first + 2)?, month, day: day(word(first + 1))? };
        return Some((date, first + 3));
    }
    if let Some(day) = day(word(first)) {
        let at = first + 1 + usize::from(word(first + 1) == "of");
        let month = month(word(at)).filter(|_| near(at))?;
        return Some((Date { year: dated(at + 1)?, month, day }, at + 2));
    }
    let figures = |year: &str, month: &str, day: &str| {
        let written = year.len() == 4 && month.len() == 2 && day.len() == 2;
        let date = Date { year: self::year(year)?, month: two(month)?, day: two(day)? };
        (written && (1..=12).contains(&date.month) && (1..=31).contains(&date.day)).then_some(date)
    };
    let mut parts = word(first).split('/');
    if let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    {
        return figures(year, month, day).map(|date| (date, first + 1));
    }
    let joined = tokens.get(first + 1).zip(tokens.get(first + 2));
    joined.filter(|(month, day)| month.gap == Gap::Space && day.gap == Gap::Space)?;
    figures(word(first), word(first + 1), word(first + 2)).map(|date| (date, first + 3))
}

/// Where a date ends that may miss its day and month: `3 July 1883`, `July 1883`, `1883`; and its year.
pub(crate) fn read_loosely(tokens: &Tokens, first: usize) -> Option<(u16, usize)> {
    let word = |index: usize| tokens.word(index);
    read(tokens, first).map(|(date, end)| (date.year, end)).or_else(|| {
        let at = first + usize::from(month(word(first)).is_some());
        year(word(at)).map(|year| (year, at + 1))
    })
}

/// The tokens of an answer that are the date which is all of a gold, written in another way; with their weekday, which
/// may not be another. O(n + m).
pub(crate) fn place(answer: &Tokens, gold: &Tokens) -> Option<(usize, usize)> {
    // Most golds have more words or no year.
    if !(1..=6).contains(&gold.len()) || !gold.normal().contains(|char: char| char.is_ascii_digit()) {
        return None;
    }
    let named = weekday(gold.word(0));
    let (date, end) = read(gold, usize::from(named.is_some()))?;
    if end != gold.len() {
        return None;
    }
    let (start, end) = (0..answer.len()).find_map(|start| {
        let (other, end) = read(answer, start)?;
        (other == date).then_some((start, end))
    })?;
    match start.checked_sub(1).and_then(|before| weekday(answer.word(before))) {
        Some(other) if named.is_some_and(|named| named != other) => None,
        Some(_) => Some((start - 1, end)),
        None => Some((start, end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_itself_however_it_is_written() {
        let forms = [
            "12 March 1999",
            "March 12, 1999",
            "12th March 1999",
            "the 12th of March 1999",
            "March 12th, 1999",
            "Friday, March 12, 1999",
            "Mar 12, 1999",
            "1999-03-12",
            "1999/03/12",
        ];
        for gold in forms {
            for answer in forms {
                let (answer, gold) = (Tokens::of(answer), Tokens::of(gold));
                assert_eq!(place(&answer, &gold), Some((0, answer.len())), "{answer:?} {gold:?}");
            }
            for answer in
                ["03/12/1999", "12 March 1998", "March 1999", "12 13 March", "1999-12-03", "12 March", ""]
            {
                assert_eq!(place(&Tokens::of(answer), &Tokens::of(gold)), None, "{answer} {gold}");
            }
        }
        let other = Tokens::of("Monday, March 12, 1999");
        assert_eq!(place(&other, &Tokens::of("Friday, March 12, 1999")), None);
        assert_eq!(place(&Tokens::of("on March 12, 1999"), &Tokens::of("12 March 1999")), Some((1, 4)));
    }
}
