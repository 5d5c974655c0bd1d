//! Tags that announce an answer as `<answer>` does: `<final_answer>`, GLM's `<|begin_of_box|>`.

use std::borrow::Cow;

use crate::strict::lines::tail;
use crate::strict::scan::Needle;

const OTHERS: [Needle; 2] = [Needle::new("<final_answer>"), Needle::new("<|begin_of_box|>")];

/// How far before the end such a tag is looked for, in bytes.
const MAX_BYTES: usize = 400;

/// A text with `<answer>` in their place. O(1) where its end has none, else O(n).
pub(crate) fn unified(text: &str) -> Cow<'_, str> {
    let window = tail(text, MAX_BYTES);
    if !OTHERS.iter().any(|tag| tag.rfind(window).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut unified = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        unified.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = [
            ("<final_answer>", "<answer>"),
            ("</final_answer>", "</answer>"),
            ("<|begin_of_box|>", "<answer>"),
            ("<|end_of_box|>", "</answer>"),
        ];
        let (tag, other) = known
            .into_iter()
            .find(|(tag, _)| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
            .unwrap_or(("<", "<"));
        unified.push_str(other);
        rest = &rest[tag.len()..];
    }
    Cow::Owned(unified + rest)
}

#[cfg(test)]
mod tests {
    use super::unified as read;

    #[test]
    fn other_tags_become_one() {
        let rows = [
            ("a <final_answer>b</final_answer>", "a <answer>b</answer>"),
            ("<|begin_of_box|>b<|end_of_box|> <c", "<answer>b</answer> <c"),
            ("<FINAL_ANSWER>b", "<answer>b"),
            ("<answer>b</answer>", "<answer>b</answer>"),
            ("", ""),
        ];
        for (text, unified) in rows {
            assert_eq!(read(text), unified, "{text}");
        }
    }
}
