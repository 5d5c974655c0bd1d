//! Where the first sentence of a line ends.

/// Abbreviations that do not end a sentence.
const ABBREVIATIONS: [&str; 38] = [
    "mr", "mrs", "ms", "dr", "st", "sr", "jr", "prof", "vs", "no", "inc", "ltd", "co", "corp", "gen", "gov",
    "sen", "rep", "approx", "ca", "rs", "doc", "bros", "vol", "capt", "col", "lt", "mt", "jan", "feb", "mar",
    "apr", "aug", "sep", "sept", "oct", "nov", "dec",
];

/// Up to a full stop, question or exclamation mark before a space and a word that is not in lower case. A stop behind
/// an initial or an abbreviation ends nothing.
pub(crate) fn first_sentence(line: &str) -> &str {
    let mut word = 0;
    for (at, char) in line.char_indices() {
        match char {
            '。' | '！' | '？' => return &line[..at],
            '.' | '!' | '?' => {
                let rest = &line[at + 1..];
                let next = rest.trim_start_matches(['"', '\'', '*', '\u{201d}', ')']);
                let ends = next.is_empty()
                    || next.starts_with(char::is_whitespace)
                        && next.trim_start().chars().next().is_none_or(|char| !char.is_lowercase());
                // `U.S.. I hope`
                let doubled = line[..at].ends_with('.') && !line[..at].ends_with("..");
                if ends && (next.is_empty() || char != '.' || doubled || !is_abbreviation(&line[word..at])) {
                    return &line[..at];
                }
            }
            _ if char.is_whitespace() || char == '(' => word = at + char.len_utf8(),
            _ => {}
        }
    }
    line
}

fn is_abbreviation(word: &str) -> bool {
    let word = word.trim_start_matches(|char: char| "\"'*_`[\u{201c}\u{2018}《「".contains(char));
    let mut chars = word.chars();
    let single = chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none();
    single
        || ABBREVIATIONS.iter().any(|known| word.eq_ignore_ascii_case(known))
        || word.contains('.') && !word.ends_with(|char: char| char.is_numeric())
}

/// The sentences of a text, each without marks around it; a line or a semicolon ends one. O(n).
pub(crate) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', ';'])
        .flat_map(|line| {
            let mut rest = line;
            std::iter::from_fn(move || {
                let sentence = (!rest.is_empty()).then(|| first_sentence(rest))?;
                rest = rest[sentence.len()..].trim_start_matches(['.', '!', '?', '。', '！', '？']);
                Some(sentence)
            })
        })
        .map(|sentence| sentence.trim_matches(|char: char| char.is_whitespace() || "*_#>-`".contains(char)))
        .filter(|sentence| !sentence.is_empty())
}
