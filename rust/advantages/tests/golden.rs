//! The rows of `tests/golden/advantages.jsonl`, which Python reads too.
#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation)]

use qwenlong_advantages::{Error, Scale, group_advantages, pass_at_k};
use serde_json::Value;

const ROWS: &str = include_str!("../../../tests/golden/advantages.jsonl");

fn ints(row: &Value, key: &str) -> Vec<i64> {
    row[key].as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect()
}

fn floats(row: &Value, key: &str) -> Vec<f64> {
    row[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

fn assert_close(row: &Value, values: &[f64], key: &str) {
    let expected = floats(row, key);
    let tolerance = row["tolerance"].as_f64().unwrap();
    let close = values.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= tolerance);
    assert!(close && values.len() == expected.len(), "{values:?} for {row}");
}

fn assert_message(row: &Value, error: &Error) {
    assert_eq!(error.to_string(), row["error"].as_str().unwrap(), "{row}");
}

#[test]
fn the_golden_rows_hold() {
    let mut seen = 0;
    for row in ROWS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        seen += 1;
        match row["kernel"].as_str().unwrap() {
            "group_advantages" => {
                let rewards: Vec<f32> =
                    floats(&row, "rewards").into_iter().map(|reward| reward as f32).collect();
                let scale = if row["divide_by_std"] == true { Scale::Std } else { Scale::None };
                let epsilon = row["epsilon"].as_f64().unwrap();
                match group_advantages(&rewards, &ints(&row, "offsets"), epsilon, scale) {
                    Ok(credit) => {
                        let advantages: Vec<f64> = credit.advantages.into_iter().map(f64::from).collect();
                        assert_close(&row, &advantages, "advantages");
                        assert_eq!(Value::from(credit.has_signal), row["has_signal"], "{row}");
                    }
                    Err(error) => assert_message(&row, &error),
                }
            }
            "pass_at_k" => {
                let k = row["k"].as_i64().unwrap();
                match pass_at_k(&ints(&row, "num_samples"), &ints(&row, "num_correct"), k) {
                    Ok(estimates) => assert_close(&row, &estimates, "estimates"),
                    Err(error) => assert_message(&row, &error),
                }
            }
            kernel => panic!("unknown kernel {kernel}"),
        }
    }
    assert_eq!(seen, 26);
}
