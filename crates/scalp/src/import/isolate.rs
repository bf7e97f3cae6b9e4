//! The head alone: without shoulders, furniture, noise and holes.

use glam::DVec3;

use super::cut::{self, Plane};
use super::error::ImportError;
use super::report::{HoleReport, NoiseReport};
use super::template::Template;
use super::{fill, noise};
use crate::mesh::TriMesh;
use crate::remesh::median_edge_mm;

/// Where the neck is cut: `y + NECK_SLOPE z = NECK_HEIGHT_MM` on a head of average size: below chin (z 60, y -125)
/// and hairline of the nape (z -100, y -85).
const NECK_SLOPE: f64 = 0.25;
pub const NECK_HEIGHT_MM: f64 = -110.0;

/// How much is kept below the neck until the head frame is known, mm: more than the first search is off.
const NECK_MARGIN_MM: f64 = 25.0;

/// What is farther to the sides, above, before or behind the middle of the ears is no head, mm: the nose reaches 125,
/// the top 140, and a person may be rotated by the first search.
const BOX_MM: f64 = 190.0;

/// Largest surface in that box, mm2: a head with its neck has 0.2 m2, one with inner walls twice that.
const LARGEST_MM2: f64 = 1.0e6;

/// Holes with a shorter border are filled wherever they are: eyes, mouth, ear canals, gaps behind the ears.
const SMALL_HOLE_MM: f64 = 250.0;
/// Holes of the scalp with a shorter border are filled.
const SCALP_HOLE_MM: f64 = 800.0;
/// Holes with a shorter border are not worth a line in the report.
const REPORTED_HOLE_MM: f64 = 15.0;

/// A head alone, still in the rough frame and with some neck too much.
pub struct Isolated {
    /// The surface, mm; what fills its holes comes last.
    pub mesh: TriMesh,
    /// Triangles before those that fill holes.
    pub n_scanned: usize,
    /// The noise and what smoothing did.
    pub noise: NoiseReport,
    /// Median edge on the scalp, mm.
    pub edge_mm: f64,
    /// Its holes, in the rough frame.
    pub holes: Vec<HoleReport>,
}

/// The plane that ends a head of a size against the average, in the head frame.
pub fn neck(size: f64) -> Plane {
    let normal = DVec3::new(0.0, 1.0, NECK_SLOPE).normalize();
    Plane { normal, height: NECK_HEIGHT_MM * size * normal.y }
}

/// Isolates a head that stands roughly in the head frame (mm) and is of `size` against the average.
pub fn isolate(whole: &TriMesh, size: f64, name: &str) -> Result<Isolated, ImportError> {
    let neck = neck(size);
    let mut mesh = cut::cut_below(whole, Plane { height: neck.height - NECK_MARGIN_MM, ..neck });
    for normal in [DVec3::X, DVec3::NEG_X, DVec3::NEG_Y, DVec3::Z, DVec3::NEG_Z] {
        mesh = cut::cut_below(&mesh, Plane { normal, height: -BOX_MM * size });
    }
    let (mut mesh, _) = cut::drop_crumbs(&mesh);
    let area_mm2 = mesh.area_mm2();
    if area_mm2 > LARGEST_MM2 * size * size {
        let problem = format!(
            "the surface around the head has {:.1} m2, a head has 0.2; remove walls and furniture from the scan",
            area_mm2 / 1e6
        );
        return Err(ImportError::Head { file: name.to_owned(), problem });
    }
    let on_scalp = |p: DVec3| Template::is_cranium(p / size);
    let edge_mm = median_edge_mm(&mesh, on_scalp);
    let noise = noise::smooth_noise(&mut mesh, on_scalp);
    let n_scanned = mesh.triangles.len();
    let fillable = |border_mm: f64, points: &[DVec3]| {
        let centre = points.iter().sum::<DVec3>() / points.len() as f64;
        // The border that the cut has left is no hole.
        let above_cut = points.iter().all(|p| neck.above_mm(*p) > -0.9 * NECK_MARGIN_MM);
        above_cut && border_mm < if on_scalp(centre) { SCALP_HOLE_MM } else { SMALL_HOLE_MM }
    };
    let holes = fill::close_holes(&mut mesh, REPORTED_HOLE_MM, fillable, on_scalp);
    Ok(Isolated { mesh, n_scanned, noise, edge_mm, holes })
}
