//! Which texts certainly raise in `eval`, which are literals, and which would run.

use super::brackets::Brackets;
use super::lexer::{Lexer, Malformed, Token};
use super::names::is_known;

/// What `eval` would do with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// It raises: no syntax, an unknown name, or a number that is called or indexed.
    Raises,
    /// It has only what a literal is made of.
    Literal,
    /// It runs, as far as can be told without running it.
    Runs,
}

/// What stands before the next token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Opening,
    Comma,
    Colon,
    Operator,
    Star,
    Number,
    Text,
    Name,
    Closing,
}

#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Reader<'a> {
    lexer: Lexer<'a>,
    module: &'a [&'a str],
    brackets: Brackets,
    before: Before,
    /// Only what a literal is made of.
    literal: bool,
    /// Every operand is evaluated, and nothing but arithmetic happens before.
    eager: bool,
    /// The first operand is an unknown name.
    fails_first: bool,
    /// Some operand is an unknown name, or some number is called or indexed.
    fails: bool,
    /// No operand has been read.
    first: bool,
    /// Something may be evaluated before the first operand, or instead of it.
    lazy: bool,
}

/// Tells what `eval` would do with a text whose module defines these names. O(n).
///
/// The reader accepts everything that Python does and some that it does not: where it sees no way on, Python raises.
pub(super) fn course(text: &str, module: &[&str]) -> Course {
    let mut reader = Reader {
        lexer: Lexer::new(text),
        module,
        brackets: Brackets::default(),
        before: Before::Nothing,
        literal: true,
        eager: true,
        fails_first: false,
        fails: false,
        first: true,
        lazy: false,
    };
    match reader.read() {
        Err(Malformed) => Course::Raises,
        Ok(true) if reader.fails && reader.eager || reader.fails_first && !reader.lazy => Course::Raises,
        Ok(true) if reader.literal => Course::Literal,
        Ok(_) => Course::Runs,
    }
}

impl Reader<'_> {
    /// Reads to the end; false where only a run would tell more.
    fn read(&mut self) -> Result<bool, Malformed> {
        loop {
            let token = self.lexer.next()?;
            if token == Token::End {
                self.brackets.settle()?;
                let complete = self.before == Before::Comma || !self.wants_operand();
                return if complete && self.brackets.is_outside() { Ok(true) } else { Err(Malformed) };
            }
            let unread = match token {
                Token::Name("lambda") => self.wants_operand(),
                Token::Name("await") => self.wants_operand() && !self.brackets.is_outside(),
                Token::Name("async") => !self.wants_operand() && !self.brackets.is_outside(),
                _ => false,
            };
            if unread {
                return Ok(false);
            }
            self.before = if self.wants_operand() { self.operand(token)? } else { self.operator(token)? };
            self.first &= self.wants_operand();
        }
    }

    fn wants_operand(&self) -> bool {
        !matches!(self.before, Before::Number | Before::Text | Before::Name | Before::Closing)
    }

    fn operand(&mut self, token: Token<'_>) -> Result<Before, Malformed> {
        match token {
            Token::Number(number) => {
                self.literal &= !number.ends_with(['j', 'J']);
                Ok(Before::Number)
            }
            Token::Text => {
                (self.literal, self.eager) = (false, false);
                Ok(Before::Text)
            }
            Token::Name("True" | "False") => Ok(Before::Name),
            Token::Name("None") | Token::Mark("...") => {
                self.literal = false;
                Ok(Before::Name)
            }
            Token::Name("not") | Token::Mark("~") => {
                self.literal = false;
                Ok(Before::Operator)
            }
            Token::Name(name) if !is_keyword(name) => {
                self.literal &= name == "math";
                if !self.fails && !is_known(name, self.module) {
                    (self.fails, self.fails_first) = (true, self.first);
                }
                Ok(Before::Name)
            }
            Token::Mark("+" | "-") => Ok(Before::Operator),
            Token::Mark("*" | "**") if self.may_unpack() => {
                self.literal = false;
                Ok(Before::Star)
            }
            Token::Mark(mark @ ("(" | "[" | "{")) => self.open(mark),
            Token::Mark(mark @ (")" | "]" | "}")) => match self.before {
                Before::Opening | Before::Comma => self.close(mark),
                Before::Colon if mark == "]" => self.close(mark),
                _ => Err(Malformed),
            },
            Token::Mark(":") if self.brackets.top.close == "]" => self.colon(),
            Token::Mark(",") if self.before == Before::Colon => Ok(Before::Comma),
            _ => Err(Malformed),
        }
    }

    fn operator(&mut self, token: Token<'_>) -> Result<Before, Malformed> {
        match token {
            Token::Text if self.before == Before::Text => return Ok(Before::Text),
            Token::Mark(mark @ ("(" | "[")) => {
                let number = self.before == Before::Number;
                self.fails |= number;
                self.eager &= number;
                return self.open(mark);
            }
            Token::Mark(mark @ (")" | "]" | "}")) => return self.close(mark),
            Token::Mark(",") => return self.brackets.settle().map(|()| Before::Comma),
            Token::Mark(":") if matches!(self.brackets.top.close, "]" | "}") => return self.colon(),
            Token::Mark("*") => return Ok(Before::Operator),
            Token::Mark(".") => {
                self.eager = false;
                return match self.lexer.next()? {
                    Token::Name(name) if !is_keyword(name) => Ok(Before::Name),
                    _ => Err(Malformed),
                };
            }
            Token::Mark("+" | "-" | "/" | "//" | "@" | "&" | "|" | "^") => {}
            Token::Mark("**" | "<<" | ">>" | "<" | ">") => self.eager = false,
            Token::Name(word) => self.word(word)?,
            _ => return Err(Malformed),
        }
        self.literal = false;
        Ok(Before::Operator)
    }

    /// A word between operands.
    fn word(&mut self, word: &str) -> Result<(), Malformed> {
        self.eager = false;
        match word {
            "and" | "or" | "is" => Ok(()),
            "not" if self.lexer.next()? == Token::Name("in") => Ok(()),
            "in" => {
                self.brackets.top.open_for = false;
                Ok(())
            }
            "if" => {
                self.brackets.top.open_ifs += 1;
                self.lazy = true;
                Ok(())
            }
            "else" => {
                self.brackets.top.open_ifs = self.brackets.top.open_ifs.checked_sub(1).ok_or(Malformed)?;
                Ok(())
            }
            "for" if !self.brackets.is_outside() && !self.brackets.top.open_for => {
                (self.brackets.top.loops, self.brackets.top.open_for) = (true, true);
                self.lazy = true;
                Ok(())
            }
            _ => Err(Malformed),
        }
    }

    /// Whether a star may stand here that multiplies nothing.
    fn may_unpack(&self) -> bool {
        match self.before {
            Before::Opening => true,
            Before::Comma => !self.brackets.is_outside(),
            Before::Operator => self.brackets.top.open_for,
            _ => false,
        }
    }

    fn open(&mut self, mark: &str) -> Result<Before, Malformed> {
        self.literal &= mark != "{";
        self.brackets.open(mark).map(|()| Before::Opening)
    }

    fn close(&mut self, mark: &str) -> Result<Before, Malformed> {
        self.brackets.close(mark).map(|()| Before::Closing)
    }

    fn colon(&mut self) -> Result<Before, Malformed> {
        (self.literal, self.eager) = (false, false);
        self.brackets.settle().map(|()| Before::Colon)
    }
}

