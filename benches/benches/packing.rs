//! Packing at the size of a step (1024 sequences), of a data set (100,000), and at the exact search's worst.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use qwenlong_benches::spread;
use qwenlong_packing::{pack, place, split_groups};

fn packing(criterion: &mut Criterion) {
    let capacity = 65_536;
    for count in [1024, 100_000] {
        let lengths = spread(count, 200, 40_000);
        let plan = pack(&lengths, capacity).unwrap();
        let total: i64 = lengths.iter().sum();
        let bins = i64::try_from(plan.offsets.len()).unwrap() - 1;
        assert!(bins >= (total + capacity - 1) / capacity && bins * capacity < total * 11 / 9 + 4 * capacity);
        criterion.bench_function(&format!("pack/{count}"), |bench| bench.iter(|| pack(&lengths, capacity)));
    }
}

fn splitting(criterion: &mut Criterion) {
    // Six full rooms of 20; best fit needs seven, so every group goes to the exact search.
    let hard = [14, 13, 12, 11, 11, 9, 7, 7, 6, 6, 6, 5, 4, 4, 4, 1];
    assert_eq!(split_groups(&[1], &hard, &[0, 16], 21).unwrap().iter().max(), Some(&5));
    criterion
        .bench_function("split_groups/exact", |bench| bench.iter(|| split_groups(&[1], &hard, &[0, 16], 21)));

    let prompts = spread(128, 20_000, 60_000);
    let responses = spread(128 * 8, 500, 10_000);
    let offsets: Vec<i64> = (0..=128).map(|group| group * 8).collect();
    let parts = split_groups(&prompts, &responses, &offsets, 70_000).unwrap();
    assert!(parts.len() == 1024 && parts.iter().all(|&part| part < 8));
    criterion.bench_function("split_groups/128x8", |bench| {
        bench.iter(|| split_groups(&prompts, &responses, &offsets, 70_000));
    });
}

fn placing(criterion: &mut Criterion) {
    let costs: Vec<f64> =
        spread(1024, 1, 1 << 30).into_iter().map(|cost| f64::from(i32::try_from(cost).unwrap())).collect();
    let ranks = place(&costs, 64).unwrap();
    assert!((0..64).all(|rank| ranks.iter().filter(|&&placed| placed == rank).count() == 16));
    criterion.bench_function("place/1024 on 64", |bench| bench.iter(|| place(&costs, 64)));
}

criterion_group!(benches, packing, splitting, placing);
criterion_main!(benches);
