//! Closed lists of words in the phrases that may follow a name, in normal form.

use crate::strict::words::is_noun;

/// Whether a word is in a list with a space between two.
pub(crate) fn listed(word: &str, words: &str) -> bool {
    words.as_bytes().split(|&byte| byte == b' ').any(|known| known == word.as_bytes())
}

/// Prepositions of place, time, origin and author.
pub(crate) fn locates(word: &str) -> bool {
    matches!(
        word,
        "in" | "of" | "at" | "on" | "by" | "from" | "for" | "during" | "between" | "before" | "after"
    )
}

/// Words that stand between a preposition and its object without an article: `in northern Germany`, `by his wife`.
pub(crate) fn directs(word: &str) -> bool {
    listed(
        word,
        "north south east west northern southern eastern western central northeastern northwestern \
         southeastern southwestern northeast northwest southeast southwest upper lower early late mid \
         modern ancient his her its their this that these those total about around approximately \
         roughly exactly present downtown one two three four five six seven eight nine ten  ",
    )
}

/// Participles that tell of an origin or a place.
pub(crate) fn is_participle(word: &str) -> bool {
    listed(
        word,
        "located situated born based founded established directed written created \
         produced played published released built made held used raised buried married starring  \
          developed designed invented painted composed sung performed formed elected appointed \
         educated killed headquartered part",
    )
}

/// Participles of documents that say something.
pub(crate) fn is_verb_of_record(word: &str) -> bool {
    listed(
        word,
        "stated mentioned described shown noted reported indicated given listed seen specified detailed \
         explained evidenced confirmed written found discussed identified named revealed documented \
         recorded cited",
    )
}

/// Verbs that only suppose.
pub(crate) fn supposes(word: &str) -> bool {
    listed(
        word,
        "seem seems seemed appear appears appeared looks sounds feels may might could would should can \
         somehow sort kind",
    )
}

/// Verbs of a clause in which somebody says or supposes something of a name: `which Bob claims`.
pub(crate) fn reports(word: &str) -> bool {
    listed(
        word,
        "claims claim claimed rules ruled believes believed thinks thought suggests suggested guesses guessed doubts \
         assumes assumed alleges",
    )
}

/// Verbs that set a name equal to another one behind them: `which means Paris`.
pub(crate) fn equates(word: &str) -> bool {
    listed(word, "means equals equalled became becomes denotes represents replaces signifies")
}

/// Words of a reason that is none.
pub(crate) fn excuses(word: &str) -> bool {
    listed(
        word,
        "silent random randomly equal equally anything nothing anyone nobody unknown unclear missing coin whatever",
    )
}

/// Comparisons: `was older`, `is the same`.
pub(crate) fn measures(word: &str) -> bool {
    listed(
        word,
        "older younger larger smaller bigger higher lower taller shorter longer earlier later first more \
         most greater farther closer nearer faster slower heavier lighter richer deeper still now today \
         correct right",
    )
}

/// Nouns that say what somebody or something is.
pub(crate) fn is_description(word: &str) -> bool {
    is_noun(word) || is_place(word) || is_work(word) || is_person(word)
}

fn is_place(word: &str) -> bool {
    listed(
        word,
        "state county province district region capital island river mountain lake ocean sea continent \
         area suburb municipality commune borough neighborhood neighbourhood territory kingdom republic \
         port harbor bay day date century decade birthplace hometown home seat headquarters location \
         street building castle bridge valley peninsula part center centre community settlement parish \
         department prefecture metropolis",
    )
}

fn is_work(word: &str) -> bool {
    listed(
        word,
        "play poem series show game painting opera musical magazine newspaper dataset model language \
         method algorithm team club university college school organization organisation agency party army \
         church hospital bank museum airline studio league group species genus plant animal disease drug \
         award prize war battle treaty religion ship network institution corporation firm brand product \
         sequel episode",
    )
}

fn is_person(word: &str) -> bool {
    listed(
        word,
        "prince princess duke duchess earl count baron emperor empress pope bishop governor mayor senator \
         general captain admiral ambassador songwriter poet playwright novelist composer musician player \
         footballer coach manager founder ceo chairman chief leader head scientist physicist chemist \
         mathematician engineer inventor artist painter architect lawyer judge physician politician \
         philosopher historian journalist professor teacher student son daughter father mother brother \
         sister wife husband uncle aunt cousin nephew niece grandson granddaughter grandfather \
         grandmother child children widow friend character protagonist narrator man woman boy girl \
         soldier officer secretary successor predecessor winner champion owner creator producer publisher \
         editor filmmaker screenwriter rapper guitarist drummer pianist explorer businessman activist \
         monarch ruler servant",
    )
}

/// Nouns of times and of what was read, with a definite article: `in the war`, `in the report`.
pub(crate) fn is_setting(word: &str) -> bool {
    listed(
        word,
        "war world report text document documents passage article story paper context chapter paragraph section summer \
         winter spring autumn fall morning evening night age same first second third north south east west northern \
         southern eastern western middle early late past future field study middle foot head hand body ground",
    )
}

/// Words before `confidence` that hedge nothing.
pub(crate) fn is_sure(word: &str) -> bool {
    matches!(word, "high" | "full" | "complete" | "total" | "great" | "absolute")
}

/// `44th`.
pub(crate) fn is_ordinal(word: &str) -> bool {
    word.starts_with(|char: char| char.is_ascii_digit())
        && ["st", "nd", "rd", "th"].iter().any(|end| word.ends_with(end))
}

/// Four digits.
pub(crate) fn is_year(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())
}
