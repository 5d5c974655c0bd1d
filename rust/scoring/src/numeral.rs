//! Numbers, read whole: every character of the text has to make sense around one single numeral.

use crate::decimal::Decimal;
use crate::fold::{is_ignorable, is_wide_digit};
use crate::number::{Number, Value};
use crate::surroundings::{Prefix, Suffix};
use crate::verdict::Reason;

/// Digits of an exponent that are still taken seriously.
const MAX_EXPONENT_DIGITS: usize = 9;

/// A space that may stand between groups of digits: thin, figure, narrow or non-breaking.
const GROUP_SPACE: char = '\u{2009}';

/// Reads a text that holds one number, perhaps with words of introduction and a unit. O(n).
pub(crate) fn read(text: &str) -> Result<Number, Reason> {
    read_as(text, false)
}

/// Reads a text that is one number and nothing else: sign, currency, percent and scale words belong to it.
pub(crate) fn read_bare(text: &str) -> Option<Number> {
    read_as(text, true).ok()
}

fn read_as(text: &str, bare: bool) -> Result<Number, Reason> {
    let chars = plain_digits(text);
    let Some(start) =
        (0..chars.len()).find(|&at| is_digit(&chars, at) || chars[at] == '.' && is_digit(&chars, at + 1))
    else {
        return Err(if chars.iter().any(|char| char.is_alphanumeric()) {
            crate::surroundings::objection(&chars)
        } else {
            Reason::Empty
        });
    };
    let prefix = Prefix::read(&chars[..start], bare)?;
    let mut numeral = Numeral { chars: &chars, at: start };
    let (value, written) = numeral.value()?;
    let suffix = Suffix::read(&chars[numeral.at..], bare, prefix.currency)?;
    if prefix.open != suffix.closes || suffix.scale > 0 && written == Written::Fraction {
        return Err(Reason::Different);
    }
    let value = match value {
        Value::Decimal { magnitude, rounded } => {
            Value::Decimal { magnitude: magnitude.scaled(suffix.scale), rounded }
        }
        fraction @ Value::Fraction { .. } => fraction,
    };
    let parentheses = prefix.open;
    Ok(Number {
        negative: prefix.negative,
        value,
        percent: suffix.percent,
        parentheses,
        currency: suffix.currency,
    })
}

/// Characters with every way to write an ASCII digit, sign or slash made plain. Vulgar fractions become `1/2`, after a
/// space, as in `1 1/2`. Other numerals, such as superscripts, stay, and no number is read around them.
fn plain_digits(text: &str) -> Vec<char> {
    let mut chars = Vec::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\u{2212}' | '\u{fe63}' | '\u{ff0d}' | '\u{2010}'..='\u{2013}' => chars.push('-'),
            '\u{2044}' | '\u{2215}' => chars.push('/'),
            '\u{a0}' | '\u{2007}' | '\u{202f}' => chars.push(GROUP_SPACE),
            '\u{2019}' => chars.push('\''),
            '\u{ff05}' => chars.push('%'),
            '\u{ff0e}' => chars.push('.'),
            _ if is_wide_digit(char) => chars.extend(char::from_u32(u32::from(char) - 0xff10 + 0x30)),
            _ if is_ignorable(char) => {}
            _ if char.is_numeric() && !char.is_ascii() => vulgar(char, &mut chars),
            _ => chars.push(char),
        }
    }
    chars
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

fn is_digit(chars: &[char], at: usize) -> bool {
    chars.get(at).is_some_and(char::is_ascii_digit)
}

#[derive(PartialEq, Eq)]
enum Written {
    Decimal,
    Fraction,
}

struct Numeral<'a> {
    chars: &'a [char],
    at: usize,
}

