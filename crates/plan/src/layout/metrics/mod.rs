//! How good a layout is: numbers for the whole, for every visit and for every union of the first visits.
//!
//! Lengths are in local spacings of the set, `1 / sqrt(density)`, so that numbers compare across densities and sets;
//! "ideal" is the hexagonal distance `sqrt(2 / (sqrt(3) density))`. A number that cannot be computed is an
//! [`Unmeasurable`] with its reason, never a NaN and never left out.

mod cover;
mod pairs;
mod scene;
#[cfg(test)]
mod tests;
mod waves;

use hairline_scalp::TriMesh;

use super::{LayoutError, Obstacle, PlacedDot};
pub use pairs::{PairCorrelation, Spectrum};
use scene::Scene;

/// Ideal (hexagonal) distance of neighbours in spacings.
pub(crate) const IDEAL: f64 = 1.074_569_931_823_542;

/// Why a number is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmeasurable {
    /// The set is too small.
    #[error("{found} dots, at least {least} are needed")]
    TooFewDots {
        /// Dots there are.
        found: usize,
        /// Dots needed.
        least: usize,
    },
    /// Too few dots stand far enough from every border.
    #[error("{found} dots stand {spacings} spacings inside the border, at least {least} are needed")]
    TooNarrow {
        /// Dots that far inside.
        found: usize,
        /// Distance needed, spacings.
        spacings: u32,
        /// Dots needed.
        least: usize,
    },
    /// The surface is closed.
    #[error("the surface has no border")]
    NoBorder,
    /// The density is the same everywhere.
    #[error("the density is even: there is no gain to fit")]
    EvenDensity,
}

/// A number, or the reason why there is none.
pub type Measured = Result<f64, Unmeasurable>;

/// Dots that are looked at together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DotSet {
    /// All dots.
    Whole,
    /// The dots of one visit (index).
    Visit(u8),
    /// The dots of the visits up to and with this index.
    FirstVisits(u8),
}

impl std::fmt::Display for DotSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => write!(f, "whole"),
            Self::Visit(v) => write!(f, "visit {}", v + 1),
            Self::FirstVisits(v) => write!(f, "visits 1-{}", v + 1),
        }
    }
}

/// Distances of nearest neighbours, dots farther than 2.5 spacings from a border.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearestNeighbours {
    /// Standard deviation over mean: 0.52 at random, 0.20 for follicular units, 0 for a lattice.
    pub cv: f64,
    /// Smallest distance over the ideal one (relative radius).
    pub smallest_over_ideal: f64,
    /// Mean distance over the ideal one.
    pub mean_over_ideal: f64,
    /// Clark and Evans' ratio: 1 at random, 1.48 for follicular units, 2.149 for a hexagonal lattice.
    pub clark_evans: f64,
}

/// How well counts follow the density, in discs of 6 mm radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DensityFit {
    /// Root mean square of count / asked - 1.
    pub rms: f64,
    /// Slope of log count over log asked; 1 is faithful.
    pub gain: Measured,
}

/// The numbers of one set of dots.
#[derive(Clone, Debug, PartialEq)]
pub struct SetReport {
    /// Which dots.
    pub set: DotSet,
    /// How many.
    pub count: usize,
    /// Nearest neighbours.
    pub nearest: Result<NearestNeighbours, Unmeasurable>,
    /// Radius of the largest empty circle over the ideal distance, borders included; 0.577 for a hexagonal lattice.
    pub largest_void: Measured,
    /// Pair correlation up to 3 spacings.
    pub pairs: Result<PairCorrelation, Unmeasurable>,
    /// Radial power spectrum and the mean power at low frequencies.
    pub spectrum: Result<Spectrum, Unmeasurable>,
    /// Mean over frequencies of variance / mean^2 of the power over directions, dB; [`ANISOTROPY_FLOOR_DB`] is the
    /// least that 64 patches can show.
    pub anisotropy_db: Measured,
    /// Low-frequency power of windows of 6 spacings placed anywhere, cut by borders; 1 at random.
    pub window_power: Measured,
    /// Counts against density.
    pub density: Result<DensityFit, Unmeasurable>,
    /// Dots within one spacing of a border over those asked for there.
    pub border_ratio: Measured,
}

/// Anisotropy of an isotropic pattern over 64 patches, dB.
pub const ANISOTROPY_FLOOR_DB: f64 = -18.06;

/// All numbers of a layout.
#[derive(Clone, Debug, PartialEq)]
pub struct LayoutReport {
    /// Whole, visits, unions.
    pub sets: Vec<SetReport>,
    /// Least distance of a dot from an obstacle less the obstacle's clearance, mm; none without obstacles or dots.
    pub least_spare_clearance_mm: Option<f64>,
}

/// Measures dots against the density they were asked for (per vertex, any scale).
pub fn measure(
    mesh: &TriMesh,
    density: &[f64],
    obstacles: &[Obstacle],
    dots: &[PlacedDot],
) -> Result<LayoutReport, LayoutError> {
    let visits = dots.iter().map(|d| d.visit).max().map_or(0, |v| v + 1);
    let mut sets = vec![DotSet::Whole];
    if visits > 1 {
        sets.extend((0..visits).map(DotSet::Visit));
        sets.extend((1..visits - 1).map(DotSet::FirstVisits));
    }
    let mut reports = Vec::new();
    for set in sets {
        let chosen: Vec<PlacedDot> = dots
            .iter()
            .filter(|d| match set {
                DotSet::Whole => true,
                DotSet::Visit(v) => d.visit == v,
                DotSet::FirstVisits(v) => d.visit <= v,
            })
            .copied()
            .collect();
        reports.push(measure_set(mesh, density, &chosen, set)?);
    }
    Ok(LayoutReport {
        sets: reports,
        least_spare_clearance_mm: cover::least_spare_clearance(dots, obstacles),
    })
}

/// Measures one set of dots on its own: its density is the given one scaled to its count.
pub fn measure_set(
    mesh: &TriMesh,
    density: &[f64],
    dots: &[PlacedDot],
    set: DotSet,
) -> Result<SetReport, LayoutError> {
    let scene = Scene::new(mesh, density, dots)?;
    let (pairs, spectrum) = pairs::pairs_and_spectrum(&scene);
    Ok(SetReport {
        set,
        count: dots.len(),
        nearest: cover::nearest(&scene),
        largest_void: cover::largest_void(&scene),
        pairs,
        spectrum,
        anisotropy_db: waves::anisotropy_db(&scene),
        window_power: waves::window_power(&scene),
        density: cover::density_fit(&scene),
        border_ratio: cover::border_ratio(&scene),
    })
}
