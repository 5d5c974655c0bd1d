//! What a reader was given and what it says, before an announcement: `Based on the provided documents,`, `Document 2
//! states that`.

use crate::strict::anchor_words::{is_document, supposed, unsays};

/// Whether a condition or a choice leads to an answer. `provided` is one unless it is said of documents: `the provided
/// text`, `the documents provided,`, but not `provided that`. `words` are those of the lead in lower case. O(n).
pub(crate) fn supposes(lead: &str, words: &[&str]) -> bool {
    words.iter().any(|word| supposed(word) && *word != "provided")
        || words.contains(&"provided") && !all_of_documents(lead)
}

/// Whether every `provided` of a lead is said of documents. Marks between two words part them.
fn all_of_documents(lead: &str) -> bool {
    let written: Vec<&str> = lead.split_whitespace().collect();
    let words: Vec<String> = written
        .iter()
        .map(|word| word.trim_matches(|char: char| !char.is_alphanumeric()).to_ascii_lowercase())
        .collect();
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    (0..words.len()).filter(|&index| word(index) == "provided").all(|index| {
        let Some(before) = index.checked_sub(1).filter(|&at| !written[at].ends_with([',', ';', ':'])) else {
            return false;
        };
        let bare = !written[index].ends_with([',', ';', ':']);
        let next = if bare { word(index + 1) } else { "" };
        let leads = bare
            && matches!(word(before), "the" | "this" | "these" | "all" | "your")
            && (is_document(next) || is_document(word(index + 2)));
        // `as provided in the text`
        let follows = (is_document(word(before)) || word(before) == "as" && bare)
            && (written[index].ends_with(',')
                || matches!(next, "in" | "above" | "below" | "here" | "to" | "by" | "with" | "within"));
        leads || follows
    })
}

/// Whether a word keeps `the answer is` from being said; that a document says so does not, nor does what is `provided`:
/// [`supposes`] looks at that. O(n).
pub(crate) fn any_unsays(words: &[&str]) -> bool {
    let sourced = matches!(words.first(), Some(&("since" | "because" | "as")))
        && documents(&words[1..]).is_some_and(|rest| matches!(rest, ["says" | "say", "so"]));
    !sourced && words.iter().any(|word| *word != "provided" && unsays(word))
}

/// What follows the documents that words open with: `the documents`, `Document 2`.
fn documents<'a, 'b>(words: &'a [&'b str]) -> Option<&'a [&'b str]> {
    let words = match words {
        ["the" | "this" | "these" | "both", "provided" | "given", rest @ ..]
        | ["the" | "this" | "these" | "both", rest @ ..] => rest,
        _ => words,
    };
    let ([word, rest @ ..], false) = (words, matches!(words.first(), Some(&("question" | "case" | "above"))))
    else {
        return None;
    };
    let numbered = rest.first().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    is_document(word).then(|| &rest[usize::from(numbered)..])
}

/// Whether a clause says that documents or all of us know: `The documents indicate that`, `So we can say that`. O(1).
pub(crate) fn testifies(clause: &[&str]) -> bool {
    let clause = clause.strip_suffix(&["that"]).unwrap_or(clause);
    let first = clause
        .iter()
        .position(|word| !matches!(*word, "so" | "thus" | "therefore" | "hence" | "and" | "now"));
    let clause = first.map_or(clause, |first| &clause[first..]);
    matches!(
        clause,
        ["we", "know"] | ["we", "now", "know"] | ["we", "can", "say" | "see" | "tell" | "conclude"]
    ) || documents(clause).is_some_and(|rest| {
        matches!(
            rest,
            ["indicate"
                | "indicates"
                | "show"
                | "shows"
                | "state"
                | "states"
                | "confirm"
                | "confirms"
                | "reveal"
                | "reveals"]
        )
    })
}

/// Whether a sentence opens with where it was read, or in one of a few idle ways: `In Document 2,`, `To sum up,`. O(1).
pub(crate) fn opens(words: &[&str]) -> bool {
    const IDLE: [&str; 10] = [
        "to sum up",
        "in other words",
        "upon review",
        "upon reviewing the documents",
        "all in all",
        "in brief",
        "in essence",
        "simply put",
        "put simply",
        "to be clear",
    ];
    let first = words.iter().position(|word| !matches!(*word, "so" | "thus" | "therefore" | "hence"));
    let rest = first.map_or(words, |first| &words[first..]);
    let numbered = rest.last().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    matches!(words, ["as", "provided", rest @ ..] if rest.iter().any(|word| is_document(word)))
        || IDLE.iter().any(|idle| idle.split(' ').eq(rest.iter().copied()))
        || rest.len() == 3
            && rest[0] == "in"
            && numbered
            && documents(&rest[1..]).is_some_and(<[_]>::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provided_of_documents_is_no_condition() {
        let rows = [
            ("based on the provided documents, ", false),
            ("based on the documents provided, ", false),
            ("based on the information provided in the text, ", false),
            ("provided that it rose, ", true),
            ("provided the documents are right, ", true),
            ("based on the text, provided it rose, ", true),
            ("based on the text provided it rose, ", true),
            ("if the provided text is right, ", true),
        ];
        for (lead, condition) in rows {
            let words: Vec<&str> = lead.split([' ', ',']).filter(|word| !word.is_empty()).collect();
            assert_eq!(supposes(lead, &words), condition, "{lead}");
        }
    }

    #[test]
    fn what_documents_say_is_said() {
        let words = |text: &'static str| text.split(' ').collect::<Vec<_>>();
        for clause in
            ["the documents indicate that", "document 2 states that", "so we can say that", "we know"]
        {
            assert!(testifies(&words(clause)), "{clause}");
        }
        for clause in
            ["critics indicate that", "the documents never state that", "we cannot say that", "that"]
        {
            assert!(!testifies(&words(clause)), "{clause}");
        }
        assert!(opens(&words("in document 2")) && opens(&words("to sum up")) && !opens(&words("in case 2")));
        assert!(!any_unsays(&words("since document 2 says so")) && any_unsays(&words("since bob says so")));
    }
}
