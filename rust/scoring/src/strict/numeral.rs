//! Numbers, read whole: every character of the text has to make sense around one single numeral.

use crate::strict::currency::{Currency, names_another};
use crate::strict::decimal::Decimal;
use crate::strict::digits::{GROUP_SPACE, plain_digits, small};
use crate::strict::equation::last_side;
use crate::strict::number::{Number, Parentheses, Value};
use crate::strict::quantity_words::approximates;
use crate::strict::spelled::{in_digits, with_digits};
use crate::strict::stated::stated;
use crate::strict::surroundings::{Prefix, Suffix, objection};
use crate::verdict::Reason;

/// Reads a text that holds one number, perhaps with words of introduction and a unit. O(n).
pub(crate) fn read(text: &str) -> Result<Number, Reason> {
    read_as(text, false)
}

/// Reads an answer, which may also say its number in words, `five awards`, or stand in brackets. O(n).
pub(crate) fn read_answer(text: &str) -> Result<Number, Reason> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let text = inner.filter(|text| !text.contains(['[', ']'])).unwrap_or(text);
    let digits = with_digits(text);
    read_as(digits.as_deref().unwrap_or(text), false)
}

/// Reads a gold that is nothing but a number in words: `five`. O(1).
pub(crate) fn read_words(text: &str) -> Option<Number> {
    let chars: Vec<char> = text.chars().take(24).collect();
    in_digits(&chars).filter(|_| text.len() < 24).and_then(|digits| read_bare(&digits))
}

/// Reads a text that is one number and nothing else: sign, currency, percent and scale words belong to it.
pub(crate) fn read_bare(text: &str) -> Option<Number> {
    // Most golds have no digit.
    if !text.chars().any(char::is_numeric) {
        return None;
    }
    read_as(text, true).ok()
}

fn read_as(text: &str, bare: bool) -> Result<Number, Reason> {
    let chars = plain_digits(text);
    let chars = if bare { &chars[..] } else { stated(last_side(&chars)) };
    let Some(start) =
        (0..chars.len()).find(|&at| is_digit(chars, at) || chars[at] == '.' && is_digit(chars, at + 1))
    else {
        let says = chars.iter().any(|char| char.is_alphanumeric());
        return Err(if says { objection(chars) } else { Reason::Empty });
    };
    let year = (0..4).all(|ahead| is_digit(chars, start + ahead)) && !is_digit(chars, start + 4);
    if names_another(&chars[..start]) {
        return Err(Reason::Different);
    }
    let prefix = Prefix::read(&chars[..start], bare, year)?;
    let mut numeral = Numeral { chars, at: start, rupees: prefix.currency.is_some_and(Currency::is_rupee) };
    let (value, written) = numeral.value()?;
    let one = chars[start..numeral.at] == ['1'];
    let rest = &chars[numeral.at..];
    // `1999 AD`
    let era = rest.iter().filter(|char| !matches!(char, ' ' | '.')).eq(['A', 'D'].iter());
    let rest = if year && era && !bare { &[] } else { rest };
    let suffix = Suffix::read(rest, bare, one, prefix.currency)?;
    if prefix.open != suffix.closes || suffix.scale > 0 && written == Written::Fraction {
        return Err(Reason::Different);
    }
    // `about 1999`, but `about 1,999` and `about 1999 apples`
    let counts = suffix.currency.is_some() || suffix.percent || !suffix.units.is_empty();
    if year && !counts && matches!(chars[start], '1' | '2') && approximates(&chars[..start]) {
        return Err(Reason::Hedged);
    }
    let value = match value {
        Value::Decimal { magnitude, rounded } => {
            Value::Decimal { magnitude: magnitude.scaled(suffix.scale), rounded }
        }
        fraction @ Value::Fraction { .. } => fraction,
    };
    Ok(Number {
        negative: prefix.negative,
        value,
        percent: suffix.percent,
        parentheses: match prefix.open {
            false => Parentheses::No,
            true if prefix.outside || suffix.outside => Parentheses::Minus,
            true => Parentheses::Bare,
        },
        unclear: suffix.unclear,
        currency: suffix.currency,
        units: suffix.units,
    })
}

pub(super) fn is_digit(chars: &[char], at: usize) -> bool {
    chars.get(at).is_some_and(char::is_ascii_digit)
}

#[derive(PartialEq, Eq)]
enum Written {
    Decimal,
    Fraction,
}

pub(super) struct Numeral<'a> {
    pub(super) chars: &'a [char],
    pub(super) at: usize,
    /// Of rupees, which are grouped in another way.
    rupees: bool,
}

impl Numeral<'_> {
    pub(super) fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    pub(super) fn digits(&mut self, digits: &mut Vec<u8>) {
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
        if separator == ' ' {
            return Ok(self.spaced_groups(digits));
        }
        if !matches!(separator, ',' | '\'' | GROUP_SPACE) || !is_digit(self.chars, self.at + 1) {
            return Ok(false);
        }
        if digits.len() > 3 || digits.starts_with(&[0]) {
            return Err(Reason::Different);
        }
        let (first, mut groups) = (digits.len(), [0_usize; 2]);
        let mut last = 0;
        while self.peek(0) == separator && is_digit(self.chars, self.at + 1) {
            let before = digits.len();
            self.at += 1;
            self.digits(digits);
            last = digits.len() - before;
            if !(2..=3).contains(&last) {
                return Err(Reason::Different);
            }
            groups[last - 2] += 1;
        }
        // `₹12,34,567`
        let pairs = self.rupees && first < 3 && groups[1] == 1 && last == 3;
        if groups[0] == 0 || pairs { Ok(true) } else { Err(Reason::Different) }
    }

    /// Groups behind plain spaces, all or none: `1 000 000`, but not `1 1/2` or `1 200/300`.
    fn spaced_groups(&mut self, digits: &mut Vec<u8>) -> bool {
        let group =
            |at: usize| self.peek(at) == ' ' && (1..=3).all(|digit| self.peek(at + digit).is_ascii_digit());
        let mut end = 0;
        while group(end) {
            end += 4;
        }
        let fraction = (end..end + 3).map(|at| self.peek(at)).find(|&char| char != ' ') == Some('/');
        let ill_formed = digits.len() > 3 || digits.starts_with(&[0]) || self.peek(end).is_ascii_digit();
        if end == 0 || fraction || ill_formed {
            return false;
        }
        let group = &self.chars[self.at..self.at + end];
        digits.extend(
            group.iter().filter_map(|char| char.to_digit(10)).filter_map(|digit| u8::try_from(digit).ok()),
        );
        self.at += end;
        true
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
            ("5M", Some("5 m")),
            ("5 mil", Some("5 mil")),
            ("5 mm", Some("5")),
            ("$5 MM", Some("5000000")),
            ("5 Mio", Some("5000000")),
            ("5 lakhs", Some("500000")),
            ("5 per cent", Some("5%")),
            ("1 000 000", Some("1000000")),
            ("1 00", None),
            ("May 5", None),
            ("May 2019", Some("2019")),
            ("5 May", None),
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
