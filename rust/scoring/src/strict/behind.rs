//! What stands behind an answer and unsays it: another labelled or tagged answer, another turn, a denial of the answer
//! itself, no commitment.

use crate::strict::after;
use crate::strict::anchor_words::supposed;
use crate::strict::beside::same;
use crate::strict::plain::plain;
use crate::strict::rival::unmarked;
use crate::strict::sentence::sentences;
use crate::strict::tail_words::listed;
use crate::strict::tokens::Tokens;
use crate::strict::words::{denies, is_copula};
use crate::verdict::Reason;

/// Longer sentences explain.
const MAX_WORDS: usize = 12;

/// Another answer behind a label has at most this many words.
const MAX_NAME_WORDS: usize = 6;

/// Why an answer is none for what follows it. O(n).
pub(crate) fn objection(answer: &str, rest: &str) -> Option<Reason> {
    if after::is_crossed(rest) {
        return Some(Reason::Negated);
    }
    if !rest.contains(char::is_alphanumeric) {
        return None;
    }
    if tagged(rest).any(|other| !same(other, answer)) {
        return Some(Reason::TooManyCandidates);
    }
    let name = name(answer);
    if after::doubts(rest) {
        return Some(Reason::Hedged);
    }
    rest.split('\n').filter(|line| line.contains(char::is_alphanumeric)).find_map(|line| {
        let line = unmarked(line);
        if after::grades_wrong(line) {
            return Some(Reason::Negated);
        }
        if after::turns(line) || labelled(line).is_some_and(|other| !same(other, answer)) {
            return Some(Reason::TooManyCandidates);
        }
        sentences(&plain(line)).find_map(|sentence| unsaid(&name, answer, sentence))
    })
}

/// The words by which an answer is named behind it: of an option, its letter.
fn name(answer: &str) -> Tokens {
    let tokens = Tokens::of(answer);
    match tokens.word(0) {
        letter if letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            Tokens::of(&letter.to_uppercase())
        }
        _ => tokens,
    }
}

/// The contents of tags and boxes that say a final answer, whatever they are called.
fn tagged(text: &str) -> impl Iterator<Item = &str> {
    let tags = text.match_indices('<').filter_map(|(at, _)| {
        let inside = &text[at + 1..];
        let length = inside
            .bytes()
            .take(24)
            .take_while(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' '))
            .count();
        let content = inside[length..].strip_prefix('>')?;
        let says = inside[..length].split(['_', '-', ' ']).any(|word| {
            listed(
                &word.to_ascii_lowercase(),
                "final answer finalanswer ans result solution output response choice pick",
            )
        });
        says.then(|| content.split(['<', '\n']).next().unwrap_or(""))
    });
    let boxes = text.match_indices('\\').filter_map(|(at, _)| {
        let inside = &text[at + 1..];
        let mut boxed = ["framebox", "fbox", "ovalbox", "boxed"].into_iter();
        let content = boxed.find_map(|name| inside.strip_prefix(name))?.trim_start().strip_prefix('{')?;
        Some(content.split(['}', '\n']).next().unwrap_or(""))
    });
    tags.chain(boxes)
}

/// The short answer behind a label for one: `My pick: Paris`, `Final = 7`, `答：7`.
fn labelled(line: &str) -> Option<&str> {
    for label in ["答案", "答", "正解", "回答", "解答", "最终答案"] {
        if let Some(content) =
            line.strip_prefix(label).and_then(|rest| rest.trim_start().strip_prefix([':', '：']))
        {
            return Some(content);
        }
    }
    let (label, content) = [":", "：", "=", " is ", " would be ", " - ", " → "]
        .into_iter()
        .filter_map(|mark| line.split_once(mark))
        .min_by_key(|(label, _)| label.len())?;
    let label = Tokens::of(label);
    let said = |known: &str| label.words().any(|word| listed(word, known));
    let most = if said("answer ans pick choice selection selected chosen verdict decision submission final") {
        MAX_NAME_WORDS
    } else if said("result solution conclusion response option output") {
        MAX_NAME_WORDS / 2
    } else {
        return None;
    };
    let of_another = label.words().any(|word| denies(word) || supposed(word));
    let content = content.trim_matches(|char: char| char.is_whitespace() || "*_\"'.,{}".contains(char));
    let tokens = Tokens::of(content);
    let fits = label.len() < MAX_NAME_WORDS && !tokens.is_empty() && tokens.len() <= most;
    // `Option A is too narrow`
    let judged = tokens.word(0) == "too" || tokens.words().any(denies_but_no);
    (fits && !of_another && !judged).then_some(content)
}

fn denies_but_no(word: &str) -> bool {
    word != "no" && denies(word)
}

/// Why a sentence behind an answer unsays it.
fn unsaid(name: &Tokens, answer: &str, sentence: &str) -> Option<Reason> {
    if [
        "其实",
        "其實",
        "实际上",
        "實際上",
        "不对",
        "不是",
        "应该是",
        "或者",
        "也可能",
        "更正",
        "我猜",
        "我不",
        "不确定",
        "可能",
        "猜的",
    ]
    .iter()
    .any(|opening| sentence.starts_with(opening))
    {
        return Some(Reason::Negated);
    }
    let tokens = Tokens::of(sentence);
    if tokens.is_empty() || tokens.len() > MAX_WORDS {
        return None;
    }
    if denied(name, &tokens) || changes(&tokens) || jokes(&tokens) {
        Some(Reason::Negated)
    } else if leaves_open(&tokens) {
        Some(Reason::Hedged)
    } else {
        (chooses(&tokens) && !same(sentence, answer)).then_some(Reason::TooManyCandidates)
    }
}

