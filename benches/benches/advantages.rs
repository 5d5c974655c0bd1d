//! Credit of 128 groups of 8 and of 100,000.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use qwenlong_advantages::{Scale, group_advantages, pass_at_k};

fn credit(criterion: &mut Criterion) {
    for groups in [128, 100_000] {
        // One of eight right in every group: 7/8 * sqrt(8).
        let rewards: Vec<f32> = (0..groups * 8).map(|index| if index % 8 == 0 { 1.0 } else { 0.0 }).collect();
        let offsets: Vec<i64> = (0..=groups).map(|group| group * 8).collect();
        let result = group_advantages(&rewards, &offsets, 1e-6, Scale::Std).unwrap();
        assert!(result.has_signal.iter().all(|&signal| signal));
        assert!(result.advantages.iter().step_by(8).all(|advantage| (advantage - 2.4749).abs() < 1e-4));
        criterion.bench_function(&format!("group_advantages/{groups}x8"), |bench| {
            bench.iter(|| group_advantages(&rewards, &offsets, 1e-6, Scale::Std));
        });
    }
}

fn estimates(criterion: &mut Criterion) {
    let (samples, correct) = (vec![16; 10_000], vec![4; 10_000]);
    assert!(pass_at_k(&samples, &correct, 2).unwrap().iter().all(|estimate| (estimate - 0.45).abs() < 1e-12));
    criterion.bench_function("pass_at_k/10000", |bench| bench.iter(|| pass_at_k(&samples, &correct, 2)));
}

criterion_group!(benches, credit, estimates);
criterion_main!(benches);
