//! Answers that are all there is in a fenced block or an object of JSON: `{"answer": "Berlin"}`.

use crate::strict::around;
use crate::strict::behind;
use crate::strict::extract::Answer;
use crate::strict::object;

/// A longer line before a fence says something.
const MAX_HEADING_BYTES: usize = 40;

/// An answer without what is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrapped<'a> {
    pub(crate) answer: &'a str,
    /// What stands before the block.
    before: &'a str,
    /// Whether a key names it an answer.
    named: bool,
    /// What the object says behind it.
    remarks: String,
}

impl Wrapped<'_> {
    /// The answer without markup. What stands before the block may doubt it and what the object goes on to say may take
    /// it back. O(n).
    pub(crate) fn read(&self) -> Answer {
        let lead = self.before.rsplit('\n').next().unwrap_or("");
        let mut answer = Answer::of(self.answer);
        let remarks = around::window(&self.remarks);
        answer.refused = around::doubted(lead)
            .or_else(|| around::objection("", "\"", &answer.sentence, remarks))
            .or_else(|| behind::objection(&answer.sentence, remarks));
        answer.rest.push_str(remarks);
        answer.anchored = self.named;
        answer
    }
}

/// The answer of a text that is an object, fenced or not, whatever its other fields announce; a line that ends in a
/// colon may stand before the fence. O(n).
pub(crate) fn whole(text: &str) -> Option<Wrapped<'_>> {
    let text = text.trim();
    if !text.ends_with("```") {
        return object(text, "");
    }
    let (before, inner) = fenced(text)?;
    let heads = before.trim_end_matches(['*', '_', ' ']).ends_with(':') && before.len() <= MAX_HEADING_BYTES;
    let heads = before.is_empty() || heads && !before.contains('\n');
    object(inner.trim(), before).filter(|_| heads)
}

/// The answer of a text that ends in a fenced block with an object that has one answer, that is such an object, or that
/// is a fenced block of one line. O(n).
pub(crate) fn content(text: &str) -> Option<Wrapped<'_>> {
    let text = text.trim();
    let Some((before, inner)) = fenced(text) else { return object(text, "") };
    let inner = inner.trim();
    object(inner, before).or_else(|| {
        // `# Berlin` in a program is a comment.
        let line = before.is_empty() && !inner.contains('\n') && !inner.starts_with(['#', '/']);
        line.then(|| Wrapped { answer: inner, before, named: false, remarks: String::new() })
    })
}

fn object<'a>(text: &'a str, before: &'a str) -> Option<Wrapped<'a>> {
    let object::Object { answer, remarks } = object::read(text)?;
    Some(Wrapped { answer, before, named: true, remarks })
}

/// What stands before a last fenced block, and what is in it.
fn fenced(text: &str) -> Option<(&str, &str)> {
    let (before, block) = text.strip_suffix("```")?.rsplit_once("```")?;
    let (language, inner) = block.split_once('\n')?;
    language.trim().bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some((before.trim(), inner))
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
