//! Lines of an answer.

use std::ops::Range;

use crate::strict::scan::Needle;

const END_TAG: Needle = Needle::new("</answer>");

/// The index behind the end tag that stands at `end`, if one does.
pub(crate) fn behind_tag(part: &str, end: usize) -> usize {
    if END_TAG.stands(part, end) { end + END_TAG.len() } else { end }
}

/// The first line.
pub(crate) fn line(text: &str) -> &str {
    text.find('\n').map_or(text, |end| &text[..end])
}

/// Where the line of a byte starts.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// The end of a text, at most so many bytes of it.
pub(crate) fn tail(text: &str, bytes: usize) -> &str {
    let mut from = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

/// The rest of the line, or the next line that says something.
pub(crate) fn span(part: &str, content: usize) -> Range<usize> {
    let rest = &part[content..];
    let rest = END_TAG.find(rest).map_or(rest, |end| &rest[..end]);
    let says = |char: char| !char.is_whitespace() && !"*_`:=#>$[]\\".contains(char);
    let mut start = 0;
    for line in rest.split('\n') {
        if line.chars().any(says) {
            return content + start..content + start + line.len();
        }
        start += line.len() + 1;
    }
    content + rest.len()..content + rest.len()
}
