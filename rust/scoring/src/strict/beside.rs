//! Another box, tag or announcement right before an answer: `\\boxed{yes} or \\boxed{no}`.

use std::ops::Range;

use crate::strict::anchor::{self, Said};
use crate::strict::block;
use crate::strict::lines::{behind_tag, span, tail};
use crate::strict::nested;
use crate::strict::number;
use crate::strict::plain::plain;
use crate::strict::tail_words::listed;
use crate::strict::tokens::Tokens;

/// How far back is looked, in bytes.
pub(crate) const MAX_BYTES: usize = 600;

/// How many lines that say something are looked at, the answer's own with them.
const LINES: usize = 3;

/// Whether the lines right before the answer that starts at `start` give another one and no word corrects it. O(1) but
/// for the answer's length.
pub(crate) fn rivalled(text: &str, start: usize, answer: &str) -> bool {
    if nested::parted(text, start) {
        return true;
    }
    let near = near(&text[..start]);
    if !near.contains(char::is_alphabetic) {
        return false;
    }
    let boxed = block::last_box(near).map(|(_, inner)| (inner.clone(), inner.end));
    let closed = |inner: &Range<usize>| behind_tag(near, inner.end) > inner.end;
    let tagged = block::last_tag(near).filter(|(_, inner)| closed(inner));
    let tagged = tagged.map(|(_, inner)| (inner.clone(), inner.end));
    let said = match anchor::last(near) {
        Said::At(anchor) => {
            let all = span(near, anchor.content);
            let line = &near[all.clone()];
            let stops = |(at, char): &(usize, char)| {
                ".,;!?".contains(*char) && line[at + 1..].starts_with(char::is_whitespace)
            };
            let length = line.char_indices().find(stops).map_or(line.len(), |(at, _)| at);
            Some((all.start..all.start + length, all.start + length))
        }
        Said::Denied | Said::Nowhere => None,
    };
    [boxed, tagged, said].into_iter().flatten().any(|(inner, end)| {
        let other = near[inner].trim_matches(|char: char| char.is_whitespace() || ":：*_=".contains(char));
        other.contains(char::is_alphanumeric) && !corrects(&near[end..]) && !same(other, answer)
    })
}

/// The last lines of a text that say something, as far as they are looked at.
fn near(text: &str) -> &str {
    let window = tail(text, MAX_BYTES);
    let (mut begin, mut lines) = (window.len() + 1, 0);
    for line in window.rsplit('\n') {
        lines += usize::from(line.contains(char::is_alphanumeric) || lines == 0);
        if lines > LINES {
            break;
        }
        begin -= line.len() + 1;
    }
    &window[begin..]
}

/// Whether two answers say the same: one is within the other, or they are the same number.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (plain(one), plain(other));
    let (first, second) = (Tokens::of(&one), Tokens::of(&other));
    first.is_empty()
        || second.is_empty()
        || first.find(&second).is_some()
        || second.find(&first).is_some()
        || {
            let read = |text: &str| number::read(text).ok().map(|number| number.to_string());
            read(&one).is_some_and(|number| read(&other) == Some(number))
        }
}

/// Whether words between two answers say that the second replaces the first.
fn corrects(text: &str) -> bool {
    Tokens::of(text).words().any(|word| {
        listed(
            word,
            "wait actually no not sorry correction corrected correcting mistake instead rather wrong incorrect check \
             checking recheck rechecking reconsider reconsidering revised revise scratch hmm oops recalculate redo \
             isnt wasnt error",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_answer_right_before_one_is_seen() {
        let rows = [
            (r"\boxed{yes} or ", "no", true),
            ("\\boxed{yes}\nor\n", "no", true),
            ("<answer>5</answer>", "7", true),
            ("The answer is Paris, and ", "Berlin", true),
            ("The answer is Paris. Wait, ", "Berlin", false),
            ("The answer is Berlin.\n", "Berlin", false),
            ("The answer is 5 million.\n", "5,000,000", false),
            ("The answer is Paris.\n\nIt rose.\n\nIt fell.\n\n", "Berlin", false),
            ("So 2 + 3 = ", "5", false),
            ("", "5", false),
        ];
        for (before, answer, other) in rows {
            assert_eq!(rivalled(before, before.len(), answer), other, "{before}");
        }
    }
}
