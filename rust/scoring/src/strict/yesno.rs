//! Yes and no.

use crate::strict::clauses;
use crate::strict::doubt;
use crate::strict::extract::Answer;
use crate::strict::opposed::{claims, is_positive, opposes};
use crate::strict::tail;
use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::{denies, hedges, is_copula, retracts};
use crate::verdict::Reason;

/// Reads an answer; a semicolon parts clauses as a comma does.
pub(crate) fn read(answer: &Answer) -> Result<Polarity, Reason> {
    let polarity = match answer.sentence.split_once("; ") {
        Some((first, rest)) => self::answer(&Tokens::of(&[first, ", ", rest].concat())),
        None => self::answer(answer.tokens()),
    }?;
    if clauses::signed(&answer.line, answer.tokens(), polarity) { Err(Reason::Hedged) } else { Ok(polarity) }
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polarity {
    Yes,
    No,
}

impl Polarity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }
}

/// An answer that elaborates has at most this many tokens.
const MAX_TOKENS: usize = 24;

/// Reads a gold or an answer that is one word.
pub(crate) fn of(tokens: &Tokens) -> Option<Polarity> {
    named(tokens.normal())
}

fn named(normal: &str) -> Option<Polarity> {
    match normal {
        "yes" => Some(Polarity::Yes),
        "no" => Some(Polarity::No),
        _ => None,
    }
}

/// Words that say one of the two beside an answer, though they are no answer themselves.
pub(super) fn says(word: &str) -> Option<Polarity> {
    match word {
        "yes" | "yeah" | "yep" | "yup" | "yea" | "aye" | "affirmative" => Some(Polarity::Yes),
        "no" | "nope" | "nah" | "nay" | "negative" => Some(Polarity::No),
        _ => None,
    }
}

/// `Yes it is`, `No they do not`: a subject and a verb need no comma before them.
fn restates(tokens: &Tokens, polarity: Polarity) -> bool {
    let subject =
        matches!(tokens.word(1), "it" | "they" | "he" | "she" | "there" | "we" | "i" | "this" | "that");
    let verb = tokens.word(2);
    let positive = is_positive(verb);
    let negative = denies(verb) || positive && denies(tokens.word(3));
    subject && if polarity == Polarity::Yes { positive } else { negative }
}

/// Whether what follows a yes or a no and a mark opens as a statement or a reason does: `both are German`, `because`,
/// but not `in part` or `as if`.
fn elaborates(tokens: &Tokens) -> bool {
    let Some(token) = tokens.get(1) else { return true };
    let word = tokens.word(1);
    token.upper
        || token.article.is_some()
        || word.starts_with(|char: char| !char.is_alphabetic() || !char.is_ascii())
        || clauses::reasons(tokens, 1)
        || clauses::changes(tokens, 1)
        || matches!(
            word,
            "it" | "its"
                | "they"
                | "their"
                | "he"
                | "his"
                | "she"
                | "her"
                | "there"
                | "we"
                | "i"
                | "this"
                | "that"
                | "these"
                | "those"
                | "both"
                | "all"
                | "each"
                | "only"
                | "one"
                | "two"
                | "none"
                | "neither"
                | "in"
                | "at"
                | "on"
                | "by"
                | "indeed"
                | "definitely"
                | "absolutely"
                | "certainly"
                | "clearly"
                | "sir"
                | "not"
                | "never"
                | "according"
                | "from"
                | "while"
        ) && !tail::is_idle(tokens, 1)
        || word == "of" && tokens.word(2) == "course"
        || word == "just" && tokens.word(2) == "one"
}

/// Words that make a yes or a no half of one.
fn limits(word: &str) -> bool {
    matches!(
        word,
        "partially" | "partly" | "somewhat" | "sometimes" | "mostly" | "largely" | "occasionally" | "almost"
    )
}

/// A yes or a no at the end: `It is yes`, `Both are American, so yes`.
fn concluded(tokens: &Tokens) -> Option<Polarity> {
    let last = tokens.len().checked_sub(1)?;
    let polarity = named(tokens.word(last))?;
    let stressed =
        |word: &str| matches!(word, "indeed" | "clearly" | "therefore" | "thus" | "hence" | "simply" | "so");
    if tokens.len() == 3 && tokens.word(0) == "it" && tokens.word(1) == "is"
        || tokens.len() == 2 && stressed(tokens.word(0))
    {
        return Some(polarity);
    }
    let said = last >= 3 && tokens.word(last - 1) == "is" && tokens.word(last - 2) == "answer";
    let so = last.checked_sub(if said { 3 } else { 1 }).filter(|&so| (2..MAX_TOKENS).contains(&so))?;
    let set_off = tokens.get(so).is_some_and(|token| matches!(token.gap, Gap::Comma | Gap::Break));
    let sound = |index: usize| {
        let word = tokens.word(index);
        let next = Some(tokens.word(index + 1));
        let denied = polarity == Polarity::Yes && denies(word);
        let unsure =
            hedges(word, next) || retracts(word) || limits(word) || says(word).is_some() || word == "or";
        !denied && !unsure && doubt::objection(tokens, index).is_none() && !tail::speaks(tokens, index)
    };
    (set_off && matches!(tokens.word(so), "so" | "therefore" | "thus" | "hence") && (0..so).all(sound))
        .then_some(polarity)
}

