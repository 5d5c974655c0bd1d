//! The scorers that papers report with, each equal to its official file wherever that returns a value.

mod best;
mod reading;
mod squad;

use crate::profile::Profile;

/// Every official profile, by family.
pub(crate) static OFFICIAL: [&[Profile]; 1] = [reading::PROFILES];
