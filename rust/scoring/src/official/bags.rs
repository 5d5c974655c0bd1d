//! Spans as normal forms and as bags of words: the way of DROP, which TAT-QA took over.

use super::squad::without_articles;
use crate::python::{lower, split};

/// The normal form of a span, word by word. O(n).
///
/// Every token is lowered and loses its ASCII punctuation, unless it is a number; what is a number then is written
/// anew; articles go and whitespace collapses. `number` gives what to write for a number.
pub(super) fn normal<E>(
    text: &str,
    separators: &[char],
    number: impl Fn(&str) -> Result<Option<String>, E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(text.len());
    for token in text.split(separators).filter(|token| !token.is_empty()) {
        let token = lower(token);
        let token = if let Some(written) = number(&token)? {
            written
        } else {
            let kept: String = token.chars().filter(|char| !char.is_ascii_punctuation()).collect();
            number(&kept)?.unwrap_or(kept)
        };
        for word in split(&without_articles(&token)) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    Ok(out)
}

/// The distinct words of a normal form, sorted.
#[derive(Debug)]
pub(super) struct Bag<'a>(Vec<&'a str>);

impl<'a> Bag<'a> {
    /// O(n log n).
    pub(super) fn of(normal: &'a str) -> Self {
        let mut words: Vec<&str> = split(normal).collect();
        words.sort_unstable();
        words.dedup();
        Self(words)
    }

    pub(super) fn words(&self) -> &[&'a str] {
        &self.0
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.0.binary_search(&word).is_ok()
    }

    /// How many words both have. O(m log n), m being the smaller number.
    fn common(&self, other: &Self) -> usize {
        let (few, many) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        few.0.iter().filter(|word| many.has(word)).count()
    }

    /// F1 of a prediction against a gold; an empty prediction has precision 1 and an empty gold recall 1.
    pub(super) fn f1(&self, gold: &Self) -> f64 {
        let common = self.common(gold);
        let (precision, recall) = (share(common, self.0.len()), share(common, gold.0.len()));
        if precision == 0.0 && recall == 0.0 {
            0.0
        } else {
            (2.0 * precision * recall) / (precision + recall)
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "no text has 2^52 words")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "equal to the last bit")]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_points_and_is_written_anew() {
        let number = |token: &str| Ok::<_, ()>((token == "3.5").then(|| "3.50".to_owned()));
        assert_eq!(normal("The 3.5 U.S. (3.5) a,n", &[' '], number), Ok("3.50 us 35".to_owned()));
        assert_eq!(normal("x", &[' '], |_| Err(())), Err(()));
    }

    #[test]
    fn bags_are_sets_and_an_empty_side_costs_nothing_alone() {
        let (two, one, none) = (Bag::of("b a a"), Bag::of("a"), Bag::of(""));
        assert_eq!(two.words(), ["a", "b"]);
        assert_eq!([two.f1(&one), one.f1(&two)], [2.0 / 3.0; 2]);
        assert_eq!([none.f1(&none), none.f1(&one), one.f1(&none)], [1.0, 0.0, 0.0]);
    }
}