/// Words that begin no operand.
#[rustfmt::skip]
fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "False" | "None" | "True" | "and" | "as" | "assert" | "async" | "await" | "break" | "class" | "continue"
            | "def" | "del" | "elif" | "else" | "except" | "finally" | "for" | "from" | "global" | "if" | "import" | "in"
            | "is" | "lambda" | "nonlocal" | "not" | "or" | "pass" | "raise" | "return" | "try" | "while" | "with" | "yield"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &str, module: &[&str], expected: Course) {
        for text in texts.split(" ¦ ") {
            assert_eq!(course(text, module), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_syntax_raises() {
        all("", &[], Course::Raises);
        all(
            "five six ¦ 5 6 ¦ 1.2.3 ¦ 007 ¦ 5abc ¦ ½ ¦ ५ ¦ 5 'a' ¦ 5 . 6 ¦ 5.. ¦ . ¦ x.if",
            &[],
            Course::Raises,
        );
        all("(5 ¦ 5) ¦ 5] ¦ [5) ¦ 5:30 ¦ (5:3) ¦ {5:} ¦ a; ¦ $5 ¦ 5! ¦ 'a ¦ \\text", &[], Course::Raises);
        all("as of ¦ in 5 ¦ for x ¦ Revenue for 2019 ¦ (x for x) ¦ (yield)", &[], Course::Raises);
        all("5 if 1 ¦ 5 else 6 ¦ else 5 ¦ 5 not 6 ¦ - ¦ 5 + ¦ 5 * * 6", &[], Course::Raises);
        all("*5 ¦ *5, ¦ 5,, ¦ , ¦ 1e ¦ 1_ ¦ 0b2 ¦ 0x ¦ 5\n6 ¦ \n 5 ¦ 5\n ", &[], Course::Raises);
    }

    #[test]
    fn unknown_names_raise_where_they_are_surely_evaluated() {
        let raise =
            "five ¦ (-five) ¦ five.six(7) ¦ was (9.8) ¦ 5 - five ¦ not five ¦ five or 5 ¦ [five] ¦ 5 (3)";
        all(raise, &[], Course::Raises);
        let run =
            "five if 0 else 5 ¦ [five for x in ()] ¦ [1].pop() or five ¦ 5 or five ¦ abs ¦ lambda: five";
        all(run, &[], Course::Runs);
        all("string", &["string"], Course::Runs);
    }

    #[test]
    fn literals_are_told_from_what_runs() {
        let literals =
            "5 ¦ -5.5 ¦ + (1e5) ¦ (1,\n 2) ¦ True, ¦ 5*math.pow(10, -3) ¦ \n5 # five ¦ () ¦ [5, []] ¦ 0x1F";
        all(literals, &[], Course::Literal);
        all("1/2 ¦ 2-3 ¦ 5j ¦ None ¦ 'a' 'b' ¦ {5} ¦ {5: 6} ¦ ~5 ¦ 2**3 ¦ not 5 ¦ 1 < 2", &[], Course::Runs);
        all("a[1:, :] ¦ 5 not in (5,) ¦ ... ¦ rb'a' ¦ '''a\n'''", &["a"], Course::Runs);
        all("[a for *a, b in ((1, 2),) if a] ¦ (await a for a in y)", &["a"], Course::Runs);
    }
}
