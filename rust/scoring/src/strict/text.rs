//! Free text against free text.

use std::ops::Range;

use crate::strict::aside;
use crate::strict::dates;
use crate::strict::doubt;
use crate::strict::introduced::{self, ends_with_name, introduces};
use crate::strict::regions;
use crate::strict::shortform;
use crate::strict::subject;
use crate::strict::tail;
use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::{
    approximates, denies, follows_a_name, hedges, is_copula, is_noun, is_place_or_time, joins, leads,
    relates, retracts,
};
use crate::verdict::Reason;

/// A prediction that covers a gold of `m` tokens has at most `2 m + 8`.
const SPARE_TOKENS: usize = 8;

/// A reason behind a name has at most so many tokens.
const MAX_REASON: usize = 16;

/// Judges one answer.
///
/// Equality of the normal forms always matches. Else the gold has to stand in the answer at token boundaries, and at
/// the one place of it that the answer commits to, which is found without looking at the gold: its first word that
/// does not merely introduce (`words::leads`), or what follows a copula (`the capital is Berlin`) unless that is a
/// description (`Berlin is the capital`). The name has to end where the gold ends, and the rest may not deny, hedge,
/// list or outgrow `2 m + 8` tokens. So whoever lists guesses is paid for the first alone. O(n + m).
pub(crate) fn judge(prediction: &Tokens, gold: &Tokens) -> Reason {
    if prediction.is_empty() {
        return Reason::Empty;
    }
    if prediction.denials > gold.denials {
        return Reason::Negated;
    }
    if prediction.normal() == gold.normal() {
        return Reason::Matched;
    }
    // `The answer is was Berlin`
    if matches!(prediction.word(0), "was" | "were") {
        return Reason::Different;
    }
    let found = || prediction.find(gold).map(|start| (start, start + gold.len()));
    let covered = dates::place(prediction, gold).or_else(found);
    let (start, end) = covered.unwrap_or((0, 0));
    if let Some(reason) = objection(prediction, start, end) {
        return reason;
    }
    if covered.is_none() {
        return Reason::Different;
    }
    let told = outgrows(prediction, end, 2 * gold.len() + SPARE_TOKENS) || lists(prediction, start, end);
    let told = told || !regions::agree(prediction, start, end);
    if told || name_ends(prediction, end) && !tail::allows(prediction, end) {
        return Reason::TooManyCandidates;
    }
    match committed(prediction, start..end) {
        Some(place) if start <= place && place < end && name_ends(prediction, end) => {
            if is_of_another(prediction, start) || is_husband(prediction, start, end) {
                Reason::Different
            } else {
                Reason::Matched
            }
        }
        _ => Reason::Different,
    }
}

/// Whether an answer has more than `most` tokens up to a reason behind its name, which has a limit of its own.
fn outgrows(tokens: &Tokens, end: usize, most: usize) -> bool {
    let short = |index: usize| tokens.len() - index <= MAX_REASON && tail::reasons(tokens, index);
    tokens.len() > most && !(end..=most).any(short)
}

/// Denials and hedges outside tokens `start..end`.
fn objection(tokens: &Tokens, start: usize, end: usize) -> Option<Reason> {
    (0..tokens.len()).filter(|index| !(start..end).contains(index)).find_map(|index| {
        let next = (index + 1 < tokens.len()).then(|| tokens.word(index + 1));
        if index >= end && end > 0 && tail::denied(tokens, index) {
            return None;
        }
        if denies(tokens.word(index)) || retracts(tokens.word(index)) {
            Some(Reason::Negated)
        } else if hedges(tokens.word(index), next)
            || supposes(tokens.word(index))
            || index >= end && tail::speaks(tokens, index)
        {
            Some(Reason::Hedged)
        } else {
            doubt::objection(tokens, index)
        }
    })
}

/// Words that hold an answer back, though before `the answer is` they may not.
fn supposes(word: &str) -> bool {
    matches!(word, "think" | "believe") || doubt::supposes(word) && word != "bet"
}

/// Whether the tokens outside `start..end` read as further candidates.
fn lists(tokens: &Tokens, start: usize, end: usize) -> bool {
    let gaps = (0..tokens.len()).filter(|&index| index <= start || end <= index);
    let (mut commas, mut dashes) = (0, 0);
    for gap in gaps.filter_map(|index| tokens.get(index)).map(|token| token.gap) {
        match gap {
            Gap::Stop => return true,
            Gap::Parenthesis if !aside::describes(tokens, start, end) => return true,
            Gap::Comma if tokens.bracketed && start == 0 => return true,
            Gap::Comma => commas += 1,
            Gap::Dash => dashes += 1,
            Gap::Space | Gap::Break | Gap::Parenthesis => {}
        }
    }
    let spelt = shortform::stands(tokens, start, end);
    let outside = |index: &usize| !((start..end).contains(index) || spelt && *index >= end);
    let joined = (0..tokens.len()).filter(outside).any(|index| {
        joins(tokens.word(index)) && !(index >= end && tail::denied(tokens, index))
            || tokens.word(index) == "well" && index > 0 && tokens.word(index - 1) == "as"
    });
    // `from Berlin to Paris`
    let ranges = (0..start).any(|index| tokens.word(index) == "from")
        && (end..tokens.len()).any(|index| matches!(tokens.word(index), "to" | "through" | "until" | "till"));
    commas > 2 || dashes > 1 || joined || ranges
}

