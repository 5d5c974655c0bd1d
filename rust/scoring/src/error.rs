use std::fmt;

use crate::Kind;

/// What is wrong with a caller's request. No text of a model ever leads here.
#[derive(Debug, Clone, PartialEq, Eq)]
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
