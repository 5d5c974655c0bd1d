//! What stands around an answer and keeps it from being one: `Maybe \boxed{5}`, `\boxed{5} or 6`, a next line that
//! takes it back or goes on with the list.

use crate::strict::aside;
use crate::strict::block;
use crate::strict::choice;
use crate::strict::doubt;
use crate::strict::nested;
use crate::strict::number;
use crate::strict::plain::plain;
use crate::strict::retraction::{Behind, follows};
use crate::strict::sentence::first_sentence;
use crate::strict::tail;
use crate::strict::tail_words::listed;
use crate::strict::tokens::Tokens;
use crate::strict::words::{denies, hedges, joins};
use crate::verdict::Reason;

/// How much of what follows is read, in bytes.
const MAX_BYTES: usize = 4096;

/// Why an answer is none for what leads to it on its line, or for what follows it. `span` is the answer as it was
/// written, `answer` its first sentence without markup. O(n), capped.
pub(crate) fn objection(lead: &str, span: &str, answer: &str, rest: &str) -> Option<Reason> {
    let (same, next) = rest.split_once('\n').unwrap_or((rest, ""));
    doubted(lead)
        .or_else(|| lists_on(same).then_some(Reason::TooManyCandidates))
        .or_else(|| follows(answer, same, Behind::OnLine).then_some(Reason::Negated))
        .or_else(|| behind_line(span, answer, next))
}

/// Why words before a box or tag keep it from being an answer: a denial right before it, a hedge in its clause, a
/// word that joins it to another.
pub(crate) fn doubted(lead: &str) -> Option<Reason> {
    // `-\boxed{5}`, `0.\boxed{5}`
    let touching = lead.trim_end_matches('$');
    if touching.ends_with(|char: char| char.is_ascii_digit() || ".-\u{2212}/^".contains(char)) {
        return Some(Reason::Different);
    }
    // `If I had to guess,`, `A wild guess:`
    let sentence = lead.rsplit(['.', '!', '?', '\n']).next().unwrap_or("");
    if Tokens::of(sentence).words().any(|word| matches!(word, "guess" | "guessing" | "idk" | "hunch")) {
        return Some(Reason::Hedged);
    }
    if let Some(reason) = unmeant(sentence) {
        return Some(reason);
    }
    let clause = sentence.rsplit([',', ';', ':', '—']).next().unwrap_or("");
    if clause.trim().is_empty() {
        return None;
    }
    let tokens = Tokens::of(clause);
    let at = |back: usize| tokens.len().checked_sub(back).map_or("", |index| tokens.word(index));
    let verb = usize::from(at(1) == "be");
    let hedge = |word: &str| {
        matches!(
            word,
            "maybe"
                | "perhaps"
                | "possibly"
                | "probably"
                | "doubt"
                | "guess"
                | "guessing"
                | "might"
                | "unsure"
                | "idk"
                | "dunno"
        ) || doubt::supposes(word)
    };
    let word = |index: usize| tokens.word(index);
    let unsure = (1..tokens.len()).any(|index| {
        matches!(word(index), "sure" | "certain" | "confident" | "clear" | "know")
            && (denies(word(index - 1)) || index > 1 && denies(word(index - 2)))
    });
    let excepted = at(1) == "but" && matches!(at(2), "anything" | "nothing" | "everything" | "all" | "any");
    if unsure {
        Some(Reason::Hedged)
    } else if tokens.denials > 0 || denies(at(1 + verb)) || excepted {
        Some(Reason::Negated)
    } else if joins(at(1)) || tokens.words().any(|word| word == "either") {
        Some(Reason::TooManyCandidates)
    } else if tokens.words().any(hedge) || verb == 1 && matches!(at(2), "may" | "can" | "could" | "would") {
        Some(Reason::Hedged)
    } else {
        None
    }
}