/// Index of the token that the answer has to stand on. A description (`the capital`, `its capital`, `Germany's
/// capital`) commits to its object; of `London was Berlin` nothing is the answer.
fn committed(tokens: &Tokens, name: Range<usize>) -> Option<usize> {
    let number = |index: usize| tokens.word(index).starts_with(|char: char| char.is_ascii_digit());
    let about = |index: usize| approximates(tokens.word(index)) && number(index + 1);
    let Some(subject) = (0..tokens.len()).find(|&index| !introduces(tokens, index) && !about(index)) else {
        return ends_with_name(tokens, name.start, name.end).then_some(name.start);
    };
    let copula = (subject + 1..tokens.len())
        .find(|&index| is_copula(tokens.word(index)))
        .filter(|copula| !name.contains(copula));
    let object = copula.map(|copula| introduced::object(tokens, subject, copula + 1)).filter(|&index| {
        tokens.get(index).is_some_and(|token| token.article.is_none()) && !leads(tokens.word(index))
    });
    match (copula, object) {
        // Decided without the gold: either the description's object or what stands before the verb is the answer.
        (Some(copula), Some(object)) if subject::describes(tokens, subject..copula) => Some(object),
        (_, Some(_)) if !name.contains(&subject) => None,
        // What follows the name was looked at.
        _ => Some(subject),
    }
}

/// Whether what leads to a name makes it part of something else: `the author of Hamlet`, `a band from Seattle`. The
/// city of Berlin is Berlin.
fn is_of_another(tokens: &Tokens, start: usize) -> bool {
    let from = (0..start).rfind(|&index| is_copula(tokens.word(index))).map_or(0, |copula| copula + 1);
    (from..start.saturating_sub(1)).any(|index| {
        let (word, next) = (tokens.word(index), tokens.word(index + 1));
        is_noun(word) && relates(next) && !(is_place_or_time(word) && next == "of")
    })
}

/// Whether a title makes a whole name that of its bearer's husband: `Mrs. Barack Obama`.
fn is_husband(tokens: &Tokens, start: usize, end: usize) -> bool {
    start > 0 && end - start > 1 && tokens.word(start - 1) == "mrs"
}

/// Whether a name that ends before token `end` may end there: `Berlin, Germany` and `Berlin in 1990`, but not
/// `New York Times`, `Apollo 11` or `red blue`.
fn name_ends(tokens: &Tokens, end: usize) -> bool {
    tokens.get(end).is_none_or(|token| token.gap > Gap::Space || follows_a_name(tokens.word(end)))
        || tail::denied(tokens, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_of_an_answer_counts() {
        let rows = [
            ("Berlin", "Berlin", Reason::Matched),
            ("Berlin, Germany", "Berlin", Reason::Matched),
            ("It is the city of Berlin", "Berlin", Reason::Matched),
            ("The capital of Germany is Berlin", "Berlin", Reason::Matched),
            ("Berlin is the capital of Germany", "Berlin", Reason::Matched),
            ("Berlin, Paris", "Berlin", Reason::TooManyCandidates),
            ("Paris, Berlin", "Berlin", Reason::Different),
            ("Paris London Rome Berlin", "Berlin", Reason::Different),
            ("Paris is Berlin", "Paris", Reason::TooManyCandidates),
            ("Paris or London or Rome or Berlin", "Berlin", Reason::TooManyCandidates),
            ("London was Berlin", "Berlin", Reason::Different),
            ("Germany's capital is Berlin", "Berlin", Reason::Matched),
            ("Berlin in 1990, according to the report", "Berlin", Reason::Matched),
            ("Berlin for 1990, Paris for 1991", "Berlin", Reason::TooManyCandidates),
            ("Berlin → Paris", "Berlin", Reason::TooManyCandidates),
            ("≠ Berlin", "Berlin", Reason::Negated),
            ("Berlin/Paris", "Berlin", Reason::TooManyCandidates),
            ("not Berlin; it is Paris", "Berlin", Reason::Negated),
            ("not Berlin; it is Paris", "Paris", Reason::Negated),
            ("maybe Berlin", "Berlin", Reason::Hedged),
            ("Apollo 11", "Apollo", Reason::Different),
            ("New York Times", "New York", Reason::Different),
            ("red blue", "red", Reason::Different),
            ("Vitamin B", "Vitamin", Reason::Different),
            ("Michelle Obama", "Obama", Reason::Different),
        ];
        for (prediction, gold, reason) in rows {
            assert_eq!(judge(&Tokens::of(prediction), &Tokens::of(gold)), reason, "{prediction} / {gold}");
        }
    }
}
