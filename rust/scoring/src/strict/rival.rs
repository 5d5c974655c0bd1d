//! Sentences and lines behind an answer that name another one: `Berlin. It is Paris.`, `**Berlin**` above `**Paris**`.

use crate::strict::plain::plain;
use crate::strict::sentence::sentences;
use crate::strict::tail_words::listed;
use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::{denies, is_copula};

/// A line with more words is a sentence.
const MAX_NAME_WORDS: usize = 4;

/// A sentence that puts another name beside the first has at most this many words.
const MAX_WORDS: usize = 9;

/// A longer answer is not looked for in every sentence behind it.
const MAX_ANSWER_WORDS: usize = 32;

/// Whether the rest of an answer's line or the lines behind name another answer. O(n).
pub(crate) fn names(answer: &Tokens, rest: &str) -> bool {
    if !rest.contains(char::is_alphanumeric) {
        return false;
    }
    let mut lines = rest.split('\n').enumerate().filter(|(_, line)| line.contains(char::is_alphanumeric));
    let mut near = true;
    lines.any(|(index, line)| {
        let text = plain(unmarked(line));
        let heads = text.ends_with(':');
        let other = text.split_once(':').filter(|(label, _)| is_other(&Tokens::of(label)));
        let named = other.is_some_and(|(_, name)| is_name(answer, &Tokens::of(name), 0))
            || sentences(&text).any(|sentence| {
                // `(2) Paris`
                let tokens = Tokens::of(unmarked(sentence));
                adds(answer, &tokens) || near && !heads && replaces(answer, &tokens)
            });
        // One paragraph behind the line; farther away stands what explains.
        // Of a list whose item says the same, the next may not.
        let again = text.len() < line.trim().len() && is_same(answer, &text);
        near = index == 0 || other.is_some() || again;
        named
    })
}

fn is_same(answer: &Tokens, text: &str) -> bool {
    text.len() <= answer.normal().len() + 32 && Tokens::of(text).normal() == answer.normal()
}

/// A line without the marks of a list, a quotation, a heading or a table.
pub(crate) fn unmarked(line: &str) -> &str {
    let marks = |char: char| char.is_whitespace() || ">#*_-+•·–—|`\"".contains(char);
    let line = line.trim_matches(marks);
    let rest = line.strip_prefix('(').unwrap_or(line);
    let width = rest.bytes().take(3).take_while(u8::is_ascii_alphanumeric).count();
    let numbered = width == 1 || width > 0 && rest.as_bytes()[..width].iter().all(u8::is_ascii_digit);
    let behind = rest[width..].strip_prefix([')', '.']).filter(|behind| behind.starts_with([' ', '\t']));
    behind.filter(|_| numbered).map_or(line, |behind| behind.trim_matches(marks))
}

/// Whether a sentence is another name or leads to one: `Paris`, `Also Paris`, `It is Paris`, `In truth, Paris`.
fn replaces(answer: &Tokens, tokens: &Tokens) -> bool {
    let opening = (0..tokens.len()).find(|&index| !leads_on(tokens.word(index))).unwrap_or(tokens.len());
    // `The place is in Germany`
    let within = opening > 2
        && tokens.word(opening - 1) == "in"
        && is_copula(tokens.word(opening - 2))
        && tokens.word(0) != "it";
    if within {
        return false;
    }
    let person = matches!(tokens.word(0), "he" | "she") && is_copula(tokens.word(1));
    is_name(answer, tokens, opening)
        || person && is_name(answer, tokens, 2)
        || matches!(tokens.word(0), "hes" | "shes") && is_name(answer, tokens, 1)
}

/// Words of a sentence that leads from one name to another.
fn leads_on(word: &str) -> bool {
    is_joint(word)
        || is_copula(word)
        || listed(
            word,
            "it its that thats this in fact truth reality the real true correct right actual actually really one answer \
             again on other hand failing unless should would could must be if so otherwise next though however more \
             better choice guess may might could as well wrong incorrect false alternative second to wait hmm now \
             make change i will ill conclusion sum up say says according per text document passage article story \
             city capital country place name town",
        )
}

/// Whether all words from `first` on are a name that the answer does not have.
fn is_name(answer: &Tokens, tokens: &Tokens, first: usize) -> bool {
    let Some(token) = tokens.get(first) else { return false };
    let count = tokens.len() - first;
    let digit =
        |tokens: &Tokens, index: usize| tokens.word(index).starts_with(|char: char| char.is_ascii_digit());
    let written = token.upper || answer.get(0).is_some_and(|token| !token.upper) && !digit(answer, 0);
    let name = written && !tokens.word(first).starts_with(|char: char| char.is_numeric())
        || digit(answer, 0) && digit(tokens, first);
    let words = || (first..tokens.len()).map(|index| tokens.word(index));
    name && count <= MAX_NAME_WORDS
        && !tokens.get(first).is_some_and(|token| token.possessive)
        && !words().any(|word| is_grammar(word) || denies(word) || word.starts_with("http"))
        && !(first..tokens.len()).all(|index| {
            // `Source: Document 2` below a date
            let placed =
                index > first && matches!(tokens.word(index - 1), "document" | "doc" | "passage" | "page");
            is_label(tokens.word(index))
                || digit(tokens, index) && (placed || !digit(answer, 0))
                || tokens.word(index).starts_with(|char: char| char.is_numeric()) && !digit(answer, 0)
        })
        && !sure(tokens)
        && !repeats(answer, tokens, first)
}

/// `Confidence: 95%`
fn sure(tokens: &Tokens) -> bool {
    let share = tokens.word(1).parse::<f64>().is_ok_and(|share| share >= 50.0);
    tokens.len() == 3 && tokens.word(0) == "confidence" && share && tokens.word(2) == "%"
}

