//! What may follow a name in an answer: a closed list of phrases. Whatever opens in another way is a second candidate or
//! a remark that takes the first one back, and nobody can list all of those.

use crate::strict::aside::is_region;
use crate::strict::chinese;
use crate::strict::lifespan;
use crate::strict::objects::{is_view, object};
pub(crate) use crate::strict::reasons::reasons;
use crate::strict::tail_words::{
    equates, is_description, is_ordinal, is_participle, is_sure, is_verb_of_record, is_year, locates,
    measures, reports, supposes,
};
use crate::strict::tokens::{Article, Gap, Tokens};
use crate::strict::told::tells;
use crate::strict::words::{is_copula, relates};

/// Whether every phrase behind a name that ends before token `end` is one that says more of it: `Berlin, Germany`,
/// `Berlin in 1990`, `Berlin, which is the capital`. A parenthesis is an aside's to judge. O(n).
pub(crate) fn allows(tokens: &Tokens, end: usize) -> bool {
    let opens = |index: usize| tokens.get(index).is_some_and(|token| token.gap > Gap::Break || index == end);
    if lifespan::stands(tokens, end) {
        return true;
    }
    let (mut index, mut opened) = (end, "");
    while index < tokens.len() {
        let next = (index + 1..tokens.len()).find(|&index| opens(index)).unwrap_or(tokens.len());
        let gap = tokens.get(index).map_or(Gap::Space, |token| token.gap);
        if gap != Gap::Parenthesis && !phrase(tokens, index..next, gap == Gap::Space) {
            return false;
        }
        // `of Tolstoy, of Austen`
        let word = tokens.word(index);
        if locates(word) && std::mem::replace(&mut opened, word) == word {
            return false;
        }
        index = next;
    }
    true
}

/// Whether a phrase is one of the list; `joined` where nothing but a space stands before it.
fn phrase(tokens: &Tokens, range: std::ops::Range<usize>, joined: bool) -> bool {
    let (first, end) = (range.start, range.end);
    let (word, last) = (tokens.word(first), first + 1 == end);
    let Some(token) = tokens.get(first) else { return false };
    match word {
        _ if token.article.is_some() => {
            !joined && described(tokens, first, end) && !another(tokens, first, end)
        }
        _ if is_copula(word) => predicate(tokens, first + 1, end),
        "has" | "had" | "have" => {
            first + 1 < end
                && named(tokens, first + 1)
                && !(first + 1..end).any(|at| reports(tokens.word(at)) || tokens.word(at) == "proposed")
        }
        "did" | "does" => last,
        "who" | "which" | "that" | "whose" | "where" | "when" => relative(tokens, first, end),
        "with" => {
            first + 3 == end
                && is_sure(tokens.word(first + 1))
                && matches!(tokens.word(first + 2), "confidence" | "certainty")
        }
        "it" | "he" | "she" | "they" if matches!(token.gap, Gap::Break | Gap::Dash) => {
            relative(tokens, first, end)
        }
        "not" | "and" | "instead" => denied(tokens, first),
        _ if locates(word) => !is_view(tokens, first) && object(tokens, first) && settled(tokens, first, end),
        _ if reasons(tokens, first) => true,
        _ if joined => false,
        _ if chinese::reasons(word) => true,
        // `Berlin, Germany`, `Washington, D.C.`, `July 4, 1776`, `Apple, Inc.`
        "inc" | "ltd" | "llc" | "corp" | "co" | "jr" | "sr" | "phd" | "md" | "esq" | "dc" | "ad" | "bc" => {
            last
        }
        _ if token.possessive => token.upper && described(tokens, first + 1, end),
        "his" | "her" | "its" | "their" => {
            matches!(tokens.word(first + 1), "birthplace" | "hometown" | "home" | "capital")
        }
        "near" | "north" | "south" | "east" | "west" | "northern" | "southern" | "eastern" | "western" => {
            first + 1 < end
        }
        _ if is_participle(word) => {
            // `Rocky, part 2`
            first + 1 < end
                && (word != "part" || tokens.word(first + 1) == "of")
                && (named(tokens, first + 1) || locates(tokens.word(first + 1)) && object(tokens, first + 1))
        }
        _ if is_ordinal(word) => described(tokens, first + 1, end),
        // `China, Republic of` is another name.
        _ if is_description(word) => last || first + 2 < end && relates(tokens.word(first + 1)),
        _ => last && is_year(word) || token.gap == Gap::Comma && region(tokens, first, end),
    }
}

