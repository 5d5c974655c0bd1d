//! Option letters.

use crate::strict::doubt::{self, unsettles};
use crate::strict::option_lists;
use crate::strict::options;
use crate::strict::retraction::{Behind, follows};
use crate::strict::tail;
use crate::strict::tail_words::listed;
use crate::strict::tokens::{Article, Gap, Tokens};
use crate::strict::words::{denies, hedges, is_copula, retracts};
use crate::verdict::Reason;

/// A gold that is nothing but an option: one upper-case letter, or one letter in parentheses.
pub(crate) fn read_bare(gold: &str) -> Option<char> {
    let gold = unstopped(gold);
    let inner = gold.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let mut chars = inner.unwrap_or(gold).trim().chars();
    let letter = chars.next().filter(|_| chars.next().is_none())?;
    (letter.is_ascii_uppercase() || inner.is_some() && letter.is_ascii_lowercase())
        .then(|| letter.to_ascii_uppercase())
}

/// A gold of which the kind is known: also `b`, `B) Paris`, `Option B`.
pub(crate) fn read_gold(gold: &str) -> Option<char> {
    let chars = gold.trim().chars();
    let single = chars.clone().next().filter(|letter| letter.is_ascii_alphabetic() && chars.count() == 1);
    single.map(|letter| letter.to_ascii_uppercase()).or_else(|| answer(gold).ok())
}

/// The letter an answer commits to: `B`, `(b)`, `B.`, `B) text`, `Option B`, `B is correct`, `B, because A is wrong`. A
/// letter in front of a word without a mark between them is a word (`A dog`), and so is one behind other words
/// (`Definitely not B`). Any other option that is named and not refuted leaves none. O(n).
pub(crate) fn answer(text: &str) -> Result<char, Reason> {
    let narrow = |char| match char {
        '（' => '(',
        '）' => ')',
        char => char,
    };
    let chars: Vec<char> = unwrapped(unstopped(text)).chars().map(narrow).collect();
    let start = introduction(&chars);
    let Some((letter, end, labelled)) = letter_at(&chars, start) else {
        return Err(doubt::why_none(text));
    };
    let rest = &chars[end..];
    // A word in place of the letter: the tokens of what follows it begin with 1.
    let tail = Tokens::of(&"x".chars().chain(rest.iter().copied()).collect::<String>());
    // `(D) Both A and B`
    if labelled && option_lists::combines(&tail, letter) {
        return Ok(letter);
    }
    let Some(refuted) = options::refuted(&tail, letter) else {
        return Err(Reason::TooManyCandidates);
    };
    let labelled = labelled && !tail_pauses(rest);
    if options::lists(&tail, labelled) || rest.first() == Some(&'$') {
        return Err(Reason::TooManyCandidates);
    }
    // `B. No.`, but `(B) No`
    if rest.first() == Some(&'.') && tail.len() == 2 && tail.word(1) == "no" {
        return Err(Reason::Negated);
    }
    // `B. Just a guess`: a full stop may end the answer, and an option's own text may be `No`.
    let behind: String = rest.iter().collect();
    if rest.first() == Some(&'.')
        && tail.len() > 2
        && !refuted.iter().any(|&refuted| refuted)
        && follows("", &behind, Behind::OnLine)
    {
        return Err(Reason::Negated);
    }
    objection(&tail, &refuted, labelled).map_or(Ok(letter), Err)
}

/// Without the words and brackets around a letter: `I choose B`, `[[B]]`.
fn unwrapped(text: &str) -> &str {
    let inner = text.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
    let chosen = ["I choose ", "I pick ", "I select ", "I would choose "]
        .into_iter()
        .find_map(|lead| text.strip_prefix(lead));
    inner.or(chosen).unwrap_or(text)
}

/// Whether what follows a letter goes on behind a comma, as no option's own text does.
fn tail_pauses(rest: &[char]) -> bool {
    rest.iter()
        .find(|char| !char.is_whitespace() && !matches!(char, ')' | ']' | '.'))
        .is_some_and(|char| ",;".contains(*char))
}

