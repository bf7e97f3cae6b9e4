//! A picture of a piece of skin with dots or hairs on it, small enough to be made a hundred times for a plan.

use hairline_optics::colour::Xyz;
use hairline_optics::error::Error;
use hairline_optics::eye::{Edges, Patch};

/// How large and how fine a patch is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
    pub side_px: usize,
    pub mm_per_px: f64,
}

/// For the search: 20 mm hold a cycle of what the eye sees best at 1 m, and half of one at 3 m, where little but the mean
/// colour is seen.
pub(super) const COARSE: Grid = Grid { side_px: 128, mm_per_px: 0.16 };
/// To be looked at: 10 mm at 317 pixels an inch.
pub(super) const SHOWN: Grid = Grid { side_px: 128, mm_per_px: 0.08 };

impl Grid {
    pub fn side_mm(self) -> f64 {
        self.side_px as f64 * self.mm_per_px
    }

    pub fn area_cm2(self) -> f64 {
        self.side_mm() * self.side_mm() / 100.0
    }
}

/// Pixels under and next to the middle of a dot are means over so many places a side.
const FINE: usize = 6;

/// What an absorber takes of the skin's light around it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Halo {
    /// Distances from its middle, mm, from 0 rising.
    pub r_mm: Vec<f64>,
    /// Share of X, Y and Z that is gone there, 0-1.
    pub taken: Vec<[f64; 3]>,
}

impl Halo {
    /// Share that is gone at a distance, straight between the rings.
    fn at(&self, r_mm: f64) -> [f64; 3] {
        let above = self.r_mm.partition_point(|&r| r <= r_mm);
        if above == 0 || above == self.r_mm.len() {
            return if above == 0 { self.taken[0] } else { [0.0; 3] };
        }
        let (r, s) = (self.r_mm[above - 1], self.r_mm[above]);
        let t = (r_mm - r) / (s - r);
        [0, 1, 2].map(|c| self.taken[above - 1][c] + t * (self.taken[above][c] - self.taken[above - 1][c]))
    }

    /// What is gone in all, as the area of skin that would have to turn black, mm2.
    pub fn area_mm2(&self) -> [f64; 3] {
        [0, 1, 2].map(|c| {
            let ring = |i: usize| {
                let (r, s) = (self.r_mm[i], self.r_mm[i + 1]);
                let (a, b) = (self.taken[i][c], self.taken[i + 1][c]);
                std::f64::consts::TAU * (s - r) * (r * (2.0 * a + b) + s * (a + 2.0 * b)) / 6.0
            };
            (0..self.r_mm.len().saturating_sub(1)).map(ring).sum()
        })
    }

    /// The same taking `factor` times as much light, nowhere more than all of it.
    pub fn times(&self, factor: f64) -> Halo {
        let more = |t: &[f64; 3]| t.map(|t| (factor * t).min(MOST));
        Halo { r_mm: self.r_mm.clone(), taken: self.taken.iter().map(more).collect() }
    }
}

/// Nothing takes all the light: the surface above it scatters some back.
const MOST: f64 = 0.995;

/// A patch in the making.
pub(super) struct Canvas {
    pub grid: Grid,
    /// Sum over absorbers of T^-q - 1 by pixel, for each of X, Y and Z: [`hairline_optics::dots::compose`].
    sum: Vec<[f64; 3]>,
    /// Share of the pixel covered by what lies above the skin, and its light there.
    cover: Vec<f64>,
    above: Vec<[f64; 3]>,
    /// q is 2^-halvings, so that its root is squarings.
    halvings: i32,
}

impl Canvas {
    /// Bare skin; `exponent` is the rule's q for the absorbers to come, rounded to a power of two.
    pub fn new(grid: Grid, exponent: f64) -> Canvas {
        let n = grid.side_px * grid.side_px;
        let halvings = (-libm::log2(exponent.clamp(1e-3, 1.0))).round().clamp(0.0, 5.0) as i32;
        Canvas { grid, sum: vec![[0.0; 3]; n], cover: vec![0.0; n], above: vec![[0.0; 3]; n], halvings }
    }

