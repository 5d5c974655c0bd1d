//! Units to a power: `km²`, `m^3`.

/// Units that are squared and cubed.
const UNITS: [(&str, &str); 14] = [
    ("km", "km"),
    ("m", "meters"),
    ("cm", "cm"),
    ("mm", "millimeters"),
    ("mi", "miles"),
    ("ft", "feet"),
    ("in", "inches"),
    ("yd", "yards"),
    ("miles", "miles"),
    ("feet", "feet"),
    ("meters", "meters"),
    ("metres", "meters"),
    ("kilometers", "km"),
    ("kilometres", "km"),
];

/// The words behind a numeral with the first unit to a power written out: ` square km`. `None` where there is none. O(n).
pub(crate) fn without_powers(chars: &[char]) -> Option<Vec<char>> {
    let sign = chars.iter().position(|char| matches!(char, '²' | '³' | '^'))?;
    let (power, behind) = match chars[sign] {
        '²' => ('2', sign + 1),
        '³' => ('3', sign + 1),
        _ => {
            let digit = sign + 1 + chars[sign + 1..].iter().take_while(|char| char.is_whitespace()).count();
            (*chars.get(digit)?, digit + 1)
        }
    };
    let end = chars[..sign].iter().rposition(|char| !char.is_whitespace())? + 1;
    let start = chars[..end].iter().rposition(|char| !char.is_ascii_lowercase()).map_or(0, |at| at + 1);
    let word: String = chars[start..end].iter().take(12).collect();
    let (_, unit) = UNITS.into_iter().find(|(known, _)| *known == word)?;
    let dimension = match power {
        '2' => " square ",
        '3' => " cubic ",
        _ => return None,
    };
    let before = chars[..start].iter().copied();
    Some(before.chain(dimension.chars()).chain(unit.chars()).chain(chars[behind..].iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_to_a_power_is_written_out() {
        let written = |text: &str| {
            without_powers(&text.chars().collect::<Vec<_>>())
                .map(|chars| chars.into_iter().collect::<String>())
        };
        assert_eq!(written(" km²").as_deref(), Some("  square km"));
        assert_eq!(written(" m ^3 long").as_deref(), Some("  cubic meters long"));
        for text in ["²", "^2", " km", " apples²", " km^4", " km^"] {
            assert_eq!(written(text), None, "{text}");
        }
    }
}
