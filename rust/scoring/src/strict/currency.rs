//! Currencies, by sign, code or name.

use crate::strict::fold::is_currency;

/// A currency: the sign of its kind of money, and whose it is where that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Currency {
    sign: char,
    /// In lower case: `hk` of `HK$`.
    of: &'static str,
}

impl Currency {
    /// A sign such as `$`.
    pub(crate) fn of_sign(char: char) -> Option<Self> {
        is_currency(char).then_some(Self { sign: char, of: "" })
    }

    /// A code or a name.
    pub(crate) fn of_name(word: &str) -> Option<Self> {
        let (sign, of) = match word {
            "usd" => ('$', "us"),
            "cad" => ('$', "ca"),
            "aud" => ('$', "au"),
            "hkd" => ('$', "hk"),
            "sgd" => ('$', "sg"),
            "dollar" | "dollars" => ('$', ""),
            "eur" | "euro" | "euros" => ('€', ""),
            "gbp" | "pound" | "pounds" => ('£', ""),
            "jpy" | "yen" => ('¥', "jp"),
            "cny" | "rmb" | "yuan" => ('¥', "cn"),
            "inr" | "rs" | "rupee" | "rupees" => ('₹', ""),
            "chf" => ('F', ""),
            // Written out they may be what was asked for.
            "cent" | "cents" => ('¢', "unit"),
            _ => return None,
        };
        Some(Self { sign, of })
    }

    /// Whose dollars: `US$`, `HK$`.
    pub(crate) fn region(word: &str) -> Option<&'static str> {
        ["us", "hk", "nz", "nt", "au", "sg"].into_iter().find(|&known| known == word)
    }

    /// The same by one letter, right before the sign: `C$`, `A$`.
    pub(crate) fn initial(word: &str) -> Option<&'static str> {
        [("c", "ca"), ("a", "au"), ("s", "sg"), ("r", "br")]
            .into_iter()
            .find(|known| known.0 == word)
            .map(|known| known.1)
    }

    /// The same by the nation, before the name: `Canadian dollars`.
    pub(crate) fn nation(word: &str) -> Option<&'static str> {
        [("american", "us"), ("canadian", "ca"), ("australian", "au"), ("singapore", "sg")]
            .into_iter()
            .find(|known| known.0 == word)
            .map(|known| known.1)
    }

    /// Whether this is the sign of cents, which no bare number means.
    pub(crate) fn is_cent(self) -> bool {
        self.sign == '¢' && self.of.is_empty()
    }

    pub(crate) fn is_rupee(self) -> bool {
        self.sign == '₹'
    }

    /// Whether both may be meant at once: `$` and `HK$`, but not `US$` and `HK$`.
    pub(crate) fn agrees(self, other: Self) -> bool {
        self.sign == other.sign && (self.of.is_empty() || other.of.is_empty() || self.of == other.of)
    }

    /// What two mentions say together; `None` where they disagree.
    pub(crate) fn joined(before: Option<Self>, next: Self, region: Option<&'static str>) -> Option<Self> {
        let next = if next.of.is_empty() { Self { of: region.unwrap_or(""), ..next } } else { next };
        match before {
            None => Some(next),
            Some(before) if before.agrees(next) => {
                Some(Self { of: if before.of.is_empty() { next.of } else { before.of }, ..next })
            }
            Some(_) => None,
        }
    }
}

/// Whether letters stand right before a numeral that are no currency's, as in `A5`.
pub(crate) fn names_another(before: &[char]) -> bool {
    let start = before.iter().rposition(|char| !char.is_alphabetic()).map_or(0, |at| at + 1);
    let word: String = before[start..].iter().take(8).flat_map(|char| char.to_lowercase()).collect();
    !word.is_empty() && Currency::of_name(&word).is_none() && Currency::region(&word).is_none()
}
