//! Tails of long responses, short pairs, whole responses, and how time grows with length.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use qwenlong_scoring::{Answer, Metric, Settings, profile};

const BODY: &str = "The filing says that revenue grew by 12.5% in 2019, to $1,496.5 million, and so on. ";

/// A response of about `bytes` with its answer behind `</think>`; `sign` makes it leave ASCII.
fn response(bytes: usize, sign: &str) -> String {
    let body = format!("{sign}{BODY}");
    let reasoning = body.repeat(bytes / body.len());
    format!("<think>{reasoning}</think>\n\nTherefore, the answer is **Berlin{sign}**.")
}

fn tails(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tail of 23 KB");
    for (name, sign) in [("ascii", ""), ("beyond ascii", "é")] {
        let (response, bare) = (response(23_000, sign), format!("Berlin{sign}"));
        let sentence = format!("Therefore, the answer is {bare}.");
        for (scorer, gold) in [("strict", &bare), ("qwenlong_docqa", &sentence)] {
            let profile = profile(scorer).unwrap();
            let settings = Settings::read(profile, []).unwrap();
            let score = || profile.score(&response, &[Answer::Text(gold)], &settings).unwrap();
            assert_eq!(score().score, Some(1.0), "{scorer}");
            group.bench_function(BenchmarkId::new(scorer, name), |bench| bench.iter(score));
        }
    }
}

/// EM, cover and F1 of a short answer: what `qwenlong_docqa` measures.
fn pairs(criterion: &mut Criterion) {
    let rows = [
        ("Miller v. California", "Gates v. Collier", 1.0 / 3.0),
        ("the city of Paris", "Paris", 0.5),
        ("It was the Norwegian Blue.", "The Norwegian Blue", 2.0 / 3.0),
        ("1,496.5 million", "1496.5 million", 1.0),
    ];
    let profile = profile("qwenlong_docqa").unwrap();
    let settings = Settings::default();
    let score = |(prediction, gold, _): &(&'static str, &'static str, f64)| {
        profile.match_answer(&Answer::Text(prediction), &[Answer::Text(gold)], &settings).unwrap()
    };
    for row in &rows {
        assert!((score(row).metric(Metric::F1).unwrap() - row.2).abs() < 1e-12, "{row:?}");
    }
    let mut group = criterion.benchmark_group("em, cover and f1");
    group.throughput(Throughput::Elements(rows.len() as u64));
    group.bench_function("short pairs", |bench| {
        bench.iter(|| rows.iter().for_each(|row| drop(black_box(score(row)))));
    });
}

fn whole(criterion: &mut Criterion) {
    let profile = profile("longbench_qa").unwrap();
    let mut group = criterion.benchmark_group("f1 over a whole 23 KB response");
    for (name, sign) in [("ascii", ""), ("beyond ascii", "é")] {
        let response = response(23_000, sign);
        let gold = "revenue grew by 12.5%";
        let score =
            || profile.score(&response, &[Answer::Text(gold)], &Settings::default()).unwrap().score.unwrap();
        assert!(score() > 0.0 && score() < 0.01);
        group.bench_function(name, |bench| bench.iter(score));
    }
}

/// Not timed by criterion: the figure is the ratio, ten where time is linear.
#[allow(clippy::print_stderr, reason = "the figure is shown beside criterion's")]
fn growth(_: &mut Criterion) {
    for scorer in ["strict", "longbench_qa", "frames_rule", "spell_docqa", "helmet"] {
        let profile = profile(scorer).unwrap();
        let settings = Settings::read(profile, []).unwrap();
        let fastest = |bytes: usize| {
            // Without `</think>`, so that nothing can be skipped.
            let response = response(bytes, "é").replace("</think>", " ").replace("<think>", " ");
            let runs = (0..5).map(|_| {
                let started = Instant::now();
                drop(black_box(profile.score(&response, &[Answer::Text("the answer is Berlin")], &settings)));
                started.elapsed().as_secs_f64()
            });
            runs.fold(f64::INFINITY, f64::min)
        };
        let (small, large) = (fastest(1_000_000), fastest(10_000_000));
        eprintln!(
            "growth/{scorer}: 1 MB {:.2} ms, 10 MB {:.2} ms, ratio {:.1}",
            small * 1e3,
            large * 1e3,
            large / small
        );
    }
}

criterion_group!(benches, tails, pairs, whole, growth);
criterion_main!(benches);
