//! `eval` of a literal: numbers, signs, products, brackets and commas. Nothing is run.

use std::mem;

use super::lexer::{Lexer, Token};
use super::number::Number;
use super::numeral::{Failure, MAX_BITS, number};
use super::syntax::{Course, course};
use super::value::Value;
use crate::verdict::Reason;

/// Python compiles no expression with more operators over one another; by the depth of its caller up to 85 more.
const MAX_OPERATORS: usize = 2_900;
/// Python's parser stacks no more rules: brackets, signs and places in a list add to them.
const MAX_RULES: usize = 5_975;
const RULES_OF_BRACKETS: usize = 28;
const RULES_OF_LIST: usize = 29;

const RUNS: Failure = Failure::Missing(Reason::NeedsEval);

/// `eval(text)` where a module defines these names. O(n), as integers are bounded.
pub(super) fn evaluate(text: &str, module: &[&str]) -> Result<Value, Failure> {
    // No source text may have a NUL or a lone surrogate, not even in a comment.
    if text.contains(|char| char == '\0' || matches!(char, '\u{d0000}'..='\u{dffff}')) {
        return Err(Failure::Raises);
    }
    if text.contains('\r') {
        return evaluate(&text.replace("\r\n", "\n").replace('\r', "\n"), module);
    }
    match course(text, module) {
        Course::Raises => Err(Failure::Raises),
        Course::Runs => Err(RUNS),
        Course::Literal => {
            let mut parser = Parser { lexer: Lexer::new(text), token: Token::End };
            parser.advance()?;
            let (value, _) = parser.list(0)?;
            if parser.token == Token::End { Ok(value) } else { Err(RUNS) }
        }
    }
}

/// Reads a text that is certainly an expression.
struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
}

/// A value, and how many operators are over one another in it.
type Deep = (Value, usize);

impl<'a> Parser<'a> {
    fn advance(&mut self) -> Result<Token<'a>, Failure> {
        let next = self.lexer.next()?;
        Ok(mem::replace(&mut self.token, next))
    }

    fn is(&self, mark: &str) -> bool {
        self.token == Token::Mark(mark)
    }

    fn expect(&mut self, token: Token<'_>) -> Result<(), Failure> {
        if self.token == token { self.advance().map(drop) } else { Err(RUNS) }
    }

    /// A value, or several with commas between. `rules` counts those of the parser around it.
    fn list(&mut self, rules: usize) -> Result<Deep, Failure> {
        let (first, depth) = self.product(rules)?;
        if !self.is(",") {
            return Ok((first, depth));
        }
        let (items, count, depth) = self.items((first, depth), [rules + 2, rules + 3])?;
        Ok((Value::Tuple(items, count), deeper(depth, 1)?))
    }

    /// A first item and the items after it: the rules around the second, and those around every further one.
    fn items(&mut self, first: Deep, rules: [usize; 2]) -> Result<(String, usize, usize), Failure> {
        let (first, mut depth) = first;
        let (mut items, mut count) = (first.item(), 1);
        while self.is(",") {
            self.advance()?;
            if self.token == Token::End || self.is(")") || self.is("]") {
                break;
            }
            let (item, below) = self.product(rules[usize::from(count > 1)])?;
            items.push_str(", ");
            items.push_str(&item.item());
            (count, depth) = (count + 1, depth.max(below));
        }
        Ok((items, count, depth))
    }

    fn product(&mut self, rules: usize) -> Result<Deep, Failure> {
        let (mut value, mut depth) = self.signed(rules)?;
        while self.is("*") {
            self.advance()?;
            let (right, below) = self.signed(rules)?;
            value = times(&value, &right)?;
            depth = deeper(depth.max(below), 1)?;
        }
        Ok((value, depth))
    }

    fn signed(&mut self, rules: usize) -> Result<Deep, Failure> {
        let (mut signs, mut minus) = (0, false);
        while self.is("+") || self.is("-") {
            minus ^= self.is("-");
            signs += 1;
            self.advance()?;
        }
        let (value, depth) = self.single(rules + signs)?;
        let depth = deeper(depth, signs)?;
        if signs == 0 {
            return Ok((value, depth));
        }
        let number = match value.number().ok_or(Failure::Raises)? {
            Number::Int(int) if minus => Number::Int(-int),
            Number::Float(float) if minus => Number::Float(-float),
            number => number,
        };
        Ok((Value::Number(number), depth))
    }

    fn single(&mut self, rules: usize) -> Result<Deep, Failure> {
        if rules > MAX_RULES {
            return Err(Failure::Raises);
        }
        if self.token == Token::Name("math") {
            return self.power(rules);
        }
        let value = match self.advance()? {
            Token::Number(text) => Value::Number(number(text)?),
            Token::Name("True") => Value::Bool(true),
            Token::Name("False") => Value::Bool(false),
            Token::Mark("(") if self.is(")") => {
                self.advance()?;
                Value::Tuple(String::new(), 0)
            }
            Token::Mark("(") => {
                let inner = self.list(rules + RULES_OF_BRACKETS)?;
                self.expect(Token::Mark(")"))?;
                return Ok(inner);
            }
            Token::Mark("[") if self.is("]") => {
                self.advance()?;
                Value::List(String::new())
            }
            Token::Mark("[") => {
                let rules = rules + RULES_OF_LIST;
                let first = self.product(rules)?;
                let (items, _, depth) = self.items(first, [rules + 1; 2])?;
                self.expect(Token::Mark("]"))?;
                return Ok((Value::List(items), deeper(depth, 1)?));
            }
            _ => return Err(RUNS),
        };
        Ok((value, 1))
    }

    /// `math.pow(10, k)`, which the normal form has for `10^k`.
    fn power(&mut self, rules: usize) -> Result<Deep, Failure> {
        for token in [Token::Name("math"), Token::Mark("."), Token::Name("pow"), Token::Mark("(")] {
            self.expect(token)?;
        }
        let Token::Number(base @ "10") = self.advance()? else { return Err(RUNS) };
        self.expect(Token::Mark(","))?;
        let (exponent, _) = self.signed(rules + RULES_OF_BRACKETS + 2)?;
        self.expect(Token::Mark(")"))?;
        let exponent = exponent.number().ok_or(Failure::Raises)?.float()?;
        // The base is read from the text: of a constant 10 the compiler may make exp10, which rounds otherwise.
        let power = base.parse::<f64>().map_or(f64::NAN, |base| base.powf(exponent));
        if power.is_infinite() && exponent.is_finite() { Err(Failure::Raises) } else { Ok((float(power), 3)) }
    }
}

