//! Every response gets a verdict that agrees with itself, whatever the golds and the options.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qwenlong_scoring::{
    Answer, Kind, Metric, Reasoning, Setting, Settings, Verdict, check_gold, match_answer, profile, score,
};

fuzz_target!(|texts: (&str, Vec<&str>)| {
    let (response, mut golds) = texts;
    golds.push("Berlin");
    for kind in [Kind::Auto, Kind::Text, Kind::Number, Kind::Choice, Kind::YesNo] {
        let verdict = score(response, &golds, kind, Reasoning::Auto).expect("there is a gold");
        assert_eq!(verdict.score.is_none(), golds.iter().all(|gold| check_gold(gold, kind).is_err()));
        assert_eq!(verdict.score == Some(1.0), verdict.matched_gold.is_some());
        let well_formed = verdict.metric(Metric::WellFormed) == Some(1.0);
        assert!(!well_formed || verdict.extracted.is_some_and(|answer| !answer.is_empty()));
        let verdict = match_answer(response, &golds, kind).expect("there is a gold");
        assert_eq!(verdict.score == Some(1.0), verdict.matched_gold.is_some());
    }
    for unicode in ["fold", "exact"] {
        let [plain, forgiving] = [0.0, 0.5].map(|threshold| lenient(response, &golds, unicode, threshold));
        assert!(plain.score != Some(1.0) || forgiving.score == Some(1.0));
        assert_eq!(plain.score.is_none(), forgiving.score.is_none());
    }
});

fn lenient(response: &str, golds: &[&str], unicode: &str, threshold: f64) -> Verdict {
    let strict = profile("strict").expect("it exists");
    let given =
        [("unicode", Setting::Text(unicode.to_owned())), ("edit_similarity", Setting::Number(threshold))];
    let settings = Settings::read(strict, given).expect("both are options");
    let golds: Vec<Answer<'_>> = golds.iter().map(|&gold| gold.into()).collect();
    strict.score(response, &golds, &settings).expect("there is a gold")
}