/// Why the words behind a letter unsay it. Behind `(B)` stands the option's own text, which may deny what it likes
/// (`(B) None of the above`); a verb makes it a statement about B, and so does a single word that judges. Behind a
/// comma or a dash stands that text in capitals, or a reason.
fn objection(tail: &Tokens, refuted: &[bool], labelled: bool) -> Option<Reason> {
    let first = tail.word(1);
    if matches!(first, "or" | "then")
        || first == "and" && !refuted.iter().any(|&refuted| refuted)
        || tail.words().skip(1).take(2).any(|word| matches!(word, "else" | "otherwise"))
    {
        return Some(Reason::TooManyCandidates);
    }
    let own = matches!(first, "no" | "none" | "neither" | "false" | "without" | "unknown");
    let verb = is_copula(first) || matches!(first, "isnt" | "cannot" | "can" | "may" | "might" | "could");
    let judges = tail.len() == 2 && !own
        || retracts(first)
        || denies(first) && retracts(tail.word(2))
        || unsettles(first).is_some()
        || matches!(
            first,
            "wrong"
                | "incorrect"
                | "mistaken"
                | "maybe"
                | "perhaps"
                | "probably"
                | "possibly"
                | "likely"
                | "but"
        );
    let text = labelled && !verb && !judges;
    let read = if text { 0 } else { tail.len() };
    let unsaid = (1..read).filter(|&index| !refuted[index]).find_map(|index| {
        let next = (index + 1 < tail.len()).then(|| tail.word(index + 1));
        if denies(tail.word(index)) || retracts(tail.word(index)) {
            return Some(Reason::Negated);
        }
        let hedged = hedges(tail.word(index), next) || tail::speaks(tail, index);
        if hedged { Some(Reason::Hedged) } else { doubt::objection(tail, index) }
    });
    if unsaid.is_some() || text || tail.len() == 1 {
        return unsaid;
    }
    let stated = if verb { affirms(tail) } else { labelled || elaborates(tail, refuted) };
    (!stated).then_some(Reason::Different)
}

/// Whether a statement about the letter says that it is the answer: `is correct`, `is the best option because`.
fn affirms(tail: &Tokens) -> bool {
    let end = (2..tail.len())
        .find(|&index| {
            tail.get(index).is_some_and(|token| token.gap > Gap::Space) || tail::reasons(tail, index)
        })
        .unwrap_or(tail.len());
    let indefinite = |index| tail.get(index).is_some_and(|token| token.article == Some(Article::Indefinite));
    let says = |word: &str| matches!(word, "correct" | "right" | "best" | "true" | "answer" | "accurate");
    let dresses = |word: &str| {
        listed(
            word,
            "option choice one only most appropriate supported definitely clearly indeed certainly final my therefore thus",
        )
    };
    is_copula(tail.word(1))
        && (2..end).any(|index| says(tail.word(index)))
        && (2..end).all(|index| !indefinite(index) && (says(tail.word(index)) || dresses(tail.word(index))))
        && (end == tail.len() || elaborates_at(tail, end))
}

/// Whether what follows a letter and a comma, a dash or a space is a text of its own, a reason or another option's
/// refutation.
fn elaborates(tail: &Tokens, refuted: &[bool]) -> bool {
    let opens = 1 + usize::from(tail.word(1) == "and");
    refuted.get(opens) == Some(&true)
        || tail.get(1).is_some_and(|token| token.gap > Gap::Space) && text_opens(tail)
        || elaborates_at(tail, 1)
}

/// In capitals or numerals.
fn text_opens(tail: &Tokens) -> bool {
    tail.get(1).is_some_and(|token| token.upper)
        || tail.word(1).starts_with(|char: char| !char.is_alphabetic() || !char.is_ascii())
}

fn elaborates_at(tail: &Tokens, index: usize) -> bool {
    let next = tail.word(index + 1);
    tail::reasons(tail, index)
        || match tail.word(index) {
            // `B, as A and C are incorrect`
            "as" => next.len() == 1,
            "which" => is_copula(next) && tail.get(index + 2).is_some_and(|token| token.article.is_some()),
            "given" => tail.get(index + 1).is_some_and(|token| token.article.is_some()) || next == "that",
            "it" => is_copula(next),
            _ => false,
        }
}

/// Without the full stop of a sentence and the ticks around it.
fn unstopped(text: &str) -> &str {
    let text = text.trim_matches(|char: char| char.is_whitespace() || "✅✔☑\u{fe0f}".contains(char));
    text.trim_end_matches(|char: char| char == '.' || char.is_whitespace())
}

/// Index behind words such as `option`.
fn introduction(chars: &[char]) -> usize {
    let mut start = 0;
    loop {
        let word: String = chars[start..].iter().take(12).take_while(|char| char.is_alphabetic()).collect();
        let known = listed(
            &word.to_ascii_lowercase(),
            "option choice answer letter the is it simply correct right best so therefore thus hence indeed clearly",
        );
        if !known {
            return start;
        }
        start += word.len();
        start +=
            chars[start..].iter().take_while(|&&char| char.is_whitespace() || ":,".contains(char)).count();
    }
}

