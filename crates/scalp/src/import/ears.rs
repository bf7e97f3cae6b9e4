//! Where are the ears? The relief of an average ear is laid over the relief of the side of the head.

use glam::DVec2;

use crate::mesh::TriMesh;

/// Spacing of the relief, mm.
const STEP_MM: f64 = 1.5;
/// Half side of the template's window and of the scan's, mm.
const WINDOW_MM: f64 = 36.0;
const SEARCH_MM: f64 = 24.0;
/// Sizes and turns of an ear against the average that are tried.
const SIZES: [f64; 3] = [0.88, 1.0, 1.13];
const TURNS_DEG: [f64; 3] = [-11.0, 0.0, 11.0];

/// An ear found on one side.
#[derive(Clone, Copy, Debug)]
pub struct Ear {
    /// The tragion (forward, up), mm.
    pub tragion: DVec2,
    /// How far the skin in front of the tragion lies from the median plane, mm.
    pub aside_mm: f64,
    /// Correlation with the average ear, up to 1.
    pub likeness: f64,
}

/// Client's side of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Client's left, +x.
    Left,
    /// Client's right, -x.
    Right,
}

/// Finds the ear of one side near `expected` (forward, up; mm) by the template head, whose tragion is its origin.
/// Both meshes have their median plane at x = 0 and look along +z, up +y.
pub fn find_ear(scan: &TriMesh, template: &TriMesh, side: Side, expected: DVec2) -> Option<Ear> {
    let n_template = (2.0 * WINDOW_MM / STEP_MM) as usize + 1;
    // The window lies on the ear, which is behind the tragion for the most part.
    let window_centre = DVec2::new(-8.0, -2.0);
    let average = Relief::new(template, side, window_centre, n_template)?.raised();
    let n_scan = (2.0 * (WINDOW_MM + SEARCH_MM + 12.0) / STEP_MM) as usize + 1;
    let relief = Relief::new(scan, side, expected + window_centre, n_scan)?;
    let raised = relief.raised();
    // Points of the template's window, with the mean taken out.
    let mut points: Vec<(DVec2, f64)> = Vec::new();
    for row in 0..n_template {
        for column in 0..n_template {
            let offset =
                DVec2::new(column as f64, row as f64) * STEP_MM - DVec2::splat(WINDOW_MM) + window_centre;
            points.push((offset, average[row * n_template + column]));
        }
    }
    let score = |tragion: DVec2, size: f64, turn_deg: f64, every: usize| {
        let turn = DVec2::from_angle(turn_deg.to_radians()) * size;
        let (mut n, mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (offset, a) in points.iter().step_by(every) {
            let Some(b) = relief.look_up(&raised, tragion + turn.rotate(*offset)) else { continue };
            (n, sa, sb) = (n + 1.0, sa + a, sb + b);
            (saa, sbb, sab) = (saa + a * a, sbb + b * b, sab + a * b);
        }
        let spread = (n * saa - sa * sa) * (n * sbb - sb * sb);
        if n * every as f64 > 0.8 * points.len() as f64 && spread > 0.0 {
            (n * sab - sa * sb) / spread.sqrt()
        } else {
            -1.0
        }
    };
    let mut best = (-1.0, expected, 1.0, 0.0);
    let steps = (SEARCH_MM / 3.0) as i32;
    for size in SIZES {
        for turn_deg in TURNS_DEG {
            for up in -steps..=steps {
                for forward in -steps..=steps {
                    let tragion = expected + 3.0 * DVec2::new(f64::from(forward), f64::from(up));
                    // Ears farther from where the average head has them are less likely (SD 6 mm, head.md 2.6).
                    let likeness = score(tragion, size, turn_deg, 7);
                    let weighed = likeness - 0.0006 * tragion.distance_squared(expected);
                    if weighed > best.0 {
                        best = (weighed, tragion, size, turn_deg);
                    }
                }
            }
        }
    }
    // Halve the steps around the best.
    let (mut tragion, mut size, mut turn_deg) = (best.1, best.2, best.3);
    let mut likeness = score(tragion, size, turn_deg, 1);
    let mut step = (2.0, 0.04, 4.0);
    while step.0 > 0.1 {
        let mut moved = false;
        for (dx, dy, ds, dt) in [
            (1.0, 0.0, 0.0, 0.0),
            (-1.0, 0.0, 0.0, 0.0),
            (0.0, 1.0, 0.0, 0.0),
            (0.0, -1.0, 0.0, 0.0),
            (0.0, 0.0, 1.0, 0.0),
            (0.0, 0.0, -1.0, 0.0),
            (0.0, 0.0, 0.0, 1.0),
            (0.0, 0.0, 0.0, -1.0),
        ] {
            let t = tragion + step.0 * DVec2::new(dx, dy);
            let (s, r) = (size + step.1 * ds, turn_deg + step.2 * dt);
            let l = score(t, s, r, 1);
            if l > likeness && (0.75..1.3).contains(&s) && r.abs() < 25.0 {
                (tragion, size, turn_deg, likeness, moved) = (t, s, r, l, true);
            }
        }
        if !moved {
            step = (0.5 * step.0, 0.5 * step.1, 0.5 * step.2);
        }
    }
    let aside_mm = relief.look_up(&relief.aside, tragion + DVec2::new(3.0, 0.0))?;
    Some(Ear { tragion, aside_mm, likeness })
}

/// How far a side of the head stands from the median plane, seen from that side.
struct Relief {
    low: DVec2,
    n: usize,
    /// `aside[row * n + column]`, mm; rows go up, columns forward. NaN where there is no surface.
    aside: Vec<f64>,
}

impl Relief {
    fn new(mesh: &TriMesh, side: Side, centre: DVec2, n: usize) -> Option<Relief> {
        let low = centre - DVec2::splat(0.5 * STEP_MM * (n - 1) as f64);
        let mut aside = vec![f64::NAN; n * n];
        let sign = if side == Side::Left { 1.0 } else { -1.0 };
        for t in 0..mesh.triangles.len() {
            let corners = mesh.corners(t);
            if corners.iter().any(|p| p.x * sign < 30.0) {
                continue;
            }
            let flat = corners.map(|p| (DVec2::new(p.z, p.y) - low) / STEP_MM);
            let (lowest, highest) = flat.iter().fold((flat[0], flat[0]), |(l, h), p| (l.min(*p), h.max(*p)));
            let twice_area = (flat[1] - flat[0]).perp_dot(flat[2] - flat[0]);
            if highest.min_element() < 0.0 || lowest.max_element() > (n - 1) as f64 || twice_area == 0.0 {
                continue;
            }
            let clamp = |v: f64| v.clamp(0.0, (n - 1) as f64) as usize;
            for row in clamp(lowest.y.ceil())..=clamp(highest.y.floor()) {
                for column in clamp(lowest.x.ceil())..=clamp(highest.x.floor()) {
                    let p = DVec2::new(column as f64, row as f64);
                    let u = (flat[2] - flat[1]).perp_dot(p - flat[1]) / twice_area;
                    let v = (flat[0] - flat[2]).perp_dot(p - flat[2]) / twice_area;
                    let w = 1.0 - u - v;
                    if u.min(v).min(w) >= -1e-9 {
                        let x = sign * (u * corners[0].x + v * corners[1].x + w * corners[2].x);
                        let cell = &mut aside[row * n + column];
                        *cell = cell.max(x);
                    }
                }
            }
        }
        let n_met = aside.iter().filter(|a| !a.is_nan()).count();
        (2 * n_met > n * n).then_some(Relief { low, n, aside })
    }

    /// What stands out of the surroundings, mm: the relief less its mean over 27 mm.
    fn raised(&self) -> Vec<f64> {
        const RADIUS: usize = 9;
        let n = self.n;
        // Sums over all cells below and left of each, of the values and of their number.
        let mut sums = vec![(0.0, 0.0); (n + 1) * (n + 1)];
        for row in 0..n {
            for column in 0..n {
                let a = self.aside[row * n + column];
                let (value, one) = if a.is_nan() { (0.0, 0.0) } else { (a, 1.0) };
                let (left, below, corner) = (
                    sums[(row + 1) * (n + 1) + column],
                    sums[row * (n + 1) + column + 1],
                    sums[row * (n + 1) + column],
                );
                sums[(row + 1) * (n + 1) + column + 1] =
                    (value + left.0 + below.0 - corner.0, one + left.1 + below.1 - corner.1);
            }
        }
        let mut raised = vec![f64::NAN; n * n];
        for row in 0..n {
            for column in 0..n {
                let (r0, r1) = (row.saturating_sub(RADIUS), (row + RADIUS + 1).min(n));
                let (c0, c1) = (column.saturating_sub(RADIUS), (column + RADIUS + 1).min(n));
                let at = |r: usize, c: usize| sums[r * (n + 1) + c];
                let (a, b, c, d) = (at(r1, c1), at(r0, c1), at(r1, c0), at(r0, c0));
                let (sum, count) = (a.0 - b.0 - c.0 + d.0, a.1 - b.1 - c.1 + d.1);
                // A deep hollow counts as far as it can be told from a hole in the scan.
                raised[row * n + column] = (self.aside[row * n + column] - sum / count).clamp(-6.0, 12.0);
            }
        }
        raised
    }

    /// A map at a place (forward, up), interpolated.
    fn look_up(&self, map: &[f64], p: DVec2) -> Option<f64> {
        let q = (p - self.low) / STEP_MM;
        if q.min_element() < 0.0 || q.max_element() >= (self.n - 1) as f64 {
            return None;
        }
        let (base, f) = (q.floor(), q - q.floor());
        let at = base.y as usize * self.n + base.x as usize;
        let below = map[at] + f.x * (map[at + 1] - map[at]);
        let above = map[at + self.n] + f.x * (map[at + self.n + 1] - map[at + self.n]);
        let value = below + f.y * (above - below);
        (!value.is_nan()).then_some(value)
    }
}
