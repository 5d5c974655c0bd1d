//! Phrases that announce an answer: `the answer is`, `Final answer:`, a line that says `Answer`.

use memchr::memrchr2;

use crate::strict::anchor_zh;
use crate::strict::preface;
use crate::strict::standing::commits;

/// An announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// Where the phrase starts.
    pub(crate) start: usize,
    /// Where the answer starts; it may be on a later line.
    pub(crate) content: usize,
    /// Where the next phrase behind it starts that is not said: `the answer is Berlin, Bob's answer is Paris`.
    pub(crate) further: Option<usize>,
}

/// Words between `answer` and `is` in `the answer to the question is`.
const MAX_TOPIC_WORDS: usize = 12;

const DETERMINERS: [&str; 4] = ["the", "my", "our", "this"];
const ADJECTIVES: [&str; 20] = [
    "final",
    "correct",
    "right",
    "best",
    "short",
    "exact",
    "overall",
    "complete",
    "numerical",
    "only",
    "true",
    "actual",
    "precise",
    "direct",
    "concise",
    "specific",
    "most",
    "appropriate",
    "accurate",
    "suitable",
];

/// What a text says an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    At(Anchor),
    /// Nothing but what is not: `I doubt the answer is Berlin`.
    Denied,
    Nowhere,
}

/// After so many phrases that announce nothing, a text is taken to announce nothing.
const MAX_PHRASES: usize = 64;

/// The last phrase to which nothing leads in its sentence but what concludes. Others (`whether the answer is`, `maybe the
/// answer is`, `Bob's answer is`) announce nothing. O(n), from the tail.
pub(crate) fn last(text: &str) -> Said {
    let english = last_english(text);
    match (english, anchor_zh::last(text)) {
        (Said::At(one), Some(other)) if one.start > other.start => english,
        (_, Some(other)) => Said::At(other),
        _ => english,
    }
}

fn last_english(text: &str) -> Said {
    let bytes = text.as_bytes();
    let (mut end, mut further, mut phrases) = (bytes.len(), None, 0);
    // The rarest letter of `answer`.
    while let Some(at) = memrchr2(b'w', b'W', &bytes[..end]) {
        end = at;
        match at.checked_sub(3).and_then(|at| phrase(text, at)) {
            Some(Phrase::Named(anchor)) if commits(text, anchor.start) => {
                let content = preface::past(text, anchor.content);
                return Said::At(Anchor { content, further, ..anchor });
            }
            Some(_) if phrases == MAX_PHRASES => break,
            Some(_) => (further, phrases) = (Some(at), phrases + 1),
            None => {}
        }
    }
    if further.is_some() { Said::Denied } else { Said::Nowhere }
}

/// A phrase that says what an answer is.
enum Phrase {
    Named(Anchor),
    /// Of another answer than the one asked for: `the worst answer is`.
    Other,
}

/// Whether a byte may stand between the words of a phrase.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'*' | b'_' | b'`')
}

fn is_mark(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'#' | b'>' | b'"' | b'(' | b'[' | b'-' | b'\r')
}

fn word_at(bytes: &[u8], at: usize) -> &[u8] {
    let rest = &bytes[at.min(bytes.len())..];
    &rest[..rest.iter().take(24).take_while(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()).count()]
}

fn skip(bytes: &[u8], at: usize, mark: fn(u8) -> bool) -> usize {
    at + bytes[at..].iter().take_while(|&&byte| mark(byte)).count()
}

/// The phrase whose word `answer` starts at `at`.
fn phrase(text: &str, at: usize) -> Option<Phrase> {
    let bytes = text.as_bytes();
    if !word_at(bytes, at).eq_ignore_ascii_case(b"answer")
        || word_before(bytes, at).1 == at && joined(bytes, at)
    {
        return None;
    }
    let (start, named) = opening(bytes, at);
    let after = skip(bytes, at + "answer".len(), is_space);
    let opens_line = opens_line(&text[..start]);
    match bytes.get(after) {
        Some(b':') if named || opens_line => {
            return Some(Phrase::Named(Anchor { start, content: after + 1, further: None }));
        }
        Some(b':') => return Some(Phrase::Other),
        Some(b'\n' | b'\r') if opens_line => {
            return Some(Phrase::Named(Anchor { start, content: after, further: None }));
        }
        _ => {}
    }
    let verb = after_topic(bytes, after)?;
    let (verb, word) = (verb, word_at(bytes, verb));
    let denied = bytes[verb..].len() > 2
        && (word.eq_ignore_ascii_case(b"isn") || word.starts_with("isn\u{2019}".as_bytes()));
    if denied || word.eq_ignore_ascii_case(b"cannot") {
        // The denial belongs to the answer.
        return Some(Phrase::Named(Anchor { start, content: verb, further: None }));
    }
    let phrase = |content| {
        if named || opens_line {
            Phrase::Named(Anchor { start, content, further: None })
        } else {
            Phrase::Other
        }
    };
    if word.eq_ignore_ascii_case(b"is") {
        return Some(phrase(verb + 2));
    }
    // `should be`, `would be`, `must be`.
    let supposed =
        ["should", "would", "must"].iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    let be = skip(bytes, verb + word.len(), is_space);
    (supposed && word_at(bytes, be).eq_ignore_ascii_case(b"be")).then(|| phrase(be + 2))
}

