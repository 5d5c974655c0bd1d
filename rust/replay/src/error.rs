use std::fmt;

use crate::MAX_COUNT;

/// What is wrong with an observation or a request. The message names the value and the limit.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// Ids, sums and counts are not equally many.
    Lengths {
        /// Number of ids.
        ids: usize,
        /// Number of sums.
        sums: usize,
        /// Number of counts.
        counts: usize,
    },
    /// A phase is negative.
    Phase {
        /// The phase given.
        phase: i64,
    },
    /// A number of scored rewards is negative, or above [`MAX_COUNT`].
    Count {
        /// The example.
        id: String,
        /// Its number of scored rewards.
        count: i64,
    },
    /// A sum of rewards is not within 0 and the number of them.
    Sum {
        /// The example.
        id: String,
        /// Its sum of rewards.
        sum: f64,
        /// Its number of scored rewards.
        count: i64,
    },
    /// An example was never observed with a score.
    Unknown {
        /// The example.
        id: String,
    },
    /// An example stands twice among the candidates.
    Repeated {
        /// The example.
        id: String,
    },
    /// There is no such mode.
    Mode {
        /// The name given.
        name: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lengths { ids, sums, counts } => {
                write!(
                    out,
                    "there are {ids} ids, {sums} reward sums and {counts} counts but must be as many of each"
                )
            }
            Self::Phase { phase } => write!(out, "phase is {phase} but must be at least 0"),
            Self::Count { id, count } => {
                write!(
                    out,
                    "example {id:?} has {count} scored rewards but must have between 0 and {MAX_COUNT}"
                )
            }
            Self::Sum { id, sum, count } => {
                write!(
                    out,
                    "the {count} rewards of example {id:?} sum to {sum} but each must be within 0 and 1"
                )
            }
            Self::Unknown { id } => write!(out, "example {id:?} was never observed with a score"),
            Self::Repeated { id } => write!(out, "example {id:?} stands twice among the candidates"),
            Self::Mode { name } => {
                write!(out, "mode is {name:?} but must be \"zero_accuracy\" or \"weighted\"")
            }
        }
    }
}

impl std::error::Error for Error {}

/// Why bytes are not a saved memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes end too early.
    Truncated {
        /// Number of bytes there are.
        length: usize,
    },
    /// The bytes do not start with the mark of a replay memory.
    Magic,
    /// The bytes were written in a format that is not known here.
    Version {
        /// The format's version.
        found: u32,
        /// The version that is known.
        known: u32,
    },
    /// The bytes were changed since they were written.
    Checksum {
        /// The checksum they carry.
        stored: u64,
        /// The checksum they have.
        computed: u64,
    },
    /// A field has a value that cannot have been written.
    Invalid {
        /// Index of the example.
        example: usize,
        /// The field.
        field: &'static str,
    },
    /// Bytes follow the last example.
    Trailing {
        /// How many.
        length: usize,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { length } => {
                write!(out, "replay memory is truncated: it ends after {length} bytes")
            }
            Self::Magic => write!(out, "not a replay memory: the first bytes are not its magic"),
            Self::Version { found, known } => {
                write!(out, "replay memory has format version {found} but only version {known} is known")
            }
            Self::Checksum { stored, computed } => write!(
                out,
                "replay memory is corrupt: its checksum is {computed:016x} but {stored:016x} was written"
            ),
            Self::Invalid { example, field } => {
                write!(out, "replay memory is corrupt: {field} of example {example} is invalid")
            }
            Self::Trailing { length } => {
                write!(out, "replay memory is corrupt: {length} bytes follow its last example")
            }
        }
    }
}

impl std::error::Error for LoadError {}
