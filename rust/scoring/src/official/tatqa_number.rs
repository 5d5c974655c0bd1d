//! How TAT-QA's scorer reads a number, with its scale word, its sign in parentheses and its percent.

use super::tatqa_scale::Scale;
use crate::python::{decimal, float, is_space, repr, split, strip};

/// More digits than this are no int to `CPython`, in either direction.
const MAX_DIGITS: usize = 4300;

/// The official code raises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Raised;

/// What a text is to the scorer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reading {
    /// No number.
    Text,
    /// A number whose value is not found, as of `inf` or `.5`.
    Valueless,
    /// A number.
    Value(Number),
}

/// A Python int or float.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    /// Digits without leading zeros; zero has no sign.
    Whole { negative: bool, digits: String },
    /// A float, perhaps infinite, never nan.
    Real(f64),
}

/// Reads a text. O(n).
pub(super) fn read(text: &str) -> Result<Reading, Raised> {
    if !is_number(text) {
        return Ok(Reading::Text);
    }
    let cleaned = clean(text);
    let Some(first) = first_number(&cleaned) else { return Ok(Reading::Valueless) };
    let mut number = Number::parse(first)?.times(word_scale(text))?;
    if is_parenthesised(text) {
        number = number.negated();
    }
    if is_percent(text) {
        number = number.times(Scale::Percent)?;
    }
    Ok(Reading::Value(number.rounded(4)))
}

/// The first word is a float, and the second, if there is one, a scale.
fn is_number(text: &str) -> bool {
    let mut words = split(text).map(clean).filter(|word| !word.is_empty());
    words.next().and_then(|word| float(&word)).is_some_and(|value| !value.is_nan())
        && words.next().is_none_or(|word| Scale::of(&word) != Scale::ONE)
}

fn clean(text: &str) -> String {
    text.chars()
        .filter(|char| {
            !matches!(char, '\'' | '"' | '\\' | '$' | '€' | '£' | '¥' | '%' | '(' | ')' | ',' | '[' | ']')
        })
        .collect()
}

/// `([+-]?\d+(\.\d+)?)|([+-]?\.\d+)`: the first match, if it is of the first half.
fn first_number(text: &str) -> Option<&str> {
    for (at, char) in text.char_indices() {
        let from = &text[at..];
        let unsigned = if matches!(char, '+' | '-') { &from[1..] } else { from };
        let whole = digits(unsigned);
        let point = unsigned[whole..].strip_prefix('.').map_or(0, digits);
        match (whole, point) {
            (0, 0) => {}
            (0, _) => return None,
            (_, 0) => return Some(&from[..from.len() - unsigned.len() + whole]),
            _ => return Some(&from[..from.len() - unsigned.len() + whole + 1 + point]),
        }
    }
    None
}

/// The length of the digits a text begins with.
fn digits(text: &str) -> usize {
    text.find(|char| decimal(char).is_none()).unwrap_or(text.len())
}

/// `[\d.]+\s?[a-zA-Z]+`: the scale that the first word after a number says.
fn word_scale(text: &str) -> Scale {
    let is_numeral = |char| char == '.' || decimal(char).is_some();
    let mut rest = text;
    while let Some(start) = rest.find(is_numeral) {
        rest = rest[start..].trim_start_matches(is_numeral);
        let after = rest.strip_prefix(is_space).unwrap_or(rest);
        let length = after.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(after.len());
        if length > 0 {
            return Scale::of(&after[..length]);
        }
    }
    Scale::ONE
}

fn is_figure(char: char) -> bool {
    char == '.' || decimal(char).is_some() || is_space(char)
}

/// `\([\d.\s]+\)`: a number in parentheses, without commas, is negative.
fn is_parenthesised(text: &str) -> bool {
    let mut inside = None;
    for char in text.chars() {
        inside = match (char, inside) {
            ('(', _) => Some(0),
            (')', Some(1..)) => return true,
            (_, Some(length)) if is_figure(char) => Some(length + 1),
            _ => None,
        };
    }
    false
}

/// `[\d.\s]+%` in the stripped text.
fn is_percent(text: &str) -> bool {
    let mut before = None;
    strip(text).chars().any(|char| {
        let found = char == '%' && before.is_some_and(is_figure);
        before = Some(char);
        found
    })
}

impl Number {
    /// A numeral of `first_number`.
    fn parse(text: &str) -> Result<Self, Raised> {
        if text.contains('.') {
            return float(text).map(Self::Real).ok_or(Raised);
        }
        Self::whole(text).ok_or(Raised)
    }

    /// The int of a text with digits, a sign before them, and nothing else that counts; `None` where there are too many.
    pub(super) fn whole(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter_map(decimal).map(|digit| char::from(b'0' + digit)).collect();
        if digits.len() > MAX_DIGITS {
            return None;
        }
        let digits = digits.trim_start_matches('0');
        Some(match digits {
            "" => Self::Whole { negative: false, digits: "0".to_owned() },
            digits => Self::Whole { negative: text.contains('-'), digits: digits.to_owned() },
        })
    }

