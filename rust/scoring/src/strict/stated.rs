//! A sentence that states one number: `He won 5 awards`, `The total revenue in 2019 was 1,496.5`.

use crate::strict::explained;
use crate::strict::quantity_words::{blurs, is_month, is_rival, turns};
use crate::strict::spelled::in_digits;
use crate::strict::tail_words::listed;

/// A lead with more words than this states nothing.
const MAX_LEAD: usize = 14;

/// The number of a sentence with its unit, without the subject and verb before it and the sources behind it; all of it
/// where it states no number in this way. O(n).
pub(crate) fn stated(chars: &[char]) -> &[char] {
    let rest = unsourced(chars);
    led(rest).unwrap_or(rest)
}

/// Whether words may be the subject of a number: none denies, compares, supposes or reports.
pub(crate) fn is_subject(chars: &[char]) -> bool {
    words(chars).count() <= MAX_LEAD
        && words(chars).all(|word| {
            let word = folded(word);
            word.is_ascii() && !is_rival(&word) && !blurs(&word) && !turns(&word)
        })
}

fn words(chars: &[char]) -> impl Iterator<Item = &[char]> {
    chars.split(|char| !char.is_alphabetic() && *char != '\'').filter(|word| !word.is_empty())
}

fn folded(word: &[char]) -> String {
    word.iter().filter(|&&char| char != '\'').flat_map(|char| char.to_lowercase()).collect()
}

/// What follows the verb before the first number that is no year of the subject.
pub(super) fn led(chars: &[char]) -> Option<&[char]> {
    let mut at = 0;
    let (mut count, mut verb, mut last) = (0, None, String::new());
    while let Some(&char) = chars.get(at) {
        if char.is_ascii_digit() {
            let end = at + chars[at..].iter().take_while(|char| char.is_ascii_digit()).count();
            // A year of the subject: `The revenue in 2019 was`.
            let year = end == at + 4
                && matches!(last.as_str(), "in" | "for" | "of" | "during")
                && chars.get(end) == Some(&' ')
                && chars[end..].iter().any(char::is_ascii_digit);
            if !year {
                return verb.filter(|&place| is_subject(&chars[..place])).map(|place| &chars[place..]);
            }
            verb = None;
            at = end;
            continue;
        }
        if char.is_alphabetic() {
            let end =
                at + chars[at..].iter().take_while(|&&char| char.is_alphabetic() || char == '\'').count();
            let before = std::mem::replace(&mut last, folded(&chars[at..end]));
            // `increased by 5%`
            let grows = rises(&last) || last == "by" && rises(&before);
            count += 1;
            if count > MAX_LEAD {
                return None;
            }
            let dated = last == "in" && count > 2 && is_dated(&chars[end..]);
            if (states(&last) || grows) && count > 1 {
                verb = Some(end);
            } else if dated {
                verb = Some(at);
            } else if !(dresses(&last) || is_month(&last) && verb.is_some()) {
                verb = None;
            }
            at = end;
            continue;
        }
        // Marks that part a sentence, but for those of a number.
        if !(char.is_whitespace() || "$€£¥-+'\"".contains(char)) {
            return None;
        }
        at += 1;
    }
    None
}

/// Whether a year stands next, perhaps behind its month.
fn is_dated(chars: &[char]) -> bool {
    let word = words(chars).next().map(folded).unwrap_or_default();
    let skip = chars.iter().take_while(|char| !char.is_ascii_digit()).count();
    let before = words(&chars[..skip]).count();
    let digits = chars[skip..].iter().take_while(|char| char.is_ascii_digit()).count();
    digits == 4 && (before == 0 || before == 1 && is_month(&word))
}

/// Verbs of which a number is the object.
fn states(word: &str) -> bool {
    listed(
        word,
        "is was are were won wins took takes has have had contains contain contained includes include included \
         lasted lasts made makes scored scores received receives reached totaled totals totalled equals sold \
         produced wrote published released recorded spent cost costs earned paid employed employs played \
         featured features comprises comprised weighs weighed measures measured owned owns holds held",
    )
}

/// Verbs of which a positive change is the object.
fn rises(word: &str) -> bool {
    matches!(word, "increased" | "grew" | "rose" | "gained" | "climbed")
}

/// Words between such a verb and its number.
fn dresses(word: &str) -> bool {
    listed(
        word,
        "a an total of exactly precisely just only approximately about around roughly nearly minus negative",
    )
}

/// Without the places in the documents, the repetition in words and the year behind a number.
fn unsourced(chars: &[char]) -> &[char] {
    let mut rest = trimmed(chars);
    if !chars.iter().any(char::is_ascii_digit) {
        return chars;
    }
    // More sources than this are a list.
    for _ in 0..4 {
        let shorter = [parenthesis, place, dated, turned, explained::dated, explained::reasoned]
            .into_iter()
            .filter_map(|shorter| shorter(rest))
            .map(trimmed)
            .find(|shorter| shorter.len() < rest.len() && shorter.iter().any(char::is_ascii_digit));
        match shorter {
            Some(shorter) => rest = shorter,
            None => break,
        }
    }
    if rest.len() == trimmed(chars).len() { chars } else { rest }
}

