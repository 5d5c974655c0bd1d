use std::fmt;

use crate::profile::profiles;
use crate::setting::{Setting, Takes};
use crate::strict::Kind;

/// What is wrong with a caller's request. No text of a model ever leads here.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// A response came without a gold.
    NoGold,
    /// A gold says nothing that could be judged as its kind.
    UnparsableGold {
        /// The gold.
        gold: String,
        /// The kind it was read as.
        kind: Kind,
    },
    /// A profile with one gold was given several.
    OneGold {
        /// The profile.
        profile: &'static str,
        /// How many were given.
        golds: usize,
    },
    /// A profile that knows no spans was given some.
    NoSpans {
        /// The profile.
        profile: &'static str,
    },
    /// No profile has this name.
    UnknownProfile {
        /// The name given.
        name: String,
    },
    /// The profile has no such option.
    UnknownOption {
        /// The profile.
        profile: &'static str,
        /// The name given.
        name: String,
        /// The options it has.
        known: Vec<&'static str>,
    },
    /// An option does not take this value.
    BadOption {
        /// The option.
        name: &'static str,
        /// The value given.
        setting: Setting,
        /// What it takes.
        takes: Takes,
    },
    /// No kind has this name.
    UnknownKind {
        /// The name given.
        name: String,
    },
    /// No rule for the end of the reasoning has this name.
    UnknownReasoning {
        /// The name given.
        name: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGold => f.write_str("the list of golds is empty"),
            Self::UnparsableGold { gold, kind } => {
                write!(f, "gold `{gold}` cannot be read as kind `{}`", kind.name())
            }
            Self::OneGold { profile, golds } => {
                write!(f, "profile `{profile}` compares with one gold, not {golds}: choose one")
            }
            Self::NoSpans { profile } => write!(f, "profile `{profile}` knows no spans: give one text"),
            Self::UnknownProfile { name } => {
                write!(f, "unknown profile `{name}`: use one of")?;
                profiles().try_for_each(|profile| write!(f, " {}", profile.name))
            }
            Self::UnknownOption { profile, name, known } if known.is_empty() => {
                write!(f, "unknown option `{name}`: profile `{profile}` has none")
            }
            Self::UnknownOption { profile, name, known } => {
                write!(f, "unknown option `{name}`: profile `{profile}` has {}", known.join(", "))
            }
            Self::BadOption { name, setting, takes } => {
                match setting {
                    Setting::Text(text) => write!(f, "unknown {name} `{text}`: ")?,
                    Setting::Number(number) => write!(f, "{name} is {number}: ")?,
                }
                match takes {
                    Takes::OneOf(words) => write!(f, "use {}", words.join(", ")),
                    Takes::Number { least, most, or_off, .. } => {
                        write!(f, "use a number from {least} to {most}")?;
                        if *or_off { f.write_str(", or 0 for off") } else { Ok(()) }
                    }
                    Takes::Text => f.write_str("use a text"),
                }
            }
            Self::UnknownKind { name } => {
                write!(f, "unknown kind `{name}`: use auto, text, number, choice or yesno")
            }
            Self::UnknownReasoning { name } => {
                write!(f, "unknown reasoning `{name}`: use auto or required")
            }
        }
    }
}

impl std::error::Error for Error {}
