//! Tags of HTML that only dress a text.

use memchr::memchr2;

use crate::strict::struck::attributes_hide;

/// A longer tag of HTML is text.
pub(crate) const MAX_TAG_BYTES: usize = 128;

/// Drops the tags of HTML that only dress a text. One of a paragraph ends a line; any other, such as `<br>`, `<li>` and
/// `<del>`, says something and stays. O(n): a tag is no longer than [`MAX_TAG_BYTES`].
pub(crate) fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest[1..].trim_start_matches('/');
        let name = &name[..name.bytes().take_while(u8::is_ascii_alphanumeric).count()];
        let window = &rest.as_bytes()[..rest.len().min(MAX_TAG_BYTES)];
        let end = memchr2(b'>', b'\n', window).filter(|&end| window[end] == b'>');
        // What is not shown is not said.
        match end.filter(|&end| !attributes_hide(&rest[..end])) {
            Some(end) if is_dress(name) => rest = &rest[end + 1..],
            Some(end) if is_paragraph(name) => {
                plain.push('\n');
                rest = &rest[end + 1..];
            }
            _ => {
                plain.push('<');
                rest = &rest[1..];
            }
        }
    }
    plain + rest
}

pub(crate) fn is_dress(name: &str) -> bool {
    ["b", "i", "u", "em", "strong", "span", "code", "mark", "font", "big", "small", "tt", "answer"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

pub(crate) fn is_paragraph(name: &str) -> bool {
    ["p", "div", "center", "body", "html"].iter().any(|known| name.eq_ignore_ascii_case(known))
        || name.len() == 2
            && name.starts_with(['h', 'H'])
            && name.ends_with(|char: char| char.is_ascii_digit())
}
