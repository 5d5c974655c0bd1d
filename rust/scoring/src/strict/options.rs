//! Further options beside a chosen one.

use crate::strict::option_lists::comes_to;
use crate::strict::sentence::sentences;
use crate::strict::tokens::{Article, Gap, Tokens};
use crate::strict::words::is_copula;

/// One refutation reaches no more words than this.
const MAX_RUN: usize = 16;

/// Which tokens refute other options than `chosen`; `None` where one is named and not refuted. Token 0 is no word of the
/// text. O(n).
pub(crate) fn refuted(tokens: &Tokens, chosen: char) -> Option<Vec<bool>> {
    let mut refuted = vec![false; tokens.len()];
    for index in 1..tokens.len() {
        if refuted[index] || !stands(tokens, index, chosen) {
            continue;
        }
        let from = denied_before(tokens, index);
        let to = denied_behind(tokens, index);
        // `not A or C is right`
        let praised =
            is_copula(tokens.word(index + 1)) && matches!(tokens.word(index + 2), "right" | "correct");
        let from = from.filter(|&from| !(praised && tokens.word(from) == "not"));
        // `Not A, C.`, but `not A, C or D`
        let alone = tokens.get(index).is_some_and(|token| token.gap == Gap::Comma)
            && is_letter(tokens.word(index - 1))
            && !(index + 1..tokens.len().min(index + MAX_RUN))
                .take_while(|&at| {
                    is_letter(tokens.word(at)) || matches!(tokens.word(at), "or" | "and" | "nor")
                })
                .any(|at| matches!(tokens.word(at), "or" | "and" | "nor"));
        let from = from.filter(|_| !alone);
        if from.is_none() && to.is_none() {
            return None;
        }
        let end = to.unwrap_or(index);
        refuted[from.unwrap_or(index)..=end].fill(true);
    }
    Some(refuted)
}

/// Whether a share, a run of letters or a letter of another script stands beside a chosen option: `B (50%)`, `B, ACD`,
/// though not in an option's own text.
pub(crate) fn lists(tokens: &Tokens, labelled: bool) -> bool {
    let foreign = |word: &str| {
        let mut chars = word.chars();
        chars.next().is_some_and(|char| ('\u{370}'..'\u{530}').contains(&char)) && chars.next().is_none()
    };
    let run = |index: usize| {
        let word = tokens.word(index);
        tokens.get(index).is_some_and(|token| token.caps)
            && word.len() < 9
            && word.bytes().all(|byte| (b'a'..=b'h').contains(&byte))
    };
    tokens.words().any(foreign)
        || !labelled && (tokens.words().any(|word| word == "%") || tokens.len() == 2 && run(1))
}

/// Whether a token is the letter of another option: a capital that is no article, pronoun or part of a name, or a small
/// letter between marks.
fn stands(tokens: &Tokens, index: usize, chosen: char) -> bool {
    let word = tokens.word(index);
    let Some(token) = tokens.get(index) else { return false };
    let [letter] = *word.as_bytes() else { return false };
    if !letter.is_ascii_lowercase() || char::from(letter).eq_ignore_ascii_case(&chosen) {
        return false;
    }
    let (last, next) = (index.checked_sub(1).map_or("", |last| tokens.word(last)), tokens.word(index + 1));
    let ends = tokens.get(index + 1).is_none_or(|token| token.gap > Gap::Space);
    let begins = index == 1 || token.gap > Gap::Space || is_joint(last) || is_letter(last);
    if !token.upper || letter > b'j' {
        return ends && begins;
    }
    match letter {
        b'i' => ends && begins,
        b'a' if !ends => is_joint(next) || is_verb(next) || is_letter(next) || is_praise(next),
        _ => !numbers(last) || index == 1,
    }
}

