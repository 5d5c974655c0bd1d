//! Answers in marked blocks: `\boxed{...}` and `<answer>...</answer>`.

use std::ops::Range;

use crate::strict::scan::Needle;

const BOX: Needle = Needle::new("\\boxed");
const TAG: Needle = Needle::new("<answer>");
const END_TAG: Needle = Needle::new("</answer>");

/// The last `\boxed{...}` whose braces balance: where it starts, and what is in it. O(n).
///
/// A box that never closes leaves open every box around it, so the search for the end of an earlier box ends at the
/// start of a later one.
pub(crate) fn last_box(text: &str) -> Option<(usize, Range<usize>)> {
    let bytes = text.as_bytes();
    let mut end = bytes.len();
    for start in BOX.back(text) {
        let content = start + BOX.len();
        let content = content + bytes[content..end].iter().take_while(|&&byte| byte == b' ').count();
        if bytes[..end].get(content) == Some(&b'{')
            && let Ok(close) = closing(&bytes[..end], content + 1, 1)
        {
            return Some(outermost(text, start, content + 1..close));
        }
        end = start;
    }
    None
}

/// Whether a text has two boxes that say different things. O(n): an unclosed box ends the search.
pub(crate) fn boxes_differ(text: &str) -> bool {
    let mut first: Option<&str> = None;
    let mut at = 0;
    while let Some(found) = BOX.find(&text[at..]) {
        let bytes = text.as_bytes();
        let content = at + found + BOX.len();
        let content = content + bytes[content..].iter().take_while(|&&byte| byte == b' ').count();
        at = content;
        if bytes.get(content) != Some(&b'{') {
            continue;
        }
        let Ok(close) = closing(bytes, content + 1, 1) else { return false };
        let inner = text[content + 1..close].trim();
        if *first.get_or_insert(inner) != inner {
            return true;
        }
        at = close;
    }
    false
}

/// The outermost of the boxes around one. O(n): what lies between two is read once.
fn outermost(text: &str, start: usize, inner: Range<usize>) -> (usize, Range<usize>) {
    let bytes = text.as_bytes();
    let mut found = (start, inner);
    for start in BOX.back(&text[..start]) {
        let content = start + BOX.len();
        let around = (bytes[content] == b'{').then(|| depth(&bytes[content + 1..found.0])).flatten();
        let Some(close) = around.and_then(|depth| closing(bytes, found.1.end + 1, depth).ok()) else { break };
        found = (start, content + 1..close);
    }
    found
}

/// What stands in the first box that is open at the end of a text. O(n): the search ends at the first that is.
pub(crate) fn open_box(text: &str) -> Option<&str> {
    let mut at = 0;
    while let Some(found) = BOX.find(&text[at..]) {
        let content = at + found + BOX.len();
        at = match text.as_bytes().get(content) {
            Some(b'{') => match closing(text.as_bytes(), content + 1, 1) {
                Ok(close) => close,
                Err(_) => return Some(&text[content + 1..]),
            },
            _ => content,
        };
    }
    None
}

/// What stands in a tag that is open at the end of a text. O(n).
pub(crate) fn open_tag(text: &str) -> Option<&str> {
    let inside = &text[TAG.rfind(text)? + TAG.len()..];
    END_TAG.find(inside).is_none().then_some(inside)
}

/// Whether a tag that starts a text never closes. O(n).
pub(crate) fn never_closes(text: &str) -> bool {
    TAG.stands(text, 0) && END_TAG.find(text).is_none()
}

/// How many braces are open at the end of what stands behind one; `None` where that one closes.
fn depth(bytes: &[u8]) -> Option<usize> {
    closing(bytes, 0, 1).err()
}

/// Index of the brace that closes the last of `depth` that are open at `at`. Escaped braces are text. Where the text
/// ends before, how many are open then.
fn closing(bytes: &[u8], mut at: usize, mut depth: usize) -> Result<usize, usize> {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(at);
        }
        at += 1;
    }
    Err(depth)
}

/// The last `<answer>`: where it starts, and what is in it, up to its end tag or, where that is missing, the end of its
/// paragraph. O(n).
pub(crate) fn last_tag(text: &str) -> Option<(usize, Range<usize>)> {
    let start = TAG.rfind(text)?;
    let content = start + TAG.len();
    let rest = &text[content..];
    let end = END_TAG.find(rest).or_else(|| rest.find("\n\n")).unwrap_or(rest.len());
    Some((start, content..content + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(text: &str) -> Option<&str> {
        last_box(text).map(|(_, range)| &text[range])
    }

    #[test]
    fn the_last_balanced_box_counts() {
        assert_eq!(boxed(r"\boxed{5} \boxed{\frac{1}{2}}"), Some(r"\frac{1}{2}"));
        assert_eq!(boxed(r"\boxed{5} \boxed{6"), Some("5"));
        assert_eq!(boxed(r"\boxed{5 \boxed{6}"), Some("6"));
        assert_eq!(boxed(r"\boxed{5 \boxed{6"), None);
        assert_eq!(boxed(r"\boxed{\{5\}}"), Some(r"\{5\}"));
        assert_eq!(boxed(r"\boxed 5"), None);
        assert_eq!(boxed(r"\boxed{5 \boxed{6} {7}} 8"), Some(r"5 \boxed{6} {7}"));
        assert_eq!(boxed(r"\boxed{\boxed{\boxed{5}}}"), Some(r"\boxed{\boxed{5}}"));
    }

    #[test]
    fn a_tag_ends_at_its_end_tag_or_its_paragraph() {
        let tagged = |text: &'static str| last_tag(text).map(|(_, range)| &text[range]);
        assert_eq!(tagged("<answer>a</answer> <answer>b</answer> c"), Some("b"));
        assert_eq!(tagged("<answer>b\n\nc"), Some("b"));
        assert_eq!(tagged("</answer>"), None);
    }
}