    /// Sets absorbers of one kind, each with its place in the unit square and its strength.
    pub fn absorb(&mut self, halo: &Halo, at: impl Iterator<Item = ([f64; 2], f64)>) {
        let Grid { side_px, mm_per_px } = self.grid;
        let q = libm::exp2(-f64::from(self.halvings));
        let reach_mm = halo.r_mm.last().copied().unwrap_or(0.0).min(0.49 * self.grid.side_mm());
        let reach = (reach_mm / mm_per_px).ceil() as i32 + 1;
        let more = |t: f64| libm::expm1(-q * libm::log1p(-t.min(MOST)));
        let mut stamp: Vec<(i32, i32, [f64; 3])> = Vec::new();
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let near = dx.abs().max(dy.abs()) <= 2;
                let fine = if near { FINE } else { 1 };
                let mut mean = [0.0; 3];
                for place in 0..fine * fine {
                    let off = |i: usize| ((i as f64 + 0.5) / fine as f64 - 0.5) * mm_per_px;
                    let x = f64::from(dx) * mm_per_px + off(place % fine);
                    let y = f64::from(dy) * mm_per_px + off(place / fine);
                    let taken = halo.at((x * x + y * y).sqrt());
                    (0..3).for_each(|c| mean[c] += taken[c] / (fine * fine) as f64);
                }
                if mean[1] > FAINT {
                    stamp.push((dx, dy, mean.map(more)));
                }
            }
        }
        let side = side_px as i32;
        for ([x, y], weight) in at {
            let [px, py] = [x, y].map(|v| (v * f64::from(side)) as i32);
            for &(dx, dy, s) in &stamp {
                let i = (py + dy).rem_euclid(side) * side + (px + dx).rem_euclid(side);
                let sum = &mut self.sum[i as usize];
                (0..3).for_each(|c| sum[c] += weight * s[c]);
            }
        }
    }

    /// Lays something opaque of an area above the skin, mm2, on the pixel at a place in the unit square (beyond it wraps).
    pub fn cover(&mut self, [x, y]: [f64; 2], area_mm2: f64, light: [f64; 3]) {
        let Grid { side_px, mm_per_px } = self.grid;
        let pixel = |v: f64| ((v * side_px as f64).floor() as i32).rem_euclid(side_px as i32) as usize;
        let i = pixel(y) * side_px + pixel(x);
        let share = (area_mm2 / (mm_per_px * mm_per_px)).min(1.0 - self.cover[i]);
        self.cover[i] += share;
        (0..3).for_each(|c| self.above[i][c] += share * light[c]);
    }

    /// The patch on a skin, `xyz[y][x]`.
    pub fn xyz(&self, skin: Xyz) -> Vec<Xyz> {
        let bare = [skin.x, skin.y, skin.z];
        let pixel = |i: usize| {
            let v: [f64; 3] = std::array::from_fn(|c| {
                let mut left = 1.0 / (1.0 + self.sum[i][c]);
                (0..self.halvings).for_each(|_| left *= left);
                (1.0 - self.cover[i]) * bare[c] * left + self.above[i][c]
            });
            Xyz { x: v[0], y: v[1], z: v[2] }
        };
        (0..self.sum.len()).map(pixel).collect()
    }

    /// The same for the eye.
    ///
    /// # Errors
    /// A skin that is no colour.
    pub fn on(&self, skin: Xyz) -> Result<Patch, Error> {
        let Grid { side_px, mm_per_px } = self.grid;
        Patch::new([side_px, side_px], mm_per_px, Edges::Wraps, self.xyz(skin))
    }
}

/// Less than this share of the light is not drawn.
const FAINT: f64 = 2e-4;

#[cfg(test)]
mod tests {
    use super::*;

    const SKIN: Xyz = Xyz { x: 0.3, y: 0.28, z: 0.2 };

    fn disc(radius_mm: f64, taken: f64) -> Halo {
        Halo {
            r_mm: vec![0.0, radius_mm - 1e-3, radius_mm + 1e-3, radius_mm + 2e-3],
            taken: vec![[taken; 3], [taken; 3], [0.0; 3], [0.0; 3]],
        }
    }

    #[test]
    fn a_dot_takes_its_area_from_the_mean() {
        let halo = disc(0.3, 0.6);
        let area = halo.area_mm2()[1];
        assert!((area / (0.6 * std::f64::consts::PI * 0.09) - 1.0).abs() < 0.02, "{area}");
        let mut canvas = Canvas::new(COARSE, 1.0 / 8.0);
        canvas.absorb(&halo, [([0.3, 0.999], 1.0)].into_iter());
        let mean = canvas.on(SKIN).expect("a patch").mean();
        let lost_mm2 = (1.0 - mean.y / SKIN.y) * 100.0 * COARSE.area_cm2();
        assert!((lost_mm2 / area - 1.0).abs() < 0.03, "{lost_mm2} {area}");
    }

    #[test]
    fn what_lies_above_counts_by_its_area() {
        let mut canvas = Canvas::new(COARSE, 0.25);
        canvas.cover([-0.2, 0.5], 0.01, [0.03; 3]);
        let mean = canvas.on(SKIN).expect("a patch").mean();
        let share = 0.01 / (100.0 * COARSE.area_cm2());
        assert!((mean.y - ((1.0 - share) * SKIN.y + share * 0.03)).abs() < 1e-12);
    }

    /// Two dots on one spot: the rule's own formula.
    #[test]
    fn dots_on_each_other_follow_the_rule() {
        let mut canvas = Canvas::new(COARSE, 0.5);
        canvas.absorb(&disc(1.0, 0.5), [([0.5, 0.5], 1.0), ([0.5, 0.5], 1.0)].into_iter());
        let patch = canvas.on(SKIN).expect("a patch");
        let wanted = libm::pow(1.0 + 2.0 * (libm::pow(0.5, -0.5) - 1.0), -2.0);
        let mean = patch.mean();
        let lost_mm2 = (1.0 - mean.y / SKIN.y) * 100.0 * COARSE.area_cm2();
        assert!((lost_mm2 / (std::f64::consts::PI * (1.0 - wanted)) - 1.0).abs() < 0.03, "{lost_mm2}");
    }
}