/// The option letter at an index, the index behind it, and whether a bracket or full stop sets it off.
fn letter_at(chars: &[char], at: usize) -> Option<(char, usize, bool)> {
    let peek = |at: usize| chars.get(at).copied();
    let bracket = matches!(peek(at), Some('(' | '['));
    let at = at + usize::from(bracket);
    let letter = peek(at).filter(char::is_ascii_alphabetic)?;
    let end = at + 1;
    if bracket {
        return matches!(peek(end), Some(')' | ']')).then(|| (letter.to_ascii_uppercase(), end + 1, true));
    }
    let alone = chars[end..].iter().all(|char| char.is_whitespace());
    let marked = matches!(peek(end), Some(')' | ']' | '.' | ':'))
        && !matches!(peek(end + 1), Some(next) if next.is_alphanumeric());
    let spaces = chars[end..].iter().take_while(|char| char.is_whitespace()).count();
    let paused = matches!(peek(end + spaces), Some(',' | ';' | '-' | '–' | '—' | '('))
        && (spaces > 0 || !matches!(peek(end + 1), Some(next) if next.is_alphanumeric()))
        && (peek(end) != Some('-') || peek(end + 1).is_some());
    let word: String =
        chars[end..].iter().skip(spaces).take(8).take_while(|char| char.is_alphabetic()).collect();
    let reasons = spaces > 0
        && matches!(word.as_str(), "because" | "since" | "as" | "is" | "was" | "rather" | "instead");
    let paused = paused || reasons;
    let committed = alone || marked || letter.is_ascii_uppercase() && paused;
    committed.then(|| (letter.to_ascii_uppercase(), end, marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_one_option_or_none() {
        let rows = [
            ("(B)", Ok('B')),
            ("b)", Ok('B')),
            ("B.", Ok('B')),
            ("B .", Ok('B')),
            ("B. Paris", Ok('B')),
            ("(B) None of the above", Ok('B')),
            ("(B) Vitamin C", Ok('B')),
            ("Option B", Ok('B')),
            ("Choice (B)", Ok('B')),
            ("B, because it rose", Ok('B')),
            ("Both", Err(Reason::Different)),
            ("A dog", Err(Reason::Different)),
            ("All of the above", Err(Reason::Different)),
            ("Definitely not B", Err(Reason::Negated)),
            ("A and B", Err(Reason::Different)),
            ("A, B", Err(Reason::TooManyCandidates)),
            ("(A) or (B)", Err(Reason::TooManyCandidates)),
            ("(A), B", Err(Reason::TooManyCandidates)),
            ("A/B", Err(Reason::Different)),
            ("B, no", Err(Reason::Negated)),
            ("(B) is wrong", Err(Reason::Negated)),
            ("(B) never", Err(Reason::Negated)),
            ("(B), maybe so", Err(Reason::Hedged)),
            ("(B) or the third", Err(Reason::TooManyCandidates)),
            ("A) b) c)", Err(Reason::TooManyCandidates)),
            ("B, a", Err(Reason::TooManyCandidates)),
            ("The correct option is B", Ok('B')),
            ("B is correct", Ok('B')),
            ("B is the best answer, because it rose", Ok('B')),
            ("(B), because A is wrong", Ok('B')),
            ("B, not C", Ok('B')),
            ("B. A is wrong", Ok('B')),
            ("B, Paris", Ok('B')),
            ("B is correct, is it", Err(Reason::Different)),
            ("B is one option", Err(Reason::Different)),
            ("B, idk", Err(Reason::Hedged)),
            ("B, as backup", Err(Reason::Different)),
            ("B as well as C", Err(Reason::TooManyCandidates)),
            ("B. C also works", Err(Reason::TooManyCandidates)),
            ("", Err(Reason::Empty)),
        ];
        for (text, letter) in rows {
            assert_eq!(answer(text), letter, "{text}");
        }
    }

    #[test]
    fn a_bare_option_is_a_capital_or_stands_in_parentheses() {
        assert_eq!(read_bare("B"), Some('B'));
        assert_eq!(read_bare("(b)"), Some('B'));
        assert_eq!(read_bare("b"), None);
        assert_eq!(read_bare("Berlin"), None);
    }
}
