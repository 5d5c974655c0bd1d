//! DocMath-Eval's normal form of an answer: the text that its `eval` gets, without regular expressions.

use super::literal::evaluate;
use super::numeral::Failure;
use super::value::Value;
use crate::python::{decimal, replace, strip};
use crate::verdict::Reason;

/// Deleted wherever they stand, one after the other: so `USD` leaves its `D`.
const UNITS: [&str; 9] = ["£", "€", "¥", "million", "billion", "thousand", "US", "USD", "RMB"];

/// The value of an answer; what `eval` raises at is `dummy`. O(n).
pub(super) fn normalize(text: &str, dummy: u32, module: &[&str]) -> Result<Value, Reason> {
    let text = cleaned(text);
    if let Some(option) = option(&text) {
        return Ok(Value::Text(option.to_owned()));
    }
    match evaluate(&text, module) {
        Ok(value) => Ok(value),
        Err(Failure::Raises) => Ok(Value::int(dummy)),
        Err(Failure::Missing(reason)) => Err(reason),
    }
}

/// The steps before the options and `eval`.
fn cleaned(text: &str) -> String {
    let text = replace(strip(text).trim_end_matches('.'), &UNITS);
    let text = after_last(after_last(&text, '='), '≈');
    let text = replace(text, &["`", "%", "$", "°"]);
    let text = truth(&text);
    let far = replace(text, &["approximately"]);
    let text = if far.len() == text.len() { text } else { strip(&far) };
    let text = text.split_once(" or ").map_or(text, |(before, _)| before);
    let text = without_units(text);
    let text = powers(text).replace(" x ", "*").replace(" × ", "*");
    if is_grouped(&text) { text.replace(',', "") } else { text }
}

fn after_last(text: &str, mark: char) -> &str {
    text.rsplit_once(mark).map_or(text, |(_, after)| strip(after))
}

fn truth(text: &str) -> &str {
    match text {
        "true" | "yes" => "True",
        "false" | "no" => "False",
        _ if text.contains("True") => "True",
        _ if text.contains("False") => "False",
        _ => text,
    }
}

/// Drops a word after a number, a word before it, one or two marks after it, and one or two before it, in this order.
fn without_units(text: &str) -> &str {
    [before_word, after_word, before_marks, after_marks]
        .iter()
        .fold(text, |text, step| step(text).unwrap_or(text))
}

/// `([-+]?NUM) [^0-9 ]+$`: the word has no space, so it follows the last one.
fn before_word(text: &str) -> Option<&str> {
    let (number, word) = text.rsplit_once(' ')?;
    (is_word(word) && is_signed(number)).then_some(number)
}

/// `[^0-9 ]+ ([-+]?NUM)$`: the word ends at the first space.
fn after_word(text: &str) -> Option<&str> {
    let (word, number) = text.split_once(' ')?;
    let number = before_newline(number);
    (is_word(word) && is_signed(number)).then_some(number)
}

/// `([-+]?NUM)[^\d]{1,2}$`: a number ends in a digit, so it ends at the last one.
fn before_marks(text: &str) -> Option<&str> {
    let number = text.trim_end_matches(|char| !is_digit(char));
    let marks = text[number.len()..].chars().take(4).count();
    // `$` also matches before a line end, which need not be one of the two.
    let few = matches!(marks, 1 | 2) || marks == 3 && text.ends_with('\n');
    (few && is_signed(number)).then_some(number)
}

/// `[^-+\d]{1,2}(NUM)$`: two marks where that leaves a number, else one. The sign is no mark.
fn after_marks(text: &str) -> Option<&str> {
    let is_mark = |char: char| !matches!(char, '-' | '+') && !is_digit(char);
    let one = text.strip_prefix(is_mark)?;
    let two = one.strip_prefix(is_mark);
    [two, Some(one)].into_iter().flatten().map(before_newline).find(|number| is_amount(number))
}

fn before_newline(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// `[^0-9 ]+`, where there is no space.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|char: char| char == ' ' || char.is_ascii_digit())
}

