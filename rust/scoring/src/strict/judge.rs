//! The profile `strict`: extraction and judgement put together.

use crate::error::Error;
use crate::metric::Metric;
use crate::strict::choice;
use crate::strict::extract::{self, Answer};
use crate::strict::fold::Unicode;
use crate::strict::kind::{Gold, Kind, Reasoning};
use crate::strict::marks;
use crate::strict::number;
use crate::strict::opposed;
use crate::strict::options;
use crate::strict::policy::Policy;
use crate::strict::reannounced;
use crate::strict::rival;
use crate::strict::similar::resembles;
use crate::strict::text;
use crate::strict::tokens::Tokens;
use crate::strict::yesno;
use crate::verdict::{Reason, Verdict};

/// Scores a whole response against golds that are aliases of one another: the first one it matches counts.
///
/// Golds that cannot be read as `kind` are passed over; where none can, the score is `None`. O(n) in the response plus
/// O(n m) in the answer and the golds.
///
/// # Errors
///
/// [`Error::NoGold`] where `golds` is empty.
///
/// ```
/// use qwenlong_scoring::{Kind, Reasoning, score};
///
/// let verdict = score("...</think>The answer is $1,500.", &["1500"], Kind::Number, Reasoning::Required)?;
/// assert_eq!((verdict.score, verdict.matched_gold), (Some(1.0), Some(0)));
/// # Ok::<(), qwenlong_scoring::Error>(())
/// ```
pub fn score<G: AsRef<str>>(
    response: &str,
    golds: &[G],
    kind: Kind,
    reasoning: Reasoning,
) -> Result<Verdict, Error> {
    checked(golds)?;
    Ok(judge(golds, &Policy::new(kind, reasoning), || extract::find(response, reasoning)))
}

/// Judges an answer that was already extracted. O(n m) in the answer and the golds.
///
/// # Errors
///
/// [`Error::NoGold`] where `golds` is empty.
///
/// ```
/// use qwenlong_scoring::{Kind, match_answer};
///
/// assert_eq!(match_answer("Berlin, Germany", &["Berlin"], Kind::Auto)?.score, Some(1.0));
/// assert_eq!(match_answer("not Berlin; it is Paris", &["Berlin"], Kind::Auto)?.score, Some(0.0));
/// # Ok::<(), qwenlong_scoring::Error>(())
/// ```
pub fn match_answer<G: AsRef<str>>(prediction: &str, golds: &[G], kind: Kind) -> Result<Verdict, Error> {
    checked(golds)?;
    let policy = Policy::new(kind, Reasoning::Auto);
    Ok(judge(golds, &policy, || extract::checked(Answer::given(prediction))))
}

/// The final answer of a response without its markup; `None` where there is none. O(n).
///
/// ```
/// use qwenlong_scoring::{Reasoning, extract};
///
/// assert_eq!(extract("...</think>So the answer is **5 million**.", Reasoning::Auto).as_deref(), Some("5 million"));
/// assert_eq!(extract("<think>the answer is 5", Reasoning::Auto), None);
/// ```
#[must_use]
pub fn extract(response: &str, reasoning: Reasoning) -> Option<String> {
    extract::find(response, reasoning).ok().map(|answer| answer.sentence)
}

/// The kind a gold is judged as. O(n).
///
/// # Errors
///
/// [`Error::UnparsableGold`] where nothing could be judged by it.
///
/// ```
/// use qwenlong_scoring::{Kind, check_gold};
///
/// assert_eq!(check_gold("1,496.5 million", Kind::Auto), Ok(Kind::Number));
/// assert!(check_gold("five", Kind::Number).is_err());
/// ```
pub fn check_gold(gold: &str, kind: Kind) -> Result<Kind, Error> {
    let unparsable = || Error::UnparsableGold { gold: gold.to_owned(), kind };
    Gold::read(gold, kind, Unicode::Fold).map(|gold| gold.kind()).ok_or_else(unparsable)
}

fn checked<G>(golds: &[G]) -> Result<(), Error> {
    if golds.is_empty() { Err(Error::NoGold) } else { Ok(()) }
}

/// The verdict on what `find` finds; at least one gold.
pub(super) fn judge<G: AsRef<str>>(
    golds: &[G],
    policy: &Policy,
    find: impl FnOnce() -> Result<Answer, Reason>,
) -> Verdict {
    let found = find();
    let well_formed = f64::from(u8::from(found.as_ref().is_ok_and(|answer| answer.anchored)));
    let mut verdict = Verdict {
        score: None,
        extracted: None,
        normal_prediction: None,
        normal_gold: None,
        reason: Reason::GoldUnparsable,
        matched_gold: None,
        metrics: Vec::new(),
    };
    for (index, gold) in golds.iter().enumerate() {
        let Some(gold) = Gold::read(gold.as_ref(), policy.kind, policy.unicode) else { continue };
        let (reason, normal) = match &found {
            Ok(answer) => compare(answer, &gold, policy),
            Err(reason) => (*reason, None),
        };
        // The first that can be read is shown where none matches.
        if reason == Reason::Matched || verdict.score.is_none() {
            verdict.reason = reason;
            (verdict.normal_prediction, verdict.normal_gold) = (normal, Some(gold.into_normal()));
            verdict.score = Some(0.0);
        }
        if reason == Reason::Matched {
            (verdict.score, verdict.matched_gold) = (Some(1.0), Some(index));
            break;
        }
    }
    let accuracy = verdict.score.map(|score| (Metric::Accuracy, score));
    verdict.metrics = match accuracy {
        Some(accuracy) => vec![accuracy, (Metric::WellFormed, well_formed)],
        None => vec![(Metric::WellFormed, well_formed)],
    };
    verdict.extracted = found.ok().map(|answer| answer.sentence);
    verdict
}

