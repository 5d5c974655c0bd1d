//! Remarks behind an answer that leave it unsaid: a cross, a bad grade, a doubtful question, the turn of another speaker.

use crate::strict::tail_words::listed;
use crate::strict::tokens::Tokens;
use crate::strict::words::denies;

/// How many lines that say something are near an answer.
const NEAR: usize = 3;

/// Whether a line near an answer is a cross: `❌`. O(n).
pub(crate) fn is_crossed(rest: &str) -> bool {
    !rest.is_ascii()
        && rest.split('\n').filter(|line| !line.trim().is_empty()).take(NEAR).any(|line| {
            !line.contains(char::is_alphanumeric)
                && line.contains(['❌', '✗', '✘', '✖', '❎', '👎', '🚫', '⛔'])
        })
}

/// Whether a sentence near an answer asks whether it is one: `Right?`, `Is it?`, `Am I right?` O(n).
pub(crate) fn doubts(rest: &str) -> bool {
    let near = rest.split('\n').filter(|line| !line.trim().is_empty()).take(NEAR);
    near.flat_map(|line| line.split_inclusive(['.', '!', '?', '？', '。'])).any(|sentence| {
        let Some(question) = sentence.strip_suffix(['?', '？']) else { return false };
        let tokens = Tokens::of(question);
        let pointing = listed(tokens.word(1), "it that this i") || tokens.len() == 1;
        (1..=4).contains(&tokens.len())
            && listed(
                tokens.word(0),
                "right correct is isnt am was wasnt no ok okay really sure true or could can does doesnt",
            )
            && pointing
            && !tokens.words().any(|word| matches!(word, "help" | "helps"))
    })
}

/// Whether a line grades the answer as wrong: `Grade: wrong`.
pub(crate) fn grades_wrong(line: &str) -> bool {
    let Some((label, grade)) = line.split_once([':', '：']) else { return false };
    let (label, grade) = (Tokens::of(label), Tokens::of(grade));
    let graded =
        listed(label.word(label.len().saturating_sub(1)), "grade score verdict mark status feedback rating");
    graded && label.len() <= 2 && (1..=3).contains(&grade.len()) && grade.words().any(fails)
}

fn fails(word: &str) -> bool {
    denies(word) || listed(word, "0 invalid failed fail rejected retracted bad")
}

/// Whether a line opens the turn of a speaker: `Human:`, `[USER] wrong`, `用户：`. A heading may say no more than that.
pub(crate) fn turns(line: &str) -> bool {
    let bracketed = line.strip_prefix('[').and_then(|line| line.split_once(']')).map(|(speaker, _)| speaker);
    let speaker = line.split_once([':', '：']).map(|(speaker, _)| speaker);
    [bracketed, speaker, Some(line)].into_iter().flatten().filter(|speaker| speaker.len() <= 40).any(
        |speaker| {
            let speaker = speaker.trim_matches(|char: char| !char.is_alphanumeric()).to_ascii_lowercase();
            let alone = speaker.len() == line.trim_matches(|char: char| !char.is_alphanumeric()).len();
            listed(
                &speaker,
                "human user assistant system student teacher grader judge customer moderator 用户 人类 助手",
            ) || !alone && listed(&speaker, "q you questioner interviewer 用戶 人類 问 問 老师 系统")
        },
    )
}

/// Whether a sentence withdraws what was said: `Never mind`, `That can't be right`, `I made an error`.
pub(crate) fn takes_back(tokens: &Tokens) -> bool {
    let word = |index: usize| tokens.word(index);
    let last = tokens.len().saturating_sub(1);
    let points = listed(word(0), "that thats this it its which i");
    let short = tokens.len() <= 6;
    match word(0) {
        "never" | "nevermind" if last <= 1 => word(0) == "nevermind" || word(1) == "mind",
        "on" | "quite" | "to" if last <= 2 => listed(word(1), "contrary opposite"),
        "could" | "might" | "may" | "probably" | "maybe" => {
            short && (1..=last).any(|index| listed(word(index), "wrong incorrect mistaken false off"))
        }
        "i" if short && listed(word(1), "made have") => {
            (2..=last).any(|index| listed(word(index), "error mistake mistakes errors"))
        }
        "retracted" | "withdrawn" | "deleted" | "void" | "invalid" | "redacted" => last <= 1,
        _ => {
            points
                && short
                && (1..=last).any(|index| {
                    listed(word(index), "cant cannot wont couldnt not isnt")
                        && (index + 1..=(index + 2).min(last))
                            .any(|next| listed(word(next), "right correct true"))
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_that_leave_an_answer_unsaid_are_seen() {
        for rest in [". Right?", " Is it?", "\nAm I right?"] {
            assert!(doubts(rest), "{rest}");
        }
        for rest in [
            "",
            ". Any questions?",
            ". Does this help?",
            ". Is there anything else you need?",
            ". It is right.",
        ] {
            assert!(!doubts(rest), "{rest}");
        }
        for line in ["Grade: wrong", "Score: 0", "Verdict: not correct"] {
            assert!(grades_wrong(line), "{line}");
        }
        for line in ["Grade: A", "Confidence: high", "Note: nothing is wrong here at all", "wrong"] {
            assert!(!grades_wrong(line), "{line}");
        }
        for line in ["用户：错", "[USER] wrong", "User", "Q: Where?", "You: wrong"] {
            assert!(turns(line), "{line}");
        }
        for line in ["A: Paris", "You may ask more.", "Users: 5", "[1] Document 3"] {
            assert!(!turns(line), "{line}");
        }
        for sentence in
            ["Never mind", "That can't be right", "I made an error", "On the contrary", "Could be wrong"]
        {
            assert!(takes_back(&Tokens::of(sentence)), "{sentence}");
        }
        for sentence in
            ["It cannot be seen", "Paris is not right", "I made a table", "On the map", "It is right"]
        {
            assert!(!takes_back(&Tokens::of(sentence)), "{sentence}");
        }
        assert!(is_crossed("\n❌") && !is_crossed("\n✅") && !is_crossed("\n❌ Paris"));
    }
}
