//! The part of a mesh that carries dots, in single precision about its own centre, ready to be walked on.

use glam::{DVec3, Vec3};
use hairline_scalp::TriMesh;
use hairline_scalp::topology::{Side, shared_edges};
use rayon::prelude::*;

use super::clusters::Clusters;
use super::hilbert;

/// No face on the other side of this edge.
pub(crate) const BORDER: u32 = u32::MAX;
/// A face whose double area is below this share of its longest edge squared has no usable plane.
const THIN: f64 = 1e-4;
/// Density used for distances never falls below this share of the mean, so that a feathered edge keeps a finite
/// spacing.
const DENSITY_FLOOR: f32 = 0.02;
/// Places on the rim are this far apart, spacings.
const RIM_STEP: f32 = 0.1;
/// Distances to the border are known up to here, spacings.
const BORDER_REACH: f32 = 9.0;
/// A density that changes by more than this share over one spacing is steep.
const STEEP: f32 = 0.5;
/// A walk gives up (and stays where it is) after this many edges.
const MAX_CROSSINGS: usize = 96;

/// One triangle: a corner, its edges, and the gradients of the second and third barycentric coordinate.
#[derive(Clone, Copy)]
pub(crate) struct Face {
    pub origin: Vec3,
    pub edge1: Vec3,
    pub edge2: Vec3,
    grad1: Vec3,
    grad2: Vec3,
    /// `across[k]`: the edge opposite corner k leads to face `across[k] / 4` through its edge `across[k] % 4`.
    across: [u32; 3],
    /// Half the dot density at the corners, 1/mm2.
    pub half_density: [f32; 3],
    /// Distance of the face to the nearest border (lower bound), mm; capped.
    pub border_mm: f32,
    /// Relative change of the density over one spacing.
    steepness: f32,
    /// Index into the caller's triangles.
    pub source: u32,
    thin: bool,
}

/// A place on the surface: a face and the weights of its second and third corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Site {
    pub face: u32,
    pub b1: f32,
    pub b2: f32,
}

/// A place in space with half the dot density there: `[x, y, z, half_density]`, mm and 1/mm2.
pub(crate) type Point = [f32; 4];

/// What a walker does at a border.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum AtBorder {
    Slide,
    Bounce,
}

pub(crate) struct Surface {
    /// Added to every local position it gives the caller's millimetres.
    pub centre: DVec3,
    pub faces: Vec<Face>,
    /// Ends of every border edge, local mm.
    border_edges: Vec<[Vec3; 2]>,
    /// Half the density at every border edge, 1/mm2.
    border_half_density: Vec<f32>,
    /// Places along the border a tenth of a spacing apart.
    pub rim: Vec<Point>,
    pub rim_clusters: Clusters,
    /// Half the density is nowhere taken for less, 1/mm2.
    pub least_half_density: f32,
    /// Box of all faces, local mm.
    pub low: Vec3,
    pub high: Vec3,
}

/// Squared distance is turned into this unit: a spacing is `1 / sqrt(density)`.
pub(crate) fn spacing(half_density: f32) -> f32 {
    1.0 / (2.0 * half_density).sqrt()
}

