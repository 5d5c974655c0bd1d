//! Words behind a numeral that multiply it, or might.

use crate::strict::tail_words::listed;

/// What a word does to the numeral before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Times ten to this power.
    Power(i64),
    /// A scale in one reading or in one country: only a gold written with the same word is meant.
    Unclear,
}

/// How a word behind a numeral is written and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Right behind the digits.
    pub(crate) attached: bool,
    /// In capitals.
    pub(crate) upper: bool,
    /// Nothing else behind it but the name of a currency.
    pub(crate) last: bool,
}

/// The scale a word stands for, in lower case; `None` for a unit: `5 km`, `5 apples`. Of `money` single letters are
/// scales.
pub(crate) fn scale(word: &str, money: bool, place: Place) -> Option<Scale> {
    let power = match word {
        "hundred" | "hundreds" => 2,
        "thousand" | "thousands" => 3,
        "lakh" | "lakhs" | "lac" | "lacs" => 5,
        "million" | "millions" | "mn" | "mns" | "mln" | "mlns" | "mio" => 6,
        "crore" | "crores" => 7,
        "billion" | "billions" | "bn" | "bns" | "bln" | "blns" | "mrd" | "milliard" | "milliards" => 9,
        "trillion" | "trillions" | "tn" | "trn" => 12,
        "k" if money => 3,
        "m" | "mm" if money => 6,
        "b" if money => 9,
        "t" if money => 12,
        // Millimetres.
        "mm" if !place.upper => return None,
        // `1990s` is not 1990.
        "st" | "nd" | "rd" | "th" | "ths" | "s" if place.attached => return Some(Scale::Unclear),
        // Of a currency, or a unit.
        "c" | "p" if place.attached && !place.upper => return Some(Scale::Unclear),
        "pence" | "penny" | "pennies" => return Some(Scale::Unclear),
        // Grams, or a generation.
        "g" => return place.upper.then_some(Scale::Unclear),
        "grand" | "grands" if !place.last => return None,
        // `5 mils`, `5 ppms`
        _ => {
            let unclear = is_unclear(word)
                || listed(word, "grands bils mils milles permilles permils promilles ppms ppbs thous hazars");
            return unclear.then_some(Scale::Unclear);
        }
    };
    Some(Scale::Power(power))
}

fn is_unclear(word: &str) -> bool {
    let illion = (word.contains("illion") || word.contains("illiard")) && !word.contains("illionair");
    let digit = |char| "十百千万萬亿億兆京拾佰仟십백천만억조".contains(char);
    illion
        || word.chars().next().is_some_and(digit)
        || matches!(
            word,
            "k" | "kk"
                | "m"
                | "mm"
                | "b"
                | "t"
                | "bil"
                | "bill"
                | "mil"
                | "mill"
                | "mille"
                | "permille"
                | "permil"
                | "promille"
                | "ppm"
                | "ppb"
                | "bp"
                | "bps"
                | "thou"
                | "mlrd"
                | "mlrds"
                | "tsd"
                | "ths"
                | "arab"
                | "arabs"
                | "kharab"
                | "hazar"
                | "crs"
                | "grand"
                | "tens"
                | "myriad"
                | "myriads"
                | "googol"
                | "umpteen"
                | "centi"
                | "milli"
                | "micro"
                | "nano"
                | "kilo"
                | "mega"
                | "giga"
                | "tera"
                | "peta"
                | "tausend"
                | "hundert"
                | "mila"
                | "cent"
                | "millon"
                | "millón"
                | "millones"
                | "milhão"
                | "milhões"
                | "milione"
                | "milioni"
                | "miliardo"
                | "miliardi"
                | "miljoen"
                | "miljard"
                | "miljon"
                | "milyon"
                | "milyar"
                | "duizend"
                | "tusen"
                | "mia"
                | "md"
                | "mds"
                | "тыс"
                | "тысяч"
                | "тысячи"
                | "тысяча"
                | "млн"
                | "млрд"
                | "миллион"
                | "миллиона"
                | "миллионов"
                | "миллиард"
                | "миллиардов"
                | "हज़ार"
                | "हजार"
                | "लाख"
                | "करोड़"
        )
}
