//! Any two texts compare as numbers, and a number is equal to itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qwenlong_scoring::{Kind, match_answer};

fuzz_target!(|texts: (&str, &str)| {
    let (answer, gold) = texts;
    let verdict = match_answer(answer, &[gold], Kind::Number).expect("there is a gold");
    assert_eq!(verdict.score.is_none(), verdict.normal_gold.is_none());
    let verdict = match_answer(gold, &[gold], Kind::Number).expect("there is a gold");
    // Markup within a gold may go on the way to the answer; what was read there is then another number or none.
    if verdict.score.is_some() && verdict.normal_prediction == verdict.normal_gold {
        assert_eq!(verdict.score, Some(1.0));
    }
});
