//! Observing a step, drawing from 100,000 examples, saving and loading them.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use qwenlong_benches::spread;
use qwenlong_replay::{Memory, Mode};

fn replay(criterion: &mut Criterion) {
    let ids: Vec<String> = (0..100_000).map(|index| format!("example-{index}")).collect();
    let sums: Vec<f64> =
        spread(100_000, 0, 8).into_iter().map(|sum| f64::from(i32::try_from(sum).unwrap())).collect();
    let counts = vec![8; ids.len()];
    let mut memory = Memory::new();
    memory.observe(&ids, 0, &sums, &counts).unwrap();
    assert_eq!(memory.len(), ids.len());

    let step = (&ids[..128], &sums[..128], &counts[..128]);
    criterion.bench_function("observe/128", |bench| bench.iter(|| memory.observe(step.0, 0, step.1, step.2)));

    let drawn = memory.draw(&ids, 1000, Mode::Weighted, 7).unwrap();
    assert_eq!(drawn[..10], memory.draw(&ids, 10, Mode::Weighted, 7).unwrap());
    criterion.bench_function("draw/1000 of 100000", |bench| {
        bench.iter(|| memory.draw(&ids, 1000, Mode::Weighted, 7));
    });

    let bytes = memory.to_bytes();
    assert_eq!(Memory::from_bytes(&bytes).unwrap().to_bytes(), bytes);
    criterion.bench_function("to_bytes/100000", |bench| bench.iter(|| memory.to_bytes()));
    criterion.bench_function("from_bytes/100000", |bench| bench.iter(|| Memory::from_bytes(&bytes)));
}

criterion_group!(benches, replay);
criterion_main!(benches);
