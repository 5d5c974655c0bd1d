//! Words between `the answer is` and the answer: `as follows:`, `in fact`, `found to be`.

/// Words that only lead on, with what may stand around them. `Actually Autistic` is a name.
const PREFACES: [&str; 15] = [
    "as follows:",
    "the following:",
    "as follows",
    ", in fact,",
    ", indeed,",
    ", therefore,",
    ", of course,",
    "in fact,",
    "in fact",
    "actually",
    "found to be",
    "stated to be",
    "determined to be",
    "given as",
    "stated as",
];

/// Where an answer starts that is announced before byte `content`. O(1).
pub(crate) fn past(text: &str, content: usize) -> usize {
    let rest = &text[content..];
    let marks = |char: char| " \t*_:".contains(char);
    let start = rest.trim_start_matches(marks);
    let found = PREFACES
        .into_iter()
        .find(|known| start.starts_with(known) && !start[known.len()..].starts_with(char::is_alphanumeric));
    // `as follows` needs a colon or a line of its own.
    let found = found.filter(|known| *known != "as follows" || start[known.len()..].starts_with('\n'));
    found.map_or(content, |known| content + rest.len() - start.len() + known.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_leads_on_is_passed() {
        let rows = [
            (" as follows: Berlin", " Berlin"),
            (" as follows:\nBerlin", "\nBerlin"),
            (", in fact, Berlin", " Berlin"),
            (" actually **Berlin**", " **Berlin**"),
            (" found to be 5", " 5"),
            (" Berlin", " Berlin"),
            (" as follows", " as follows"),
            (" Actually Autistic", " Actually Autistic"),
            (" in factories", " in factories"),
            (", Berlin", ", Berlin"),
            ("", ""),
        ];
        for (text, answer) in rows {
            assert_eq!(&text[past(text, 0)..], answer, "{text}");
        }
    }
}
