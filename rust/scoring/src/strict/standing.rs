//! How a phrase such as `the answer is` stands in its sentence: what leads to it has to conclude.

use crate::strict::anchor_words::{concludes, grounds, heads, infers, inverts, is_document};
use crate::strict::given;
use crate::strict::lines::tail;
use crate::strict::rival;
use crate::strict::tail_words::listed;
use crate::strict::words::denies;

/// How much of a sentence before a phrase is looked at, in bytes.
const MAX_LEAD_BYTES: usize = 400;

/// A sentence right before a phrase that is longer says more than that nobody can tell.
const MAX_REMARK_BYTES: usize = 48;

/// A heading is no longer than this, in words.
const MAX_HEADING_WORDS: usize = 4;

/// Whether nothing leads to the phrase that starts at `start` but what concludes: `Therefore,`, `Based on the text,`,
/// `It rose, so`. A condition, a possibility, a report, an example or a question does not. O(1).
pub(crate) fn commits(text: &str, start: usize) -> bool {
    let (lead, whole) = lead(text, start);
    let quoted =
        text[..start].trim_end_matches(|char: char| char.is_whitespace() || "\"'(*_`\u{201c}".contains(char));
    let tail = quoted.len().checked_sub(4).and_then(|at| quoted.get(at..)).unwrap_or("");
    if tail.eq_ignore_ascii_case("e.g.") {
        return false;
    }
    if gives_up_before(&text[..start - lead.len()]) {
        return false;
    }
    let all = lowered(lead);
    let all: Vec<&str> = words(&all).collect();
    // `The answer is: the answer is`
    if all.iter().all(|word| concludes(word) || matches!(*word, "the" | "answer" | "is")) {
        return true;
    }
    if given::supposes(lead, &all) || whole && inverts(all[0]) {
        return false;
    }
    let mark = lead.char_indices().rfind(|(_, char)| ",;:—–".contains(*char));
    let (before, clause) = match mark {
        Some((at, char)) => (&lead[..at], &lead[at + char.len_utf8()..]),
        None => ("", lead),
    };
    let clause = lowered(clause);
    let clause: Vec<&str> = words(&clause).collect();
    let that = usize::from(clause.last() == Some(&"that"));
    let last = clause.len().checked_sub(1 + that).map_or("", |index| clause[index]);
    if unfounded(&all) {
        return false;
    }
    if matches!(last, "so" | "therefore" | "thus" | "hence") {
        return true;
    }
    if whole && given::testifies(&all) {
        return true;
    }
    if given::any_unsays(&all) {
        return false;
    }
    if !clause.iter().all(|word| concludes(word)) {
        let grounded = whole && mark.is_none() && matches!(all[0], "based" | "according");
        let here = matches!(clause[..], ["here", "is"] | ["heres"]);
        return grounded || here || infers(last) && !clause.iter().any(|word| denies(word));
    }
    let char = mark.map_or(' ', |(_, char)| char);
    let before = lowered(if char == ',' { unheaded(before) } else { before });
    let before: Vec<&str> = words(&before).collect();
    match char {
        ':' => is_heading(&before),
        ',' if !clause.iter().any(|word| matches!(*word, "and" | "but")) => whole && opens(&before),
        _ => true,
    }
}

fn is_heading(words: &[&str]) -> bool {
    words.len() <= MAX_HEADING_WORDS && words.iter().all(|word| heads(word))
}

/// What follows a heading: of `Step 3: Therefore`, the word.
fn unheaded(text: &str) -> &str {
    let headed = text.split_once(':').filter(|(heading, _)| {
        let heading = lowered(heading);
        is_heading(&words(&heading).collect::<Vec<_>>())
    });
    headed.map_or(text, |(_, rest)| rest)
}

/// Whether a short sentence right before, on the same line, says that nobody can tell: `No idea.`, `I'm guessing.`
fn gives_up_before(text: &str) -> bool {
    let window = tail(text, MAX_REMARK_BYTES);
    let line = window.trim_end_matches(|char: char| !char.is_alphanumeric() && char != '\n');
    let sentence = line.rsplit(['.', '!', '?', '\n']).next().unwrap_or("");
    let whole = sentence.len() < line.len() || window.len() == text.len();
    whole && rival::gives_up(sentence)
}

/// Whether a sentence says that the documents do not hold what was asked for: `The text doesn't mention it, so`.
fn unfounded(words: &[&str]) -> bool {
    words.windows(3).any(|words| {
        denies(words[0])
            && listed(words[1], "contain mention say state specify provide include give")
            && listed(words[2], "it this that answer the any enough information")
    }) && words.iter().any(|word| is_document(word))
        && words.last().is_some_and(|word| matches!(*word, "so" | "therefore" | "thus" | "hence"))
}

/// Whether a sentence opens with what an answer is concluded from.
fn opens(words: &[&str]) -> bool {
    let Some(first) = words.iter().position(|word| !concludes(word)) else { return true };
    let word = words[first];
    grounds(word)
        || given::opens(words)
        || matches!(word, "the" | "this" | "these" | "light" | "order")
            && words.iter().any(|word| is_document(word))
}

/// A text in lower case without apostrophes, and whatever else is no word a space.
fn lowered(text: &str) -> String {
    let mut lowered = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\'' | '\u{2019}' => {}
            _ if char.is_ascii_alphanumeric() => lowered.push(char.to_ascii_lowercase()),
            _ if char.is_alphanumeric() => lowered.extend(char.to_lowercase()),
            _ => lowered.push(' '),
        }
    }
    lowered
}

fn words(lowered: &str) -> impl Iterator<Item = &str> {
    lowered.split(' ').filter(|word| !word.is_empty())
}

/// The sentence before `start`, as far as it is looked at, and whether that is all of it.
fn lead(text: &str, start: usize) -> (&str, bool) {
    let window = tail(&text[..start], MAX_LEAD_BYTES);
    let mut begin = 0;
    let mut ended = false;
    for (at, char) in window.char_indices() {
        match char {
            '\n' | '。' | '！' | '？' | '>' => (begin, ended) = (at + char.len_utf8(), false),
            '{' if window[..at].ends_with("boxed") => (begin, ended) = (at + 1, false),
            '.' | '!' | '?' => ended = true,
            _ if ended && char.is_whitespace() => (begin, ended) = (at, false),
            '*' | '_' | '"' | ')' | '\u{201d}' => {}
            _ => ended = false,
        }
    }
    if ended { ("", true) } else { (&window[begin..], begin > 0 || window.len() == start) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_concludes_leads_to_an_answer() {
        for lead in [
            "",
            "So ",
            "In conclusion, ",
            "Based on the documents, ",
            "Since it is not Paris, ",
            "It rose, so ",
            "It rose. Thus, ",
            "Therefore, based on the text, ",
            "In the document, ",
            "Step 3: ",
            "Here is ",
            "This means that ",
            "I think ",
            "It rose, and ",
        ] {
            assert!(commits(&[lead, "the answer is 5"].concat(), lead.len()), "{lead}");
        }
        for lead in [
            "If it rose, ",
            "Assuming that, ",
            "Had he won, ",
            "Possibly, ",
            "One possibility is that ",
            "I hope ",
            "In another world, ",
            "The popular belief is that ",
            "For example, ",
            "Wrong response: ",
            "Do you think ",
            "Bob says ",
            "I cannot confirm that ",
            "e.g. \"",
        ] {
            assert!(!commits(&[lead, "the answer is 5"].concat(), lead.len()), "{lead}");
        }
    }
}