/// The polarity an answer commits to: the word alone, or as its first word, set off by punctuation or restated, where
/// the rest neither names the other polarity, nor hedges, retracts, nor denies a yes. `No doubt` stresses a yes. O(n).
pub(crate) fn answer(tokens: &Tokens) -> Result<Polarity, Reason> {
    if tokens.is_empty() {
        return Err(Reason::Empty);
    }
    if let Some(polarity) = of(tokens) {
        return Ok(polarity);
    }
    if let Some(polarity) = concluded(tokens) {
        return Ok(polarity);
    }
    let polarity = named(tokens.word(0)).ok_or(Reason::Different)?;
    let number = |index: usize| tokens.word(index).starts_with(|char: char| char.is_ascii_digit());
    // `No. 5`
    if polarity == Polarity::No && number(1) && tokens.get(1).is_some_and(|token| token.gap <= Gap::Break) {
        return Err(Reason::Different);
    }
    // `Yes (50%)`, and words of another script
    if tokens.words().enumerate().any(|(index, word)| {
        word == "%" && !clauses::measures(tokens, index)
            || word.chars().any(|char| char > '\u{24f}' && char.is_alphabetic())
    }) {
        return Err(Reason::Hedged);
    }
    let doubted = |index: usize| matches!(tokens.word(index), "doubt" | "question");
    let stresses = |index: usize| {
        polarity == Polarity::Yes
            && (tokens.word(index) == "no" && doubted(index + 1)
                || doubted(index) && tokens.word(index - 1) == "no")
    };
    let other = |index: usize| says(tokens.word(index)).is_some_and(|other| other != polarity);
    if tokens.len() > MAX_TOKENS
        || tokens.words().any(|word| word == "or")
        || (1..tokens.len()).any(|index| other(index) && !stresses(index))
    {
        return Err(Reason::TooManyCandidates);
    }
    let set_off = tokens.get(1).is_some_and(|token| token.gap > Gap::Space && token.gap < Gap::Stop);
    let reasoned = matches!(tokens.word(1), "because" | "since") && clauses::reasons(tokens, 1);
    if !set_off && !reasoned && !restates(tokens, polarity) {
        return Err(Reason::Different);
    }
    for index in (1..tokens.len()).filter(|&index| !stresses(index)) {
        if retracts(tokens.word(index)) && says(tokens.word(index)).is_none() {
            return Err(Reason::Negated);
        }
        let next = (index + 1 < tokens.len()).then(|| tokens.word(index + 1));
        let contrast = clauses::contrasts(tokens, index, polarity);
        if hedges(tokens.word(index), next) && !contrast || limits(tokens.word(index)) {
            return Err(Reason::Hedged);
        }
        let word = tokens.word(index);
        if let Some(reason) = doubt::objection(tokens, index)
            && !(polarity == Polarity::No && doubt::contradicts(word) && word != "otherwise")
        {
            return Err(reason);
        }
        if matches!(word, "insufficient" | "opposite")
            || word == "reverse" && is_copula(tokens.word(index + 1))
            || polarity == Polarity::Yes && matches!(word, "fails" | "failed")
        {
            return Err(Reason::Negated);
        }
        // `since neither is French`
        let said = index + if tokens.word(index + 1) == "of" { 4 } else { 2 } < tokens.len();
        if said && matches!(word, "neither" | "none") && matches!(tokens.word(index - 1), "because" | "since")
        {
            continue;
        }
        let clause =
            tokens.get(index).is_some_and(|token| token.gap > Gap::Space) || clauses::opens(tokens, index);
        if polarity == Polarity::Yes && denies(tokens.word(index))
            || clause && opposes(tokens, index, polarity)
            || clause
                && word == "of"
                && tokens.word(index + 1) == "course"
                && index + 2 < tokens.len()
                && opposes(tokens, index + 2, polarity)
            || clause && polarity == Polarity::No && claims(tokens, index)
        {
            return Err(Reason::Negated);
        }
        if tokens.word(index) == "no" && tokens.word(index - 1) == "not" {
            return Err(Reason::Negated);
        }
        if tail::speaks(tokens, index) && !matches!(tokens.word(index + 1), "know" | "am" | "agree") {
            return Err(Reason::Hedged);
        }
    }
    if !restates(tokens, polarity) && !elaborates(tokens) {
        return Err(Reason::Different);
    }
    Ok(polarity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_elaborated_answer_counts_for_its_first_word_or_not_at_all() {
        let rows = [
            ("Yes", Ok(Polarity::Yes)),
            ("no.", Ok(Polarity::No)),
            ("Yes, it does.", Ok(Polarity::Yes)),
            ("No, it does not", Ok(Polarity::No)),
            ("Yes, I know so", Ok(Polarity::Yes)),
            ("Yes it is", Ok(Polarity::Yes)),
            ("Yes it is not", Err(Reason::Negated)),
            ("No it is", Err(Reason::Different)),
            ("Yes, there is no doubt", Ok(Polarity::Yes)),
            ("Yes, nah", Err(Reason::TooManyCandidates)),
            ("No, wait", Err(Reason::Negated)),
            ("Yes, no", Err(Reason::TooManyCandidates)),
            ("Yes, it does not", Err(Reason::Negated)),
            ("Yes, maybe", Err(Reason::Hedged)),
            ("no doubt yes", Err(Reason::TooManyCandidates)),
            ("no doubt", Err(Reason::Different)),
            ("Norway", Err(Reason::Different)),
            ("!?", Err(Reason::Empty)),
        ];
        for (text, answered) in rows {
            assert_eq!(answer(&Tokens::of(text)), answered, "{text}");
        }
    }
}