/// Whether a name that is none of the answer ends it: `, not Paris`, `, and not Paris`, `instead of
/// Paris`.
pub(crate) fn denied(tokens: &Tokens, first: usize) -> bool {
    let names = |index: usize| tokens.get(index).is_some_and(|token| token.upper && token.gap == Gap::Space);
    let gap = |index: usize| tokens.get(index).map(|token| token.gap);
    let paused = gap(first) == Some(Gap::Comma);
    let behind = match (tokens.word(first), tokens.word(first + 1)) {
        ("and", "not") if paused && gap(first + 1) == Some(Gap::Space) => first + 2,
        ("not", _)
            if paused
                || first > 0 && tokens.word(first - 1) == "and" && gap(first - 1) == Some(Gap::Comma) =>
        {
            first + 1
        }
        ("instead", "of")
            if (paused || gap(first) <= Some(Gap::Break)) && gap(first + 1) == Some(Gap::Space) =>
        {
            first + 2
        }
        _ => return false,
    };
    (behind + 1..behind + 5).contains(&tokens.len()) && (behind..tokens.len()).all(names)
}

/// Whether the object of a verb is one of a statement: a name, a number, with an article or another's.
fn named(tokens: &Tokens, index: usize) -> bool {
    let Some(token) = tokens.get(index) else { return false };
    let word = tokens.word(index);
    token.upper
        || token.article.is_some() && described(tokens, index, index + 4)
        || word.starts_with(|char: char| !char.is_alphabetic())
        || matches!(word, "his" | "her" | "its" | "their" | "been" | "as" | "by")
}

/// Whether the first words of a description name what somebody or something may be: `the capital`, `an American
/// singer`.
pub(super) fn described(tokens: &Tokens, first: usize, end: usize) -> bool {
    let indefinite = tokens.get(first).is_some_and(|token| token.article == Some(Article::Indefinite));
    let alone = first + 1 == end.min(tokens.len());
    (first..end.min(first + 6).min(tokens.len())).any(|index| {
        let upper = tokens.get(index).is_some_and(|token| token.upper) && (alone || !indefinite);
        upper || is_description(tokens.word(index))
    })
}

/// Whether words with an article are a name and say of nothing what it is: `the Beatles`, but not `the UK`, `the King`.
fn another(tokens: &Tokens, first: usize, end: usize) -> bool {
    (first..end).all(|index| {
        tokens.get(index).is_some_and(|token| token.upper && !token.possessive)
            && !is_description(tokens.word(index))
    }) && !region(tokens, first, end)
}

/// Whether what follows a copula says more of its subject and sets it equal to no other name.
pub(super) fn predicate(tokens: &Tokens, index: usize, end: usize) -> bool {
    let word = tokens.word(index);
    let Some(token) = tokens.get(index).filter(|_| index < end) else { return false };
    if token.article.is_some() {
        return described(tokens, index, end);
    }
    if token.upper {
        return (index..end).any(|index| tokens.get(index).is_some_and(|token| token.possessive));
    }
    says_more(tokens, index)
        || word.starts_with(|char: char| !char.is_alphabetic())
        || is_description(word)
        || is_description(tokens.word(index + 1))
}

/// Whether words behind a copula tell of a place, an origin, a record or a comparison rather than name something.
pub(super) fn says_more(tokens: &Tokens, index: usize) -> bool {
    let word = tokens.word(index);
    is_participle(word) && !(word == "made" && tokens.word(index + 1) == "up")
        || is_verb_of_record(word)
        || measures(word) && !tokens.get(index + 1).is_some_and(|token| token.upper)
        || locates(word) && object(tokens, index)
        || matches!(word, "where" | "who" | "his" | "her" | "its" | "their")
}

/// Whether every verb within a phrase says more of the name before it: `in 1990 was the capital`.
fn settled(tokens: &Tokens, first: usize, end: usize) -> bool {
    (first..end).all(|index| !is_copula(tokens.word(index)) || predicate(tokens, index + 1, end))
}

