//! Properties, and agreement with oracles too slow to ship.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap
)]

use proptest::prelude::*;
use qwenlong_packing::{pack, place, split_groups};

/// Best fit decreasing by looking at every bin.
fn naive_bins(lengths: &[i64], capacity: i64) -> Vec<Vec<i64>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&item| -lengths[item]);
    let mut bins: Vec<(i64, Vec<i64>)> = Vec::new();
    for item in order {
        let fitting = bins.iter_mut().filter(|(free, _)| *free >= lengths[item]);
        if let Some((free, bin)) = fitting.min_by_key(|(free, _)| *free) {
            *free -= lengths[item];
            bin.push(item as i64);
        } else {
            bins.push((capacity - lengths[item], vec![item as i64]));
        }
    }
    bins.into_iter().map(|(_, bin)| bin).collect()
}

/// The fewest bins, by trying every assignment.
fn fewest(lengths: &[i64], free: &mut Vec<i64>, room: i64) -> usize {
    let Some((&length, rest)) = lengths.split_first() else { return free.len() };
    let mut best = usize::MAX;
    for bin in 0..free.len() {
        if free[bin] >= length {
            free[bin] -= length;
            best = best.min(fewest(rest, free, room));
            free[bin] += length;
        }
    }
    free.push(room - length);
    best = best.min(fewest(rest, free, room));
    free.pop();
    best
}

/// A capacity and lengths within it, half of them near thirds of it, where packing is hard.
fn instance(max_items: usize) -> impl Strategy<Value = (i64, Vec<i64>)> {
    (6_i64..60).prop_flat_map(move |capacity| {
        let length = prop_oneof![1..=capacity, (capacity / 4)..=(capacity / 2)];
        (Just(capacity), prop::collection::vec(length, 0..max_items))
    })
}

proptest! {
    #[test]
    fn packing_equals_the_naive_best_fit((capacity, lengths) in instance(60)) {
        let plan = pack(&lengths, capacity).unwrap();
        let bins: Vec<Vec<i64>> = plan
            .offsets
            .windows(2)
            .map(|pair| plan.ids[pair[0] as usize..pair[1] as usize].to_vec())
            .collect();
        prop_assert_eq!(bins, naive_bins(&lengths, capacity));
    }

    #[test]
    fn a_group_is_split_into_the_fewest_rows_and_none_overflows((room, lengths) in instance(9), prompt in 1_i64..50) {
        let parts = split_groups(&[prompt], &lengths, &[0, lengths.len() as i64], room + prompt).unwrap();
        let num_parts = parts.iter().max().map_or(0, |part| part + 1);
        prop_assert_eq!(num_parts as usize, fewest(&lengths, &mut Vec::new(), room));
        for part in 0..num_parts {
            let tokens: i64 = (0..lengths.len()).filter(|&i| parts[i] == part).map(|i| lengths[i]).sum();
            prop_assert!(0 < tokens && tokens <= room);
            // Named by first appearance.
            let first = parts.iter().position(|&other| other == part).unwrap();
            prop_assert!(parts[..first].iter().all(|&other| other < part));
        }
    }

    #[test]
    fn groups_are_split_independently((room, a) in instance(40), cut in 0.0..1.0_f64) {
        let cut = (cut * a.len() as f64) as usize;
        let both = split_groups(&[1, 1], &a, &[0, cut as i64, a.len() as i64], room + 1).unwrap();
        let alone = |lengths: &[i64]| split_groups(&[1], lengths, &[0, lengths.len() as i64], room + 1).unwrap();
        prop_assert_eq!(both, [alone(&a[..cut]), alone(&a[cut..])].concat());
    }

    #[test]
    fn ranks_get_equal_counts_and_close_costs(costs in prop::collection::vec(0_u32..1000, 0..60), num_ranks in 1_usize..9) {
        let costs: Vec<f64> = costs.into_iter().map(f64::from).collect();
        let ranks = place(&costs, num_ranks as i64).unwrap();
        let mut counts = vec![0; num_ranks];
        let mut loads = vec![0.0; num_ranks];
        for (&rank, &cost) in ranks.iter().zip(&costs) {
            counts[rank as usize] += 1;
            loads[rank as usize] += cost;
        }
        prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
        let most = loads.iter().copied().fold(0.0, f64::max);
        let least = loads.iter().copied().fold(f64::INFINITY, f64::min);
        prop_assert!(most - least <= costs.iter().copied().fold(0.0, f64::max));
        // Lockstep: the i-th costliest rows of the ranks are the i-th wave of the sorted rows.
        let mut sorted = costs.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        for rank in 0..num_ranks as i64 {
            let mut own: Vec<f64> = (0..costs.len()).filter(|&i| ranks[i] == rank).map(|i| costs[i]).collect();
            own.sort_by(|a, b| b.total_cmp(a));
            for (cost, wave) in own.iter().zip(sorted.chunks(num_ranks)) {
                prop_assert!(wave.contains(cost));
            }
        }
    }
}

#[test]
fn sixteen_awkward_responses_are_split_exactly() {
    // Six full rooms of 20 (14 + 6, 13 + 7, 12 + 4 + 4, 11 + 9, 11 + 5 + 4, 7 + 6 + 6 + 1); best fit needs seven.
    let lengths = [14, 13, 12, 11, 11, 9, 7, 7, 6, 6, 6, 5, 4, 4, 4, 1];
    assert_eq!(pack(&lengths, 20).unwrap().offsets.len(), 8);
    let parts = split_groups(&[1], &lengths, &[0, 16], 21).unwrap();
    assert_eq!(parts.iter().max(), Some(&5));
}
