//! What may stand before and behind a numeral.

use crate::strict::currency::Currency;
use crate::strict::pieces::{Piece, pieces};
use crate::strict::powers::without_powers;
use crate::strict::quantity_words::{introduces, is_month, is_percent, is_rival, is_short_month};
use crate::strict::scale_words::{Place, Scale, scale};
use crate::strict::units::{counts, explains, is_filler, is_measure, unit};
use crate::strict::words::{denies, hedges};
use crate::verdict::Reason;

/// What stands before a numeral.
#[derive(Default)]
pub(crate) struct Prefix {
    pub(crate) negative: bool,
    /// A parenthesis opens and only signs stand between it and the numeral.
    pub(crate) open: bool,
    /// A currency stands before that parenthesis.
    pub(crate) outside: bool,
    pub(crate) currency: Option<Currency>,
}

impl Prefix {
    /// `bare`: no words but names of currencies. `year`: the numeral may be a year, and a month may stand before it.
    pub(crate) fn read(chars: &[char], bare: bool, year: bool) -> Result<Self, Reason> {
        let mut prefix = Self::default();
        let (mut signed, mut about, mut region) = (false, false, None);
        // `U.S. $5`
        let dotted = chars.windows(4).position(|letters| letters == ['U', '.', 'S', '.']);
        let undotted = dotted.map(|at| [&chars[..at], &['U', 'S'], &chars[at + 4..]].concat());
        let pieces = pieces(undotted.as_deref().unwrap_or(chars))?;
        for (index, piece) in pieces.iter().enumerate() {
            let dollar = pieces.get(index + 1).is_some_and(|piece| piece.is_sign('$'));
            match piece {
                Piece::Word { word, .. }
                    if matches!(word.as_str(), "minus" | "negative") && !signed && !bare =>
                {
                    (signed, prefix.negative) = (true, true);
                }
                Piece::Word { word, .. } => {
                    if let Some(of) =
                        Currency::region(word).or_else(|| Currency::initial(word).filter(|_| dollar))
                    {
                        region = Some(of);
                    } else if let Some(named) = Currency::of_name(word) {
                        prefix.currency =
                            Some(Currency::joined(prefix.currency, named, region).ok_or(Reason::Different)?);
                    } else if bare
                        || signed
                        || !(introduces(word) || year && (is_month(word) || is_short_month(word)))
                    {
                        return Err(objection(chars));
                    }
                }
                Piece::Sign { char: '-' | '+', after_word } if signed || *after_word => {
                    return Err(Reason::Different);
                }
                Piece::Sign { char, .. } => match char {
                    '-' | '+' => (signed, prefix.negative) = (true, *char == '-'),
                    '(' if prefix.open => return Err(Reason::Different),
                    '(' => (prefix.open, prefix.outside) = (true, prefix.currency.is_some()),
                    // Twice, it strikes out.
                    '~' if about => return Err(Reason::Negated),
                    '~' | '≈' | '=' | ':' | '"' | '.' | ',' if !bare && !signed && !prefix.open => {
                        about |= *char == '~';
                    }
                    _ => {
                        let sign = Currency::of_sign(*char).ok_or(Reason::Different)?;
                        prefix.currency =
                            Some(Currency::joined(prefix.currency, sign, region).ok_or(Reason::Different)?);
                    }
                },
            }
        }
        Ok(prefix)
    }
}

/// What stands behind a numeral.
#[derive(Default)]
pub(crate) struct Suffix {
    pub(crate) percent: bool,
    /// Power of ten of the scale words.
    pub(crate) scale: i64,
    /// Words that may be a scale.
    pub(crate) unclear: Option<String>,
    /// The parenthesis before the numeral closes.
    pub(crate) closes: bool,
    /// A scale, a percent sign or a currency stands behind that parenthesis.
    pub(crate) outside: bool,
    /// Of prefix or suffix.
    pub(crate) currency: Option<Currency>,
    /// What is counted or measured.
    pub(crate) units: Vec<String>,
}

