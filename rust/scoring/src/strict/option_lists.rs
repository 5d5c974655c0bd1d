//! Options beside a chosen one that are named by a text of its own, or that a later sentence comes to.

use crate::strict::options::is_letter;
use crate::strict::tail_words::listed;
use crate::strict::tokens::{Gap, Tokens};

/// A conclusion has at most this many tokens.
const MAX_CONCLUSION: usize = 6;

/// Whether an option's own text is that two others hold: `Both A and B`. Token 0 is no word of it.
pub(crate) fn combines(tokens: &Tokens, chosen: char) -> bool {
    let other = |index: usize| {
        let word = tokens.word(index);
        is_letter(word) && !word.starts_with(chosen.to_ascii_lowercase())
    };
    tokens.len() == 5
        && tokens.word(1) == "both"
        && tokens.word(3) == "and"
        && tokens.get(2).is_some_and(|token| token.gap == Gap::Space)
        && other(2)
        && other(4)
        && tokens.word(2) != tokens.word(4)
}

/// Whether a short sentence comes to an option: `Revised: C`, `Therefore, C`, `So is C`, `Option C`, `(C) London`. Token
/// 0 is no word of it.
pub(crate) fn comes_to(tokens: &Tokens, sentence: &str) -> bool {
    let last = tokens.len() - 1;
    let label = sentence.strip_prefix('(').is_some_and(|rest| rest.get(1..2) == Some(")"));
    let led = (1..last).all(|index| {
        listed(
            tokens.word(index),
            "so is therefore thus hence upon review revised better and but or option choice letter answer correct final \
             reconsidered correction make that it should be then on reflection second thought instead actually",
        )
    });
    // `C instead`, `C it is`
    let taken =
        (2..=last).all(|index| listed(tokens.word(index), "instead it is then rather too also as well"));
    if last > 1 && tokens.len() <= MAX_CONCLUSION && is_letter(tokens.word(1)) && taken {
        return true;
    }
    last > 0 && tokens.len() <= MAX_CONCLUSION && is_letter(tokens.word(last)) && led
        || label && tokens.len() <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_sentence_may_come_to_an_option() {
        for sentence in
            ["Revised: C", "Therefore, C", "So is (C)", "option C", "And (C)", "Upon review, C", "(C) London"]
        {
            assert!(comes_to(&Tokens::of(&["x ", sentence].concat()), sentence), "{sentence}");
        }
        for sentence in
            ["C is wrong", "He took vitamin C", "Paris is the capital", "(see C and D for the others)", ""]
        {
            assert!(!comes_to(&Tokens::of(&["x ", sentence].concat()), sentence), "{sentence}");
        }
    }

    #[test]
    fn an_option_may_combine_two_others() {
        let combines = |text: &str| combines(&Tokens::of(&["x", text].concat()), 'D');
        assert!(combines(") Both A and B"));
        assert!(!combines(") Both A and D"));
        assert!(!combines(") A and B"));
        assert!(!combines(", both A and B, or C"));
    }
}
