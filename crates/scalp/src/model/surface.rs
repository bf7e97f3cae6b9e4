//! The average head without ears, before any scaling: scalp from the harmonics, the rest from the relief.

use glam::DVec3;

use crate::model::Sex;
use crate::model::harmonics;
use crate::model::tables::{
    RELIEF, RELIEF_AXIS_Z_MM, RELIEF_BOTTOM_MM, RELIEF_COLUMNS, RELIEF_ROW_MM, RELIEF_ROWS, RELIEF_STEP_DEG,
    SCALP_COEFFICIENTS_MM, SCALP_DEGREE,
};

/// Relief below, harmonics above, blended between these heights, mm (`head.md` 2.7: there they differ by 0.5 mm rms).
const BLEND_MM: [f64; 2] = [38.0, 58.0];

/// Height of the centre of the cap's rays, mm; below it the surface is asked by height, above by elevation.
pub const CAP_Y_MM: f64 = 60.0;

/// The average skin of one sex.
pub struct Surface {
    /// `relief_mm[column][row]`, control points of a cubic B-spline.
    relief_mm: Vec<Vec<f64>>,
}

impl Surface {
    /// The average skin; `Unspecified` is the mean of both.
    pub fn new(sex: Sex) -> Surface {
        let relief_mm = match sex {
            Sex::Male => RELIEF.men_mm.clone(),
            Sex::Female => RELIEF.women_mm.clone(),
            Sex::Unspecified => {
                let mean =
                    |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect();
                RELIEF.men_mm.iter().zip(&RELIEF.women_mm).map(mean).collect()
            }
        };
        Surface { relief_mm }
    }

    /// Point of the skin at azimuth `az` (radians from the front, 0 to pi towards the left) and height `y` (mm, at most
    /// [`CAP_Y_MM`]).
    pub fn side_point(&self, az: f64, y: f64) -> DVec3 {
        let (sin_az, cos_az) = libm::sincos(az);
        let outward = DVec3::new(sin_az, 0.0, cos_az);
        let axis = DVec3::new(0.0, y, RELIEF_AXIS_Z_MM);
        let share = smoothstep(BLEND_MM, y);
        let relief_mm = if share < 1.0 { self.relief_radius_mm(az, y) } else { 0.0 };
        let scalp_mm = if share > 0.0 { scalp_distance_mm(axis, outward) } else { 0.0 };
        axis + outward * (relief_mm * (1.0 - share) + scalp_mm * share)
    }

    /// Point of the scalp at azimuth `az` and elevation `el` (radians, 0 to pi/2) seen from the axis at [`CAP_Y_MM`].
    pub fn cap_point(&self, az: f64, el: f64) -> DVec3 {
        let (sin_az, cos_az) = libm::sincos(az);
        let (sin_el, cos_el) = libm::sincos(el);
        let origin = DVec3::new(0.0, CAP_Y_MM, RELIEF_AXIS_Z_MM);
        let outward = DVec3::new(sin_az * cos_el, sin_el, cos_az * cos_el);
        origin + outward * scalp_distance_mm(origin, outward)
    }

    /// Distance of the skin from the relief's axis, mm.
    pub fn relief_radius_mm(&self, az: f64, y: f64) -> f64 {
        // The B-spline has second derivatives without jumps, so neither the steps of the table nor its rounding show.
        let (column, column_weights) = spline_weights(az.to_degrees() / RELIEF_STEP_DEG);
        let (row, row_weights) = spline_weights((y - RELIEF_BOTTOM_MM) / RELIEF_ROW_MM);
        let last = RELIEF_COLUMNS as i64 - 1;
        let mut radius_mm = 0.0;
        for (i, column_weight) in column_weights.iter().enumerate() {
            // Mirrored at the front and at the back.
            let c = (column + i as i64 - 1).abs();
            let c = if c > last { 2 * last - c } else { c };
            let values = &self.relief_mm[c.clamp(0, last) as usize];
            for (j, row_weight) in row_weights.iter().enumerate() {
                let r = (row + j as i64 - 1).clamp(0, RELIEF_ROWS as i64 - 1);
                radius_mm += column_weight * row_weight * values[r as usize];
            }
        }
        radius_mm
    }

    /// Greatest slope of the skin over all azimuths at height `y`: change of radius with height.
    pub fn steepest_slope(&self, y: f64) -> f64 {
        let slope = |c: usize| {
            let az = (c as f64 * RELIEF_STEP_DEG).to_radians();
            let rise = self.relief_radius_mm(az, y + 0.5) - self.relief_radius_mm(az, y - 0.5);
            rise.abs()
        };
        (0..RELIEF_COLUMNS).map(slope).fold(0.0, f64::max)
    }
}

/// Distance along a ray from a point inside to the scalp of the harmonics, mm.
fn scalp_distance_mm(origin: DVec3, outward: DVec3) -> f64 {
    let outside = |distance: f64| {
        let p = origin + outward * distance - harmonics::CENTRE_MM;
        p.length() - scalp_radius_mm(p.normalize())
    };
    // Secant steps; the surface is nearly a sphere, so five reach 1e-9 mm.
    let (mut before, mut now) = (80.0, 100.0);
    let (mut f_before, mut f_now) = (outside(before), outside(now));
    for _ in 0..8 {
        if (f_now - f_before).abs() < 1e-12 {
            break;
        }
        let next = now - f_now * (now - before) / (f_now - f_before);
        (before, f_before) = (now, f_now);
        now = next;
        f_now = outside(now);
        if f_now.abs() < SCALP_ACCURACY_MM {
            break;
        }
    }
    now
}

/// How close a ray's end comes to the scalp, mm.
const SCALP_ACCURACY_MM: f64 = 1e-7;

/// Radius of the average scalp about the centre of the harmonics in a unit direction, mm.
pub fn scalp_radius_mm(direction: DVec3) -> f64 {
    let mut values = [0.0; harmonics::count(SCALP_DEGREE)];
    harmonics::evaluate(direction, &mut values);
    values.iter().zip(SCALP_COEFFICIENTS_MM.iter()).map(|(value, c)| value * c).sum()
}

/// 0 below `from`, 1 above `to`, smooth between.
pub fn smoothstep([from, to]: [f64; 2], x: f64) -> f64 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Whole part of `x` and the weights of the four control points around it (uniform cubic B-spline).
fn spline_weights(x: f64) -> (i64, [f64; 4]) {
    let whole = x.floor();
    let t = x - whole;
    let (t2, t3) = (t * t, t * t * t);
    let weights = [
        (1.0 - t) * (1.0 - t) * (1.0 - t) / 6.0,
        (3.0 * t3 - 6.0 * t2 + 4.0) / 6.0,
        (-3.0 * t3 + 3.0 * t2 + 3.0 * t + 1.0) / 6.0,
        t3 / 6.0,
    ];
    (whole as i64, weights)
}