pub(super) fn is_letter(word: &str) -> bool {
    word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_joint(word: &str) -> bool {
    matches!(
        word,
        "or" | "and"
            | "else"
            | "otherwise"
            | "then"
            | "option"
            | "choice"
            | "not"
            | "also"
            | "nor"
            | "too"
            | "maybe"
            | "than"
            | "of"
            | "answer"
            | "as"
            | "plus"
    )
}

fn is_verb(word: &str) -> bool {
    is_copula(word)
        || matches!(
            word,
            "isnt"
                | "arent"
                | "wasnt"
                | "cannot"
                | "can"
                | "could"
                | "may"
                | "might"
                | "would"
                | "seems"
                | "works"
                | "fits"
                | "does"
                | "doesnt"
                | "has"
                | "contradicts"
                | "fails"
        )
}

/// Nouns that a letter numbers: `Vitamin C`.
fn numbers(word: &str) -> bool {
    matches!(
        word,
        "vitamin"
            | "plan"
            | "type"
            | "hepatitis"
            | "group"
            | "grade"
            | "class"
            | "section"
            | "appendix"
            | "figure"
            | "table"
            | "exhibit"
            | "schedule"
            | "part"
            | "point"
            | "line"
            | "team"
            | "series"
            | "model"
            | "level"
            | "company"
            | "person"
            | "phase"
            | "stage"
            | "study"
            | "document"
    )
}

/// Where a denial stands that reaches an option from before it: `not A or C`, `rather than C`.
fn denied_before(tokens: &Tokens, index: usize) -> Option<usize> {
    let mut at = index - 1;
    let least = index.saturating_sub(MAX_RUN);
    while at > least
        && (is_letter(tokens.word(at))
            || matches!(tokens.word(at), "or" | "nor" | "and" | "option" | "options"))
    {
        at -= 1;
    }
    match (tokens.word(at), at.checked_sub(1).map_or("", |before| tokens.word(before))) {
        ("than", "rather") | ("of", "instead") => Some(at - 1),
        ("not" | "neither" | "unlike" | "unlikely", before) if before != "if" => Some(at),
        _ => None,
    }
}

/// The last token of a statement that an option is wrong: `A and C are wrong`, `C is not supported`.
fn denied_behind(tokens: &Tokens, index: usize) -> Option<usize> {
    let mut at = index + 1;
    let most = tokens.len().min(index + MAX_RUN);
    while at < most
        && (is_letter(tokens.word(at)) || matches!(tokens.word(at), "or" | "and" | "both" | "all"))
    {
        at += 1;
    }
    let verb = tokens.word(at);
    if !is_verb(verb) {
        return None;
    }
    let denies = matches!(verb, "isnt" | "arent" | "wasnt" | "cannot" | "doesnt" | "contradicts" | "fails");
    let (word, next) = (tokens.word(at + 1), tokens.word(at + 2));
    let clause = |ahead: usize| tokens.get(at + ahead).is_some_and(|token| token.gap <= Gap::Break);
    // `C cannot be excluded`
    let kept = word == "be" && is_wrong(next);
    if (denies && !kept && !is_wrong(word) || word == "not" && clause(1) && !is_wrong(next))
        && !matches!(
            if denies { word } else { next },
            "only" | "just" | "necessarily" | "bad" | "far" | "less"
        )
    {
        return Some((at + if denies { 1 } else { 2 }).min(tokens.len() - 1));
    }
    let adverb = usize::from(matches!(word, "clearly" | "also" | "both" | "all" | "simply" | "factually"));
    let end = at + 1 + adverb;
    // `C is wrong or right`
    let either = tokens.word(end + 1) == "or";
    let over =
        word == "too" && matches!(next, "narrow" | "broad" | "general" | "specific" | "extreme" | "vague");
    if over {
        return Some(end + 1);
    }
    (is_copula(verb) && is_wrong(tokens.word(end)) && !either).then_some(end)
}

fn is_wrong(word: &str) -> bool {
    matches!(
        word,
        "wrong"
            | "incorrect"
            | "false"
            | "untrue"
            | "ruled"
            | "eliminated"
            | "excluded"
            | "unsupported"
            | "irrelevant"
            | "inaccurate"
            | "mistaken"
            | "out"
            | "contradicted"
    )
}

/// Words that hold with an option.
fn is_praise(word: &str) -> bool {
    matches!(
        word,
        "also"
            | "too"
            | "works"
            | "fits"
            | "possible"
            | "fine"
            | "valid"
            | "acceptable"
            | "correct"
            | "right"
            | "plausible"
            | "second"
            | "backup"
            | "fallback"
            | "alternative"
            | "alternatively"
            | "or"
            | "could"
            | "might"
            | "may"
            | "maybe"
            | "else"
            | "ok"
            | "okay"
            | "good"
            | "better"
            | "likely"
            | "answer"
            | "probably"
            | "possibly"
            | "equally"
            | "true"
            | "as"
            | "well"
    )
}

/// Whether a sentence behind an answer holds with another option: `C also works`. Explanations of why the others are
/// wrong stand there too, so those only are read that praise. O(n).
pub(crate) fn praised(rest: &str, chosen: char) -> bool {
    sentences(rest).any(|sentence| {
        let tokens = Tokens::of(&["x ", sentence].concat());
        let praises = comes_to(&tokens, sentence)
            || tokens.len() <= 2
            || tokens.words().any(is_praise)
            || (1..tokens.len()).any(|index| {
                tokens.get(index).is_some_and(|token| token.article == Some(Article::Definite))
                    && tokens.word(index) == "one"
            });
        praises && refuted(&tokens, chosen).is_none()
    })
}
