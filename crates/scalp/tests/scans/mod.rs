//! The shared scans and what is known of them.
#![allow(dead_code, reason = "each test file uses some of these")]

use glam::{DMat3, DMat4, DVec3};
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

/// Bytes of a file of the shared scans; `None` where they are absent (the test command counts what was left out).
pub fn scan_bytes(file: &str) -> Option<Vec<u8>> {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let folder = PathBuf::from(std::env::var("HAIRLINE_SHARED").unwrap_or_else(|_| fallback.to_owned()));
    std::fs::read(folder.join("scans").join(file)).ok()
}

/// All scans with what is known of them.
pub fn truths() -> Vec<Truth> {
    let json = |file: &str| Some(serde_json::from_slice::<Value>(&scan_bytes(file)?).expect("JSON"));
    let Some(index) = json("index.json") else {
        return Vec::new();
    };
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
    let phone = json("lps_phone_like_scan_truth.json").expect("beside the scan");
    let number = |v: &Value| v.as_f64().expect("a number");
    let rows = [0, 1, 2].map(|i| DVec3::from([0, 1, 2].map(|j| number(&phone["R"][i][j]))));
    let rotation = DMat3::from_cols_array_2d(&rows.map(|r| r.to_array())).transpose();
    let shift = DVec3::from([0, 1, 2].map(|i| number(&phone["t_m"][i])));
    let scan_from_table = DMat4::from_mat3_translation(rotation * number(&phone["scale"]), shift);
    truths.push(truth("lps_phone_like_scan.ply", scan_from_table * DMat4::from_mat3(table_from_head), same));
    truths.sort_by(|a, b| a.file.cmp(&b.file));
    truths
}
