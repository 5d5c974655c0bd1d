//! Answers that are all there is in a fenced block or an object of JSON: `{"answer": "Berlin"}`.

/// An answer without what is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrapped<'a> {
    pub(crate) answer: &'a str,
    /// What stands before the block.
    pub(crate) before: &'a str,
    /// Whether a key names it an answer.
    pub(crate) named: bool,
}

/// The answer of a text that ends in a fenced block with an object that has nothing but an answer, that is such an
/// object, or that is a fenced block of one line. O(n).
pub(crate) fn content(text: &str) -> Option<Wrapped<'_>> {
    let text = text.trim();
    let Some((before, inner)) = fenced(text) else {
        return object(text).map(|answer| Wrapped { answer, before: "", named: true });
    };
    let inner = inner.trim();
    match object(inner) {
        Some(answer) => Some(Wrapped { answer, before, named: true }),
        // `# Berlin` in a program is a comment.
        None if before.is_empty() && !inner.contains('\n') && !inner.starts_with(['#', '/']) => {
            Some(Wrapped { answer: inner, before, named: false })
        }
        None => None,
    }
}

/// What stands before a last fenced block, and what is in it.
fn fenced(text: &str) -> Option<(&str, &str)> {
    let (before, block) = text.strip_suffix("```")?.rsplit_once("```")?;
    let (language, inner) = block.split_once('\n')?;
    language.trim().bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some((before.trim(), inner))
}

/// The value of an object's only key, if that names an answer.
fn object(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?.trim();
    let (key, value) = inner.strip_prefix('"')?.split_once('"')?;
    let known = ["answer", "final_answer", "final answer", "finalAnswer"];
    if !known.iter().any(|known| key.eq_ignore_ascii_case(known)) {
        return None;
    }
    let value = value.trim_start().strip_prefix(':')?.trim();
    match value.strip_prefix('"') {
        Some(string) => string.strip_suffix('"').filter(|string| !string.contains(['"', '\\', '\n'])),
        None => value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'))
            .then_some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_answer_is_all_there_is() {
        let rows = [
            (r#"{"answer": "Berlin"}"#, Some("Berlin")),
            ("{\n \"final_answer\": 5\n}", Some("5")),
            ("```\nBerlin\n```", Some("Berlin")),
            ("So:\n```json\n{\"answer\": \"Berlin\"}\n```", Some("Berlin")),
            ("So:\n```\nBerlin\n```", None),
            ("```\nBerlin\nParis\n```", None),
            (r#"{"answer": "Berlin", "other": "Paris"}"#, None),
            (r#"{"answer": ["Berlin"]}"#, None),
            (r#"{"city": "Berlin"}"#, None),
            ("Berlin", None),
        ];
        for (text, answer) in rows {
            assert_eq!(content(text).map(|wrapped| wrapped.answer), answer, "{text}");
        }
    }
}
