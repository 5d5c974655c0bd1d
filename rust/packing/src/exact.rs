/// Largest number of items the exact search is used for; its table then has 2^16 entries.
pub(crate) const MAX_ITEMS: usize = 16;

/// Martello and Toth's lower bound L2 on the number of bins (Knapsack Problems, 1990, section 8.3.2). O(n^2).
///
/// For a threshold `t` no two of the items longer than `capacity / 2` share a bin, those longer than `capacity - t` share
/// one with no item of `t` or more, and the rest of those items has to go where the others leave room.
pub(crate) fn lower_bound(lengths: &[i64], capacity: i64) -> usize {
    let half = capacity / 2;
    let small = lengths.iter().copied().filter(|&length| length <= half);
    small.chain([0]).map(|threshold| bound_at(lengths, capacity, threshold)).max().unwrap_or(0)
}

fn bound_at(lengths: &[i64], capacity: i64, threshold: i64) -> usize {
    let mut num_large = 0;
    let mut room = 0_i128;
    let mut small = 0_i128;
    for &length in lengths {
        if length > capacity / 2 {
            num_large += 1;
            // Above `capacity - threshold` the room left is below the threshold, of no use to the small ones.
            if length <= capacity - threshold {
                room += i128::from(capacity - length);
            }
        } else if length >= threshold {
            small += i128::from(length);
        }
    }
    let capacity = i128::from(capacity);
    let extra = ((small - room).max(0) + capacity - 1) / capacity;
    num_large + usize::try_from(extra).unwrap_or(usize::MAX)
}

/// A packing into the fewest bins, for at most [`MAX_ITEMS`] items: the bin of every item, and the number of bins.
///
/// Dynamic programming over subsets: the best way to fill bins one after another with a subset is the one with the fewest
/// bins, then the least in the last. O(2^n n) time and O(2^n) memory, always; a branch and bound is mostly faster, but its
/// worst case is not bounded.
pub(crate) fn fewest(lengths: &[i64], capacity: i64) -> (Vec<usize>, usize) {
    debug_assert!(lengths.len() <= MAX_ITEMS);
    let full = (1_usize << lengths.len()) - 1;
    // (bins used, tokens in the last, item added last); `capacity` in the last of no bins makes the first item open one.
    let mut best = vec![(usize::MAX, 0_i64, 0_usize); full + 1];
    best[0] = (0, capacity, 0);
    for subset in 1..=full {
        let mut choice = best[subset];
        let mut rest = subset;
        while rest != 0 {
            let item = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let (bins, tokens, _) = best[subset & !(1 << item)];
            let next = if tokens <= capacity - lengths[item] {
                (bins, tokens + lengths[item], item)
            } else {
                (bins + 1, lengths[item], item)
            };
            choice = choice.min(next);
        }
        best[subset] = choice;
    }
    let mut assignment = vec![0; lengths.len()];
    let mut subset = full;
    while subset != 0 {
        let (bins, _, item) = best[subset];
        assignment[item] = bins - 1;
        subset &= !(1 << item);
    }
    (assignment, best[full].0)
}