/// Whether one of two texts is within the other.
fn repeats(answer: &Tokens, tokens: &Tokens, first: usize) -> bool {
    if answer.len() > MAX_ANSWER_WORDS {
        return false;
    }
    let name = Tokens::of(tokens.normal_from(first));
    answer.find(&name).is_some() || tokens.find(answer).is_some()
}

/// Whether a sentence puts a name beside the answer: `Paris works too`, `Paris is possible`, `Or Paris`.
fn adds(answer: &Tokens, tokens: &Tokens) -> bool {
    if tokens.is_empty() || tokens.len() > MAX_WORDS || tokens.words().any(denies) {
        return false;
    }
    let first = tokens.word(0);
    if matches!(first, "alternatively" | "or" | "also" | "plus" | "maybe" | "perhaps" | "possibly" | "else") {
        let name = (1..tokens.len()).find(|&index| !is_joint(tokens.word(index))).unwrap_or(tokens.len());
        return is_name(answer, tokens, name);
    }
    let named =
        tokens.get(0).is_some_and(|token| token.upper && token.article.is_none()) && !is_grammar(first);
    let end = (1..tokens.len())
        .find(|&index| tokens.get(index).is_some_and(|token| token.gap > Gap::Break))
        .unwrap_or(tokens.len());
    let last = tokens.word(end - 1);
    let beside = matches!(last, "too" | "works" | "fits" | "likewise" | "work" | "fit" | "well")
        || tokens.words().any(|word| {
            listed(
                word,
                "possible plausible acceptable valid alternative backup fallback second could might fine \
         qualifies counts equally would right correct",
            )
        });
    named && end > 1 && beside && (answer.len() > MAX_ANSWER_WORDS || tokens.find(answer) != Some(0))
}

/// Whether a sentence behind an answer says that nobody can tell: `I have no idea`, `This cannot be determined`. O(n).
pub(crate) fn gives_up(rest: &str) -> bool {
    let near = rest.split('\n').filter(|line| line.contains(char::is_alphanumeric)).take(2);
    near.flat_map(sentences).any(|sentence| {
        let tokens = Tokens::of(sentence);
        tokens.len() <= MAX_WORDS
            && (0..tokens.len()).any(|index| {
                let (word, last) =
                    (tokens.word(index), index.checked_sub(1).map_or("", |last| tokens.word(last)));
                let before = index.checked_sub(2).map_or("", |before| tokens.word(before));
                let denied = denies(last) || last == "be" && denies(before);
                listed(word, "unclear undetermined uncertain unsure guess guessing idk dunno undecided")
                    || denied
                        && listed(
                            word,
                            "idea clue know say sure certain tell determined told clear specified confident",
                        )
                    || last == "to"
                        && listed(before, "hard difficult impossible")
                        && listed(word, "say tell know")
            })
    })
}

/// Labels of further answers.
fn is_other(label: &Tokens) -> bool {
    label.len() <= MAX_NAME_WORDS
        && label.words().any(|word| {
            listed(
                word,
                "alternative alternatives alternatively backup fallback second other others also or maybe \
         possible possibly secondary candidate candidates guess option options runner 2nd 2 two",
            )
        })
}

fn is_joint(word: &str) -> bool {
    listed(
        word,
        "also or and plus then maybe perhaps possibly alternatively else but likely probably as well",
    )
}

/// Words that a sentence has and a name has not.
pub(crate) fn is_grammar(word: &str) -> bool {
    is_copula(word)
        || listed(
            word,
            "it its he she they his her their this that these those there here i we you my your our has have \
         had does do did can will so because since see hope thank thanks let please says said according \
         rose fell won lost helps born both all none neither each in on at by from with as to if when \
         where which who what why how yes no not",
        )
}

/// Words of headings that explain.
pub(crate) fn is_label(word: &str) -> bool {
    listed(
        word,
        "explanation explanations reasoning reason reasons analysis evidence source sources reference \
         references note notes document documents doc passage context step steps solution summary \
         conclusion confidence justification rationale details detail quote citation citations background \
         points verification check proof question done end supporting key detailed brief short full final \
         answer correct of and for page section table chapter high complete calculation follows below",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_is_told_from_an_explanation() {
        for rest in [
            ". Paris.",
            ". Also Paris.",
            ". It is Paris.",
            ". That's Paris",
            ". Paris works too.",
            ". Or Paris",
            "\nParis",
            "\n- Paris",
            "\n\n**Paris**",
            "\n> Paris",
            "\n## Paris",
            "\n(b) Paris",
            "\n2. Paris",
            "\nAlternative: Paris",
            ". Paris is possible.",
            "\n\nIt rose.\nParis is possible",
            ". He is Paris",
        ] {
            assert!(names(&Tokens::of("Berlin"), rest), "{rest}");
        }
        for rest in [
            "",
            ".",
            ". It is the capital.",
            ". He was born there.",
            "\n\nExplanation",
            "\n\n**Explanation:** It rose.",
            "\n\n## Supporting evidence",
            "\n\nHope this helps!",
            ". It is Berlin.",
            "\nBerlin",
            "\n\n[1] Document 3",
            "\n\nIt rose.\n\nParis",
            ". Germany's capital.",
            ". It is 6 km from Potsdam.",
            ". Paris is not right.",
        ] {
            assert!(!names(&Tokens::of("Berlin"), rest), "{rest}");
        }
        assert!(names(&Tokens::of("5"), ". It is 6."));
        assert!(names(&Tokens::of("5"), ". Six."));
        assert!(names(&Tokens::of("berlin"), "\nparis"));
    }
}
