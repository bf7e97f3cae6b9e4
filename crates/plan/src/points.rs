//! Positions from a CSV file: measured hairs, or the dots of an earlier plan.

use glam::DVec3;

/// Largest coordinate of a point on a head, mm.
const FARTHEST_MM: f64 = 1000.0;
/// Most points read.
const MOST_POINTS: usize = 2_000_000;

/// Why a table of points cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file}:{line}: found {found}; {allowed}")]
pub struct PointsError {
    /// The file, as the caller names it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// Reads the columns `x_mm,y_mm,z_mm` (or `x,y,z`) of a CSV text with a header line; without a header the first three
/// columns are taken. Lines that start with `#` and empty lines are passed over.
///
/// # Errors
/// With file, line, found and allowed.
pub fn read_points(file: &str, bytes: &[u8]) -> Result<Vec<DVec3>, PointsError> {
    let fail = |line: usize, found: String, allowed: &str| PointsError {
        file: file.to_owned(),
        line,
        found,
        allowed: allowed.to_owned(),
    };
    let text = std::str::from_utf8(bytes).map_err(|_| {
        fail(1, "bytes that are not text".into(), "a CSV text with the columns x_mm,y_mm,z_mm")
    })?;
    let mut columns = [0, 1, 2];
    let mut points = Vec::new();
    let mut first = true;
    for (i, row) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let row = row.trim();
        if row.is_empty() || row.starts_with('#') {
            continue;
        }
        let cells: Vec<&str> = row.split(',').map(str::trim).collect();
        if std::mem::take(&mut first) && cells[0].parse::<f64>().is_err() {
            for (k, names) in [["x_mm", "x"], ["y_mm", "y"], ["z_mm", "z"]].iter().enumerate() {
                columns[k] = cells.iter().position(|c| names.contains(c)).ok_or_else(|| {
                    fail(i + 1, format!("no column {}", names[0]), "needed are the columns x_mm,y_mm,z_mm")
                })?;
            }
            continue;
        }
        let mut xyz = [0.0; 3];
        for (k, &c) in columns.iter().enumerate() {
            let cell = cells.get(c).copied().unwrap_or("");
            xyz[k] = match cell.parse::<f64>() {
                Ok(v) if v.abs() <= FARTHEST_MM => v,
                _ => {
                    return Err(fail(
                        i + 1,
                        format!("\"{cell}\""),
                        "allowed are numbers from -1000 to 1000, millimetres in the head frame",
                    ));
                }
            };
        }
        points.push(DVec3::from_array(xyz));
        if points.len() > MOST_POINTS {
            return Err(fail(i + 1, "too many points".into(), "at most two million points are read"));
        }
    }
    if points.is_empty() {
        return Err(fail(1, "no points".into(), "at least one row with x_mm,y_mm,z_mm is needed"));
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let points = read_points("t", b"# c\nid,z_mm,x_mm,y_mm\n7,3,1,2\n").expect("points");
        assert_eq!(points, [DVec3::new(1.0, 2.0, 3.0)]);
    }

    #[test]
    fn a_header_is_not_needed() {
        assert_eq!(read_points("t", b"1,2,3\n4,5,6").expect("points").len(), 2);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, line, found) in [
            ("x_mm,y_mm,z_mm\n1,2,three\n", 2, "three"),
            ("1,2\n", 1, "\"\""),
            ("1,2,NaN\n", 1, "NaN"),
            ("a,b,c\n1,2,3\n", 1, "x_mm"),
            ("", 1, "no points"),
        ] {
            let e = read_points("hairs.csv", text.as_bytes()).expect_err(text);
            assert!(e.line == line && e.to_string().contains(found), "{e}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = read_points("t", &bytes);
        }
    }
}
