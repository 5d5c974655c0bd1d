//! The rows of `tests/golden/scoring.jsonl`, which Python reads too: every entry of the list of defects, by name.
#![allow(clippy::unwrap_used, clippy::panic)]

use qwenlong_scoring::{Answer, Kind, Metric, Reasoning, Setting, Settings, match_answer, profile, score};
use serde_json::{Value, json};

const ROWS: &str = include_str!("../../../tests/golden/scoring.jsonl");

#[test]
fn the_golden_rows_hold() {
    let (strict, mut seen) = (profile("strict").unwrap(), 0);
    for row in ROWS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        seen += 1;
        let text = |key: &str| row[key].as_str().unwrap();
        let golds: Vec<&str> =
            row["gold"].as_array().unwrap().iter().map(|gold| gold.as_str().unwrap()).collect();
        let (kind, reasoning): (Kind, Reasoning) =
            (text("kind").parse().unwrap(), text("reasoning").parse().unwrap());
        let answers: Vec<Answer<'_>> = golds.iter().map(|&gold| gold.into()).collect();
        let settings = settings(&row);
        let (verdict, plain) = match text("mode") {
            "score" => (
                strict.score(text("response"), &answers, &settings),
                score(text("response"), &golds, kind, reasoning),
            ),
            "match" => (
                strict.match_answer(&text("response").into(), &answers, &settings),
                match_answer(text("response"), &golds, kind),
            ),
            mode => panic!("unknown mode {mode}"),
        };
        let verdict = verdict.unwrap();
        if row.get("options").is_none() {
            assert_eq!(verdict, plain.unwrap(), "{row}");
        }
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
    assert!(seen > 3800);
}

/// The row's options, which may name more than the kind and the reasoning.
fn settings(row: &Value) -> Settings {
    let options = row.get("options").and_then(Value::as_object);
    let shared = ["kind", "reasoning"].map(|name| (name, &row[name]));
    let given =
        shared.into_iter().chain(options.into_iter().flatten().map(|(name, value)| (name.as_str(), value)));
    let read = |value: &Value| {
        value.as_f64().map_or_else(|| Setting::Text(value.as_str().unwrap().to_owned()), Setting::Number)
    };
    Settings::read(profile("strict").unwrap(), given.map(|(name, value)| (name, read(value)))).unwrap()
}
