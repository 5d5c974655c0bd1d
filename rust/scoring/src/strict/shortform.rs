//! A short form and what it stands for: `the United Kingdom (UK)`, `NASA (National Aeronautics and Space
//! Administration)`, `Apple (AAPL)`.

use crate::strict::tail_words::listed;
use crate::strict::tokens::{Gap, Tokens};

/// Whether all that follows the name at tokens `start..end` is a parenthesis with its initials, or the words of which
/// the name is the initials, or the ticker of the company. O(1) but for the name's length.
pub(crate) fn stands(tokens: &Tokens, start: usize, end: usize) -> bool {
    let opens = tokens.get(end).is_some_and(|token| token.gap == Gap::Parenthesis);
    opens && start < end && {
        let gap = |most: Gap| {
            (end + 1..tokens.len()).all(|index| tokens.get(index).is_some_and(|token| token.gap <= most))
        };
        let caps = |index: usize| tokens.get(index).is_some_and(|token| token.caps);
        let upper = |index: usize| tokens.get(index).is_some_and(|token| token.upper);
        let single = tokens.len() == end + 1;
        single && end - start > 1 && upper(end) && spells(tokens, start..end, tokens.word(end))
            || end - start == 1
                && caps(start)
                && gap(Gap::Space)
                && spells(tokens, end..tokens.len(), tokens.word(start))
            || gap(Gap::Break) && is_ticker(tokens, start, end)
    }
}

/// Whether a word is made of the first letters of words, small ones counted or not.
fn spells(tokens: &Tokens, words: std::ops::Range<usize>, short: &str) -> bool {
    let small = |word: &str| listed(word, "of and the for in on at to");
    let initials = |all: bool| {
        words
            .clone()
            .map(|index| tokens.word(index))
            .filter(move |word| all || !small(word))
            .filter_map(|word| word.chars().next())
    };
    words.len() > 1 && (initials(true).eq(short.chars()) || initials(false).eq(short.chars()))
}

/// Companies whose ticker is not told from their name.
const TICKERS: &str = "apple aapl, microsoft msft, alphabet googl, alphabet goog, google googl, google goog, amazon amzn, \
                       meta meta, facebook fb, nvidia nvda, tesla tsla, netflix nflx, intel intc, amd amd, oracle orcl, \
                       cisco csco, adobe adbe, salesforce crm, paypal pypl, boeing ba, walmart wmt, nike nke, disney dis, \
                       starbucks sbux, visa v, mastercard ma, pfizer pfe, exxonmobil xom, chevron cvx, ford f";

/// Whether a parenthesis is the ticker of a company, alone where it is known, or behind an exchange.
fn is_ticker(tokens: &Tokens, start: usize, end: usize) -> bool {
    let name = tokens.word(start);
    let exchange = listed(tokens.word(end), "nyse nasdaq lse tsx amex hkex sse szse tyo asx nse bse otc");
    let at = end + usize::from(exchange);
    let ticker = tokens.word(at);
    let written = at + 1 == tokens.len()
        && ticker.len() <= 5
        && tokens.get(at).is_some_and(|token| token.upper && (token.caps || ticker.len() == 1));
    let known = TICKERS.split(", ").any(|pair| pair.split_once(' ') == Some((name, ticker)));
    written && (known || exchange && ticker.chars().next() == name.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_form_is_its_name() {
        let rows = [
            ("the United Kingdom (UK)", 2, true),
            ("the United States of America (USA)", 4, true),
            ("NASA (National Aeronautics and Space Administration)", 1, true),
            ("Apple (AAPL)", 1, true),
            ("IBM (NYSE: IBM)", 1, true),
            ("the United Kingdom (US)", 2, false),
            ("NASA (ESA)", 1, false),
            ("Apple (MSFT)", 1, false),
            ("Berlin (BERN)", 1, false),
            ("NASA (National Aeronautics, Space Administration)", 1, false),
            ("Apple (NASDAQ: AAPL, MSFT)", 1, false),
            ("Apple", 1, false),
        ];
        for (text, end, same) in rows {
            assert_eq!(stands(&Tokens::of(text), 0, end), same, "{text}");
        }
    }
}
