//! The rows of `tests/golden/replay.jsonl`, which Python reads too.
#![allow(clippy::unwrap_used)]

use qwenlong_replay::{Error, Memory, Mode, Policy};
use serde_json::Value;

const ROWS: &str = include_str!("../../../tests/golden/replay.jsonl");

fn array<'a, T>(value: &'a Value, as_item: impl Fn(&'a Value) -> Option<T>) -> Vec<T> {
    value.as_array().unwrap().iter().map(|item| as_item(item).unwrap()).collect()
}

fn mode(query: &Value) -> Mode {
    query["mode"].as_str().unwrap().parse().unwrap()
}

fn size(query: &Value, key: &str) -> usize {
    usize::try_from(query[key].as_u64().unwrap()).unwrap()
}

fn observed(row: &Value) -> Result<Memory, Error> {
    let mut memory = Memory::new();
    for step in row["observations"].as_array().unwrap() {
        let ids = array(&step["ids"], Value::as_str);
        let (sums, counts) = (array(&step["sums"], Value::as_f64), array(&step["counts"], Value::as_i64));
        let before = memory.clone();
        memory.observe(&ids, step["phase"].as_i64().unwrap(), &sums, &counts).inspect_err(|_| {
            assert_eq!(memory, before, "a refused observation changes nothing");
        })?;
    }
    Ok(memory)
}

fn check(row: &Value, memory: &Memory) {
    let values = memory.difficulty(&array(&row["difficulty"]["ids"], Value::as_str)).unwrap();
    assert_eq!(Value::from(values), row["difficulty"]["values"]);
    for query in row["candidates"].as_array().unwrap() {
        let policy = Policy {
            mode: mode(query),
            max_examples: size(query, "max_examples"),
            drop_after: query["drop_after"].as_u64().unwrap(),
        };
        let seed = query["seed"].as_u64().unwrap();
        let ids = memory.candidates(query["before_phase"].as_i64().unwrap(), policy, seed);
        assert_eq!(Value::from(ids), query["ids"], "{query}");
    }
    for query in row["draws"].as_array().unwrap() {
        let candidates = array(&query["candidates"], Value::as_str);
        let seed = query["seed"].as_u64().unwrap();
        let drawn = memory.draw(&candidates, size(query, "k"), mode(query), seed).unwrap();
        let ids: Vec<&str> = drawn.into_iter().map(|position| candidates[position]).collect();
        assert_eq!(Value::from(ids), query["ids"], "{query}");
    }
    let hex: Vec<String> = memory.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex.concat(), row["bytes"].as_str().unwrap());
}

#[test]
fn the_golden_rows_hold() {
    let rows: Vec<Value> = ROWS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 11);
    for row in rows {
        match observed(&row) {
            Ok(memory) => {
                check(&row, &memory);
                check(&row, &Memory::from_bytes(&memory.to_bytes()).unwrap());
            }
            Err(error) => assert_eq!(error.to_string(), row["error"].as_str().unwrap(), "{row}"),
        }
    }
}
