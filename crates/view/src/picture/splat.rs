//! Small soft-edged ellipses on a picture: dots and hairs at their true size, however small.
//!
//! A mark smaller than a pixel darkens by the share of the pixel it covers; the sum over the pixels is always the
//! mark's own area on the picture, so the average darkness is right at any resolution and angle.

use std::ops::Range;

/// Half width of the picture's own blur, px; about that of a good lens with its sensor.
const PIXEL_BLUR: f32 = 0.46;

/// Largest mark whose weights are summed to be exact, px of its bounding box; for larger ones the formula is exact enough.
const SUMMED: usize = 400;

/// An ellipse on the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footprint {
    /// Centre, px.
    pub at: [f32; 2],
    /// Two half axes of the ellipse on which half of the effect is left, px; not necessarily at right angles.
    pub axes: [[f32; 2]; 2],
    /// Softness of the edge: 0 a hard edge, 1 a bell that begins to fall at the centre.
    pub softness: f32,
}

/// The profile of a mark: 1 inside, 0 outside, 1/2 at radius 1, a smooth step of half width `softness`.
pub(super) fn profile(radius: f32, softness: f32) -> f32 {
    let t = ((1.0 + softness - radius) / (2.0 * softness)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Integral of [`profile`] over the plane, in units of the square of its half radius: pi (1 + softness^2 / 5).
pub(super) fn profile_area(softness: f32) -> f32 {
    std::f32::consts::PI * (1.0 + 0.2 * softness * softness)
}

impl Footprint {
    /// Area on the picture, weighted by the profile, px2.
    pub fn area_px(&self) -> f32 {
        let [a, b] = self.axes;
        (a[0] * b[1] - a[1] * b[0]).abs() * profile_area(self.softness)
    }

    /// How far it reaches up and down from its centre, px, at most.
    pub fn reach_px(&self) -> f32 {
        let [a, b] = self.axes;
        2.0 * (a[1] * a[1] + b[1] * b[1] + PIXEL_BLUR * PIXEL_BLUR).sqrt() + 1.0
    }

    /// Calls `put(pixel, share)` for the pixels of the picture it touches, `share` of the pixel's area each.
    pub fn splat(&self, size: [usize; 2], put: impl FnMut(usize, f32)) {
        self.splat_rows(size[0], 0..size[1], put);
    }

    /// The same for some rows of a picture of this width only.
    pub fn splat_rows(&self, width: usize, rows: Range<usize>, mut put: impl FnMut(usize, f32)) {
        // The ellipse widened by the blur of the picture: matrix M = A A^T + blur^2.
        let [a, b] = self.axes;
        let blur = PIXEL_BLUR * PIXEL_BLUR;
        let xx = a[0] * a[0] + b[0] * b[0] + blur;
        let yy = a[1] * a[1] + b[1] * b[1] + blur;
        let xy = a[0] * a[1] + b[0] * b[1];
        let det = xx * yy - xy * xy;
        // The blur softens the edge too.
        let softness = (self.softness * self.softness + 1.7 * blur / det.sqrt()).sqrt().min(1.0);
        let reach = 1.0 + softness;
        let (rx, ry) = (reach * xx.sqrt(), reach * yy.sqrt());
        let low = |centre: f32, r: f32| (centre - r - 0.5).ceil() as i64;
        let high = |centre: f32, r: f32| (centre + r - 0.5).floor() as i64;
        let (left, right) = (low(self.at[0], rx), high(self.at[0], rx));
        let (top, bottom) = (low(self.at[1], ry), high(self.at[1], ry));
        if !(left <= right && top <= bottom && right - left < 4000 && bottom - top < 4000) {
            return;
        }
        let inverse = [yy / det, -xy / det, xx / det];
        let weight = |x: i64, y: i64| {
            let (dx, dy) = (x as f32 + 0.5 - self.at[0], y as f32 + 0.5 - self.at[1]);
            let r2 = inverse[0] * dx * dx + 2.0 * inverse[1] * dx * dy + inverse[2] * dy * dy;
            if r2 >= reach * reach { 0.0 } else { profile(r2.sqrt(), softness) }
        };
        // Marks that are all edge are bells; their weights are summed, so any bell will do, and this one is quick.
        let bell = |x: i64, y: i64| {
            let (dx, dy) = (x as f32 + 0.5 - self.at[0], y as f32 + 0.5 - self.at[1]);
            let r2 = inverse[0] * dx * dx + 2.0 * inverse[1] * dx * dy + inverse[2] * dy * dy;
            let inside = (1.0 - 0.25 * r2).max(0.0);
            inside * inside
        };
        let columns = (right - left + 1) as usize;
        let count = columns * (bottom - top + 1) as usize;
        let mut weights = [0.0f32; SUMMED];
        let mut sum = det.sqrt() * profile_area(softness);
        if count <= SUMMED {
            sum = 0.0;
            for (y, row) in (top..).zip(weights[..count].chunks_exact_mut(columns)) {
                for (x, w) in (left..).zip(row) {
                    *w = if softness == 1.0 { bell(x, y) } else { weight(x, y) };
                    sum += *w;
                }
            }
        }
        if sum <= 0.0 {
            return;
        }
        let scale = self.area_px() / sum;
        for y in top.max(rows.start as i64)..(bottom + 1).min(rows.end as i64) {
            for x in left.max(0)..(right + 1).min(width as i64) {
                let w = if count <= SUMMED {
                    weights[(y - top) as usize * columns + (x - left) as usize]
                } else {
                    weight(x, y)
                };
                if w > 0.0 {
                    put(y as usize * width + x as usize, w * scale);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// A mark of any size, shape and place inside the picture adds up to its own area.
        #[test]
        fn shares_add_up_to_the_area(
            x in 50.0..60.0f32, y in 50.0..60.0f32, r in 0.01..12.0f32, flat in 0.1..1.0f32, turn in 0.0..3.1f32,
            softness in 0.2..1.0f32,
        ) {
            let (sin, cos) = (libm::sinf(turn), libm::cosf(turn));
            let axes = [[r * cos, r * sin], [-r * flat * sin, r * flat * cos]];
            let mark = Footprint { at: [x, y], axes, softness };
            let mut sum = 0.0;
            mark.splat([110, 110], |_, share| sum += share);
            let error = sum / mark.area_px() - 1.0;
            proptest::prop_assert!(error.abs() < 0.01, "{sum} {}", mark.area_px());
        }

        #[test]
        fn a_mark_anywhere_stays_inside_the_picture(x in -1e6..1e6f32, y in -1e6..1e6f32, r in 0.0..1e5f32) {
            let mark = Footprint { at: [x, y], axes: [[r, 0.0], [0.0, r]], softness: 0.5 };
            mark.splat([40, 30], |pixel, _| assert!(pixel < 1200));
        }
    }

    /// Numerical integral of the profile.
    #[test]
    fn the_area_formula_is_the_integral() {
        for softness in [0.2f32, 0.6, 1.0] {
            let n = 20_000;
            let dr = 2.0 / n as f32;
            let sum: f32 = (0..n)
                .map(|i| (i as f32 + 0.5) * dr)
                .map(|r| std::f32::consts::TAU * r * profile(r, softness) * dr)
                .sum();
            assert!((sum / profile_area(softness) - 1.0).abs() < 1e-3);
        }
    }
}
