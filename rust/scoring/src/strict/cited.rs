//! The sources behind an answer.

use crate::strict::tail_words::listed;

/// Without its sources: `Berlin [1][2]`, `5 [Document 2]`, `Berlin 【7†source】`. O(n).
pub(crate) fn uncited(text: &str) -> &str {
    let whole = text.trim_end_matches(['.', ' ']);
    let mut bare = whole;
    while let Some(before) = unsourced(bare) {
        bare = before.trim_end();
    }
    // `[5, 6] [7]` lists, and of `Document 1 [Document 2]` neither is a source.
    let worded = words(&whole[bare.len()..]).any(places);
    let named = bare.contains(char::is_alphanumeric) && !bare.contains('[');
    let named = named && !(worded && words(bare).any(places));
    if bare.len() < whole.len() && named { bare } else { text }
}

/// What stands before a last bracket with sources. In parentheses they need a word: `(5)` is a number.
fn unsourced(text: &str) -> Option<&str> {
    let last = text.chars().next_back()?;
    let (open, worded) = match last {
        ']' => ('[', false),
        '】' => ('【', false),
        ')' => ('(', true),
        _ => return None,
    };
    let at = text.rfind(open)?;
    let inside = &text[at + open.len_utf8()..text.len() - last.len_utf8()];
    let number = |word: &str| word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    let known = |word: &str| number(word) || places(word) || listed(word, "see from in and cf");
    let marks = |char: char| char.is_alphanumeric() || ",. :;†&".contains(char);
    let source = inside.chars().all(marks)
        && words(inside).all(known)
        && words(inside).any(number)
        && (!worded || words(inside).any(places));
    source.then_some(&text[..at])
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// What a source is called.
fn places(word: &str) -> bool {
    word.len() <= 10
        && listed(
            &word.to_ascii_lowercase(),
            "document documents doc docs passage passages source sources citation citations reference references ref \
             refs paragraph paragraphs page pages section sections",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_go_and_candidates_stay() {
        let rows = [
            ("Berlin [1]", "Berlin"),
            ("Berlin [1][2, 3].", "Berlin"),
            ("5 [6]", "5"),
            ("Berlin [Document 2].", "Berlin"),
            ("Berlin [citation: 7]", "Berlin"),
            ("Berlin 【7†source】", "Berlin"),
            ("Berlin (Documents 1 and 3)", "Berlin"),
            ("5 (5)", "5 (5)"),
            ("5 [1999]", "5 [1999]"),
            ("[5] [6]", "[5] [6]"),
            ("[1]", "[1]"),
            ("Berlin [Paris]", "Berlin [Paris]"),
            ("Berlin [Document Paris]", "Berlin [Document Paris]"),
            ("page 5 [1]", "page 5"),
            ("Document 1 [Document 2]", "Document 1 [Document 2]"),
            ("Berlin.", "Berlin."),
        ];
        for (text, bare) in rows {
            assert_eq!(uncited(text), bare, "{text}");
        }
    }
}
