//! The normaliser and the token F1 that most official scorers share.

use crate::python::{is_space, is_word, lower};

/// `lower`, ASCII punctuation deleted, articles as whole words to spaces, whitespace collapsed. O(n).
pub(crate) fn normal(text: &str) -> String {
    if text.bytes().all(|byte| is_plain(byte)) { plain(text) } else { full(text) }
}

/// ASCII that is a letter, a digit, punctuation or a space of C: there a word is what spaces separate.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' '..=b'~')
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_ascii_whitespace().chain(std::iter::empty()) {
        push(
            &mut out,
            piece
                .bytes()
                .filter(|byte| !byte.is_ascii_punctuation())
                .map(|byte| char::from(byte.to_ascii_lowercase())),
        );
    }
    out
}

/// Adds a word, unless it is an article or nothing.
fn push(out: &mut String, word: impl Iterator<Item = char>) {
    let before = out.len();
    if before > 0 {
        out.push(' ');
    }
    let start = out.len();
    out.extend(word);
    if matches!(&out[start..], "" | "a" | "an" | "the") {
        out.truncate(before);
    }
}

fn full(text: &str) -> String {
    let lowered = lower(text);
    let kept: String = lowered.chars().filter(|char| !char.is_ascii_punctuation()).collect();
    let spaced = without_articles(&kept);
    let mut out = String::with_capacity(spaced.len());
    for word in spaced.split(is_space).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// `re.sub(r"\b(a|an|the)\b", " ", text)`. O(n).
pub(crate) fn without_articles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|char| !is_word(char)).map_or(rest.len(), |length| start + length);
        out.push_str(&rest[..start]);
        out.push_str(if matches!(&rest[start..end], "a" | "an" | "the") { " " } else { &rest[start..end] });
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Precision, recall and their harmonic mean over tokens.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Overlap {
    pub(crate) f1: f64,
    pub(crate) precision: f64,
    pub(crate) recall: f64,
}

impl Overlap {
    /// From the number of tokens in common; nothing in common is 0 throughout.
    #[allow(clippy::cast_precision_loss, reason = "no text has 2^52 tokens")]
    pub(crate) fn of(same: usize, prediction: usize, gold: usize) -> Self {
        if same == 0 {
            return Self::default();
        }
        let precision = same as f64 / prediction as f64;
        let recall = same as f64 / gold as f64;
        Self { f1: (2.0 * precision * recall) / (precision + recall), precision, recall }
    }
}

/// The token F1 of two normal forms: tokens as multisets. O(n log m) in the tokens of the prediction and the gold.
pub(crate) fn overlap(prediction: &str, gold: &str) -> Overlap {
    let mut golds: Vec<&str> = words(gold).collect();
    golds.sort_unstable();
    let mut left: Vec<usize> = vec![0; golds.len()];
    for (at, word) in golds.iter().enumerate() {
        left[golds.partition_point(|known| known < word).min(at)] += 1;
    }
    let (mut same, mut length) = (0, 0);
    for word in words(prediction) {
        length += 1;
        let first = golds.partition_point(|known| *known < word);
        if golds.get(first) == Some(&word) && left[first] > 0 {
            left[first] -= 1;
            same += 1;
        }
    }
    Overlap::of(same, length, golds.len())
}

/// The tokens of a normal form.
pub(crate) fn words(normal: &str) -> impl Iterator<Item = &str> {
    normal.split(' ').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_form_is_the_official_one() {
        let rows = [
            ("The U.S.  of\tA.", "us of"),
            ("10,000 3.5 mother-in-law", "10000 35 motherinlaw"),
            ("a\u{b2} an\u{661} “the” x", "a\u{b2} an\u{661} “ ” x"),
            ("a\u{0}b the\u{7f}", "\u{0}b \u{7f}"),
            ("Cafe\u{301} İ", "cafe\u{301} i\u{307}"),
            ("A\u{1c}b", "b"),
            ("The", ""),
            ("a_b _a_", "ab"),
        ];
        for (text, form) in rows {
            assert_eq!(normal(text), form, "{text:?}");
        }
    }

    #[test]
    fn tokens_are_counted_as_multisets() {
        let overlap = overlap("b a b c b", "b b d");
        assert_eq!((overlap.precision, overlap.recall), (2.0 / 5.0, 2.0 / 3.0));
        assert_eq!(super::overlap("", "x"), Overlap::default());
    }
}
