//! The average head without ears, before any scaling: scalp from the harmonics, the rest from the relief.

use glam::{DVec2, DVec3};

use crate::model::Sex;
use crate::model::harmonics;
use crate::model::relief::Relief;
use crate::model::tables::{RELIEF_AXIS_Z_MM, SCALP_COEFFICIENTS_MM, SCALP_DEGREE};

/// Relief below, harmonics above, blended between these heights, mm (`head.md` 2.7: there they differ by 0.5 mm rms).
const BLEND_MM: [f64; 2] = [38.0, 58.0];

/// Height of the centre of the cap's rays, mm; below it the surface is asked by height, above by elevation.
pub const CAP_Y_MM: f64 = 60.0;

/// The average skin of one sex.
pub struct Surface {
    /// Everything below the scalp.
    pub relief: &'static Relief,
}

impl Surface {
    /// The average skin of a sex.
    pub fn new(sex: Sex) -> Surface {
        Surface { relief: Relief::of(sex) }
    }

    /// Point of the skin at azimuth `az` (radians from the front, 0 to pi towards the left) and height `y` (mm, at most
    /// [`CAP_Y_MM`]).
    pub fn side_point(&self, az: f64, y: f64) -> DVec3 {
        let (sin_az, cos_az) = libm::sincos(az);
        let outward = DVec3::new(sin_az, 0.0, cos_az);
        let axis = DVec3::new(0.0, y, RELIEF_AXIS_Z_MM);
        let share = smoothstep(BLEND_MM, y);
        let relief_mm = if share < 1.0 { self.relief.radius_mm(az, y) } else { 0.0 };
        let scalp_mm = if share > 0.0 { scalp_distance_mm(axis, outward) } else { 0.0 };
        axis + outward * (relief_mm * (1.0 - share) + scalp_mm * share)
    }

    /// Point of the left side of the skin at a place seen from the side: z (forward) and y (up), mm. Not for the very front
    /// and back.
    pub fn side_point_at(&self, z_y: DVec2) -> DVec3 {
        // Turn the azimuth until the point lies at z: the side is nearly a plane, so the angle settles in a few steps.
        let forward_mm = z_y.x - RELIEF_AXIS_Z_MM;
        let mut az = libm::atan2(75.0, forward_mm);
        for _ in 0..SIDE_STEPS {
            let p = self.side_point(az, z_y.y);
            az = libm::atan2(p.x, forward_mm);
        }
        self.side_point(az, z_y.y)
    }

    /// Point of the scalp at azimuth `az` and elevation `el` (radians, 0 to pi/2) seen from the axis at [`CAP_Y_MM`].
    pub fn cap_point(&self, az: f64, el: f64) -> DVec3 {
        let (sin_az, cos_az) = libm::sincos(az);
        let (sin_el, cos_el) = libm::sincos(el);
        let origin = DVec3::new(0.0, CAP_Y_MM, RELIEF_AXIS_Z_MM);
        let outward = DVec3::new(sin_az * cos_el, sin_el, cos_az * cos_el);
        origin + outward * scalp_distance_mm(origin, outward)
    }
}

/// Steps in which a point of the side is found, to some micrometres.
const SIDE_STEPS: usize = 4;

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
