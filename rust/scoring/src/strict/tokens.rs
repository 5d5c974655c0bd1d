//! The normal form of a text: its words, folded, without articles and punctuation, numbers whole.

use crate::strict::fold::{Letters, Unicode, fold, is_currency};
use crate::strict::marks::denials;
use crate::strict::reader::Reader;

/// What stands between two tokens, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    /// Spaces, hyphens, nothing.
    Space,
    /// A closing bracket, quote, colon or full stop.
    Break,
    /// A dash between two spaces.
    Dash,
    /// A comma.
    Comma,
    /// An opening parenthesis.
    Parenthesis,
    /// A semicolon, slash, line end or any other sign, such as an arrow or a bullet.
    Stop,
}

/// One word or number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    start: usize,
    end: usize,
    /// What stands before it.
    pub(crate) gap: Gap,
    /// The article before it, which was dropped.
    pub(crate) article: Option<Article>,
    /// Whether it was written with a capital.
    pub(crate) upper: bool,
    /// Whether it was written in capitals, two at least.
    pub(crate) caps: bool,
    /// Whether it ends in a possessive: `Germany's`.
    pub(crate) possessive: bool,
}

/// An article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Article {
    Definite,
    Indefinite,
}

const ARTICLES: [&str; 3] = ["the", "an", "a"];

/// A text in normal form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens {
    normal: String,
    places: Vec<Token>,
    /// How often a sign denies.
    pub(crate) denials: usize,
    /// Whether it opens with the bracket of a list.
    pub(crate) bracketed: bool,
    /// Whether a question mark stands in it.
    pub(crate) asks: bool,
}

impl Tokens {
    /// The normal form of a text. O(n).
    pub(crate) fn of(text: &str) -> Self {
        Self::read(text, Unicode::Fold)
    }

    /// The same, with or without diacritics. O(n).
    pub(crate) fn read(text: &str, unicode: Unicode) -> Self {
        let mut tokens = Self {
            normal: String::with_capacity(text.len()),
            places: Vec::with_capacity(text.len().min(64) / 4 + 1),
            denials: denials(text),
            bracketed: text.trim_start().starts_with(['[', '{']),
            asks: text.contains(['?', '？']),
        };
        if text.is_ascii() {
            tokens.fill(text.as_bytes());
        } else {
            tokens.fill(&fold(text, unicode)[..]);
        }
        tokens
    }

    fn fill<L: Letters + ?Sized>(&mut self, letters: &L) {
        let mut reader = Reader { letters, at: 0 };
        let mut word = String::with_capacity(24);
        let mut article: Option<(&str, Token)> = None;
        let (mut gap, mut seen) = (Gap::Space, false);
        while let Some(char) = letters.char(reader.at) {
            let upper = letters.upper(reader.at);
            let begin = reader.at;
            if !reader.word(&mut word) {
                gap = gap.max(reader.gap(char));
                reader.at += 1;
                continue;
            }
            let dropped = article.take();
            if !seen {
                gap = Gap::Space;
            } else if let Some((_, article)) = dropped {
                // `A, Berlin` lists two candidates, of which one looks like an article.
                let apart = gap >= Gap::Comma || gap > Gap::Space && article.gap >= Gap::Comma;
                gap = if apart { Gap::Stop } else { gap.max(article.gap) };
            }
            let possessive = reader.before() == 's' && reader.at > 1 && reader.peek(reader.at - 2) == '\'';
            let caps = upper && word.len() > 1 && (begin..reader.at).all(|at| letters.upper(at));
            let article_before =
                dropped.map(|(word, _)| if word == "the" { Article::Definite } else { Article::Indefinite });
            let sign = !word.starts_with(|char: char| char.is_alphanumeric() || matches!(char, '-' | '%'))
                && !word.starts_with(is_currency);
            // A sign parts what stands beside it, unless the gold has it too.
            let gap_before = if sign { Gap::Stop } else { gap };
            let token =
                Token { start: 0, end: 0, gap: gap_before, article: article_before, upper, caps, possessive };
            gap = if sign { Gap::Stop } else { Gap::Space };
            // A capital A inside a text is a name: Vitamin A.
            match ARTICLES.into_iter().find(|&known| known == word) {
                Some(known) if known != "a" || !(upper && (seen || heads_letters(letters, reader.at))) => {
                    article = Some((known, token));
                }
                _ => self.push(&word, token),
            }
            seen = true;
        }
        match article {
            Some((word, token)) if word != "the" && !self.is_empty() => self.push(word, token),
            _ => {}
        }
    }

