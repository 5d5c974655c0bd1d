//! Countries and states behind a name: one, or a state and its country.

use crate::strict::aside::is_region;
use crate::strict::shortform;
use crate::strict::tokens::{Gap, Tokens};

/// Countries, each name between bars, with their states.
const STATES: [(&str, &str); 6] = [
    (
        "|us|usa|united states|united states of america|",
        "|alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|\
         illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|\
         missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|north dakota|\
         ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas|utah|vermont|\
         virginia|washington|west virginia|wisconsin|wyoming|dc|puerto rico|ca|tx|ny|fl|il|pa|oh|ga|nc|mi|nj|va|wa|\
         az|tn|md|mo|wi|co|mn|sc|al|ky|ct|nv|ut|ms|nm|ne|wv|nh|ri|mt|sd|nd|ak|vt|wy|ar|",
    ),
    (
        "|canada|",
        "|alberta|british columbia|manitoba|new brunswick|newfoundland|nova scotia|ontario|prince edward island|\
         quebec|saskatchewan|yukon|",
    ),
    (
        "|australia|",
        "|new south wales|northern territory|queensland|south australia|tasmania|victoria|western australia|",
    ),
    (
        "|germany|",
        "|baden wurttemberg|bavaria|brandenburg|hesse|lower saxony|north rhine westphalia|rhineland palatinate|\
         saxony|schleswig holstein|thuringia|prussia|",
    ),
    (
        "|india|",
        "|andhra pradesh|assam|bihar|goa|gujarat|karnataka|kerala|maharashtra|odisha|punjab|rajasthan|tamil nadu|\
         telangana|uttar pradesh|west bengal|",
    ),
    (
        "|uk|united kingdom|great britain|britain|england|",
        "|england|scotland|wales|northern ireland|berkshire|buckinghamshire|cambridgeshire|cheshire|cornwall|cumbria|\
         derbyshire|devon|dorset|durham|essex|gloucestershire|hampshire|hertfordshire|kent|lancashire|\
         leicestershire|norfolk|northumberland|nottinghamshire|oxfordshire|somerset|suffolk|surrey|sussex|\
         warwickshire|wiltshire|yorkshire|",
    ),
];

/// Whether the countries and states behind the name at tokens `start..end`, the name among them where it is one, are
/// one place: at most one of them, or a state and its country. O(n).
pub(crate) fn agree(tokens: &Tokens, start: usize, end: usize) -> bool {
    // `the United Kingdom (UK)`
    if shortform::stands(tokens, start, end) {
        return true;
    }
    let mut known = Vec::new();
    known.extend(Some(tokens.slice(start, end)).filter(|name| is_region(name)));
    let mut first = end;
    while first < tokens.len() {
        let opens = |&index: &usize| tokens.get(index).is_some_and(|token| token.gap > Gap::Break);
        let next = (first + 1..tokens.len()).find(opens).unwrap_or(tokens.len());
        let name = tokens.slice(first, next);
        if tokens.get(first).is_some_and(|token| token.gap > Gap::Break)
            && (is_region(name) || name == "new york")
        {
            known.push(name);
        }
        first = next;
    }
    match known[..] {
        [] | [_] => true,
        [state, country] => is_state_of(state, country),
        _ => false,
    }
}

fn is_state_of(state: &str, country: &str) -> bool {
    let listed = |name: &str, names: &str| names.contains(&["|", name, "|"].concat());
    state != country
        && STATES.iter().any(|(countries, states)| listed(country, countries) && listed(state, states))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_behind_a_name_are_one_place() {
        let rows = [
            ("Berlin", 1, true),
            ("Berlin, Germany", 1, true),
            ("Munich, Bavaria, Germany", 1, true),
            ("Texas, United States", 1, true),
            ("Texas, Ohio", 1, false),
            ("France, Germany, Italy", 1, false),
            ("Austin, France, Germany", 1, false),
            ("Austin, Texas, Germany", 1, false),
        ];
        for (text, end, same) in rows {
            assert_eq!(agree(&Tokens::of(text), 0, end), same, "{text}");
        }
    }
}
