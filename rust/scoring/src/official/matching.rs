//! `difflib.SequenceMatcher(None, a, b).ratio()`, with its heuristic for popular characters.

/// Longer texts are not matched, in characters of one times characters of the other.
const MAX_CHAR_PAIRS: usize = 1 << 28;
/// Nor are texts that take more steps than this. Prose is far from it; hostile text takes time that is cubic.
const MAX_STEPS: usize = 1 << 27;
/// From this length on, characters that are more than a hundredth of the second text start no match.
const AUTOJUNK_LENGTH: usize = 200;

/// Twice the characters that match over all characters; 1 for two empty texts.
///
/// `None` above [`MAX_CHAR_PAIRS`] or [`MAX_STEPS`].
#[allow(clippy::cast_precision_loss, reason = "no text has 2^52 characters")]
pub(super) fn ratio(a: &str, b: &str) -> Option<f64> {
    let (a_length, b_length) = (a.chars().count(), b.chars().count());
    if a_length + b_length == 0 {
        return Some(1.0);
    }
    if a_length.saturating_mul(b_length) > MAX_CHAR_PAIRS {
        return None;
    }
    let matched = Matcher::new(a, b).matched()?;
    Some(2.0 * matched as f64 / (a_length + b_length) as f64)
}

/// Where a block of equal text starts on both sides, and how long it is.
struct Block {
    a: usize,
    b: usize,
    length: usize,
}

/// A piece of either text.
struct Window {
    a: (usize, usize),
    b: (usize, usize),
}

struct Matcher {
    a: Vec<char>,
    b: Vec<char>,
    /// For every character of `a`, where `places` lists it in `b`.
    listed: Vec<(usize, usize)>,
    /// The places of the characters of `b`, character by character, each in order.
    places: Vec<usize>,
    /// The latest block that ends at each place of `b`: the round and row it was found in, and its length.
    ends: Vec<(usize, usize)>,
    round: usize,
    steps: usize,
}

impl Matcher {
    fn new(a: &str, b: &str) -> Self {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let mut places: Vec<usize> = (0..b.len()).collect();
        places.sort_by_key(|&place| b[place]);
        let popular = if b.len() >= AUTOJUNK_LENGTH { b.len() / 100 + 1 } else { usize::MAX };
        let listed = a
            .iter()
            .map(|&char| {
                let first = places.partition_point(|&place| b[place] < char);
                let count = places[first..].partition_point(|&place| b[place] == char);
                if count > popular { (first, first) } else { (first, first + count) }
            })
            .collect();
        let ends = vec![(0, 0); b.len()];
        Self { a, b, listed, places, ends, round: 0, steps: 0 }
    }

    /// The characters in all blocks; `None` where that takes too many steps.
    fn matched(mut self) -> Option<usize> {
        let mut matched = 0;
        let mut windows = vec![Window { a: (0, self.a.len()), b: (0, self.b.len()) }];
        while let Some(Window { a, b }) = windows.pop() {
            let block = self.longest(a, b);
            if self.steps > MAX_STEPS {
                return None;
            }
            if block.length == 0 {
                continue;
            }
            matched += block.length;
            if a.0 < block.a && b.0 < block.b {
                windows.push(Window { a: (a.0, block.a), b: (b.0, block.b) });
            }
            let (a_end, b_end) = (block.a + block.length, block.b + block.length);
            if a_end < a.1 && b_end < b.1 {
                windows.push(Window { a: (a_end, a.1), b: (b_end, b.1) });
            }
        }
        Some(matched)
    }

    /// The longest block of listed characters, of several the first in `a` and then in `b`, grown to both sides by
    /// whatever is equal.
    fn longest(&mut self, a: (usize, usize), b: (usize, usize)) -> Block {
        let mut best = Block { a: a.0, b: b.0, length: 0 };
        // Rows of different windows never meet: between two windows one row is left out.
        self.round += 1;
        for row in a.0..a.1 {
            self.round += 1;
            let (first, end) = self.listed[row];
            let listed = &self.places[first..end];
            let start = listed.partition_point(|&place| place < b.0);
            let end = listed.partition_point(|&place| place < b.1);
            self.steps += 1 + end - start;
            let mut in_row = Block { a: 0, b: 0, length: 0 };
            // From the right, so that the place before still tells of the row before.
            for &place in listed[start..end].iter().rev() {
                let length = match place.checked_sub(1).map(|before| self.ends[before]) {
                    Some((round, length)) if round + 1 == self.round && place > b.0 => length + 1,
                    _ => 1,
                };
                self.ends[place] = (self.round, length);
                if length >= in_row.length {
                    in_row = Block { a: row + 1 - length, b: place + 1 - length, length };
                }
            }
            if in_row.length > best.length {
                best = in_row;
            }
        }
        while best.a > a.0 && best.b > b.0 && self.a[best.a - 1] == self.b[best.b - 1] {
            (best.a, best.b, best.length) = (best.a - 1, best.b - 1, best.length + 1);
        }
        let ends = |best: &Block| (best.a + best.length, best.b + best.length);
        while let (a_end, b_end) = ends(&best)
            && a_end < a.1
            && b_end < b.1
            && self.a[a_end] == self.b[b_end]
        {
            best.length += 1;
        }
        self.steps += best.length;
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_of_difflib() {
        // Printed by CPython 3.11.
        for (a, b, ratio_of_python) in [
            ("abcd", "bcde", 0.75),
            ("", "", 1.0),
            ("", "a", 0.0),
            (
                "private Thread currentThread;",
                "private volatile Thread currentThread;",
                0.865_671_641_791_044_7,
            ),
            ("tide", "diet", 0.25),
            ("diet", "tide", 0.5),
            ("qabxcd", "abycdf", 0.666_666_666_666_666_6),
        ] {
            assert_eq!(ratio(a, b), Some(ratio_of_python), "{a} {b}");
        }
    }

    #[test]
    fn popular_characters_start_no_match_in_a_long_text() {
        let (few, many) = ("a".repeat(198), "a".repeat(199));
        let between = |a: &str, b: &str| ratio(&format!("b{a}"), &format!("{b}b"));
        // 2 * 198 / 398 while the text is short; then the rare b alone, 2 * 1 / 400.
        assert_eq!(between(&few, &few), Some(0.994_974_874_371_859_3));
        assert_eq!(between(&many, &many), Some(0.005));
        // A block grows over popular characters, even one that starts empty.
        assert_eq!(ratio(&many.repeat(2), &many.repeat(2)), Some(1.0));
    }

    #[test]
    fn hostile_text_ends() {
        // Rare characters in turn: every block is short, and there are many.
        let rare: Vec<char> = ('\u{4e00}'..'\u{4e80}').collect();
        let b: String = (0..4_000).map(|at| rare[at * 7 % 128]).collect();
        let a: String = (0..4_000).map(|at| rare[at * 11 % 128]).collect();
        assert!(ratio(&a, &b).is_some());
        assert_eq!(Matcher { steps: MAX_STEPS, ..Matcher::new(&a, &b) }.matched(), None);
        assert_eq!(ratio(&"ab".repeat(10_000), &"ab".repeat(10_000)), None);
    }
}
