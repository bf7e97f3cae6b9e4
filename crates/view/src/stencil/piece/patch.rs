//! A band of skin meshed anew as a height field over the plane that faces it: a fine, even mesh whatever the head's,
//! that lies over its own shadow without folds.

use glam::{DVec2, DVec3};
use hairline_scalp::TriMesh;
use hairline_scalp::distance::{Geodesics, SurfacePoint};
use hairline_scalp::flatten::FlattenError;

/// Edge of the mesh in the plane, mm; a chord of that length is 0.013 mm off a head of 85 mm radius.
const PITCH_MM: f64 = 3.0;
/// Rays start this far above the plane and end as far below, mm: no band of a gore bulges more.
const REACH_MM: f64 = 40.0;
/// Skin steeper than this against the plane (cosine) is left out: the fold of an ear.
const STEEPEST: f64 = 0.3;

/// The meshed band.
pub(super) struct Patch {
    pub mesh: TriMesh,
    /// `lattice[vertex]`: its place in the plane, x along `right`, y along `up`, mm.
    pub lattice: Vec<DVec2>,
    /// `distance_mm[vertex]`: straight distance to the spine.
    pub distance_mm: Vec<f64>,
    pub right: DVec3,
    pub up: DVec3,
    normal: DVec3,
    centre: DVec3,
}

