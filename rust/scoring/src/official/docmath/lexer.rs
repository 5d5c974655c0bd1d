//! The tokens of a Python expression, and where Python's tokenizer raises.

use super::names::may_be_name;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A literal of an integer, a float or an imaginary number.
    Number(&'a str),
    /// A name or keyword.
    Name(&'a str),
    /// A string literal.
    Text,
    /// An operator or delimiter.
    Mark(&'a str),
    /// The end of the expression.
    End,
}

/// The tokenizer raises.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Reads tokens off a text, as Python 3.11 does for `eval`. O(n) in all.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    brackets: usize,
    /// Nothing of the line has been read.
    fresh: bool,
    /// A token has been read.
    begun: bool,
    /// The line of the expression has ended: blank lines may follow.
    over: bool,
}

/// Operators and delimiters, longer ones first. `=` and `%` are not among them: no text has them when it gets here.
const MARKS: [&str; 23] = [
    "...", "**", "//", "<<", ">>", "(", ")", "[", "]", "{", "}", ",", ":", ".", "+", "-", "*", "/", "@", "&",
    "|", "^", "~",
];

impl<'a> Lexer<'a> {
    /// Begins with a text whose line ends are all `\n`.
    pub(super) fn new(text: &'a str) -> Self {
        let text = text.trim_start_matches([' ', '\t']);
        Self { text, at: 0, brackets: 0, fresh: true, begun: false, over: false }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Malformed> {
        loop {
            if self.fresh && self.brackets == 0 {
                self.indentation()?;
            }
            match self.byte(0) {
                b' ' | b'\t' | b'\x0c' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    if self.brackets == 0 {
                        (self.fresh, self.over) = (true, self.begun);
                    }
                }
                b'#' => self.comment(),
                b'\\' => self.continuation()?,
                _ if self.at == self.text.len() => return Ok(Token::End),
                _ if self.over => return Err(Malformed),
                _ => break,
            }
        }
        self.begun = true;
        self.token()
    }

    fn token(&mut self) -> Result<Token<'a>, Malformed> {
        let start = self.at;
        match self.byte(0) {
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() => self.number(),
            quote @ (b'"' | b'\'') => self.string(quote),
            byte if is_name(byte) => {
                while is_name(self.byte(0)) {
                    self.at += 1;
                }
                let name = &self.text[start..self.at];
                match self.byte(0) {
                    quote @ (b'"' | b'\'') if is_prefix(name) => self.string(quote),
                    _ if name.is_ascii() || may_be_name(name) => Ok(Token::Name(name)),
                    _ => Err(Malformed),
                }
            }
            _ => {
                let rest = &self.text[start..];
                let mark = MARKS.iter().find(|&&mark| rest.starts_with(mark));
                let mark = mark.or_else(|| ["<", ">"].iter().find(|&&mark| rest.starts_with(mark)));
                let length = mark.ok_or(Malformed)?.len();
                match rest.as_bytes()[0] {
                    b'(' | b'[' | b'{' => self.brackets += 1,
                    b')' | b']' | b'}' => self.brackets = self.brackets.saturating_sub(1),
                    _ => {}
                }
                self.at += length;
                Ok(Token::Mark(&rest[..length]))
            }
        }
    }

    /// What begins a line: blanks and blank lines are passed over, an indented expression raises.
    fn indentation(&mut self) -> Result<(), Malformed> {
        let (mut column, mut kept) = (0, 0);
        loop {
            match self.byte(0) {
                b' ' => column += 1,
                b'\t' => column = (column / 8 + 1) * 8,
                b'\x0c' => column = 0,
                b'\n' => (column, kept) = (0, 0),
                b'#' => {
                    self.comment();
                    (column, kept) = (0, 0);
                    continue;
                }
                b'\\' => {
                    kept = if kept == 0 { column } else { kept };
                    self.continuation()?;
                    continue;
                }
                _ => break,
            }
            self.at += 1;
        }
        self.fresh = false;
        if column > 0 || kept > 0 { Err(Malformed) } else { Ok(()) }
    }

    fn comment(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// A backslash joins two lines, and raises anywhere else.
    fn continuation(&mut self) -> Result<(), Malformed> {
        if self.byte(1) != b'\n' || self.at + 2 == self.text.len() {
            return Err(Malformed);
        }
        self.at += 2;
        Ok(())
    }

    fn string(&mut self, quote: u8) -> Result<Token<'a>, Malformed> {
        let long = self.byte(1) == quote && self.byte(2) == quote;
        let size = if long { 3 } else { 1 };
        self.at += size;
        loop {
            match self.byte(0) {
                b'\\' => self.at += 1,
                b'\n' if !long => return Err(Malformed),
                byte if byte == quote && (1..size).all(|ahead| self.byte(ahead) == quote) => {
                    self.at += size;
                    return Ok(Token::Text);
                }
                _ => {}
            }
            if self.at >= self.text.len() {
                return Err(Malformed);
            }
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Token<'a>, Malformed> {
        let start = self.at;
        let radix: Option<fn(&u8) -> bool> = match (self.byte(0), self.byte(1)) {
            (b'0', b'x' | b'X') => Some(u8::is_ascii_hexdigit),
            (b'0', b'o' | b'O') => Some(|byte| matches!(byte, b'0'..=b'7')),
            (b'0', b'b' | b'B') => Some(|byte| matches!(byte, b'0' | b'1')),
            _ => None,
        };
        if let Some(is_digit) = radix {
            self.at += 2;
            if self.byte(0) == b'_' {
                self.at += 1;
            }
            self.digits(is_digit)?;
            if self.byte(0).is_ascii_digit() {
                return Err(Malformed);
            }
        } else {
            self.decimal()?;
        }
        self.end_of_number()?;
        Ok(Token::Number(&self.text[start..self.at]))
    }

    fn decimal(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        if self.byte(0) != b'.' {
            self.digits(u8::is_ascii_digit)?;
        }
        let whole = &self.text[start..self.at];
        let padded = whole.starts_with('0') && whole.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        if padded && !matches!(self.byte(0), b'.' | b'e' | b'E' | b'j' | b'J') {
            return Err(Malformed);
        }
        if self.byte(0) == b'.' {
            self.at += 1;
            if self.byte(0).is_ascii_digit() {
                self.digits(u8::is_ascii_digit)?;
            }
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let signed = matches!(self.byte(1), b'+' | b'-');
            if self.byte(1 + usize::from(signed)).is_ascii_digit() {
                self.at += 1 + usize::from(signed);
                self.digits(u8::is_ascii_digit)?;
            } else if signed {
                return Err(Malformed);
            }
        }
        if matches!(self.byte(0), b'j' | b'J') {
            self.at += 1;
        }
        Ok(())
    }

    /// Digits with single underscores between them.
    fn digits(&mut self, is_digit: fn(&u8) -> bool) -> Result<(), Malformed> {
        loop {
            if !is_digit(&self.byte(0)) {
                return Err(Malformed);
            }
            while is_digit(&self.byte(0)) {
                self.at += 1;
            }
            if self.byte(0) != b'_' {
                return Ok(());
            }
            self.at += 1;
        }
    }

    /// A letter that follows a number raises, unless a keyword that may follow one begins there.
    fn end_of_number(&self) -> Result<(), Malformed> {
        let rest = &self.text.as_bytes()[self.at..];
        let keywords = ["and", "else", "for", "if", "in", "is", "or", "not"];
        let keyword = keywords.iter().any(|keyword| rest.starts_with(keyword.as_bytes()));
        if !keyword && is_name(self.byte(0)) { Err(Malformed) } else { Ok(()) }
    }

    /// The byte so far ahead; 0 at the end, which no text has when it gets here.
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or_default()
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// What may stand before the quote of a string literal.
fn is_prefix(name: &str) -> bool {
    ["b", "f", "r", "u", "br", "rb", "fr", "rf"].iter().any(|prefix| name.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens with spaces between; an `!` where the tokenizer raises.
    fn tokens(text: &str) -> String {
        let (mut lexer, mut found) = (Lexer::new(text), Vec::new());
        loop {
            match lexer.next() {
                Ok(Token::End) => return found.join(" "),
                Ok(Token::Number(token) | Token::Name(token) | Token::Mark(token)) => found.push(token),
                Ok(Token::Text) => found.push("TEXT"),
                Err(Malformed) => return found.join(" ") + "!",
            }
        }
    }

    #[test]
    fn tokens_are_those_of_cpython() {
        let rows = [
            ("\t 1_0.5e-1_0*x", "1_0.5e-1_0 * x"),
            ("5or 6if.5j", "5 or 6 if .5j"),
            ("0xfor", "0xf or"),
            ("a**b//c...d", "a ** b // c ... d"),
            ("a '\\'' Rb\"\" '''a\n'''+'\\\n'", "a TEXT TEXT TEXT + TEXT"),
            ("\n\u{c}5 # a\n  # b\n\n", "5"),
            ("(5\n 6)\n7", "( 5 6 )!"),
            ("5 \\\n6\\", "5 6!"),
            ("5 \\\n", "5!"),
            ("é½ é", "!"),
        ];
        for (text, expected) in rows {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }
}
