//! Any bytes are a case or a sentence; start it from the example cases in `corpus/read_case`.
#![no_main]

use hairline_plan::case::read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(e) = read("case", bytes) {
        assert!(!e.problems.is_empty());
    }
});
