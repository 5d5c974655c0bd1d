//! When two numbers are the same to DocMath-Eval and to those that took over its code.

use std::cmp::Ordering;

use super::number::{Number, Raised, is_whole};

/// How a variant forgives a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scales {
    /// Any power of ten, by the difference of the logarithms; else 100, 1,000 or 100,000.
    LogDifference,
    /// Any power of ten, by the logarithm of the quotient; else 100, 1,000 or 100,000.
    LogQuotient,
    /// 100, 1,000, a million or a billion.
    Listed,
}

/// Whether a prediction is taken for the gold. Signs count in the last rule alone.
#[allow(clippy::float_cmp, reason = "equality is the rule")]
pub(super) fn same(
    prediction: &Number,
    gold: &Number,
    scales: Scales,
    decimals: u32,
) -> Result<bool, Raised> {
    let (left, right) = (gold.abs(), prediction.abs());
    // Of equals, and beside a NaN, the gold is both.
    let order = right.order(&left);
    let large = if order == Some(Ordering::Greater) { right.clone() } else { left.clone() };
    let small = if order == Some(Ordering::Less) { right } else { left };
    Ok(scaled(&large, &small, scales)?
        || large.ceil(decimals)? == small.ceil(decimals)?
        || near(prediction, gold)?)
}

fn scaled(large: &Number, small: &Number, scales: Scales) -> Result<bool, Raised> {
    if scales == Scales::Listed {
        for scale in [100, 1_000, 1_000_000, 1_000_000_000] {
            let share = large.times(2).over(&Number::int(scale))?;
            if small.at_most(&Number::Float(share)) && near(&small.times(scale), large)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !large.is_zero() && !small.is_zero() {
        let apart = match scales {
            Scales::LogDifference => large.log10() - small.log10(),
            _ => large.over(small)?.log10(),
        };
        if is_whole(apart)? {
            return Ok(true);
        }
    }
    for (part, scale) in [(50, 100), (500, 1_000), (50_000, 100_000)] {
        let share = large.over(&Number::int(part))?;
        if small.at_most(&Number::Float(share)) && near(&small.times(scale), large)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether `left` lies within 0.15 percent of `right`.
fn near(left: &Number, right: &Number) -> Result<bool, Raised> {
    let right = right.float()?;
    let margin = right.abs() * 0.0015;
    Ok(Number::Float(right - margin).at_most(left) && left.at_most(&Number::Float(right + margin)))
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::Scales::{Listed, LogDifference, LogQuotient};
    use super::*;

    fn number(text: &str) -> Number {
        text.parse::<BigInt>().map_or_else(|_| Number::Float(text.parse().unwrap()), Number::Int)
    }

    /// The verdicts of the difference, of the quotient and of the list, each with three decimals.
    fn verdicts(prediction: &str, gold: &str) -> [bool; 3] {
        let (prediction, gold) = (number(prediction), number(gold));
        [LogDifference, LogQuotient, Listed].map(|scales| same(&prediction, &gold, scales, 3).unwrap())
    }

    #[test]
    fn float_noise_decides_which_powers_of_ten_are_forgiven() {
        assert_eq!(verdicts("3", "30"), [true, true, false]);
        assert_eq!(verdicts("5", "50"), [false, true, false]);
        assert_eq!(verdicts("1.08", "10.8"), [false, true, false]);
        assert_eq!(verdicts("-5", "5"), [true, true, true]);
        assert_eq!(verdicts("0.5", "50"), [true; 3]);
        assert_eq!(verdicts("2.34", "2340010"), [false, false, true]);
        assert_eq!(verdicts("2.34", "234010"), [true, true, false]);
    }

    #[test]
    fn neighbours_are_the_same() {
        assert_eq!(verdicts("0.0001", "0.0009"), [true; 3]);
        assert_eq!(verdicts("100.15", "100"), [true; 3]);
        assert_eq!(verdicts("100.16", "100"), [false; 3]);
        assert_eq!(verdicts("0", "0"), [true; 3]);
        let (prediction, gold) = (number("0.002"), number("0.009"));
        assert_eq!(same(&prediction, &gold, LogQuotient, 2), Ok(true));
        assert_eq!(same(&prediction, &gold, LogQuotient, 3), Ok(false));
    }

    #[test]
    fn integers_are_as_long_as_they_are() {
        let nines = Number::Int(BigInt::from(10).pow(400) - 1);
        assert_eq!(same(&nines, &Number::int(1), LogDifference, 3), Ok(true));
        assert_eq!(same(&nines, &Number::int(1), LogQuotient, 3), Err(Raised::Overflow));
        assert_eq!(same(&nines, &Number::int(2), LogDifference, 3), Err(Raised::Overflow));
        assert_eq!(same(&nines, &nines, LogQuotient, 3), Ok(true));
        assert_eq!(same(&nines, &nines, Listed, 3), Err(Raised::Overflow));
    }

    #[test]
    fn what_is_no_number_raises() {
        let (inf, nan) = (Number::Float(f64::INFINITY), Number::Float(f64::NAN));
        assert_eq!(same(&inf, &inf, LogDifference, 3), Err(Raised::Value));
        assert_eq!(same(&Number::int(5), &inf, LogDifference, 3), Err(Raised::Overflow));
        assert_eq!(same(&Number::int(0), &inf, LogQuotient, 3), Err(Raised::Overflow));
        for scales in [LogDifference, LogQuotient, Listed] {
            assert_eq!(same(&Number::int(0), &nan, scales, 3), Err(Raised::Value));
            // `max(5, nan)` and `min(5, nan)` are both 5.
            assert_eq!(same(&nan, &Number::int(5), scales, 3), Ok(true));
        }
    }
}
