//! Tags around the reasoning, as models write them: `<think>`, `</Thinking>`, `[THINK]`, `◁/think▷`, `<|end_of_thought|>`.

use memchr::{memrchr2_iter, memrchr3_iter};

/// A tag of the reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) opens: bool,
    /// Where what follows it starts.
    pub(crate) end: usize,
}

/// Brackets of a tag. The byte of an opening one that is looked for, and where in the bracket it stands.
type Bracket = (&'static str, &'static str, u8, usize);

const BRACKETS: [Bracket; 3] = [("<", ">", b'<', 0), ("[", "]", b'[', 0), ("◁", "▷", 0x97, 1)];

/// The same for brackets that stand for `<` and `>`.
const OTHERS: [Bracket; 2] = [("&lt;", "&gt;", b'&', 0), ("＜", "＞", 0xbc, 1)];

/// What may stand before the name of a tag, and whether the tag then opens.
const PREFIXES: [(&str, Option<bool>); 7] = [
    ("begin_of_", Some(true)),
    ("beginof", Some(true)),
    ("begin_", Some(true)),
    ("end_of_", Some(false)),
    ("endof", Some(false)),
    ("end_", Some(false)),
    ("seed:", None),
];

/// A tag is no longer than this.
const MAX_BYTES: usize = 40;

/// The last tag. O(n), from the tail.
pub(crate) fn last(text: &str) -> Option<Tag> {
    let plain = memrchr3_iter(BRACKETS[0].2, BRACKETS[1].2, BRACKETS[2].2, text.as_bytes())
        .find_map(|at| tag(text, at, &BRACKETS));
    let from = plain.map_or(0, |tag| tag.end);
    let other = memrchr2_iter(OTHERS[0].2, OTHERS[1].2, &text.as_bytes()[from..])
        .find_map(|at| tag(&text[from..], at, &OTHERS));
    other.map(|tag| Tag { end: from + tag.end, ..tag }).or(plain)
}

fn tag(text: &str, at: usize, brackets: &[Bracket]) -> Option<Tag> {
    let byte = text.as_bytes()[at];
    let (open, close, _, offset) = brackets.iter().find(|bracket| bracket.2 == byte)?;
    let inner = text.get(at.checked_sub(*offset)?..)?.strip_prefix(open)?;
    let start = text.len() - inner.len();
    let mut window = inner.len().min(MAX_BYTES);
    while !inner.is_char_boundary(window) {
        window -= 1;
    }
    let length = inner[..window].find(close)?;
    let visible: String;
    let mut inner = &inner[..length];
    if !inner.is_ascii() {
        visible = inner.chars().filter(|char| !is_invisible(*char)).collect();
        inner = &visible;
    }
    let marks = |char: char| char.is_whitespace() || matches!(char, '|' | '｜');
    let inner = inner.trim_matches(marks);
    let bare = inner.strip_prefix(['/', '／']).map(|name| name.trim_start_matches(marks));
    let (mut opens, mut name) = (bare.is_none(), bare.unwrap_or(inner));
    for (prefix, begins) in PREFIXES {
        if let Some(rest) = name.strip_prefix(prefix) {
            (opens, name) = (begins.unwrap_or(opens), rest);
        }
    }
    // An attribute may follow the name.
    let name = name.split(char::is_whitespace).next().unwrap_or("");
    // In brackets of their own these words may head a paragraph.
    let others: &[&str] =
        if *open == "[" { &[] } else { &["thoughts", "reasoning", "scratchpad", "reason", "analysis"] };
    let known =
        ["think", "thinking", "thought"].iter().chain(others).any(|known| name.eq_ignore_ascii_case(known));
    known.then_some(Tag { opens, end: start + length + close.len() })
}

fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
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
            ("<reason>", "</reason>"),
            ("<|begin_think|>", "<|end_think|>"),
            ("<|beginofthink|>", "<|endofthink|>"),
            ("＜think＞", "＜/think＞"),
            ("&lt;think&gt;", "&lt;/think&gt;"),
            ("<th\u{200b}ink>", "</th\u{200b}ink>"),
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