impl Surface {
    /// Keeps the triangles that have area and density; `density[vertex]` in dots per mm2, finite and not negative.
    pub fn new(mesh: &TriMesh, density: &[f64]) -> Self {
        let weld = mesh.first_equal();
        let kept: Vec<u32> = (0..mesh.triangles.len() as u32)
            .filter(|&t| {
                let corner = mesh.triangles[t as usize].map(|v| weld[v as usize]);
                let distinct = corner[0] != corner[1] && corner[1] != corner[2] && corner[2] != corner[0];
                distinct && mesh.triangles[t as usize].iter().any(|&v| density[v as usize] > 0.0)
            })
            .collect();
        let (mut low, mut high) = (DVec3::INFINITY, DVec3::NEG_INFINITY);
        for &t in &kept {
            for p in mesh.corners(t as usize) {
                low = low.min(p);
                high = high.max(p);
            }
        }
        let centre = if kept.is_empty() { DVec3::ZERO } else { 0.5 * (low + high) };
        let (low, high) = ((low - centre).as_vec3(), (high - centre).as_vec3());

        let middle = |t: u32| {
            let [a, b, c] = mesh.corners(t as usize);
            ((a + b + c) / 3.0 - centre).as_vec3()
        };
        let curve = hilbert::Curve::new(low, high);
        let keys: Vec<u32> = kept.par_iter().map(|&t| curve.key(middle(t))).collect();
        let order = hilbert::sorted(&keys);
        let kept: Vec<u32> = order.iter().map(|&i| kept[i as usize]).collect();

        let charge: f64 = kept.iter().map(|&t| triangle_charge(mesh, density, t)).sum();
        let square: f64 =
            kept.iter().map(|&t| triangle_charge(mesh, density, t) * mean_density(mesh, density, t)).sum();
        let typical = if charge > 0.0 { (0.5 * square / charge) as f32 } else { 0.0 };
        let floor = DENSITY_FLOOR * typical;

        let triangles: Vec<[u32; 3]> =
            kept.iter().map(|&t| mesh.triangles[t as usize].map(|v| weld[v as usize])).collect();
        let across = across_edges(&triangles);
        let faces: Vec<Face> = kept
            .par_iter()
            .zip(across.par_iter())
            .map(|(&t, &across)| face(mesh, density, centre, floor, t, across))
            .collect();
        let mut surface = Self {
            centre,
            faces,
            border_edges: Vec::new(),
            border_half_density: Vec::new(),
            rim: Vec::new(),
            rim_clusters: Clusters::new(&[]),
            least_half_density: floor,
            low,
            high,
        };
        for f in surface.faces.iter().filter(|f| !f.thin) {
            for k in (0..3).filter(|&k| f.across[k] == BORDER) {
                surface.border_edges.push(f.edge_ends(k));
                let h = f.half_density;
                surface.border_half_density.push(0.5 * (h[(k + 1) % 3] + h[(k + 2) % 3]));
            }
        }
        surface.measure_border_distance();
        surface.rim = surface.border_points(RIM_STEP);
        surface.rim_clusters = Clusters::new(&surface.rim);
        surface
    }

    /// Position and half density of a site.
    pub fn point(&self, site: Site) -> Point {
        let f = &self.faces[site.face as usize];
        let p = f.origin + f.edge1 * site.b1 + f.edge2 * site.b2;
        [p.x, p.y, p.z, f.half_density_at(site.b1, site.b2)]
    }

    /// Moves over the surface by the tangential part of `step`, unfolding each edge it crosses.
    pub fn walk(&self, from: Site, step: Vec3, at_border: AtBorder) -> Site {
        let mut site = from;
        let mut step = step;
        for _ in 0..MAX_CROSSINGS {
            let f = &self.faces[site.face as usize];
            let b = [1.0 - site.b1 - site.b2, site.b1, site.b2];
            let (d1, d2) = (f.grad1.dot(step), f.grad2.dot(step));
            let d = [-d1 - d2, d1, d2];
            // The edge met first, if the end lies outside.
            let (mut exit, mut part) = (3, 1.0f32);
            for k in 0..3 {
                if b[k] + d[k] < -1e-6 {
                    let t = (b[k].max(0.0) / -d[k]).min(1.0);
                    if t < part || exit == 3 {
                        (exit, part) = (k, t);
                    }
                }
            }
            site = inside(site.face, b[1] + part * d1, b[2] + part * d2);
            if exit == 3 {
                return site;
            }
            step *= 1.0 - part;
            let normal_out = -f.grad(exit).normalize_or_zero();
            let out = step.dot(normal_out);
            if f.across[exit] == BORDER {
                let edge = f.edge(exit).normalize_or_zero();
                step = edge * step.dot(edge);
                if at_border == AtBorder::Bounce {
                    step -= normal_out * out;
                }
                site = on_edge(site, exit);
                continue;
            }
            let edge = f.edge(exit).normalize_or_zero();
            let along = step.dot(edge);
            let p = f.origin + f.edge1 * site.b1 + f.edge2 * site.b2;
            let Some((face, entry)) = self.through(f.across[exit], p) else { return site };
            let g = &self.faces[face as usize];
            let local = p - g.origin;
            site = on_edge(inside(face, g.grad1.dot(local), g.grad2.dot(local)), entry);
            step = edge * along + g.grad(entry).normalize_or_zero() * out;
        }
        site
    }

