//! Python's numbers: integers without bound beside doubles, compared and divided exactly.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint};
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};

/// An `int` or a `float`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    /// Without bound.
    Int(BigInt),
    /// A double.
    Float(f64),
}

/// What Python raises where a result is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raised {
    /// `OverflowError`.
    Overflow,
    /// `ValueError`.
    Value,
}

impl Number {
    /// An integer.
    pub(super) fn int(value: impl Into<BigInt>) -> Self {
        Self::Int(value.into())
    }

    /// `abs(self)`.
    pub(super) fn abs(&self) -> Self {
        match self {
            Self::Int(int) => Self::Int(int.abs()),
            Self::Float(float) => Self::Float(float.abs()),
        }
    }

    /// Whether `self == 0`.
    pub(super) fn is_zero(&self) -> bool {
        match self {
            Self::Int(int) => int.is_zero(),
            Self::Float(float) => *float == 0.0,
        }
    }

    /// `float(self)`.
    pub(super) fn float(&self) -> Result<f64, Raised> {
        match self {
            Self::Int(int) => rounded(int).ok_or(Raised::Overflow),
            Self::Float(float) => Ok(*float),
        }
    }

    /// `self * factor`, exact for integers.
    pub(super) fn times(&self, factor: u32) -> Self {
        match self {
            Self::Int(int) => Self::Int(int * factor),
            Self::Float(float) => Self::Float(float * f64::from(factor)),
        }
    }

    /// `self / divisor` for what is not negative; of integers, the double nearest to the exact quotient.
    pub(super) fn over(&self, divisor: &Self) -> Result<f64, Raised> {
        match (self, divisor) {
            (Self::Int(left), Self::Int(right)) => quotient(left.magnitude(), right.magnitude()),
            _ => Ok(self.float()? / divisor.float()?),
        }
    }

    /// `math.log10(self)` for what is above 0, or not a number.
    pub(super) fn log10(&self) -> f64 {
        match self {
            Self::Float(float) => float.log10(),
            Self::Int(int) => rounded(int).map_or_else(|| log10_beyond(int.magnitude()), f64::log10),
        }
    }

    /// `math.ceil(self * 10**decimals) / 10**decimals`.
    pub(super) fn ceil(&self, decimals: u32) -> Result<f64, Raised> {
        let factor = 10_u32.pow(decimals);
        match self.times(factor) {
            // Back to what it was, but for the way from an integer to a double.
            Self::Int(_) => self.float(),
            Self::Float(float) if float.is_nan() => Err(Raised::Value),
            Self::Float(float) if float.is_infinite() => Err(Raised::Overflow),
            Self::Float(float) => Ok(float.ceil() / f64::from(factor)),
        }
    }

    /// How `self` compares with `other`, exactly; `None` beside a NaN.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(right)),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(right),
            (Self::Int(left), Self::Float(right)) => mixed(left, *right),
            (Self::Float(left), Self::Int(right)) => mixed(right, *left).map(Ordering::reverse),
        }
    }

    /// `self <= other`.
    pub(super) fn at_most(&self, other: &Self) -> bool {
        self.order(other).is_some_and(Ordering::is_le)
    }
}

/// `int(value) == value`.
pub(super) fn is_whole(value: f64) -> Result<bool, Raised> {
    if value.is_nan() {
        Err(Raised::Value)
    } else if value.is_infinite() {
        Err(Raised::Overflow)
    } else {
        Ok(value.fract() == 0.0)
    }
}

/// The nearest double, ties to even; `None` beyond the largest.
fn rounded(int: &BigInt) -> Option<f64> {
    int.to_f64().filter(|float| float.is_finite())
}

/// The order of an integer and a double.
fn mixed(int: &BigInt, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let Some(whole) = BigInt::from_f64(float.trunc()) else {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    };
    int.cmp(&whole).then(0.0.partial_cmp(&(float - float.trunc()))?).into()
}

/// The double nearest to `left / right`, ties to even.
fn quotient(left: &BigUint, right: &BigUint) -> Result<f64, Raised> {
    if left.is_zero() {
        return Ok(0.0);
    }
    // A quotient of 63 or 64 bits, whose last bit says whether anything was cut: it rounds as the exact one does.
    let shift = (right.bits() + 63).cast_signed() - left.bits().cast_signed();
    let steps = shift.unsigned_abs();
    let (scaled, cut) = if shift >= 0 {
        (left << steps, false)
    } else {
        (left >> steps, left.trailing_zeros().is_some_and(|zeros| zeros < steps))
    };
    let whole = &scaled / right;
    let cut = cut || &whole * right != scaled;
    let bits = whole.to_u64().unwrap_or(u64::MAX) | u64::from(cut);
    let value = scale(nearest(bits), -shift);
    if value.is_finite() { Ok(value) } else { Err(Raised::Overflow) }
}

