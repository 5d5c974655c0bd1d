use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::{Error, signed};

/// Which items share a bin, as two flat arrays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Every item once; the items of a bin stand together, longest first.
    pub ids: Vec<i64>,
    /// Bin `b` holds `ids[offsets[b]..offsets[b + 1]]`; one more entry than there are bins.
    pub offsets: Vec<i64>,
}

/// Packs items into bins by best fit decreasing.
///
/// Items are taken longest first, equal ones in input order; each goes into the bin whose free space it fills best, the
/// older bin where two are equal, and into a new bin where it fits none. Bins stand in the order they were opened. Never
/// uses more than `11/9 * optimum + 4` bins.
///
/// Runs in O(n log n) time and O(n) memory, whatever the capacity.
///
/// # Errors
///
/// [`Error::Capacity`], [`Error::ItemEmpty`] and [`Error::ItemTooLong`], for the first offender in input order.
///
/// # Examples
///
/// ```
/// let plan = qwenlong_packing::pack(&[4, 8, 1, 4, 2, 1], 10)?;
/// assert_eq!(plan.ids, [1, 4, 0, 3, 2, 5]); // 8 + 2 | 4 + 4 + 1 + 1
/// assert_eq!(plan.offsets, [0, 2, 6]);
/// # Ok::<(), qwenlong_packing::Error>(())
/// ```
pub fn pack(lengths: &[i64], capacity: i64) -> Result<Plan, Error> {
    if capacity < 1 {
        return Err(Error::Capacity { capacity });
    }
    for (item, &length) in lengths.iter().enumerate() {
        if length < 1 {
            return Err(Error::ItemEmpty { item, length });
        }
        if length > capacity {
            return Err(Error::ItemTooLong { item, length, capacity });
        }
    }
    let order = longest_first(lengths);
    let (bins, num_bins) = best_fit(lengths, &order, capacity);
    Ok(flatten(&order, &bins, num_bins))
}

/// Indices by decreasing length, equal ones in input order.
pub(crate) fn longest_first(lengths: &[i64]) -> Vec<usize> {
    let mut keys: Vec<(Reverse<i64>, usize)> =
        lengths.iter().enumerate().map(|(item, &length)| (Reverse(length), item)).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, item)| item).collect()
}

/// Best fit of the items in the given order: the bin of every item, by item, and the number of bins. Every length is
/// within `1..=capacity`.
pub(crate) fn best_fit(lengths: &[i64], order: &[usize], capacity: i64) -> (Vec<usize>, usize) {
    let mut bins = vec![0; lengths.len()];
    let mut num_bins = 0;
    // Ordered by (free space, bin), so the first entry from (length, 0) on is the tightest fit and the oldest such bin.
    // Full bins are left out: no item has length 0.
    let mut open: BTreeSet<(i64, usize)> = BTreeSet::new();
    for &item in order {
        let length = lengths[item];
        let tightest = open.range((length, 0)..).next().copied();
        let (free, bin) = tightest.unwrap_or((capacity, num_bins));
        if tightest.is_some() {
            open.remove(&(free, bin));
        } else {
            num_bins += 1;
        }
        bins[item] = bin;
        if free > length {
            open.insert((free - length, bin));
        }
    }
    (bins, num_bins)
}

/// A counting sort by bin that keeps the order of placement within a bin.
fn flatten(order: &[usize], bins: &[usize], num_bins: usize) -> Plan {
    let mut starts = vec![0_usize; num_bins + 1];
    for &bin in bins {
        starts[bin + 1] += 1;
    }
    for bin in 0..num_bins {
        starts[bin + 1] += starts[bin];
    }
    let offsets = starts.iter().map(|&start| signed(start)).collect();
    let mut ids = vec![0; order.len()];
    for &item in order {
        let next = &mut starts[bins[item]];
        ids[*next] = signed(item);
        *next += 1;
    }
    Plan { ids, offsets }
}
