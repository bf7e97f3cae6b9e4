//! Any bytes are a head or a sentence; start it from small heads in `corpus/import_scan`.
#![no_main]

use hairline_scalp::import::{ImportSettings, import_scan};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(scan) = import_scan(bytes, "scan", &ImportSettings::default()) {
        assert!(scan.head.mesh.positions.iter().all(|p| p.is_finite()));
    }
});