/// Whether nothing but marks stands before a phrase on its line, among them a sign that praises.
fn opens_line(before: &str) -> bool {
    let unmarked = |text: &str| text.bytes().rev().take_while(|&byte| is_mark(byte)).count();
    let bare = &before[..before.len() - unmarked(before)];
    if bare.is_empty() || bare.ends_with('\n') {
        return true;
    }
    let signed = ["🎯", "✅", "✔\u{fe0f}", "✔", "📌", "📝", "💡", "👉"]
        .iter()
        .find_map(|sign| bare.strip_suffix(sign));
    signed.is_some_and(|rest| {
        let rest = &rest[..rest.len() - unmarked(rest)];
        rest.is_empty() || rest.ends_with('\n')
    })
}

fn joined(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'<' | b'/'))
}

/// The verb behind `answer`, past `to the question` and the like.
fn after_topic(bytes: &[u8], after: usize) -> Option<usize> {
    let is_topic = |word: &[u8]| word.eq_ignore_ascii_case(b"to") || word.eq_ignore_ascii_case(b"for");
    if !is_topic(word_at(bytes, after)) {
        return Some(after);
    }
    let mut at = after;
    for _ in 0..MAX_TOPIC_WORDS {
        at = skip(bytes, at + word_at(bytes, at).len(), is_space);
        let word = word_at(bytes, at);
        if word.is_empty() {
            return None;
        }
        if word.eq_ignore_ascii_case(b"is") {
            return Some(at);
        }
    }
    None
}

/// Where a phrase starts: before `the correct final` and the like, if that is there.
fn opening(bytes: &[u8], at: usize) -> (usize, bool) {
    let (mut start, mut named) = (at, false);
    for _ in 0..3 {
        let (word, begin) = word_before(bytes, start);
        let is = |known: &&str| word.eq_ignore_ascii_case(known.as_bytes());
        let determiner = DETERMINERS.iter().any(is);
        let adjective = ADJECTIVES.iter().any(is);
        if !determiner && !adjective {
            break;
        }
        (start, named) = (begin, true);
        if determiner {
            break;
        }
    }
    (start, named)
}

/// The word before `at` and where it starts; empty where something else stands there.
fn word_before(bytes: &[u8], at: usize) -> (&[u8], usize) {
    let gap = bytes[..at].iter().rev().take(8).take_while(|&&byte| is_space(byte)).count();
    let end = at - gap;
    let letters = bytes[..end].iter().rev().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if gap == 0 { (&[], at) } else { (&bytes[end - letters..end], end - letters) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> Option<&str> {
        match last(text) {
            Said::At(anchor) => Some(&text[anchor.content..]),
            Said::Denied | Said::Nowhere => None,
        }
    }

    #[test]
    fn the_last_phrase_that_concludes_counts() {
        let rows = [
            ("The answer is Berlin", Some(" Berlin")),
            ("**Answer:** Berlin", Some("** Berlin")),
            ("### Final Answer\nBerlin", Some("\nBerlin")),
            ("the correct answer is: (A)", Some(": (A)")),
            ("The answer to the question about Paris is Berlin", Some(" Berlin")),
            ("Since it is not Paris, the answer is Berlin", Some(" Berlin")),
            ("It rose, so the answer is yes", Some(" yes")),
            ("The answer is Paris. Wait, the answer is Berlin", Some(" Berlin")),
            (
                "The answer is Berlin. If asked whether the answer is Paris, no",
                Some(" Berlin. If asked whether the answer is Paris, no"),
            ),
            ("The answer should be 5", Some(" 5")),
            ("The answer should not be 5", None),
            ("Some say the answer is Berlin", None),
            ("The answer isn't Berlin", Some("isn't Berlin")),
            ("I doubt that the answer is Paris", None),
            ("maybe the answer is 5 but let me check", None),
            ("The question asks for an answer: any", None),
            ("<answer>Berlin</answer>", None),
            ("answers are here", None),
            ("no answer", None),
        ];
        for (text, answer) in rows {
            assert_eq!(content(text), answer, "{text}");
        }
    }
}
