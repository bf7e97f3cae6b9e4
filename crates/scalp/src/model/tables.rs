//! The numbers of the parametric head, read once from `data/`.
//!
//! The tables are written in x right, y forward, z up; here they are turned into the head frame
//! (x left, y up, z forward). Both are symmetric in x.

use std::sync::LazyLock;

/// Highest degree of the scalp's spherical harmonics.
pub const SCALP_DEGREE: usize = 8;

/// Coefficients of the scalp's radius, mm, in the order of [`crate::model::harmonics`].
pub static SCALP_COEFFICIENTS_MM: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let rows = rows(include_str!("../../data/head_harmonics.csv"));
    rows.iter().map(|row| row[2]).collect()
});

/// Face, sides, nape and neck: distance of the skin from the upright line x = 0, z = [`RELIEF_AXIS_Z_MM`].
pub struct ReliefTable {
    /// `men_mm[column][row]`: column = azimuth from the front in steps of 1.5 degrees, row = height upwards.
    pub men_mm: Vec<Vec<f64>>,
    /// As `men_mm`, for women.
    pub women_mm: Vec<Vec<f64>>,
}

/// Where the axis of the relief stands, mm.
pub const RELIEF_AXIS_Z_MM: f64 = -18.0;
/// Step between columns of the relief, degrees of azimuth.
pub const RELIEF_STEP_DEG: f64 = 1.5;
/// Height of the lowest row of the relief, mm.
pub const RELIEF_BOTTOM_MM: f64 = -130.0;
/// Height between rows of the relief, mm.
pub const RELIEF_ROW_MM: f64 = 2.0;
/// Columns of the relief, 0 to 180 degrees.
pub const RELIEF_COLUMNS: usize = 121;
/// Rows of the relief, -130 to 66 mm.
pub const RELIEF_ROWS: usize = 99;

/// The relief tables.
pub static RELIEF: LazyLock<ReliefTable> = LazyLock::new(|| {
    let rows = rows(include_str!("../../data/head_relief.csv"));
    let column = |field: usize| -> Vec<Vec<f64>> {
        rows.chunks(RELIEF_ROWS).map(|column| column.iter().map(|row| row[field]).collect()).collect()
    };
    ReliefTable { men_mm: column(2), women_mm: column(3) }
});

/// Step of the ear table in both directions, mm.
pub const EAR_STEP_MM: f64 = 1.5;
/// Where the ear table begins towards the back, mm.
pub const EAR_BACK_Z_MM: f64 = -36.0;
/// Where the ear table begins below, mm.
pub const EAR_BOTTOM_Y_MM: f64 = -42.0;
/// Columns of the ear table, from back to front.
pub const EAR_COLUMNS: usize = 31;
/// Rows of the ear table, upwards.
pub const EAR_ROWS: usize = 57;

/// `EAR_MM[column][row]`: how far the ear stands out sideways from the earless head, mm.
pub static EAR_MM: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| {
    let rows = rows(include_str!("../../data/ear_relief.csv"));
    rows.chunks(EAR_ROWS).map(|column| column.iter().map(|row| row[2]).collect()).collect()
});

/// The numeric rows of one of our own CSV tables; lines of comment and heading have no number in front.
fn rows(csv: &str) -> Vec<Vec<f64>> {
    csv.lines()
        .filter_map(|line| line.split(',').map(|field| field.parse().ok()).collect::<Option<Vec<f64>>>())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_the_shapes_they_state() {
        assert_eq!(SCALP_COEFFICIENTS_MM.len(), (SCALP_DEGREE + 1) * (SCALP_DEGREE + 2) / 2);
        for table in [&RELIEF.men_mm, &RELIEF.women_mm] {
            assert_eq!(table.len(), RELIEF_COLUMNS);
            assert!(table.iter().all(|column| column.len() == RELIEF_ROWS));
            assert!(table.iter().flatten().all(|r| *r > 0.0));
        }
        assert_eq!(EAR_MM.len(), EAR_COLUMNS);
        assert!(EAR_MM.iter().all(|column| column.len() == EAR_ROWS));
    }
}
