//! Real heads of the shared test material, turned into the head frame.

use glam::DVec3;
use hairline_scalp::{Landmarks, TriMesh};
use serde_json::Value;
use std::path::PathBuf;

/// One head of `scans/index.json` that stands in the frame of `head.md` 2.1.
pub struct RealHead {
    pub file: String,
    pub mesh: TriMesh,
    pub landmarks: Landmarks,
    measures: Value,
}

impl RealHead {
    /// A measure of the index, mm.
    pub fn measure_mm(&self, key: &str) -> f64 {
        self.measures[key].as_f64().unwrap_or_else(|| panic!("{} has the measure {key}", self.file))
    }
}

/// All heads with measures, without the copies of the same scan; none where the shared material is absent (the test
/// command counts what was left out).
pub fn real_heads() -> Vec<RealHead> {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let folder = PathBuf::from(std::env::var("HAIRLINE_SHARED").unwrap_or_else(|_| fallback.to_string()));
    let scans = folder.join("scans");
    let Ok(bytes) = std::fs::read(scans.join("index.json")) else { return Vec::new() };
    let index: Value = serde_json::from_slice(&bytes).expect("the index is JSON");
    let read = |entry: &Value| {
        let file = entry["file"].as_str()?.to_string();
        if entry["measures"]["length"].is_null() || file.ends_with(".stl") {
            return None;
        }
        let bytes = std::fs::read(scans.join(&file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let mesh = if file.ends_with(".ply") { read_ply(&bytes) } else { read_obj(&bytes) };
        let mesh = mesh.unwrap_or_else(|| panic!("{file} is readable"));
        let landmarks = landmarks(&entry["landmarks"], &mesh);
        Some(RealHead { file, mesh, landmarks, measures: entry["measures"].clone() })
    };
    index.as_array().expect("the index is a list").iter().filter_map(read).collect()
}

/// From x right, y forward, z up to the head frame.
fn head_from_table([x, y, z]: [f64; 3]) -> DVec3 {
    DVec3::new(-x, z, y)
}

fn landmarks(entry: &Value, mesh: &TriMesh) -> Landmarks {
    let point = |name: &str| {
        let value = |i: usize| entry[name][i].as_f64().unwrap_or_else(|| panic!("{name} has three numbers"));
        head_from_table([value(0), value(1), value(2)])
    };
    // The tragions lie on the x axis; the index leaves out how far apart: where the axis leaves the head.
    let near_axis = |p: &&DVec3| (p.y * p.y + p.z * p.z).sqrt() < 6.0;
    let side = mesh.positions.iter().filter(near_axis).map(|p| p.x.abs()).fold(0.0, f64::max);
    Landmarks {
        nasion: point("nasion"),
        glabella: point("glabella"),
        inion: point("inion"),
        opisthocranion: point("opisthocranion"),
        vertex: point("vertex"),
        tragion_left: DVec3::X * side,
        tragion_right: DVec3::NEG_X * side,
    }
}

/// Binary little-endian PLY with `float x y z` first in a vertex and triangles as `uchar int` lists.
fn read_ply(bytes: &[u8]) -> Option<TriMesh> {
    let end = bytes.windows(11).position(|w| w == b"end_header\n")? + 11;
    let header = std::str::from_utf8(&bytes[..end]).ok()?;
    let count = |element: &str| -> Option<usize> {
        header.lines().find_map(|line| line.strip_prefix(element)?.trim().parse().ok())
    };
    let (n_vertices, n_faces) = (count("element vertex ")?, count("element face ")?);
    let float = |at: usize| Some(f64::from(f32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    let int = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let mut mesh = TriMesh::default();
    for v in 0..n_vertices {
        let at = end + 12 * v;
        mesh.positions.push(head_from_table([float(at)?, float(at + 4)?, float(at + 8)?]));
    }
    for f in 0..n_faces {
        let at = end + 12 * n_vertices + 13 * f;
        mesh.triangles.push([int(at + 1)?, int(at + 5)?, int(at + 9)?]);
    }
    Some(mesh)
}

/// OBJ with triangles.
fn read_obj(bytes: &[u8]) -> Option<TriMesh> {
    let mut mesh = TriMesh::default();
    for line in String::from_utf8_lossy(bytes).lines() {
        let mut fields = line.split_whitespace();
        match fields.next() {
            Some("v") => {
                let xyz: Vec<f64> = fields.filter_map(|f| f.parse().ok()).collect();
                mesh.positions.push(head_from_table([*xyz.first()?, *xyz.get(1)?, *xyz.get(2)?]));
            }
            Some("f") => {
                let corners: Vec<u32> =
                    fields.filter_map(|f| f.split('/').next()?.parse::<u32>().ok()).map(|i| i - 1).collect();
                mesh.triangles.push([*corners.first()?, *corners.get(1)?, *corners.get(2)?]);
            }
            _ => {}
        }
    }
    Some(mesh)
}