/// Whether a sentence offers what follows it as wrong, as an example or as what not to say: `Wrong:`, `Never write`.
fn unmeant(sentence: &str) -> Option<Reason> {
    let clause = sentence.rsplit([',', ';', '—']).find(|clause| clause.contains(char::is_alphabetic))?;
    let tokens = Tokens::of(clause);
    let word = |index: usize| tokens.word(index);
    let labels = sentence.trim_end().ends_with([':', ',']) && tokens.len() <= 4;
    let speaks = |word: &str| {
        listed(
            word,
            "answer write say box put choose pick select submit accept use state enter output reply respond",
        )
    };
    (0..tokens.len()).find_map(|index| match word(index) {
        "wrong" | "incorrect" | "false" | "untrue" | "mistaken" | "fake" => Some(Reason::Negated),
        "example" | "instance" | "eg" => Some(Reason::Hedged),
        "never" if speaks(word(index + 1)) => Some(Reason::Negated),
        "not" | "dont" | "cannot" | "cant" | "shouldnt" | "wont" | "wouldnt" if speaks(word(index + 1)) => {
            Some(Reason::Negated)
        }
        "not" | "never" if labels && index == 0 => Some(Reason::Negated),
        _ => None,
    })
}

/// Whether another candidate stands right behind a box or tag: `, 6`, `to 7`, `and Paris`.
fn lists_on(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['$', '*', ')', ']', ' ']);
    let joints = [",", "/", "&", "-", "–", "—", "±", "to ", "and "];
    let Some(joint) = joints.into_iter().find(|joint| rest.starts_with(joint)) else { return false };
    let next = rest[joint.len()..].trim_start_matches(['$', '*', '(', '[', ' ']);
    let named = matches!(joint, "and " | "&" | "/");
    next.starts_with("\\boxed")
        || next.starts_with("<answer>")
        || next.starts_with(|char: char| char.is_ascii_digit() || named && char.is_uppercase())
}

/// As much of what follows an answer as is read. O(1).
pub(crate) fn window(text: &str) -> &str {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What the lines behind an answer's say: the next one may go on with a list, and any may take the answer back.
fn behind_line(span: &str, answer: &str, text: &str) -> Option<Reason> {
    let text = window(text);
    let adjacent = text.split('\n').next().unwrap_or("");
    let mut lines = text.split('\n').filter(|line| line.chars().any(char::is_alphanumeric));
    let next = lines.next()?;
    let bare = plain(next);
    let bare = bare.trim_end_matches([' ', '!', '?', ',', ';']);
    let goes_on = span.trim_end().ends_with([',', '/', '&', '|', ';']);
    if goes_on
        || lists_short(span, adjacent)
        || number::read_bare(bare).is_some()
        || item(span).is_some() && item(next).is_some()
        || choice::read_bare(bare).is_some()
    {
        return Some(Reason::TooManyCandidates);
    }
    let taken_back =
        follows(answer, next, Behind::Next) || lines.any(|line| follows(answer, line, Behind::Later));
    taken_back.then_some(Reason::Negated)
}

/// Whether what follows a box or a tag on its line is neither the end of its sentence nor a phrase that says more of it.
pub(crate) fn goes_on(behind: &str) -> bool {
    let behind = behind.trim_start_matches(|char: char| char.is_whitespace() || "$*_`)]}\\".contains(char));
    if !behind.contains(char::is_alphanumeric) {
        return behind.starts_with(['?', '？', '%', '!']);
    }
    let sentence = first_sentence(behind);
    if sentence.is_empty() {
        return behind.starts_with(['?', '？']);
    }
    // `X`, a name in place of the box.
    let tokens = Tokens::of(&["X ", sentence].concat());
    let remarks = |index: usize| {
        let word = tokens.word(index);
        denies(word)
            || joins(word)
            || hedges(word, Some(tokens.word(index + 1)))
            || tail::speaks(&tokens, index)
    };
    let described =
        !sentence.contains(['/', ';']) && tail::allows(&tokens, 1) || aside::describes(&tokens, 0, 1);
    !described || (1..tokens.len()).any(remarks)
}

/// Whether an unfinished line and the one right below it are two names of a list.
fn lists_short(line: &str, below: &str) -> bool {
    let finished = line.trim_end().ends_with(['.', '!', '?', ':', '*', '`', '}', '>', ')', '|', '$', '"']);
    let name = below.trim_start().starts_with(char::is_uppercase) && !below.contains([':', '*', '<', '\\']);
    !finished && name && Tokens::of(below).len() <= 3
}

/// Of a span with one box in it, the box and what follows; what leads to the box is working, unless it denies.
pub(crate) fn unboxed(span: &str) -> &str {
    match block::last_box(span) {
        Some((start, _)) if start > 0 && !span[..start].contains("\\boxed") => {
            let denied = Tokens::of(&span[..start]).words().any(denies) || doubted(&span[..start]).is_some();
            let led = nested::leads_to(&span[..start], &span[start..]);
            let math = span[..start].trim_end().strip_suffix('$').map_or(start, str::len);
            if denied || !led || math < start { span } else { &span[start..] }
        }
        _ => span,
    }
}

/// Without the parenthesis that closes one in which the announcement stands: `(the answer is 5)`.
pub(crate) fn unparenthesised<'a>(before: &str, span: &'a str) -> &'a str {
    let marks = |char: char| char.is_whitespace() || "*_`".contains(char);
    let inner = span.trim_end_matches(|char: char| marks(char) || char == '.').strip_suffix(')');
    let opened = before.trim_end_matches(marks).ends_with('(') && !span.contains('(');
    inner.filter(|_| opened).unwrap_or(span)
}