impl Numeral<'_> {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn digits(&mut self, digits: &mut Vec<u8>) {
        while let Some(digit) = self.peek(0).to_digit(10) {
            digits.extend(u8::try_from(digit));
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<(Value, Written), Reason> {
        let mut digits = Vec::new();
        self.digits(&mut digits);
        let plain = !digits.is_empty() && !self.groups(&mut digits)?;
        if plain && let Some(fraction) = self.fraction(&digits)? {
            return Ok((fraction, Written::Fraction));
        }
        let whole = digits.len();
        if self.peek(0) == '.' && is_digit(self.chars, self.at + 1) {
            self.at += 1;
            self.digits(&mut digits);
        }
        let decimals = i64::try_from(digits.len() - whole).unwrap_or(i64::MAX);
        let exponent = self.exponent()?.saturating_sub(decimals);
        Ok((
            Value::Decimal { magnitude: Decimal::new(&digits, exponent), rounded: exponent < 0 },
            Written::Decimal,
        ))
    }

    /// Groups of three digits behind one to three, all with the same separator; `1,5` is no number at all.
    fn groups(&mut self, digits: &mut Vec<u8>) -> Result<bool, Reason> {
        let separator = self.peek(0);
        if !matches!(separator, ',' | '\'' | GROUP_SPACE) || !is_digit(self.chars, self.at + 1) {
            return Ok(false);
        }
        if digits.len() > 3 || digits.starts_with(&[0]) {
            return Err(Reason::Different);
        }
        while self.peek(0) == separator && is_digit(self.chars, self.at + 1) {
            let before = digits.len();
            self.at += 1;
            self.digits(digits);
            if digits.len() - before != 3 {
                return Err(Reason::Different);
            }
        }
        Ok(true)
    }

    /// `1/3`, `1 / 3` or `1 1/3`, of whole numbers below 2^64.
    fn fraction(&mut self, digits: &[u8]) -> Result<Option<Value>, Reason> {
        let first = self.at;
        let spaces = |numeral: &mut Self| {
            while numeral.peek(0) == ' ' {
                numeral.at += 1;
            }
        };
        spaces(self);
        let (mut whole, mut above) = (Vec::new(), digits.to_vec());
        if self.at > first && is_digit(self.chars, self.at) {
            whole = std::mem::take(&mut above);
            self.digits(&mut above);
        }
        if self.peek(0) != '/' {
            self.at = first;
            return Ok(None);
        }
        self.at += 1;
        spaces(self);
        let mut below = Vec::new();
        self.digits(&mut below);
        if below.is_empty() && whole.is_empty() {
            // A unit: `5 /year`.
            self.at = first;
            return Ok(None);
        }
        let fraction = || {
            let denominator = small(&below).filter(|&denominator| denominator > 0)?;
            let (whole_part, part) = (small(&whole)?, small(&above)?);
            let mixed = whole.is_empty() || whole_part > 0 && part < denominator;
            let numerator = whole_part.checked_mul(denominator)?.checked_add(part).filter(|_| mixed)?;
            Some(Value::Fraction { numerator, denominator })
        };
        fraction().map(Some).ok_or(Reason::Different)
    }

    /// `e5`, `E-5` or `x 10^5`; 0 where there is none.
    fn exponent(&mut self) -> Result<i64, Reason> {
        let signed = |numeral: &Self, at: usize| at + usize::from(matches!(numeral.peek(at), '+' | '-'));
        let power = if matches!(self.peek(0), 'e' | 'E') {
            Some(1)
        } else {
            let mut at = 0;
            while matches!(self.peek(at), ' ' | GROUP_SPACE) && at < 4 {
                at += 1;
            }
            let times = matches!(self.peek(at), '×' | 'x' | 'X' | '*' | '·');
            at += 1;
            while matches!(self.peek(at), ' ' | GROUP_SPACE) && at < 8 {
                at += 1;
            }
            let ten = (self.peek(at), self.peek(at + 1), self.peek(at + 2)) == ('1', '0', '^');
            at += 3;
            at += usize::from(self.peek(at) == ' ');
            (times && ten).then_some(at)
        };
        let Some(start) = power.filter(|&at| is_digit(self.chars, self.at + signed(self, at))) else {
            return Ok(0);
        };
        let negative = self.peek(start) == '-';
        self.at += signed(self, start);
        let mut digits = Vec::new();
        self.digits(&mut digits);
        let exponent = (digits.len() <= MAX_EXPONENT_DIGITS).then(|| small(&digits)).flatten();
        let exponent = exponent.and_then(|exponent| i64::try_from(exponent).ok()).ok_or(Reason::Different)?;
        Ok(if negative { -exponent } else { exponent })
    }
}

fn small(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, &digit| number.checked_mul(10)?.checked_add(u64::from(digit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        read(text).ok().map(|number| number.to_string())
    }

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        let rows = [
            ("(32.4)", Some("(32.4)")),
            ("-$5", Some("-5")),
            ("$-5", Some("-5")),
            ("\u{2212}5", Some("-5")),
            ("minus 5", Some("-5")),
            ("approximately 32.4", Some("32.4")),
            ("1,234,567.80", Some("1234567.8")),
            ("1\u{a0}234", Some("1234")),
            ("1.5e6", Some("1500000")),
            ("1e-05", Some("0.00001")),
            ("1.5 × 10^6", Some("1500000")),
            ("12.5 million dollars", Some("12500000")),
            ("$5M", Some("5000000")),
            ("5M", None),
            ("5 apples", Some("5")),
            ("½", Some("1/2")),
            ("45 percent", Some("45%")),
            ("1,5", None),
            ("1 or 2", None),
            ("5 or six", None),
            ("3, 4 and 5", None),
            ("1.2.3", None),
            ("5*3", None),
            ("10²", None),
            ("not 5", None),
            ("more than 5", None),
            ("5 to six", None),
            ("five", None),
            ("MAUSOLEUM 5", None),
            ("COVID-19", None),
            ("1e9999999999", None),
            ("1/0", None),
            ("(5", None),
            ("", None),
        ];
        for (text, number) in rows {
            assert_eq!(shown(text).as_deref(), number, "{text}");
        }
    }

    #[test]
    fn a_bare_number_has_no_unit() {
        assert!(read_bare("$1,496.5 million").is_some());
        assert!(read_bare("(114)").is_some());
        assert!(read_bare("5 apples").is_none());
        assert!(read_bare("in 1998").is_none());
    }
}
