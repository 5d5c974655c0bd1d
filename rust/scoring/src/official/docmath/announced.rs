//! What a response announces as its answer: `the answer is`, with a number, or a box.

use memchr::{memchr2_iter, memmem};

use crate::python::{replace, strip};
use crate::verdict::Reason;

/// The end of the reasoning.
const CLOSE: &str = "</think>";

/// What follows the reasoning, stripped; `None` where it never ended. O(n), from the end.
fn tail(response: &str) -> Option<&str> {
    memmem::rfind(response.as_bytes(), CLOSE.as_bytes()).map(|at| strip(&response[at + CLOSE.len()..]))
}

/// As QwenLong-L1's reward finds it. O(n) in what follows the reasoning.
pub(super) fn training(response: &str) -> Result<String, Reason> {
    match tail(response) {
        None => Err(Reason::UnfinishedReasoning),
        Some("") => Err(Reason::Empty),
        Some(tail) => present(training_text(tail)),
    }
}

/// The same of a text without reasoning; it may be empty.
pub(super) fn training_text(text: &str) -> Option<String> {
    first(&replace(text, &["*"]))
}

/// As QwenLong-L1's evaluation finds it, in the whole response where nothing follows the reasoning. O(n).
pub(super) fn evaluation(response: &str) -> Result<String, Reason> {
    let text = tail(response).filter(|tail| !tail.is_empty()).unwrap_or(response);
    present(evaluation_text(text))
}

/// The same of a text without reasoning; it may be empty.
pub(super) fn evaluation_text(text: &str) -> Option<String> {
    first(&replace(text, &["*", "(", ")"]))
}

/// As SPELL finds it. O(n) in what follows the reasoning.
pub(super) fn spell(response: &str) -> Result<String, Reason> {
    let has = |part: &str| memmem::find(response.as_bytes(), part.as_bytes()).is_some();
    let text = match tail(response) {
        Some(tail) => tail,
        None if has("<think>") => return Err(Reason::UnfinishedReasoning),
        None if has(BOX) || has("answer is") => response,
        None => last_chars(response, 300),
    };
    present(spell_text(text))
}

/// The same of a text without reasoning; it may be empty.
pub(super) fn spell_text(text: &str) -> Option<String> {
    let text = replace(text, &["*"]);
    if let Some(at) = memmem::rfind(text.as_bytes(), BOX.as_bytes()) {
        return boxed(&text[at + BOX.len()..]).map(plain);
    }
    // In the order of preference: after `the answer is` in brackets and without, after `answer is` the same.
    let mut last = [None; 4];
    for (at, rest) in announcements(&text, "answer is ") {
        let bracketed = rest.strip_prefix('(').and_then(|inner| {
            let found = capture(inner)?;
            inner[found.len()..].starts_with(')').then_some(found)
        });
        let (place, found) = if bracketed.is_some() { (0, bracketed) } else { (1, capture(rest)) };
        if found.is_some() {
            last[place + 2] = found;
            let article = at.checked_sub(4).map(|start| &text.as_bytes()[start..at]);
            if article.is_some_and(|article| article.eq_ignore_ascii_case(b"the ")) {
                last[place] = found;
            }
        }
    }
    last.into_iter().flatten().next().map(plain)
}

/// The last characters of a text, all of a shorter one. O(n).
pub(in crate::official) fn last_chars(text: &str, count: usize) -> &str {
    text.char_indices().rev().take(count).last().map_or(text, |(at, _)| &text[at..])
}

const BOX: &str = "\\boxed{";

/// What stands before the brace that closes the one before the text.
fn boxed(text: &str) -> Option<&str> {
    let mut open = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(&text[..at]);
        }
    }
    None
}

/// The first number after `the answer is`.
fn first(text: &str) -> Option<String> {
    announcements(text, "the answer is ").find_map(|(_, rest)| capture(rest)).map(plain)
}

/// Where a phrase begins, in whatever case, and what follows it. The phrase begins with a letter of ASCII.
fn announcements<'a>(text: &'a str, phrase: &'static str) -> impl Iterator<Item = (usize, &'a str)> {
    let first = phrase.as_bytes()[0];
    memchr2_iter(first, first.to_ascii_uppercase(), text.as_bytes())
        .filter_map(move |at| after(&text[at..], phrase).map(|rest| (at, rest)))
}