pub(super) fn trimmed(chars: &[char]) -> &[char] {
    let end = chars.iter().rposition(|char| !char.is_whitespace() && !matches!(char, '.' | ','));
    &chars[..end.map_or(0, |end| end + 1)]
}

/// Without a parenthesis at the end that says where the number stands, or says it in words.
fn parenthesis(chars: &[char]) -> Option<&[char]> {
    let close = chars.last().filter(|char| matches!(char, ')' | ']'))?;
    let inside = &chars[..chars.len() - 1];
    let open = inside.iter().rposition(|&char| char == if *close == ')' { '(' } else { '[' })?;
    let (before, inside) = (trimmed(&inside[..open]), trimmed(&inside[open + 1..]));
    let mut rest = inside;
    while let Some(shorter) = place(rest) {
        rest = trimmed(shorter);
    }
    let lead = folded(rest);
    let cites =
        rest.len() < inside.len() && matches!(lead.as_str(), "" | "see" | "source" | "from" | "in" | "cf");
    let digits: String = before.iter().collect();
    let repeats = in_digits(inside).is_some_and(|value| digits.trim() == value);
    // `five (5)`
    let digits: String = inside.iter().collect();
    if in_digits(before).is_some_and(|value| digits == value) {
        return Some(inside);
    }
    let explains = || {
        explained::computes(before, inside)
            || explained::compares(inside)
            || explained::is_date(inside)
            || explained::repeats(before, inside)
            || explained::falls(before, inside)
    };
    let digits = before.iter().any(char::is_ascii_digit);
    (cites || repeats || digits && explains()).then_some(before)
}

/// Without a place at the end: `document 3`, `page 5`.
fn place(chars: &[char]) -> Option<&[char]> {
    let digits = chars.iter().rev().take_while(|char| char.is_ascii_digit()).count();
    let before = chars[..chars.len() - digits].strip_suffix(&[' ']).filter(|_| (1..4).contains(&digits))?;
    let letters = before.iter().rev().take_while(|char| char.is_alphabetic()).count();
    let word = folded(&before[before.len() - letters..]);
    listed(
        &word,
        "document doc passage paragraph section page chapter article table source reference figure note",
    )
    .then(|| &before[..before.len() - letters])
}

/// Without the year of what was counted, which stands behind its name: `5 employees in 2019`.
fn dated(chars: &[char]) -> Option<&[char]> {
    let digits = chars.iter().rev().take_while(|char| char.is_ascii_digit()).count();
    let before = chars[..chars.len() - digits].strip_suffix(&[' ', 'i', 'n', ' ']).filter(|_| digits == 4)?;
    before.last().is_some_and(char::is_ascii_lowercase).then_some(before)
}

/// Without the direction that a sign has already said: `-5, a decrease`, `-5%, indicating a decrease`.
fn turned(chars: &[char]) -> Option<&[char]> {
    let letters = chars.iter().rev().take_while(|char| char.is_alphabetic()).count();
    let before = chars[..chars.len() - letters].strip_suffix(&[' ', 'a', ' '])?;
    let joint = before.iter().rev().take_while(|char| char.is_alphabetic()).count();
    let (head, joint) = before.split_at(before.len() - joint);
    let says =
        joint.is_empty() || listed(&folded(joint), "indicating representing reflecting showing meaning");
    let head = if joint.is_empty() { head } else { head.strip_suffix(&[' '])? }.strip_suffix(&[','])?;
    let falls = turns(&folded(&chars[chars.len() - letters..]));
    (says && falls && explained::is_negative(head)).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_of_a_sentence_is_stated() {
        let rows = [
            ("The number of apples is 5", " 5"),
            ("He won 5 awards", " 5 awards"),
            ("The total revenue in 2019 was 1,496.5", " 1,496.5"),
            ("Net income was $5", " $5"),
            ("It happened in 1999", "in 1999"),
            ("5 (Document 2)", "5"),
            ("5, as stated in document 3", "5, as stated in"),
            ("5 (from Table 3)", "5"),
            ("5 (five)", "5"),
            ("-5, a decrease", "-5"),
            ("They had 5 employees in 2019", " 5 employees"),
            ("5 (six)", "5 (six)"),
            ("He lost 5", "He lost 5"),
            ("The film is Rocky 5", "The film is Rocky 5"),
            ("He never won 5", "He never won 5"),
            ("It is later than in 1999", "It is later than in 1999"),
            ("Document 5", "Document 5"),
        ];
        for (text, number) in rows {
            let chars: Vec<char> = text.chars().collect();
            assert_eq!(stated(&chars).iter().collect::<String>(), number, "{text}");
        }
    }
}
