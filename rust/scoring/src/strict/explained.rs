//! What stands behind a number and explains or dates it with another one: `480 because 12 × 40 = 480`, `$5.2 million, up
//! from $4.8 million in 2018`. The number before it is the answer, and the only one.

use crate::strict::equation::is_arithmetic;
use crate::strict::number::{self, Number};
use crate::strict::quantity_words::{is_month, turns};
use crate::strict::stated::{led, trimmed};
use crate::strict::tail_words;
use crate::strict::tail_words::listed;

/// Words that lead from a number to how it was found.
const REASONS: [&str; 9] = [
    " because ",
    ", because ",
    ", since ",
    ", calculated as ",
    ", calculated by ",
    ", computed as ",
    ", obtained by ",
    ", obtained from ",
    ", which is ",
];

/// Words that lead from a level to an earlier one.
const COMPARISONS: [&str; 8] = [
    ", up from ",
    ", down from ",
    " up from ",
    " down from ",
    " compared to ",
    " compared with ",
    ", an increase of ",
    ", an increase from ",
];

/// How long the words of a date are, in words.
const MAX_DATE_WORDS: usize = 8;

/// Without the reason or the comparison behind the first number.
pub(super) fn reasoned(chars: &[char]) -> Option<&[char]> {
    let digit = chars.iter().position(char::is_ascii_digit)?;
    let find = |marks: &[&str]| {
        (digit..chars.len()).filter(|&at| matches!(chars[at], ' ' | ',')).find_map(|at| {
            let mark = marks.iter().find(|mark| stands(&chars[at..], mark))?;
            Some((&chars[..at], trimmed(&chars[at + mark.chars().count()..])))
        })
    };
    if let Some((head, reason)) = find(&REASONS) {
        return computes(head, reason).then_some(head);
    }
    let (head, level) = find(&COMPARISONS)?;
    is_level(level).then_some(head)
}

fn stands(chars: &[char], mark: &str) -> bool {
    mark.chars().enumerate().all(|(at, char)| chars.get(at) == Some(&char))
}

/// Whether a text computes what stands before it: `12 × 40`, or an equation that comes to the same.
pub(super) fn computes(head: &[char], text: &[char]) -> bool {
    let mut sides = text.split(|&char| char == '=');
    // `5 (-5)` computes nothing.
    let first = text.iter().position(char::is_ascii_digit).unwrap_or(text.len());
    let operates = text[first..].iter().any(|char| "+-*/×÷·^".contains(*char));
    if !operates || !text.split(|&char| char == '=').all(is_arithmetic) {
        return false;
    }
    let last = sides.next_back().unwrap_or(text);
    sides.next().is_none() || repeats(head, last)
}

/// What a text is worth that is a number, perhaps stated by a verb.
fn read(chars: &[char]) -> Option<Number> {
    let text: String = led(chars).unwrap_or(chars).iter().collect();
    number::read_bare(&text)
}

fn value(chars: &[char]) -> Option<String> {
    read(chars).map(|number| number.to_string())
}

/// Whether two texts are the same number: `0.125` and `12.5%`, `$5.2 million` and `$5,200,000`.
pub(super) fn repeats(head: &[char], text: &[char]) -> bool {
    read(head).zip(read(text)).is_some_and(|(head, text)| head.equals(&text))
}

/// Whether a text says of a negative number that it is a fall, by as much: `a 5% decrease`.
pub(super) fn falls(head: &[char], text: &[char]) -> bool {
    let text = text.strip_prefix(&['a', ' ']).unwrap_or(text);
    let letters = text.iter().rev().take_while(|char| char.is_alphabetic()).count();
    let (amount, word) = text.split_at(text.len() - letters);
    let said = || {
        let shown = value(trimmed(amount));
        value(head).is_some_and(|head| shown.is_some_and(|shown| head.strip_prefix('-') == Some(&shown)))
    };
    is_negative(head) && turns(&word.iter().collect::<String>()) && (amount.is_empty() || said())
}

