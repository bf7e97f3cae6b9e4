//! The head as the pictures need it: smooth, with how much of its surroundings each vertex sees.

use std::collections::BTreeMap;

use glam::{DVec3, Vec3};
use hairline_scalp::TriMesh;
use rayon::prelude::*;

/// Longest mean edge that is drawn without refining, mm.
const FINE_EDGE_MM: f64 = 3.2;
/// Most rounds of refinement; each makes four triangles of one.
const MOST_ROUNDS: usize = 2;

/// Points on the quarter sphere x > 0, z > 0; with mirror images and opposites they make four times as many directions.
const QUARTER_DIRECTIONS: usize = 40;
/// Size of the depth maps, px.
const MAP_PX: usize = 192;
/// Half of the width of the depth maps around the middle of the head, mm; what lies outside casts no shadow.
const MAP_REACH_MM: f32 = 190.0;

/// A head ready to be drawn.
pub(super) struct Surface {
    /// Vertices, head frame, mm.
    pub positions: Vec<Vec3>,
    /// Smooth unit normals.
    pub normals: Vec<Vec3>,
    /// Corners of the triangles.
    pub triangles: Vec<[u32; 3]>,
    /// Directions in which the surroundings are sampled, symmetric left to right, unit vectors.
    pub directions: Vec<Vec3>,
    /// `sight[direction][vertex]`: 255 = nothing in the way, 0 = hidden.
    pub sight: Vec<Vec<u8>>,
    /// Distance of each vertex from where the neck is cut off, mm.
    pub from_cut_mm: Vec<f32>,
    neighbours: Vec<Vec<u32>>,
}

impl Surface {
    pub fn new(mesh: &TriMesh) -> Surface {
        let mesh = refine(mesh);
        let positions: Vec<Vec3> = mesh.positions.iter().map(|p| p.as_vec3()).collect();
        let normals: Vec<Vec3> = mesh.vertex_normals().iter().map(|p| p.as_vec3()).collect();
        let mut surface = Surface {
            from_cut_mm: from_cut(&mesh),
            neighbours: neighbours(positions.len(), &mesh.triangles),
            positions,
            normals,
            triangles: mesh.triangles,
            directions: Vec::new(),
            sight: Vec::new(),
        };
        let pairs = pairs();
        let maps: Vec<[Vec<u8>; 2]> = pairs.par_iter().map(|&d| surface.sight_along(d)).collect();
        for (direction, [ahead, behind]) in pairs.into_iter().zip(maps) {
            surface.directions.extend([direction, -direction]);
            surface.sight.extend([ahead, behind]);
        }
        surface
    }

    /// Evens out a value on the vertices: `rounds` times half way to the mean of the neighbours.
    pub fn smooth(&self, values: &mut Vec<f32>, rounds: usize) {
        for _ in 0..rounds {
            *values = (0..values.len())
                .map(|v| {
                    let around = &self.neighbours[v];
                    let sum: f32 = around.iter().map(|&n| values[n as usize]).sum();
                    if around.is_empty() { values[v] } else { 0.5 * (values[v] + sum / around.len() as f32) }
                })
                .collect();
        }
    }

    /// How freely each vertex sees along a direction and against it, from one map of the nearest and farthest depth.
    fn sight_along(&self, direction: Vec3) -> [Vec<u8>; 2] {
        let (u, v) = direction.any_orthonormal_pair();
        let scale = MAP_PX as f32 / (2.0 * MAP_REACH_MM);
        let middle = 0.5 * MAP_PX as f32;
        let place =
            |p: Vec3| Vec3::new(p.dot(u) * scale + middle, p.dot(v) * scale + middle, p.dot(direction));
        let placed: Vec<Vec3> = self.positions.iter().map(|&p| place(p)).collect();
        let mut high = vec![f32::NEG_INFINITY; MAP_PX * MAP_PX];
        let mut low = vec![f32::INFINITY; MAP_PX * MAP_PX];
        for t in &self.triangles {
            let corners = t.map(|i| placed[i as usize]);
            fill(corners, |pixel, depth| {
                high[pixel] = high[pixel].max(depth);
                low[pixel] = low[pixel].min(depth);
            });
        }
        // A vertex looks from a little above the skin, so that its own triangles do not hide it.
        let lift = 1.2 / scale;
        let slack = 0.6 / scale;
        let mut sight = [vec![0; placed.len()], vec![0; placed.len()]];
        for i in 0..placed.len() {
            let towards = self.normals[i].dot(direction);
            let p = placed[i];
            let n = self.normals[i] * lift;
            let at = Vec3::new(p.x + n.dot(u) * scale, p.y + n.dot(v) * scale, p.z + n.dot(direction));
            if towards > -0.35 {
                sight[0][i] = free(&high, at, |map| at.z + slack >= map);
            }
            if towards < 0.35 {
                sight[1][i] = free(&low, at, |map| at.z - slack <= map);
            }
        }
        sight
    }
}

