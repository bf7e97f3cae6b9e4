//! A scan of a head, from the bytes of a file to a [`Head`] in the head frame.
//!
//! 1. `read`: the triangles of a GLB, glTF, OBJ, PLY or STL file.
//! 2. `clean`: one manifold surface, outside out, without floating bits.
//! 3. `locate` by `search`: where the average head lies in it; this gives orientation and unit.
//! 4. `isolate` by `cut`, `noise`, `fill`: no shoulders, no noise, no holes.
//! 5. `fit`, `landmarks`: ears, nose root and the rest; given ones are kept. They fix the head frame.
//! 6. An even mesh, and tape and calipers on it.
//!
//! Every decision is in the [`ImportReport`].

mod clean;
mod cut;
mod ears;
mod error;
mod fill;
mod fit;
mod grid;
mod isolate;
mod landmarks;
mod locate;
mod noise;
mod pose;
mod profile;
mod read;
mod report;
mod sample;
mod scale;
mod search;
mod template;

use std::sync::LazyLock;

use glam::{DMat4, DQuat, DVec3};

pub use clean::CleanReport;
pub use error::ImportError;
pub use landmarks::{GivenLandmarks, LandmarkReport, Source};
pub use read::{Format, MAX_TRIANGLES, RawMesh, Unit, read_mesh};
pub use report::{
    HoleReport, ImportReport, MeshReport, NeckReport, NoiseReport, OrientationReport, UnitReport,
};

use crate::curved::CurvedSurface;
use crate::head::{Head, Landmarks};
use crate::mesh::TriMesh;
use crate::model::{self, Measurements, Sex};
use crate::remesh::{median_edge_mm, remesh};
use crate::tape;
use isolate::Isolated;
use pose::Pose;
use template::Template;

/// What the caller knows about a scan; by default nothing, and everything is found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportSettings {
    /// Known landmarks in the file's own coordinates.
    pub landmarks: GivenLandmarks,
    /// Tape measurements of the same head, which correct the scale.
    pub tape: Option<Measurements>,
}

/// A head from a scan.
#[derive(Clone, Debug)]
pub struct ImportedScan {
    /// The head.
    pub head: Head,
    /// Takes file coordinates (in the file's unit) to the head frame (mm); its determinant is negative where the file
    /// was mirrored.
    pub head_from_scan: DMat4,
    /// What was found and done.
    pub report: ImportReport,
}

/// Edge of the head's mesh, mm.
const EDGE_MM: f64 = 2.0;

/// Edge of the template's mesh, mm, and points of it that are laid onto the scan.
const TEMPLATE_STEP_MM: f64 = 4.0;
const TEMPLATE_POINTS: usize = 1500;

/// The average head of men and women, and points of it; the tests of `model` hold that it can be built.
static AVERAGE: LazyLock<Option<(Head, Template)>> = LazyLock::new(|| {
    let average = model::fit_head(&Measurements::none(Sex::Unspecified), TEMPLATE_STEP_MM).ok()?.head;
    let template = Template::new(&average, TEMPLATE_POINTS);
    Some((average, template))
});