/// Compares an answer with one gold; what was compared is shown where it could be read.
fn compare(answer: &Answer, gold: &Gold, policy: &Policy) -> (Reason, Option<String>) {
    let equal = |same: bool| if same { Reason::Matched } else { Reason::Different };
    let signs = || {
        let denied = marks::denials(&answer.sentence) > 0;
        let asked =
            (answer.asks && answer.sentence.contains(char::is_alphanumeric)).then_some(Reason::Hedged);
        answer
            .refused
            .or(answer.objection)
            .or(asked)
            .or(denied.then_some(Reason::Negated))
            .map_or(Ok(()), Err)
    };
    let judged = match gold {
        Gold::Text(gold) => {
            let compared = compare_text(answer, gold, policy);
            if compared.0 == Reason::Matched {
                return compared;
            }
            // `five` is 5.
            let number = number::read_words(gold.normal());
            let counted = number.map(|number| compare(answer, &Gold::Number(number), policy));
            return counted.filter(|counted| counted.0 == Reason::Matched).unwrap_or(compared);
        }
        _ if let Err(reason) = signs() => Err(reason),
        _ if rival::gives_up(&answer.rest) => Err(Reason::Hedged),
        Gold::Number(_) if rival::names(answer.tokens(), &answer.rest) => Err(Reason::TooManyCandidates),
        Gold::Number(_) if reannounced::renames(&answer.sentence, answer.tokens(), &answer.rest) => {
            Err(Reason::TooManyCandidates)
        }
        // A factorial.
        Gold::Number(_)
            if answer.exclaims && answer.sentence.ends_with(|char: char| char.is_ascii_digit()) =>
        {
            Err(Reason::Different)
        }
        Gold::Number(gold) => number::read_answer(&answer.sentence)
            .map(|number| (equal(number.answers(gold, policy.percent)), number.to_string())),
        Gold::Choice(gold) => choice::answer(&answer.sentence).and_then(|letter| {
            if options::praised(&answer.rest, letter) {
                return Err(Reason::TooManyCandidates);
            }
            Ok((equal(letter == *gold), letter.to_string()))
        }),
        Gold::YesNo(gold) => yesno::read(answer).and_then(|polarity| {
            if opposed::unsaid(&answer.rest, polarity) {
                return Err(Reason::Negated);
            }
            Ok((equal(polarity == *gold), polarity.name().to_owned()))
        }),
    };
    match judged {
        Ok((reason, normal)) => (reason, Some(normal)),
        Err(reason) => (reason, None),
    }
}

fn compare_text(answer: &Answer, gold: &Tokens, policy: &Policy) -> (Reason, Option<String>) {
    let exact = |text: &str| Tokens::read(text, Unicode::Exact);
    let exact = (policy.unicode == Unicode::Exact).then(|| (exact(&answer.sentence), exact(&answer.line)));
    let (tokens, line) = match &exact {
        Some((tokens, line)) => (tokens, line),
        None => (answer.tokens(), answer.line_tokens()),
    };
    let reason = if let Some(reason) = answer.refused {
        reason
    } else if (answer.asks || tokens.asks) && !gold.asks && !tokens.is_empty() && !asked(tokens, gold) {
        Reason::Hedged
    } else {
        let whole = line.normal() == gold.normal() && line.denials <= gold.denials;
        // What the gold says itself names no other answer.
        let below = &answer.rest[answer.own..];
        let rest = if whole { below } else { &answer.rest };
        let named = || {
            let named = rival::names(tokens, rest).then_some(Reason::TooManyCandidates);
            named.or_else(|| rival::gives_up(rest).then_some(Reason::Hedged))
        };
        match answer.objection.filter(|_| !whole).or_else(named) {
            Some(reason) => reason,
            None if whole => Reason::Matched,
            None => text::judge(tokens, gold),
        }
    };
    let scanned = reason == Reason::Different && policy.edit_similarity > 0.0;
    let reason =
        if scanned && resembles(tokens, gold, policy.edit_similarity) { Reason::Matched } else { reason };
    (reason, Some(tokens.normal().to_owned()))
}

/// Whether a gold is a name that may end in a question mark: `Who's Afraid of Virginia Woolf?`
fn asked(tokens: &Tokens, gold: &Tokens) -> bool {
    let word = tokens.word(0);
    tokens.normal() == gold.normal() && opens_question(word)
}

fn opens_question(word: &str) -> bool {
    word.starts_with("wh")
        || matches!(
            word,
            "how" | "is" | "are" | "am" | "do" | "does" | "did" | "can" | "could" | "will" | "have"
        )
}