/// Share 0-255 of the four map pixels around a place that pass the test, weighted bilinearly.
fn free(map: &[f32], at: Vec3, passes: impl Fn(f32) -> bool) -> u8 {
    let (x, y) = (at.x - 0.5, at.y - 0.5);
    let limit = (MAP_PX - 1) as f32;
    if !(x >= 0.0 && y >= 0.0 && x < limit && y < limit) {
        return 255;
    }
    let (ix, iy) = (x as usize, y as usize);
    let (tx, ty) = (x - ix as f32, y - iy as f32);
    let one = |dx: usize, dy: usize| f32::from(passes(map[(iy + dy) * MAP_PX + ix + dx]));
    let top = one(0, 0) * (1.0 - tx) + one(1, 0) * tx;
    let bottom = one(0, 1) * (1.0 - tx) + one(1, 1) * tx;
    (255.0 * (top * (1.0 - ty) + bottom * ty)) as u8
}

/// Calls `put(pixel, depth)` for the map pixels of a triangle: those whose centre it covers, and one at its
/// middle if it is too small to cover any.
fn fill([a, b, c]: [Vec3; 3], mut put: impl FnMut(usize, f32)) {
    let limit = MAP_PX as f32;
    let low = a.min(b).min(c);
    let high = a.max(b).max(c);
    if !(low.x >= 0.0 && low.y >= 0.0 && high.x < limit && high.y < limit) {
        return;
    }
    let middle = (a + b + c) / 3.0;
    put(middle.y as usize * MAP_PX + middle.x as usize, middle.z);
    let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    if area.abs() < 1e-6 {
        return;
    }
    for y in (low.y + 0.5) as usize..(high.y + 0.5) as usize {
        for x in (low.x + 0.5) as usize..(high.x + 0.5) as usize {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let wb = ((px - a.x) * (c.y - a.y) - (py - a.y) * (c.x - a.x)) / area;
            let wc = ((b.x - a.x) * (py - a.y) - (b.y - a.y) * (px - a.x)) / area;
            if wb >= 0.0 && wc >= 0.0 && wb + wc <= 1.0 {
                put(y * MAP_PX + x, a.z + wb * (b.z - a.z) + wc * (c.z - a.z));
            }
        }
    }
}

/// Directions of which each stands for itself and its opposite: a Fibonacci lattice on a quarter of the sphere and
/// its mirror image.
fn pairs() -> Vec<Vec3> {
    const GOLDEN_ANGLE: f64 = 2.399_963_229_728_653;
    let count = 4 * QUARTER_DIRECTIONS;
    let mut pairs = Vec::new();
    for i in 0..count {
        let y = 1.0 - (2.0 * i as f64 + 1.0) / count as f64;
        let (sin, cos) = libm::sincos(GOLDEN_ANGLE * i as f64);
        let r = (1.0 - y * y).sqrt();
        let d = DVec3::new(r * cos, y, r * sin).as_vec3();
        if d.x > 0.0 && d.z > 0.0 {
            pairs.extend([d, Vec3::new(-d.x, d.y, d.z)]);
        }
    }
    pairs
}

/// The mesh with edges short enough for smooth light: new vertices on the curved edges of PN triangles
/// (Vlachos et al. 2001).
fn refine(mesh: &TriMesh) -> TriMesh {
    let mut mesh = mesh.clone();
    for _ in 0..MOST_ROUNDS {
        let mean_area = mesh.area_mm2() / mesh.triangles.len().max(1) as f64;
        // Area of an equilateral triangle: sqrt(3)/4 edge^2.
        if mean_area <= 0.433 * FINE_EDGE_MM * FINE_EDGE_MM {
            break;
        }
        mesh = halve_edges(&mesh);
    }
    mesh
}

