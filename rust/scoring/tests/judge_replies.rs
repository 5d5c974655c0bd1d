//! The rows of `tests/golden/judge_replies.jsonl`, which Python reads too, and what must hold for any reply.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use qwenlong_scoring::{judge_reply, without_verdicts};
use serde_json::Value;

const ROWS: &str = include_str!("../../../tests/golden/judge_replies.jsonl");

#[test]
fn the_golden_rows_hold() {
    let mut seen = 0;
    for line in ROWS.lines().filter(|line| !line.contains(r"\ud800")) {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(judge_reply(row["reply"].as_str().unwrap()), row["verdict"].as_bool(), "{row}");
        seen += 1;
    }
    assert!(seen > 50);
}

/// The obvious way, many times over the text: what `without_verdicts` does to plain ASCII.
fn naive(text: &str) -> String {
    let mut text = text.to_owned();
    loop {
        let lower = text.to_ascii_lowercase();
        let found =
            ["[[yes]]", "[[no]]"].into_iter().filter_map(|verdict| Some((lower.find(verdict)?, verdict)));
        let Some((at, verdict)) = found.min_by_key(|(at, verdict)| at + verdict.len()) else { return text };
        text.replace_range(at..at + verdict.len(), "");
    }
}

/// Texts made of what the reader looks for, torn apart.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "[[YES]]",
        "[[NO]]",
        "[[yes]]",
        "[[",
        "]]",
        "[",
        "]",
        "Y",
        "E",
        "S",
        "N",
        "O",
        "YES",
        "NO",
        "［［",
        "］］",
        "ＹＥＳ",
        " ",
        "\n",
        ".",
        ":",
        "**",
        "not ",
        "\u{200b}",
        "\u{301}",
        "⟦",
        "⟧",
        "И",
        "Ο",
        "\r",
        "\u{2028}",
        "ⓨ",
        "㎏",
    ]);
    prop::collection::vec(prop_oneof![6 => pieces.prop_map(str::to_owned), 1 => any::<String>()], 0..30)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_text_without_verdicts_has_none_and_stays_as_it_is(text in hostile()) {
        let clean = without_verdicts(&text).into_owned();
        prop_assert_eq!(&without_verdicts(&clean), &clean);
        let upper = clean.to_uppercase();
        prop_assert!(!upper.contains("[[YES]]") && !upper.contains("[[NO]]"));
        prop_assert_eq!(judge_reply(&clean), None);
    }

    #[test]
    fn plain_text_is_cleaned_as_the_obvious_way_does(text in "(\\[\\[|\\]\\]|YES|yes|NO|No|Y|E|S|N|O|\\[|\\]|a){0,30}") {
        prop_assert_eq!(without_verdicts(&text), naive(&text));
    }

    #[test]
    fn only_the_last_line_decides(before in hostile(), yes in any::<bool>()) {
        let verdict = if yes { "[[YES]]" } else { "[[NO]]" };
        prop_assert_eq!(judge_reply(&format!("{before}\n{verdict}\n\n")), Some(yes));
    }

    #[test]
    fn a_second_verdict_on_the_line_leaves_none(
        first in prop::sample::select(vec!["[[YES]]", "[[no]]", "［［ＹＥＳ］］", "[[ NO ]]", "⟦yes⟧"]),
        between in "[a-z .,:]{0,20}",
        last in prop::sample::select(vec!["[[YES]]", "[[NO]]"]),
    ) {
        prop_assert_eq!(judge_reply(&format!("{first}{between}{last}")), None);
    }

    #[test]
    fn without_a_verdict_written_out_there_is_none(reply in hostile()) {
        let upper = reply.to_ascii_uppercase();
        if !upper.contains("[[YES]]") && !upper.contains("[[NO]]") {
            prop_assert_eq!(judge_reply(&reply), None);
        }
    }
}

#[test]
fn long_runs_cost_no_more_than_their_length() {
    let run = 200_000;
    for text in [
        "[[Y".repeat(run) + &"]]".repeat(run),
        "[[Y[[N".repeat(run) + &"O]]ES]]".repeat(run),
        "S".to_owned() + &" ".repeat(run) + &"]".repeat(run),
        "[[YES".to_owned() + &" ]".repeat(run),
        ("[[YES".to_owned() + &" ".repeat(run)) + &"[[NO]]".repeat(run) + "]]",
    ] {
        let clean = without_verdicts(&text);
        assert!(clean.len() <= text.len());
        assert_eq!(judge_reply(&clean), None);
    }
}
