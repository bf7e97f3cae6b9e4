//! The ears: how far they stand out from the earless head.

use glam::DVec3;

use crate::model::tables::{EAR_BACK_Z_MM, EAR_BOTTOM_Y_MM, EAR_COLUMNS, EAR_MM, EAR_ROWS, EAR_STEP_MM};

/// How a point of the average skin moves to become part of an ear, mm; zero away from the ears.
/// `ear_offset_mm` is how far forward of the average the ears sit.
pub fn displacement_mm(p: DVec3, ear_offset_mm: f64) -> DVec3 {
    let column = (p.z - ear_offset_mm - EAR_BACK_Z_MM) / EAR_STEP_MM;
    let row = (p.y - EAR_BOTTOM_Y_MM) / EAR_STEP_MM;
    if column < 0.0 || row < 0.0 || column >= (EAR_COLUMNS - 1) as f64 || row >= (EAR_ROWS - 1) as f64 {
        return DVec3::ZERO;
    }
    let (c, r) = (column.floor(), row.floor());
    let (s, t) = (column - c, row - r);
    let (c, r) = (c as usize, r as usize);
    let side = |c: usize| EAR_MM[c][r] * (1.0 - t) + EAR_MM[c][r + 1] * t;
    DVec3::X * p.x.signum() * (side(c) * (1.0 - s) + side(c + 1) * s)
}