    fn push(&mut self, word: &str, token: Token) {
        // `50km` is `50 km`.
        if let Some(at) = unit(word) {
            self.push(&word[..at], token);
            return self.push(&word[at..], Token { gap: Gap::Space, article: None, ..token });
        }
        if !self.normal.is_empty() {
            self.normal.push(' ');
        }
        let start = self.normal.len();
        self.normal.push_str(word);
        self.places.push(Token { start, end: self.normal.len(), ..token });
    }

    /// The tokens, one space between two.
    pub(crate) fn normal(&self) -> &str {
        &self.normal
    }

    pub(crate) fn into_normal(self) -> String {
        self.normal
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Token `index`; none beyond the last.
    pub(crate) fn get(&self, index: usize) -> Option<&Token> {
        self.places.get(index)
    }

    /// Word `index`; empty beyond the last.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.places.get(index).map_or("", |token| &self.normal[token.start..token.end])
    }

    /// The tokens from `index` on, one space between two.
    pub(crate) fn normal_from(&self, index: usize) -> &str {
        self.places.get(index).map_or("", |token| &self.normal[token.start..])
    }

    /// The tokens from `index` to before `end`, one space between two; there is at least one.
    pub(crate) fn slice(&self, index: usize, end: usize) -> &str {
        match (self.places.get(index), self.places.get(end.saturating_sub(1))) {
            (Some(first), Some(last)) if index < end => &self.normal[first.start..last.end],
            _ => "",
        }
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|token| &self.normal[token.start..token.end])
    }

    /// Index of the first token of the first occurrence of `part`, at token boundaries. O(n + m).
    pub(crate) fn find(&self, part: &Self) -> Option<usize> {
        let pad = |tokens: &Self| [b" ", tokens.normal.as_bytes(), b" "].concat();
        let start = memchr::memmem::find(&pad(self), &pad(part))?;
        Some(self.places.partition_point(|token| token.start < start))
    }
}

/// Whether a mark and another single capital follow an `A`, which is an option then: `A, C`.
fn heads_letters<L: Letters + ?Sized>(letters: &L, at: usize) -> bool {
    let mut rest = (at..at + 8).skip_while(|&at| letters.char(at) == Some(' '));
    let marked = rest.next().and_then(|at| letters.char(at)).is_some_and(|char| ",/&;".contains(char));
    let mut rest = rest.skip_while(|&at| letters.char(at) == Some(' '));
    let letter = rest.next().is_some_and(|at| letters.upper(at));
    marked && letter && rest.next().and_then(|at| letters.char(at)).is_none_or(|char| !char.is_alphanumeric())
}

/// Where a number ends and the unit joined to it begins.
fn unit(word: &str) -> Option<usize> {
    if !word.trim_start_matches('-').starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    let at = word.rfind(|char: char| char.is_ascii_digit())? + 1;
    let known = matches!(
        &word[at..],
        "km" | "cm"
            | "mm"
            | "nm"
            | "kg"
            | "mg"
            | "ml"
            | "ft"
            | "lb"
            | "lbs"
            | "mi"
            | "kmh"
            | "mph"
            | "kw"
            | "mw"
            | "gw"
            | "kwh"
            | "mwh"
            | "gwh"
            | "kb"
            | "mb"
            | "gb"
            | "tb"
            | "hz"
            | "khz"
            | "mhz"
            | "ghz"
            | "am"
            | "pm"
    );
    known.then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_form_keeps_what_distinguishes_answers() {
        let rows = [
            ("The  Cost-plus type.", "cost plus type"),
            ("3.5 -5 (-5) 1,500 1,5 45%", "3.5 -5 -5 1500 1,5 45 %"),
            ("U.S. C++ O'Brien U.S.A", "us c++ obrien usa"),
            ("J. K. Rowling", "jk rowling"),
            ("J.R.R. Tolkien", "jrr tolkien"),
            ("Vitamin A", "vitamin a"),
            ("Vitamin A deficiency", "vitamin a deficiency"),
            ("A the an", ""),
            ("!?", ""),
            ("Barnes & Noble", "barnes and noble"),
            ("2019-2020", "2019 2020"),
            ("１２ m²", "12 m 2"),
            ("50km -3.5kg B52km", "50 km -3.5 kg b52km"),
        ];
        for (text, normal) in rows {
            assert_eq!(Tokens::of(text).normal(), normal, "{text}");
        }
    }

    #[test]
    fn a_part_is_found_at_token_boundaries_only() {
        let text = Tokens::of("in north Norway or no way");
        assert_eq!(text.find(&Tokens::of("no")), Some(4));
        assert_eq!(text.find(&Tokens::of("north")), Some(1));
        assert_eq!(text.find(&Tokens::of("way or")), None);
        assert_eq!(Tokens::of("xo o o").find(&Tokens::of("o o")), Some(1));
    }
}
