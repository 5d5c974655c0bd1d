//! Equations: `5 + 6 = 11`, `x = 5`.

use crate::strict::stated::is_subject;

/// Behind the last equals sign, where every side before it is one variable or arithmetic. Anything else, a list of
/// assignments or an equation to solve (`2x = 5`) above all, is left whole. O(n).
pub(crate) fn last_side(chars: &[char]) -> &[char] {
    let Some(at) = chars.iter().rposition(|&char| char == '=') else { return chars };
    let working = chars[..at]
        .split(|&char| char == '=')
        .enumerate()
        .all(|(index, side)| is_variable(side) || is_arithmetic(side) || index == 0 && is_introduced(side));
    if working { &chars[at + 1..] } else { chars }
}

fn is_variable(side: &[char]) -> bool {
    let mut written = side.iter().filter(|char| !char.is_whitespace());
    written.next().is_some_and(|char| char.is_alphabetic()) && written.next().is_none()
}

/// Words of introduction, perhaps with arithmetic behind them: `Average`, `The sum is 2 + 3`.
fn is_introduced(side: &[char]) -> bool {
    let words = side.iter().take_while(|char| char.is_alphabetic() || char.is_whitespace()).count();
    let (lead, rest) = side.split_at(words);
    lead.iter().any(|char| char.is_alphabetic())
        && (rest.is_empty() || lead.ends_with(&[' ']) && is_arithmetic(rest))
        && is_subject(lead)
}

/// Numerals, of which there is one at least, and operators.
pub(super) fn is_arithmetic(side: &[char]) -> bool {
    let mut digits = 0;
    for (index, &char) in side.iter().enumerate() {
        let digit = |at: usize| side.get(at).is_some_and(char::is_ascii_digit);
        let known = match char {
            ',' => index > 0 && digit(index - 1) && digit(index + 1),
            _ => char.is_ascii_digit() || char.is_whitespace() || "+-*/×÷·^().%$€£".contains(char),
        };
        if !known {
            return false;
        }
        digits += usize::from(char.is_ascii_digit());
    }
    digits > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_equation_comes_to_is_its_last_side() {
        let rows = [
            ("5 + 6 = 11", " 11"),
            ("x = 5", " 5"),
            ("x = 5 + 6 = 11", " 11"),
            ("1,000 * 2 = 2,000", " 2,000"),
            ("2x = 5", "2x = 5"),
            ("-x = 5", "-x = 5"),
            ("x = 5, y = 6", "x = 5, y = 6"),
            ("not x = 5", "not x = 5"),
            ("x != 5", "x != 5"),
            ("x >= 5", "x >= 5"),
            ("=5", "=5"),
            ("Average = (1 + 3) / 2 = 2", " 2"),
            ("The sum is 2 + 3 = 5", " 5"),
        ];
        for (text, side) in rows {
            let chars: Vec<char> = text.chars().collect();
            assert_eq!(last_side(&chars).iter().collect::<String>(), side, "{text}");
        }
    }
}
