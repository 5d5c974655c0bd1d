//! Clauses behind a yes or a no that explain it: `because Bob is American`, `revenue increased by 5%`, `Bob is American
//! but Alice is British`.

use crate::strict::doubt::supposes;
use crate::strict::tail;
use crate::strict::tail_words::{excuses, listed};
use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::is_copula;
use crate::strict::yesno::Polarity;

/// The subject of a clause has at most this many words.
const MAX_SUBJECT: usize = 4;

/// Whether a reason stands at a token. It may name whom it likes: unlike a reason behind a name, it names no second
/// answer.
pub(super) fn reasons(tokens: &Tokens, first: usize) -> bool {
    let clause = first + 3 < tokens.len()
        && tokens.get(first + 1).is_some_and(|token| token.gap == Gap::Space)
        && !matches!(tokens.word(first + 1), "why" | "of")
        && !(first + 1..tokens.len()).any(|index| excuses(tokens.word(index)));
    tail::reasons(tokens, first) || matches!(tokens.word(first), "because" | "since") && clause
}

/// Whether a clause at a token says that a quantity changed: `revenue increased`, `net income fell`.
pub(super) fn changes(tokens: &Tokens, first: usize) -> bool {
    let verb = (first + 1..first + 1 + MAX_SUBJECT).find(|&index| turned(tokens.word(index)));
    verb.is_some_and(|verb| {
        (first + 1..=verb).all(|index| tokens.get(index).is_some_and(|token| token.gap == Gap::Space))
            && !(first..verb).any(|index| supposes(tokens.word(index)) || tail::speaks(tokens, index))
    })
}

fn turned(word: &str) -> bool {
    listed(
        word,
        "increased decreased rose fell grew declined dropped improved shrank doubled tripled changed remained",
    )
}

/// Whether a percent sign at a token says by how much something changed, not how sure the answer is.
pub(super) fn measures(tokens: &Tokens, index: usize) -> bool {
    let back = |ahead: usize| index.checked_sub(ahead).map_or("", |at| tokens.word(at));
    turned(back(3)) && matches!(back(2), "by" | "to")
}

/// Whether a `but` at a token contrasts two subjects, which explains a no: `Bob is American but Alice is British`.
pub(super) fn contrasts(tokens: &Tokens, index: usize, polarity: Polarity) -> bool {
    let upper = |index: usize| tokens.get(index).is_some_and(|token| token.upper);
    let verb = (index + 2..index + 2 + MAX_SUBJECT).find(|&at| is_copula(tokens.word(at)));
    polarity == Polarity::No
        && matches!(tokens.word(index), "but" | "whereas" | "although" | "though")
        && verb.is_some_and(|verb| {
            let judged = matches!(tokens.word(verb + 1), "right" | "correct" | "true");
            (index + 1..verb).all(upper) && !judged
        })
        && (2..index).any(|at| is_copula(tokens.word(at)) && upper(at - 1))
}

/// Whether the clause behind a word such as `because` or `also` opens at a token.
pub(super) fn opens(tokens: &Tokens, index: usize) -> bool {
    let before = index.checked_sub(1).map_or("", |before| tokens.word(before));
    index > 1
        && (listed(before, "because since while as also indeed and still then so plus though")
            || dresses(before))
}

/// Words that stress a clause and open it: `in fact`, `and yet`.
fn dresses(word: &str) -> bool {
    listed(word, "fact reality truth really actually yet course again")
}

/// Where the clause of a sentence opens, behind words that lead to it: `And yet`, `In reality`.
pub(super) fn opening(tokens: &Tokens) -> usize {
    let leads = |word: &str| dresses(word) || listed(word, "and but in of still then also indeed however so");
    tokens.words().take(MAX_SUBJECT).take_while(|word| leads(word)).count()
}

/// Whether a sentence comes to a yes or a no at a token: `In reality, no`, `Revised: No`.
pub(super) fn concludes(tokens: &Tokens, index: usize) -> bool {
    let parted = |index: usize| tokens.get(index).is_none_or(|token| token.gap > Gap::Space);
    parted(index) && parted(index + 1)
}

/// Whether a sign beside a yes or a no says the other one: `No ✅`, `Yes (0)`.
pub(super) fn signed(text: &str, tokens: &Tokens, polarity: Polarity) -> bool {
    let number = if tokens.len() == 2 { tokens.word(1) } else { "" };
    match polarity {
        Polarity::Yes => number == "0",
        Polarity::No => number == "1" || text.contains(['✅', '✓', '✔', '☑', '👍', '🆗']),
    }
}
