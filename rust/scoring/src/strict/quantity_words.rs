//! Closed lists of English words around a numeral, in lower case without apostrophes.

use crate::strict::doubt::{supposes, unsettles};
use crate::strict::tail_words::listed;
use crate::strict::words::{denies, hedges, retracts};

/// Words that mean a percent sign.
pub(crate) fn is_percent(word: &str) -> bool {
    matches!(word, "percent" | "percentage" | "pct" | "percents")
}

/// Words that may stand before the numeral. The list is closed: `Boeing 747` is a name, not a number.
pub(crate) fn introduces(word: &str) -> bool {
    listed(
        word,
        "approximately approx about around roughly nearly almost circa ca exactly precisely the a an it \
         its is was are were of in at by to for there be that total sum amount value number equal equals \
         year increase increased rose grew change changed difference average \
         ratio rate net therefore thus hence simply indeed clearly",
    )
}

/// Whether words before a number make it a rough one: `about 1999`.
pub(crate) fn approximates(lead: &[char]) -> bool {
    if lead.is_empty() {
        return false;
    }
    let text: String = lead.iter().flat_map(|char| char.to_lowercase()).collect();
    text.contains(['~', '≈'])
        || text.split(|char: char| !char.is_alphabetic()).any(|word| {
            listed(word, "about approximately approx around roughly nearly almost circa ca by sum")
        })
}

/// Words for a loss, a fall or a lack: beside a magnitude they say a minus.
pub(crate) fn turns(word: &str) -> bool {
    listed(
        word,
        "decrease decreases decreased decreasing decline declines declined declining drop drops dropped fall falls \
         fell fallen loss losses lose loses lost deficit deficits shortfall reduction reductions reduced reduces \
         negative shrank shrunk red lower lowered down sank downward downwards shortage contraction",
    )
}

/// Words that compare, suppose, report or compute: before a number they state another one or none.
pub(crate) fn blurs(word: &str) -> bool {
    listed(
        word,
        "than later earlier prior before after until till since between near close opposite reciprocal square cube \
         root log factorial predecessor successor alternative alternate example instance estimate estimates estimated \
         guess guesses guessed claim claims claimed say says said believe believes believed think thinks thought reject \
         rejects rejected ignore ignores ignored every twice double triple thrice digit digits multiple option choice \
         version chapter what who where when why how whose argue argues argued allege alleges alleged assert asserts \
         asserted report reports suggest suggests suggested insist insists deny denies denied dispute disputes disputed \
         hint hints imply implies implied pretend pretends imagine imagines imagined hope hopes hoped wish wishes fear \
         fears doubt doubted feel feels seem seems seemed appear appears appeared assume assumes assumed expect expects \
         expected predict predicts predicted projected forecast would could should must worst bad naive popular other \
         another lack lacks lacked exceed exceeds exceeded differ differs different beyond within outside inside against \
         rumor rumors rumour rumours myth joke trick test placeholder random hypothetical imaginary fictional opponent \
         rumored equation formula modulo mod average-ish exponent squared cubed next previous following preceding all \
         any some many few several supposed purported probable possible so-called almost nearly barely scarcely",
    )
}

/// Names of months, which may stand before a year.
pub(crate) fn is_month(word: &str) -> bool {
    matches!(
        word,
        "january"
            | "february"
            | "march"
            | "april"
            | "may"
            | "june"
            | "july"
            | "august"
            | "september"
            | "october"
            | "november"
            | "december"
    )
}

/// The same, short; before a year only, since `5 mar` is no number.
pub(crate) fn is_short_month(word: &str) -> bool {
    listed(word, "jan feb mar apr jun jul aug sep sept oct nov dec")
}

/// Words behind a numeral that deny it, change it or name another candidate.
pub(crate) fn is_rival(word: &str) -> bool {
    denies(word)
        || hedges(word, None)
        || retracts(word)
        || is_month(word)
        || unsettles(word).is_some()
        || supposes(word)
        || is_fraction(word)
        || names_number(word)
        || word.contains(is_raised)
        || turns(word)
        || listed(
            word,
            "or and to plus minus times divided multiplied over under above below more less fewer least most \
         minimum maximum ish versus vs fold negative bc bce pp pi π my your you me im something short off \
         too wrongly error errors theory default now principle caveat caveats best worst i y z sqrt \
         through point half halves third thirds quarter quarters tenth tenths hundredth hundredths dozen \
         dozens squared cubed factorial power e x either both otherwise alternatively basis thousandth \
         thousandths millionth millionths billionth billionths knows crossed confidence lack lie bet \
         earliest latest onward onwards incorrectly estimated estimate approximately approx roughly thereabouts \
         hundredfold tenfold twofold threefold fivefold thousandfold probable alleged supposed purported called \
            anything equal equally alternatives silent random everything could would should might \
         score gross doubled tripled halved reciprocal inverse inverted negated hex hexadecimal octal \
         binary twice thrice double triple disputed missing shy",
        )
}

/// Whether a word is one over a number: `fifths`, `sixteenth`.
fn is_fraction(word: &str) -> bool {
    let stem = word.strip_suffix("ths").or_else(|| word.strip_suffix("th"));
    stem.is_some_and(|stem| {
        matches!(
            stem,
            "four"
                | "fif"
                | "six"
                | "seven"
                | "eigh"
                | "nin"
                | "eleven"
                | "twelf"
                | "thirteen"
                | "fourteen"
                | "fifteen"
                | "sixteen"
                | "seventeen"
                | "eighteen"
                | "nineteen"
                | "twentie"
                | "thirtie"
                | "fortie"
                | "fiftie"
                | "sixtie"
                | "seventie"
                | "eightie"
                | "ninetie"
                | "trillion"
        )
    })
}

/// Letters that stand above or below the line: a power, an ordinal, an index.
fn is_raised(char: char) -> bool {
    matches!(char, 'ª' | 'º' | 'ⁱ' | 'ⁿ' | '\u{2b0}'..='\u{2e4}' | '\u{1d2c}'..='\u{1d6a}' | '\u{1d78}'
        | '\u{1d9b}'..='\u{1dbf}' | '\u{2090}'..='\u{209c}')
}

/// Numbers in words, below a hundred and round ones.
pub(crate) fn names_number(word: &str) -> bool {
    matches!(
        word,
        "zero"
            | "one"
            | "two"
            | "three"
            | "four"
            | "five"
            | "six"
            | "seven"
            | "eight"
            | "nine"
            | "ten"
            | "eleven"
            | "twelve"
            | "thirteen"
            | "fourteen"
            | "fifteen"
            | "sixteen"
            | "seventeen"
            | "eighteen"
            | "nineteen"
            | "twenty"
            | "thirty"
            | "forty"
            | "fifty"
            | "sixty"
            | "seventy"
            | "eighty"
            | "ninety"
    )
}
