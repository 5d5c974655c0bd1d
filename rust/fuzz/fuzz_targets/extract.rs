//! A final answer is found in any text, and what stands in the reasoning never shows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use qwenlong_scoring::{Reasoning, extract};

fuzz_target!(|response: &str| {
    let auto = extract(response, Reasoning::Auto);
    let required = extract(response, Reasoning::Required);
    assert!(required.is_none() || required == auto);
    if let Some(at) = response.rfind("</think>") {
        assert_eq!(auto, extract(&response[at..], Reasoning::Required));
    }
});
