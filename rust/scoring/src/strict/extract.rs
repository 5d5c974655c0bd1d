//! The final answer of a response.

use std::cell::OnceCell;
use std::ops::Range;

use memchr::memchr2;

use crate::strict::Reasoning;
use crate::strict::anchor::{self, Said};
use crate::strict::around;
use crate::strict::behind;
use crate::strict::beside;
use crate::strict::block;
use crate::strict::cited::uncited;
use crate::strict::lines::{behind_tag, line, line_start, span};
use crate::strict::number;
use crate::strict::plain::plain;
use crate::strict::response::{answer_part, goes_on};
use crate::strict::restated;
use crate::strict::retraction::{self, Behind};
use crate::strict::sentence::first_sentence;
use crate::strict::struck::is_struck;
use crate::strict::tags;
use crate::strict::template::is_template;
use crate::strict::tokens::Tokens;
use crate::strict::wrapped;
use crate::verdict::Reason;

/// Without an anchor a line of at most this many bytes is itself the answer.
pub const MAX_BARE_ANSWER_BYTES: usize = 300;

/// A final answer without markup.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its first sentence.
    pub(crate) sentence: String,
    /// All of its line: equal to a gold of several sentences, perhaps.
    pub(crate) line: String,
    pub(crate) anchored: bool,
    /// What follows the sentence, on its line and on those below, as far as that is read.
    pub(crate) rest: String,
    /// How much of that belongs to the line of the answer.
    pub(crate) own: usize,
    /// Why the sentence is no answer although it can be read: the line takes it back, or boxes several.
    pub(crate) objection: Option<Reason>,
    /// The same for what stands around it, which no gold can say.
    pub(crate) refused: Option<Reason>,
    /// Whether it is a question: `Berlin?`
    pub(crate) asks: bool,
    /// Whether an exclamation mark ends it.
    pub(crate) exclaims: bool,
    /// Those of the sentence and of the line, once they were asked for.
    tokens: (OnceCell<Tokens>, OnceCell<Tokens>),
}

impl Answer {
    /// An answer that was extracted by somebody else.
    pub(crate) fn given(text: &str) -> Self {
        let line = uncited(&plain(text)).to_owned();
        let objection = objection(text, &line, first_sentence(&line));
        let asks = line.ends_with(['?', '？']);
        let exclaims = line.ends_with('!');
        Self { sentence: line.clone(), objection, asks, exclaims, ..Self::anchored(line) }
    }

    fn anchored(line: String) -> Self {
        Self {
            sentence: String::new(),
            line,
            anchored: true,
            rest: String::new(),
            own: 0,
            objection: None,
            refused: None,
            asks: false,
            exclaims: false,
            tokens: Default::default(),
        }
    }

