//! `float(text)`, `str(float)` and the two ways to round.

use std::borrow::Cow;

use super::text::{decimal, is_space};

/// `float(text)`; `None` where it raises. O(n).
pub(crate) fn float(text: &str) -> Option<f64> {
    let text = ascii(text)?;
    let text = text.trim_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let bytes = text.as_bytes();
    let first = bytes.iter().position(|byte| !matches!(byte, b'+' | b'-'))?;
    if bytes[first].is_ascii_alphabetic() {
        let name = &text[first..];
        let known = ["inf", "infinity", "nan"].iter().any(|known| name.eq_ignore_ascii_case(known));
        return if known { text.parse().ok() } else { None };
    }
    let between = |at: usize| {
        at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
    };
    if !text.contains('_') {
        return text.parse().ok();
    }
    let well_placed = bytes.iter().enumerate().all(|(at, &byte)| byte != b'_' || between(at));
    if well_placed { text.replace('_', "").parse().ok() } else { None }
}

/// Digits of every script and spaces as ASCII; `None` where anything else is beyond ASCII.
fn ascii(text: &str) -> Option<Cow<'_, str>> {
    if text.is_ascii() {
        return Some(Cow::Borrowed(text));
    }
    text.chars()
        .map(|char| match char {
            _ if char.is_ascii() => Some(char),
            _ if is_space(char) => Some(' '),
            _ => decimal(char).map(|value| char::from(b'0' + value)),
        })
        .collect::<Option<String>>()
        .map(Cow::Owned)
}

/// `str(value)`: the fewest digits that read back, an exponent below 1e-4 and from 1e16.
pub(crate) fn repr(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = value.to_string();
    if text.contains('.') { text } else { text + ".0" }
}

/// `numpy.round(value, digits)`: to the nearest even multiple after scaling, unlike `round`.
pub(crate) fn np_round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round_ties_even() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_cpython_reads_it() {
        let rows = [
            ("5", Some(5.0)),
            (" \u{b}-1_0.5e1_0\r", Some(-10.5e10)),
            ("\u{a0}１２\u{2003}", Some(12.0)),
            ("٣.٥", Some(3.5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1e400", Some(f64::INFINITY)),
            ("-infinitY", Some(f64::NEG_INFINITY)),
        ];
        for (text, value) in rows {
            assert_eq!(float(text), value, "{text:?}");
        }
        assert!(float("+NaN").is_some_and(f64::is_nan));
        for text in [
            "", ".", "\u{1c}5", "5\u{7f}", "+-5", "1__0", "_1", "1_", "1_.5", "1._5", "0x10", "1e", "e5",
            "½", "5 5", "infin", "-",
        ] {
            assert_eq!(float(text), None, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_written_as_cpython_writes_them() {
        let rows = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (5.0, "5.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e16, "1e+16"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (-1.25e300, "-1.25e+300"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in rows {
            assert_eq!(repr(value), text);
        }
    }

    #[test]
    fn numpy_rounds_after_scaling() {
        let rounded = [0.025, 0.035, 0.145, 2.5].map(|value| repr(np_round(value, 2)));
        assert_eq!(rounded, ["0.02", "0.04", "0.14", "2.5"]);
    }
}
