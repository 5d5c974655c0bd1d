//! What follows an answer on its line and takes it back: `Berlin. No, it is Paris.`

use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::retracts;

/// How many words of a sentence are looked at.
const MAX_WORDS: usize = 12;

/// A longer sentence far behind an answer says of something else that it is wrong.
const MAX_LATER_WORDS: usize = 5;

/// Where a text stands behind an answer. The farther away, the more it may be about something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Behind {
    OnLine,
    Next,
    Later,
}

/// Whether a sentence behind the answer's first, `answer`, takes it back: it opens with a word such as `no` or `wait`,
/// with a yes behind a no, names another answer, or says of `that` or `it` that it is wrong. O(n).
pub(crate) fn follows(answer: &str, rest: &str, behind: Behind) -> bool {
    if rest.is_empty() {
        return false;
    }
    let denied = answer.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("no"));
    rest.split(['.', '!', '?', ';', '。', '！', '？']).any(|sentence| {
        takes_back(sentence, behind)
            || denied
                && behind < Behind::Later
                && sentence.trim_start().get(..3).is_some_and(|yes| yes.eq_ignore_ascii_case("yes"))
    })
}

fn takes_back(sentence: &str, behind: Behind) -> bool {
    let sentence = sentence.trim_matches(|char: char| char.is_whitespace() || "*_#>".contains(char));
    if sentence.is_empty() {
        return false;
    }
    if sentence.starts_with(['不', '错', '錯']) {
        return true;
    }
    let tokens = Tokens::of(sentence);
    let opening = (0..tokens.len()).find(|&index| {
        !matches!(
            tokens.word(index),
            "oh" | "but" | "however" | "well" | "and" | "um" | "uh" | "ah" | "ok" | "okay"
        )
    });
    let Some(first) = opening else { return false };
    let (word, next) = (tokens.word(first), tokens.word(first + 1));
    // `No other report` denies something else.
    let pauses = tokens.get(first + 1).is_none_or(|token| token.gap > Gap::Space);
    let retracted = match word {
        "no" => pauses || retracts(next) || matches!(next, "it" | "its" | "that" | "thats" | "this"),
        "not" => pauses || matches!(next, "really" | "quite" | "exactly" | "so" | "sure" | "true" | "right"),
        "i" => {
            matches!(
                next,
                "lied" | "mean" | "meant" | "misread" | "miscalculated" | "apologize" | "retract" | "changed"
            ) || next == "take" && tokens.word(first + 3) == "back"
                || next == "made" && (first + 2..first + 4).any(|index| tokens.word(index) == "up")
        }
        "my" => matches!(next, "mistake" | "bad" | "apologies"),
        "on" | "upon" => {
            next == "reflection" || next == "second" && tokens.word(first + 2).starts_with("thought")
        }
        "just" => matches!(next, "kidding" | "guess" | "guessing"),
        "strike" | "ignore" | "disregard" => matches!(next, "that" | "this" | "it"),
        "do" | "dont" => matches!(next, "not" | "trust" | "believe") && behind < Behind::Later,
        "edit" | "update" => pauses,
        "if" => next == "not",
        "let" if behind > Behind::OnLine => next == "me" && redoes(tokens.word(first + 2)),
        "let" => next == "me" && !matches!(tokens.word(first + 2), "explain" | "show" | "know"),
        // Far from an answer these say how it was found, or what else there is.
        "or" => behind < Behind::Later && next != "so",
        "else" | "rather" | "instead" | "maybe" | "perhaps" | "possibly" | "alternatively" | "otherwise"
        | "wrong" | "incorrect" | "false" | "mistake" | "opposite" => behind < Behind::Later,
        _ => retracts(word) || word == "apologies",
    };
    if retracted || rivals(&tokens) {
        return true;
    }
    if behind == Behind::Later && tokens.len() > MAX_LATER_WORDS {
        return false;
    }
    let points =
        matches!(word, "that" | "thats" | "this" | "it" | "its" | "which" | "i" | "im" | "answer" | "above")
            || behind == Behind::OnLine && matches!(word, "is" | "isnt" | "was" | "wasnt");
    let denied = |index: usize| match tokens.word(index) {
        "wrong" | "incorrect" | "false" | "mistaken" | "untrue" | "doubt" | "mistake" | "guess"
        | "guessing" => true,
        "lie" => tokens.get(index).is_some_and(|token| token.article.is_some()),
        "right" | "correct" | "true" | "so" | "sure" | "certain" => {
            matches!(tokens.word(index - 1), "not" | "isnt" | "wasnt" | "never" | "hardly")
        }
        _ => false,
    };
    points && (first + 1..tokens.len().min(first + MAX_WORDS)).any(denied)
}

/// What a scorer of one's own says before starting again.
fn redoes(word: &str) -> bool {
    matches!(
        word,
        "reconsider"
            | "recheck"
            | "rethink"
            | "redo"
            | "recalculate"
            | "recompute"
            | "correct"
            | "fix"
            | "revise"
    )
}

/// Whether a sentence names another answer: `Another possible answer is Paris`, `It could also be Paris`.
fn rivals(tokens: &Tokens) -> bool {
    let answer = |index: usize| {
        matches!(
            tokens.word(index),
            "answer" | "answers" | "option" | "candidate" | "possibility" | "alternative"
        )
    };
    (0..tokens.len().min(MAX_WORDS)).any(|index| match tokens.word(index) {
        "another" | "alternative" | "alternate" | "second" => answer(index + 1) || answer(index + 2),
        "could" | "might" | "may" => tokens.word(index + 1) == "also" && tokens.word(index + 2) == "be",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_takes_an_answer_back_counts() {
        let rows = [
            (" No, it is Paris", true),
            (" Wait, 6", true),
            (" Oh no, 6", true),
            (" It rose. Actually, Paris", true),
            (" That is wrong", true),
            (" This is not right", true),
            (" I was mistaken", true),
            (" I mean Paris", true),
            (" Or Paris", true),
            (" It rose", false),
            (" No other report says so", false),
            (" Not Paris", false),
            (" Let me explain", false),
            (" No wait", true),
            (" is wrong", true),
            (" Paris is another answer", true),
            (" It could also be Paris", true),
            (" If asked whether the answer is Paris, no", false),
            (" It is not Paris", false),
            (" The claim that it is Paris is wrong", false),
            ("", false),
        ];
        for (rest, retracted) in rows {
            assert_eq!(follows("Berlin", rest, Behind::OnLine), retracted, "{rest}");
        }
    }
}
