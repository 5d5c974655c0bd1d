//! Which part of a response is the answer.

use memchr::memchr_iter;
use memchr::memmem::rfind;

use crate::strict::Reasoning;
use crate::strict::scan::Needle;
use crate::strict::think;

const CHANNEL: Needle = Needle::new("<|channel|>");
const MESSAGE: Needle = Needle::new("<|message|>");

/// What follows the reasoning, without end tokens; `None` where the reasoning never ended. Of channels, only the last
/// one may hold an answer, and only if it is `final`. O(n), from the tail.
pub(crate) fn answer_part(response: &str, reasoning: Reasoning) -> Option<&str> {
    let tag = think::last(response);
    let part = match tag {
        Some(think::Tag { opens: true, .. }) => return None,
        Some(tag) => &response[tag.end..],
        None => response,
    };
    let channel = CHANNEL.rfind(part).map(|at| &part[at + CHANNEL.len()..]);
    let part = match channel {
        Some(channel) => {
            let name = MESSAGE.find(channel)?;
            channel[..name].trim_start().starts_with("final").then_some(&channel[name + MESSAGE.len()..])?
        }
        None if tag.is_none() && reasoning == Reasoning::Required => return None,
        None => part,
    };
    Some(without_end_tokens(part))
}

/// Tokens behind which the turn of somebody else stands.
const TURNS: [Needle; 16] = [
    Needle::new("<|im_end|>"),
    Needle::new("<|im_start|>"),
    Needle::new("<|eot_id|>"),
    Needle::new("<|eom_id|>"),
    Needle::new("<|start_header_id|>"),
    Needle::new("<|endoftext|>"),
    Needle::new("<|end_of_text|>"),
    Needle::new("<|end|>"),
    Needle::new("<|return|>"),
    Needle::new("<|user|>"),
    Needle::new("<｜end▁of▁sentence｜>"),
    Needle::new("<｜User｜>"),
    Needle::new("<end_of_turn>"),
    Needle::new("<start_of_turn>"),
    Needle::new("<eos>"),
    Needle::new("</s>"),
];

/// Whether a text goes on behind the end of a turn, which only a response of several turns does. O(n).
pub(crate) fn goes_on(part: &str) -> bool {
    let (mut said, mut from) = (false, 0);
    memchr_iter(b'<', part.as_bytes()).any(|at| {
        said |= part[from..at].contains(char::is_alphanumeric);
        from = at;
        let token = TURNS.iter().find(|token| token.stands(part, at));
        said && token.is_some_and(|token| part[at + token.len()..].contains(char::is_alphanumeric))
    })
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
            ("<|channel|>analysis<|message|>a", None, None),
            (
                "<|channel|>analysis<|message|>a<|end|><|channel|>final<|message|>b<|return|>",
                Some("b"),
                Some("b"),
            ),
            ("</think>a\u{25c1}think\u{25b7}b", None, None),
        ];
        for (response, auto, required) in rows {
            assert_eq!(answer_part(response, Reasoning::Auto), auto, "{response}");
            assert_eq!(answer_part(response, Reasoning::Required), required, "{response}");
        }
    }
}