/// The text of an item that may be a list's first: behind a bullet or the number 1.
pub(crate) fn first_item(line: &str) -> Option<&str> {
    let digits = line.trim_start().bytes().take_while(u8::is_ascii_digit).count();
    item(line).filter(|_| digits == 0 || line.trim_start().starts_with(['1']) && digits == 1)
}

/// The text of a list's item, behind its bullet or number.
fn item(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => line.strip_prefix(['-', '*', '+', '•', '·', '–', '—']),
        1 | 2 => line[digits..].strip_prefix(['.', ')']),
        _ => None,
    }?;
    (rest.starts_with([' ', '\t']) && rest.contains(char::is_alphanumeric)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_an_answer_is_read() {
        let rows = [
            ("", "Berlin", "", None),
            ("So it is ", "Berlin", ".", None),
            ("The number without a book is ", "5", "", None),
            ("It isn't ", "Berlin", "", Some(Reason::Negated)),
            ("It cannot be ", "Berlin", "", Some(Reason::Negated)),
            ("Maybe ", "Berlin", "", Some(Reason::Hedged)),
            ("It could be ", "5", "", Some(Reason::Hedged)),
            ("Paris or ", "Berlin", "", Some(Reason::TooManyCandidates)),
            ("", "5", ", 6", Some(Reason::TooManyCandidates)),
            ("", "5", "$ to $7$", Some(Reason::TooManyCandidates)),
            ("", "Berlin", ", Germany", None),
            ("", "Berlin", " or Paris", Some(Reason::Negated)),
            ("", "Berlin", " is wrong", Some(Reason::Negated)),
            ("", "Berlin.", "\n\nNo, it is Paris.", Some(Reason::Negated)),
            ("", "Berlin.", "\n\nIt is the capital.\nWait, Paris.", Some(Reason::Negated)),
            ("", "Berlin.", "\n\nNo other city was.\n\nAlternatively, count.", None),
            ("", "- Berlin", "\n- Paris", Some(Reason::TooManyCandidates)),
            ("", "Berlin,", "\nParis", Some(Reason::TooManyCandidates)),
            ("", "(A)", "\n(B)", Some(Reason::TooManyCandidates)),
            ("", "Berlin", "\nParis\nRome", Some(Reason::TooManyCandidates)),
            ("", "Berlin", "\n\nExplanation:", None),
            ("", "5", "\n6", Some(Reason::TooManyCandidates)),
            ("", "Berlin.", "\n\nOn second thought, Paris.", Some(Reason::Negated)),
        ];
        for (lead, span, rest, reason) in rows {
            assert_eq!(objection(lead, span, span, rest), reason, "{lead}{span}{rest}");
        }
    }
}
