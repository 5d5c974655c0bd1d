//! What must hold for any text in the profiles that grade by degree: DROP, TAT-QA, `NarrativeQA`, ANLS, MRCR.
#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "equal to the last bit")]

use proptest::prelude::*;
use qwenlong_scoring::{Answer, Metric, Setting, Settings, Verdict, profile};

/// Texts made of what the scorers look for, torn apart and put together at random.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        " ",
        "\n",
        "\u{a0}",
        "\u{1c}",
        ".",
        "-",
        ",",
        "(",
        ")",
        "%",
        "$",
        "'",
        "[",
        "+",
        "5",
        "-5",
        "007",
        "3.5",
        ".5",
        "1,082",
        "1_000",
        "1e400",
        "inf",
        "nan",
        "(134)",
        "12%",
        "million",
        "percent",
        "٣",
        "½",
        "²",
        "the",
        "a",
        "an",
        "cat",
        "sat",
        "U.S.",
        "é",
        "İ",
        "の",
        "\u{301}",
        "\u{1f600}",
        "None",
    ]);
    prop::collection::vec(prop_oneof![6 => pieces.prop_map(str::to_owned), 1 => any::<String>()], 0..24)
        .prop_map(|pieces| pieces.concat())
}

fn spans() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(hostile(), 0..6)
}

/// One text, or several spans.
fn answer(spans: &[String]) -> Answer<'_> {
    match spans {
        [text] => Answer::Text(text),
        _ => Answer::Spans(spans.iter().map(String::as_str).collect()),
    }
}

fn text(value: &str) -> Setting {
    Setting::Text(value.to_owned())
}

fn judged(name: &str, prediction: &[String], golds: &[&[String]], options: &[(&str, Setting)]) -> Verdict {
    let profile = profile(name).unwrap();
    let settings = Settings::read(profile, options.iter().cloned()).unwrap();
    let golds: Vec<_> = golds.iter().map(|gold| answer(gold)).collect();
    profile.match_answer(&answer(prediction), &golds, &settings).unwrap()
}

fn metric(verdict: &Verdict, metric: Metric) -> f64 {
    verdict.metric(metric).unwrap_or(f64::NAN)
}

/// A score is there unless the reason says that nothing could be judged, and every metric is a share.
fn is_sound(verdict: &Verdict) -> bool {
    verdict.score.is_none() == verdict.reason.is_missing()
        && verdict.metrics.iter().all(|(_, value)| (0.0..=1.0).contains(value))
        && verdict.score.is_none_or(|score| verdict.matched_gold.is_some() == (score > 0.0))
}

/// No metric of the first verdict is above the second's.
fn is_at_most(less: &Verdict, more: &Verdict) -> bool {
    less.metrics.iter().all(|&(name, value)| value <= metric(more, name))
}

const TYPES: [&str; 4] = ["span", "multi-span", "arithmetic", "count"];