/// Whether a relative clause says more of a name: its verb neither supposes nor sets the name equal to another.
fn relative(tokens: &Tokens, first: usize, end: usize) -> bool {
    let next = tokens.word(first + 1);
    let Some(token) = tokens.get(first + 1).filter(|_| first + 1 < end) else { return false };
    if is_copula(next) {
        return predicate(tokens, first + 2, end);
    }
    // `where Christopher Nolan was born`, but not `where Paris is`
    let place = matches!(tokens.word(first), "where" | "when") && token.upper;
    if place && tells(tokens, first + 1, end) {
        return true;
    }
    let unfinished = place && is_copula(tokens.word(end - 1));
    let upper = |index: usize| index < end && tokens.get(index).is_some_and(|token| token.upper);
    let verb = (first + 1..end).find(|&index| is_copula(tokens.word(index)));
    // `whose name is Paris`, `which means Paris`
    let renamed = tokens.word(first) == "whose"
        && matches!(next, "name" | "real" | "title" | "answer" | "other" | "full" | "correct")
        && verb.is_some_and(|verb| upper(verb + 1));
    let equal = equates(next) && upper(first + 2) && !is_description(tokens.word(first + 2));
    let reported = (first + 1..end).any(|index| reports(tokens.word(index)));
    !(unfinished || supposes(next) || renamed || equal || reported)
        && (!token.upper || first + 2 < end && !tokens.get(first + 2).is_some_and(|token| token.upper))
}

/// Whether token `index` is the speaker or the listener: an answer is about the world. The numeral of `World War I` is
/// neither. O(1).
pub(crate) fn speaks(tokens: &Tokens, index: usize) -> bool {
    match tokens.word(index) {
        "i" => {
            let numbered = index > 0 && tokens.get(index - 1).is_some_and(|token| token.upper);
            let ends = tokens.get(index + 1).is_none_or(|token| token.gap > Gap::Space);
            !(numbered && ends)
        }
        "im" | "ive" | "my" | "mine" | "myself" | "you" | "your" | "youre" => true,
        _ => false,
    }
}

/// Whether a preposition opens an idle phrase: `in part`, `at best`. O(1).
pub(crate) fn is_idle(tokens: &Tokens, index: usize) -> bool {
    locates(tokens.word(index)) && !object(tokens, index)
}

/// Whether tokens `first..end` are a country or a state.
fn region(tokens: &Tokens, first: usize, end: usize) -> bool {
    let rest = tokens.normal_from(first);
    let length = rest.len() - if end < tokens.len() { tokens.normal_from(end).len() + 1 } else { 0 };
    is_region(&rest[..length])
        // A city too: `New York City, New York`.
        || rest == "new york" && (1..first).any(|at| tokens.word(at - 1) == "new" && tokens.word(at) == "york")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_described_and_not_doubted() {
        for rest in [
            "",
            ", Germany",
            ", Bavaria, Germany",
            " in Germany",
            " in 1990",
            " in northern Germany",
            ", the capital of Germany",
            ", a city in Germany",
            ", capital of Germany",
            ", which is the capital",
            ", where he was born",
            ", because it is the capital",
            ", as stated in Document 2",
            ", according to the report",
            " is the capital of Germany",
            " is Germany's capital",
            " was older",
            " was born first",
            " - the capital of Germany",
            ", Inc.",
            ", 1776",
        ] {
            assert!(allows(&Tokens::of(&format!("Berlin{rest}")), 1), "{rest}");
        }
        for rest in [
            ", Paris",
            ", lol",
            ", a lie",
            ", the lie",
            ", in your dreams",
            ", in theory",
            ", at best",
            ", as a guess",
            ", as if",
            ", for now",
            ", with Paris second",
            ", followed by Paris",
            ", under protest",
            " my foot",
            " is Paris",
            " is out",
            " before Paris",
            ", which is Paris",
            ", which seems so",
            ": Paris",
            " - Paris",
        ] {
            assert!(!allows(&Tokens::of(&format!("Berlin{rest}")), 1), "{rest}");
        }
    }
}
