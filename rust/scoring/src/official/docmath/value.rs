//! What `eval` may return, as far as a literal goes.

use super::number::Number;
use crate::python::repr;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// An `int` or a `float`.
    Number(Number),
    /// A `bool`.
    Bool(bool),
    /// A `str`: the letter of an option, in brackets.
    Text(String),
    /// A `tuple`, which becomes a `list`: its items as `repr` writes them, and their number.
    Tuple(String, usize),
    /// A `list`: its items as `repr` writes them.
    List(String),
}

impl Value {
    /// An integer.
    pub(super) fn int(value: u32) -> Self {
        Self::Number(Number::int(value))
    }

    /// The number that the value is in arithmetic, where it is one.
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(number.clone()),
            Self::Bool(bool) => Some(Number::int(u8::from(*bool))),
            Self::Text(_) | Self::Tuple(..) | Self::List(_) => None,
        }
    }

    /// `repr` of the value within a list.
    pub(super) fn item(&self) -> String {
        match self {
            Self::Tuple(items, 1) => format!("({items},)"),
            Self::Tuple(items, _) => format!("({items})"),
            _ => self.to_string(),
        }
    }
}

/// `str` of what the official code makes of the value.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(Number::Int(int)) => write!(f, "{int}"),
            Self::Number(Number::Float(float)) => f.write_str(&repr(*float)),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Text(text) => f.write_str(text),
            Self::Tuple(items, _) | Self::List(items) => write!(f, "[{items}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_cpython_writes_them() {
        let tuple = |items: &str, count| Value::Tuple(items.to_owned(), count);
        assert_eq!((tuple("1", 1).item(), tuple("1", 1).to_string()), ("(1,)".to_owned(), "[1]".to_owned()));
        assert_eq!((tuple("1, 2", 2).item(), tuple("", 0).item()), ("(1, 2)".to_owned(), "()".to_owned()));
        assert_eq!(Value::List("1".to_owned()).item(), "[1]");
        assert_eq!((Value::Bool(true).item(), Value::int(5).item()), ("True".to_owned(), "5".to_owned()));
        assert_eq!(Value::Number(Number::Float(1e16)).item(), "1e+16");
    }
}