/// Reads a scan and makes a head of it. `name` is the file's name for messages.
///
/// # Errors
/// If the bytes are no mesh, the mesh is no single head, or what the caller knows contradicts it.
pub fn import_scan(bytes: &[u8], name: &str, settings: &ImportSettings) -> Result<ImportedScan, ImportError> {
    let raw = read_mesh(bytes, name)?;
    let (mut scan, clean) = clean::clean(&raw.mesh);
    let no_head = |problem: String| ImportError::Head { file: name.to_owned(), problem };
    if scan.area_mm2() <= 0.0 {
        return Err(no_head("the surface has no area; all its triangles are lines or points".to_owned()));
    }
    let Some((average, template)) = &*AVERAGE else {
        return Err(no_head("the average head to compare it with could not be built".to_owned()));
    };
    let mut warnings = Vec::new();

    // Where is the head, and how large?
    let given = settings.landmarks.to_array();
    let place = locate::locate(&scan, template, &settings.landmarks, name)?;
    if place.mirrored {
        locate::mirror(&mut scan);
    }
    let given = given.map(|p| p.map(|p| if place.mirrored { locate::mirror_point(p) } else { p }));
    let unit = scale::decide_unit(place.pose.mean_scale(), raw.unit_hint, name, &mut warnings)?;
    let mm = unit.unit.mm();

    // Millimetres, roughly upright, without shoulders, noise and holes.
    let size = place.pose.mean_scale() * mm;
    let rough_from_scan = place.pose.head_from_scan(mm);
    let whole = transformed(&scan, &rough_from_scan);
    let Isolated { mesh: rough, n_scanned, noise, edge_mm: edge_before_mm, mut holes } =
        isolate::isolate(&whole, size, name)?;
    let surface =
        CurvedSurface::new(&rough).ok_or_else(|| no_head("no surface is left above the neck".to_owned()))?;

    // Lay the average head onto it.
    let start = Pose { rotation: DQuat::IDENTITY, translation: DVec3::ZERO, scale: place.pose.scale * mm };
    let given_rough = given.map(|p| p.map(|p| rough_from_scan.transform_point3(p)));
    locate::check_given(&given_rough, &surface)?;
    let fit = fit::fit(start, &surface, template, &locate::anchors(&template.landmarks, &given_rough));
    locate::check_head(&fit, name)?;

    // Landmarks in the frame of the fitted template, then the head frame from them.
    let fitted_from_rough = fit.pose.head_from_scan(1.0);
    let rough_from_fitted = fitted_from_rough.inverse();
    let onto_surface = |p: DVec3| {
        let nearest = surface.nearest(rough_from_fitted.transform_point3(p), 25.0);
        nearest.map_or(p, |n| fitted_from_rough.transform_point3(n.point))
    };
    let given_fitted = given_rough.map(|p| p.map(|p| fitted_from_rough.transform_point3(p)));
    let fitted = transformed(&rough, &fitted_from_rough);
    let mut frame = landmarks::find_frame(&fitted, onto_surface, average, &fit, &given_fitted);
    let [left, right, nasion] = [frame.tragion_left.0, frame.tragion_right.0, frame.nasion.0];
    let head_from_fitted = landmarks::head_frame(left, right, nasion).ok_or_else(locate::collinear)?;
    for landmark in [&mut frame.tragion_left, &mut frame.tragion_right, &mut frame.nasion] {
        landmark.0 = head_from_fitted.transform_point3(landmark.0);
    }
    let given_head = given_fitted.map(|p| p.map(|p| head_from_fitted.transform_point3(p)));
    let head_from_rough = head_from_fitted * fitted_from_rough;
    let mut head_from_scan = head_from_rough * rough_from_scan;

    // The head above the neck, evenly meshed.
    let neck = isolate::neck(size);
    let (above, pieces_dropped) = cut::drop_crumbs(&cut::cut_below(&rough, neck.seen_from(&head_from_rough)));
    let share_cut = 1.0 - above.area_mm2() / whole.area_mm2();
    let mut even = remesh(&above, &surface, EDGE_MM);
    let in_patch: Vec<bool> = even.triangle.iter().map(|&t| t as usize >= n_scanned).collect();
    fill::bend_patches(&mut even.mesh, &in_patch);
    let mut head_mesh = transformed(&even.mesh, &head_from_rough);
    let edge_after_mm = median_edge_mm(&head_mesh, |p| Template::is_cranium(p / size));
    holes.retain_mut(|hole| {
        hole.centre_mm = head_from_rough.transform_point3(hole.centre_mm);
        neck.above_mm(hole.centre_mm) > 1.0
    });

    // Landmarks, measures, and the scale that a tape beside the scan asks for.
    let uncovered = || no_head("the scan has no midline from the brow over the top to the back".to_owned());
    let (mut marks, origins) =
        landmarks::complete(&head_mesh, &frame, &given_head, size).ok_or_else(uncovered)?;
    let mut measures = tape::measure(&head_mesh, &marks).map_err(|e| no_head(e.to_string()))?;
    let (scale_correction, scale_reason) =
        scale::decide_scale(settings.tape.as_ref(), &measures, &mut warnings)?;
    if scale_correction != 1.0 {
        head_from_scan = DMat4::from_scale(DVec3::splat(scale_correction)) * head_from_scan;
        head_mesh.positions.iter_mut().for_each(|p| *p *= scale_correction);
        marks = scaled(&marks, scale_correction);
        measures = tape::measure(&head_mesh, &marks).map_err(|e| no_head(e.to_string()))?;
    }
    if place.mirrored {
        head_from_scan *= DMat4::from_scale(DVec3::new(-1.0, 1.0, 1.0));
    }

    let scan_from_head = head_from_scan.inverse();
    let landmarks: Vec<LandmarkReport> = landmarks::NAMES
        .iter()
        .zip(landmarks::to_array(&marks))
        .zip(origins)
        .map(|((name, position_mm), origin)| LandmarkReport {
            name,
            position_mm,
            position_in_file: scan_from_head.transform_point3(position_mm),
            source: origin.source,
            uncertainty_mm: origin.uncertainty_mm,
            how: origin.how,
        })
        .collect();
    let mut report = ImportReport {
        file: name.to_owned(),
        format: raw.format,
        unit: UnitReport { scale_correction, scale_reason, ..unit },
        triangles_in_file: raw.mesh.triangles.len(),
        triangles: head_mesh.triangles.len(),
        clean,
        orientation: OrientationReport {
            given: settings.landmarks.frame().is_some(),
            confidence: place.confidence,
            mirrored: place.mirrored,
            cranium_rms_mm: fit.cranium_rms_mm,
            cranium_cover: fit.cranium_cover,
            face_rms_mm: fit.face_rms_mm,
            face_cover: fit.face_cover,
        },
        neck: (share_cut > 1e-3)
            .then_some(NeckReport { height_mm: isolate::NECK_HEIGHT_MM * size, share_cut }),
        pieces_dropped,
        holes,
        noise,
        mesh: MeshReport { edge_before_mm, edge_after_mm },
        landmarks,
        measures,
        warnings: Vec::new(),
    };
    report.warnings = report::warnings(&report, warnings);
    let head = Head { skin: head_mesh.clone(), mesh: head_mesh, landmarks: marks };
    Ok(ImportedScan { head, head_from_scan, report })
}

fn scaled(l: &Landmarks, factor: f64) -> Landmarks {
    Landmarks {
        nasion: l.nasion * factor,
        glabella: l.glabella * factor,
        inion: l.inion * factor,
        opisthocranion: l.opisthocranion * factor,
        vertex: l.vertex * factor,
        tragion_left: l.tragion_left * factor,
        tragion_right: l.tragion_right * factor,
    }
}

fn transformed(mesh: &TriMesh, by: &DMat4) -> TriMesh {
    let positions = mesh.positions.iter().map(|p| by.transform_point3(*p)).collect();
    TriMesh { positions, triangles: mesh.triangles.clone() }
}
