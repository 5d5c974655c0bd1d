//! Any reply is read, a verdict has to be written out, and a cleaned text holds none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qwenlong_scoring::{judge_reply, without_verdicts};

fuzz_target!(|reply: &str| {
    let upper = reply.to_ascii_uppercase();
    match judge_reply(reply) {
        Some(true) => assert!(upper.contains("[[YES]]")),
        Some(false) => assert!(upper.contains("[[NO]]")),
        None => {}
    }
    let clean = without_verdicts(reply);
    assert_eq!(without_verdicts(&clean), clean);
    assert_eq!(judge_reply(&clean), None);
    assert_eq!(judge_reply(&format!("{reply}\n[[YES]]")), Some(true));
});