    pub(super) fn of(span: &str) -> Self {
        let span = around::unboxed(span);
        let line = plain(span.trim_start_matches([':', '：', '=', ' ', '\t', '*', '_']));
        let sentence = first_sentence(&line);
        let objection = objection(span, &line, sentence);
        let asks = line[sentence.len()..].starts_with(['?', '？']) || sentence.contains(['?', '？']);
        let exclaims = line[sentence.len()..].starts_with('!');
        let rest = line[sentence.len()..].to_owned();
        Self {
            sentence: uncited(&plain(sentence)).to_owned(),
            rest,
            objection,
            asks,
            exclaims,
            ..Self::anchored(line)
        }
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
    // `{Berlin, Paris}`
    let set = span.trim_start().trim_start_matches(['$', '\\']).starts_with('{') && line.contains(", ");
    // `5. 6. 7.`
    let behind = line[sentence.len()..].trim_start_matches(['.', '!', '?', ' ']);
    let counts = behind.starts_with(|char: char| char.is_ascii_digit())
        && number::read_bare(first_sentence(behind)).is_some();
    if set || counts || block::boxes_differ(span) {
        Some(Reason::TooManyCandidates)
    } else if retraction::follows(sentence, &line[sentence.len()..], Behind::OnLine) {
        Some(Reason::Negated)
    } else {
        behind::objection(sentence, &line[sentence.len()..])
    }
}

/// The final answer, or why there is none. O(n).
pub(crate) fn find(response: &str, reasoning: Reasoning) -> Result<Answer, Reason> {
    let part = answer_part(response, reasoning).ok_or(Reason::UnfinishedReasoning)?;
    let part = &*tags::unified(part);
    // What stands there is not the answer of the turn that was asked for.
    if goes_on(part) {
        return Err(Reason::TooManyCandidates);
    }
    let said = anchor::last(part);
    // What other fields of an object announce is not its answer.
    let whole = wrapped::whole(part);
    let found = if whole.is_some() { None } else { anchored(part, said) };
    let wrapped = if found.is_none() { whole.or_else(|| wrapped::content(part)) } else { None };
    checked(match (found, wrapped) {
        (Some(answer), _) => answer,
        (None, Some(wrapped)) => wrapped.read(),
        // `I doubt the answer is Berlin` is not itself an answer.
        _ if said == Said::Denied => return Err(Reason::NoAnswer),
        _ => bare(part)?,
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

/// Where an answer stands in its text.
struct Place {
    /// Where what announces it starts.
    start: usize,
    span: Range<usize>,
    /// Where what follows it starts.
    end: usize,
    /// Whether the line before it belongs to the answer too: a box or a tag announces nothing by itself.
    led: bool,
    /// Where another phrase starts that announces nothing.
    further: Option<usize>,
}

fn anchored(part: &str, said: Said) -> Option<Answer> {
    let said = match said {
        Said::At(anchor) => {
            let span = span(part, anchor.content);
            let further = anchor.further;
            Some(Place { start: anchor.start, end: behind_tag(part, span.end), span, led: false, further })
        }
        Said::Denied | Said::Nowhere => None,
    };
    // What goes on behind a block in no way an answer may belongs to it: `\boxed{5} million`, `\boxed{Berlin} Paris`.
    let whole = |start: usize, span: Range<usize>, end: usize| {
        let behind = line(&part[end..]);
        let whole = end + behind.len();
        if around::goes_on(behind) && !part[span.clone()].trim().is_empty() {
            Place { start, span: start..whole, end: whole, led: true, further: None }
        } else {
            Place { start, span, end: end + first_sentence(behind).len(), led: true, further: None }
        }
    };
    let tag = block::last_tag(part).map(|(start, span)| {
        let end = behind_tag(part, span.end);
        whole(start, span, end)
    });
    let boxed = block::last_box(part).map(|(start, span)| {
        let end = span.end + 1;
        let all = line_start(part, start)..end + line(&part[end..]).len();
        // Several boxes on one line are one answer, which lists.
        if block::boxes_differ(&part[all.clone()]) {
            Place { start, end: all.end, span: all, led: false, further: None }
        } else {
            whole(start, span, end)
        }
    });
    let mut last = said;
    for block in [tag, boxed].into_iter().flatten() {
        // A box within the announced line belongs to its answer: `\boxed{5} million`.
        let inside = last.as_ref().is_some_and(|place| place.span.contains(&block.start));
        if !inside && last.as_ref().is_none_or(|place| place.start < block.start) {
            last = Some(block);
        }
    }
    last.map(|place| {
        let span = around::unparenthesised(&part[..place.start], &part[place.span.clone()]);
        // The first item of a list, on a line of its own.
        let next_line = part.get(place.start..place.span.start).is_some_and(|lead| lead.contains('\n'));
        let item = around::first_item(span).filter(|_| !place.led && next_line);
        let mut answer = Answer::of(item.unwrap_or(span));
        let lead = if place.led { &part[line_start(part, place.start)..place.start] } else { "" };
        answer.rest.push_str(around::window(&part[place.end..]));
        let sentence = place.span.start + first_sentence(span).len();
        let further = place.further.is_some_and(|at| (place.span.start..sentence).contains(&at));
        answer.refused = if is_struck(part, place.start) {
            Some(Reason::Negated)
        } else if further || beside::rivalled(part, place.start, &answer.sentence) {
            Some(Reason::TooManyCandidates)
        } else {
            let rest = &part[place.end..];
            around::objection(lead, span, &answer.sentence, rest)
                .or_else(|| behind::objection(&answer.sentence, around::window(rest)))
        };
        answer
    })
}

fn bare(part: &str) -> Result<Answer, Reason> {
    let line = part.trim();
    if line.is_empty() {
        return Err(Reason::NoAnswer);
    }
    let line = restated::subject(line).unwrap_or(line);
    if line.contains('\n') || line.len() > MAX_BARE_ANSWER_BYTES {
        return Err(Reason::NoAnswer);
    }
    Ok(Answer { anchored: false, ..Answer::of(line) })
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
