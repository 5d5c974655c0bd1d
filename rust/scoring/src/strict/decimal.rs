//! Exact decimals of any length.

use std::cmp::Ordering;
use std::fmt;

/// A magnitude: `digits` times ten to the `exponent`. No sign, no leading zeros; zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: Vec<u8>,
    exponent: i64,
}

/// Wider magnitudes than this are shown with an exponent.
const MAX_SHOWN_DIGITS: i64 = 40;

impl Decimal {
    /// From digits 0 to 9, most significant first.
    pub(crate) fn new(digits: &[u8], exponent: i64) -> Self {
        let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
        Self { digits: digits[zeros..].to_vec(), exponent }
    }

    /// Ten to the `power` times this.
    pub(crate) fn scaled(self, power: i64) -> Self {
        Self { digits: self.digits, exponent: self.exponent.saturating_add(power) }
    }

    /// This times a small number. O(n).
    pub(crate) fn times(&self, factor: u64) -> Self {
        let mut digits = Vec::with_capacity(self.digits.len() + 20);
        let mut carry = 0_u128;
        for &digit in self.digits.iter().rev() {
            carry += u128::from(digit) * u128::from(factor);
            push_digit(&mut digits, carry);
            carry /= 10;
        }
        while carry > 0 {
            push_digit(&mut digits, carry);
            carry /= 10;
        }
        digits.reverse();
        Self::new(&digits, self.exponent)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The magnitudes half a unit of the last digit below and above: what rounds to this. The lower one of zero is
    /// its upper one, negated, so `None`. O(n).
    pub(crate) fn halves(&self) -> (Option<Self>, Self) {
        let half = |digits: &[u8]| Self::new(&[digits, &[5]].concat(), self.exponent.saturating_sub(1));
        let upper = half(&self.digits);
        let mut lower = self.digits.clone();
        for digit in lower.iter_mut().rev() {
            if *digit > 0 {
                *digit -= 1;
                return (Some(half(&lower)), upper);
            }
            *digit = 9;
        }
        (None, upper)
    }

    /// Position of the first digit: 1 for units.
    fn lead(&self) -> i64 {
        self.exponent.saturating_add(i64::try_from(self.digits.len()).unwrap_or(i64::MAX))
    }

    /// In digits, or with an exponent where it is wide. O(n).
    pub(crate) fn shown(&self) -> String {
        let zeros = self.digits.iter().rev().take_while(|&&digit| digit == 0).count();
        let digits = &self.digits[..self.digits.len() - zeros];
        if digits.is_empty() {
            return "0".to_owned();
        }
        let lead = self.lead();
        let width = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let mut text = String::with_capacity(digits.len() + 24);
        let push = |text: &mut String, digits: &[u8]| {
            text.extend(digits.iter().map(|&digit| char::from(b'0' + digit)));
        };
        if lead > MAX_SHOWN_DIGITS.max(width) || lead < -MAX_SHOWN_DIGITS {
            push(&mut text, &digits[..1]);
            text.push_str(if digits.len() > 1 { "." } else { "" });
            push(&mut text, &digits[1..]);
            return format!("{text}e{}", lead.saturating_sub(1));
        }
        let zeros = |count: i64| (0..count).map(|_| '0');
        if lead <= 0 {
            text.push_str("0.");
            text.extend(zeros(-lead));
            push(&mut text, digits);
        } else if lead >= width {
            push(&mut text, digits);
            text.extend(zeros(lead - width));
        } else {
            let (whole, part) = digits.split_at(usize::try_from(lead).unwrap_or(0));
            push(&mut text, whole);
            text.push('.');
            push(&mut text, part);
        }
        text
    }

    /// Compares two magnitudes. O(n).
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        let padded = |digits: &'_ [u8], index: usize| digits.get(index).copied().unwrap_or(0);
        self.lead().cmp(&other.lead()).then_with(|| {
            (0..self.digits.len().max(other.digits.len()))
                .map(|index| padded(&self.digits, index).cmp(&padded(&other.digits, index)))
                .find(|&order| order != Ordering::Equal)
                .unwrap_or(Ordering::Equal)
        })
    }
}

fn push_digit(digits: &mut Vec<u8>, carry: u128) {
    digits.push((carry % 10) as u8);
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(digits: &str, exponent: i64) -> Decimal {
        Decimal::new(&digits.bytes().map(|byte| byte - b'0').collect::<Vec<_>>(), exponent)
    }

    #[test]
    fn halves_bound_what_rounds_to_a_decimal() {
        // 1.0 is written to one decimal: 0.95 to 1.05.
        let (lower, upper) = decimal("10", -1).halves();
        assert_eq!(lower, Some(decimal("95", -2)));
        assert_eq!(upper, decimal("105", -2));
        assert_eq!(decimal("0", -1).halves(), (None, decimal("5", -2)));
    }

    #[test]
    fn trailing_zeros_do_not_matter_and_exponents_do() {
        assert_eq!(decimal("1500", 0).compare(&decimal("15", 2)), Ordering::Equal);
        assert_eq!(decimal("15", 2).compare(&decimal("15", 999_999_999)), Ordering::Less);
        assert_eq!(decimal("000", 5).compare(&decimal("1", -9)), Ordering::Less);
    }

    #[test]
    fn a_product_is_exact() {
        assert_eq!(decimal("99", -1).times(u64::MAX).to_string(), "182622766329724560988.5");
    }

    #[test]
    fn wide_magnitudes_are_shown_with_an_exponent() {
        assert_eq!(decimal("15", 500).to_string(), "1.5e501");
        assert_eq!(decimal("5", -3).to_string(), "0.005");
        assert_eq!(decimal("150", -2).to_string(), "1.5");
    }
}