impl Patch {
    /// The skin within `half_band_mm` of the spine, and two rings more (one alone may end short on a slope).
    pub fn about(skin: &Geodesics, spine: &[DVec3], half_band_mm: f64) -> Result<Patch, FlattenError> {
        let nothing = FlattenError::Empty;
        let centre = spine.iter().sum::<DVec3>() / spine.len().max(1) as f64;
        let normal =
            spine.iter().map(|&p| skin.normal(skin.closest(p))).sum::<DVec3>().normalize_or(DVec3::Z);
        // Up on the paper: up on the head; on its top, where that is no direction, towards the back.
        let upwards = if normal.y > 0.75 { -DVec3::Z } else { DVec3::Y };
        let right = upwards.cross(normal).normalize_or(DVec3::X);
        let up = normal.cross(right);
        let in_plane = |p: DVec3| DVec2::new((p - centre).dot(right), (p - centre).dot(up));
        let shadow: Vec<DVec2> = spine.iter().map(|&p| in_plane(p)).collect();
        let reach = half_band_mm + 2.0 * PITCH_MM;
        let (low, high) = shadow
            .iter()
            .fold((DVec2::MAX, DVec2::MIN), |(low, high), p| (low.min(*p - reach), high.max(*p + reach)));

        let row_height = PITCH_MM * 0.75f64.sqrt();
        let rows = ((high.y - low.y) / row_height).ceil() as usize + 1;
        let columns = ((high.x - low.x) / PITCH_MM).ceil() as usize + 2;
        let mut patch = Patch {
            mesh: TriMesh::default(),
            lattice: vec![],
            distance_mm: vec![],
            right,
            up,
            normal,
            centre,
        };
        let mut id = vec![u32::MAX; rows * columns];
        for j in 0..rows {
            for i in 0..columns {
                let shift = if j % 2 == 1 { 0.5 } else { 0.0 };
                let q = low + DVec2::new((i as f64 + shift - 0.5) * PITCH_MM, j as f64 * row_height);
                if distance_to_line(&shadow, q) > reach {
                    continue;
                }
                let above = centre + right * q.x + up * q.y + normal * REACH_MM;
                let Some(depth) = skin.surface().first_hit_mm(above, -normal, 2.0 * REACH_MM) else {
                    continue;
                };
                let p = above - normal * depth;
                let distance = distance_to_spine(spine, p);
                if distance > reach || skin.normal(skin.closest(p)).dot(normal) < STEEPEST {
                    continue;
                }
                id[j * columns + i] = patch.lattice.len() as u32;
                patch.lattice.push(q);
                patch.mesh.positions.push(p);
                patch.distance_mm.push(distance);
            }
        }
        for j in 0..rows.saturating_sub(1) {
            for i in 0..columns - 1 {
                let [a, b, c, d] =
                    [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)].map(|(i, j)| id[j * columns + i]);
                let pair = if j % 2 == 0 { [[a, b, d], [b, c, d]] } else { [[a, b, c], [a, c, d]] };
                patch.mesh.triangles.extend(pair.into_iter().filter(|t| !t.contains(&u32::MAX)));
            }
        }
        patch.keep_main_piece(spine).ok_or(nothing)?;
        Ok(patch)
    }

    /// Drops what hangs on by a corner only or not at all, and the vertices nobody uses.
    fn keep_main_piece(&mut self, spine: &[DVec3]) -> Option<()> {
        let middle = self.in_plane(spine[spine.len() / 2]);
        let area_middle = |t: &[u32; 3]| t.iter().map(|&v| self.lattice[v as usize]).sum::<DVec2>() / 3.0;
        let triangles = &self.mesh.triangles;
        let nearest = |&a: &usize, &b: &usize| {
            let d = |t: usize| area_middle(&triangles[t]).distance_squared(middle);
            d(a).total_cmp(&d(b))
        };
        let start = (0..triangles.len()).min_by(nearest)?;
        // Neighbours by shared edges, through a sorted list of them.
        let mut edges: Vec<([u32; 2], usize)> = triangles
            .iter()
            .enumerate()
            .flat_map(|(t, &[a, b, c])| [[a, b], [b, c], [c, a]].map(|[a, b]| ([a.min(b), a.max(b)], t)))
            .collect();
        edges.sort_unstable();
        let mut neighbours = vec![vec![]; triangles.len()];
        for pair in edges.windows(2) {
            if pair[0].0 == pair[1].0 {
                neighbours[pair[0].1].push(pair[1].1);
                neighbours[pair[1].1].push(pair[0].1);
            }
        }
        let mut seen = vec![false; triangles.len()];
        seen[start] = true;
        let mut open = vec![start];
        while let Some(t) = open.pop() {
            for &next in &neighbours[t] {
                if !seen[next] {
                    seen[next] = true;
                    open.push(next);
                }
            }
        }
        let mut new_id = vec![u32::MAX; self.lattice.len()];
        let mut kept = vec![];
        let mut main = vec![];
        for (corners, _) in triangles.iter().zip(&seen).filter(|(_, seen)| **seen) {
            main.push(corners.map(|v| {
                if new_id[v as usize] == u32::MAX {
                    new_id[v as usize] = kept.len() as u32;
                    kept.push(v as usize);
                }
                new_id[v as usize]
            }));
        }
        self.mesh =
            TriMesh { positions: kept.iter().map(|&v| self.mesh.positions[v]).collect(), triangles: main };
        self.lattice = kept.iter().map(|&v| self.lattice[v]).collect();
        self.distance_mm = kept.iter().map(|&v| self.distance_mm[v]).collect();
        Some(())
    }

    fn in_plane(&self, p: DVec3) -> DVec2 {
        DVec2::new((p - self.centre).dot(self.right), (p - self.centre).dot(self.up))
    }

    /// The triangle over whose shadow a point of the skin stands; `None` off the patch.
    pub fn place(&self, p: DVec3) -> Option<SurfacePoint> {
        /// A point of the skin is no further from the patch along its normal, mm.
        const SAME_SKIN_MM: f64 = 2.0;
        let q = self.in_plane(p);
        self.mesh.triangles.iter().enumerate().find_map(|(t, corners)| {
            let [a, b, c] = corners.map(|v| self.lattice[v as usize]);
            let area = (b - a).perp_dot(c - a);
            let wb = (q - a).perp_dot(c - a) / area;
            let wc = (b - a).perp_dot(q - a) / area;
            let barycentric = [1.0 - wb - wc, wb, wc];
            if barycentric.iter().any(|&w| w < -1e-9) {
                return None;
            }
            let [pa, pb, pc] = self.mesh.corners(t);
            let on = pa * barycentric[0] + pb * barycentric[1] + pc * barycentric[2];
            let place = SurfacePoint { triangle: t as u32, barycentric };
            ((p - on).dot(self.normal).abs() < SAME_SKIN_MM).then_some(place)
        })
    }

    /// A place of the patch on the paper.
    pub fn on(&self, uv: &[DVec2], place: SurfacePoint) -> DVec2 {
        let corners = self.mesh.triangles[place.triangle as usize];
        (0..3).map(|k| uv[corners[k] as usize] * place.barycentric[k]).sum()
    }

    /// The lines on the paper where a field of the vertices is `level`, the longest first.
    pub fn contour(&self, uv: &[DVec2], field: &[f64], level: f64) -> Vec<Vec<DVec2>> {
        // Segments between the cut edges of each triangle, with the lower values on the left.
        let mut next: std::collections::BTreeMap<[u32; 2], [u32; 2]> = std::collections::BTreeMap::new();
        for &corners in &self.mesh.triangles {
            let below = corners.map(|v| field[v as usize] < level);
            let cut: Vec<usize> = (0..3).filter(|&k| below[k] != below[(k + 1) % 3]).collect();
            if let [i, j] = cut[..] {
                let edge = |k: usize| {
                    let (a, b) = (corners[k], corners[(k + 1) % 3]);
                    [a.min(b), a.max(b)]
                };
                let (from, to) = if below[i] { (edge(j), edge(i)) } else { (edge(i), edge(j)) };
                next.insert(from, to);
            }
        }
        let place = |[a, b]: [u32; 2]| {
            let (fa, fb) = (field[a as usize], field[b as usize]);
            uv[a as usize].lerp(uv[b as usize], (level - fa) / (fb - fa))
        };
        let mut found: Vec<Vec<DVec2>> = vec![];
        while let Some((&first, _)) =
            next.iter().find(|(k, _)| !next.values().any(|v| v == *k)).or_else(|| next.iter().next())
        {
            let mut run = vec![place(first)];
            let mut at = first;
            while let Some(to) = next.remove(&at) {
                run.push(place(to));
                at = to;
            }
            found.push(run);
        }
        found.sort_by_key(|run| std::cmp::Reverse(run.len()));
        found
    }
}

fn distance_to_line(line: &[DVec2], q: DVec2) -> f64 {
    let spine: Vec<DVec3> = line.iter().map(|p| p.extend(0.0)).collect();
    distance_to_spine(&spine, q.extend(0.0))
}

fn distance_to_spine(spine: &[DVec3], p: DVec3) -> f64 {
    let segment = |a: DVec3, b: DVec3| {
        let ab = b - a;
        let t = ((p - a).dot(ab) / ab.length_squared().max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        p.distance_squared(a + ab * t)
    };
    spine.windows(2).map(|w| segment(w[0], w[1])).fold(f64::INFINITY, f64::min).sqrt()
}
