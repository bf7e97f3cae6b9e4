//! The shared scans and what is known of them.
#![allow(dead_code, reason = "each test file uses some of these")]

use glam::{DMat3, DMat4, DVec3};
use hairline_scalp::import::read_mesh;
use hairline_scalp::{Head, Landmarks, TriMesh};
use serde_json::Value;
use std::path::PathBuf;

/// What is known of a scan.
pub struct Truth {
    pub file: String,
    /// From the true head frame (mm) to the file.
    pub scan_from_head: DMat4,
    landmarks: Value,
    pub measures: Value,
}

impl Truth {
    /// A landmark in the true head frame, mm.
    pub fn landmark(&self, name: &str) -> DVec3 {
        let value =
            |i: usize| self.landmarks[name][i].as_f64().unwrap_or_else(|| panic!("{name} has three numbers"));
        // x right, y forward, z up to x left, y up, z forward
        DVec3::new(-value(0), value(2), value(1))
    }
}

/// Bytes of a file of the shared scans.
pub fn scan_bytes(file: &str) -> Vec<u8> {
    let shared = std::env::var("HAIRLINE_SHARED").expect("cargo sets it (.cargo/config.toml)");
    let path = PathBuf::from(shared).join("scans").join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn json(file: &str) -> Value {
    serde_json::from_slice(&scan_bytes(file)).expect("JSON")
}

/// All scans with what is known of them.
pub fn truths() -> Vec<Truth> {
    let index = json("index.json");
    let entries = index.as_array().expect("a list");
    let named = |file: &str| entries.iter().find(|e| e["file"] == file).expect("listed");
    // x left, y up, z forward to x right, y forward, z up
    let table_from_head = DMat3::from_cols(DVec3::NEG_X, DVec3::Z, DVec3::Y);
    let truth = |file: &str, scan_from_head: DMat4, known: &Value| Truth {
        file: file.to_owned(),
        scan_from_head,
        landmarks: known["landmarks"].clone(),
        measures: known["measures"].clone(),
    };
    let mut truths: Vec<Truth> = entries
        .iter()
        .filter(|e| e["landmarks"]["nasion"].is_array())
        .map(|e| truth(e["file"].as_str().expect("a name"), DMat4::from_mat3(table_from_head), e))
        .collect();
    // The GLB holds the same head in the head frame's own axes, in metres.
    let same = named("lps_head_textured.obj");
    truths.push(truth("lps_head_textured.glb", DMat4::from_scale(DVec3::splat(0.001)), same));
    let phone = json("lps_phone_like_scan_truth.json");
    let number = |v: &Value| v.as_f64().expect("a number");
    let rows = [0, 1, 2].map(|i| DVec3::from([0, 1, 2].map(|j| number(&phone["R"][i][j]))));
    let rotation = DMat3::from_cols_array_2d(&rows.map(|r| r.to_array())).transpose();
    let shift = DVec3::from([0, 1, 2].map(|i| number(&phone["t_m"][i])));
    let scan_from_table = DMat4::from_mat3_translation(rotation * number(&phone["scale"]), shift);
    truths.push(truth("lps_phone_like_scan.ply", scan_from_table * DMat4::from_mat3(table_from_head), same));
    truths.sort_by(|a, b| a.file.cmp(&b.file));
    truths
}

/// One head of `scans/index.json` that stands in the frame of `head.md` 2.1.
pub struct RealHead {
    pub file: String,
    pub head: Head,
    measures: Value,
}

impl RealHead {
    /// A measure of the index, mm.
    pub fn measure_mm(&self, key: &str) -> f64 {
        self.measures[key].as_f64().unwrap_or_else(|| panic!("{} has the measure {key}", self.file))
    }
}

/// All heads with measures, without the copies of the same scan.
pub fn real_heads() -> Vec<RealHead> {
    let index = json("index.json");
    let entries = index.as_array().expect("the index is a list").iter();
    let measured = entries.filter(|e| !e["measures"]["length"].is_null());
    measured.filter(|e| !named(e).ends_with(".stl")).map(real_head_of).collect()
}

/// One of them.
pub fn real_head(file: &str) -> RealHead {
    let index = json("index.json");
    let entry = index.as_array().expect("the index is a list").iter().find(|e| named(e) == file);
    real_head_of(entry.unwrap_or_else(|| panic!("{file} is listed")))
}

fn named(entry: &Value) -> &str {
    entry["file"].as_str().expect("a name")
}

fn real_head_of(entry: &Value) -> RealHead {
    let file = named(entry);
    let mut mesh = read_mesh(&scan_bytes(file), file).unwrap_or_else(|e| panic!("{e}")).mesh;
    mesh.positions.iter_mut().for_each(|p| *p = head_from_table(p.to_array()));
    let landmarks = landmarks(&entry["landmarks"], &mesh);
    RealHead {
        file: file.to_owned(),
        head: Head { skin: mesh.clone(), mesh, landmarks },
        measures: entry["measures"].clone(),
    }
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
