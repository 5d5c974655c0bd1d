//! The brackets around a token of an expression, and what is unfinished within them.

use std::mem;

use super::lexer::Malformed;

/// Python opens no more brackets within one another.
const MAX_BRACKETS: usize = 200;

/// Brackets within one another.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    /// The innermost ones.
    pub(super) top: Level,
    outer: Vec<Level>,
}

/// What stands in one pair of brackets, or outside of all.
#[derive(Debug, Default)]
pub(super) struct Level {
    /// The bracket that closes it; empty outside of all.
    pub(super) close: &'static str,
    /// How many `if` lack their `else`.
    pub(super) open_ifs: usize,
    /// A comprehension: its conditions need no `else`.
    pub(super) loops: bool,
    /// A `for` lacks its `in`.
    pub(super) open_for: bool,
}

impl Brackets {
    /// Whether no bracket is open.
    pub(super) fn is_outside(&self) -> bool {
        self.outer.is_empty()
    }

    /// Opens brackets.
    pub(super) fn open(&mut self, mark: &str) -> Result<(), Malformed> {
        if self.outer.len() == MAX_BRACKETS {
            return Err(Malformed);
        }
        let close = match mark {
            "(" => ")",
            "[" => "]",
            _ => "}",
        };
        self.outer.push(mem::replace(&mut self.top, Level { close, ..Level::default() }));
        Ok(())
    }

    /// Closes the innermost brackets.
    pub(super) fn close(&mut self, mark: &str) -> Result<(), Malformed> {
        self.settle()?;
        if self.top.close != mark || self.top.open_for {
            return Err(Malformed);
        }
        self.top = self.outer.pop().ok_or(Malformed)?;
        Ok(())
    }

    /// Every `if` has its `else`.
    pub(super) fn settle(&self) -> Result<(), Malformed> {
        if self.top.open_ifs > 0 && !self.top.loops { Err(Malformed) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_brackets_are_the_most() {
        let mut brackets = Brackets::default();
        for _ in 0..200 {
            assert_eq!(brackets.open("["), Ok(()));
        }
        assert_eq!(brackets.open("["), Err(Malformed));
        assert_eq!((brackets.close(")"), brackets.close("]")), (Err(Malformed), Ok(())));
    }
}
