use std::str::FromStr;

use crate::error::Error;
use crate::strict::choice;
use crate::strict::fold::Unicode;
use crate::strict::number;
use crate::strict::plain::plain;
use crate::strict::template::is_template;
use crate::strict::tokens::Tokens;
use crate::strict::yesno;

/// What a gold is, and so how an answer is judged against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Decided by the gold alone: a number where the whole gold is one, else yes or no, else an option where it is
    /// one upper-case letter or a letter in parentheses, else text.
    Auto,
    /// Free text, compared by its normal form.
    Text,
    /// A number, compared exactly or within the precision the gold is written with.
    Number,
    /// An option letter, A to Z.
    Choice,
    /// Yes or no.
    YesNo,
}

impl Kind {
    /// The name that [`FromStr`] reads. O(1).
    ///
    /// ```
    /// assert_eq!(qwenlong_scoring::Kind::YesNo.name(), "yesno");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Text => "text",
            Self::Number => "number",
            Self::Choice => "choice",
            Self::YesNo => "yesno",
        }
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        [Self::Auto, Self::Text, Self::Number, Self::Choice, Self::YesNo]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| Error::UnknownKind { name: name.to_owned() })
    }
}

/// Where the reasoning ends and the answer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reasoning {
    /// After the last `</think>`. Without think tags the whole response is the answer; with a `<think>` that never
    /// closes there is none.
    Auto,
    /// After the last `</think>`, which has to be there: for prompts that open the reasoning themselves, where a
    /// response that was cut off has neither tag.
    Required,
}

impl Reasoning {
    /// The name that [`FromStr`] reads. O(1).
    ///
    /// ```
    /// assert_eq!(qwenlong_scoring::Reasoning::Auto.name(), "auto");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Required => "required",
        }
    }
}

impl FromStr for Reasoning {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        [Self::Auto, Self::Required]
            .into_iter()
            .find(|reasoning| reasoning.name() == name)
            .ok_or_else(|| Error::UnknownReasoning { name: name.to_owned() })
    }
}

/// A gold, read as its kind.
pub(crate) enum Gold {
    Text(Tokens),
    Number(number::Number),
    Choice(char),
    YesNo(yesno::Polarity),
}

impl Gold {
    /// Reads a gold, without its markup as answers are; `None` where it says nothing that could be judged as `kind`, or
    /// nothing but a placeholder, which no answer may be.
    pub(crate) fn read(gold: &str, kind: Kind, unicode: Unicode) -> Option<Self> {
        let gold = &plain(gold);
        let text = |tokens: Tokens| {
            let judged = !tokens.is_empty() && !is_template(&tokens) && !hides_number(gold, &tokens);
            judged.then_some(Self::Text(tokens))
        };
        match kind {
            Kind::Auto => number::read_bare(gold)
                .map(Self::Number)
                .or_else(|| choice::read_bare(gold).map(Self::Choice))
                .or_else(|| {
                    let tokens = Tokens::read(gold, unicode);
                    yesno::of(&tokens).map(Self::YesNo).or_else(|| text(tokens))
                }),
            Kind::Text => text(Tokens::read(gold, unicode)),
            Kind::Number => number::read(gold).ok().map(Self::Number),
            Kind::Choice => choice::read_gold(gold).map(Self::Choice),
            Kind::YesNo => yesno::of(&Tokens::of(gold)).map(Self::YesNo),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Number(_) => Kind::Number,
            Self::Choice(_) => Kind::Choice,
            Self::YesNo(_) => Kind::YesNo,
        }
    }

    /// What an answer is compared with, for people to read.
    pub(crate) fn into_normal(self) -> String {
        match self {
            Self::Text(tokens) => tokens.into_normal(),
            Self::Number(number) => number.to_string(),
            Self::Choice(letter) => letter.to_string(),
            Self::YesNo(polarity) => polarity.name().to_owned(),
        }
    }
}

/// Whether a gold would be a number as a text, though it says something else: `--5`, `5?`, `A 5`.
fn hides_number(gold: &str, tokens: &Tokens) -> bool {
    let numeral = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit() || b"-.,/:".contains(&byte));
    tokens.len() == 1
        && numeral(tokens.normal())
        && (gold.contains("--")
            || gold.contains(|char: char| char.is_alphabetic() || "≠≈~?!^*+".contains(char)))
}
