use crate::{Mode, Policy};

/// Largest number of scored rewards in one observation. Weights then sum to less than 2^64 for up to 2^27 examples.
pub const MAX_COUNT: u32 = 1 << 16;

/// A difficulty of 1 as a weight.
const UNIT: u64 = 1 << 20;

/// What is remembered of one example.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Example {
    pub(crate) id: String,
    /// The phase of its first observation.
    pub(crate) first_phase: i64,
    /// Sum of the scored rewards of its latest observation.
    pub(crate) sum: f64,
    /// How many they were, at least one.
    pub(crate) count: u32,
    /// How often it was observed.
    pub(crate) visits: u64,
    /// How often on end, up to now, its rewards were all 0.
    pub(crate) unsolved_visits: u64,
}

impl Example {
    pub(crate) fn difficulty(&self) -> f64 {
        (f64::from(self.count) + 1.0) / (self.sum + 1.0)
    }

    pub(crate) fn is_candidate(&self, before_phase: i64, policy: Policy) -> bool {
        let hard = match policy.mode {
            Mode::ZeroAccuracy => self.sum <= 0.0,
            Mode::Weighted => self.sum < f64::from(self.count),
        };
        let dropped = policy.drop_after > 0 && self.unsolved_visits >= policy.drop_after;
        hard && !dropped && self.first_phase < before_phase
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 2^20 and about 2^36"
    )]
    #[expect(clippy::cast_precision_loss, reason = "UNIT is a power of two")]
    pub(crate) fn weight(&self, mode: Mode) -> u64 {
        match mode {
            Mode::ZeroAccuracy => UNIT,
            // One product and one rounding, both exact by IEEE 754: the same integer on every machine.
            Mode::Weighted => (self.difficulty() * UNIT as f64).round() as u64,
        }
    }
}
