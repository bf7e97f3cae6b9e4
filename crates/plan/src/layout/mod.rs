//! Placing dots evenly on a surface, in visits that are each even on their own.
//!
//! Mesh and density in, dots out, in these steps: charges on small triangles along a space-filling curve and
//! systematic sampling from them; relaxation against the charges; labels by visit, exchanged until every visit and
//! every union of the first visits is even; a jitter to the irregularity of follicles; one wide step that balances all
//! sets again; repair of voids, of dots too close, of dots at hairs.

mod clusters;
mod hilbert;
pub mod metrics;
mod natural;
mod quadrature;
mod relax;
mod repair;
mod rng;
mod surface;
mod visits;

use glam::{DVec3, Vec3};
use hairline_scalp::TriMesh;
use rayon::prelude::*;

use clusters::Clusters;
use relax::{Dots, Hairs};
use surface::{Surface, triangle_charge};

/// Nearest-neighbour coefficient of variation of human follicular units (10,870 of them, 413 people, measured on
/// published scalp images; 95 % interval 0.194-0.205).
pub const NATURAL_CV: f64 = 0.20;
/// As regular as even visits allow: the even end of the look.
pub const EVEN_CV: f64 = 0.10;
/// The most irregular look on offer; beyond it dots pile up at the least distance and the tone gets blotchy.
pub const LOOSEST_CV: f64 = 0.25;
/// Clearance of a dot from an existing hair, mm.
pub const HAIR_CLEARANCE_MM: f64 = 0.3;
/// Most dots in one layout.
pub const MOST_DOTS: usize = 5_000_000;
/// Largest mesh, mm: beyond, single precision loses the dots' spacing.
const LARGEST_MM: f64 = 1e5;
/// Highest density, dots per mm2: 1 um apart.
const MOST_PER_MM2: f64 = 1e6;

/// What a layout is asked for beside mesh, density and obstacles.
#[derive(Clone, Debug, PartialEq)]
pub struct LayoutSettings {
    /// Number of dots; the density is scaled to it. `None`: the integral of the density, rounded.
    pub dots: Option<usize>,
    /// Share of the dots that each visit places, in order; positive, any sum.
    pub visit_shares: Vec<f64>,
    /// Coefficient of variation of the nearest-neighbour distance to aim at, [`EVEN_CV`] to [`LOOSEST_CV`].
    pub irregularity_cv: f64,
    /// Same seed, same dots.
    pub seed: u64,
}

impl Default for LayoutSettings {
    fn default() -> Self {
        Self { dots: None, visit_shares: vec![0.3, 0.4, 0.3], irregularity_cv: NATURAL_CV, seed: 1 }
    }
}

/// Something a dot keeps away from: an existing hair, or a dot of an earlier treatment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Obstacle {
    /// On or near the mesh, mm.
    pub position_mm: DVec3,
    /// Least distance of a dot, mm.
    pub clearance_mm: f64,
}

impl Obstacle {
    /// A hair with the usual clearance.
    pub fn hair(position_mm: DVec3) -> Self {
        Self { position_mm, clearance_mm: HAIR_CLEARANCE_MM }
    }
}

/// A placed dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedDot {
    /// On the mesh, mm.
    pub position_mm: DVec3,
    /// Unit normal of the mesh, interpolated between its vertices.
    pub normal: DVec3,
    /// Index into the mesh's triangles.
    pub triangle: u32,
    /// Weights of the triangle's corners; they sum to 1.
    pub barycentric: [f64; 3],
    /// Index into the visit shares.
    pub visit: u8,
}

/// The dots of a surface.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// In the order of a space-filling curve.
    pub dots: Vec<PlacedDot>,
    /// Dots that were asked for but found no place free of obstacles.
    pub left_out: usize,
}

