use crate::{Error, signed};

/// Deals rows to ranks so that no rank has two more than another and the total costs are close.
///
/// Longest processing time in waves: the rows, costliest first and equal ones in input order, are cut into waves of
/// `num_ranks`; within a wave the costliest row goes to the rank with the least so far, the next to the second least, and
/// so on, the lower rank first where two are equal. The result is the rank of every row.
///
/// Under ZeRO-3 the ranks meet in every layer of every micro-batch, so a step takes the sum over the waves of their
/// costliest row, and a rank with fewer rows computes dummies. Waves of similar cost make that sum as small as it can be,
/// provided that a rank takes its rows costliest first; the costs of two ranks never differ by more than the costliest
/// row.
///
/// Runs in O(n log n) time and O(n) memory.
///
/// # Errors
///
/// [`Error::Ranks`] for fewer than one rank, [`Error::Cost`] for a cost that is negative, infinite or not a number.
///
/// # Examples
///
/// ```
/// // Waves: 9 8 | 4 2 | 1. Rank 0: 9 + 2 + 1, rank 1: 8 + 4.
/// assert_eq!(qwenlong_packing::place(&[1.0, 9.0, 4.0, 8.0, 2.0], 2)?, [0, 0, 1, 1, 0]);
/// # Ok::<(), qwenlong_packing::Error>(())
/// ```
pub fn place(costs: &[f64], num_ranks: i64) -> Result<Vec<i64>, Error> {
    // On a platform whose addresses are narrower than i64, more ranks than addresses are as good as that many.
    let ranks = match usize::try_from(num_ranks) {
        Ok(0) => return Err(Error::Ranks { num_ranks }),
        Ok(ranks) => ranks,
        Err(_) if num_ranks < 0 => return Err(Error::Ranks { num_ranks }),
        Err(_) => usize::MAX,
    };
    if let Some((row, &cost)) =
        costs.iter().enumerate().find(|(_, cost)| !(cost.is_finite() && **cost >= 0.0))
    {
        return Err(Error::Cost { row, cost });
    }
    // Adding 0 turns -0 into 0, which the total order would put below it.
    let mut order: Vec<(f64, usize)> =
        costs.iter().enumerate().map(|(row, &cost)| (cost + 0.0, row)).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));

    let mut placed = vec![0; costs.len()];
    // Ranks beyond the number of rows stay empty and need no entry.
    let mut loads: Vec<(f64, usize)> = (0..ranks.min(costs.len())).map(|rank| (0.0, rank)).collect();
    for wave in order.chunks(ranks) {
        loads.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (&(cost, row), (load, rank)) in wave.iter().zip(&mut loads) {
            *load += cost;
            placed[row] = signed(*rank);
        }
    }
    Ok(placed)
}
