//! What follows an answer on its line and takes it back: `Berlin. No, it is Paris.`

use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::retracts;

/// How many words of a sentence are looked at.
const MAX_WORDS: usize = 12;

/// Whether a sentence behind the answer's first, `answer`, takes it back: it opens with a word such as `no` or `wait`,
/// with a yes behind a no, or says of `that` or `it` that it is wrong. O(n).
pub(crate) fn follows(answer: &str, rest: &str) -> bool {
    if rest.is_empty() {
        return false;
    }
    let denied = answer.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("no"));
    rest.split(['.', '!', '?', ';', '。', '！', '？']).any(|sentence| {
        takes_back(sentence)
            || denied && sentence.trim_start().get(..3).is_some_and(|yes| yes.eq_ignore_ascii_case("yes"))
    })
}

fn takes_back(sentence: &str) -> bool {
    let sentence = sentence.trim();
    if sentence.is_empty() {
        return false;
    }
    if sentence.starts_with(['不', '错', '錯']) {
        return true;
    }
    let tokens = Tokens::of(sentence);
    let opening = (0..tokens.len()).find(|&index| {
        !matches!(tokens.word(index), "oh" | "but" | "well" | "and" | "um" | "uh" | "ah" | "ok" | "okay")
    });
    let Some(first) = opening else { return false };
    let (word, next) = (tokens.word(first), tokens.word(first + 1));
    // `No other report` denies something else.
    let pauses = tokens.get(first + 1).is_none_or(|token| token.gap > Gap::Space);
    let retracted = match word {
        "no" => pauses || retracts(next) || matches!(next, "it" | "its" | "that" | "thats" | "this"),
        "not" => pauses || matches!(next, "really" | "quite" | "exactly" | "so" | "sure" | "true" | "right"),
        "i" => matches!(next, "mean" | "meant"),
        "my" => matches!(next, "mistake" | "bad"),
        "let" => next == "me" && !matches!(tokens.word(first + 2), "explain" | "show" | "know"),
        "or" => next != "so",
        "maybe" | "perhaps" | "possibly" | "alternatively" | "otherwise" | "wrong" | "incorrect"
        | "false" | "mistake" => true,
        _ => retracts(word),
    };
    if retracted {
        return true;
    }
    let points =
        matches!(word, "that" | "thats" | "this" | "it" | "its" | "which" | "i" | "answer" | "above");
    let denied = |index: usize| match tokens.word(index) {
        "wrong" | "incorrect" | "false" | "mistaken" | "untrue" | "doubt" | "mistake" => true,
        "right" | "correct" | "true" | "so" | "sure" | "certain" => {
            matches!(tokens.word(index - 1), "not" | "isnt" | "wasnt" | "never" | "hardly")
        }
        _ => false,
    };
    points && (first + 1..tokens.len().min(first + MAX_WORDS)).any(denied)
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
            (" If asked whether the answer is Paris, no", false),
            (" It is not Paris", false),
            (" The claim that it is Paris is wrong", false),
            ("", false),
        ];
        for (rest, retracted) in rows {
            assert_eq!(follows("Berlin", rest), retracted, "{rest}");
        }
    }
}
