use std::fmt;

/// What is wrong with the rewards or counts. The message names the value and the limit.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// There is no offset at all.
    OffsetsMissing,
    /// The offsets do not start at 0.
    OffsetsStart {
        /// The first offset.
        first: i64,
    },
    /// An offset is smaller than the one before it.
    OffsetsDecrease {
        /// Index of the smaller offset.
        index: usize,
        /// Its value.
        offset: i64,
        /// The value before it.
        previous: i64,
    },
    /// The offsets do not end at the number of rewards.
    OffsetsEnd {
        /// The last offset.
        last: i64,
        /// Number of rewards.
        rewards: usize,
    },
    /// A reward is infinite.
    Infinite {
        /// Index of the reward.
        index: usize,
        /// Its value.
        reward: f32,
    },
    /// Epsilon is negative, infinite or not a number.
    Epsilon {
        /// The epsilon given.
        epsilon: f64,
    },
    /// There are not as many counts of correct samples as counts of samples.
    Questions {
        /// Number of counts of samples.
        num_samples: usize,
        /// Number of counts of correct samples.
        num_correct: usize,
    },
    /// k is zero or negative.
    K {
        /// The k given.
        k: i64,
    },
    /// A question has fewer samples than k.
    TooFewSamples {
        /// Index of the question.
        question: usize,
        /// Its number of samples.
        num_samples: i64,
        /// The k given.
        k: i64,
    },
    /// A question has more correct samples than samples, or fewer than none.
    Correct {
        /// Index of the question.
        question: usize,
        /// Its number of correct samples.
        num_correct: i64,
        /// Its number of samples.
        num_samples: i64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OffsetsMissing => write!(out, "there are no offsets but 0 groups need 1"),
            Self::OffsetsStart { first } => write!(out, "offsets start at {first} but must start at 0"),
            Self::OffsetsDecrease { index, offset, previous } => {
                write!(out, "offset {index} is {offset} but the one before it is {previous}")
            }
            Self::OffsetsEnd { last, rewards } => {
                write!(out, "offsets end at {last} but there are {rewards} rewards")
            }
            Self::Infinite { index, reward } => {
                write!(out, "reward {index} is {reward} but must be finite, or NaN where there is none")
            }
            Self::Epsilon { epsilon } => {
                write!(out, "epsilon is {epsilon} but must be finite and at least 0")
            }
            Self::Questions { num_samples, num_correct } => {
                write!(out, "{num_samples} questions have samples but {num_correct} have correct ones")
            }
            Self::K { k } => write!(out, "k is {k} but must be at least 1"),
            Self::TooFewSamples { question, num_samples, k } => {
                write!(out, "question {question} has {num_samples} samples but pass@{k} needs at least {k}")
            }
            Self::Correct { question, num_correct, num_samples } => {
                write!(out, "question {question} has {num_correct} correct samples of {num_samples}")
            }
        }
    }
}

impl std::error::Error for Error {}