/// Why no layout can be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LayoutError {
    /// Lengths differ.
    #[error(
        "the density has {found} values, the mesh has {vertices} vertices; it takes one value per vertex"
    )]
    DensityLength {
        /// Values given.
        found: usize,
        /// Vertices of the mesh.
        vertices: usize,
    },
    /// A density that is not a number, infinite or negative.
    #[error("the density at vertex {vertex} is {found}; allowed are finite numbers from 0")]
    BadDensity {
        /// Index of the vertex.
        vertex: usize,
        /// The value.
        found: f64,
    },
    /// A vertex that is not a place.
    #[error("vertex {vertex} of the mesh is not a finite position")]
    BadVertex {
        /// Index of the vertex.
        vertex: usize,
    },
    /// A triangle refers to a missing vertex.
    #[error("triangle {triangle} uses vertex {vertex}, but the mesh has {vertices} vertices")]
    BadTriangle {
        /// Index of the triangle.
        triangle: usize,
        /// The missing vertex.
        vertex: u32,
        /// Vertices of the mesh.
        vertices: usize,
    },
    /// An obstacle that is not a place or has no sensible clearance.
    #[error("obstacle {obstacle} is not a finite position with a clearance of 0 to 50 mm")]
    BadObstacle {
        /// Index of the obstacle.
        obstacle: usize,
    },
    /// Visit shares out of range.
    #[error("visit shares {found:?}: allowed are 1 to 100 positive numbers")]
    BadShares {
        /// The shares.
        found: Vec<f64>,
    },
    /// Irregularity out of range.
    #[error(
        "irregularity {found}: allowed is {EVEN_CV} (even) to {LOOSEST_CV} (loose); follicles have {NATURAL_CV}"
    )]
    BadIrregularity {
        /// The value.
        found: f64,
    },
    /// A surface of no size that skin has.
    #[error("the mesh measures {size_mm:.3e} mm across; allowed is up to {LARGEST_MM} mm")]
    BadSize {
        /// Diagonal of its box, mm.
        size_mm: f64,
    },
    /// More dots than the surface has room for.
    #[error("{asked} dots asked for on {area_mm2:.3e} mm2: the closest would lie less than 1 um apart")]
    TooDense {
        /// Dots asked for.
        asked: usize,
        /// Area of the mesh, mm2.
        area_mm2: f64,
    },
    /// Too many dots.
    #[error("{found} dots asked for; at most {MOST_DOTS} are placed at once")]
    TooMany {
        /// Dots asked for.
        found: f64,
    },
    /// Dots are asked for where there is no area or no density.
    #[error("{asked} dots asked for, but the density is zero everywhere on the mesh ({area_mm2:.1} mm2)")]
    NoRoom {
        /// Dots asked for.
        asked: usize,
        /// Area of the mesh, mm2.
        area_mm2: f64,
    },
}

/// Places dots on a mesh (mm) at a density given per vertex in dots per cm2, clear of the obstacles, in visits.
pub fn place_dots(
    mesh: &TriMesh,
    density_per_cm2: &[f64],
    obstacles: &[Obstacle],
    settings: &LayoutSettings,
) -> Result<Layout, LayoutError> {
    place_dots_with_progress(mesh, density_per_cm2, obstacles, settings, &mut |_| ())
}

/// [`place_dots`] that tells how far it is, 0 to 1, between its steps.
pub fn place_dots_with_progress(
    mesh: &TriMesh,
    density_per_cm2: &[f64],
    obstacles: &[Obstacle],
    settings: &LayoutSettings,
    progress: &mut dyn FnMut(f64),
) -> Result<Layout, LayoutError> {
    check(mesh, density_per_cm2, obstacles, settings)?;
    let (count, density) = scaled_density(mesh, density_per_cm2, settings.dots)?;
    if count == 0 {
        return Ok(Layout::default());
    }
    progress(0.0);
    let surface = Surface::new(mesh, &density);
    let (background, sites) = quadrature::sample(&surface, count, settings.seed);
    let mut dots = Dots::new(&surface, sites);
    let hairs = hairs(&surface, obstacles);
    progress(0.2);
    relax::relax(&surface, &background, &hairs, &mut dots);
    dots.measure_border(&surface);
    progress(0.4);
    let quotas = quotas(count, &settings.visit_shares);
    let sets = visits::visit_sets(&quotas);
    let mut labels = visits::first_labels(&quotas, settings.seed);
    natural::jitter(&surface, &mut dots, settings.irregularity_cv, settings.seed);
    visits::exchange(&surface, &background, &dots, &sets, &mut labels);
    progress(0.6);
    natural::balance(&surface, &background, &mut dots, &sets, &labels);
    progress(0.8);
    repair::repair(&surface, &background, &hairs, &mut dots);
    let layout = finish(mesh, &surface, &dots, &labels, &hairs);
    progress(1.0);
    Ok(layout)
}

fn check(
    mesh: &TriMesh,
    density: &[f64],
    obstacles: &[Obstacle],
    settings: &LayoutSettings,
) -> Result<(), LayoutError> {
    check_mesh(mesh, density)?;
    let bad = |o: &Obstacle| !(o.position_mm.is_finite() && (0.0..=50.0).contains(&o.clearance_mm));
    if let Some(obstacle) = obstacles.iter().position(bad) {
        return Err(LayoutError::BadObstacle { obstacle });
    }
    let shares = &settings.visit_shares;
    if shares.is_empty() || shares.len() > 100 || shares.iter().any(|s| !(s.is_finite() && *s > 0.0)) {
        return Err(LayoutError::BadShares { found: shares.clone() });
    }
    if !(EVEN_CV..=LOOSEST_CV).contains(&settings.irregularity_cv) {
        return Err(LayoutError::BadIrregularity { found: settings.irregularity_cv });
    }
    Ok(())
}

