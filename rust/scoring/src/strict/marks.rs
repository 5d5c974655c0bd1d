//! Signs that deny what they stand at: `≠ Berlin`, `!Berlin`, `~~Berlin~~`.

/// How often a text denies by a sign. O(n).
pub(crate) fn denials(text: &str) -> usize {
    let mut count = usize::from(negated(text));
    if !text.bytes().any(|byte| matches!(byte, b'!' | b'~' | b'<' | b'*' | b';') || !byte.is_ascii()) {
        return count;
    }
    // Comments, and a wink.
    if text.contains(['*', '<', ';']) {
        count += ["<!--", "/*", "*/", ";)", ";-)"].iter().filter(|mark| text.contains(*mark)).count();
    }
    if text.contains(['~', '<']) {
        count += text.matches("~~").count() + text.matches("<del>").count() + text.matches("<s>").count();
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

/// Whether a text opens with a minus before a word, or as a comment does: `-Berlin`, `// Berlin`.
fn negated(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("//")
        || text.starts_with("[//]")
        || text.strip_prefix(['-', '\u{2212}']).is_some_and(|rest| rest.starts_with(char::is_alphabetic))
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
            ("<!-- Berlin -->", 1),
            ("/* Berlin */", 2),
            ("// Berlin", 1),
            ("-Berlin", 1),
            ("- Berlin", 0),
            ("-5", 0),
            ("Berlin ;)", 1),
        ];
        for (text, count) in rows {
            assert_eq!(denials(text), count, "{text}");
        }
    }
}
