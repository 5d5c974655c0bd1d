//! `re.IGNORECASE`.

/// What follows an ASCII pattern that a text starts with, case ignored. O(length of the pattern).
pub(crate) fn after_ignoring_case<'a>(text: &'a str, pattern: &str) -> Option<&'a str> {
    let mut chars = text.chars();
    let matches = pattern.chars().all(|wanted| chars.next().is_some_and(|char| is_same(char, wanted)));
    matches.then_some(chars.as_str())
}

/// Beyond ASCII, Python takes a letter for `wanted` that is lowered to it, and two that are raised to what it is.
fn is_same(char: char, wanted: char) -> bool {
    char.eq_ignore_ascii_case(&wanted)
        || matches!(
            (char, wanted.to_ascii_lowercase()),
            ('\u{130}' | '\u{131}', 'i') | ('\u{17f}', 's') | ('\u{212a}', 'k')
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_match_as_in_cpython() {
        // Printed by CPython 3.11: every pair of `re.fullmatch(wanted, char, re.I)` beyond ASCII.
        let beyond = [('i', '\u{130}'), ('i', '\u{131}'), ('k', '\u{212a}'), ('s', '\u{17f}')];
        let mut found = Vec::new();
        for wanted in ('\0'..='\u{7f}').filter(|wanted| !wanted.is_ascii_uppercase()) {
            found.extend(
                ('\u{80}'..=char::MAX).filter(|&char| is_same(char, wanted)).map(|char| (wanted, char)),
            );
        }
        assert_eq!(found, beyond);
        assert_eq!(after_ignoring_case("aN\u{17f}wer \u{130}Sé", "Answer is"), Some("é"));
        assert_eq!(after_ignoring_case("answer", "answer "), None);
    }
}
