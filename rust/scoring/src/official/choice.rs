//! Multiple choice: the letter that a phrase announces.

use std::borrow::Cow;

use memchr::memmem;

use super::reading::{judge, unit};
use super::tail::{after_reasoning, spell};
use crate::metric::Metric;
use crate::profile::{Golds, Profile};
use crate::python::{after_ignoring_case, replace};
use crate::verdict::Reason;

/// A letter from A to D stands between the two texts.
type Pattern = (&'static str, &'static str);

/// In the order in which they are tried.
const QWENLONG_PATTERNS: [Pattern; 2] = [("The correct answer is (", ")"), ("The correct answer is ", "")];
const SPELL_PATTERNS: [Pattern; 5] = [
    ("\\boxed{", "}"),
    ("correct answer is (", ")"),
    ("correct answer is ", ""),
    ("answer is (", ")"),
    ("answer is ", ""),
];

/// What these profiles have in common, which is the training reward of QwenLong-L1.
const QWENLONG: Profile = Profile {
    name: "qwenlong_mc",
    summary: "the training reward of QwenLong-L1: the first letter that `The correct answer is` announces; the gold is a sentence",
    source: "Tongyi-Zhiwen/QwenLong-L1 38d0806, verl/verl/utils/reward_score/long.py",
    semantics: 1,
    golds: Golds::One,
    metrics: &[Metric::Accuracy],
    options: &[],
    tail: true,
    extract: |response, _| {
        let after = after_reasoning(response).ok_or(Reason::UnfinishedReasoning)?;
        first(after).ok_or(Reason::NoAnswer)
    },
    // A gold sentence without a letter is worth 0 to the official code: no answer is equal to an empty one.
    read_gold: Some(|gold| Some(first(gold).unwrap_or_default())),
    judge: |prediction, golds, _| {
        Ok(judge(prediction, golds, &[Metric::Accuracy], str::to_owned, |prediction, gold| {
            [unit(prediction == gold)]
        }))
    },
    score: None,
    match_answer: None,
};

/// The profiles of this file.
pub(super) static PROFILES: &[Profile] = &[
    QWENLONG,
    Profile {
        name: "spell_mc",
        summary: "the reward of SPELL: the last letter in a box or after `answer is`, in any case; the gold is a sentence",
        source: "Tongyi-Zhiwen/Qwen-Doc 12489b0, SPELL long.py",
        extract: |response, _| {
            spell(response, &["answer is"], 300).and_then(|text| last(text).ok_or(Reason::NoAnswer))
        },
        read_gold: Some(|gold| Some(last(gold).unwrap_or_default())),
        ..QWENLONG
    },
    Profile {
        name: "longbench_v2_mc",
        summary: "LongBench v2: the first letter that `The correct answer is` announces in the whole response; a bare gold",
        source: "THUDM/LongBench 2e00731, pred.py",
        tail: false,
        extract: |response, _| first(response).ok_or(Reason::NoAnswer),
        read_gold: None,
        ..QWENLONG
    },
];

/// The first letter that the first pattern that is there announces. O(n).
fn first(text: &str) -> Option<Cow<'_, str>> {
    let text = replace(text, &["*"]);
    let letter = QWENLONG_PATTERNS.iter().find_map(|(before, after)| {
        memmem::find_iter(text.as_bytes(), before).find_map(|at| {
            let mut rest = text[at + before.len()..].chars();
            let letter = rest.next().filter(|letter| matches!(letter, 'A'..='D'))?;
            rest.as_str().starts_with(after).then_some(letter)
        })
    })?;
    Some(Cow::Owned(letter.to_string()))
}

/// The last letter that the first pattern that is there announces; none if it is in lower case. O(n).
fn last(text: &str) -> Option<Cow<'_, str>> {
    let text = replace(text, &["*"]);
    let letter = SPELL_PATTERNS.iter().find_map(|&pattern| last_match(&text, pattern))?;
    letter.is_ascii_uppercase().then(|| Cow::Owned(letter.to_string()))
}

/// The letter of the last match, case ignored. Matches do not overlap: `answer is Answer is B` has one, with an A.
fn last_match(text: &str, (before, after): Pattern) -> Option<char> {
    let start = before.as_bytes()[0];
    let mut found = None;
    let mut from = 0;
    for at in memchr::memchr2_iter(start, start.to_ascii_uppercase(), text.as_bytes()) {
        if at < from {
            continue;
        }
        let announced = after_ignoring_case(&text[at..], before).and_then(|rest| {
            let letter = rest.chars().next().filter(|letter| matches!(letter, 'A'..='D' | 'a'..='d'))?;
            rest[1..].strip_prefix(after).map(|rest| (letter, rest))
        });
        if let Some((letter, rest)) = announced {
            found = Some(letter);
            from = text.len() - rest.len();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::profile::profile;
    use crate::{Reason, Settings};

    fn score(name: &str, response: &str, gold: &str) -> (Option<f64>, Reason, Option<String>) {
        let verdict = profile(name).unwrap().score(response, &[gold.into()], &Settings::default()).unwrap();
        (verdict.score, verdict.reason, verdict.extracted)
    }

    #[test]
    fn qwenlong_takes_the_first_letter_in_parentheses_before_any_other() {
        let gold = "The correct answer is (B)";
        let letter = |response: &str| score("qwenlong_mc", &format!("</think>{response}"), gold).2;
        assert_eq!(letter("The correct answer is Both").as_deref(), Some("B"));
        assert_eq!(letter("The correct answer is D. The correct answer is **(A)**").as_deref(), Some("A"));
        assert_eq!(letter("The correct answer is (A. The correct answer is D").as_deref(), Some("D"));
        assert_eq!(letter("the correct answer is (B)"), None);
        assert_eq!(score("qwenlong_mc", "The correct answer is (B)", gold).1, Reason::UnfinishedReasoning);
        assert_eq!(score("qwenlong_mc", "</think>The correct answer is (B)", gold).0, Some(1.0));
        // The official code swallows its own failure to read the gold.
        assert_eq!(score("qwenlong_mc", "</think>The correct answer is (B)", "B").0, Some(0.0));
    }

    #[test]
    fn spell_takes_the_last_letter_of_the_first_pattern_that_matches() {
        let letter = |response: &str| score("spell_mc", response, "answer is B").2;
        assert_eq!(letter("answer is A, answer is C").as_deref(), Some("C"));
        assert_eq!(letter("answer is Answer is B").as_deref(), Some("A"));
        assert_eq!(letter("\\BOXED{D}, the correct answer is B").as_deref(), Some("D"));
        assert_eq!(letter("The An\u{17f}wer \u{131}s (C)").as_deref(), Some("C"));
        assert_eq!(letter("the answer is B or answer is d"), None);
        assert_eq!(letter("answer is b").as_deref(), None);
        assert_eq!(letter(&format!("\\boxed{{B}}{}", "x".repeat(292))), None);
        assert_eq!(letter(&format!("\\boxed{{B}}{}", "é".repeat(291))).as_deref(), Some("B"));
        assert_eq!(score("spell_mc", "answer is B", "answer is B").0, Some(1.0));
        assert_eq!(score("spell_mc", "answer is B", "answer is b").0, Some(0.0));
    }

    #[test]
    fn longbench_reads_the_reasoning_too() {
        let response = "The correct answer is (A)</think>The correct answer is (B)";
        assert_eq!(
            score("longbench_v2_mc", response, "A"),
            (Some(1.0), Reason::Matched, Some("A".to_owned()))
        );
    }
}
