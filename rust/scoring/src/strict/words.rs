//! Closed lists of English words that decide what an answer commits to. All are in normal form: lower case, without
//! diacritics and apostrophes.

use crate::strict::tail_words::listed;

/// Words that deny.
pub(crate) fn denies(word: &str) -> bool {
    matches!(
        word,
        "not"
            | "no"
            | "nope"
            | "never"
            | "neither"
            | "nor"
            | "none"
            | "nobody"
            | "hardly"
            | "without"
            | "cannot"
            | "except"
            | "excluding"
            | "instead"
            | "rather"
            | "unlike"
            | "false"
            | "wrong"
            | "incorrect"
            | "mistaken"
            | "untrue"
            | "isnt"
            | "wasnt"
            | "arent"
            | "werent"
            | "dont"
            | "doesnt"
            | "didnt"
            | "cant"
            | "couldnt"
            | "wont"
            | "wouldnt"
            | "shouldnt"
            | "hasnt"
            | "havent"
            | "hadnt"
            | "aint"
    )
}

/// Words that hold back. `may` and `might` count only before `be`: one of them is a month.
pub(crate) fn hedges(word: &str, next: Option<&str>) -> bool {
    match word {
        "may" | "could" | "can" | "would" | "should" => next == Some("be"),
        _ => matches!(
            word,
            "maybe"
                | "perhaps"
                | "possibly"
                | "probably"
                | "presumably"
                | "likely"
                | "unlikely"
                | "might"
                | "unsure"
                | "uncertain"
                | "unknown"
                | "unclear"
                | "undetermined"
                | "undeterminable"
                | "indeterminate"
                | "unanswerable"
                | "guess"
                | "guessing"
                | "if"
                | "whether"
                | "unless"
                | "possible"
                | "plausible"
                | "candidate"
                | "candidates"
                | "doubt"
                | "doubts"
                | "doubtful"
                | "depends"
                | "depending"
                | "but"
                | "however"
                | "although"
                | "though"
                | "whereas"
        ),
    }
}

/// Words that take back what was said before them.
pub(crate) fn retracts(word: &str) -> bool {
    matches!(
        word,
        "actually"
            | "wait"
            | "sorry"
            | "oops"
            | "correction"
            | "scratch"
            | "nah"
            | "nope"
            | "hmm"
            | "hm"
            | "rather"
            | "instead"
    )
}

/// Words that put a second candidate beside the first.
pub(crate) fn joins(word: &str) -> bool {
    matches!(
        word,
        "or" | "and"
            | "either"
            | "both"
            | "versus"
            | "vs"
            | "plus"
            | "also"
            | "alternatively"
            | "otherwise"
            | "else"
            | "then"
            | "besides"
            | "additionally"
            | "respectively"
            | "others"
    )
}

/// Words that may stand before an answer without being one: function words, and nouns and participles that
/// introduce a name. Nothing outside the list does, so a list of guesses has one place where the answer can stand.
pub(crate) fn leads(word: &str) -> bool {
    is_copula(word)
        || is_noun(word)
        || listed(word, "lived shot filmed met mentioned headquartered recorded settled resided")
        || matches!(
            word,
            "it" | "its"
                | "he"
                | "she"
                | "they"
                | "his"
                | "her"
                | "their"
                | "this"
                | "that"
                | "there"
                | "which"
                | "who"
                | "be"
                | "been"
                | "being"
                | "in"
                | "of"
                | "at"
                | "on"
                | "by"
                | "to"
                | "from"
                | "for"
                | "as"
                | "with"
                | "called"
                | "named"
                | "known"
                | "located"
                | "situated"
                | "based"
                | "born"
                | "directed"
                | "written"
                | "created"
                | "founded"
                | "produced"
                | "played"
                | "mr"
                | "mrs"
                | "ms"
                | "miss"
                | "dr"
                | "sir"
                | "lord"
                | "lady"
                | "professor"
                | "prof"
                | "simply"
                | "just"
                | "indeed"
                | "definitely"
                | "certainly"
                | "clearly"
                | "obviously"
                | "therefore"
                | "thus"
                | "hence"
        )
}

/// Nouns that introduce a name.
pub(crate) fn is_noun(word: &str) -> bool {
    is_place_or_time(word)
        || listed(
            word,
            "film movie book novel song album band company president minister king queen actor actress director \
             author writer singer",
        )
}

/// Nouns of which the name may stand behind an `of`: the city of Berlin.
pub(crate) fn is_place_or_time(word: &str) -> bool {
    matches!(word, "city" | "town" | "village" | "country" | "year" | "month")
}

/// Words behind a noun that say whose it is, so that a name behind them is another's: `the author of`.
pub(crate) fn relates(word: &str) -> bool {
    matches!(
        word,
        "of" | "in"
            | "at"
            | "on"
            | "by"
            | "to"
            | "from"
            | "for"
            | "as"
            | "with"
            | "directed"
            | "written"
            | "created"
            | "founded"
            | "produced"
            | "played"
            | "located"
            | "situated"
            | "based"
            | "born"
            | "shot"
            | "filmed"
    )
}

/// Verbs that set a subject equal to an answer.
pub(crate) fn is_copula(word: &str) -> bool {
    matches!(word, "is" | "was" | "are" | "were")
}

/// Words that open a phrase after a name, so that the name ends before them.
pub(crate) fn follows_a_name(word: &str) -> bool {
    is_copula(word)
        || matches!(
            word,
            "in" | "of"
                | "at"
                | "on"
                | "by"
                | "from"
                | "for"
                | "as"
                | "with"
                | "who"
                | "which"
                | "that"
                | "because"
                | "since"
                | "during"
                | "after"
                | "before"
                | "according"
                | "has"
                | "had"
                | "have"
                | "did"
                | "does"
        )
}

/// Words before a quantity that leave it what it is.
pub(crate) fn approximates(word: &str) -> bool {
    matches!(word, "about" | "approximately" | "around" | "roughly" | "exactly" | "precisely")
}
