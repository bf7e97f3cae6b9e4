//! What every metric looks at: the dots, the surface scaled to their number, its charges and its border.

use glam::Vec3;
use hairline_scalp::TriMesh;
use rayon::prelude::*;

use super::super::clusters::{Bounds, Clusters, WIDTH};
use super::super::quadrature::{self, Background};
use super::super::surface::{Point, Surface, spacing};
use super::super::{LayoutError, PlacedDot, check_mesh, scaled_density};

/// Metrics need at least this many dots.
const LEAST_DOTS: usize = 30;

pub(super) struct Scene {
    pub surface: Surface,
    /// In the order of the dots given; the fourth component is half the density of the set.
    pub points: Vec<Point>,
    pub normals: Vec<Vec3>,
    pub clusters: Clusters,
    /// The asked density as charges of a fraction of a dot.
    pub background: Background,
    /// Places along the border, a twentieth of a spacing apart.
    pub border: Vec<Point>,
    pub border_clusters: Clusters,
    /// The same half a spacing apart, for distances of several spacings.
    coarse_border: Clusters,
    /// The density differs from place to place.
    pub graded: bool,
}

impl Scene {
    pub fn new(mesh: &TriMesh, density: &[f64], dots: &[PlacedDot]) -> Result<Self, LayoutError> {
        check_mesh(mesh, density)?;
        let (_, scaled) = scaled_density(mesh, density, Some(dots.len()))?;
        let surface = Surface::new(mesh, &scaled);
        let points: Vec<Point> = dots
            .iter()
            .map(|d| {
                let p = (d.position_mm - surface.centre).as_vec3();
                let corners = mesh.triangles[d.triangle as usize];
                let density: f64 =
                    corners.iter().zip(d.barycentric).map(|(&v, b)| scaled[v as usize] * b).sum();
                [p.x, p.y, p.z, ((0.5 * density) as f32).max(surface.least_half_density)]
            })
            .collect();
        let background = quadrature::charges(&surface, dots.len());
        let border = surface.border_points(0.05);
        let low = scaled.iter().copied().filter(|&d| d > 0.0).fold(f64::INFINITY, f64::min);
        let high = scaled.iter().copied().fold(0.0, f64::max);
        Ok(Self {
            clusters: Clusters::new(&points),
            border_clusters: Clusters::new(&border),
            coarse_border: Clusters::new(&surface.border_points(0.5)),
            normals: dots.iter().map(|d| d.normal.as_vec3()).collect(),
            points,
            background,
            border,
            surface,
            graded: high > 1.0001 * low,
        })
    }

    pub fn enough_dots(&self) -> Result<(), super::Unmeasurable> {
        let found = self.points.len();
        if found < LEAST_DOTS {
            return Err(super::Unmeasurable::TooFewDots { found, least: LEAST_DOTS });
        }
        Ok(())
    }

    /// Is the place farther than `spacings` of its own from every border?
    pub fn is_inside(&self, p: Point, spacings: f32) -> bool {
        let reach = spacings * spacing(p[3]);
        !any_within(if spacings > 2.0 { &self.coarse_border } else { &self.border_clusters }, p, reach)
    }

    /// Indices of the dots that far inside.
    pub fn inside(&self, spacings: f32) -> Vec<usize> {
        (0..self.points.len()).into_par_iter().filter(|&i| self.is_inside(self.points[i], spacings)).collect()
    }
}

pub(super) fn any_within(clusters: &Clusters, p: Point, reach_mm: f32) -> bool {
    let mut near = Vec::new();
    clusters.near(&Bounds::of_points(&[p]), |_| reach_mm * reach_mm, &mut near);
    near.iter()
        .any(|&leaf| clusters.leaves[leaf as usize].distances_sq(p).iter().any(|&d| d < reach_mm * reach_mm))
}

/// Calls `each(index, t)` for all points with `t < limit`, in order; `near` is scratch space.
pub(super) fn for_each_within(
    clusters: &Clusters,
    p: Point,
    limit: f32,
    near: &mut Vec<u32>,
    mut each: impl FnMut(usize, f32),
) {
    clusters.near_scaled(&Bounds::of_points(&[p]), limit, near);
    for &leaf in near.iter() {
        let t = clusters.leaves[leaf as usize].scaled_distances(p);
        for l in 0..WIDTH {
            if t[l] < limit {
                each(leaf as usize * WIDTH + l, t[l]);
            }
        }
    }
}
