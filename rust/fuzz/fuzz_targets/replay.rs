//! Any bytes: `Memory::from_bytes` never panics, and what it accepts is written back unchanged and can be drawn from.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qwenlong_replay::{Memory, Mode, Policy};

/// FNV-1a, as in the saved form; without it hardly any input gets past the checksum.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn check(bytes: &[u8]) {
    let Ok(memory) = Memory::from_bytes(bytes) else { return };
    assert_eq!(memory.to_bytes(), bytes);
    let policy = Policy { mode: Mode::Weighted, max_examples: 3, drop_after: 0 };
    let kept = memory.candidates(i64::MAX, policy, 1);
    assert!(kept.len() <= 3);
    assert_eq!(memory.draw(&kept, 3, Mode::Weighted, 1).map(|drawn| drawn.len()), Ok(kept.len()));
}

fuzz_target!(|data: &[u8]| {
    check(data);
    check(&[data, &checksum(data).to_le_bytes()].concat());
    // Past the header too: magic, version 1, then what was given.
    let framed = [b"QWREPLAY\x01\0\0\0", data].concat();
    check(&[&framed[..], &checksum(&framed).to_le_bytes()].concat());
});
