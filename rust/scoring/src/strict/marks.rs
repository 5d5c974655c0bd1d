//! Signs that deny what they stand at: `≠ Berlin`, `!Berlin`, `~~Berlin~~`.

/// How often a text denies by a sign. O(n).
pub(crate) fn denials(text: &str) -> usize {
    if !text.bytes().any(|byte| matches!(byte, b'!' | b'~' | b'<') || !byte.is_ascii()) {
        return 0;
    }
    let mut count = 0;
    if text.contains(['~', '<']) {
        count = text.matches("~~").count() + text.matches("<del>").count() + text.matches("<s>").count();
    }
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let denies = match char {
            // A stroke through the character before it is a combining mark of its own.
            '≠'
            | '≢'
            | '¬'
            | '∉'
            | '∄'
            | '✗'
            | '✘'
            | '✖'
            | '❌'
            | '❎'
            | '⛔'
            | '🚫'
            | '👎'
            | '🤷'
            | '🤔'
            | '❓'
            | '\u{335}'..='\u{338}' => true,
            // Between spaces too: `a ! Berlin`.
            '!' if before.is_whitespace() && next == ' ' => chars.clone().any(char::is_alphanumeric),
            '!' => next == '=' || next.is_alphanumeric() && !before.is_alphanumeric(),
            '~' => next.is_alphabetic() && before.is_whitespace(),
            _ => false,
        };
        count += usize::from(denies);
        before = char;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_deny_are_counted() {
        let rows = [
            ("≠ Berlin", 1),
            ("=\u{338} Berlin", 1),
            ("¬Berlin", 1),
            ("!Berlin", 1),
            ("!= Berlin", 1),
            ("~~Berlin~~", 2),
            ("Yahoo!", 0),
            ("Berlin! It is", 0),
            ("~5", 0),
        ];
        for (text, count) in rows {
            assert_eq!(denials(text), count, "{text}");
        }
    }
}
