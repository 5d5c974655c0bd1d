//! Closed lists of English words around a numeral, in lower case without apostrophes.

use crate::words::{denies, hedges};

/// Words that mean a percent sign.
pub(crate) fn is_percent(word: &str) -> bool {
    matches!(word, "percent" | "percentage" | "pct" | "percents")
}

/// Names and codes of currencies.
pub(crate) fn is_currency_name(word: &str) -> bool {
    matches!(
        word,
        "us" | "usd"
            | "eur"
            | "gbp"
            | "jpy"
            | "cny"
            | "rmb"
            | "inr"
            | "chf"
            | "cad"
            | "aud"
            | "hkd"
            | "sgd"
            | "rs"
            | "dollar"
            | "dollars"
            | "euro"
            | "euros"
            | "pound"
            | "pounds"
            | "yen"
            | "yuan"
            | "rupees"
            | "cents"
    )
}

/// The power of ten a word stands for; single letters count where `letter` says that they may.
pub(crate) fn scale(word: &str, letter: bool) -> Option<i64> {
    Some(match word {
        "hundred" | "hundreds" => 2,
        "thousand" | "thousands" => 3,
        "million" | "millions" | "mn" | "mln" => 6,
        "billion" | "billions" | "bn" | "bln" => 9,
        "trillion" | "trillions" | "tn" | "trn" => 12,
        "k" if letter => 3,
        "m" if letter => 6,
        "b" if letter => 9,
        "t" if letter => 12,
        _ => return None,
    })
}

/// Words that may stand before the numeral. The list is closed: `Boeing 747` is a name, not a number.
pub(crate) fn introduces(word: &str) -> bool {
    matches!(
        word,
        "approximately"
            | "approx"
            | "about"
            | "around"
            | "roughly"
            | "nearly"
            | "almost"
            | "circa"
            | "ca"
            | "exactly"
            | "precisely"
            | "the"
            | "a"
            | "an"
            | "it"
            | "its"
            | "is"
            | "was"
            | "are"
            | "were"
            | "of"
            | "in"
            | "at"
            | "by"
            | "to"
            | "for"
            | "there"
            | "be"
            | "that"
            | "total"
            | "sum"
            | "amount"
            | "value"
            | "number"
            | "equal"
            | "equals"
            | "year"
            | "increase"
            | "increased"
            | "decrease"
            | "decreased"
            | "rose"
            | "fell"
            | "grew"
            | "change"
            | "changed"
            | "difference"
            | "average"
            | "ratio"
            | "rate"
            | "net"
            | "january"
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
        || matches!(
            word,
            "or" | "and"
                | "to"
                | "plus"
                | "minus"
                | "times"
                | "divided"
                | "multiplied"
                | "over"
                | "under"
                | "above"
                | "below"
                | "more"
                | "less"
                | "fewer"
                | "least"
                | "most"
                | "versus"
                | "vs"
                | "through"
                | "point"
                | "half"
                | "halves"
                | "third"
                | "thirds"
                | "quarter"
                | "quarters"
                | "tenth"
                | "tenths"
                | "hundredth"
                | "hundredths"
                | "dozen"
                | "dozens"
                | "squared"
                | "cubed"
                | "factorial"
                | "power"
                | "e"
                | "x"
                | "zero"
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
                | "either"
                | "both"
                | "otherwise"
                | "alternatively"
                | "lakh"
                | "crore"
                | "bps"
                | "basis"
        )
}
