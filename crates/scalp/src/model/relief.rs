//! Face, sides, nape and neck: a smooth radius about an upright axis from the relief table.

use std::sync::LazyLock;

use crate::model::Sex;
use crate::model::surface::smoothstep;
use crate::model::tables::{
    RELIEF, RELIEF_BOTTOM_MM, RELIEF_COLUMNS, RELIEF_ROW_MM, RELIEF_ROWS, RELIEF_STEP_DEG,
};

/// Distance of the skin from the relief's axis as a cubic B-spline, `control_mm[column][row]`.
pub struct Relief {
    control_mm: Vec<Vec<f64>>,
}

impl Relief {
    /// The prepared relief of one sex; `Unspecified` is the mean of both.
    pub fn of(sex: Sex) -> &'static Relief {
        static MEN: LazyLock<Relief> = LazyLock::new(|| Relief::prepared(RELIEF.men_mm.clone()));
        static WOMEN: LazyLock<Relief> = LazyLock::new(|| Relief::prepared(RELIEF.women_mm.clone()));
        static MEAN: LazyLock<Relief> = LazyLock::new(|| {
            let mean = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect();
            Relief::prepared(RELIEF.men_mm.iter().zip(&RELIEF.women_mm).map(mean).collect())
        });
        match sex {
            Sex::Male => &MEN,
            Sex::Female => &WOMEN,
            Sex::Unspecified => &MEAN,
        }
    }

    fn prepared(table_mm: Vec<Vec<f64>>) -> Relief {
        let smooth = smoothed(narrowed_neck(table_mm));
        Relief { control_mm: sharpened(&smooth) }
    }

    /// Distance of the skin from the axis at azimuth `az` (radians from the front) and height `y` (mm), mm.
    pub fn radius_mm(&self, az: f64, y: f64) -> f64 {
        spline(&self.control_mm, az.to_degrees() / RELIEF_STEP_DEG, (y - RELIEF_BOTTOM_MM) / RELIEF_ROW_MM)
    }

    /// Greatest slope of the skin over all azimuths at height `y`: change of radius with height.
    pub fn steepest_slope(&self, y: f64) -> f64 {
        let slope = |c: usize| {
            let az = (c as f64 * RELIEF_STEP_DEG).to_radians();
            (self.radius_mm(az, y + 0.5) - self.radius_mm(az, y - 0.5)).abs()
        };
        (0..RELIEF_COLUMNS).step_by(2).map(slope).fold(0.0, f64::max)
    }
}

/// Turns the shoulders that the table begins into a neck that widens gently, so that a cut across it is clean.
fn narrowed_neck(mut table_mm: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let first = ((NECK_TOP_MM - RELIEF_BOTTOM_MM) / RELIEF_ROW_MM) as usize;
    for column in &mut table_mm {
        let raw = column.clone();
        for row in (0..first).rev() {
            let wider_mm = raw[row] - raw[row + 1];
            let kept_mm = if wider_mm > 0.0 {
                WIDER_PER_ROW_MM * libm::tanh(wider_mm / WIDER_PER_ROW_MM)
            } else {
                wider_mm
            };
            column[row] = column[row + 1] + kept_mm;
        }
    }
    table_mm
}

/// Height below which the neck widens gently, mm.
const NECK_TOP_MM: f64 = -72.0;
/// Most that the neck widens from one row to the next below, mm: 15 degrees.
const WIDER_PER_ROW_MM: f64 = 0.55;

/// Lets the table's rounding (0.1 mm) and the ripples of its source diffuse away, most on sides, nape and neck: eyes,
/// nose and mouth stay as they are.
fn smoothed(mut table_mm: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for _ in 0..SMOOTHING_PASSES {
        let before = table_mm.clone();
        for c in 0..RELIEF_COLUMNS {
            let left = &before[if c > 0 { c - 1 } else { 1 }];
            let right = &before[if c + 1 < RELIEF_COLUMNS { c + 1 } else { c - 1 }];
            for r in 0..RELIEF_ROWS {
                let share = plainness(c, r);
                let here = before[c][r];
                let across = left[r] + right[r] - 2.0 * here;
                // At the table's ends the curve runs on straight.
                let along = if r == 0 || r + 1 == RELIEF_ROWS {
                    0.0
                } else {
                    before[c][r - 1] + before[c][r + 1] - 2.0 * here
                };
                table_mm[c][r] = here + 0.2 * share * (across + along);
            }
        }
    }
    table_mm
}

