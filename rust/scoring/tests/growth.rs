//! Time grows no faster than the text, whatever is repeated in it.

use std::time::{Duration, Instant};

use qwenlong_scoring::{Kind, Reasoning, match_answer, score};

#[test]
fn time_is_linear_in_what_is_repeated() {
    let units = [
        "<",
        "<<",
        "<!--",
        "<|",
        "<a",
        "<b",
        "<p ",
        "</",
        "<s>",
        "<｜",
        "</s>",
        "<|im_end|>",
        "<answer>",
        "<think>",
        "＜",
        "&lt;",
        "\\boxed{",
        "\\boxed",
        "\\cancel{",
        "{",
        "}",
        "(",
        "[",
        "]",
        "**",
        "*",
        "_",
        "\"",
        "```",
        "\u{200b}",
        "~~",
        "#",
        "> ",
        "$",
        "\\",
        ". ",
        "a.",
        "?",
        ", ",
        "; ",
        "\n",
        "\n- a",
        "answer ",
        "the answer is ",
        "Bob's answer is ",
        "答案是",
        "1 ",
        "a ",
        "Final: a\n",
        ", because May lived May",
        " because THAT IS",
        " [1]",
        "(UK)",
        "\"a\": \"b\", ",
        "May 1 ",
        "因为文中",
    ];
    // What is quadratic takes 64 times as long for eight times the text.
    let work = |prefix: &str, unit: &str, bytes: usize| {
        let text = [prefix, &unit.repeat(bytes / unit.len())].concat();
        let started = Instant::now();
        for gold in ["Berlin", "5"] {
            let _ = score(&text, &[gold], Kind::Auto, Reasoning::Auto);
            let _ = match_answer(&text, &[gold], Kind::Auto);
        }
        started.elapsed()
    };
    for unit in units {
        for prefix in ["The answer is Berlin ", "The answer is Berlin.\n"] {
            // A busy machine may interrupt any one run, but not the fastest of several.
            let tried = (0..8).map(|_| (work(prefix, unit, 2_000), work(prefix, unit, 16_000)));
            let slow = tried.take_while(|(short, long)| *long >= *short * 24 + Duration::from_millis(50));
            assert!(
                slow.count() < 8,
                "{prefix}{unit}: eight times the text takes more than 24 times as long"
            );
        }
    }
}
