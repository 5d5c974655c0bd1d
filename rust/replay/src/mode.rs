use std::str::FromStr;

use crate::Error;

/// Which examples of earlier phases return, and with what weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Those whose latest mean reward is exactly 0, all equally likely: the setting the paper reports ("maintain the most
    /// difficult samples with an average accuracy of zero").
    ZeroAccuracy,
    /// Those not always solved, weighted by difficulty: the paper's equation 10 with a guarded mean.
    Weighted,
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "zero_accuracy" => Ok(Self::ZeroAccuracy),
            "weighted" => Ok(Self::Weighted),
            _ => Err(Error::Mode { name: name.to_owned() }),
        }
    }
}

/// How the retrospective set is cut. The paper says neither how many examples return nor what becomes of those that are
/// never solved; both limits are off at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Which examples are taken.
    pub mode: Mode,
    /// At most this many are drawn from them; 0 takes all.
    pub max_examples: usize,
    /// Those unsolved in this many visits on end, or more, are left out: their gold is probably wrong or cannot be parsed.
    /// 0 keeps them.
    pub drop_after: u64,
}
