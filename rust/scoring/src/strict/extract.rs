//! The final answer of a response.

use std::cell::OnceCell;

use memchr::memchr2;

use crate::strict::Reasoning;
use crate::strict::anchor::{self, Said};
use crate::strict::block;
use crate::strict::plain::plain;
use crate::strict::response::answer_part;
use crate::strict::retraction;
use crate::strict::scan::Needle;
use crate::strict::tokens::Tokens;
use crate::strict::words::denies;
use crate::verdict::Reason;

/// Without an anchor a line of at most this many bytes is itself the answer.
pub const MAX_BARE_ANSWER_BYTES: usize = 300;

const END_TAG: Needle = Needle::new("</answer>");

/// A final answer without markup.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its first sentence.
    pub(crate) sentence: String,
    /// All of its line: equal to a gold of several sentences, perhaps.
    pub(crate) line: String,
    pub(crate) anchored: bool,
    /// Why the sentence is no answer although it can be read: the line takes it back, or boxes several.
    pub(crate) objection: Option<Reason>,
    /// Those of the sentence and of the line, once they were asked for.
    tokens: (OnceCell<Tokens>, OnceCell<Tokens>),
}

impl Answer {
    /// An answer that was extracted by somebody else.
    pub(crate) fn given(text: &str) -> Self {
        let line = plain(text);
        let objection = objection(text, &line, first_sentence(&line));
        Self { sentence: line.clone(), line, anchored: true, objection, tokens: Default::default() }
    }

    fn of(span: &str) -> Self {
        let span = unboxed(span);
        let line = plain(span.trim_start_matches([':', '：', '=', ' ', '\t', '*', '_']));
        let sentence = first_sentence(&line);
        let objection = objection(span, &line, sentence);
        Self { sentence: plain(sentence), line, anchored: true, objection, tokens: Default::default() }
    }

    /// The normal form of the sentence. O(n) once.
    pub(crate) fn tokens(&self) -> &Tokens {
        self.tokens.0.get_or_init(|| Tokens::of(&self.sentence))
    }

    /// The normal form of the line. O(n) once; a full stop at its end changes nothing.
    pub(crate) fn line_tokens(&self) -> &Tokens {
        match self.line.strip_prefix(&self.sentence) {
            Some("" | ".") => self.tokens(),
            _ => self.tokens.1.get_or_init(|| Tokens::of(&self.line)),
        }
    }
}

fn objection(span: &str, line: &str, sentence: &str) -> Option<Reason> {
    if block::boxes_differ(span) {
        Some(Reason::TooManyCandidates)
    } else if retraction::follows(sentence, &line[sentence.len()..]) {
        Some(Reason::Negated)
    } else {
        None
    }
}

/// The final answer, or why there is none. O(n).
pub(crate) fn find(response: &str, reasoning: Reasoning) -> Result<Answer, Reason> {
    let part = answer_part(response, reasoning).ok_or(Reason::UnfinishedReasoning)?;
    let said = anchor::last(part);
    checked(match anchored(part, said) {
        Some(answer) => answer,
        // `I doubt the answer is Berlin` is not itself an answer.
        None if said == Said::Denied => return Err(Reason::NoAnswer),
        None => bare(part)?,
    })
}

/// Refuses an answer that is a placeholder or nothing.
pub(crate) fn checked(answer: Answer) -> Result<Answer, Reason> {
    // Every placeholder says `answer`.
    let may_be = |text: &str| !text.is_ascii() || memchr2(b'w', b'W', text.as_bytes()).is_some();
    if may_be(&answer.line) && is_template(answer.line_tokens())
        || may_be(&answer.sentence) && is_template(answer.tokens())
    {
        return Err(Reason::TemplateEcho);
    }
    if answer.sentence.is_empty() {
        return Err(Reason::Empty);
    }
    Ok(answer)
}

fn anchored(part: &str, said: Said) -> Option<Answer> {
    let said = match said {
        Said::At(anchor) => Some((anchor.start, span(part, anchor.content), "")),
        Said::Denied | Said::Nowhere => None,
    };
    let tag = block::last_tag(part).map(|(start, range)| {
        let rest = line(&part[range.end..]);
        (start, &part[range], rest.strip_prefix("</answer>").unwrap_or(""))
    });
    let boxed = block::last_box(part).map(|(start, range)| {
        let rest = line(&part[range.end + 1..]);
        let whole = &part[part[..start].rfind('\n').map_or(0, |at| at + 1)..range.end + 1 + rest.len()];
        // Several boxes on one line are one answer, which lists.
        (start, if block::boxes_differ(whole) { whole } else { &part[range] }, rest)
    });
    let mut last = said;
    for block in [tag, boxed].into_iter().flatten() {
        // A box within the announced line belongs to its answer: `\boxed{5} million`.
        let inside = last
            .is_some_and(|(_, span, _)| span.as_bytes().as_ptr_range().contains(&part[block.0..].as_ptr()));
        if !inside && last.is_none_or(|(start, ..)| start < block.0) {
            last = Some(block);
        }
    }
    last.map(|(_, span, rest)| {
        let mut answer = Answer::of(span);
        if retraction::follows(&answer.sentence, rest) {
            answer.objection = answer.objection.or(Some(Reason::Negated));
        }
        answer
    })
}

