//! The scale words of TAT-QA.

use crate::python::lower;

/// What a scale word multiplies by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// An int, ten to this power.
    Power(u8),
    /// The float 0.01.
    Percent,
}

impl Scale {
    /// No scale.
    pub(super) const ONE: Self = Self::Power(0);

    /// The first of the scale words that a text contains. O(n).
    pub(super) fn of(text: &str) -> Self {
        let text = lower(text);
        let words = [("hundred", 2), ("thousand", 3), ("million", 6), ("billion", 9)];
        match words.iter().find(|(word, _)| text.contains(word)) {
            Some(&(_, power)) => Self::Power(power),
            None if text.contains("percent") => Self::Percent,
            None => Self::ONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_of_the_list_decides_whatever_stands_around_it() {
        for (text, scale) in [
            ("Millions", Scale::Power(6)),
            ("billion thousand", Scale::Power(3)),
            ("percentage", Scale::Percent),
            ("", Scale::ONE),
            ("%", Scale::ONE),
        ] {
            assert_eq!(Scale::of(text), scale, "{text}");
        }
    }
}
