//! The midline of the face in side view: nose tip, nasion, glabella.

use glam::{DVec2, DVec3};

use crate::mesh::TriMesh;

/// Side view of the front of the head: how far forward the midline reaches at each height.
pub struct Profile {
    /// Points (forward, up) from below to above, mm, [`STEP_MM`] apart in height before any turning.
    points: Vec<DVec2>,
}

/// Spacing of the profile, mm.
const STEP_MM: f64 = 0.5;

/// Planes beside the midline that are averaged, mm: noise and a nose that is not quite straight cancel.
const PLANES_MM: [f64; 5] = [-3.0, -1.5, 0.0, 1.5, 3.0];

/// Heights above and below the ears that are looked at, mm.
const HEIGHTS_MM: (f64, f64) = (-75.0, 95.0);

/// Nasion and glabella on a profile.
#[derive(Clone, Copy, Debug)]
pub struct NoseRoot {
    /// (forward, up), mm, in the profile's own coordinates.
    pub nasion: DVec2,
    /// Depth of the hollow below the line from nose tip to brow, mm: how plain the nasion is.
    pub depth_mm: f64,
}

impl Profile {
    /// Of a mesh whose median plane is x = 0 and which looks along +z, up +y.
    pub fn new(mesh: &TriMesh) -> Profile {
        let n = ((HEIGHTS_MM.1 - HEIGHTS_MM.0) / STEP_MM) as usize + 1;
        let mut forward = vec![[f64::NEG_INFINITY; PLANES_MM.len()]; n];
        let widest = PLANES_MM[PLANES_MM.len() - 1];
        for t in 0..mesh.triangles.len() {
            let corners = mesh.corners(t);
            let [a, b, c] = corners;
            if corners.iter().all(|p| p.x > widest || p.z < 0.0) || corners.iter().all(|p| p.x < -widest) {
                continue;
            }
            for (k, x) in PLANES_MM.iter().enumerate() {
                let ends: Vec<DVec2> = [(a, b), (b, c), (c, a)]
                    .into_iter()
                    .filter(|(p, q)| (p.x < *x) != (q.x < *x))
                    .map(|(p, q)| p.lerp(q, (x - p.x) / (q.x - p.x)))
                    .map(|p: DVec3| DVec2::new(p.z, p.y))
                    .collect();
                let [p, q] = ends[..] else { continue };
                let (low, high) = if p.y <= q.y { (p, q) } else { (q, p) };
                let first = ((low.y - HEIGHTS_MM.0) / STEP_MM).ceil().max(0.0) as usize;
                for i in first..n {
                    let y = HEIGHTS_MM.0 + STEP_MM * i as f64;
                    if y > high.y {
                        break;
                    }
                    let s = if high.y > low.y { (y - low.y) / (high.y - low.y) } else { 0.0 };
                    forward[i][k] = forward[i][k].max(low.x + s * (high.x - low.x));
                }
            }
        }
        let points = forward.iter().enumerate().filter_map(|(i, row)| {
            let met: Vec<f64> = row.iter().copied().filter(|z| *z > 0.0).collect();
            let y = HEIGHTS_MM.0 + STEP_MM * i as f64;
            (met.len() == row.len()).then(|| DVec2::new(met.iter().sum::<f64>() / met.len() as f64, y))
        });
        Profile { points: smooth(&points.collect::<Vec<_>>()) }
    }

    /// The nasion: the deepest point of the nose root in the upright head, which is turned about `tragion` so that the
    /// nasion stands at `elevation` radians. `None` without a nose and a brow.
    pub fn nose_root(&self, tragion: DVec2, elevation: f64) -> Option<NoseRoot> {
        let mut upright = 0.0;
        let mut found = None;
        // Pitch moves the deepest point a little, and the point sets the pitch; it settles in three or four turns.
        for _ in 0..8 {
            let turn = DVec2::from_angle(upright);
            let turned: Vec<DVec2> = self.points.iter().map(|p| turn.rotate(*p - tragion)).collect();
            let (i, depth_mm) = deepest(&turned)?;
            found = Some(NoseRoot { nasion: self.points[i], depth_mm });
            upright += elevation - libm::atan2(turned[i].y, turned[i].x);
        }
        found
    }

    /// The most forward point (forward, up) within a range of heights, mm.
    pub fn foremost(&self, low_mm: f64, high_mm: f64) -> Option<DVec2> {
        let within = self.points.iter().filter(|p| (low_mm..=high_mm).contains(&p.y));
        within.copied().max_by(|a, b| a.x.total_cmp(&b.x))
    }
}

/// Index of the deepest point between nose tip and brow, and its depth below the line between the two.
fn deepest(turned: &[DVec2]) -> Option<(usize, f64)> {
    let within =
        |low: f64, high: f64| (0..turned.len()).filter(move |&i| (low..=high).contains(&turned[i].y));
    let farther = |a: &usize, b: &usize| turned[*a].x.total_cmp(&turned[*b].x);
    let tip = within(-55.0, 5.0).max_by(farther)?;
    let brow = within(25.0, 50.0).max_by(farther)?;
    let chord = (turned[brow] - turned[tip]).try_normalize()?;
    // The profile faces +x: to the left of the way up lies the head.
    let depth = |i: usize| chord.perp_dot(turned[i] - turned[tip]);
    let hollow = (tip..brow).max_by(|a, b| depth(*a).total_cmp(&depth(*b)))?;
    // The deepest point in the upright head lies a little above the one farthest from the chord.
    let (low, high) = (turned[hollow].y - 2.0, (turned[hollow].y + 8.0).min(turned[brow].y - 4.0));
    let lowest = within(low, high).min_by(farther)?;
    Some((lowest, depth(hollow)))
}

/// Running mean weighted by a binomial of width 3 mm.
fn smooth(points: &[DVec2]) -> Vec<DVec2> {
    let mut smoothed = points.to_vec();
    for _ in 0..6 {
        let before = smoothed.clone();
        for i in 1..before.len().saturating_sub(1) {
            let adjacent = before[i + 1].y - before[i - 1].y < 2.5 * STEP_MM;
            if adjacent {
                smoothed[i].x = 0.25 * before[i - 1].x + 0.5 * before[i].x + 0.25 * before[i + 1].x;
            }
        }
    }
    smoothed
}
