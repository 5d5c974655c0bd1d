//! Numbers: what one is worth, and when two are the same.

use std::cmp::Ordering;
use std::fmt;

use crate::strict::currency::Currency;
use crate::strict::decimal::Decimal;

pub(crate) use crate::strict::numeral::{read, read_answer, read_bare, read_words};

/// What the digits say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Decimal {
        magnitude: Decimal,
        /// Written with decimals, so everything that rounds to it is meant.
        rounded: bool,
    },
    Fraction {
        numerator: u64,
        /// Not 0.
        denominator: u64,
    },
}

/// Whether the digits stand in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parentheses {
    No,
    /// Around all of it. Around an answer they are a template's.
    Bare,
    /// An accountant's minus: a currency stands before them, or a scale, percent sign or currency behind.
    Minus,
}

/// What a percent sign on one side alone means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Percent {
    /// The digits agree, or the values do: 45% is 45 and 0.45.
    Either,
    /// The values agree: 45% is 0.45.
    Value,
    /// That the two differ.
    Same,
}

/// A number as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) negative: bool,
    pub(crate) value: Value,
    pub(crate) percent: bool,
    pub(crate) parentheses: Parentheses,
    /// Words that may be a scale: `k`, `mil`.
    pub(crate) unclear: Option<String>,
    pub(crate) currency: Option<Currency>,
    /// What is counted or measured, in as many words as were written.
    pub(crate) units: Vec<String>,
}

impl Number {
    /// Whether this, as an answer, is what `gold` says.
    ///
    /// Signs agree. Parentheses around a gold are a minus. Around an answer they are a template's, which a gold in
    /// parentheses agrees with too; with a currency before or a scale behind them they are a minus. A percent sign on
    /// one side only is read as `percent` says. Two units or currencies agree where both are written; cents answer
    /// cents, and a percent is no amount of money. A word that may be a scale stands on both sides or on neither. A
    /// gold without decimals is equal to the answer; one with decimals is at most half a unit of its last digit away,
    /// unless the digits and the value of a percentage are both tried. O(n).
    pub(crate) fn answers(&self, gold: &Self, percent: Percent) -> bool {
        let currencies = match (self.currency, gold.currency) {
            (Some(mine), Some(other)) => mine.agrees(other),
            (Some(mine), None) => !mine.is_cent(),
            (None, _) => true,
        };
        if !currencies || self.unclear != gold.unclear || self.measures_another(gold) {
            return false;
        }
        let written = gold.parentheses != Parentheses::No;
        let gold_negative = gold.negative || written;
        let minus = match self.parentheses {
            Parentheses::No => false,
            Parentheses::Bare => written,
            Parentheses::Minus => true,
        };
        let negative = self.negative || minus;
        // Half a unit reaches across zero only from zero itself, where the sign says nothing.
        if !self.value.is_zero() && !gold.value.is_zero() && negative != gold_negative {
            return false;
        }
        let powers: &[i64] = match (percent, self.percent, gold.percent) {
            (_, true, true) | (_, false, false) => &[0],
            (Percent::Either, true, false) => &[0, -2],
            (Percent::Either, false, true) => &[0, 2],
            (Percent::Value, true, false) => &[-2],
            (Percent::Value, false, true) => &[2],
            (Percent::Same, ..) => &[],
        };
        // Two readings and half a unit on top would make `5%` an answer to 0.1.
        let exact = powers.len() > 1;
        powers.iter().any(|&power| match power {
            0 => self.value.within(&gold.value, exact),
            _ => self.value.clone().scaled(power).is_some_and(|value| value.within(&gold.value, exact)),
        })
    }

    /// Whether both are worth the same, a percent sign counted. O(n).
    pub(crate) fn equals(&self, other: &Self) -> bool {
        let worth = |number: &Self| number.value.clone().scaled(if number.percent { -2 } else { 0 });
        let alike = self.negative == other.negative
            && self.unclear == other.unclear
            && self.currency.is_none_or(|mine| other.currency.is_none_or(|other| mine.agrees(other)));
        alike && worth(self).is_some_and(|mine| worth(other).is_some_and(|other| mine.within(&other, true)))
    }

    /// Whether both sides say what is counted and say different things: `5 km` and `5 kg`, `$5` and `5 kg`, `$5` and `5%`.
    fn measures_another(&self, gold: &Self) -> bool {
        if self.percent && gold.currency.is_some() || gold.percent && self.currency.is_some() {
            return true;
        }
        let another = |one: &Self, other: &Self| {
            !one.units.is_empty()
                && other.units.is_empty()
                && (other.currency.is_some() && one.currency.is_none() || other.percent && !one.percent)
        };
        let shared = || self.units.iter().any(|unit| gold.units.contains(unit));
        another(self, gold)
            || another(gold, self)
            || !self.units.is_empty() && !gold.units.is_empty() && !shared()
    }
}

impl Value {
    fn is_zero(&self) -> bool {
        match self {
            Self::Decimal { magnitude, .. } => magnitude.is_zero(),
            Self::Fraction { numerator, .. } => *numerator == 0,
        }
    }

    /// Times ten to the `power`, 2, 0 or -2 for a fraction; `None` where it grows beyond 64 bits.
    fn scaled(self, power: i64) -> Option<Self> {
        Some(match self {
            Self::Decimal { magnitude, rounded } => {
                Self::Decimal { magnitude: magnitude.scaled(power), rounded }
            }
            Self::Fraction { numerator, denominator } => match power {
                0 => Self::Fraction { numerator, denominator },
                1.. => Self::Fraction { numerator: numerator.checked_mul(100)?, denominator },
                _ => Self::Fraction { numerator, denominator: denominator.checked_mul(100)? },
            },
        })
    }

