//! The rows of `tests/golden/scoring.jsonl`, which Python reads too: every entry of the list of defects, by name.
#![allow(clippy::unwrap_used, clippy::panic)]

use qwenlong_scoring::{Kind, Metric, match_answer, score};
use serde_json::{Value, json};

const ROWS: &str = include_str!("../../../tests/golden/scoring.jsonl");

#[test]
fn the_golden_rows_hold() {
    let mut seen = 0;
    for row in ROWS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        seen += 1;
        let text = |key: &str| row[key].as_str().unwrap();
        let golds: Vec<&str> =
            row["gold"].as_array().unwrap().iter().map(|gold| gold.as_str().unwrap()).collect();
        let kind: Kind = text("kind").parse().unwrap();
        let verdict = match text("mode") {
            "score" => score(text("response"), &golds, kind, text("reasoning").parse().unwrap()),
            "match" => match_answer(text("response"), &golds, kind),
            mode => panic!("unknown mode {mode}"),
        }
        .unwrap();
        assert_eq!(json!(verdict.score), json!(row["score"].as_f64()), "{row} {verdict:?}");
        for (key, value) in [
            ("reason", json!(verdict.reason.code())),
            ("extracted", json!(verdict.extracted)),
            ("matched_gold", json!(verdict.matched_gold)),
            ("well_formed", json!(verdict.metric(Metric::WellFormed) == Some(1.0))),
        ] {
            if let Some(expected) = row.get(key) {
                assert_eq!(expected, &value, "{row} {verdict:?}");
            }
        }
    }
    assert_eq!(seen, 822);
}