fn check_mesh(mesh: &TriMesh, density: &[f64]) -> Result<(), LayoutError> {
    let vertices = mesh.positions.len();
    if density.len() != vertices {
        return Err(LayoutError::DensityLength { found: density.len(), vertices });
    }
    if let Some(vertex) = mesh.positions.iter().position(|p| !p.is_finite()) {
        return Err(LayoutError::BadVertex { vertex });
    }
    let low = mesh.positions.iter().copied().reduce(DVec3::min).unwrap_or(DVec3::ZERO);
    let high = mesh.positions.iter().copied().reduce(DVec3::max).unwrap_or(DVec3::ZERO);
    let size_mm = low.distance(high);
    if size_mm > LARGEST_MM {
        return Err(LayoutError::BadSize { size_mm });
    }
    if let Some(vertex) = density.iter().position(|d| !(d.is_finite() && *d >= 0.0)) {
        return Err(LayoutError::BadDensity { vertex, found: density[vertex] });
    }
    for (triangle, corners) in mesh.triangles.iter().enumerate() {
        if let Some(&vertex) = corners.iter().find(|&&v| v as usize >= vertices) {
            return Err(LayoutError::BadTriangle { triangle, vertex, vertices });
        }
    }
    Ok(())
}

/// Number of dots and the density per mm2 whose integral it is.
fn scaled_density(
    mesh: &TriMesh,
    density_per_cm2: &[f64],
    dots: Option<usize>,
) -> Result<(usize, Vec<f64>), LayoutError> {
    let density: Vec<f64> = density_per_cm2.iter().map(|d| d / 100.0).collect();
    let integral: f64 = (0..mesh.triangles.len() as u32).map(|t| triangle_charge(mesh, &density, t)).sum();
    let asked = dots.map_or(integral.round(), |n| n as f64);
    if asked > MOST_DOTS as f64 || !asked.is_finite() {
        return Err(LayoutError::TooMany { found: asked });
    }
    let asked = asked as usize;
    if asked > 0 && integral <= 0.0 {
        return Err(LayoutError::NoRoom { asked, area_mm2: mesh.area_mm2() });
    }
    let scale = asked as f64 / integral.max(f64::MIN_POSITIVE);
    let density: Vec<f64> = density.iter().map(|d| d * scale).collect();
    if density.iter().any(|&d| d.is_nan() || d > MOST_PER_MM2) {
        return Err(LayoutError::TooDense { asked, area_mm2: mesh.area_mm2() });
    }
    Ok((asked, density))
}

/// Dots of every visit by largest remainder.
fn quotas(count: usize, shares: &[f64]) -> Vec<usize> {
    let sum: f64 = shares.iter().sum();
    let exact: Vec<f64> = shares.iter().map(|s| s / sum * count as f64).collect();
    let mut quotas: Vec<usize> = exact.iter().map(|e| e.floor() as usize).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()).then(a.cmp(&b)));
    let short = count.saturating_sub(quotas.iter().sum());
    for k in 0..short {
        quotas[order[k % order.len()]] += 1;
    }
    quotas
}

fn hairs(surface: &Surface, obstacles: &[Obstacle]) -> Hairs {
    let local = |o: &Obstacle| (o.position_mm - surface.centre).as_vec3();
    let curve = hilbert::Curve::new(surface.low, surface.high);
    let keys: Vec<u32> = obstacles.iter().map(|o| curve.key(local(o))).collect();
    let points: Vec<surface::Point> = hilbert::sorted(&keys)
        .iter()
        .map(|&i| {
            let o = &obstacles[i as usize];
            let p: Vec3 = local(o);
            [p.x, p.y, p.z, o.clearance_mm as f32]
        })
        .collect();
    let widest = points.iter().map(|p| p[3]).fold(0.0, f32::max);
    Hairs { clusters: Clusters::new(&points), points, widest }
}

/// The caller's view of the dots, without those that still stand too close to an obstacle.
fn finish(mesh: &TriMesh, surface: &Surface, dots: &Dots, labels: &[u8], hairs: &Hairs) -> Layout {
    let normals = mesh.vertex_normals();
    let near =
        clusters::obstacles_near(&hairs.clusters, &dots.points, hairs.widest, |_, clearance| clearance);
    let placed: Vec<Option<PlacedDot>> = (0..dots.sites.len())
        .into_par_iter()
        .map(|i| {
            if !near.of(i).is_empty() {
                return None;
            }
            let site = dots.sites[i];
            let triangle = surface.faces[site.face as usize].source;
            let (b1, b2) = (f64::from(site.b1), f64::from(site.b2));
            let barycentric = [(1.0 - b1 - b2).max(0.0), b1, b2];
            let corners = mesh.triangles[triangle as usize];
            let mix = |values: &[DVec3]| -> DVec3 {
                corners.iter().zip(barycentric).map(|(&v, b)| values[v as usize] * b).sum()
            };
            let [a, b, c] = mesh.corners(triangle as usize);
            let flat = (b - a).cross(c - a).normalize_or(DVec3::Y);
            Some(PlacedDot {
                position_mm: mix(&mesh.positions),
                normal: mix(&normals).normalize_or(flat),
                triangle,
                barycentric,
                visit: labels[i],
            })
        })
        .collect();
    let left_out = placed.iter().filter(|d| d.is_none()).count();
    Layout { dots: placed.into_iter().flatten().collect(), left_out }
}
