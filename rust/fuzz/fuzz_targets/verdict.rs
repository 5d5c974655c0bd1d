//! Every response gets a verdict that agrees with itself, whatever the golds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qwenlong_scoring::{Kind, Reasoning, check_gold, match_answer, score};

fuzz_target!(|texts: (&str, Vec<&str>)| {
    let (response, mut golds) = texts;
    golds.push("Berlin");
    for kind in [Kind::Auto, Kind::Text, Kind::Number, Kind::Choice, Kind::YesNo] {
        let verdict = score(response, &golds, kind, Reasoning::Auto).expect("there is a gold");
        assert_eq!(verdict.score.is_none(), golds.iter().all(|gold| check_gold(gold, kind).is_err()));
        assert_eq!(verdict.score == Some(1.0), verdict.matched_gold.is_some());
        assert!(!verdict.well_formed || verdict.extracted.is_some_and(|answer| !answer.is_empty()));
        let verdict = match_answer(response, &golds, kind).expect("there is a gold");
        assert_eq!(verdict.score == Some(1.0), verdict.matched_gold.is_some());
    }
});
