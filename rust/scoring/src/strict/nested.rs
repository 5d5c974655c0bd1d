//! An answer within another one: `\\boxed{Paris, \\boxed{Berlin}}`, `<answer>Paris. The answer is Berlin</answer>`.

use memchr::memchr2;

use crate::strict::anchor_words::{concludes, grounds};
use crate::strict::beside::{MAX_BYTES, same};
use crate::strict::block;
use crate::strict::lines::{line_start, tail};
use crate::strict::plain::plain;
use crate::strict::rival::{is_grammar, is_label};
use crate::strict::tail_words::listed;
use crate::strict::tokens::Tokens;
use crate::strict::words::{denies, leads};

/// A clause of more words is no name.
const MAX_NAME_WORDS: usize = 3;

/// Whether the answer that starts at `start` stands in a box or tag that says something else before it, or is what
/// follows a tag that never closes. O(1) but for what follows.
pub(crate) fn parted(text: &str, start: usize) -> bool {
    let before = tail(&text[..start], MAX_BYTES);
    let (announced, phrase) = (&text[start..], !text[start..].starts_with(['\\', '<']));
    if memchr2(b'<', b'\\', before.as_bytes()).is_some() {
        let parts = |content: &str| if phrase { offers(content) } else { !leads_to(content, announced) };
        if [block::open_tag(before), block::open_box(before)].into_iter().flatten().any(parts) {
            return true;
        }
    }
    // `Berlin <answer> Paris`
    block::never_closes(announced) && !leads_to(&before[line_start(before, before.len())..], announced)
}

/// Whether words lead to the box or tag behind them without being an answer: `the city of`, `2 + 3 =`, or the same
/// answer.
pub(crate) fn leads_to(lead: &str, announced: &str) -> bool {
    let lead = plain(lead);
    let tokens = Tokens::of(&lead);
    let said = |word: &str| {
        leads(word)
            || concludes(word)
            || listed(
                word,
                "answer correct right text follows following below given here option choice letter value number total approximately about exactly roughly =",
            )
            || !word.contains(char::is_alphanumeric)
    };
    let content = announced.split_once(['{', '>']).map_or("", |(_, content)| content);
    let content = content.split(['}', '<', '\n']).next().unwrap_or("");
    let number = content
        .trim_start()
        .starts_with(|char: char| char.is_ascii_digit() || "-\u{2212}.$\\(".contains(char));
    tokens.words().all(said)
        || number && (lead.trim_end().ends_with(['=', '≈']) || !offers(&lead))
        || content.contains(char::is_alphanumeric) && same(&lead, content)
}

/// Whether a clause is a name that may be an answer.
fn offers(text: &str) -> bool {
    plain(text).split(['.', ',', ';', ':', '!', '?', '\n']).any(|clause| {
        let tokens = Tokens::of(clause);
        let Some(first) =
            (0..tokens.len()).find(|&index| !leads(tokens.word(index)) && !concludes(tokens.word(index)))
        else {
            return false;
        };
        let count = tokens.len() - first;
        let written = tokens.get(first).is_some_and(|token| token.upper)
            || tokens.word(first).starts_with(|char: char| char.is_numeric());
        let words = || (first..tokens.len()).map(|index| tokens.word(index));
        count <= MAX_NAME_WORDS
            && (written || count == 1)
            && !words().any(|word| is_grammar(word) || denies(word) || grounds(word) && word != "great")
            && !words().all(is_label)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_within_another_is_seen() {
        for (text, answer, nested) in [
            (r"\boxed{Paris, ", r"\boxed{Berlin}}", true),
            (r"<answer>Paris ", r"\boxed{Berlin}</answer>", true),
            ("<answer>Paris\n", "the answer is Berlin</answer>", true),
            (r"\boxed{Berlin ", r"\boxed{ Paris}", true),
            (r"\boxed{Berlin ", "<answer> Paris}", true),
            ("Berlin ", "<answer> Paris", true),
            ("<answer>", "The answer is Berlin</answer>", false),
            ("<answer>It rose, so ", "the answer is Berlin</answer>", false),
            ("<answer>Based on the documents, ", "the answer is Berlin</answer>", false),
            (r"<answer>The answer is ", r"\boxed{Berlin}</answer>", false),
            (r"<answer>2 + 3 = ", r"\boxed{5}</answer>", false),
            (r"<answer>Berlin ", r"\boxed{Berlin}</answer>", false),
            (r"\boxed{Paris} ", r"\boxed{Berlin}", false),
            ("Berlin ", "<answer>Paris</answer>", false),
            ("It is ", "<answer> Paris", false),
        ] {
            assert_eq!(parted(&[text, answer].concat(), text.len()), nested, "{text}{answer}");
        }
    }
}
