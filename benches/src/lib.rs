//! Numbers for the benchmarks in `benches/`, the same on every machine.
#![forbid(unsafe_code)]

/// `count` numbers within `low..=high`, spread evenly but without order: a multiplicative hash of the index.
///
/// ```
/// assert_eq!(qwenlong_benches::spread(3, 1, 1), [1, 1, 1]);
/// ```
#[must_use]
pub fn spread(count: u32, low: i64, high: i64) -> Vec<i64> {
    (0..count).map(|index| low + i64::from(index.wrapping_mul(2_654_435_761)) % (high - low + 1)).collect()
}