    /// The face and edge one arrives at, after slipping through faces that have no plane of their own.
    fn through(&self, across: u32, p: Vec3) -> Option<(u32, usize)> {
        let mut across = across;
        for _ in 0..16 {
            if across == BORDER {
                return None;
            }
            let (face, entry) = (across / 4, (across % 4) as usize);
            let f = &self.faces[face as usize];
            if !f.thin {
                return Some((face, entry));
            }
            let [j, k] = [(entry + 1) % 3, (entry + 2) % 3];
            let near = |edge: usize| segment_distance_sq(p, f.edge_ends(edge));
            across = if near(j) <= near(k) { f.across[j] } else { f.across[k] };
        }
        None
    }

    /// Distance of a place on a face from the border, in its own spacings; infinite beyond [`BORDER_REACH`].
    pub fn border_distance(&self, face: u32, p: Point) -> f32 {
        let local = spacing(p[3]);
        if self.faces[face as usize].border_mm > BORDER_REACH * local {
            return f32::INFINITY;
        }
        let distance = self.rim_clusters.nearest_mm(p, None) / local;
        if distance < BORDER_REACH { distance } else { f32::INFINITY }
    }

    /// Places along the border, at most `step` spacings apart.
    pub fn border_points(&self, step: f32) -> Vec<Point> {
        let mut points = Vec::new();
        for (&[a, b], &h) in self.border_edges.iter().zip(&self.border_half_density) {
            let pieces = ((b - a).length() / (step * spacing(h))).ceil().clamp(1.0, 10_000.0) as usize;
            for k in 0..pieces {
                let p = a + (b - a) * (k as f32 / pieces as f32);
                points.push([p.x, p.y, p.z, h]);
            }
        }
        points
    }

    /// Lower bound of the distance to the border for every face within some spacings of it: each face learns the
    /// nearest border edge from its neighbours.
    fn measure_border_distance(&mut self) {
        let mut nearest = vec![u32::MAX; self.faces.len()];
        let mut distance = vec![f32::INFINITY; self.faces.len()];
        let mut queue = std::collections::VecDeque::new();
        let mut number = 0;
        for (i, f) in self.faces.iter().enumerate() {
            for k in 0..3 {
                if f.across[k] != BORDER || f.thin {
                    continue;
                }
                let d = segment_distance_sq(f.middle(), self.border_edges[number]).sqrt();
                if d < distance[i] {
                    (distance[i], nearest[i]) = (d, number as u32);
                    queue.push_back(i as u32);
                }
                number += 1;
            }
        }
        while let Some(i) = queue.pop_front() {
            let source = nearest[i as usize];
            for k in 0..3 {
                let across = self.faces[i as usize].across[k];
                if across == BORDER {
                    continue;
                }
                let j = (across / 4) as usize;
                let f = &self.faces[j];
                let d = segment_distance_sq(f.middle(), self.border_edges[source as usize]).sqrt();
                if d < 0.999 * distance[j] && d < BORDER_REACH * spacing(f.least_half_density()) + f.size() {
                    (distance[j], nearest[j]) = (d, source);
                    queue.push_back(j as u32);
                }
            }
        }
        for (f, d) in self.faces.iter_mut().zip(distance) {
            f.border_mm = (d - f.size()).max(0.0);
        }
    }
}

