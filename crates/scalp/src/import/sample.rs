//! Points spread evenly over a surface, the same on every run.

use glam::DVec3;

use crate::mesh::TriMesh;

/// Points on a surface with the normals of their triangles.
pub struct Samples {
    /// `points[sample]`, in the mesh's unit.
    pub points: Vec<DVec3>,
    /// `normals[sample]`, unit length.
    pub normals: Vec<DVec3>,
}

/// About `n` points of a mesh, one to each equal share of its area.
pub fn sample_surface(mesh: &TriMesh, n: usize) -> Samples {
    let step = mesh.area_mm2() / n as f64;
    let mut samples = Samples { points: Vec::with_capacity(n), normals: Vec::with_capacity(n) };
    if step.is_nan() || step <= 0.0 {
        return samples;
    }
    let mut passed = 0.0;
    let mut next = 0.5 * step;
    // Place within the triangle: the R2 sequence (Roberts 2018), folded into the triangle.
    let (mut u, mut v) = (0.5, 0.5);
    for t in 0..mesh.triangles.len() {
        passed += mesh.triangle_area_mm2(t);
        while next < passed && samples.points.len() < 2 * n {
            let [a, b, c] = mesh.corners(t);
            u = (u + 0.754_877_666_246_693) % 1.0;
            v = (v + 0.569_840_290_998_053) % 1.0;
            let (s, r) = if u + v > 1.0 { (1.0 - u, 1.0 - v) } else { (u, v) };
            samples.points.push(a + s * (b - a) + r * (c - a));
            samples.normals.push((b - a).cross(c - a).normalize_or_zero());
            next += step;
        }
    }
    samples
}
