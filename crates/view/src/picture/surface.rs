//! The head as the pictures need it: smooth, with how much of its surroundings each vertex sees.

use std::collections::BTreeMap;

use glam::{DVec3, Vec3};
use hairline_scalp::TriMesh;
use rayon::prelude::*;

/// Longest mean edge that is drawn without refining, mm.
const FINE_EDGE_MM: f64 = 4.2;
/// Most rounds of refinement; each makes four triangles of one.
const MOST_ROUNDS: usize = 2;

/// Points on the quarter sphere x > 0, z > 0; with mirror images and opposites they make four times as many directions.
const QUARTER_DIRECTIONS: usize = 25;
/// Size of the depth maps, px.
const MAP_PX: usize = 192;
/// Half of the width of the depth maps around the middle of the head, mm; what lies outside casts no shadow.
const MAP_REACH_MM: f32 = 190.0;
/// Distance of the points that stand for the skin in the depth maps, mm: less than a map pixel.
const POINT_MM: f32 = 1.9;

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
    neighbours: Neighbours,
}

impl Surface {
    pub fn new(mesh: &TriMesh) -> Surface {
        let mesh = refine(mesh);
        let positions: Vec<Vec3> = mesh.positions.iter().map(|p| p.as_vec3()).collect();
        let normals: Vec<Vec3> = mesh.vertex_normals().iter().map(|p| p.as_vec3()).collect();
        let neighbours = Neighbours::new(positions.len(), &mesh.triangles);
        let from_cut_mm = from_cut(&positions, &neighbours.border(&mesh.triangles));
        let mut surface = Surface {
            positions,
            normals,
            triangles: mesh.triangles,
            directions: Vec::new(),
            sight: Vec::new(),
            from_cut_mm,
            neighbours,
        };
        let points = surface.points();
        let pairs = pairs();
        let maps: Vec<[Vec<u8>; 2]> = pairs.par_iter().map(|&d| surface.sight_along(&points, d)).collect();
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
                    let around = self.neighbours.of(v);
                    let sum: f32 = around.iter().map(|&n| values[n as usize]).sum();
                    if around.is_empty() { values[v] } else { 0.5 * (values[v] + sum / around.len() as f32) }
                })
                .collect();
        }
    }

    /// Points that stand for the skin in the depth maps, nowhere farther apart than [`POINT_MM`].
    fn points(&self) -> Vec<Vec3> {
        let mut points = self.positions.clone();
        for t in &self.triangles {
            let [a, b, c] = t.map(|v| self.positions[v as usize]);
            let longest = (b - a).length().max((c - b).length()).max((a - c).length());
            // Middles of a finer triangulation; each is 0.58 edges from the corners, which are there already.
            let n = (0.58 * longest / POINT_MM).ceil().clamp(1.0, 200.0) as usize;
            for i in 0..n {
                for j in 0..n - i {
                    let (u, v) = ((i as f32 + 1.0 / 3.0) / n as f32, (j as f32 + 1.0 / 3.0) / n as f32);
                    points.push(a + u * (b - a) + v * (c - a));
                }
            }
        }
        points.retain(|p| p.abs().max_element() < MAP_REACH_MM);
        points
    }

    /// How freely each vertex sees along a direction and against it, from one map of the nearest and farthest depth.
    fn sight_along(&self, points: &[Vec3], direction: Vec3) -> [Vec<u8>; 2] {
        let (u, v) = direction.any_orthonormal_pair();
        let scale = MAP_PX as f32 / (2.0 * MAP_REACH_MM);
        let middle = 0.5 * MAP_PX as f32;
        let mut range = vec![[f32::INFINITY, f32::NEG_INFINITY]; MAP_PX * MAP_PX];
        for &p in points {
            // Outside the map the cast ends at its border, where nothing is looked up.
            let x = ((p.dot(u) * scale + middle) as usize).min(MAP_PX - 1);
            let y = ((p.dot(v) * scale + middle) as usize).min(MAP_PX - 1);
            let depth = p.dot(direction);
            let [low, high] = &mut range[y * MAP_PX + x];
            *low = if depth < *low { depth } else { *low };
            *high = if depth > *high { depth } else { *high };
        }
        // A vertex looks from a little above the skin, so that its own triangles do not hide it.
        let lift = 1.2 / scale;
        let slack = 0.6 / scale;
        let mut sight = [vec![0; self.positions.len()], vec![0; self.positions.len()]];
        for (i, (&p, &n)) in self.positions.iter().zip(&self.normals).enumerate() {
            let towards = n.dot(direction);
            let p = p + lift * n;
            let (x, y, z) =
                (p.dot(u) * scale + middle - 0.5, p.dot(v) * scale + middle - 0.5, p.dot(direction));
            // Over the horizon the lit side reaches a little way, as far as light wanders under the skin.
            if towards > -0.2 {
                sight[0][i] = free(&range, x, y, |[_, high]| z + slack >= high);
            }
            if towards < 0.2 {
                sight[1][i] = free(&range, x, y, |[low, _]| z - slack <= low);
            }
        }
        sight
    }
}