fn line(text: &str) -> &str {
    text.find('\n').map_or(text, |end| &text[..end])
}

/// The rest of the line, or the next line that says something.
fn span(part: &str, content: usize) -> &str {
    let rest = &part[content..];
    let rest = END_TAG.find(rest).map_or(rest, |end| &rest[..end]);
    let says = |line: &&str| line.chars().any(|char| !char.is_whitespace() && !"*_`:=#>$[]\\".contains(char));
    rest.split('\n').find(says).unwrap_or("")
}

fn bare(part: &str) -> Result<Answer, Reason> {
    let line = part.trim();
    if line.is_empty() {
        return Err(Reason::NoAnswer);
    }
    if line.contains('\n') || line.len() > MAX_BARE_ANSWER_BYTES {
        return Err(Reason::NoAnswer);
    }
    Ok(Answer { anchored: false, ..Answer::of(line) })
}

/// Of a span with one box in it, the box and what follows; what leads to the box is working, unless it denies.
fn unboxed(span: &str) -> &str {
    match block::last_box(span) {
        Some((start, _)) if start > 0 && !span[..start].contains("\\boxed") => {
            let denied = Tokens::of(&span[..start]).words().any(denies);
            let math = span[..start].trim_end().strip_suffix('$').map_or(start, str::len);
            if denied || math < start { span } else { &span[start..] }
        }
        _ => span,
    }
}

/// Abbreviations that do not end a sentence.
const ABBREVIATIONS: [&str; 21] = [
    "mr", "mrs", "ms", "dr", "st", "sr", "jr", "prof", "vs", "no", "inc", "ltd", "co", "corp", "gen", "gov",
    "sen", "rep", "approx", "ca", "rs",
];

/// Up to a full stop, question or exclamation mark before a space and a word that is not in lower case. A stop behind
/// an initial or an abbreviation ends nothing.
fn first_sentence(line: &str) -> &str {
    let mut word = 0;
    for (at, char) in line.char_indices() {
        match char {
            '。' | '！' | '？' => return &line[..at],
            '.' | '!' | '?' => {
                let rest = &line[at + 1..];
                let next = rest.trim_start_matches(['"', '\'', '*', '\u{201d}', ')']);
                let ends = next.is_empty()
                    || next.starts_with(char::is_whitespace)
                        && next.trim_start().chars().next().is_none_or(|char| !char.is_lowercase());
                if ends && (next.is_empty() || char != '.' || !is_abbreviation(&line[word..at])) {
                    return &line[..at];
                }
            }
            _ if char.is_whitespace() || char == '(' => word = at + char.len_utf8(),
            _ => {}
        }
    }
    line
}

fn is_abbreviation(word: &str) -> bool {
    let mut chars = word.chars();
    let single = chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none();
    single
        || ABBREVIATIONS.iter().any(|known| word.eq_ignore_ascii_case(known))
        || word.contains('.') && !word.ends_with(|char: char| char.is_numeric())
}

/// The placeholder of a prompt, given back.
fn is_template(answer: &Tokens) -> bool {
    matches!(
        answer.normal(),
        "insert answer here"
            | "insert your answer here"
            | "insert answer"
            | "answer here"
            | "your answer here"
            | "your answer"
            | "your final answer"
            | "answer"
            | "final answer"
            | "insert final answer here"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(response: &str) -> Result<String, Reason> {
        find(response, Reasoning::Auto).map(|answer| answer.sentence)
    }

    #[test]
    fn the_answer_is_found_in_real_formats() {
        let rows = [
            ("x</think>Therefore, the answer is Berlin.", "Berlin"),
            ("Therefore, the answer is **Berlin**.", "Berlin"),
            ("**The answer is Berlin.**", "Berlin"),
            ("**Final Answer:**\n\n\\boxed{Berlin}", "Berlin"),
            ("The answer is $\\boxed{5}$ million.", "5 million"),
            ("The answer is 2 + 3 = \\boxed{5}.", "5"),
            ("<answer>Berlin</answer>", "Berlin"),
            ("<answer>The answer is Berlin.</answer>", "Berlin"),
            ("So \\boxed{5}", "5"),
            ("The answer is Dr. Smith. He was there.", "Dr. Smith"),
            ("The answer is 5. It rose.", "5"),
            ("Berlin.", "Berlin"),
            ("The answer is not \\boxed{5}", "not 5"),
        ];
        for (response, answer) in rows {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(sentence(response).map(|found| words(&found)).as_deref(), Ok(answer), "{response}");
        }
    }

    #[test]
    fn no_answer_has_a_reason() {
        let rows = [
            ("", Reason::NoAnswer),
            ("two\nlines", Reason::NoAnswer),
            ("<think> the answer is 5", Reason::UnfinishedReasoning),
            ("The answer is (insert answer here).", Reason::TemplateEcho),
            ("The answer is:", Reason::Empty),
        ];
        for (response, reason) in rows {
            assert_eq!(sentence(response), Err(reason), "{response}");
        }
    }
}
