//! The bars a layout has to hold, measured on a real scan.
#![allow(missing_docs)]

mod support;

use std::path::Path;

use glam::DVec3;
use hairline_plan::layout::LayoutSettings;
use hairline_scalp::TriMesh;
use support::{holds_everywhere, laid, show};

#[test]
fn a_real_scan_in_unjoined_triangles_holds_the_bars() {
    let shared = std::env::var("HAIRLINE_SHARED").expect("cargo sets it (.cargo/config.toml)");
    let path = Path::new(&shared).join("scans/lps_head_subdivided.stl");
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mesh = stl(&bytes);
    let low = mesh.positions.iter().copied().reduce(DVec3::min).expect("not empty");
    let high = mesh.positions.iter().copied().reduce(DVec3::max).expect("not empty");
    // The top third along the longest axis, with a soft edge.
    let size = high - low;
    let axis = if size.y > size.z { DVec3::Y } else { DVec3::Z };
    let (top, height) = (high.dot(axis), size.dot(axis));
    let density: Vec<f64> = mesh
        .positions
        .iter()
        .map(|p| (1.0 - (top - p.dot(axis)) / (0.3 * height)).clamp(0.0, 0.3) / 0.3)
        .collect();
    let settings = LayoutSettings { dots: Some(15_000), ..Default::default() };
    let (_, report) = laid(&mesh, &density, &[], &settings);
    show(&report);
    holds_everywhere(&report);
}

/// Triangles of a binary STL file as they stand: three vertices each.
fn stl(bytes: &[u8]) -> TriMesh {
    let mut mesh = TriMesh::default();
    for record in bytes[84..].chunks_exact(50) {
        let number = |k: usize| {
            f64::from(f32::from_le_bytes([record[k], record[k + 1], record[k + 2], record[k + 3]]))
        };
        let first = mesh.positions.len() as u32;
        for corner in 1..4 {
            let at = 12 * corner;
            mesh.positions.push(DVec3::new(number(at), number(at + 4), number(at + 8)));
        }
        mesh.triangles.push([first, first + 1, first + 2]);
    }
    mesh
}