/// `[-+]?NUM`, as a whole.
fn is_signed(text: &str) -> bool {
    is_amount(text.strip_prefix(['-', '+']).unwrap_or(text))
}

/// `NUM`, as a whole: `[\d,]*\.*\d+`.
fn is_amount(text: &str) -> bool {
    let before = text.trim_end_matches(is_digit);
    before.len() < text.len()
        && before.trim_end_matches('.').chars().all(|char| char == ',' || is_digit(char))
}

/// `\d`: a digit of any script.
fn is_digit(char: char) -> bool {
    decimal(char).is_some()
}

/// `10^k` as `math.pow(10, k)`.
fn powers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("10^") {
        out.push_str(before);
        let digits = after.strip_prefix('-').unwrap_or(after);
        let end = digits.trim_start_matches(is_digit);
        let exponent = &after[..after.len() - end.len()];
        if digits.len() == end.len() {
            out.push_str("10^");
            rest = after;
        } else {
            out.push_str("math.pow(10, ");
            out.push_str(exponent);
            out.push(')');
            rest = end;
        }
    }
    out.push_str(rest);
    out
}

/// `^[-+]?\d{1,3}(,\d{3})*(\.\d+)?$`, with digits of any script; without a comma nothing would change.
fn is_grouped(text: &str) -> bool {
    let text = before_newline(text);
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.chars().all(is_digit).then(|| text.chars().count());
    let mut groups = whole.split(',').map(digits);
    matches!(groups.next(), Some(Some(1..=3)))
        && groups.all(|group| group == Some(3))
        && digits(fraction).is_some_and(|count| count > 0)
}

/// The first of `(a)` to `(d)`.
fn option(text: &str) -> Option<&str> {
    memchr::memchr_iter(b'(', text.as_bytes())
        .filter_map(|at| text.get(at..at + 3))
        .find(|option| matches!(*option, "(a)" | "(b)" | "(c)" | "(d)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_for_eval_is_that_of_the_official_steps() {
        let rows = [
            (" $1,234.50 million. ", "1234.50"),
            ("5 USD", "5"),
            ("USD 5", "5"),
            ("x = 3 ≈ 4%", "4"),
            ("yes", "True"),
            ("It is False, not True", "True"),
            ("approximately 5 or 6", "5"),
            ("-1,2..5 apples", "-1,2..5"),
            ("apples +5\n£", "+5"),
            ("5 apples and pears", "5 apples and pears"),
            ("5!!\n£", "5"),
            ("5!!!", "5!!!"),
            ("5kg", "5"),
            (".5", "5"),
            ("..5", "5"),
            ("...5", ".5"),
            ("-.5", "-.5"),
            ("~~-5", "~~-5"),
            ("٣ म", "٣"),
            ("2 x 10^3 × 10^-٣", "2*math.pow(10, 3)*math.pow(10, -٣)"),
            ("10^10^3 10^x 10^-", "math.pow(10, 10)^3 10^x 10^-"),
            ("1,23", "1,23"),
            ("1,234,567.8.9", "1,234,567.8.9"),
            ("1234,567", "1234,567"),
            ("£", ""),
        ];
        for (text, cleaned) in rows {
            assert_eq!(super::cleaned(text), cleaned, "{text:?}");
        }
    }

    #[test]
    fn an_answer_has_a_value_or_is_the_dummy() {
        let rows = [
            ("(b) or (c)", "(b)"),
            ("the (z) (d)", "(d)"),
            ("", "7"),
            ("five", "7"),
            ("007.5", "7.5"),
            ("12,05", "7"),
            ("12,632 and", "12632"),
            ("(12,632)", "[12, 632]"),
            ("5,000\n£", "5000"),
            ("1e5", "100000.0"),
            ("True story", "True"),
        ];
        for (text, value) in rows {
            assert_eq!(normalize(text, 7, &[]).unwrap().to_string(), value, "{text:?}");
        }
        assert_eq!(normalize("1/2", 7, &[]), Err(Reason::NeedsEval));
    }
}
