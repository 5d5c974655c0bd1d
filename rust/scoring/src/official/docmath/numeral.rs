//! The literals of numbers, and the bounds of integers.

use num_bigint::BigUint;

use super::lexer::Malformed;
use super::number::{Number, Raised};
use crate::verdict::Reason;

/// An integer of more bits is not computed with. Decimal literals stay far below.
pub(super) const MAX_BITS: u64 = 1 << 16;
/// Python makes no integer of a decimal literal with more digits.
const MAX_DIGITS: usize = 4_300;

/// Why a text has no value here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// `eval` raises.
    Raises,
    /// It would have to be run, or an integer is too long.
    Missing(Reason),
}

impl From<Malformed> for Failure {
    fn from(_: Malformed) -> Self {
        Self::Raises
    }
}

impl From<Raised> for Failure {
    fn from(_: Raised) -> Self {
        Self::Raises
    }
}

/// The value of a literal that is a number and not imaginary.
pub(super) fn number(text: &str) -> Result<Number, Failure> {
    let plain = text.replace('_', "");
    let (radix, bits) = match plain.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, 4),
        [b'0', b'o' | b'O', ..] => (8, 3),
        [b'0', b'b' | b'B', ..] => (2, 1),
        _ if plain.contains(['.', 'e', 'E']) => {
            return plain.parse().map(Number::Float).map_err(|_| Failure::Raises);
        }
        _ => (10, 0),
    };
    let digits = if radix == 10 { &plain } else { &plain[2..] };
    let digits = digits.trim_start_matches('0');
    if digits.len() as u64 * bits > MAX_BITS {
        return Err(Failure::Missing(Reason::TooLong));
    }
    if radix == 10 && digits.len() > MAX_DIGITS {
        return Err(Failure::Raises);
    }
    Ok(Number::int(BigUint::parse_bytes(digits.as_bytes(), radix).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_the_limits_of_cpython_or_ours() {
        let length = |text: String| match number(&text) {
            Ok(Number::Int(int)) => Ok(int.to_string().len()),
            Ok(Number::Float(_)) => Ok(0),
            Err(failure) => Err(failure),
        };
        assert_eq!(length("9_".repeat(4299) + "9"), Ok(4300));
        assert_eq!(length("9".repeat(4301)), Err(Failure::Raises));
        assert_eq!(length("9".repeat(4301) + "."), Ok(0));
        assert_eq!(length("0".repeat(9000)), Ok(1));
        assert_eq!(length(format!("0b{}", "1".repeat(9000))), Ok(2710));
        assert_eq!(length(format!("0X{}", "f".repeat(16_384))), Ok(19_729));
        assert_eq!(length(format!("0x{}", "f".repeat(16_385))), Err(Failure::Missing(Reason::TooLong)));
    }
}