impl Face {
    pub fn half_density_at(&self, b1: f32, b2: f32) -> f32 {
        let [h0, h1, h2] = self.half_density;
        h0 + b1 * (h1 - h0) + b2 * (h2 - h0)
    }

    pub fn area(&self) -> f32 {
        0.5 * self.edge1.cross(self.edge2).length()
    }

    /// Does the density change much over a spacing?
    pub fn is_steep(&self) -> bool {
        self.steepness > STEEP
    }

    pub fn is_thin(&self) -> bool {
        self.thin
    }

    pub fn normal(&self) -> Vec3 {
        self.edge1.cross(self.edge2).normalize_or_zero()
    }

    pub fn least_half_density(&self) -> f32 {
        self.half_density[0].min(self.half_density[1]).min(self.half_density[2])
    }

    fn middle(&self) -> Vec3 {
        self.origin + (self.edge1 + self.edge2) / 3.0
    }

    /// Largest distance of a corner from the middle, mm.
    fn size(&self) -> f32 {
        let m = (self.edge1 + self.edge2) / 3.0;
        m.length_squared()
            .max((self.edge1 - m).length_squared())
            .max((self.edge2 - m).length_squared())
            .sqrt()
    }

    /// Gradient of the barycentric coordinate of corner k.
    fn grad(&self, k: usize) -> Vec3 {
        match k {
            0 => -self.grad1 - self.grad2,
            1 => self.grad1,
            _ => self.grad2,
        }
    }

    /// Direction of the edge opposite corner k.
    fn edge(&self, k: usize) -> Vec3 {
        match k {
            0 => self.edge2 - self.edge1,
            1 => self.edge2,
            _ => self.edge1,
        }
    }

    fn edge_ends(&self, k: usize) -> [Vec3; 2] {
        let corners = [self.origin, self.origin + self.edge1, self.origin + self.edge2];
        [corners[(k + 1) % 3], corners[(k + 2) % 3]]
    }
}

/// Integral of the density over a triangle, dots.
pub(crate) fn triangle_charge(mesh: &TriMesh, density: &[f64], triangle: u32) -> f64 {
    mesh.triangle_area_mm2(triangle as usize) * mean_density(mesh, density, triangle)
}

fn mean_density(mesh: &TriMesh, density: &[f64], triangle: u32) -> f64 {
    mesh.triangles[triangle as usize].iter().map(|&v| density[v as usize]).sum::<f64>() / 3.0
}

fn face(mesh: &TriMesh, density: &[f64], centre: DVec3, floor: f32, t: u32, across: [u32; 3]) -> Face {
    let [a, b, c] = mesh.corners(t as usize).map(|p| p - centre);
    let (e1, e2) = (b - a, c - a);
    let normal = e1.cross(e2);
    let longest_sq = e1.length_squared().max(e2.length_squared()).max((e2 - e1).length_squared());
    let double_area = normal.length();
    let thin = double_area < THIN * longest_sq;
    let scale = if thin { 0.0 } else { 1.0 / (double_area * double_area) };
    let [h0, h1, h2] =
        mesh.triangles[t as usize].map(|v| (0.5 * density[v as usize]) as f32).map(|h| h.max(floor));
    let (grad1, grad2) = ((e2.cross(normal) * scale).as_vec3(), (normal.cross(e1) * scale).as_vec3());
    let middle = (h0 + h1 + h2) / 3.0;
    let gradient = grad1 * (h1 - h0) + grad2 * (h2 - h0);
    Face {
        origin: a.as_vec3(),
        edge1: e1.as_vec3(),
        edge2: e2.as_vec3(),
        grad1,
        grad2,
        across,
        half_density: [h0, h1, h2],
        border_mm: f32::INFINITY,
        steepness: gradient.length() * spacing(middle) / middle,
        source: t,
        thin,
    }
}

