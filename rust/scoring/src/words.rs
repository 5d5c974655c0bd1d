//! Closed lists of English words that decide what an answer commits to. All are in normal form: lower case, without
//! diacritics and apostrophes.

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
                | "depends"
                | "depending"
                | "but"
                | "however"
                | "although"
        ),
    }
}

/// Words that put a second candidate beside the first.
pub(crate) fn joins(word: &str) -> bool {
    matches!(
        word,
        "or" | "and" | "either" | "both" | "versus" | "vs" | "plus" | "also" | "alternatively" | "otherwise"
    )
}

/// Words that may stand before an answer without being one: function words, and nouns and participles that
/// introduce a name. Nothing outside the list does, so a list of guesses has one place where the answer can stand.
pub(crate) fn leads(word: &str) -> bool {
    is_copula(word)
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
                | "city"
                | "town"
                | "village"
                | "country"
                | "film"
                | "movie"
                | "book"
                | "novel"
                | "song"
                | "album"
                | "band"
                | "company"
                | "year"
                | "month"
                | "president"
                | "minister"
                | "king"
                | "queen"
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
                | "actor"
                | "actress"
                | "director"
                | "author"
                | "writer"
                | "singer"
                | "simply"
                | "just"
                | "indeed"
                | "definitely"
                | "certainly"
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
                | "to"
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

/// Words that open a conclusion: `Therefore, the answer is`.
pub(crate) fn concludes(word: &str) -> bool {
    matches!(
        word,
        "therefore"
            | "thus"
            | "so"
            | "hence"
            | "then"
            | "and"
            | "but"
            | "now"
            | "wait"
            | "no"
            | "ok"
            | "okay"
            | "well"
            | "actually"
            | "finally"
            | "final"
            | "overall"
            | "consequently"
            | "accordingly"
            | "ultimately"
            | "in"
            | "conclusion"
            | "summary"
            | "short"
            | "to"
            | "conclude"
            | "summarize"
            | "as"
            | "result"
            | "i"
            | "we"
            | "think"
            | "believe"
            | "that"
            | "my"
            | "a"
    )
}

/// Words that keep `the answer is` from being said: conditions, reports, denials.
pub(crate) fn unsays(word: &str) -> bool {
    denies(word)
        || hedges(word, None)
        || matches!(
            word,
            "suppose"
                | "supposing"
                | "assume"
                | "assuming"
                | "asked"
                | "doubt"
                | "doubtful"
                | "deny"
                | "denies"
                | "hardly"
                | "nobody"
                | "claim"
                | "claims"
                | "claimed"
                | "says"
                | "said"
                | "question"
                | "asks"
                | "could"
                | "would"
        )
}