proptest! {
    #[test]
    fn any_spans_get_a_verdict_and_a_further_gold_never_hurts(
        prediction in spans(), gold in spans(), further in spans(), scale in hostile(), answer_type in 0..4_usize,
    ) {
        let options = [("scale", text(&scale)), ("answer_type", text(TYPES[answer_type]))];
        for (name, options) in [("drop", &options[..0]), ("tatqa", &options[..])] {
            let one = judged(name, &prediction, &[&gold], options);
            let two = judged(name, &prediction, &[&gold, &further], options);
            prop_assert!(is_sound(&one) && is_sound(&two), "{name} {one:?} {two:?}");
            prop_assert!(two.score.is_none() || is_at_most(&one, &two), "{name} {one:?} {two:?}");
        }
    }

    #[test]
    fn any_text_gets_a_verdict(
        response in hostile(), gold in hostile(), further in hostile(), prefix in hostile(), threshold in 0.0..=1.0,
    ) {
        let threshold = Setting::Number(threshold);
        for (name, options) in [("narrativeqa", vec![]), ("anls", vec![("threshold", threshold)])] {
            let profile = profile(name).unwrap();
            let settings = Settings::read(profile, options).unwrap();
            let (gold, further) = (Answer::from(gold.as_str()), Answer::from(further.as_str()));
            let one = profile.score(&response, std::slice::from_ref(&gold), &settings).unwrap();
            let two = profile.score(&response, &[gold, further], &settings).unwrap();
            prop_assert!(is_sound(&one) && is_sound(&two) && is_at_most(&one, &two), "{name} {one:?} {two:?}");
        }
        let mrcr = judged("mrcr", std::slice::from_ref(&response), &[&[gold]], &[("prefix", text(&prefix))]);
        prop_assert!(is_sound(&mrcr), "{mrcr:?}");
        prop_assert!(response.starts_with(&prefix) || mrcr.score == Some(0.0));
    }

    #[test]
    fn an_answer_agrees_with_itself(spans in prop::collection::vec("[a-z0-9., %$()-]{0,12}x", 1..5), scale in 0..3_usize) {
        let drop = judged("drop", &spans, &[&spans], &[]);
        prop_assert_eq!((drop.score, metric(&drop, Metric::Em)), (Some(1.0), 1.0));
        let scale = ["", "million", "percent"][scale];
        let options = [("scale", text(scale)), ("prediction_scale", text(scale))];
        let tatqa = judged("tatqa", &spans, &[&spans], &options);
        prop_assert_eq!((tatqa.score, metric(&tatqa, Metric::Em)), (Some(1.0), 1.0));
        for name in ["anls", "mrcr", "narrativeqa"] {
            let one = &spans[..1];
            prop_assert_eq!(judged(name, one, &[one], &[]).score, Some(1.0), "{}", name);
        }
    }

    #[test]
    fn the_order_of_spans_does_not_matter(prediction in spans(), gold in spans().prop_filter("none blank", |gold| {
        !gold.is_empty() && gold.iter().all(|span| span.contains(|char: char| char.is_alphanumeric()))
    })) {
        let backwards = |spans: &[String]| spans.iter().rev().cloned().collect::<Vec<_>>();
        let (one, two) = (
            judged("drop", &prediction, &[&gold], &[]),
            judged("drop", &backwards(&prediction), &[&backwards(&gold)], &[]),
        );
        prop_assert_eq!(metric(&one, Metric::Em), metric(&two, Metric::Em));
        // The sum may differ in its last bit, and be rounded to the other side.
        prop_assert!((metric(&one, Metric::F1) - metric(&two, Metric::F1)).abs() < 0.011, "{one:?} {two:?}");
    }

    #[test]
    fn texts_can_change_sides(left in hostile(), right in hostile(), threshold in 0.0..=1.0) {
        let options = [("threshold", Setting::Number(threshold))];
        let score = |one: &String, two: &String| {
            judged("anls", std::slice::from_ref(one), &[std::slice::from_ref(two)], &options).score.unwrap()
        };
        prop_assert_eq!(score(&left, &right), score(&right, &left));
        prop_assert!(score(&left, &right) == 0.0 || score(&left, &right) >= threshold);
    }

    #[test]
    fn words_can_change_sides_where_no_number_must_agree(left in "[a-z ]{0,20}x", right in "[a-z ]{0,20}x") {
        // Both nan and infinity are numbers to DROP.
        prop_assume!(!left.contains("inf") && !right.contains("inf") && !left.contains("nan") && !right.contains("nan"));
        for name in ["drop", "tatqa"] {
            let (left, right) = (std::slice::from_ref(&left), std::slice::from_ref(&right));
            prop_assert_eq!(judged(name, left, &[right], &[]).metrics, judged(name, right, &[left], &[]).metrics);
        }
    }

    #[test]
    fn a_prefix_on_both_sides_counts_for_nothing(prefix in hostile(), response in hostile(), gold in hostile()) {
        prop_assume!(!gold.starts_with(&prefix) || prefix.is_empty());
        let score = |response: String, gold: String, prefix: &str| {
            judged("mrcr", &[response], &[&[gold]], &[("prefix", text(prefix))]).score
        };
        let without = score(response.clone(), gold.clone(), "");
        prop_assert_eq!(score(prefix.clone() + &response, gold.clone(), &prefix), without);
        prop_assert_eq!(score(prefix.clone() + &response, prefix.clone() + &gold, &prefix), without);
    }

    #[test]
    fn arithmetic_is_right_or_wrong(prediction in hostile(), gold in hostile(), counted in any::<bool>()) {
        let options = [("answer_type", text(if counted { "count" } else { "arithmetic" }))];
        let verdict = judged("tatqa", &[prediction], &[&[gold]], &options);
        let (em, f1) = (verdict.metric(Metric::Em), verdict.metric(Metric::F1));
        prop_assert!(em == f1 && em.is_none_or(|em| em == 0.0 || em == 1.0), "{verdict:?}");
    }
}

#[test]
fn long_hostile_texts_end() {
    for piece in
        ["the ", "5 ", "5", ".", ". ", "- ", "(", "(5 ", "%", "a.b ", "\u{301}", "million ", "+", "1_0 ", "é"]
    {
        let long = piece.repeat(100_000 / piece.len());
        for name in ["drop", "tatqa", "narrativeqa", "anls", "mrcr"] {
            for gold in ["5", "the cat. sat", ""] {
                let verdict = judged(name, std::slice::from_ref(&long), &[&[gold.to_owned()]], &[]);
                assert!(is_sound(&verdict), "{name} {piece} {gold}");
            }
        }
    }
}
