use std::fmt;

/// What is wrong with the lengths, offsets or costs of a plan. The message names the value and the limit.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The capacity is zero or negative.
    Capacity {
        /// The capacity given.
        capacity: i64,
    },
    /// An item has no tokens, or a negative number of them.
    ItemEmpty {
        /// Index of the item.
        item: usize,
        /// Its length.
        length: i64,
    },
    /// An item fits no bin.
    ItemTooLong {
        /// Index of the item.
        item: usize,
        /// Its length.
        length: i64,
        /// What a bin holds.
        capacity: i64,
    },
    /// There is not exactly one more offset than there are groups.
    OffsetsCount {
        /// Number of offsets.
        offsets: usize,
        /// Number of groups.
        groups: usize,
    },
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
    /// The offsets do not end at the number of responses.
    OffsetsEnd {
        /// The last offset.
        last: i64,
        /// Number of responses.
        items: usize,
    },
    /// The prompt of a group has no tokens, or a negative number of them.
    PromptEmpty {
        /// Index of the group.
        group: usize,
        /// The prompt's length.
        length: i64,
    },
    /// A response has no tokens, or a negative number of them.
    ResponseEmpty {
        /// Index of the group.
        group: usize,
        /// Index of the response within the group.
        response: usize,
        /// Its length.
        length: i64,
    },
    /// A prompt and one single response are longer than a row.
    RowTooLong {
        /// Index of the group.
        group: usize,
        /// Index of the response within the group.
        response: usize,
        /// Length of the prompt.
        prompt_length: i64,
        /// Length of the response.
        response_length: i64,
        /// What a row holds.
        capacity: i64,
    },
    /// A cost is negative, infinite or not a number.
    Cost {
        /// Index of the row.
        row: usize,
        /// Its cost.
        cost: f64,
    },
    /// There is no rank to place rows on.
    Ranks {
        /// Number of ranks given.
        num_ranks: i64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Capacity { capacity } => {
                write!(out, "capacity is {capacity} tokens but must be at least 1")
            }
            Self::ItemEmpty { item, length } => {
                write!(out, "item {item} has {length} tokens but must have at least 1")
            }
            Self::ItemTooLong { item, length, capacity } => {
                write!(out, "item {item} has {length} tokens but a bin holds only {capacity}")
            }
            Self::OffsetsCount { offsets, groups } => {
                write!(out, "{groups} groups need {} offsets but there are {offsets}", groups + 1)
            }
            Self::OffsetsStart { first } => write!(out, "offsets start at {first} but must start at 0"),
            Self::OffsetsDecrease { index, offset, previous } => {
                write!(out, "offset {index} is {offset} but the one before it is {previous}")
            }
            Self::OffsetsEnd { last, items } => {
                write!(out, "offsets end at {last} but there are {items} responses")
            }
            Self::PromptEmpty { group, length } => {
                write!(out, "the prompt of group {group} has {length} tokens but must have at least 1")
            }
            Self::ResponseEmpty { group, response, length } => {
                write!(
                    out,
                    "response {response} of group {group} has {length} tokens but must have at least 1"
                )
            }
            Self::RowTooLong { group, response, prompt_length, response_length, capacity } => write!(
                out,
                "response {response} of group {group} has {response_length} tokens after a prompt of {prompt_length} \
                 but a row holds only {capacity}"
            ),
            Self::Cost { row, cost } => {
                write!(out, "row {row} has a cost of {cost} but it must be finite and at least 0")
            }
            Self::Ranks { num_ranks } => write!(out, "num_ranks is {num_ranks} but must be at least 1"),
        }
    }
}

impl std::error::Error for Error {}
