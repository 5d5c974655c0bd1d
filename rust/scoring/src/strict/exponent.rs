//! Powers of ten behind a numeral.

use crate::strict::digits::{GROUP_SPACE, small};
use crate::strict::numeral::{Numeral, is_digit};
use crate::verdict::Reason;

/// Digits of an exponent that are still taken seriously.
const MAX_EXPONENT_DIGITS: usize = 9;

impl Numeral<'_> {
    /// `e5`, `E-5` or `x 10^5`; 0 where there is none.
    pub(super) fn exponent(&mut self) -> Result<i64, Reason> {
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
