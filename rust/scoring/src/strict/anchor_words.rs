//! Closed lists of words before `the answer is`, in lower case without apostrophes.

use crate::strict::doubt::supposes;
use crate::strict::tail_words::listed;
use crate::strict::words::hedges;

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

/// Words that open what an answer is concluded from: `Based on the documents,`, `Since he won,`.
pub(crate) fn grounds(word: &str) -> bool {
    listed(
        word,
        "based according since because given after from considering looking per following using with knowing \
         having being while although though however when where yes sure certainly course alright right indeed \
         for by from reading reviewing checking combining comparing adding taking putting counting calculating \
         stated mentioned seen described shown noted indicated hi hello great good clearly specifically \
         additionally moreover furthermore hmm ah oh let lets here this these simply on again once",
    )
}

/// What a reader was given.
pub(crate) fn is_document(word: &str) -> bool {
    listed(
        word,
        "document documents passage passages text texts article articles context story script case table tables \
         report reports filing paragraph paragraphs section sections question evidence information data above",
    )
}

/// Words of a heading before an announcement: `Step 3:`, `Conclusion:`.
pub(crate) fn heads(word: &str) -> bool {
    concludes(word)
        || is_document(word)
        || word.bytes().all(|byte| byte.is_ascii_digit())
        || listed(
            word,
            "step note verdict solution response reasoning explanation answer here is heres yes sure doc \
             output assistant",
        )
}

/// Verbs and adjectives with which a speaker or the evidence concludes: `This means that`, `It is clear that`.
pub(crate) fn infers(word: &str) -> bool {
    listed(
        word,
        "means meaning implies follows conclude concludes concluded confirm confirms confirmed shows indicates \
         determine determined deduce infer found find see makes clear evident confident certain",
    )
}

/// Words of a condition or a choice, behind which nothing is said.
pub(crate) fn supposed(word: &str) -> bool {
    listed(
        word,
        "if unless suppose supposing assume assuming provided imagine imagining pretend pretending whether either \
         example instance eg hypothetically hypothetical",
    )
}

/// Words that keep `the answer is` from being said: conditions, possibilities, reports.
pub(crate) fn unsays(word: &str) -> bool {
    supposed(word)
        || hedges(word, None) && !matches!(word, "but" | "however" | "although" | "though" | "whereas")
        || supposes(word)
        || listed(
            word,
            "asked deny denies say some others suggest suggests argue argues argued wonder claim claims claimed says \
             question asks could would wish hope hoping possibility world theory joke belief opposite wrong incorrect \
             false fake",
        )
}

/// Words that open a question or a condition without an `if`: `Do you think`, `Had he won`.
pub(crate) fn inverts(word: &str) -> bool {
    listed(
        word,
        "had were should could would do does did is are was can will may might has have am what who whose why",
    )
}
