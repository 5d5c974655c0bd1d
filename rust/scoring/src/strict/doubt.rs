//! Words and phrases that unsettle an answer beside them, though elsewhere they would say nothing of it.

use crate::strict::tail_words::listed;
use crate::strict::tokens::Tokens;
use crate::strict::words::{denies, hedges, is_copula};
use crate::verdict::Reason;

/// Words that hold back or take back whatever they stand behind.
pub(crate) fn unsettles(word: &str) -> Option<Reason> {
    match word {
        "idk" | "dunno" | "hopefully" | "hunch" | "unconfirmed" | "reckon" | "placeholder" | "tentative"
        | "tentatively" | "probable" | "alleged" | "purported" | "putative" | "presumed" | "ostensible"
        | "reputed" | "likelihood" | "contrary" | "unverified" | "whatever" | "tbd" | "tba" | "supposed"
        | "rumored" | "meh" | "shrug" => Some(Reason::Hedged),
        "rejected" | "kidding" | "decoy" | "distractor" | "lol" | "lmao" | "rofl" | "haha" | "hehe"
        | "jk" | "psych" | "nvm" | "fake" | "bogus" | "fabricated" | "invented" | "joking" => {
            Some(Reason::Negated)
        }
        _ => None,
    }
}

/// Verbs of a text that says otherwise.
pub(crate) fn contradicts(word: &str) -> bool {
    listed(
        word,
        "denies denied deny disproves disproved refutes refuted contradict contradicts contradicted disputes disputed \
         rejects debunks debunked otherwise",
    )
}

/// Adverbs and verbs that make what follows them somebody's supposition: `Apparently, the answer is`.
pub(crate) fn supposes(word: &str) -> bool {
    matches!(
        word,
        "bet"
            | "suppose"
            | "assume"
            | "assuming"
            | "allegedly"
            | "supposedly"
            | "apparently"
            | "reportedly"
            | "seemingly"
            | "arguably"
            | "purportedly"
            | "potentially"
            | "conceivably"
    ) || unsettles(word) == Some(Reason::Hedged)
}

/// Why word `index` and its neighbours unsettle an answer: `who knows`, `with 10% confidence`, `the runner-up is`.
pub(crate) fn objection(tokens: &Tokens, index: usize) -> Option<Reason> {
    let (word, next) = (tokens.word(index), tokens.word(index + 1));
    let last = index.checked_sub(1).map_or("", |before| tokens.word(before));
    let hedged = match word {
        "knows" => last == "who",
        "fingers" => next == "crossed",
        "confidence" => !matches!(last, "high" | "full" | "complete" | "total" | "great" | "absolute"),
        "lack" | "absence" => next == "of",
        "so" => next == "called",
        "alternative" => next == "to",
        "version" | "versions" => matches!(last, "one" | "some" | "another" | "this" | "other" | "most"),
        "bet" => last == "i" || last == "my",
        _ => false,
    };
    let negated = match word {
        _ if contradicts(word) => true,
        "lie" => tokens.get(index).is_some_and(|token| token.article.is_some()),
        "runner" | "runners" => next == "up",
        "impossible" => (index..tokens.len()).any(|index| is_copula(tokens.word(index))),
        "excluded" | "opposite" => is_copula(next),
        _ => false,
    };
    if hedged {
        Some(Reason::Hedged)
    } else if negated {
        Some(Reason::Negated)
    } else {
        unsettles(word)
    }
}

/// Why a text that names no option is no answer.
pub(crate) fn why_none(text: &str) -> Reason {
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
