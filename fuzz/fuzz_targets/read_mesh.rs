//! Any bytes are a mesh or a sentence; start it from small files of every kind in `corpus/read_mesh`.
#![no_main]

use hairline_scalp::import::read_mesh;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(raw) = read_mesh(bytes, "scan") {
        assert!(raw.mesh.positions.iter().all(|p| p.is_finite()));
        assert!(raw.mesh.triangles.iter().flatten().all(|&v| (v as usize) < raw.mesh.positions.len()));
        assert!(raw.mesh.triangles.len() <= bytes.len());
    }
});
