//! Closed lists of words before `the answer is`, in lower case without apostrophes.

use crate::strict::words::{denies, hedges};

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
        || matches!(word, "bet" | "reckon")
        || matches!(
            word,
            "suppose"
                | "supposing"
                | "assume"
                | "assuming"
                | "asked"
                | "deny"
                | "denies"
                | "say"
                | "some"
                | "others"
                | "suggest"
                | "suggests"
                | "argue"
                | "argues"
                | "argued"
                | "wonder"
                | "imagine"
                | "pretend"
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