/// Share 0-255 of the four map pixels around a place that pass the test, weighted bilinearly.
fn free(map: &[[f32; 2]], x: f32, y: f32, passes: impl Fn([f32; 2]) -> bool) -> u8 {
    let limit = (MAP_PX - 2) as f32;
    if !(x >= 1.0 && y >= 1.0 && x < limit && y < limit) {
        return 255;
    }
    let (ix, iy) = (x as usize, y as usize);
    let (tx, ty) = (x - ix as f32, y - iy as f32);
    let one = |dx: usize, dy: usize| f32::from(u8::from(passes(map[(iy + dy) * MAP_PX + ix + dx])));
    let top = one(0, 0) * (1.0 - tx) + one(1, 0) * tx;
    let bottom = one(0, 1) * (1.0 - tx) + one(1, 1) * tx;
    (255.0 * (top * (1.0 - ty) + bottom * ty)) as u8
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
fn from_cut(positions: &[Vec3], border: &[u32]) -> Vec<f32> {
    const CHIN_MM: f32 = -80.0;
    let bottom = positions.iter().map(|p| p.y).fold(f32::INFINITY, f32::min);
    let border: Vec<Vec3> = border.iter().map(|&v| positions[v as usize]).filter(|p| p.y < CHIN_MM).collect();
    let nearest =
        |p: &Vec3| border.iter().map(|b| b.distance_squared(*p)).fold(f32::INFINITY, f32::min).sqrt();
    let of = |p: &Vec3| if p.y < 0.0 { (p.y - bottom).min(nearest(p)) } else { f32::MAX };
    positions.par_iter().map(|p| of(p).min(1e3)).collect()
}

/// The vertices that follow each vertex around its triangles.
struct Neighbours {
    first: Vec<u32>,
    lists: Vec<u32>,
}

impl Neighbours {
    fn new(vertices: usize, triangles: &[[u32; 3]]) -> Neighbours {
        let mut first = vec![0u32; vertices + 1];
        for v in triangles.iter().flatten() {
            first[*v as usize + 1] += 1;
        }
        for v in 0..vertices {
            first[v + 1] += first[v];
        }
        let mut next = first.clone();
        let mut lists = vec![0; 3 * triangles.len()];
        for &[a, b, c] in triangles {
            for (from, to) in [(a, b), (b, c), (c, a)] {
                lists[next[from as usize] as usize] = to;
                next[from as usize] += 1;
            }
        }
        Neighbours { first, lists }
    }

    fn of(&self, vertex: usize) -> &[u32] {
        &self.lists[self.first[vertex] as usize..self.first[vertex + 1] as usize]
    }

    /// Vertices at which an edge without a partner begins.
    fn border(&self, triangles: &[[u32; 3]]) -> Vec<u32> {
        let edges = triangles.iter().flat_map(|&[a, b, c]| [(a, b), (b, c), (c, a)]);
        edges.filter(|&(from, to)| !self.of(to as usize).contains(&from)).map(|(from, _)| from).collect()
    }
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