    /// `number * scale`.
    pub(super) fn times(self, scale: Scale) -> Result<Self, Raised> {
        Ok(match (self, scale) {
            (Self::Whole { negative, digits }, Scale::Power(power)) => {
                let zeros = if digits == "0" { 0 } else { usize::from(power) };
                Self::Whole { negative, digits: digits + &"0".repeat(zeros) }
            }
            (Self::Real(value), Scale::Power(power)) => Self::Real(value * 10f64.powi(i32::from(power))),
            (number, Scale::Percent) => Self::Real(number.float()? * 0.01),
        })
    }

    fn negated(self) -> Self {
        match self {
            Self::Whole { negative, digits } => Self::Whole { negative: !negative && digits != "0", digits },
            Self::Real(value) => Self::Real(-value),
        }
    }

    /// `round(number, places)`: from the exact value, half to even.
    pub(super) fn rounded(self, places: usize) -> Self {
        match self {
            Self::Real(value) if value.is_finite() => {
                Self::Real(format!("{value:.places$}").parse().unwrap_or(value))
            }
            number => number,
        }
    }

    /// `float(number)`, which raises for an int beyond all floats.
    fn float(&self) -> Result<f64, Raised> {
        match self {
            Self::Real(value) => Ok(*value),
            Self::Whole { negative, digits } => match digits.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(if *negative { -value } else { value }),
                _ => Err(Raised),
            },
        }
    }

    /// `"%.4f" % number`.
    pub(super) fn fixed(&self) -> Result<String, Raised> {
        let value = self.float()?;
        Ok(if value.is_finite() { format!("{value:.4}") } else { repr(value) })
    }

    /// `str(number)`.
    pub(super) fn text(&self) -> Result<String, Raised> {
        match self {
            Self::Real(value) => Ok(repr(*value)),
            Self::Whole { digits, .. } if digits.len() > MAX_DIGITS => Err(Raised),
            Self::Whole { negative, digits } => {
                Ok(if *negative { format!("-{digits}") } else { digits.clone() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `str(to_number(text))` where the text is a number.
    fn shown(text: &str) -> Option<String> {
        match read(text) {
            Ok(Reading::Value(number)) => number.text().ok(),
            Ok(Reading::Valueless) => Some("None".to_owned()),
            Ok(Reading::Text) => Some("text".to_owned()),
            Err(Raised) => None,
        }
    }

    #[test]
    fn numbers_are_read_as_the_official_scorer_reads_them() {
        for (text, number) in [
            ("$1,082", "1082"),
            ("(134)", "-134"),
            ("(1,134)", "1134"),
            ("( 5 million)", "5000000"),
            ("12.5 %", "0.125"),
            ("12%", "0.12"),
            ("%12", "12"),
            ("5 percent", "0.05"),
            ("5 thousand dollars", "5000"),
            ("5 dollars", "text"),
            ("1.5 Billion", "1500000000.0"),
            ("-0", "0"),
            ("(0.0)", "-0.0"),
            ("0.00005", "0.0001"),
            ("0.03125", "0.0312"),
            ("1e5", "1"),
            ("1_000", "1"),
            (".5", "None"),
            ("+5.", "5"),
            ("inf", "None"),
            ("nan", "text"),
            ("", "text"),
            ("\u{663}.\u{665}", "3.5"),
            ("[5]", "5"),
            ("5a", "text"),
            ("5 6", "text"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(number), "{text:?}");
        }
    }

    #[test]
    fn ints_are_exact_up_to_the_limits_of_cpython() {
        let nines = "9".repeat(4300);
        assert_eq!(shown(&nines), Some(nines.clone()));
        assert_eq!(shown(&format!("{nines}9")), None);
        assert_eq!(shown(&format!("{nines} million")), None);
        assert_eq!(shown(&format!("{}9", "0".repeat(4300))), None);
        assert_eq!(shown("123456789123456789 thousand"), Some("123456789123456789000".to_owned()));
        let whole = |text: &str| Number::whole(text).unwrap();
        assert_eq!(whole(&nines).fixed(), Err(Raised));
        assert_eq!(whole(&nines).times(Scale::Percent), Err(Raised));
        assert_eq!(whole("9007199254740993").fixed(), Ok("9007199254740992.0000".to_owned()));
        assert_eq!(shown(&format!("{}.5", "9".repeat(400))), Some("inf".to_owned()));
        assert_eq!(Number::Real(f64::NEG_INFINITY).fixed(), Ok("-inf".to_owned()));
    }

    #[test]
    fn ties_go_to_the_even_digit() {
        let fixed = |value| Number::Real(value).fixed().unwrap();
        assert_eq!([0.03125, 0.09375, -0.03125].map(fixed), ["0.0312", "0.0938", "-0.0312"]);
        assert_eq!([-0.0, -0.00001, 2.5].map(fixed), ["-0.0000", "-0.0000", "2.5000"]);
        let rounded = |value| Number::Real(value).rounded(2);
        assert_eq!([0.125, 0.375, 0.025].map(rounded), [0.12, 0.38, 0.03].map(Number::Real));
    }
}
