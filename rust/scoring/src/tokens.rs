//! The normal form of a text: its words, folded, without articles and punctuation, numbers whole.

use crate::fold::{Folded, fold, is_currency};

/// What stands between two tokens, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap {
    /// Spaces, hyphens, nothing.
    Space,
    /// A bracket, quote, dash, colon or full stop.
    Break,
    /// A comma.
    Comma,
    /// A semicolon, slash, bar or line end.
    Stop,
}

/// One word or number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    start: usize,
    end: usize,
    /// What stands before it.
    pub(crate) gap: Gap,
    /// Whether an article before it was dropped.
    pub(crate) article: bool,
}

/// A text in normal form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens {
    normal: String,
    tokens: Vec<Token>,
}

impl Tokens {
    /// The normal form of a text. O(n).
    pub(crate) fn of(text: &str) -> Self {
        let folded = fold(text);
        let mut reader = Reader { folded: &folded, at: 0 };
        let mut tokens = Self::default();
        let mut article: Option<(String, Token)> = None;
        let (mut gap, mut seen) = (Gap::Space, false);
        while let Some(&Folded { char, upper }) = reader.folded.get(reader.at) {
            let Some(word) = reader.word() else {
                gap = gap.max(reader.gap(char));
                reader.at += 1;
                continue;
            };
            let dropped = article.take();
            if !seen {
                gap = Gap::Space;
            } else if dropped.is_some() && gap >= Gap::Comma {
                // `A, Berlin` lists two candidates, of which one looks like an article.
                gap = Gap::Stop;
            }
            let token = Token { start: 0, end: 0, gap, article: dropped.is_some() };
            gap = Gap::Space;
            // A capital A inside a text is a name: Vitamin A.
            if matches!(word.as_str(), "the" | "an") || word == "a" && !(upper && seen) {
                gap = token.gap;
                article = Some((word, token));
            } else {
                tokens.push(&word, token);
            }
            seen = true;
        }
        match article {
            Some((word, token)) if word != "the" && !tokens.is_empty() => tokens.push(&word, token),
            _ => {}
        }
        tokens
    }

    fn push(&mut self, word: &str, token: Token) {
        if !self.normal.is_empty() {
            self.normal.push(' ');
        }
        let start = self.normal.len();
        self.normal.push_str(word);
        self.tokens.push(Token { start, end: self.normal.len(), ..token });
    }

    /// The tokens, one space between two.
    pub(crate) fn normal(&self) -> &str {
        &self.normal
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Token `index`; none beyond the last.
    pub(crate) fn get(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index)
    }

    /// Word `index`; empty beyond the last.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &self.normal[token.start..token.end])
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().map(|token| &self.normal[token.start..token.end])
    }

    /// Index of the first token of the first occurrence of `part`, at token boundaries. O(n + m).
    pub(crate) fn find(&self, part: &Self) -> Option<usize> {
        let pad = |tokens: &Self| [b" ", tokens.normal.as_bytes(), b" "].concat();
        let start = memchr::memmem::find(&pad(self), &pad(part))?;
        Some(self.tokens.partition_point(|token| token.start < start))
    }
}

struct Reader<'a> {
    folded: &'a [Folded],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self, at: usize) -> char {
        self.folded.get(at).map_or(' ', |folded| folded.char)
    }

    fn before(&self) -> char {
        self.at.checked_sub(1).map_or(' ', |at| self.peek(at))
    }

    /// The word that starts here, if one does; the reader then stands behind it.
    fn word(&mut self) -> Option<String> {
        let char = self.peek(self.at);
        if is_letter(char) || self.is_sign() {
            let mut word = String::new();
            if char == '-' {
                word.push('-');
                self.at += 1;
            }
            self.number(&mut word);
            self.letters(&mut word);
            return Some(if word == "percent" { "%".to_owned() } else { word });
        }
        let word = match char {
            '&' => "and".to_owned(),
            '%' => "%".to_owned(),
            _ if is_currency(char) => char.to_string(),
            _ => return None,
        };
        self.at += 1;
        Some(word)
    }

    /// A hyphen that negates the number behind it rather than joining two words.
    fn is_sign(&self) -> bool {
        self.peek(self.at) == '-'
            && self.peek(self.at + 1).is_ascii_digit()
            && (matches!(self.before(), ' ' | '(' | '[' | ':' | '=' | '\n' | '\t')
                || is_currency(self.before()))
    }

    /// Digits with whatever joins them: `1,500.25` is `1500.25`, but `1,5` stays as it is.
    fn number(&mut self, word: &mut String) {
        let start = word.len();
        while self.peek(self.at).is_ascii_digit() {
            word.push(self.peek(self.at));
            self.at += 1;
        }
        if word.len() == start {
            return;
        }
        if word.len() - start <= 3 {
            self.groups(word);
        }
        while matches!(self.peek(self.at), '.' | ',' | '/' | ':') && self.peek(self.at + 1).is_ascii_digit() {
            word.push(self.peek(self.at));
            self.at += 1;
            while self.peek(self.at).is_ascii_digit() {
                word.push(self.peek(self.at));
                self.at += 1;
            }
        }
    }

    /// Groups of three digits, all or none.
    fn groups(&mut self, word: &mut String) {
        let group =
            |at: usize| self.peek(at) == ',' && (1..=3).all(|digit| self.peek(at + digit).is_ascii_digit());
        let mut end = self.at;
        while group(end) {
            end += 4;
        }
        let ill_formed =
            |at| self.peek(at).is_ascii_digit() || self.peek(at) == ',' && self.peek(at + 1).is_ascii_digit();
        if end > self.at && !ill_formed(end) {
            word.extend(
                self.folded[self.at..end].iter().map(|folded| folded.char).filter(|&char| char != ','),
            );
            self.at = end;
        }
    }

    /// Letters and digits; apostrophes between them vanish, as do the points of `U.S.`; `C++` and `C#` keep their signs.
    fn letters(&mut self, word: &mut String) {
        let mut run = 0;
        loop {
            let (char, next) = (self.peek(self.at), self.peek(self.at + 1));
            if is_letter(char) {
                word.push(char);
                run += 1;
            } else if matches!(char, '+' | '#') && !word.is_empty() && !is_letter(next) {
                word.push(char);
            } else if char == '.' && run == 1 && next.is_alphabetic() && !is_letter(self.peek(self.at + 2)) {
                run = 0;
            } else if !(char == '\'' && run > 0 && is_letter(next)) {
                return;
            }
            self.at += 1;
        }
    }

    fn gap(&self, char: char) -> Gap {
        let between = is_letter(self.before()) && is_letter(self.peek(self.at + 1));
        match char {
            ',' => Gap::Comma,
            ';' | '/' | '|' | '\n' => Gap::Stop,
            '-' | '\'' | '.' if between => Gap::Space,
            _ if char.is_whitespace() => Gap::Space,
            _ => Gap::Break,
        }
    }
}

fn is_letter(char: char) -> bool {
    char.is_alphanumeric() || unicode_normalization::char::is_combining_mark(char)
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
            ("Vitamin A", "vitamin a"),
            ("Vitamin A deficiency", "vitamin a deficiency"),
            ("A the an", ""),
            ("!?", ""),
            ("Barnes & Noble", "barnes and noble"),
            ("2019-2020", "2019 2020"),
            ("１２ m²", "12 m 2"),
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
