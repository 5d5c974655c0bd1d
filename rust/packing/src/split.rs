use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::bins::{best_fit, longest_first};
use crate::{Error, exact, signed};

/// Splits the responses of every group into the fewest rows that hold the prompt and a part of them.
///
/// Group `m` has the prompt of `prompt_lengths[m]` tokens and the responses `offsets[m]..offsets[m + 1]`. A row is the
/// prompt, repeated in every part, and the part's responses, together at most `capacity` tokens. The parts are numbered
/// from 0 within their group by first appearance. A group without responses has no parts.
///
/// *Fewest* is exact where best fit decreasing meets a lower bound, and in every group of at most 16 responses; in larger
/// ones it is what best fit decreasing needs. Within that number the responses are dealt longest first to the shortest
/// part, so that the rows cost about the same; where that overflows a row, the packing that was found first stands.
///
/// Runs in O(n log n) for n responses, and in at most 2^16 * 16 steps more for a group of at most 16 on which best fit
/// may have failed to find the fewest.
///
/// # Errors
///
/// [`Error::Capacity`]; offsets that do not start at 0, decrease or do not end at the number of responses; a prompt or a
/// response without tokens; [`Error::RowTooLong`] where a prompt and one response alone are longer than a row.
///
/// # Examples
///
/// ```
/// // A row has 10 - 4 = 6 tokens for responses: 3 + 2 | 4 + 1 and not 4 + 2 | 3 + 1.
/// let parts = qwenlong_packing::split_groups(&[4], &[3, 4, 1, 2], &[0, 4], 10)?;
/// assert_eq!(parts, [0, 1, 1, 0]);
/// # Ok::<(), qwenlong_packing::Error>(())
/// ```
pub fn split_groups(
    prompt_lengths: &[i64],
    response_lengths: &[i64],
    offsets: &[i64],
    capacity: i64,
) -> Result<Vec<i64>, Error> {
    if capacity < 1 {
        return Err(Error::Capacity { capacity });
    }
    let bounds = bounds(offsets, prompt_lengths.len(), response_lengths.len())?;
    let mut parts = Vec::with_capacity(response_lengths.len());
    for (group, (&prompt, window)) in prompt_lengths.iter().zip(bounds.windows(2)).enumerate() {
        let responses = &response_lengths[window[0]..window[1]];
        check(group, prompt, responses, capacity)?;
        if !responses.is_empty() {
            parts.extend(by_appearance(&split(responses, capacity - prompt)));
        }
    }
    Ok(parts)
}

/// The offsets as indices: from 0, never decreasing, to the number of responses.
fn bounds(offsets: &[i64], groups: usize, items: usize) -> Result<Vec<usize>, Error> {
    if offsets.len() != groups + 1 {
        return Err(Error::OffsetsCount { offsets: offsets.len(), groups });
    }
    if offsets[0] != 0 {
        return Err(Error::OffsetsStart { first: offsets[0] });
    }
    for (index, pair) in offsets.windows(2).enumerate() {
        if pair[1] < pair[0] {
            return Err(Error::OffsetsDecrease { index: index + 1, offset: pair[1], previous: pair[0] });
        }
    }
    let last = offsets[groups];
    if last != signed(items) {
        return Err(Error::OffsetsEnd { last, items });
    }
    // From 0 upwards to a length in memory: every offset is an index.
    Ok(offsets.iter().map(|&offset| usize::try_from(offset).unwrap_or(items)).collect())
}

fn check(group: usize, prompt: i64, responses: &[i64], capacity: i64) -> Result<(), Error> {
    if prompt < 1 {
        return Err(Error::PromptEmpty { group, length: prompt });
    }
    for (response, &length) in responses.iter().enumerate() {
        if length < 1 {
            return Err(Error::ResponseEmpty { group, response, length });
        }
        if length > capacity - prompt {
            return Err(Error::RowTooLong {
                group,
                response,
                prompt_length: prompt,
                response_length: length,
                capacity,
            });
        }
    }
    Ok(())
}

/// The part of every response; each response alone fits into `room`.
fn split(responses: &[i64], room: i64) -> Vec<usize> {
    let order = longest_first(responses);
    let (mut parts, mut num_parts) = best_fit(responses, &order, room);
    if responses.len() <= exact::MAX_ITEMS && num_parts > exact::lower_bound(responses, room) {
        let (fewest, num_fewest) = exact::fewest(responses, room);
        if num_fewest < num_parts {
            (parts, num_parts) = (fewest, num_fewest);
        }
    }
    balance(responses, &order, num_parts, room).unwrap_or(parts)
}

/// Deals the responses longest first to the shortest part, the lowest numbered of equals; nothing where one overflows.
fn balance(responses: &[i64], order: &[usize], num_parts: usize, room: i64) -> Option<Vec<usize>> {
    let mut parts = vec![0; responses.len()];
    let mut shortest: BinaryHeap<Reverse<(i64, usize)>> =
        (0..num_parts).map(|part| Reverse((0, part))).collect();
    for &response in order {
        let Reverse((tokens, part)) = shortest.pop()?;
        // The shortest part has no room, so none has.
        if responses[response] > room - tokens {
            return None;
        }
        parts[response] = part;
        shortest.push(Reverse((tokens + responses[response], part)));
    }
    Some(parts)
}

/// The same parts, numbered by first appearance.
fn by_appearance(parts: &[usize]) -> Vec<i64> {
    let mut names = vec![None; parts.len()];
    let mut next = 0;
    parts
        .iter()
        .map(|&part| {
            *names[part].get_or_insert_with(|| {
                next += 1;
                next - 1
            })
        })
        .collect()
}
