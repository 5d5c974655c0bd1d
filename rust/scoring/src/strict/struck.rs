//! Markup that keeps an answer within it from being said: comments, strokes, what is not shown.

use memchr::{memchr, memchr3, memrchr, memrchr_iter};

use crate::strict::html::{MAX_TAG_BYTES, is_dress, is_paragraph};
use crate::strict::lines::{line_start, tail};

/// How far back an opening tag is looked for, in bytes.
const MAX_BYTES: usize = 2000;

/// Whether byte `at` of a text is within a comment of HTML or LaTeX, struck out or hidden. O(1).
pub(crate) fn is_struck(text: &str, at: usize) -> bool {
    let before = tail(&text[..at], MAX_BYTES);
    let line = &before[line_start(before, before.len())..];
    let begins = line.trim_start();
    if begins.starts_with(['%', '/', '[']) && ["%", "//", "[//]:"].iter().any(|mark| begins.starts_with(mark))
        || in_comment(before)
    {
        return true;
    }
    // Most texts hold no sign that could.
    memchr3(b'~', b'<', b'\\', before.as_bytes()).is_some() && {
        line.matches("~~").count() % 2 == 1
            || in_tag(before)
            || in_command(line)
            || memrchr_iter(b'\\', before.as_bytes())
                .find(|&open| before[open..].starts_with("\\iffalse"))
                .is_some_and(|open| !before[open..].contains("\\fi "))
    }
}

/// Whether a comment of C is open at the end of a text. O(n).
fn in_comment(text: &str) -> bool {
    let bytes = text.as_bytes();
    let touches =
        |at: usize, by: isize| at.checked_add_signed(by).and_then(|at| bytes.get(at)) == Some(&b'/');
    memrchr_iter(b'*', bytes).find(|&at| touches(at, -1) || touches(at, 1)).is_some_and(|at| touches(at, -1))
}

/// Whether a tag that strikes out or hides is open at the end of a text.
fn in_tag(text: &str) -> bool {
    let mut end = text.len();
    while let Some(at) = memrchr(b'<', &text.as_bytes()[..end]) {
        let inside = &text[at + 1..];
        if inside.starts_with("!--") && !inside.contains("-->") {
            return true;
        }
        let length = inside.bytes().take(12).take_while(u8::is_ascii_alphabetic).count();
        let name = inside[..length].to_ascii_lowercase();
        let struck = matches!(name.as_str(), "s" | "del" | "strike" | "template" | "script" | "style");
        let hidden = length > 0
            && (is_dress(&name) || is_paragraph(&name))
            && attributes_hide(tag(inside).unwrap_or(""))
            && !text[at..].contains(&["</", &name, ">"].concat());
        if hidden {
            return true;
        }
        if struck
            && inside[length..].starts_with(['>', ' '])
            && !text[at..].contains(&["</", &name, ">"].concat())
        {
            return true;
        }
        end = at;
    }
    false
}

/// Whether a command of LaTeX that strikes out or hides has its brace open at the end of a line.
fn in_command(line: &str) -> bool {
    if !line.contains('\\') {
        return false;
    }
    let mut open = Vec::new();
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'{' => open.push(at),
            b'}' => {
                open.pop();
            }
            _ => {}
        }
    }
    let unseen = ["color{white}", "color{transparent}"];
    if unseen.iter().any(|command| line.contains(command)) {
        return true;
    }
    open.into_iter().any(|at| {
        let name = line[..at].bytes().rev().take_while(u8::is_ascii_alphabetic).count();
        let command = &line[..at - name];
        command.ends_with('\\') && hides(&line[at - name..at])
    })
}

/// What stands in a tag, up to its end.
fn tag(inside: &str) -> Option<&str> {
    let window = &inside.as_bytes()[..inside.len().min(MAX_TAG_BYTES)];
    memchr(b'>', window).map(|end| &inside[..end])
}

/// Whether the attributes of a tag may keep what it dresses from being seen.
pub(crate) fn attributes_hide(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    ["hidden", "style", "color", "opacity"].iter().any(|known| tag.contains(known))
}

fn hides(command: &str) -> bool {
    [
        "cancel", "phantom", "sout", "xout", "st", "smash", "comment", "footnote", "iffalse", "not",
        "overline", "strike",
    ]
    .iter()
    .any(|known| {
        command == *known || known.len() > 3 && command.ends_with(known) && command.len() <= known.len() + 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_struck_out_or_hidden_is_not_said() {
        for before in [
            "<s>",
            "<del>a",
            "<span hidden>a",
            "<p style='visibility:hidden'>",
            "// ",
            "[//]: # (",
            "/* ",
            "a /* b",
            "/*\n\n",
            "\\textcolor{white}{",
            "<!-- ",
            "<!--\n",
            "~~",
            "% ",
            "\\cancel{",
            "\\xcancel{$",
            "\\phantom{",
            "\\hphantom{\\text{",
            "\\iffalse ",
            "a</s><s>",
        ] {
            assert!(is_struck(before, before.len()), "{before}");
        }
        for before in [
            "",
            "<s>a</s>",
            "<!-- a -->",
            "~~a~~ ",
            "5% ",
            "\\text{",
            "\\cancel{a} ",
            "<b>",
            "<span>",
            "<span hidden>a</span>",
            "see https://a.b/c ",
            "/* a */ ",
            "\\textcolor{red}{",
            "</s>",
            "<",
        ] {
            assert!(!is_struck(before, before.len()), "{before}");
        }
    }
}
