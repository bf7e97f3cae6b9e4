//! How far is it along the skin?
//!
//! [`Geodesics`] is a mesh with its neighbours; [`Geodesics::shortest_path`] gives the geodesic between two points as a
//! polyline with its length.
//!
//! First a round front spreads over the vertices from the one point until it has reached the other, one triangle at a
//! time: the source is unfolded into the plane of the triangle from the distances of two corners (Novotni and Klein,
//! "Computing geodesic distances on triangular meshes", WSCG 2002). Its trace is nearly the shortest way.
//!
//! The path is a true geodesic of the mesh: a strip of triangles along the trace is unfolded, pulled tight, and led
//! around every vertex it bends at until none is left (Xin and Wang, "Efficiently determining a locally exact shortest
//! path on polyhedral surfaces", Computer-Aided Design 39, 2007). On an icosphere of radius 85 mm with 2.9 mm edges it
//! is within 0.05 % of the great circle.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::mesh::TriMesh;
use crate::surface::Surface;
use crate::topology::{self, Adjacency, Lists};
use glam::DVec3;

mod path;

pub use path::Path;

/// No vertex: where a front starts.
const NONE: u32 = u32::MAX;

/// A point on a mesh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurfacePoint {
    /// Index of the triangle it lies in.
    pub triangle: u32,
    /// Weights of the three corners, 0-1, sum 1.
    pub barycentric: [f64; 3],
}

/// Why a distance cannot be given.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DistanceError {
    /// The mesh has no triangle to measure on.
    #[error("the mesh has no triangles, so nothing can be measured along its surface")]
    Empty,
    /// A triangle names a vertex that does not exist, or a vertex is not a number.
    #[error(
        "triangle {triangle} of the mesh has a corner that is missing or not a number; every corner must be one of its {vertices} vertices with finite coordinates"
    )]
    BadTriangle {
        /// Index of the triangle.
        triangle: usize,
        /// Number of vertices of the mesh.
        vertices: usize,
    },
    /// Two points lie on pieces that do not touch.
    #[error(
        "there is no way along the surface from ({:.1}, {:.1}, {:.1}) mm to ({:.1}, {:.1}, {:.1}) mm: the mesh is in separate pieces",
        from_mm.x, from_mm.y, from_mm.z, to_mm.x, to_mm.y, to_mm.z
    )]
    Apart {
        /// Where the way starts, head frame, mm.
        from_mm: DVec3,
        /// Where it should end, head frame, mm.
        to_mm: DVec3,
    },
}

/// A mesh prepared for measuring along it.
pub struct Geodesics<'m> {
    mesh: &'m TriMesh,
    adjacency: Adjacency,
    /// Triangles around every vertex.
    fans: Lists<u32>,
    surface: Surface,
}

impl<'m> Geodesics<'m> {
    /// Finds the neighbours of every triangle and builds the search tree. Edges of more than two triangles, and of two of
    /// which one is turned inside out, are border.
    pub fn new(mesh: &'m TriMesh) -> Result<Geodesics<'m>, DistanceError> {
        let vertices = mesh.positions.len();
        for (triangle, corners) in mesh.triangles.iter().enumerate() {
            let ok = |&v: &u32| mesh.positions.get(v as usize).is_some_and(|p| p.is_finite());
            if !corners.iter().all(ok) {
                return Err(DistanceError::BadTriangle { triangle, vertices });
            }
        }
        let surface = Surface::new(mesh).ok_or(DistanceError::Empty)?;
        let fans = topology::fans(vertices, &mesh.triangles);
        Ok(Geodesics { mesh, adjacency: Adjacency::of(&mesh.triangles), fans, surface })
    }

    /// The mesh this surface measures on.
    pub fn mesh(&self) -> &'m TriMesh {
        self.mesh
    }

    /// Rays and nearest points on the same mesh.
    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// The point of the surface nearest to `p`, head frame, mm.
    pub fn closest(&self, p: DVec3) -> SurfacePoint {
        let (triangle, barycentric) = self.surface.locate(p);
        SurfacePoint { triangle, barycentric }
    }

    /// Where a surface point is, head frame, mm.
    pub fn position(&self, p: SurfacePoint) -> DVec3 {
        let [a, b, c] = self.mesh.corners(p.triangle as usize);
        a * p.barycentric[0] + b * p.barycentric[1] + c * p.barycentric[2]
    }

    /// Unit normal of the triangle a surface point lies in.
    pub fn normal(&self, p: SurfacePoint) -> DVec3 {
        let [a, b, c] = self.mesh.corners(p.triangle as usize);
        (b - a).cross(c - a).try_normalize().unwrap_or(DVec3::Y)
    }

    /// The shortest way along the surface between two points.
    pub fn shortest_path(&self, from: SurfacePoint, to: SurfacePoint) -> Result<Path, DistanceError> {
        let mut paths = self.shortest_paths(from, &[to])?;
        Ok(paths.remove(0))
    }

