//! What must hold for any text.
#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "scores are 0 or 1 exactly")]

use proptest::prelude::*;
use qwenlong_scoring::{Kind, Reasoning, check_gold, extract, match_answer, score};

const KINDS: [Kind; 5] = [Kind::Auto, Kind::Text, Kind::Number, Kind::Choice, Kind::YesNo];

/// Texts made of what the scorer looks for, torn apart and put together at random.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "</think>",
        "<think>",
        "the answer is",
        "The final answer:",
        "Answer",
        "\\boxed{",
        "}",
        "{",
        "<answer>",
        "</answer>",
        "<|im_end|>",
        "**",
        "`",
        "$",
        "\\frac{",
        "\\",
        " ",
        "\n",
        ".",
        ",",
        "-",
        "(",
        ")",
        "/",
        "%",
        "e",
        "5",
        "1,500",
        "½",
        "²",
        "million",
        "Berlin",
        "A",
        "B",
        "yes",
        "no",
        "not",
        "or",
        "if",
        "é",
        "の",
        "\u{301}",
        "\u{2212}",
        "\u{200b}",
        "|>",
        "｜>",
        "'",
        "is",
        "x 10^",
        "1/",
    ]);
    prop::collection::vec(prop_oneof![4 => pieces.prop_map(str::to_owned), 1 => any::<String>()], 0..40)
        .prop_map(|pieces| pieces.concat())
}

fn nothing() -> impl Strategy<Value = String> {
    "([tT]he|[aA]n?|[!?.,;: '\"-]| ){0,6}".prop_filter("words, not letters run together", |text| {
        text.split(|c: char| !c.is_alphabetic())
            .all(|word| matches!(word, "" | "the" | "The" | "a" | "A" | "an" | "An"))
    })
}

/// Golds whose parts are no candidates of their own.
fn gold() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Berlin",
        "Barack Obama",
        "5",
        "32.4",
        "-5",
        "45%",
        "1/3",
        "Yes",
        "No",
        "B",
        "(C)",
        "cost-plus type",
    ])
}

proptest! {
    #[test]
    fn any_text_gets_a_verdict(response in hostile(), gold in hostile(), reasoning in 0..2) {
        let reasoning = [Reasoning::Auto, Reasoning::Required][usize::try_from(reasoning).unwrap()];
        for kind in KINDS {
            let verdict = score(&response, &[&gold], kind, reasoning).unwrap();
            prop_assert_eq!(verdict.score.is_none(), check_gold(&gold, kind).is_err());
            prop_assert_eq!(verdict.score == Some(1.0), verdict.matched_gold.is_some());
            let verdict = match_answer(&response, &[&gold], kind).unwrap();
            prop_assert!(verdict.score.is_none_or(|score| score == 0.0 || score == 1.0));
        }
        let _ = extract(&response, reasoning);
    }

    #[test]
    fn nothing_after_normalising_matches_nothing(nothing in nothing(), gold in hostile()) {
        for kind in KINDS {
            // A lone A names an option.
            if check_gold(&gold, kind) != Ok(Kind::Choice) {
                prop_assert_ne!(match_answer(&nothing, &[&gold], kind).unwrap().score, Some(1.0));
                let response = format!("</think>The answer is {nothing}");
                prop_assert_ne!(score(&response, &[&gold], kind, Reasoning::Auto).unwrap().score, Some(1.0));
            }
        }
    }

    #[test]
    fn a_further_candidate_never_helps(
        first in prop_oneof![gold().prop_map(str::to_owned), "[A-Z][a-z]{1,8}x", "[0-9]{1,3}", "[B-D]"],
        gold in gold(),
        separator in prop::sample::select(vec![" or ", ", ", " and ", "; ", " / ", " ", " and maybe ", ". ", ", not "]),
    ) {
        let before = match_answer(&first, &[gold], Kind::Auto).unwrap().score.unwrap();
        for candidate in [gold, "Paris", "7"] {
            let longer = format!("{first}{separator}{candidate}");
            let after = match_answer(&longer, &[gold], Kind::Auto).unwrap().score.unwrap();
            prop_assert!(after <= before, "{longer} / {gold}");
        }
    }

    #[test]
    fn finished_reasoning_is_never_looked_at(body in hostile(), answer in hostile()) {
        let whole = format!("{body}</think>{answer}");
        prop_assert_eq!(extract(&whole, Reasoning::Auto), extract(&format!("</think>{answer}"), Reasoning::Auto));
    }

    #[test]
    fn a_readable_gold_answers_itself(gold in "[A-Za-z0-9é,. -]{1,24}") {
        let verdict = match_answer(&gold, &[&gold], Kind::Auto).unwrap();
        prop_assert!(verdict.score.is_none_or(|score| score == 1.0), "{gold} {verdict:?}");
    }
}

#[test]
fn long_hostile_texts_end() {
    for piece in [
        "the answer is ",
        "\\boxed{",
        "<answer>",
        "Answer\n",
        "**",
        "a ",
        "1,",
        "(A) ",
        "\\frac{",
        "not ",
        "$",
        "'",
        "\u{301}",
        "answer ",
        "no, ",
        "1/ ",
    ] {
        let text = piece.repeat(100_000 / piece.len());
        for kind in KINDS {
            let _ = score(&text, &["Berlin", "5", "A", "yes"], kind, Reasoning::Auto).unwrap();
            let _ = match_answer(&text, &["Berlin", "5", "A", "yes"], kind).unwrap();
        }
    }
}
