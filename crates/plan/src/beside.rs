//! What a case names beside itself: the scan of the head, measured hairs, dots of an earlier plan.
//!
//! Where such a file comes from is the caller's: a folder, or a client's record.

use glam::DVec3;

use crate::case::Case;
use crate::design::Known;
use crate::head_source::{HeadSource, head_from_measurements, head_from_scan};
use crate::points::read_points;

/// The head of a case and what is known of its skin. `read` gives the bytes of a file by the field that names it and its
/// name, or says in a sentence why there are none.
///
/// # Errors
/// A sentence that names the file, or the field of the measurements.
pub fn read_beside(
    case: &Case,
    read: &mut dyn FnMut(&str, &str) -> Result<Vec<u8>, String>,
) -> Result<(HeadSource, Known), String> {
    let source = match &case.head.scan {
        Some(scan) => head_from_scan(case, scan, &read("head.scan", scan)?).map_err(|e| e.to_string())?,
        None => head_from_measurements(case).map_err(|e| format!("head.measurements: {e}"))?,
    };
    let mut points = |field: &str, file: &Option<String>| -> Result<Option<Vec<DVec3>>, String> {
        let Some(file) = file else { return Ok(None) };
        read_points(file, &read(field, file)?).map(Some).map_err(|e| e.to_string())
    };
    let known = Known {
        hairs_mm: points("hair.positions", &case.hair.positions)?,
        earlier_mm: points("earlier.dots", &case.earlier.dots)?,
    };
    Ok((source, known))
}