fn halve_edges(mesh: &TriMesh) -> TriMesh {
    let normals = mesh.vertex_normals();
    let mut positions = mesh.positions.clone();
    let mut middles: BTreeMap<[u32; 2], u32> = BTreeMap::new();
    let mut triangles = Vec::with_capacity(4 * mesh.triangles.len());
    for &[a, b, c] in &mesh.triangles {
        let [ab, bc, ca] = [[a, b], [b, c], [c, a]].map(|[from, to]| {
            *middles.entry([from.min(to), from.max(to)]).or_insert_with(|| {
                let [p, q] = [from, to].map(|v| mesh.positions[v as usize]);
                let [n, m] = [from, to].map(|v| normals[v as usize]);
                let bulge = ((q - p).dot(n) * n - (q - p).dot(m) * m) / 8.0;
                positions.push(0.5 * (p + q) - bulge);
                (positions.len() - 1) as u32
            })
        });
        triangles.extend([[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]);
    }
    TriMesh { positions, triangles }
}

/// Distance of each vertex from the lowest level of the mesh and from its open border below the chin, mm.
fn from_cut(mesh: &TriMesh) -> Vec<f32> {
    const CHIN_MM: f64 = -80.0;
    let bottom = mesh.positions.iter().map(|p| p.y).fold(f64::INFINITY, f64::min);
    let border: Vec<DVec3> = mesh
        .border_edges()
        .iter()
        .map(|&[v, _]| mesh.positions[v as usize])
        .filter(|p| p.y < CHIN_MM)
        .collect();
    let nearest =
        |p: &DVec3| border.iter().map(|b| b.distance_squared(*p)).fold(f64::INFINITY, f64::min).sqrt();
    mesh.positions
        .par_iter()
        .map(|p| if p.y < 0.0 { (p.y - bottom).min(nearest(p)) } else { 1e3 } as f32)
        .collect()
}

fn neighbours(vertices: usize, triangles: &[[u32; 3]]) -> Vec<Vec<u32>> {
    let mut around = vec![Vec::with_capacity(8); vertices];
    for &[a, b, c] in triangles {
        for (from, to) in [(a, b), (b, c), (c, a)] {
            around[from as usize].push(to);
        }
    }
    around
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::sphere;

    #[test]
    fn directions_are_even_symmetric_and_opposite() {
        let all: Vec<Vec3> = pairs().into_iter().flat_map(|d| [d, -d]).collect();
        assert!((all.len() as i32 - 4 * QUARTER_DIRECTIONS as i32).abs() <= 12, "{}", all.len());
        let mean: Vec3 = all.iter().sum::<Vec3>() / all.len() as f32;
        assert!(mean.length() < 1e-3);
        for n in [Vec3::X, Vec3::Y, Vec3::Z] {
            // The mean of the clamped cosine over the sphere is 1/4.
            let cosine = all.iter().map(|d| d.dot(n).max(0.0)).sum::<f32>() / all.len() as f32;
            assert!((cosine - 0.25).abs() < 0.01, "{cosine}");
        }
    }

    #[test]
    fn a_ball_sees_everything_above_its_horizon() {
        let surface = Surface::new(&sphere(100.0, 48));
        for (v, normal) in surface.normals.iter().enumerate() {
            let (mut seen, mut all) = (0.0, 0.0);
            for (direction, sight) in surface.directions.iter().zip(&surface.sight) {
                let cosine = normal.dot(*direction);
                seen += cosine.max(0.0) * f32::from(sight[v]) / 255.0;
                all += cosine.max(0.0);
                assert!(cosine > -0.3 || sight[v] < 60, "{cosine} {}", sight[v]);
            }
            assert!(seen / all > 0.97, "{}", seen / all);
        }
    }

    #[test]
    fn refining_a_coarse_ball_keeps_it_round() {
        let fine = refine(&sphere(100.0, 16));
        let farthest = fine.positions.iter().map(|p| (p.length() - 100.0).abs()).fold(0.0, f64::max);
        assert!(fine.triangles.len() > 5000 && farthest < 1.0, "{} {farthest}", fine.triangles.len());
    }
}
