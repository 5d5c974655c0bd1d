//! A parenthesis behind a name that says more of it: `Berlin (Germany)`, `Titanic (1997 film)`.

use crate::strict::chinese;
use crate::strict::lifespan;
use crate::strict::shortform;
use crate::strict::tokens::{Gap, Tokens};
use crate::strict::words::{is_noun, relates};

const MAX_WORDS: usize = 4;

/// Whether all that follows the name at tokens `start..end` is a parenthesis that describes it: the initials of the
/// name, a year, a country or state, or words with a noun or a preposition that make a description. A lone name
/// (`Berlin (Paris)`) is another candidate. O(1) but for the name's length.
pub(crate) fn describes(tokens: &Tokens, start: usize, end: usize) -> bool {
    if lifespan::stands(tokens, end) || shortform::stands(tokens, start, end) {
        return true;
    }
    let count = tokens.len() - end;
    let opens = tokens.get(end).is_some_and(|token| token.gap == Gap::Parenthesis);
    let closed =
        (end + 1..tokens.len()).all(|index| tokens.get(index).is_some_and(|token| token.gap == Gap::Space));
    if !opens || !closed || count > MAX_WORDS {
        return false;
    }
    let lived = matches!(tokens.word(end), "born" | "died") && count == 2;
    let words = || (end..tokens.len()).map(|index| tokens.word(index));
    if cites(tokens, end) {
        return true;
    }
    let year = |word: &str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    // Another number makes it another name: `Rocky (part 2)`.
    if words().any(|word| !year(word) && word.contains(|char: char| char.is_numeric())) {
        return false;
    }
    let first = tokens.word(end);
    let article = tokens.get(end).is_some_and(|token| token.article.is_some());
    let described = words().any(|word| is_noun(word) || word == "capital" || word == "state")
        || count > 1 && (article || words().skip(1).any(relates));
    let initials = count == 1
        && end - start > 1
        && (start..end).filter_map(|index| tokens.word(index).chars().next()).eq(first.chars());
    // `Apple Inc. (AAPL)`
    let company =
        matches!(tokens.word(end - 1), "inc" | "corp" | "corporation" | "ltd" | "co" | "plc" | "company");
    let ticker = count == 1
        && company
        && first.len() < 6
        && tokens.get(end).is_some_and(|token| token.caps)
        && first.chars().all(|char| tokens.slice(start, end).contains(char));
    described
        || ticker
        || initials
        || lived
        || count == 1 && year(first)
        || count == 1 && chinese::describes(first)
        || is_region(tokens.normal_from(end))
}

/// Whether a parenthesis says where it stands: `(Document 3)`, `(see page 5)`.
fn cites(tokens: &Tokens, first: usize) -> bool {
    let lead = usize::from(matches!(tokens.word(first), "see" | "source" | "from" | "in" | "cf"));
    let place = matches!(
        tokens.word(first + lead),
        "document"
            | "doc"
            | "passage"
            | "paragraph"
            | "section"
            | "page"
            | "p"
            | "chapter"
            | "article"
            | "table"
            | "source"
            | "ref"
            | "reference"
    );
    let number = tokens.word(first + lead + 1);
    place && tokens.len() == first + lead + 2 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Countries and the states of the USA, in normal form.
pub(crate) fn is_region(name: &str) -> bool {
    REGIONS.lines().any(|known| known == name)
}

const REGIONS: &str = include_str!("regions.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parenthesis_describes_or_names_another() {
        let rows = [
            ("Berlin (Germany)", 1, true),
            ("Springfield (Illinois)", 1, true),
            ("Auckland (New Zealand)", 1, true),
            ("Titanic (1997)", 1, true),
            ("Titanic (1997 film)", 1, true),
            ("Berlin (the capital of Germany)", 1, true),
            ("Berlin (city in Germany)", 1, true),
            ("World Health Organization (WHO)", 3, true),
            ("World Health Organization (UN)", 3, false),
            ("Berlin (Paris)", 1, false),
            ("Berlin (new york)", 1, false),
            ("Berlin (Germany) Paris", 1, false),
            ("Berlin (Germany, France)", 1, false),
            ("Berlin (Document 3)", 1, true),
            ("Berlin (see page 5)", 1, true),
            ("Rocky (2)", 1, false),
            ("Berlin, Germany", 1, false),
        ];
        for (text, end, same) in rows {
            assert_eq!(describes(&Tokens::of(text), 0, end), same, "{text}");
        }
    }

    #[test]
    fn regions_are_in_normal_form() {
        for name in REGIONS.lines() {
            assert_eq!(Tokens::of(name).normal(), name);
        }
    }
}