fn float(value: f64) -> Value {
    Value::Number(Number::Float(value))
}

fn deeper(depth: usize, by: usize) -> Result<usize, Failure> {
    if depth + by > MAX_OPERATORS { Err(Failure::Raises) } else { Ok(depth + by) }
}

fn times(left: &Value, right: &Value) -> Result<Value, Failure> {
    match (left.number(), right.number()) {
        (Some(Number::Int(left)), Some(Number::Int(right))) => {
            if left.bits() + right.bits() > MAX_BITS {
                return Err(Failure::Missing(Reason::TooLong));
            }
            Ok(Value::Number(Number::Int(left * right)))
        }
        (Some(left), Some(right)) => Ok(float(left.float()? * right.float()?)),
        // A list times an integer would be repeated.
        (None, Some(Number::Int(_))) | (Some(Number::Int(_)), None) => Err(RUNS),
        _ => Err(Failure::Raises),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        evaluate(text, &[]).map_or_else(|failure| format!("{failure:?}"), |value| value.to_string())
    }

    #[test]
    fn literals_have_the_values_that_cpython_gives_them() {
        let rows = [
            ("5", "5"),
            (" -+-1_000 ", "1000"),
            ("00", "0"),
            ("0x_fF", "255"),
            ("0b101*0o17", "75"),
            ("5.", "5.0"),
            ("007.50", "7.5"),
            (".5e-7", "5e-08"),
            ("1e999*0", "nan"),
            ("(5)\r\n", "5"),
            ("True", "True"),
            ("-True*2", "-2"),
            ("12, 632", "[12, 632]"),
            ("(1,)", "[1]"),
            ("((1.0,), (), (2, False))", "[(1.0,), (), (2, False)]"),
            ("[]", "[]"),
            ("[5, (6,), [7]],", "[[5, (6,), [7]]]"),
            ("5*math.pow(10, -3)", "0.005"),
            ("-math.pow(10, 3)", "-1000.0"),
            ("math.pow(10, -400)", "0.0"),
            ("99999999999999999999*10", "999999999999999999990"),
            ("5 # 6", "5"),
        ];
        for (text, value) in rows {
            assert_eq!(shown(text), value, "{text}");
        }
    }

    #[test]
    fn certain_errors_are_told_from_what_would_run() {
        for text in [
            "",
            "007",
            "5 6",
            "-(1, 2)",
            "-[]",
            "[1]*2.",
            "(1,)*2.0",
            "(1,)*(2,)",
            "math.pow(10, 309)",
            "math.pow(10, 03)",
            "5\0",
            "5#\0",
            "5 # \u{d0800}",
            "1e5*(1, 2)",
            "math.pow(10, ())",
            "1e9*-math.pow(10, 400)",
        ] {
            assert_eq!(evaluate(text, &[]), Err(Failure::Raises), "{text}");
        }
        for text in [
            "1/2",
            "(1,)*2",
            "[1]*2",
            "(5)[0]",
            "math.pi",
            "math.pow(2, 3)",
            "pow(10, 3)",
            "5j",
            "None",
            "(5)(3)",
            "10 .pow",
        ] {
            assert_eq!(evaluate(text, &[]), Err(RUNS), "{text}");
        }
    }

    #[test]
    fn lengths_and_depths_have_the_limits_of_cpython() {
        let length = |text: String| evaluate(&text, &[]).map(|value| value.to_string().len());
        assert_eq!(length(vec!["9".repeat(4300); 5].join("*")), Err(Failure::Missing(Reason::TooLong)));
        assert_eq!(length("-".repeat(2899) + "1"), Ok(2));
        assert_eq!(length("-".repeat(1_000_000) + "1"), Err(Failure::Raises));
        assert_eq!(length("1*".repeat(2899) + "1"), Ok(1));
        assert_eq!(length("1*".repeat(100_000) + "1"), Err(Failure::Raises));
        let nested = |open: &str, depth: usize, signs: usize| {
            length(format!("{}{}1{}", open.repeat(depth), "-".repeat(signs), ")".repeat(depth)))
        };
        assert_eq!(length("[".repeat(200) + &"]".repeat(200)), Ok(400));
        assert_eq!((nested("(", 200, 375), nested("(", 200, 376)), (Ok(2), Err(Failure::Raises)));
        assert!((nested("(1,", 199, 0).is_ok(), nested("(1,", 200, 0).is_err()) == (true, true));
    }
}