/// `across` of every face: edges shared by exactly two triangles, whatever their orientation.
fn across_edges(triangles: &[[u32; 3]]) -> Vec<[u32; 3]> {
    // Edges here are those opposite a corner: the one from corner k is opposite corner k + 2.
    let half_edge = |(t, k): Side| (t, (k + 2) % 3);
    let mut across = vec![[BORDER; 3]; triangles.len()];
    for edge in shared_edges(triangles).0 {
        let [(t, k), (u, l)] = edge.sides.map(half_edge);
        across[t as usize][k] = 4 * u + l as u32;
        across[u as usize][l] = 4 * t + k as u32;
    }
    across
}

/// A site with its weights brought back into the triangle against rounding.
fn inside(face: u32, b1: f32, b2: f32) -> Site {
    let (b1, b2) = (b1.clamp(0.0, 1.0), b2.clamp(0.0, 1.0));
    let excess = (b1 + b2 - 1.0).max(0.0) * 0.5;
    Site { face, b1: (b1 - excess).max(0.0), b2: (b2 - excess).max(0.0) }
}

/// The same site exactly on the edge opposite corner k.
fn on_edge(site: Site, k: usize) -> Site {
    match k {
        0 => {
            let sum = site.b1 + site.b2;
            let b1 = if sum > 0.0 { site.b1 / sum } else { 0.5 };
            Site { b1, b2: 1.0 - b1, ..site }
        }
        1 => Site { b1: 0.0, ..site },
        _ => Site { b2: 0.0, ..site },
    }
}

pub(crate) fn segment_distance_sq(p: Vec3, [a, b]: [Vec3; 2]) -> f32 {
    let edge = b - a;
    let length_sq = edge.length_squared();
    let t = if length_sq > 0.0 { ((p - a).dot(edge) / length_sq).clamp(0.0, 1.0) } else { 0.0 };
    (p - a - edge * t).length_squared()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rows of triangles whose shared line is subdivided differently on each side, slivers between.
    fn seam() -> TriMesh {
        let mut mesh = TriMesh::default();
        for (half, shift) in [(-1.0, 0.0), (1.0, 0.5)] {
            for k in 0..=6 {
                for far in [0.0, 1.0] {
                    mesh.positions.push(DVec3::new(k as f64 + shift, half * far, 0.0));
                }
            }
        }
        let at = |half: u32, k: u32, far: u32| 14 * half + 2 * k + far;
        for k in 0..6 {
            mesh.triangles.push([at(0, k, 1), at(0, k + 1, 1), at(0, k, 0)]);
            mesh.triangles.push([at(0, k + 1, 1), at(0, k + 1, 0), at(0, k, 0)]);
            mesh.triangles.push([at(1, k, 0), at(1, k + 1, 0), at(1, k, 1)]);
            mesh.triangles.push([at(1, k + 1, 0), at(1, k + 1, 1), at(1, k, 1)]);
            mesh.triangles.push([at(0, k, 0), at(0, k + 1, 0), at(1, k, 0)]);
            mesh.triangles.push([at(0, k + 1, 0), at(1, k + 1, 0), at(1, k, 0)]);
        }
        mesh
    }

    #[test]
    fn a_walk_passes_slivers_and_keeps_its_length() {
        let mesh = seam();
        let surface = Surface::new(&mesh, &vec![1.0; mesh.positions.len()]);
        for start in 0..surface.faces.len() as u32 {
            if surface.faces[start as usize].thin {
                continue;
            }
            let from = Site { face: start, b1: 0.3, b2: 0.3 };
            let p = surface.point(from);
            if (p[0] + surface.centre.x as f32 - 3.25).abs() > 1.5 {
                continue;
            }
            let step = Vec3::new(0.2, if p[1] < 0.0 { 0.9 } else { -0.9 }, 0.0);
            let q = surface.point(surface.walk(from, step, AtBorder::Slide));
            let moved = Vec3::new(q[0] - p[0], q[1] - p[1], q[2] - p[2]);
            assert!((moved - step).length() < 1e-4, "{p:?} {moved} {step}");
        }
    }
}