#[allow(clippy::cast_precision_loss, reason = "rounded to nearest is what is meant")]
fn nearest(bits: u64) -> f64 {
    bits as f64
}

/// `value * 2**exponent` of a value whose result is no subnormal.
fn scale(value: f64, exponent: i64) -> f64 {
    let exponent = i32::try_from(exponent).unwrap_or(i32::MAX).clamp(-1000, 2000);
    let half = exponent / 2;
    value * 2_f64.powi(half) * 2_f64.powi(exponent - half)
}

/// `math.log10` of an integer that no double holds: of its fraction between one half and one, and its exponent.
fn log10_beyond(int: &BigUint) -> f64 {
    let steps = int.bits() - 64;
    let cut = int.trailing_zeros().is_some_and(|zeros| zeros < steps);
    let bits = (int >> steps).to_u64().unwrap_or(u64::MAX) | u64::from(cut);
    let (mut fraction, mut exponent) = (scale(nearest(bits), -64), int.bits());
    if fraction >= 1.0 {
        (fraction, exponent) = (0.5, exponent + 1);
    }
    fraction.log10() + 2_f64.log10() * nearest(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power(base: u32, exponent: u32) -> Number {
        Number::Int(BigInt::from(base).pow(exponent))
    }

    #[test]
    fn division_rounds_once_as_cpython_does() {
        let int = |digits: &str| Number::Int(digits.parse().unwrap());
        // Python: the quotient of two doubles differs from this one in the last bit.
        let (left, right) = (int("9007199254740993"), int("3"));
        assert_eq!(left.over(&right), Ok(3_002_399_751_580_331.0));
        assert_eq!(int("295147905179352830003").over(&int("10000000000000001")), Ok(29_514.790_517_935_28));
        assert_eq!(power(10, 400).over(&power(10, 399)), Ok(10.0));
        assert_eq!(power(2, 1024).over(&Number::int(1)), Err(Raised::Overflow));
        assert_eq!(power(2, 1024).over(&Number::int(2)), Ok(2_f64.powi(1023)));
        assert_eq!(Number::int(0).over(&Number::int(7)), Ok(0.0));
        assert_eq!(power(10, 400).over(&Number::Float(1.0)), Err(Raised::Overflow));
        assert_eq!(Number::int(1).over(&Number::int(3)), Ok(1.0 / 3.0));
    }

    #[test]
    fn logarithms_of_large_integers_go_by_their_exponent() {
        assert_eq!(power(10, 22).log10().to_bits(), 22_f64.to_bits());
        assert_eq!(power(10, 400).log10().to_bits(), 400_f64.to_bits());
        let nines = Number::Int(BigInt::from(10).pow(400) - 1);
        assert_eq!(nines.log10().to_bits(), 400_f64.to_bits());
        assert_eq!(power(7, 1000).log10().to_bits(), 845.098_040_014_256_9_f64.to_bits());
        let ones = Number::Int((BigInt::from(1) << 1030) - 1);
        assert_eq!(ones.log10().to_bits(), 310.060_895_533_900_63_f64.to_bits());
    }

    #[test]
    fn integers_and_doubles_compare_exactly() {
        let int = |value: i64| Number::int(value);
        let float = Number::Float;
        assert_eq!(
            int(9_007_199_254_740_993).order(&float(9_007_199_254_740_992.0)),
            Some(Ordering::Greater)
        );
        assert_eq!(int(5).order(&float(5.5)), Some(Ordering::Less));
        assert_eq!(int(-5).order(&float(-5.5)), Some(Ordering::Greater));
        assert_eq!(float(-5.5).order(&int(-5)), Some(Ordering::Less));
        assert_eq!(int(5).order(&float(5.0)), Some(Ordering::Equal));
        assert_eq!(power(10, 400).order(&float(f64::INFINITY)), Some(Ordering::Less));
        assert_eq!(power(10, 400).order(&float(f64::NEG_INFINITY)), Some(Ordering::Greater));
        assert_eq!(int(5).order(&float(f64::NAN)), None);
    }

    #[test]
    fn what_python_refuses_is_refused() {
        assert_eq!(power(10, 309).float(), Err(Raised::Overflow));
        assert_eq!(power(10, 308).float(), Ok(1e308));
        assert_eq!(Number::Float(f64::INFINITY).ceil(3), Err(Raised::Overflow));
        assert_eq!(Number::Float(f64::NAN).ceil(3), Err(Raised::Value));
        assert_eq!(Number::Float(0.000_1).ceil(3), Ok(0.001));
        assert_eq!(Number::Float(0.000_1).ceil(2), Ok(0.01));
        assert_eq!(is_whole(f64::INFINITY), Err(Raised::Overflow));
        assert_eq!(is_whole(f64::NAN), Err(Raised::Value));
        assert_eq!((is_whole(-2.0), is_whole(0.5)), (Ok(true), Ok(false)));
    }
}
