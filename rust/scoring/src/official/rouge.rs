//! ROUGE-L of the package `rouge` 1.0.1, as `LongBench` calls it.

use crate::python::split;

/// Above this many pairs of a reference word and a prediction word ROUGE-L is not computed: it is quadratic.
pub(super) const MAX_WORD_PAIRS: usize = 1 << 24;

/// The steps that the package's recursive traceback takes before `CPython` 3.11 ends it, called as `LongBench/eval.py`
/// calls it (measured). `LongBench` scores 0 then.
const MAX_STEPS: usize = 990;
/// `CPython` keeps one object for every int up to here. Looking up a larger one compares, which is one call more.
const LAST_SHARED_INT: usize = 256;

/// The F of ROUGE-L; 0 where the package raises, `None` above the cap.
pub(super) fn rouge_l(prediction: &str, reference: &str) -> Option<f64> {
    let mut known: Vec<&str> = sentences(prediction).chain(sentences(reference)).flatten().collect();
    known.sort_unstable();
    known.dedup();
    let (prediction, reference) = (Side::of(prediction, &known), Side::of(reference, &known));
    if prediction.sentences.is_empty() || reference.sentences.is_empty() {
        return Some(0.0);
    }
    if prediction.longest().min(reference.longest()) > MAX_STEPS {
        return Some(0.0);
    }
    if prediction.words().saturating_mul(reference.words()) > MAX_WORD_PAIRS {
        return None;
    }
    let (mut common, mut lengths) = (vec![false; known.len()], Vec::new());
    for x in &reference.sentences {
        for y in &prediction.sentences {
            if mark_common(x, y, &mut lengths, &mut common).is_none() {
                return Some(0.0);
            }
        }
    }
    let common = common.into_iter().filter(|&is_common| is_common).count();
    let (precision, recall) = (share(common, prediction.distinct), share(common, reference.distinct));
    Some(2.0 * ((precision * recall) / (precision + recall + 1e-8)))
}

#[allow(clippy::cast_precision_loss, reason = "no text has 2^52 words")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The words of every sentence; what points part is one unless it is nothing at all.
fn sentences(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.split('.').filter(|sentence| !sentence.is_empty()).map(|sentence| {
        let words: Vec<&str> = split(sentence).collect();
        // `"".split(" ")` is one empty word.
        if words.is_empty() { vec![""] } else { words }
    })
}

/// One side, its words as numbers.
struct Side {
    sentences: Vec<Vec<usize>>,
    distinct: usize,
}

impl Side {
    fn of(text: &str, known: &[&str]) -> Self {
        let number = |word: &str| known.partition_point(|other| *other < word);
        let sentences: Vec<Vec<usize>> =
            sentences(text).map(|words| words.into_iter().map(number).collect()).collect();
        let mut seen = vec![false; known.len()];
        sentences.iter().flatten().for_each(|&word| seen[word] = true);
        Self { sentences, distinct: seen.into_iter().filter(|&is_seen| is_seen).count() }
    }

    fn longest(&self) -> usize {
        self.sentences.iter().map(Vec::len).max().unwrap_or_default()
    }

    fn words(&self) -> usize {
        self.sentences.iter().map(Vec::len).sum()
    }
}

/// Marks the words of the longest common subsequence that the package traces back; `None` where it gives up.
fn mark_common(x: &[usize], y: &[usize], lengths: &mut Vec<u16>, common: &mut [bool]) -> Option<()> {
    let width = y.len() + 1;
    // They fit, since the smaller side has at most MAX_STEPS words.
    lengths.clear();
    lengths.resize((x.len() + 1) * width, 0);
    for (i, word) in x.iter().enumerate() {
        let (above, row) = lengths[i * width..(i + 2) * width].split_at_mut(width);
        for (j, other) in y.iter().enumerate() {
            row[j + 1] = if word == other { above[j] + 1 } else { above[j + 1].max(row[j]) };
        }
    }
    let (mut i, mut j) = (x.len(), y.len());
    let mut steps = 0;
    while i > 0 && j > 0 {
        let equal = x[i - 1] == y[j - 1];
        steps += 1;
        if steps > MAX_STEPS || steps == MAX_STEPS && !equal && i.max(j) > LAST_SHARED_INT {
            return None;
        }
        if equal {
            common[x[i - 1]] = true;
            (i, j) = (i - 1, j - 1);
        } else if lengths[(i - 1) * width + j] > lengths[i * width + j - 1] {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_common_are_counted_once_over_all_pairs_of_sentences() {
        // Printed by rouge 1.0.1.
        for (prediction, reference, f) in [
            ("the cat sat", "the cat sat", 0.999_999_995),
            ("the cat sat on the mat", "a cat sat. on a mat", 0.799_999_995_000_000_2),
            ("a b c d", "d c b a", 0.249_999_995_000_000_09),
            ("The cat", "the cat", 0.499_999_995_000_000_1),
            (" . .", " ", 0.999_999_995),
            ("x", "...", 0.0),
            ("", "x", 0.0),
            ("x", "y", 0.0),
        ] {
            assert_eq!(rouge_l(prediction, reference), Some(f), "{prediction:?} {reference:?}");
        }
    }

    #[test]
    fn the_traceback_ends_where_cpython_ends_it() {
        let words = |count: usize, word: &str| vec![word; count].join(" ");
        // Found by running LongBench's eval.py: the steps are all along the prediction.
        let is_zero = |prediction: usize, reference: usize| {
            let prediction = format!("{} c", words(prediction, "a"));
            let reference = format!("{} c", words(reference, "b"));
            rouge_l(&prediction, &reference) == Some(0.0)
        };
        assert_eq!(
            [is_zero(989, 256), is_zero(989, 257), is_zero(988, 257), is_zero(990, 1)],
            [false, true, false, true]
        );
        let equal = |count| rouge_l(&words(count, "a"), &words(count, "a"));
        assert_eq!([equal(990), equal(991)], [Some(0.999_999_995), Some(0.0)]);
        // Both sides long: 0 without a table. One side long: too many pairs.
        assert_eq!(rouge_l(&words(100_000, "a"), &words(100_000, "b")), Some(0.0));
        assert_eq!(rouge_l(&words(100_000, "a"), &words(168, "b")), None);
    }
}
