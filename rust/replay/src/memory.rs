use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher};

use crate::example::{Example, MAX_COUNT};
use crate::{Error, LoadError, Mode, Policy, draw_weighted, format};

/// Where every id stands; the hasher has fixed keys, so that nothing here depends on entropy.
type Positions = HashMap<String, usize, BuildHasherDefault<DefaultHasher>>;

/// What every example earned when it was last rolled out, in order of first observation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    examples: Vec<Example>,
    positions: Positions,
}

impl Memory {
    /// An empty memory. O(1).
    ///
    /// ```
    /// assert!(qwenlong_replay::Memory::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of examples observed with a score. O(1).
    ///
    /// ```
    /// assert_eq!(qwenlong_replay::Memory::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether no example was observed with a score. O(1).
    ///
    /// ```
    /// assert!(qwenlong_replay::Memory::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// Takes in one step: for every example the sum of its scored rewards, each within 0 and 1, and how many they were.
    ///
    /// The latest observation replaces the one before it, since the policy has changed in between. An observation without
    /// a score (`counts` 0) changes nothing, not even the visits: a judge that was down says nothing about an example. An
    /// example observed twice in a step counts as two visits, in the given order.
    ///
    /// Runs in O(n), all of it or, where there is an error, none.
    ///
    /// # Errors
    ///
    /// [`Error::Lengths`], [`Error::Phase`], [`Error::Count`], [`Error::Sum`].
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = qwenlong_replay::Memory::new();
    /// memory.observe(&["solved", "unscored"], 0, &[8.0, 0.0], &[8, 0])?;
    /// assert_eq!(memory.len(), 1);
    /// # Ok::<(), qwenlong_replay::Error>(())
    /// ```
    pub fn observe<S: AsRef<str>>(
        &mut self,
        ids: &[S],
        phase: i64,
        reward_sums: &[f64],
        counts: &[i64],
    ) -> Result<(), Error> {
        let (sums, counts) = (reward_sums, checked(ids, phase, reward_sums, counts)?);
        for ((id, &sum), count) in ids.iter().zip(sums).zip(counts).filter(|(_, count)| *count > 0) {
            let id = id.as_ref();
            let position = self.positions.get(id).copied().unwrap_or_else(|| {
                self.positions.insert(id.to_owned(), self.examples.len());
                let id = id.to_owned();
                self.examples.push(Example {
                    id,
                    first_phase: phase,
                    sum,
                    count,
                    visits: 0,
                    unsolved_visits: 0,
                });
                self.examples.len() - 1
            });
            let example = &mut self.examples[position];
            (example.sum, example.count) = (sum, count);
            example.visits += 1;
            example.unsolved_visits = if sum > 0.0 { 0 } else { example.unsolved_visits + 1 };
        }
        Ok(())
    }

    /// The smoothed inverse mean reward of every example: `(count + 1) / (sum + 1)`.
    ///
    /// The paper's `1 / mean` is infinite for an example that was never solved. Here one more rollout that is right is
    /// imagined, which keeps the order and the value at 1: of 8 rollouts 8, 4, 1 and 0 right give 1, 1.8, 4.5 and 9 (the
    /// paper: 1, 2, 8 and infinity).
    ///
    /// Runs in O(n).
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`].
    ///
    /// # Examples
    ///
    /// ```
    /// let mut memory = qwenlong_replay::Memory::new();
    /// memory.observe(&["easy", "hard"], 0, &[8.0, 1.0], &[8, 8])?;
    /// assert_eq!(memory.difficulty(&["hard", "easy"])?, [4.5, 1.0]);
    /// # Ok::<(), qwenlong_replay::Error>(())
    /// ```
    pub fn difficulty<S: AsRef<str>>(&self, ids: &[S]) -> Result<Vec<f64>, Error> {
        ids.iter().map(|id| Ok(self.example(id.as_ref())?.difficulty())).collect()
    }

    /// The retrospective set of a phase: examples first observed in an earlier one that the policy takes, in order of
    /// first observation. Where they are more than it allows, as many are drawn by weight, as in [`Memory::draw`].
    ///
    /// Runs in O(n log n) for n examples.
    ///
    /// # Examples
    ///
    /// ```
    /// use qwenlong_replay::{Memory, Mode, Policy};
    ///
    /// let mut memory = Memory::new();
    /// memory.observe(&["easy", "hard", "middling"], 0, &[8.0, 0.0, 3.0], &[8, 8, 8])?;
    /// let zero = Policy { mode: Mode::ZeroAccuracy, max_examples: 0, drop_after: 0 };
    /// assert_eq!(memory.candidates(1, zero, 7), ["hard"]);
    /// assert_eq!(memory.candidates(1, Policy { mode: Mode::Weighted, ..zero }, 7), ["hard", "middling"]);
    /// assert!(memory.candidates(0, zero, 7).is_empty());
    /// # Ok::<(), qwenlong_replay::Error>(())
    /// ```
    #[must_use]
    pub fn candidates(&self, before_phase: i64, policy: Policy, seed: u64) -> Vec<&str> {
        let mut kept: Vec<&Example> =
            self.examples.iter().filter(|example| example.is_candidate(before_phase, policy)).collect();
        if policy.max_examples > 0 && kept.len() > policy.max_examples {
            let weights: Vec<u64> = kept.iter().map(|example| example.weight(policy.mode)).collect();
            let mut drawn = draw_weighted(&weights, policy.max_examples, seed);
            drawn.sort_unstable();
            kept = drawn.into_iter().map(|position| kept[position]).collect();
        }
        kept.into_iter().map(|example| example.id.as_str()).collect()
    }

