//! How does a patch of skin lie flat on paper, and what does that cost?
//!
//! [`flatten`] takes a patch that the caller has already laid down roughly, without a flipped triangle (as its shadow on
//! a plane, say), stretches and shears it as little as possible, and measures what is left. It minimises the symmetric
//! Dirichlet energy (sum over triangles of area times s1^2 + 1/s1^2 + s2^2 + 1/s2^2 of the two stretches), which no step
//! can flip, by Newton's method with the Hessian of each triangle made positive (Smith, de Goes and Kim, "Analytic
//! eigensystems for isotropic distortion energies", ACM Transactions on Graphics 38, 2019).
//!
//! Weights let a part of the patch stay truer than the rest: the skin beside a hairline, on a stencil.

use glam::{DMat2, DVec2};

use crate::mesh::TriMesh;

mod energy;
mod solve;

/// A patch laid flat.
#[derive(Clone, Debug, PartialEq)]
pub struct Flat {
    /// `uv_mm[vertex]`: where each vertex lies on the paper, mm; counter-clockwise triangles stay so.
    pub uv_mm: Vec<DVec2>,
    /// What the paper does not show truly.
    pub distortion: Distortion,
}

/// How far a flat patch differs from the skin. Errors are fractions: 0.01 = flat is 1 % longer.
#[derive(Clone, Debug, PartialEq)]
pub struct Distortion {
    /// The largest |flat / true - 1| of an edge.
    pub largest_edge_error: f64,
    /// Root mean square of flat / true - 1 over the edges.
    pub rms_edge_error: f64,
    /// Flat area of the whole patch / true area - 1.
    pub area_error: f64,
    /// `vertex_scale[vertex]`: flat length / true length about a vertex (square root of its areas' ratio).
    pub vertex_scale: Vec<f64>,
}

/// Why a patch cannot be laid flat.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FlattenError {
    /// Nothing to lay flat.
    #[error("the patch has no triangles, so there is nothing to lay flat")]
    Empty,
    /// A triangle without area, or a corner that is no number.
    #[error("triangle {triangle} of the patch has no area, or a corner that is missing or not a number")]
    BadTriangle {
        /// Index of the triangle.
        triangle: usize,
    },
    /// The caller's start is not usable.
    #[error(
        "triangle {triangle} is flipped or without area in the given start; every triangle must be counter-clockwise"
    )]
    FlippedStart {
        /// Index of the triangle.
        triangle: usize,
    },
}

/// Lays a patch flat from a start without flipped triangles, `start[vertex]` in mm (missing vertices start at zero).
/// `weight[triangle]` (positive, 1 for all when empty) says how much its truth counts.
///
/// # Errors
/// If the patch or its start is not usable.
pub fn flatten(patch: &TriMesh, weight: &[f64], mut start: Vec<DVec2>) -> Result<Flat, FlattenError> {
    if patch.triangles.is_empty() {
        return Err(FlattenError::Empty);
    }
    start.resize(patch.positions.len(), DVec2::ZERO);
    let rest = rest_shapes(patch, weight)?;
    let jacobian_ok = |(triangle, r): (usize, &Rest)| {
        (r.jacobian(&start).determinant() > 0.0).then_some(()).ok_or(FlattenError::FlippedStart { triangle })
    };
    rest.iter().enumerate().try_for_each(jacobian_ok)?;
    let uv_mm = energy::minimise(&rest, start);
    let distortion = measure(patch, &rest, &uv_mm);
    Ok(Flat { uv_mm, distortion })
}

/// One triangle as it is on the skin.
struct Rest {
    corners: [usize; 3],
    /// Inverse of the two edge vectors in the triangle's own plane: flat edges times this = the map's Jacobian.
    inverse: DMat2,
    area_mm2: f64,
    /// Area times the caller's weight.
    weight: f64,
}

impl Rest {
    /// Derivative of the flat position by the position on the skin.
    fn jacobian(&self, uv: &[DVec2]) -> DMat2 {
        let [a, b, c] = self.corners.map(|v| uv[v]);
        DMat2::from_cols(b - a, c - a) * self.inverse
    }

    /// Derivative of the Jacobian by each corner: J = sum of uv_i (outer) gradient_i.
    fn gradients(&self) -> [DVec2; 3] {
        let b = self.inverse.row(0);
        let c = self.inverse.row(1);
        [-b - c, b, c]
    }
}

fn rest_shapes(patch: &TriMesh, weight: &[f64]) -> Result<Vec<Rest>, FlattenError> {
    let shape = |triangle: usize| {
        let corners = patch.triangles[triangle].map(|v| v as usize);
        if corners.iter().any(|&v| patch.positions.get(v).is_none_or(|p| !p.is_finite())) {
            return Err(FlattenError::BadTriangle { triangle });
        }
        let [a, b, c] = patch.corners(triangle);
        let length = a.distance(b);
        let twice_area = (b - a).cross(c - a).length();
        // Relative to its edge; thinner triangles cannot be inverted in f64 with any use.
        if twice_area <= 1e-9 * length * length || length == 0.0 {
            return Err(FlattenError::BadTriangle { triangle });
        }
        let x = (c - a).dot(b - a) / length;
        let edges = DMat2::from_cols(DVec2::new(length, 0.0), DVec2::new(x, twice_area / length));
        let area_mm2 = 0.5 * twice_area;
        let weight = area_mm2 * weight.get(triangle).copied().unwrap_or(1.0);
        Ok(Rest { corners, inverse: edges.inverse(), area_mm2, weight })
    };
    (0..patch.triangles.len()).map(shape).collect()
}

fn measure(patch: &TriMesh, rest: &[Rest], uv: &[DVec2]) -> Distortion {
    let mut edges: Vec<[u32; 2]> = patch
        .triangles
        .iter()
        .flat_map(|&[a, b, c]| [[a, b], [b, c], [c, a]])
        .map(|[a, b]| [a.min(b), a.max(b)])
        .collect();
    edges.sort_unstable();
    edges.dedup();
    let edge_error = |&[a, b]: &[u32; 2]| {
        let [a, b] = [a as usize, b as usize];
        uv[a].distance(uv[b]) / patch.positions[a].distance(patch.positions[b]) - 1.0
    };
    let largest_edge_error = edges.iter().map(|e| edge_error(e).abs()).fold(0.0, f64::max);
    let mean_square = edges.iter().map(|e| edge_error(e).powi(2)).sum::<f64>() / edges.len().max(1) as f64;
    let mut vertex_areas = vec![(0.0, 0.0); uv.len()];
    let (mut flat_area, mut true_area) = (0.0, 0.0);
    for r in rest {
        let ratio = r.jacobian(uv).determinant();
        flat_area += ratio * r.area_mm2;
        true_area += r.area_mm2;
        for v in r.corners {
            vertex_areas[v].0 += ratio * r.area_mm2;
            vertex_areas[v].1 += r.area_mm2;
        }
    }
    let scale = |(flat, skin): &(f64, f64)| if *skin > 0.0 { (flat / skin).sqrt() } else { 1.0 };
    Distortion {
        largest_edge_error,
        rms_edge_error: mean_square.sqrt(),
        area_error: if true_area > 0.0 { flat_area / true_area - 1.0 } else { 0.0 },
        vertex_scale: vertex_areas.iter().map(scale).collect(),
    }
}