/// Passes of diffusion; 20 spread a point over about 3 rows (6 mm) and columns.
const SMOOTHING_PASSES: usize = 20;

/// How freely the skin is smoothed: 0 on eyes, nose and mouth, a little on the rest of the face, 1 on sides and back.
fn plainness(column: usize, row: usize) -> f64 {
    let side = smoothstep(SIDE_DEG, column as f64 * RELIEF_STEP_DEG);
    FACE_PLAINNESS + (1.0 - FACE_PLAINNESS) * side - FACE_PLAINNESS * features(column, row)
}

/// 1 on eyes, nose and mouth, 0 elsewhere.
fn features(column: usize, row: usize) -> f64 {
    let az_deg = column as f64 * RELIEF_STEP_DEG;
    let y = RELIEF_BOTTOM_MM + row as f64 * RELIEF_ROW_MM;
    let within =
        |[low, high]: [f64; 2]| smoothstep([low - 4.0, low], y) * (1.0 - smoothstep([high, high + 4.0], y));
    let eyes = (1.0 - smoothstep([28.0, 36.0], az_deg)) * within([-6.0, 26.0]);
    let nose_and_mouth = (1.0 - smoothstep([13.0, 20.0], az_deg)) * within([-72.0, 0.0]);
    eyes.max(nose_and_mouth)
}

/// Azimuths between which face becomes side, degrees.
const SIDE_DEG: [f64; 2] = [36.0, 80.0];
/// Share of the smoothing that cheeks, forehead and chin get.
const FACE_PLAINNESS: f64 = 0.2;

/// Control points whose spline passes (nearly) through the table on eyes, nose and mouth, where a spline over the bare
/// table would blunt lids and lips.
fn sharpened(table_mm: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let lost_mm = |c: usize, r: usize| table_mm[c][r] - spline(table_mm, c as f64, r as f64);
    (0..RELIEF_COLUMNS)
        .map(|c| (0..RELIEF_ROWS).map(|r| table_mm[c][r] + features(c, r) * lost_mm(c, r)).collect())
        .collect()
}

/// Tensor product of uniform cubic B-splines at a place in the grid of control points; mirrored at the first and last
/// column, held at the first and last row.
fn spline(control: &[Vec<f64>], column: f64, row: f64) -> f64 {
    let (first_column, column_weights) = spline_weights(column);
    let (first_row, row_weights) = spline_weights(row);
    let last = RELIEF_COLUMNS as i64 - 1;
    let mut value = 0.0;
    for (i, column_weight) in column_weights.iter().enumerate() {
        let c = (first_column + i as i64).abs();
        let c = if c > last { 2 * last - c } else { c };
        let values = &control[c.clamp(0, last) as usize];
        for (j, row_weight) in row_weights.iter().enumerate() {
            let r = (first_row + j as i64).clamp(0, RELIEF_ROWS as i64 - 1);
            value += column_weight * row_weight * values[r as usize];
        }
    }
    value
}

/// Index of the first of four control points around `x`, and their weights.
pub fn spline_weights(x: f64) -> (i64, [f64; 4]) {
    let whole = x.floor();
    let t = x - whole;
    let (t2, t3) = (t * t, t * t * t);
    let weights = [
        (1.0 - t) * (1.0 - t) * (1.0 - t) / 6.0,
        (3.0 * t3 - 6.0 * t2 + 4.0) / 6.0,
        (-3.0 * t3 + 3.0 * t2 + 3.0 * t + 1.0) / 6.0,
        t3 / 6.0,
    ];
    (whole as i64 - 1, weights)
}
