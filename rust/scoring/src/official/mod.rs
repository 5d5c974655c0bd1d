//! The scorers that papers report with, each equal to its official file wherever that returns a value.

mod alignment;
mod anls;
mod bags;
mod best;
mod choice;
mod docmath;
mod docqa;
mod drop;
mod gsm8k;
mod helmet;
mod matching;
mod mrcr;
mod narrativeqa;
mod overlap;
mod reading;
mod rouge;
mod ruler;
mod search_r1;
mod squad;
mod tail;
mod tatqa;
mod tatqa_number;
mod tatqa_scale;
mod trivia;

use crate::profile::Profile;

/// Every official profile, by family.
pub(crate) static OFFICIAL: [&[Profile]; 13] = [
    docqa::PROFILES,
    docmath::PROFILES,
    choice::PROFILES,
    reading::PROFILES,
    narrativeqa::PROFILES,
    drop::PROFILES,
    tatqa::PROFILES,
    helmet::PROFILES,
    ruler::PROFILES,
    mrcr::PROFILES,
    anls::PROFILES,
    search_r1::PROFILES,
    gsm8k::PROFILES,
];
