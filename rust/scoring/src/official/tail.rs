//! What follows the reasoning, and the answer a sentence announces there.

use std::borrow::Cow;

use memchr::memmem;

use crate::python::{replace, strip};
use crate::verdict::Reason;

const END: &str = "</think>";

/// What follows the last `</think>`, stripped; `None` without one. O(n), from the end.
pub(super) fn after_reasoning(response: &str) -> Option<&str> {
    let bytes = response.as_bytes();
    let at = memchr::memrchr_iter(b'<', bytes).find(|&at| bytes[at..].starts_with(END.as_bytes()))?;
    Some(strip(&response[at + END.len()..]))
}

/// What SPELL looks for an answer in: what follows the last `</think>`; without one, all of the response where it has
/// one of the announcements, else its last characters. A `<think>` alone is reasoning without an end. O(n).
pub(super) fn spell<'a>(response: &'a str, announcements: &[&str], most: usize) -> Result<&'a str, Reason> {
    if let Some(after) = after_reasoning(response) {
        return Ok(after);
    }
    let has = |part: &str| memmem::find(response.as_bytes(), part.as_bytes()).is_some();
    if has("<think>") {
        return Err(Reason::UnfinishedReasoning);
    }
    if announcements.iter().any(|part| has(part)) {
        return Ok(strip(response));
    }
    let start = response.char_indices().rev().take(most).last().map_or(0, |(at, _)| at);
    Ok(&response[start..])
}

/// Removes whitespace, then full stops, then whitespace, from both ends.
pub(super) fn strip_stops(text: &str) -> &str {
    strip(strip(text).trim_matches('.'))
}

/// Deletes each of the marks in turn, then takes what follows the last announcement. O(n).
pub(super) fn announced<'a>(text: &'a str, marks: &[&str], announcement: &str) -> Option<Cow<'a, str>> {
    let text = replace(text, marks);
    let at = memmem::rfind(text.as_bytes(), announcement.as_bytes())? + announcement.len();
    Some(part(text, |text| &text[at..]))
}

/// A part of a text, borrowed where the text is.
pub(super) fn part(text: Cow<'_, str>, of: impl Fn(&str) -> &str) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(of(text)),
        Cow::Owned(text) => Cow::Owned(of(&text).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_end_of_reasoning_counts() {
        assert_eq!(after_reasoning("a</think> b </think>\u{1c} c <"), Some("c <"));
        assert_eq!(after_reasoning("<</think"), None);
    }

    #[test]
    fn spell_reads_the_end_of_what_announces_nothing() {
        let announcements = ["answer is"];
        assert_eq!(spell("<think> answer is", &announcements, 3), Err(Reason::UnfinishedReasoning));
        assert_eq!(spell("<think></think> x", &announcements, 3), Ok("x"));
        assert_eq!(spell(" x, answer is 5 ", &announcements, 3), Ok("x, answer is 5"));
        assert_eq!(spell("x, answer* ıs é ", &announcements, 3), Ok(" é "));
        assert_eq!(spell("é", &announcements, 3), Ok("é"));
        assert_eq!(spell("", &announcements, 3), Ok(""));
    }

    #[test]
    fn marks_go_before_the_announcement_is_sought() {
        assert_eq!(announced("a is is* b", &["*"], "is").as_deref(), Some(" b"));
        assert_eq!(announced("a i*s b", &["*"], "is").as_deref(), Some(" b"));
        assert_eq!(announced("a", &["*"], "is"), None);
        assert_eq!(strip_stops(" .. a. .\n"), "a.");
    }
}
