//! Placeholders of prompts.

use crate::strict::tokens::Tokens;

/// Whether a text is the placeholder of a prompt, given back.
pub(crate) fn is_template(answer: &Tokens) -> bool {
    matches!(
        answer.normal(),
        "insert answer here"
            | "insert your answer here"
            | "insert answer"
            | "answer here"
            | "your answer here"
            | "your answer"
            | "your final answer"
            | "answer"
            | "final answer"
            | "insert final answer here"
    )
}
