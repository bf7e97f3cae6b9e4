//! The stencil on a real head.

mod laying;

use glam::DVec3;
use hairline_scalp::import::read_mesh;
use hairline_scalp::surface::Surface;
use hairline_scalp::{Head, Landmarks, TriMesh};

/// The real scan of `shared/scans`, with its landmarks, in our frame: (x, y, z) = (-x, z, y) of the file's.
fn scanned_head() -> Head {
    let shared = std::env::var("HAIRLINE_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_string());
    let read = |name: &str| {
        std::fs::read(format!("{shared}/scans/{name}"))
            .unwrap_or_else(|e| panic!("{name} is needed in {shared}/scans (set HAIRLINE_SHARED): {e}"))
    };
    let ours = |p: DVec3| DVec3::new(-p.x, p.z, p.y);
    let raw = read_mesh(&read("lps_head_textured.obj"), "lps_head_textured.obj").unwrap();
    // Seams of the texture double their vertices: join what is equal.
    let mut ids = std::collections::BTreeMap::new();
    let mut mesh = TriMesh::default();
    let mut id = |p: DVec3| {
        *ids.entry(p.to_array().map(f64::to_bits)).or_insert_with(|| {
            mesh.positions.push(ours(p));
            mesh.positions.len() as u32 - 1
        })
    };
    let triangles = raw.mesh.triangles.iter().map(|t| t.map(|v| id(raw.mesh.positions[v as usize])));
    let triangles: Vec<[u32; 3]> = triangles.collect();
    mesh.triangles = triangles;
    let marks: std::collections::BTreeMap<String, [f64; 3]> =
        serde_json::from_slice(&read("lps_landmarks_mm.json")).unwrap();
    let mark = |name: &str| ours(DVec3::from_array(marks[name]));
    let surface = Surface::new(&mesh).unwrap();
    let behind = |y: f64| {
        let far = DVec3::new(0.0, y, -300.0);
        far + DVec3::Z * surface.first_hit_mm(far, DVec3::Z, 300.0).unwrap()
    };
    let landmarks = Landmarks {
        nasion: mark("nasion"),
        glabella: mark("glabella"),
        inion: behind(5.0),
        opisthocranion: behind(32.0),
        vertex: mesh.positions.iter().copied().max_by(|a, b| a.y.total_cmp(&b.y)).unwrap(),
        // Left and right of the file's truth are named by its own x; ours is the client's.
        tragion_left: DVec3::X * mark("tragion_L").x.abs(),
        tragion_right: DVec3::NEG_X * mark("tragion_R").x.abs(),
    };
    Head { skin: mesh.clone(), mesh, landmarks }
}

#[test]
fn laid_on_a_real_scan_the_lines_are_within_a_millimetre() {
    laying::check_laid("scan", &scanned_head());
}