/// What follows a lower-case phrase that the text begins with, as `re.IGNORECASE` compares.
fn after<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    phrase.chars().try_fold(text, |rest, letter| {
        rest.strip_prefix(|char: char| match letter {
            'i' if matches!(char, 'ı' | 'İ') => true,
            's' if char == 'ſ' => true,
            _ => char.eq_ignore_ascii_case(&letter),
        })
    })
}

/// The number that a text begins with: symbols in a fixed order, each at most once, a sign, digits, points and commas.
fn capture(text: &str) -> Option<&str> {
    let symbols = ['=', '≈', '`', '%', '$', '°', '£', '€', '¥', '-'];
    let digits = symbols.iter().fold(text, |rest, &symbol| rest.strip_prefix(symbol).unwrap_or(rest));
    let rest = digits.trim_start_matches(|char: char| char.is_ascii_digit() || matches!(char, '.' | ','));
    (rest.len() < digits.len()).then(|| &text[..text.len() - rest.len()])
}

fn plain(number: &str) -> String {
    let number = number.replace(',', "");
    number.trim_end_matches('.').to_owned()
}

/// An answer that is neither missing nor empty.
fn present(found: Option<String>) -> Result<String, Reason> {
    match found {
        None => Err(Reason::NoAnswer),
        Some(found) if found.is_empty() => Err(Reason::Empty),
        Some(found) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_that_is_announced_counts() {
        let rows = [
            ("The answer is 5. The answer is 6", Some("5")),
            ("the answer is x, the **answer** is =≈`%$°£€¥-1,234.5..", Some("=≈`%$°£€¥-1234.5")),
            ("THE ANſWER İS 5", Some("5")),
            ("the anſwer ıs $5", Some("$5")),
            ("the answer is (5)", None),
            ("the answer is $$5", None),
            ("the answer is .,.", Some("")),
            ("the answer is -$5", None),
            ("the  answer is 5", None),
            ("the answer is 1/2", Some("1")),
        ];
        for (text, found) in rows {
            assert_eq!(training_text(text).as_deref(), found, "{text}");
        }
        assert_eq!(evaluation_text("the answer (is) 5").as_deref(), Some("5"));
    }

    #[test]
    fn reasoning_ends_where_each_code_says() {
        assert_eq!(training("the answer is 5"), Err(Reason::UnfinishedReasoning));
        assert_eq!(training("the answer is 5</think> \n"), Err(Reason::Empty));
        assert_eq!(training("</think>the answer is 5</think>Five."), Err(Reason::NoAnswer));
        assert_eq!(training("</think>the answer is .").as_deref(), Err(&Reason::Empty));
        assert_eq!(training("</think>the answer is 5").as_deref(), Ok("5"));
        assert_eq!(evaluation("the answer is 5</think> \n").as_deref(), Ok("5"));
        assert_eq!(evaluation("the answer is 5</think>Five."), Err(Reason::NoAnswer));
        assert_eq!(spell("<think>the answer is 5"), Err(Reason::UnfinishedReasoning));
        assert_eq!(spell("<think></think>Answer is 5").as_deref(), Ok("5"));
        assert_eq!(spell(&format!("Answer is 5{}", " ".repeat(290))), Err(Reason::NoAnswer));
        assert_eq!(spell(&format!("Answer is 5{}", "é".repeat(289))).as_deref(), Ok("5"));
        assert_eq!(spell(&format!("answer is 5{}", " ".repeat(900))).as_deref(), Ok("5"));
    }

    #[test]
    fn spell_prefers_a_box_then_the_fuller_phrase() {
        let rows = [
            (r"\boxed{1} the answer is 5 \boxed{1,0{2}.}", Some("10{2}")),
            (r"\bo*xed{.}", Some("")),
            (r"\boxed{1} \boxed{2", None),
            ("the answer is 5, the answer is (6), answer is (7)", Some("6")),
            ("the answer is 5, answer is (6)", Some("5")),
            ("his answer is 5, answer is (6)", Some("6")),
            ("answer is 5, answer is 6.", Some("6")),
            ("answer is (5", None),
        ];
        for (text, found) in rows {
            assert_eq!(spell_text(text).as_deref(), found, "{text}");
        }
    }
}