impl Suffix {
    /// `bare`: no words but scales, percent and names of currencies.
    /// `one`: the numeral is 1, which counts in the singular.
    pub(crate) fn read(
        chars: &[char],
        bare: bool,
        one: bool,
        before: Option<Currency>,
    ) -> Result<Self, Reason> {
        // `5-`, `5!!`
        let open = chars.iter().rfind(|char| !char.is_whitespace() && !matches!(char, '.' | '"'));
        if open == Some(&'-') || chars.first() == Some(&'!') {
            return Err(Reason::Different);
        }
        // `km²`
        let powers = without_powers(chars);
        let chars = powers.as_deref().unwrap_or(chars);
        if chars.iter().any(|char| char.is_numeric()) {
            return Err(Reason::TooManyCandidates);
        }
        let mut pieces = pieces(chars)?;
        // `5.2 million (USD)`
        let currency = pieces.windows(3).position(|pieces| {
            pieces[0].is_sign('(')
                && !pieces[1].word().is_empty()
                && pieces[1].is_money()
                && pieces[2].is_sign(')')
        });
        if let Some(open) = currency {
            pieces.remove(open + 2);
            pieces.remove(open);
        }
        let mut reading = Reading {
            suffix: Self { currency: before, ..Self::default() },
            money: before.is_some() || pieces.iter().any(Piece::is_money),
            units: false,
            remark: Remark::default(),
            region: None,
            bare,
            run: Vec::new(),
        };
        let attached = chars.first().is_some_and(|char| char.is_alphabetic());
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Word { word, upper } => {
                    let place = Place {
                        attached: attached && index == 0,
                        upper: *upper,
                        last: pieces[index + 1..]
                            .iter()
                            .all(|piece| piece.word().is_empty() || piece.is_money()),
                    };
                    let next = pieces.get(index + 1).map_or("", Piece::word);
                    let previous = index.checked_sub(1).map_or("", |index| pieces[index].word());
                    if word == "per" && next == "cent"
                        || word == "to" && matches!(previous, "according" | "due" | "compared")
                    {
                        continue;
                    }
                    let word = if previous == "per" && word == "cent" { "percent" } else { word };
                    // `5 m/s`
                    let over = pieces.get(index + 1).is_some_and(|piece| piece.is_sign('/'));
                    let word = if word == "m" && over && !reading.money { "meter" } else { word };
                    // `5a` is the name of something.
                    if place.attached && matches!(word, "a" | "d" | "o" | "q" | "r" | "u") {
                        return Err(Reason::Different);
                    }
                    reading.word(word, place).ok_or_else(|| objection(chars))?;
                }
                Piece::Sign { char, .. } => reading.sign(*char).ok_or(Reason::Different)?,
            }
        }
        // `5 NT` without its dollar
        if reading.region.is_some() && reading.suffix.currency.is_none() {
            return Err(Reason::Different);
        }
        // `$5%`, `5 million percent`, `5% kg`
        let suffix = &reading.suffix;
        let mixed =
            suffix.currency.is_some() || suffix.scale > 0 || suffix.units.iter().any(|unit| is_measure(unit));
        if suffix.percent && mixed {
            return Err(Reason::Different);
        }
        let counted = reading.run.is_empty() || counts(&reading.run, one);
        if counted { Ok(reading.suffix) } else { Err(Reason::Different) }
    }
}

/// Where the words behind a numeral no longer say what is counted.
#[derive(Default)]
struct Remark {
    /// A mark stands right before.
    paused: bool,
    /// Words that count nothing were read.
    closed: bool,
}

struct Reading {
    suffix: Suffix,
    /// Whether a currency stands before or behind the numeral.
    money: bool,
    /// Whether what was read last is no longer part of the number.
    units: bool,
    remark: Remark,
    region: Option<&'static str>,
    bare: bool,
    /// The words that say what is counted.
    run: Vec<String>,
}

impl Reading {
    fn word(&mut self, word: &str, place: Place) -> Option<()> {
        let suffix = &mut self.suffix;
        let paused = std::mem::take(&mut self.remark.paused);
        match scale(word, self.money, place) {
            Some(Scale::Power(_)) if self.units || suffix.percent || suffix.unclear.is_some() => return None,
            Some(Scale::Power(power)) => {
                suffix.scale += power;
                suffix.outside |= suffix.closes;
            }
            Some(Scale::Unclear) if self.bare => return None,
            Some(Scale::Unclear) => suffix.unclear.get_or_insert_default().push_str(word),
            None if is_percent(word) && !self.units => {
                suffix.percent = true;
                suffix.outside |= suffix.closes;
            }
            None => {
                if let Some(of) = Currency::region(word).or_else(|| Currency::nation(word)) {
                    self.region = Some(of);
                } else if let Some(named) = Currency::of_name(word) {
                    suffix.currency = Some(Currency::joined(suffix.currency, named, self.region)?);
                    suffix.outside |= suffix.closes;
                } else if self.bare || is_rival(word) || paused && !explains(word) {
                    return None;
                } else {
                    self.remark.closed |= paused || is_filler(word);
                    if !self.remark.closed {
                        suffix.units.extend(unit(word).map(str::to_owned));
                        self.run.push(word.to_owned());
                    }
                }
                self.units = true;
            }
        }
        Some(())
    }

    fn sign(&mut self, char: char) -> Option<()> {
        let suffix = &mut self.suffix;
        match char {
            '%' if !self.units && !suffix.percent && suffix.scale == 0 => {
                suffix.percent = true;
                suffix.outside |= suffix.closes;
            }
            ')' if !suffix.closes && !self.units => suffix.closes = true,
            '.' => {}
            '-' if suffix.closes => return None,
            ',' | ';' | ':' | '"' | '\'' | '-' | '/' | '°' | '!' if !self.bare => {
                self.units = true;
                self.remark.paused = matches!(char, ',' | ';' | ':');
            }
            _ => {
                let sign = Currency::of_sign(char).filter(|_| suffix.currency.is_none())?;
                suffix.currency = Some(sign);
                suffix.outside |= suffix.closes;
            }
        }
        Some(())
    }
}

/// Why words keep a text from being a number.
pub(crate) fn objection(chars: &[char]) -> Reason {
    let text: String =
        chars.iter().filter(|&&char| char != '\'').flat_map(|char| char.to_lowercase()).collect();
    for word in text.split(|char: char| !char.is_alphabetic()) {
        if denies(word) {
            return Reason::Negated;
        }
        if hedges(word, None) {
            return Reason::Hedged;
        }
        if matches!(word, "or" | "and" | "to") {
            return Reason::TooManyCandidates;
        }
    }
    Reason::Different
}
