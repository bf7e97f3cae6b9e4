//! What an import found and did, for people and programs.

use glam::DVec3;
use serde::Serialize;

use super::clean::CleanReport;
use super::landmarks::{LandmarkReport, Source};
use super::read::{Format, Unit};
use crate::tape::TapeMeasures;

/// What an import found and did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImportReport {
    /// Name of the file as given.
    pub file: String,
    /// Kind of file.
    pub format: Format,
    /// The unit of the file.
    pub unit: UnitReport,
    /// Triangles in the file.
    pub triangles_in_file: usize,
    /// Triangles of the head.
    pub triangles: usize,
    /// What cleaning did.
    pub clean: CleanReport,
    /// How the head was found.
    pub orientation: OrientationReport,
    /// Where the scan was cut at the neck; `None` if it ends above.
    pub neck: Option<NeckReport>,
    /// Pieces dropped after the cut: what floated near the head.
    pub pieces_dropped: usize,
    /// Holes in the surface.
    pub holes: Vec<HoleReport>,
    /// Roughness of the scan, and what smoothing did.
    pub noise: NoiseReport,
    /// Edge lengths on the scalp before and after remeshing.
    pub mesh: MeshReport,
    /// Every landmark with where it comes from.
    pub landmarks: Vec<LandmarkReport>,
    /// Tape and calipers on the finished head, mm.
    pub measures: TapeMeasures,
    /// Sentences for the person who gave the scan.
    pub warnings: Vec<String>,
}

/// The unit of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnitReport {
    /// The unit.
    pub unit: Unit,
    /// Why it was decided so.
    pub reason: String,
    /// Factor by which lengths were corrected beyond the unit; 1 = none.
    pub scale_correction: f64,
    /// Where the correction comes from.
    pub scale_reason: String,
}

/// How the head was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OrientationReport {
    /// Whether the caller's landmarks fixed the frame.
    pub given: bool,
    /// From 0 (a guess) to 1 (beyond doubt): how much worse the next best orientation is. 1 if given.
    pub confidence: f64,
    /// Whether left and right were exchanged in the file, as the given landmarks show.
    pub mirrored: bool,
    /// Root mean square distance of the cranium from the average cranium of the same length, breadth and height, mm.
    pub cranium_rms_mm: f64,
    /// Share of the cranium that the scan shows.
    pub cranium_cover: f64,
    /// The same distance for face and ears, mm.
    pub face_rms_mm: f64,
    /// Share of face and ears that the scan shows.
    pub face_cover: f64,
}

/// Where the scan was cut at the neck.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeckReport {
    /// Height of the cut under the middle of the head, mm in the head frame; it rises towards the nape.
    pub height_mm: f64,
    /// Share of the scan's area that was below.
    pub share_cut: f64,
}

/// A hole in the surface.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HoleReport {
    /// Length of its border, mm.
    pub border_mm: f64,
    /// Area of the surface that fills it, mm2; 0 if it was left open.
    pub filled_mm2: f64,
    /// Whether it lies on the scalp (above the brows, ears and nape).
    pub on_scalp: bool,
    /// Middle of its border in the head frame, mm.
    pub centre_mm: DVec3,
}

/// Roughness of the scan, and what smoothing did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NoiseReport {
    /// Standard deviation of the scanner's noise on the scalp along the surface normal, mm, as estimated.
    pub noise_mm: f64,
    /// Rounds of smoothing; 0 = left as it was.
    pub rounds: usize,
    /// How far vertices of the scalp moved, root mean square, mm.
    pub moved_rms_mm: f64,
}

/// Edge lengths on the scalp.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MeshReport {
    /// Median edge of the scan, mm.
    pub edge_before_mm: f64,
    /// Median edge of the head, which was meshed anew, mm.
    pub edge_after_mm: f64,
}

/// Confidence of the orientation below which a person should look at the landmarks.
const SURE: f64 = 0.5;

/// Sentences for the person who gave the scan, after those that were collected on the way.
pub fn warnings(report: &ImportReport, mut sentences: Vec<String>) -> Vec<String> {
    let clean = &report.clean;
    if clean.faces_flipped > 0 && 2 * clean.faces_flipped > report.triangles_in_file {
        sentences.push(
            "the surface was inside out and was turned; if the exporter mirrored the scan, left and right are exchanged, \
             so compare the ears or a mole"
                .to_owned(),
        );
    } else if clean.faces_flipped > 0 {
        sentences.push(format!("{} triangles were inside out and were turned", clean.faces_flipped));
    }
    if clean.edges_cut > 0 {
        sentences.push(format!("{} edges had more than two triangles and were cut open", clean.edges_cut));
    }
    if clean.pieces_dropped_share > 0.02 {
        sentences.push(format!(
            "{} floating bits with {:.0} % of the surface were dropped",
            clean.pieces_dropped,
            100.0 * clean.pieces_dropped_share
        ));
    }
    if report.orientation.mirrored {
        sentences.push(
            "the given landmarks show that left and right are exchanged in the file; it was mirrored"
                .to_owned(),
        );
    }
    if report.orientation.confidence < SURE {
        sentences.push(format!(
            "which way the head looks is not beyond doubt (confidence {:.2}); check the landmarks",
            report.orientation.confidence
        ));
    }
    for l in report.landmarks.iter().filter(|l| l.source == Source::Average) {
        sentences.push(format!("{}: {} (within about {:.0} mm); give it", l.name, l.how, l.uncertainty_mm));
    }
    let on_scalp: Vec<&HoleReport> =
        report.holes.iter().filter(|h| h.on_scalp && h.filled_mm2 > 0.0).collect();
    if !on_scalp.is_empty() {
        sentences.push(format!(
            "holes of the scalp were filled smoothly: {}, {:.1} cm2 together; the surface there is a guess",
            on_scalp.len(),
            on_scalp.iter().map(|h| h.filled_mm2).sum::<f64>() / 100.0
        ));
    }
    for hole in report.holes.iter().filter(|h| h.filled_mm2 == 0.0) {
        sentences
            .push(format!("the surface ends in a border of {:.0} mm, which was left open", hole.border_mm));
    }
    if report.noise.rounds > 0 {
        sentences.push(format!(
            "the scan is rough by {:.2} mm and was smoothed, which moved the scalp by {:.2} mm (root mean square)",
            report.noise.noise_mm, report.noise.moved_rms_mm
        ));
    }
    sentences
}
