//! Option letters.

use crate::strict::tokens::Tokens;
use crate::strict::words::{denies, hedges, retracts};
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

/// The letter an answer commits to: `B`, `(b)`, `B.`, `B) text`, `Option B`. A letter in front of a word without a
/// mark between them is a word (`A dog`), and so is one behind other words (`Definitely not B`). O(n).
pub(crate) fn answer(text: &str) -> Result<char, Reason> {
    let chars: Vec<char> = unstopped(text).chars().collect();
    let start = introduction(&chars);
    let Some((letter, end, labelled)) = letter_at(&chars, start) else {
        return Err(why_not(text));
    };
    let rest = &chars[end..];
    if rivals(rest) {
        return Err(Reason::TooManyCandidates);
    }
    let tail: String = rest.iter().collect();
    let tail = Tokens::of(&tail);
    objection(&tail, labelled && !tail_pauses(rest)).map_or(Ok(letter), Err)
}

/// Whether what follows a letter goes on behind a comma, as no option's own text does.
fn tail_pauses(rest: &[char]) -> bool {
    rest.iter()
        .find(|char| !char.is_whitespace() && !matches!(char, ')' | ']' | '.'))
        .is_some_and(|char| ",;".contains(*char))
}

/// Why the words behind a letter unsay it. Behind `(B)` stands the option's own text, which may deny what it likes
/// (`(B) None of the above`); a verb makes it a statement about B, and so does a single word that judges.
fn objection(tail: &Tokens, labelled: bool) -> Option<Reason> {
    let first = tail.word(0);
    if matches!(first, "or" | "and" | "then")
        || tail.words().take(2).any(|word| matches!(word, "else" | "otherwise"))
    {
        return Some(Reason::TooManyCandidates);
    }
    let own = matches!(first, "no" | "none" | "neither" | "false" | "without" | "unknown");
    let verb = matches!(first, "is" | "isnt" | "was" | "cannot" | "can" | "may" | "might");
    let judges = tail.len() == 1 && !own
        || retracts(first)
        || denies(first) && retracts(tail.word(1))
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
    let read = if labelled && !verb && !judges { 0 } else { tail.len() };
    (0..read).find_map(|index| {
        let next = (index + 1 < tail.len()).then(|| tail.word(index + 1));
        if denies(tail.word(index)) || retracts(tail.word(index)) {
            Some(Reason::Negated)
        } else {
            hedges(tail.word(index), next).then_some(Reason::Hedged)
        }
    })
}

/// Without the full stop of a sentence.
fn unstopped(text: &str) -> &str {
    text.trim().trim_end_matches(|char: char| char == '.' || char.is_whitespace())
}

/// Index behind words such as `option`.
fn introduction(chars: &[char]) -> usize {
    let mut start = 0;
    loop {
        let word: String = chars[start..].iter().take(12).take_while(|char| char.is_alphabetic()).collect();
        let known = matches!(
            word.to_ascii_lowercase().as_str(),
            "option"
                | "choice"
                | "answer"
                | "letter"
                | "the"
                | "is"
                | "it"
                | "simply"
                | "correct"
                | "right"
                | "best"
        );
        if !known {
            return start;
        }
        start += word.len();
        start += chars[start..].iter().take_while(|&&char| char.is_whitespace() || char == ':').count();
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
        && (spaces > 0 || !matches!(peek(end + 1), Some(next) if next.is_alphanumeric()));
    let word: String =
        chars[end..].iter().skip(spaces).take(8).take_while(|char| char.is_alphabetic()).collect();
    let reasons = spaces > 0 && matches!(word.as_str(), "because" | "since" | "as");
    let paused = paused || reasons;
    let committed = alone || marked || letter.is_ascii_uppercase() && paused;
    committed.then(|| (letter.to_ascii_uppercase(), end, marked))
}

/// Whether another option is named: `(C)`, `c)`, or a lone letter behind a mark or a joining word.
fn rivals(rest: &[char]) -> bool {
    let mut joined = true;
    let mut word = String::new();
    for (at, &char) in rest.iter().enumerate() {
        if char.is_alphanumeric() {
            word.push(char);
            let next = rest.get(at + 1).copied().unwrap_or(' ');
            if word.len() > 1 || next.is_alphanumeric() || !char.is_ascii_alphabetic() {
                continue;
            }
            let before = at.checked_sub(1).map_or(' ', |at| rest[at]);
            let last = rest_is_marks(rest, at + 1);
            // `i.e.` names nothing.
            let abbreviates = next == '.' && rest.get(at + 2).is_some_and(|char| char.is_alphanumeric());
            let set_off = matches!(next, ')' | ']' | '.' | ',' | ';' | '/' | ':') && !abbreviates || last;
            let bracketed = matches!(before, '(' | '[');
            let labels = next == ':'
                && char.is_ascii_uppercase()
                && !rest.get(at + 2).is_some_and(|char| char.is_alphanumeric());
            if matches!(next, ')' | ']') || labels || bracketed && last || joined && set_off {
                return true;
            }
        } else {
            if !word.is_empty() {
                joined = matches!(
                    word.to_lowercase().as_str(),
                    "or" | "and" | "else" | "otherwise" | "then" | "option" | "choice" | "not" | "also"
                );
                word.clear();
            }
            joined |= matches!(char, ',' | '/' | '&' | ';' | '+' | '|');
        }
    }
    false
}

fn rest_is_marks(rest: &[char], from: usize) -> bool {
    rest[from..].iter().all(|char| !char.is_alphanumeric())
}

fn why_not(text: &str) -> Reason {
    let tokens = Tokens::of(text);
    if tokens.is_empty() {
        Reason::Empty
    } else if tokens.words().any(denies) {
        Reason::Negated
    } else if tokens.words().any(|word| hedges(word, None)) {
        Reason::Hedged
    } else {
        Reason::Different
    }
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