    /// The shortest ways from one point to several, in the order of `to`; one front serves them all.
    pub fn shortest_paths(
        &self,
        from: SurfacePoint,
        to: &[SurfacePoint],
    ) -> Result<Vec<Path>, DistanceError> {
        let mut front = Front::new(self);
        front.seed_point(from);
        let wanted: Vec<u32> = to.iter().flat_map(|p| self.mesh.triangles[p.triangle as usize]).collect();
        front.spread(&wanted);
        to.iter()
            .map(|&target| {
                path::trace(self, &front.time, &front.before, from, target).ok_or_else(|| {
                    DistanceError::Apart { from_mm: self.position(from), to_mm: self.position(target) }
                })
            })
            .collect()
    }

    fn fan(&self, vertex: u32) -> &[u32] {
        self.fans.of(vertex as usize)
    }
}

/// Arrival time of a front at a vertex, mm along the surface, ordered for the queue.
#[derive(PartialEq)]
struct Arrival {
    time: f64,
    vertex: u32,
}

impl Eq for Arrival {}

impl PartialOrd for Arrival {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Arrival {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.time.total_cmp(&other.time).then(self.vertex.cmp(&other.vertex))
    }
}

/// A front that spreads over the vertices.
struct Front<'s, 'm> {
    surface: &'s Geodesics<'m>,
    time: Vec<f64>,
    /// The vertex the front came by, `NONE` at the seeds: a chain back to the source.
    before: Vec<u32>,
    queue: BinaryHeap<Reverse<Arrival>>,
}

impl<'s, 'm> Front<'s, 'm> {
    fn new(surface: &'s Geodesics<'m>) -> Self {
        let vertices = surface.mesh.positions.len();
        Front {
            surface,
            time: vec![f64::INFINITY; vertices],
            before: vec![NONE; vertices],
            queue: BinaryHeap::new(),
        }
    }

    fn reach(&mut self, vertex: u32, time: f64, before: u32) {
        // A tenth of a micrometre: smaller gains would send the front back over the whole mesh for nothing.
        const GAIN_MM: f64 = 1e-4;
        if time < self.time[vertex as usize] - GAIN_MM {
            self.time[vertex as usize] = time;
            self.before[vertex as usize] = before;
            self.queue.push(Reverse(Arrival { time, vertex }));
        }
    }

    fn seed_point(&mut self, p: SurfacePoint) {
        let from = self.surface.position(p);
        for v in self.surface.mesh.triangles[p.triangle as usize] {
            self.reach(v, self.surface.mesh.positions[v as usize].distance(from), NONE);
        }
    }

    /// Spreads until all of `wanted` are reached, or all that can be.
    fn spread(&mut self, wanted: &[u32]) {
        let surface = self.surface;
        let mut pending = wanted.to_vec();
        while let Some(Reverse(Arrival { time, vertex: a })) = self.queue.pop() {
            if time > self.time[a as usize] {
                continue;
            }
            while pending.last().is_some_and(|&v| self.time[v as usize] <= time) {
                pending.pop();
            }
            if pending.is_empty() {
                return;
            }
            for &t in surface.fan(a) {
                let corners = surface.mesh.triangles[t as usize];
                let k = corners.iter().position(|&v| v == a).expect("a fan holds triangles of its vertex");
                let (b, c) = (corners[(k + 1) % 3], corners[(k + 2) % 3]);
                self.cross(a, b, c);
                self.cross(a, c, b);
            }
        }
    }

    /// Takes the front from the edge a-b to the third corner, and along the edge from a to it.
    fn cross(&mut self, a: u32, b: u32, c: u32) {
        let [pa, pb, pc] = [a, b, c].map(|v| self.surface.mesh.positions[v as usize]);
        let (ta, tb) = (self.time[a as usize], self.time[b as usize]);
        self.reach(c, ta + pa.distance(pc), a);
        let length = pa.distance(pb);
        if tb.is_finite() && length > 0.0 {
            let along = (pb - pa) / length;
            let x = (pc - pa).dot(along);
            let y = (pc - pa - along * x).length();
            // An arrival before both corners of the edge happens only in slivers next to the source; it would break
            // the chain back, and the way along the edges stands in for it.
            if let Some(time) = arrive([ta, tb], length, x, y)
                && time > ta.min(tb)
            {
                self.reach(c, time, if ta <= tb { a } else { b });
            }
        }
    }
}

/// Time at the third corner, at (x, y) with y > 0, of a round front that is at (0, 0) and (length, 0) at the given times;
/// `None` if it does not come through the edge between them.
fn arrive([ta, tb]: [f64; 2], length: f64, x: f64, y: f64) -> Option<f64> {
    let sx = (length * length + ta * ta - tb * tb) / (2.0 * length);
    let sy2 = ta * ta - sx * sx;
    if sy2 < 0.0 {
        return None;
    }
    let sy = sy2.sqrt();
    let through = if y + sy > 0.0 { sx + (x - sx) * sy / (y + sy) } else { sx };
    (0.0..=length).contains(&through).then(|| ((x - sx) * (x - sx) + (y + sy) * (y + sy)).sqrt())
}
