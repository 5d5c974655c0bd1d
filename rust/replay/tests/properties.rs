//! Properties, and agreement with the definition of a draw.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

use proptest::prelude::*;
use qwenlong_replay::{Error, LoadError, Memory, Mode, Policy, draw_weighted};

/// Steps of (example, sum as eighths of the count, count) in a phase.
fn history() -> impl Strategy<Value = Memory> {
    let observation = (0_u8..30, 0_u8..=8, 0_i64..10);
    let step = (0_i64..3, prop::collection::vec(observation, 0..12));
    prop::collection::vec(step, 0..8).prop_map(|steps| {
        let mut memory = Memory::new();
        for (phase, observations) in steps {
            let ids: Vec<String> = observations.iter().map(|(id, _, _)| format!("example {id}")).collect();
            let sums: Vec<f64> = observations
                .iter()
                .map(|(_, eighths, count)| f64::from(*eighths) / 8.0 * *count as f64)
                .collect();
            let counts: Vec<i64> = observations.iter().map(|(_, _, count)| *count).collect();
            memory.observe(&ids, phase, &sums, &counts).unwrap();
        }
        memory
    })
}

fn everything(memory: &Memory) -> Vec<&str> {
    memory.candidates(i64::MAX, Policy { mode: Mode::Weighted, max_examples: 0, drop_after: 0 }, 0)
}

proptest! {
    #[test]
    fn a_draw_takes_distinct_positions_and_extends_shorter_draws(
        weights in prop::collection::vec(1_u64..1 << 36, 0..80), k in 0_usize..90, seed: u64,
    ) {
        let drawn = draw_weighted(&weights, k, seed);
        prop_assert_eq!(drawn.len(), k.min(weights.len()));
        let mut distinct = drawn.clone();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), drawn.len());
        let all = draw_weighted(&weights, usize::MAX, seed);
        prop_assert_eq!(&all[..drawn.len()], &drawn[..]);
    }

    #[test]
    fn saving_and_loading_changes_nothing(memory in history(), seed: u64) {
        let bytes = memory.to_bytes();
        let loaded = Memory::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&loaded, &memory);
        prop_assert_eq!(loaded.to_bytes(), bytes);
        let ids = everything(&memory);
        prop_assert_eq!(&everything(&loaded), &ids);
        let draw = |memory: &Memory| memory.draw(&ids, 5, Mode::Weighted, seed).unwrap();
        prop_assert_eq!(draw(&loaded), draw(&memory));
    }

    #[test]
    fn a_cap_keeps_a_subset_in_order(memory in history(), max_examples in 1_usize..10, seed: u64) {
        let policy = Policy { mode: Mode::Weighted, max_examples, drop_after: 0 };
        let all = everything(&memory);
        let kept = memory.candidates(i64::MAX, policy, seed);
        prop_assert_eq!(kept.len(), all.len().min(max_examples));
        let mut rest = all.iter();
        prop_assert!(kept.iter().all(|id| rest.any(|other| other == id)));
    }

    #[test]
    fn changed_bytes_are_refused_and_none_panic(memory in history(), place in 0.0..1.0_f64, flip in 1_u8..) {
        let mut bytes = memory.to_bytes();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let index = (place * bytes.len() as f64) as usize;
        prop_assert!(Memory::from_bytes(&bytes[..index]).is_err());
        bytes[index] ^= flip;
        prop_assert!(Memory::from_bytes(&bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Memory::from_bytes(&bytes).is_err());
        prop_assert!(Memory::from_bytes(&[b"QWREPLAY\x01\0\0\0", &bytes[..]].concat()).is_err());
    }
}

#[test]
fn odds_follow_the_weights() {
    let first_is_heavy = (0..4000).filter(|&seed| draw_weighted(&[1, 2, 1], 1, seed) == [1]).count();
    // Binomial(4000, 1/2): five standard deviations are 158.
    assert!(first_is_heavy.abs_diff(2000) < 158, "{first_is_heavy}");
    assert!(draw_weighted(&[0, 5, 0], 3, 1) == [1]);
}

#[test]
fn what_is_wrong_with_the_bytes_is_named() {
    let mut memory = Memory::new();
    memory.observe(&["a"], 0, &[1.0], &[2]).unwrap();
    let bytes = memory.to_bytes();
    let message = |bytes: &[u8]| Memory::from_bytes(bytes).unwrap_err().to_string();
    assert_eq!(message(b""), "replay memory is truncated: it ends after 0 bytes");
    assert_eq!(message(&bytes[..20]), "replay memory is truncated: it ends after 20 bytes");
    assert_eq!(message(b"{\"json\": 1}"), "not a replay memory: the first bytes are not its magic");
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert_eq!(Memory::from_bytes(&newer), Err(LoadError::Version { found: 2, known: 1 }));
    let mut corrupt = bytes;
    corrupt[30] ^= 1;
    assert!(message(&corrupt).starts_with("replay memory is corrupt: its checksum is "));
}

#[test]
fn unknown_and_repeated_candidates_are_named() {
    let mut memory = Memory::new();
    memory.observe(&["a"], 0, &[1.0], &[2]).unwrap();
    assert_eq!(memory.difficulty(&["b"]), Err(Error::Unknown { id: "b".into() }));
    assert_eq!(memory.draw(&["a", "a"], 1, Mode::ZeroAccuracy, 0), Err(Error::Repeated { id: "a".into() }));
    assert_eq!(
        "hard".parse::<Mode>().unwrap_err().to_string(),
        "mode is \"hard\" but must be \"zero_accuracy\" or \"weighted\""
    );
}
