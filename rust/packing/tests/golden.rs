//! The rows of `tests/golden/packing.jsonl`, which Python reads too.
#![allow(clippy::unwrap_used, clippy::panic)]

use qwenlong_packing::{Error, Plan, pack, place, split_groups};
use serde_json::Value;

const ROWS: &str = include_str!("../../../tests/golden/packing.jsonl");

fn ints(row: &Value, key: &str) -> Vec<i64> {
    row[key].as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect()
}

fn floats(row: &Value, key: &str) -> Vec<f64> {
    row[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn assert_row<T: std::fmt::Debug + PartialEq>(
    row: &Value,
    result: Result<T, Error>,
    expected: impl Fn() -> T,
) {
    match (result, row.get("error")) {
        (Ok(value), None) => assert_eq!(value, expected(), "{row}"),
        (Err(error), Some(message)) => assert_eq!(error.to_string(), message.as_str().unwrap()),
        (result, _) => panic!("{result:?} for {row}"),
    }
}

#[test]
fn the_golden_rows_hold() {
    let mut seen = 0;
    for row in ROWS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        seen += 1;
        match row["kernel"].as_str().unwrap() {
            "pack" => {
                let result = pack(&ints(&row, "lengths"), row["capacity"].as_i64().unwrap());
                assert_row(&row, result, || Plan { ids: ints(&row, "ids"), offsets: ints(&row, "offsets") });
            }
            "split_groups" => {
                let prompts = ints(&row, "prompt_lengths");
                let responses = ints(&row, "response_lengths");
                let capacity = row["capacity"].as_i64().unwrap();
                let result = split_groups(&prompts, &responses, &ints(&row, "offsets"), capacity);
                assert_row(&row, result, || ints(&row, "parts"));
            }
            "place" => {
                let result = place(&floats(&row, "costs"), row["num_ranks"].as_i64().unwrap());
                assert_row(&row, result, || ints(&row, "ranks"));
            }
            kernel => panic!("unknown kernel {kernel}"),
        }
    }
    assert_eq!(seen, 29);
}

#[test]
fn a_cost_that_is_not_finite_is_refused() {
    for cost in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(place(&[0.0, cost], 2), Err(Error::Cost { row: 1, .. })));
    }
}
