//! An answer that stands before its announcement: `Barack Obama is the answer.`

use crate::strict::standing::commits;

/// The subject of a text that is one such sentence, without what it is concluded from; the object of `It would be`.
/// O(n).
pub(crate) fn subject(text: &str) -> Option<&str> {
    // A copula.
    if let Some(rest) = ["That would be ", "It would be "].iter().find_map(|lead| text.strip_prefix(lead)) {
        return Some(rest);
    }
    let sentence = text.trim_end_matches(['.', '*', '_', ' ']);
    let subject = [
        " is the answer",
        " is the correct answer",
        " is the final answer",
        " is the right answer",
        " is the answer to the question",
    ]
    .into_iter()
    .find_map(|verb| sentence.strip_suffix(verb))?;
    let led = subject.rfind(", ").map(|at| at + 2).filter(|&at| commits(subject, at));
    Some(led.map_or(subject, |at| &subject[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_announced_behind_it() {
        let rows = [
            ("Barack Obama is the answer.", Some("Barack Obama")),
            ("**Berlin** is the correct answer.", Some("**Berlin**")),
            ("Based on the provided text, Berlin is the answer.", Some("Berlin")),
            ("Paris, Berlin is the answer.", Some("Paris, Berlin")),
            ("If it rose, Berlin is the answer", Some("If it rose, Berlin")),
            ("Berlin is not the answer.", None),
            ("Berlin is the answer?", None),
            ("It would be Berlin.", Some("Berlin.")),
            ("Berlin", None),
        ];
        for (text, answer) in rows {
            assert_eq!(subject(text), answer, "{text}");
        }
    }
}
