//! Any bytes are points or a sentence; start it from a `dots.csv` in `corpus/read_points`.
#![no_main]

use hairline_plan::points::read_points;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(points) = read_points("points", bytes) {
        assert!(points.iter().all(|p| p.is_finite()));
    }
});
