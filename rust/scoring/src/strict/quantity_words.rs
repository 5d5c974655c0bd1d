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
         year increase increased decrease decreased rose fell grew change changed difference average \
         ratio rate net",
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
        || listed(
            word,
            "or and to plus minus times divided multiplied over under above below more less fewer least most \
         minimum maximum ish versus vs fold negative bc bce pp pi π my your you me im something short off \
         too wrongly error errors theory default now principle caveat caveats best worst i y z sqrt \
         through point half halves third thirds quarter quarters tenth tenths hundredth hundredths dozen \
         dozens squared cubed factorial power e x either both otherwise alternatively basis thousandth \
         thousandths millionth millionths billionth billionths knows crossed confidence lack lie bet \
         score gross doubled tripled halved reciprocal inverse inverted negated hex hexadecimal octal \
         binary",
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
