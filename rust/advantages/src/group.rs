use crate::Error;

/// What an advantage is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The standard deviation of the group plus epsilon: GRPO (`QwenLong-L1`, equation 5).
    Std,
    /// Nothing: Dr. GRPO. Dividing by the deviation enlarges the steps of prompts that are almost always or almost never
    /// solved; this does not.
    None,
}

/// The credit of every rollout.
#[derive(Debug, Clone, PartialEq)]
pub struct Credit {
    /// One for each reward; 0 where it is missing or its group has no signal.
    pub advantages: Vec<f32>,
    /// One for each group: whether its scored rewards differ.
    pub has_signal: Vec<bool>,
}

/// Advantages of rollouts within their groups: `(r - mean) / (std + epsilon)`, or `r - mean`.
///
/// Group `m` is `rewards[offsets[m]..offsets[m + 1]]`. A missing reward is NaN: it enters neither the mean nor the standard
/// deviation (the unbiased one, over N - 1), and its advantage is exactly 0. A group of fewer than two scored rewards, or
/// of equal ones, has no signal and only zeros; equality is tested on the rewards, since a standard deviation of equal
/// rewards need not come out as 0. (The official code gives a group of one its reward as advantage: a step towards whatever
/// was sampled.)
///
/// Runs in O(n) time and memory.
///
/// # Errors
///
/// Offsets that do not start at 0, decrease or do not end at the number of rewards; [`Error::Infinite`];
/// [`Error::Epsilon`].
///
/// # Examples
///
/// ```
/// use qwenlong_advantages::{Scale, group_advantages};
///
/// let rewards = [1.0, 0.0, f32::NAN, 0.5, 0.5];
/// let credit = group_advantages(&rewards, &[0, 3, 5], 0.0, Scale::Std)?;
/// // Mean 0.5, std sqrt(0.25 + 0.25).
/// assert_eq!(credit.advantages, [0.5_f32.sqrt(), -(0.5_f32.sqrt()), 0.0, 0.0, 0.0]);
/// assert_eq!(credit.has_signal, [true, false]);
/// # Ok::<(), qwenlong_advantages::Error>(())
/// ```
pub fn group_advantages(
    rewards: &[f32],
    offsets: &[i64],
    epsilon: f64,
    scale: Scale,
) -> Result<Credit, Error> {
    if !(epsilon.is_finite() && epsilon >= 0.0) {
        return Err(Error::Epsilon { epsilon });
    }
    if let Some((index, &reward)) = rewards.iter().enumerate().find(|(_, reward)| reward.is_infinite()) {
        return Err(Error::Infinite { index, reward });
    }
    let bounds = bounds(offsets, rewards.len())?;
    let mut advantages = vec![0.0; rewards.len()];
    let mut has_signal = Vec::with_capacity(bounds.len() - 1);
    for pair in bounds.windows(2) {
        let group = pair[0]..pair[1];
        has_signal.push(credit_group(&rewards[group.clone()], &mut advantages[group], epsilon, scale));
    }
    Ok(Credit { advantages, has_signal })
}

/// Fills the advantages of one group, all 0 before, and says whether it has a signal.
#[expect(clippy::cast_possible_truncation, reason = "the one cast from f64 to the f32 of an advantage")]
fn credit_group(rewards: &[f32], advantages: &mut [f32], epsilon: f64, scale: Scale) -> bool {
    let scored = || rewards.iter().copied().filter(|reward| !reward.is_nan());
    let Some(first) = scored().next() else { return false };
    #[expect(clippy::float_cmp, reason = "equal rewards are equal bit for bit, but for the sign of 0")]
    if scored().all(|reward| reward == first) {
        return false;
    }
    let (mut count, mut sum) = (0.0, 0.0);
    for reward in scored() {
        count += 1.0;
        sum += f64::from(reward);
    }
    let mean = sum / count;
    let divisor = match scale {
        Scale::Std => {
            let squares: f64 = scored().map(|reward| (f64::from(reward) - mean).powi(2)).sum();
            (squares / (count - 1.0)).sqrt() + epsilon
        }
        Scale::None => 1.0,
    };
    for (advantage, &reward) in advantages.iter_mut().zip(rewards) {
        if !reward.is_nan() {
            *advantage = ((f64::from(reward) - mean) / divisor) as f32;
        }
    }
    true
}

/// The offsets as indices: from 0, never decreasing, to the number of rewards.
fn bounds(offsets: &[i64], rewards: usize) -> Result<Vec<usize>, Error> {
    let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else {
        return Err(Error::OffsetsMissing);
    };
    if first != 0 {
        return Err(Error::OffsetsStart { first });
    }
    for (index, pair) in offsets.windows(2).enumerate() {
        if pair[1] < pair[0] {
            return Err(Error::OffsetsDecrease { index: index + 1, offset: pair[1], previous: pair[0] });
        }
    }
    if usize::try_from(last) != Ok(rewards) {
        return Err(Error::OffsetsEnd { last, rewards });
    }
    // From 0 upwards to a length in memory: every offset is an index.
    Ok(offsets.iter().map(|&offset| usize::try_from(offset).unwrap_or(rewards)).collect())
}
