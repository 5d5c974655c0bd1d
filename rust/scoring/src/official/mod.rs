//! The scorers that papers report with, each equal to its official file wherever that returns a value.

mod alignment;
mod anls;
mod bags;
mod best;
mod drop;
mod matching;
mod mrcr;
mod narrativeqa;
mod overlap;
mod reading;
mod rouge;
mod squad;
mod tatqa;
mod tatqa_number;
mod tatqa_scale;

use crate::profile::Profile;

/// Every official profile, by family.
pub(crate) static OFFICIAL: [&[Profile]; 6] = [
    reading::PROFILES,
    narrativeqa::PROFILES,
    drop::PROFILES,
    tatqa::PROFILES,
    mrcr::PROFILES,
    anls::PROFILES,
];
