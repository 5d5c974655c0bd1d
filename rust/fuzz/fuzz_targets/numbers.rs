//! Any two texts compare as numbers, a number is equal to itself, and a stricter policy accepts no more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qwenlong_scoring::{Kind, Setting, Settings, match_answer, profile};

fuzz_target!(|texts: (&str, &str)| {
    let (answer, gold) = texts;
    let strict = profile("strict").expect("it exists");
    let accepted = ["same", "value", "either"].map(|percent| {
        let text = |text: &str| Setting::Text(text.to_owned());
        let settings = Settings::read(strict, [("kind", text("number")), ("percent", text(percent))]);
        let settings = settings.expect("both are options");
        let verdict =
            strict.match_answer(&answer.into(), &[gold.into()], &settings).expect("there is a gold");
        assert_eq!(verdict.score.is_none(), verdict.normal_gold.is_none());
        verdict.score == Some(1.0)
    });
    assert!(accepted.is_sorted(), "{accepted:?}");
    let verdict = match_answer(gold, &[gold], Kind::Number).expect("there is a gold");
    // Markup within a gold may go on the way to the answer; what was read there is then another number or none.
    if verdict.score.is_some() && verdict.normal_prediction == verdict.normal_gold {
        assert_eq!(verdict.score, Some(1.0));
    }
});
