//! Normal forms compared: one within the other, and the tokens they have in common.

use memchr::{memchr_iter, memmem};

/// Whether one normal form contains the other as a substring. O(n).
pub(crate) fn contains(text: &str, part: &str) -> bool {
    memmem::find(text.as_bytes(), part.as_bytes()).is_some()
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

/// The token F1 of two normal forms: tokens as multisets. O(n log m) in the tokens of the longer and the shorter side.
pub(crate) fn overlap(prediction: &str, gold: &str) -> Overlap {
    let (predictions, golds) = (count(prediction), count(gold));
    let (short, long) = if golds <= predictions { (gold, prediction) } else { (prediction, gold) };
    let fewer = golds.min(predictions);
    // To look for each of a few tokens outruns splitting a long text: measured, with these bounds.
    let same =
        if fewer <= 16 && long.len() >= 128 * fewer { found(short, long) } else { merged(short, long) };
    Overlap::of(same, predictions, golds)
}

/// The number of tokens of a normal form.
fn count(normal: &str) -> usize {
    if normal.is_empty() { 0 } else { memchr_iter(b' ', normal.as_bytes()).count() + 1 }
}

/// The tokens in common, by looking for each of the few.
fn found(few: &str, many: &str) -> usize {
    let spaced = format!(" {few} ");
    let (mut same, mut at) = (0, 0);
    for word in words(few) {
        let token = &spaced[at..at + word.len() + 2];
        if !contains(&spaced[..=at], token) {
            same += occurrences(many, token, occurrences(few, token, usize::MAX));
        }
        at += word.len() + 1;
    }
    same
}

/// How often a normal form has a token, which is given with a space on either side; no more than a number.
fn occurrences(normal: &str, token: &str, most: usize) -> usize {
    let (first, last) = (&token[1..], &token[..token.len() - 1]);
    if normal == &first[..first.len() - 1] {
        return 1;
    }
    let mut count = usize::from(normal.starts_with(first)) + usize::from(normal.ends_with(last));
    let mut rest = normal.as_bytes();
    let finder = memmem::Finder::new(token);
    while count < most {
        let Some(at) = finder.find(rest) else { break };
        // The space behind one token may be the one before the next.
        rest = &rest[at + last.len()..];
        count += 1;
    }
    count.min(most)
}

/// The tokens in common, by a sorted list of the fewer.
fn merged(few: &str, many: &str) -> usize {
    // Lengths first: they settle most comparisons.
    let mut sorted: Vec<(usize, &str, usize)> = words(few).map(|word| (word.len(), word, 1)).collect();
    sorted.sort_unstable();
    sorted.dedup_by(|next, word| {
        let same = next.1 == word.1;
        word.2 += usize::from(same);
        same
    });
    let marks = sorted.iter().fold(0, |marks, (_, word, _)| marks | mark(word));
    let taken = |word: &&str| {
        if marks & mark(word) == 0 {
            return false;
        }
        let at = sorted.partition_point(|&(length, known, _)| (length, known) < (word.len(), word));
        let left = sorted.get_mut(at).filter(|(_, known, left)| known == word && *left > 0);
        left.map(|(.., left)| *left -= 1).is_some()
    };
    words(many).filter(taken).count()
}

/// One bit by the first byte and the length of a token: most tokens that are not there are told apart by it.
fn mark(word: &str) -> u64 {
    let first = word.bytes().next().unwrap_or_default();
    1 << ((usize::from(first) + 11 * word.len()) % 64)
}

/// The tokens of a normal form.
fn words(normal: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let word = move |end| {
        let word = &normal[start..end];
        start = end + 1;
        word
    };
    let ends = memchr_iter(b' ', normal.as_bytes()).chain(std::iter::once(normal.len()));
    ends.map(word).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_count_finds_the_same() {
        let long = format!("{0}a b{0} a a c", " d".repeat(200)).trim_start().to_owned();
        for (few, same) in
            [("a", 1), ("d", 1), ("da", 1), ("a a a a", 2), ("b c e", 2), ("c d d", 3), ("", 0)]
        {
            assert_eq!((found(few, &long), merged(few, &long)), (same, same), "{few}");
        }
        assert_eq!((found("a", "a"), found("a a", "a b a"), found("b", "a b a")), (1, 2, 1));
    }

    #[test]
    fn tokens_are_counted_as_multisets() {
        let overlap = overlap("b a b c b", "b b d");
        assert_eq!((overlap.precision, overlap.recall), (2.0 / 5.0, 2.0 / 3.0));
        assert_eq!(super::overlap("", "x"), Overlap::default());
    }
}
