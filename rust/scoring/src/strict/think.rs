//! Tags around the reasoning, as models write them: `<think>`, `</Thinking>`, `[THINK]`, `◁/think▷`, `<|end_of_thought|>`.

use memchr::memrchr3_iter;

/// A tag of the reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) opens: bool,
    /// Where what follows it starts.
    pub(crate) end: usize,
}

/// Brackets of a tag. The byte of an opening one that is looked for, and where in the bracket it stands.
const BRACKETS: [(&str, &str, u8, usize); 3] =
    [("<", ">", b'<', 0), ("[", "]", b'[', 0), ("◁", "▷", 0x97, 1)];

/// A tag is no longer than this.
const MAX_BYTES: usize = 40;

/// The last tag. O(n), from the tail.
pub(crate) fn last(text: &str) -> Option<Tag> {
    memrchr3_iter(BRACKETS[0].2, BRACKETS[1].2, BRACKETS[2].2, text.as_bytes()).find_map(|at| tag(text, at))
}

fn tag(text: &str, at: usize) -> Option<Tag> {
    let byte = text.as_bytes()[at];
    let (open, close, _, offset) = BRACKETS.into_iter().find(|bracket| bracket.2 == byte)?;
    let inner = text.get(at.checked_sub(offset)?..)?.strip_prefix(open)?;
    let start = text.len() - inner.len();
    let mut window = inner.len().min(MAX_BYTES);
    while !inner.is_char_boundary(window) {
        window -= 1;
    }
    let length = inner[..window].find(close)?;
    let marks = |char: char| char.is_whitespace() || matches!(char, '|' | '｜');
    let inner = inner[..length].trim_matches(marks);
    let bare = inner.strip_prefix('/').map(|name| name.trim_start_matches(marks));
    let (mut opens, mut name) = (bare.is_none(), bare.unwrap_or(inner));
    for (prefix, begins) in [("begin_of_", true), ("end_of_", false), ("seed:", opens)] {
        if let Some(rest) = name.strip_prefix(prefix) {
            (opens, name) = (begins, rest);
        }
    }
    // An attribute may follow the name.
    let name = name.split(char::is_whitespace).next().unwrap_or("");
    // In brackets of their own these words may head a paragraph.
    let others: &[&str] = if open == "<" { &["thoughts", "reasoning", "scratchpad"] } else { &[] };
    let known =
        ["think", "thinking", "thought"].iter().chain(others).any(|known| name.eq_ignore_ascii_case(known));
    known.then_some(Tag { opens, end: start + length + close.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_known_however_they_are_written() {
        for (open, close) in [
            ("<think>", "</think>"),
            ("<THINK>", "</Think>"),
            ("<thinking>", "</ thinking >"),
            ("<think >", "</think >"),
            ("[THINK]", "[/THINK]"),
            ("◁think▷", "◁/think▷"),
            ("<|think|>", "<|/think|>"),
            ("<|begin_of_thought|>", "<|end_of_thought|>"),
            ("<seed:think>", "</seed:think>"),
            ("<reasoning>", "</reasoning>"),
        ] {
            let text = format!("a{open}b");
            assert_eq!(last(&text), Some(Tag { opens: true, end: 1 + open.len() }), "{text}");
            let text = format!("a{open}é{close}b<c> [d]◁");
            let end = 1 + open.len() + 2 + close.len();
            assert_eq!(last(&text), Some(Tag { opens: false, end }), "{text}");
        }
        for text in ["think", "<thinker>", "[reasoning]", "<think", "× ◁", "<>", "\u{97}"] {
            assert_eq!(last(text), None, "{text}");
        }
    }
}
