//! Words and numbers, read off folded characters.

use crate::strict::fold::{Letters, is_currency};
use crate::strict::signs;
use crate::strict::tokens::Gap;

/// Reads folded characters, word by word.
pub(crate) struct Reader<'a, L: Letters + ?Sized> {
    pub(crate) letters: &'a L,
    pub(crate) at: usize,
}

impl<L: Letters + ?Sized> Reader<'_, L> {
    pub(crate) fn peek(&self, at: usize) -> char {
        self.letters.char(at).unwrap_or(' ')
    }

    pub(crate) fn before(&self) -> char {
        self.at.checked_sub(1).map_or(' ', |at| self.peek(at))
    }

    /// Reads the word that starts here into `word`, if one does; the reader then stands behind it.
    pub(crate) fn word(&mut self, word: &mut String) -> bool {
        word.clear();
        let char = self.peek(self.at);
        if is_letter(char) || self.is_sign() {
            if char == '-' {
                word.push('-');
                self.at += 1;
            }
            self.number(word);
            self.letters(word);
            if word == "percent" {
                word.replace_range(.., "%");
            }
            return true;
        }
        if let Some((sign, width)) = signs::at(self, char) {
            word.push(sign);
            self.at += width;
            return true;
        }
        match char {
            '&' => word.push_str("and"),
            '%' => word.push('%'),
            _ if is_currency(char) => word.push(char),
            _ => return false,
        }
        self.at += 1;
        true
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
            word.extend((self.at..end).map(|at| self.peek(at)).filter(|&char| char != ','));
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
            } else if matches!(char, '+' | '#' | '♭') && !word.is_empty() && !is_letter(next)
                || char == '-' && signs::is_charge(self, word)
            {
                word.push(char);
            } else if char == '.' && run == 1 && next.is_alphabetic() && !is_letter(self.peek(self.at + 2)) {
                run = 0;
            } else if char == '.' && run == 1 && self.is_initial(self.at + 2) && next == ' ' {
                // `J. K. Rowling`
                run = 0;
                self.at += 1;
            } else if !(char == '\'' && run > 0 && is_letter(next)) {
                return;
            }
            self.at += 1;
        }
    }

    /// Whether a single letter with its full stop stands at an index.
    fn is_initial(&self, at: usize) -> bool {
        self.peek(at).is_alphabetic() && self.peek(at + 1) == '.' && !is_letter(self.peek(at + 2))
    }

    /// Whether a mark touches a word, as emphasis does; between spaces it is a bullet.
    fn is_emphasis(&self) -> bool {
        !(self.before().is_whitespace() && self.peek(self.at + 1).is_whitespace())
    }

    pub(crate) fn gap(&self, char: char) -> Gap {
        let between = is_letter(self.before()) && is_letter(self.peek(self.at + 1));
        match char {
            ',' => Gap::Comma,
            '-' | '\'' | '.' | '_' if between => Gap::Space,
            '\n' => Gap::Stop,
            // An ellipsis.
            '.' if self.before() == '.' => Gap::Stop,
            '(' => Gap::Parenthesis,
            '-' | '–' | '—' if self.before().is_whitespace() => Gap::Dash,
            // One quotation behind another.
            '"' | '\'' | '\u{201c}' | '«'
                if self.before().is_whitespace()
                    && matches!(self.peek(self.at.saturating_sub(2)), '"' | '\'' | '\u{201d}' | '»') =>
            {
                Gap::Stop
            }
            _ if char.is_whitespace() => Gap::Space,
            '*' | '_' | '`' if self.is_emphasis() => Gap::Break,
            '-'
            | '\''
            | '.'
            | '"'
            | '\u{201c}'..='\u{201e}'
            | '«'
            | '»'
            | ':'
            | ')'
            | ']'
            | '}'
            | '!'
            | '®'
            | '©' => Gap::Break,
            _ => Gap::Stop,
        }
    }
}

fn is_letter(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_alphanumeric();
    }
    char.is_alphanumeric() || unicode_normalization::char::is_combining_mark(char)
}