    /// Draws k of the candidates without replacement, all where there are fewer: their positions in the order drawn.
    ///
    /// The weights are equal in [`Mode::ZeroAccuracy`] and `round(difficulty * 2^20)` in [`Mode::Weighted`];
    /// [`draw_weighted`] says how they are used. The order of the candidates matters.
    ///
    /// Runs in O(n + k log n).
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], [`Error::Repeated`].
    ///
    /// # Examples
    ///
    /// ```
    /// use qwenlong_replay::{Memory, Mode};
    ///
    /// let mut memory = Memory::new();
    /// memory.observe(&["a", "b", "c"], 0, &[0.0, 4.0, 8.0], &[8, 8, 8])?;
    /// let drawn = memory.draw(&["a", "b", "c"], 2, Mode::Weighted, 7)?;
    /// assert_eq!(drawn, memory.draw(&["a", "b", "c"], 3, Mode::Weighted, 7)?[..2]);
    /// # Ok::<(), qwenlong_replay::Error>(())
    /// ```
    pub fn draw<S: AsRef<str>>(
        &self,
        candidates: &[S],
        k: usize,
        mode: Mode,
        seed: u64,
    ) -> Result<Vec<usize>, Error> {
        let mut weights = Vec::with_capacity(candidates.len());
        let mut met: HashSet<&str, BuildHasherDefault<DefaultHasher>> = HashSet::default();
        for id in candidates.iter().map(AsRef::as_ref) {
            weights.push(self.example(id)?.weight(mode));
            if !met.insert(id) {
                return Err(Error::Repeated { id: id.to_owned() });
            }
        }
        Ok(draw_weighted(&weights, k, seed))
    }

    /// The memory as bytes: a magic, a version, the examples in order and a checksum. O(n).
    ///
    /// ```
    /// use qwenlong_replay::Memory;
    ///
    /// let bytes = Memory::new().to_bytes();
    /// assert_eq!(Memory::from_bytes(&bytes)?, Memory::new());
    /// # Ok::<(), qwenlong_replay::LoadError>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        format::write(&self.examples)
    }

    /// The memory that was written as these bytes, exactly. O(n); never panics, whatever the bytes.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] for bytes that [`Memory::to_bytes`] cannot have written.
    ///
    /// # Examples
    ///
    /// ```
    /// use qwenlong_replay::{LoadError, Memory};
    ///
    /// assert_eq!(Memory::from_bytes(b"garbage, and more than a header"), Err(LoadError::Magic));
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        let examples = format::read(bytes)?;
        let mut positions = Positions::default();
        for (position, example) in examples.iter().enumerate() {
            if positions.insert(example.id.clone(), position).is_some() {
                return Err(LoadError::Invalid { example: position, field: "id" });
            }
        }
        Ok(Self { examples, positions })
    }

    fn example(&self, id: &str) -> Result<&Example, Error> {
        let position = self.positions.get(id).ok_or_else(|| Error::Unknown { id: id.to_owned() })?;
        Ok(&self.examples[*position])
    }
}

/// The counts of an observation, where all of it is valid.
fn checked<S: AsRef<str>>(ids: &[S], phase: i64, sums: &[f64], counts: &[i64]) -> Result<Vec<u32>, Error> {
    if ids.len() != sums.len() || ids.len() != counts.len() {
        return Err(Error::Lengths { ids: ids.len(), sums: sums.len(), counts: counts.len() });
    }
    if phase < 0 {
        return Err(Error::Phase { phase });
    }
    let each = ids.iter().zip(sums).zip(counts);
    each.map(|((id, &sum), &count)| {
        let id = || id.as_ref().to_owned();
        let valid = u32::try_from(count).ok().filter(|count| *count <= MAX_COUNT);
        let valid = valid.ok_or_else(|| Error::Count { id: id(), count })?;
        if !(0.0..=f64::from(valid)).contains(&sum) {
            return Err(Error::Sum { id: id(), sum, count });
        }
        Ok(valid)
    })
    .collect()
}