/// Whether a sentence denies what the answer says: `5 is not the answer`, `It is not Berlin`.
fn denied(name: &Tokens, tokens: &Tokens) -> bool {
    let Some(start) = tokens.find(name) else { return false };
    let (end, word) = (start + name.len(), |index: usize| tokens.word(index));
    let verb =
        is_copula(word(end)) || matches!(word(end), "cannot" | "can" | "isnt" | "wasnt" | "would" | "does");
    let option = start == 0 || start == 1 && matches!(word(0), "option" | "answer" | "choice");
    let judges = |index: usize| {
        listed(
            word(index),
            "answer correct right true it solution valid final best case  wrong incorrect false",
        )
    };
    let behind = option
        && verb
        && (end..tokens.len().min(end + 3))
            .any(|index| denies(word(index)) && (judges(index) || judges(index + 1)));
    let points = matches!(word(0), "it" | "its" | "that" | "this" | "answer" | "not");
    let before = points && start > 0 && denies(word(start - 1)) && end == tokens.len();
    behind || before
}

/// Whether a speaker chooses: `I pick Paris`, `Going with Paris`.
fn chooses(tokens: &Tokens) -> bool {
    let speaks = matches!(tokens.word(0), "i" | "im" | "ill" | "id" | "we" | "going" | "lets" | "choosing");
    let verb = |index: usize| {
        let word = tokens.word(index);
        listed(word, "choose pick select chose picked selected choosing picking selecting")
            || matches!(word, "go" | "going" | "stick") && tokens.word(index + 1) == "with"
    };
    speaks && (0..4).any(verb)
}

/// Whether a speaker takes back an answer or means to: `Let me change my answer`.
fn changes(tokens: &Tokens) -> bool {
    (0..tokens.len()).any(|index| {
        listed(tokens.word(index), "change changed changing revise revised retract withdraw correct")
            && matches!(tokens.word(index + 1), "my" | "answer")
            // `The correct answer` changes nothing.
            && (tokens.word(index) != "correct"
                || tokens.word(index + 1) == "my"
                || tokens.get(index + 1).is_some_and(|token| token.article.is_some()))
            && (index + 1..index + 4).any(|next| matches!(tokens.word(next), "answer" | "mind" | "response"))
    })
}

/// Whether a sentence says that the answer was not meant: `That was a joke`, `Untrue`.
fn jokes(tokens: &Tokens) -> bool {
    let points = matches!(
        tokens.word(0),
        "that" | "thats" | "this" | "it" | "its" | "i" | "im" | "just" | "above" | "answer"
    );
    let meant = |word: &str| {
        !listed(
            word,
            "joke joking lying lied untrue kidding prank nonsense sarcasm sarcastic fiction bluff bluffing fake",
        )
    };
    after::takes_back(tokens)
        || tokens.len() <= 6 && (points || tokens.len() == 1) && !tokens.words().all(meant)
}

/// Whether a sentence leaves the answer open: `Who knows`, `Both are possible`, `The question cannot be answered`.
fn leaves_open(tokens: &Tokens) -> bool {
    let word = |index: usize| tokens.word(index);
    let open = |word: &str| {
        listed(word, "possible plausible likely valid probable correct right acceptable defensible")
    };
    let all = tokens.words().any(|word| matches!(word, "both" | "equally" | "all" | "either" | "any"));
    let answered = |index: usize| matches!(word(index), "answered" | "answerable" | "resolved");
    (0..tokens.len()).any(|index| {
        word(index) == "who" && word(index + 1) == "knows"
            || word(index) == "coin" && matches!(word(index + 1), "flip" | "toss")
            || matches!(word(index), "unanswerable" | "tossup" | "idk")
            || word(index) == "equally" && open(word(index + 1))
            || answered(index) && (index.saturating_sub(2)..index).any(|before| denies(word(before)))
            || listed(word(index), "contain provide mention give state specify")
                && listed(tokens.word(tokens.len() - 1), "answer information")
                && (index.saturating_sub(2)..index).any(|before| denies(word(before)))
            || all && open(word(index)) && index + 1 == tokens.len() && !tokens.words().any(denies)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unsays_an_answer_behind_it_is_seen() {
        for (answer, rest) in [
            ("Berlin", "\nMy final choice: Paris"),
            ("Berlin", "\nLet me change my answer to Paris."),
            ("Berlin", "\n\nThe question cannot be answered."),
            ("Berlin", ". That was a joke."),
            ("Berlin", ". Untrue."),
            ("Berlin", ". Who knows?"),
            ("Berlin", ". 其实是 Paris"),
            ("5", "\n<final_answer>7</final_answer>"),
            ("5", "\n\\framebox{7}"),
            ("5", "\n正解：7"),
            ("5", "\n5 is not the answer."),
            ("5", "\n5 and 7 are both possible."),
            ("5", "\nHuman: wrong!"),
            ("(B) Paris", "\nB is not correct"),
            ("B", "\nMy pick is C."),
            ("B", "\nAll options are equally likely."),
            ("no", "\nFinal: yes"),
        ] {
            assert!(objection(answer, rest).is_some(), "{answer}{rest}");
        }
        for (answer, rest) in [
            ("Berlin", ""),
            ("Berlin", ".\nFinal: Berlin"),
            ("Berlin", ".\n<final>Berlin</final>"),
            ("Berlin", ". I hope this helps!"),
            ("Berlin", ".\n\nConclusion: both of the films were shot there in 1990."),
            ("Berlin", ". Paris is not the answer."),
            ("B", ".\nA is not correct."),
            ("5", ".\n\nSource: Document 3"),
            ("no", ". It is no secret."),
        ] {
            assert_eq!(objection(answer, rest), None, "{answer}{rest}");
        }
    }
}