    /// Whether this magnitude is `gold` or, unless it has to be `exact`, rounds to it.
    fn within(&self, gold: &Self, exact: bool) -> bool {
        match gold {
            Self::Decimal { magnitude, rounded } if exact || !rounded => {
                self.compare(magnitude) == Ordering::Equal
            }
            Self::Decimal { magnitude, .. } => {
                let (lower, upper) = magnitude.halves();
                lower.is_none_or(|lower| self.compare(&lower) != Ordering::Less)
                    && self.compare(&upper) != Ordering::Greater
            }
            &Self::Fraction { numerator, denominator } => match self {
                Self::Decimal { magnitude, .. } => {
                    magnitude.times(denominator).compare(&whole(numerator)) == Ordering::Equal
                }
                Self::Fraction { numerator: mine, denominator: below } => {
                    u128::from(*mine) * u128::from(denominator) == u128::from(numerator) * u128::from(*below)
                }
            },
        }
    }

    fn compare(&self, other: &Decimal) -> Ordering {
        match self {
            Self::Decimal { magnitude, .. } => magnitude.compare(other),
            Self::Fraction { numerator, denominator } => {
                whole(*numerator).compare(&other.times(*denominator))
            }
        }
    }
}

fn whole(number: u64) -> Decimal {
    Decimal::new(&[1], 0).times(number)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zero = self.value.is_zero();
        let sign = if self.negative && !zero { "-" } else { "" };
        let (open, close) = if self.parentheses == Parentheses::No { ("", "") } else { ("(", ")") };
        let percent = if self.percent { "%" } else { "" };
        match &self.value {
            Value::Decimal { magnitude, .. } => write!(f, "{open}{sign}{magnitude}{percent}{close}"),
            Value::Fraction { numerator, denominator } => {
                write!(f, "{open}{sign}{numerator}/{denominator}{percent}{close}")
            }
        }?;
        self.unclear.as_ref().map_or(Ok(()), |word| write!(f, " {word}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(answer: &str, gold: &str) -> bool {
        read(answer).unwrap().answers(&read(gold).unwrap(), Percent::Either)
    }

    #[test]
    fn the_gold_sets_the_precision() {
        assert!(answers("5.0", "5"));
        assert!(!answers("5.2", "5"));
        assert!(answers("32.44", "32.4"));
        assert!(answers("32.45", "32.4"));
        assert!(!answers("32.46", "32.4"));
        assert!(!answers("2018", "2019"));
        assert!(answers("12.54 million", "12.5 million"));
        assert!(answers("12,500,000", "12.5 million"));
        assert!(!answers("12.5", "12.5 million"));
        assert!(answers("0.04", "0.0"));
        assert!(!answers("1.54e6", "1.5e6"));
    }

    #[test]
    fn a_percent_sign_on_one_side_leaves_two_readings() {
        assert!(answers("45%", "45"));
        assert!(answers("45", "45%"));
        assert!(answers("0.45", "45%"));
        assert!(answers("45%", "0.45"));
        assert!(!answers("0.45", "45"));
        assert!(!answers("0.45%", "45%"));
        assert!(answers("1/2", "50%"));
        let reads = |answer, gold, percent| read(answer).unwrap().answers(&read(gold).unwrap(), percent);
        for (answer, gold, either, value, same) in [
            ("45%", "45", true, false, false),
            ("45", "45%", true, false, false),
            ("0.45", "45%", true, true, false),
            ("45%", "0.45", true, true, false),
            ("45%", "45%", true, true, true),
            ("45", "45", true, true, true),
        ] {
            assert_eq!(reads(answer, gold, Percent::Either), either, "{answer} / {gold}");
            assert_eq!(reads(answer, gold, Percent::Value), value, "{answer} / {gold}");
            assert_eq!(reads(answer, gold, Percent::Same), same, "{answer} / {gold}");
        }
    }

    #[test]
    fn signs_agree_and_parentheses_are_a_templates_or_a_minus() {
        assert!(!answers("-5", "5"));
        assert!(!answers("5", "-5"));
        assert!(answers("(5)", "5"));
        assert!(answers("(5)", "(5)"));
        assert!(!answers("(5)", "-5"));
        assert!(!answers("(5%)", "-5%"));
        assert!(answers("$(5)", "-5"));
        assert!(answers("(5)%", "-5%"));
        assert!(answers("(5) million", "-5 million"));
        assert!(!answers("(5) million", "5 million"));
        assert!(answers("-5", "(5)"));
        assert!(!answers("5", "(5)"));
        assert!(!answers("-(5)", "5"));
        assert!(answers("-0", "0"));
        assert!(!answers("$5", "€5"));
        assert!(!answers("5 euros", "$5"));
        assert!(answers("HK$5", "$5"));
        assert!(!answers("HK$5", "US$5"));
        assert!(!answers("5¢", "5"));
    }

    #[test]
    fn fractions_are_exact() {
        assert!(answers("2/6", "1/3"));
        assert!(answers("1/3", "0.33"));
        assert!(!answers("0.333", "1/3"));
        assert!(answers("1½", "1.5"));
        assert!(answers("1 1/2", "3/2"));
    }
}
