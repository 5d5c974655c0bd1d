//! A number behind an answer that takes its place: `6 is my final answer`, `Make that 6`, `It was six`.

use crate::strict::number;
use crate::strict::sentence::sentences;
use crate::strict::spelled::{counts, in_digits};
use crate::strict::tail_words::listed;
use crate::strict::tokens::Tokens;

/// A longer sentence explains.
const MAX_WORDS: usize = 8;
const MAX_BYTES: usize = 80;

/// Whether a sentence behind an answer says nothing but that another number is meant. One with a word of its own, a noun
/// or a verb, may explain. O(n).
pub(crate) fn renames(answer: &str, tokens: &Tokens, rest: &str) -> bool {
    rest.contains(char::is_alphanumeric)
        && sentences(rest).any(|sentence| {
            // Most sentences explain, and are not read.
            if sentence.len() > MAX_BYTES || !counts(sentence) {
                return false;
            }
            let said = Tokens::of(sentence);
            let mut numbers = said.words().filter_map(spoken);
            let Some(number) = numbers.next().filter(|_| numbers.next().is_none()) else { return false };
            said.len() <= MAX_WORDS
                && said.words().all(|word| announces(word) || spoken(word).is_some())
                && !tokens.words().any(|word| spoken(word).as_ref() == Some(&number))
                && !equal(answer, sentence)
        })
}

/// Whether both are the same number: `0.125`, `That is 12.5%`.
fn equal(answer: &str, sentence: &str) -> bool {
    let sentence =
        ["That is ", "This is "].into_iter().find_map(|lead| sentence.strip_prefix(lead)).unwrap_or(sentence);
    let read = |text: &str| number::read_answer(text).ok();
    read(answer).zip(read(sentence)).is_some_and(|(one, other)| one.equals(&other))
}

/// A word that is a number, in digits.
fn spoken(word: &str) -> Option<String> {
    if word.starts_with(|char: char| char.is_ascii_digit() || char == '-') {
        return Some(word.to_owned());
    }
    if word == "one" {
        return None;
    }
    let chars: Vec<char> = word.chars().take(12).collect();
    in_digits(&chars).filter(|_| word.len() < 12)
}

/// Words with which an answer is announced or put in the place of another.
fn announces(word: &str) -> bool {
    listed(
        word,
        "is was are be it its that this make made my our final correct right true real actual best answer answers \
         value number result total gold label target also as well acceptable accepted valid fine possible grade count \
         mark take use read say write put better revised corrected updated however but so and or then therefore thus \
         hence upon review reflection after on second thought thoughts instead rather should would could must i we \
         choose pick select go with going for in fact reality truth still too works fits one figure amount count sum quantity rate ground reference expected \
         intended score gives % $ € £ percent dollars euros million billion thousand about",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_is_told_from_one_that_explains() {
        for rest in [
            "\n6 is the answer.",
            "\n6 is my final answer",
            "\nThe correct value is 6.",
            "\nMake that 6.",
            "\n6 is also acceptable.",
            "\n6 as well.",
            "\nGrade 6 as correct.",
            "\nThe gold is 6.",
            "\nsix",
            ". However, six",
            ". Better: six",
            ". It was six.",
        ] {
            assert!(renames("5", &Tokens::of("5"), rest), "{rest}");
        }
        for rest in [
            "",
            "\n5 is the answer.",
            "\nfive",
            ". One is the best.",
            "\n6 of them left.",
            "\nThe total was 6 in 2018.",
        ] {
            assert!(!renames("5", &Tokens::of("5"), rest), "{rest}");
        }
    }
}