/// Whether a minus stands before the first digit.
pub(super) fn is_negative(chars: &[char]) -> bool {
    let before = chars.iter().position(char::is_ascii_digit).map_or(chars, |digit| &chars[..digit]);
    before.iter().rfind(|char| !"$€£¥.".contains(**char)) == Some(&'-')
}

/// Whether a text is an earlier level or a rate of change and when that was: `$4.8 million in 2018`, `8% over 2018`.
fn is_level(chars: &[char]) -> bool {
    let known = |char: &char| char.is_alphanumeric() || " $€£¥%.,".contains(*char);
    chars.first().is_some_and(|char| char.is_ascii_digit() || "$€£¥".contains(*char))
        && chars.iter().all(known)
        && words(chars).all(|word| {
            !word.starts_with(char::is_alphabetic)
                || is_month(&word)
                || listed(
                    &word,
                    "million billion thousand trillion percent dollars euros in for from over of during the a as earlier ago fiscal \
                     year years prior previous last ended quarter first second third fourth fy",
                )
        })
}

/// Without the date of a number behind it: `12.5% in 2019`, `$5.2 million as of December 31, 2019`.
pub(super) fn dated(chars: &[char]) -> Option<&[char]> {
    // Most numbers stand alone.
    if !chars.contains(&' ') {
        return None;
    }
    let mut at = chars.len();
    let mut seen: Vec<String> = Vec::with_capacity(MAX_DATE_WORDS);
    for _ in 0..MAX_DATE_WORDS {
        let end = chars[..at].iter().rposition(|char| char.is_alphanumeric())? + 1;
        let parted = &chars[end..at];
        // Only a comma stands within a date.
        if !parted.iter().all(|char| matches!(char, ' ' | ',')) {
            return None;
        }
        let start = chars[..end].iter().rposition(|char| !char.is_alphanumeric())? + 1;
        let word: String = chars[start..end].iter().flat_map(|char| char.to_lowercase()).collect();
        let next = seen.last().map_or("", String::as_str);
        let opens = listed(&word, "in for during")
            || matches!((word.as_str(), next), ("as", "of") | ("according", "to"));
        let year = seen.iter().filter(|word| is_year(word)).count();
        at = start;
        if opens {
            let head = trimmed(&chars[..start]);
            // `1999 in 2000`, `5 in 2000 cases`
            return (year == 1 && start > 0 && chars[start - 1] == ' ' && !ends_in_year(head))
                .then_some(head);
        }
        let day = word.len() < 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        let known = is_year(&word)
            || is_month(&word)
            || day && seen.last().is_some_and(|last| is_year(last))
            || listed(
                &word,
                "fiscal calendar year years fy the ended ending census of to quarter early late",
            );
        if !known {
            return None;
        }
        seen.push(word);
    }
    None
}

fn is_year(word: &str) -> bool {
    tail_words::is_year(word) && matches!(&word[..2], "18" | "19" | "20")
}

fn ends_in_year(chars: &[char]) -> bool {
    let word: String = chars.iter().rev().take_while(|char| !char.is_whitespace()).collect();
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text in parentheses is a comparison with an earlier level: `up from $4.8 million in 2018`.
pub(super) fn compares(chars: &[char]) -> bool {
    let mark = ["up from ", "down from ", "compared to ", "compared with "]
        .into_iter()
        .find(|mark| stands(chars, mark));
    mark.is_some_and(|mark| is_level(&chars[mark.len()..]))
}

/// Whether a text in parentheses says when: `2020 census`, `as of 2019`, `fiscal year 2019`.
pub(super) fn is_date(chars: &[char]) -> bool {
    let all = || words(chars);
    all().filter(|word| is_year(word)).count() == 1
        && all().count() > 1
        && chars.iter().all(|char| char.is_alphanumeric() || matches!(char, ' ' | ','))
        && all().all(|word| {
            is_year(&word)
                || is_month(&word)
                || listed(
                    &word,
                    "in as of for during fiscal calendar year years fy census the ended data figures dollars",
                )
        })
}

fn words(chars: &[char]) -> impl Iterator<Item = String> {
    chars
        .split(|char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.iter().flat_map(|char| char.to_lowercase()).collect())
}
