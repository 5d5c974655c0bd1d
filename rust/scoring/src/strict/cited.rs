//! The numbers of sources behind an answer.

/// Without the numbers of its sources: `Berlin [1][2]`, `5 [1]`. O(n).
pub(crate) fn uncited(text: &str) -> &str {
    let mut bare = text.trim_end_matches(['.', ' ']);
    while let Some(open) = bare.strip_suffix(']').and_then(|inside| inside.rfind('[')) {
        let inside = &bare[open + 1..bare.len() - 1];
        if inside.is_empty()
            || inside.split([',', ' ']).any(|number| number.len() > 3)
            || !inside.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' '))
        {
            break;
        }
        bare = bare[..open].trim_end();
    }
    let cited = bare.len() < text.trim_end_matches(['.', ' ']).len();
    // `[5, 6] [7]` lists.
    let named = bare.contains(char::is_alphanumeric) && !bare.contains('[');
    if cited && named { bare } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_sources_go_and_candidates_stay() {
        let rows = [
            ("Berlin [1]", "Berlin"),
            ("Berlin [1][2, 3].", "Berlin"),
            ("5 [6]", "5"),
            ("5 [1999]", "5 [1999]"),
            ("[5] [6]", "[5] [6]"),
            ("[1]", "[1]"),
            ("Berlin [Paris]", "Berlin [Paris]"),
            ("Berlin.", "Berlin."),
        ];
        for (text, bare) in rows {
            assert_eq!(uncited(text), bare, "{text}");
        }
    }
}
