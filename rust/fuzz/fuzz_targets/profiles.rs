//! Every profile gives every pair of texts a verdict that agrees with itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qwenlong_scoring::{Answer, Golds, Profile, Settings, Verdict, profiles};

fuzz_target!(|input: (u8, &str, Vec<&str>)| {
    let (chosen, response, mut golds) = input;
    let all: Vec<&Profile> = profiles().collect();
    let profile = all[usize::from(chosen) % all.len()];
    if profile.golds != Golds::AliasesOrNone {
        golds.push("Therefore, the answer is 5.");
    }
    let golds: Vec<Answer<'_>> = match profile.golds {
        Golds::One => vec![Answer::Text(golds[0])],
        Golds::Aliases | Golds::AliasesOrNone => golds.iter().copied().map(Answer::Text).collect(),
        Golds::Spans => vec![Answer::Spans(golds.clone()), Answer::Text(golds[0])],
    };
    let settings = Settings::read(profile, []).expect("defaults are allowed");
    let scored = profile.score(response, &golds, &settings).expect("the golds have the profile's shape");
    let matched = profile.match_answer(&Answer::Text(response), &golds, &settings).expect("as before");
    for verdict in [&scored, &matched] {
        check(profile, verdict);
    }
    if profile.tail
        && let Some(at) = response.rfind("</think>")
    {
        let tail = profile.score(&response[at..], &golds, &settings).expect("as before");
        assert_eq!(tail, scored, "what stands before the last </think> does not matter");
    }
});

fn check(profile: &Profile, verdict: &Verdict) {
    assert_eq!(verdict.score.is_none(), verdict.reason.is_missing());
    assert!(
        verdict
            .metrics
            .iter()
            .all(|(name, value)| profile.metrics.contains(name) && (0.0..=1.0).contains(value))
    );
    if let Some(score) = verdict.score {
        assert_eq!(verdict.metric(profile.metrics[0]), Some(score));
        assert!(verdict.matched_gold.is_none() || score > 0.0);
    }
}
