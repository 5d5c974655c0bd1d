//! Which part of a response is the answer.

use memchr::memmem::rfind;

use crate::strict::Reasoning;
use crate::strict::think;

/// What follows the reasoning, without end tokens; `None` where the reasoning never ended. O(n), from the tail.
pub(crate) fn answer_part(response: &str, reasoning: Reasoning) -> Option<&str> {
    let part = match (think::last(response), reasoning) {
        (Some(think::Tag { opens: true, .. }), _) | (None, Reasoning::Required) => return None,
        (Some(tag), _) => &response[tag.end..],
        (None, Reasoning::Auto) => response,
    };
    Some(without_end_tokens(part))
}

/// Special tokens longer than this are text.
const MAX_TOKEN_BYTES: usize = 64;

/// Drops what tokenizers write for the end of a turn: `<|im_end|>`, `<｜end▁of▁sentence｜>`, `</s>` and the like.
pub(crate) fn without_end_tokens(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some(shorter) = last_token(text).map(|at| text[..at].trim_end()) {
        text = shorter;
    }
    text
}

fn last_token(text: &str) -> Option<usize> {
    for token in ["</s>", "<eos>", "<end_of_turn>"] {
        if text.ends_with(token) {
            return Some(text.len() - token.len());
        }
    }
    let open = match text {
        _ if text.ends_with("|>") => "<|",
        _ if text.ends_with("｜>") => "<｜",
        _ => return None,
    };
    let window = text.len().saturating_sub(MAX_TOKEN_BYTES);
    rfind(&text.as_bytes()[window..], open.as_bytes()).map(|at| window + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_follows_the_last_end_of_the_reasoning() {
        let rows = [
            ("a</think>b</think> c", Some(" c"), Some(" c")),
            ("<think>a</think>c", Some("c"), Some("c")),
            ("c", Some("c"), None),
            ("<think> c", None, None),
            ("a</think>b<think>c", None, None),
            ("</think>c<|im_end|>\n<|endoftext|>", Some("c"), Some("c")),
            ("</think>c<｜end▁of▁sentence｜>", Some("c"), Some("c")),
            ("</think>c</s>", Some("c"), Some("c")),
            ("</think>a |> b|>", Some("a |> b|>"), Some("a |> b|>")),
            ("[THINK]a</Thinking>b", Some("b"), Some("b")),
            ("</think>a\u{25c1}think\u{25b7}b", None, None),
        ];
        for (response, auto, required) in rows {
            assert_eq!(answer_part(response, Reasoning::Auto), auto, "{response}");
            assert_eq!(answer_part(response, Reasoning::Required), required, "{response}");
        }
    }
}
