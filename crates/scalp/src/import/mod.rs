//! A scan of a head, from the bytes of a file to a [`Head`] in the head frame.
//!
//! 1. `read`: the triangles of a GLB, glTF, OBJ, PLY or STL file.
//! 2. `clean`: one manifold surface, outside out, without floating bits.
//! 3. `search`, `fit`: where the average head lies in it; this gives orientation and unit.
//! 4. `landmarks`: ears, nose root and the rest; given ones are kept. They fix the head frame.
//! 5. `cut`, `fill`, `smooth`, `remesh`: a head without shoulders, holes and noise, evenly meshed.
//! 6. Tape and calipers on the result.
//!
//! Every decision is in the [`ImportReport`].

mod clean;
mod cut;
mod ears;
mod error;
mod fit;
mod grid;
mod landmarks;
mod pose;
mod profile;
mod read;
mod report;
mod sample;
mod search;
mod surface;
mod template;
mod topology;

use glam::{DMat4, DQuat, DVec3};

pub use clean::CleanReport;
pub use error::ImportError;
pub use landmarks::{GivenLandmarks, LandmarkReport, Source};
pub use read::{Format, MAX_TRIANGLES, RawMesh, Unit, read_mesh};
pub use report::{
    HoleReport, ImportReport, MeshReport, NeckReport, NoiseReport, OrientationReport, UnitReport,
};

use crate::head::{Head, Landmarks};
use crate::mesh::TriMesh;
use crate::model::{self, Measurements, Sex};
use crate::tape;
use fit::Fit;
use pose::{Anchor, Pose};
use surface::Surface;
use template::Template;

/// What the caller knows about a scan.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportSettings {
    /// Unit of the file; found by the size of the head if `None`.
    pub unit: Option<Unit>,
    /// Known landmarks in the file's own coordinates.
    pub landmarks: GivenLandmarks,
    /// Factor for all lengths beyond the unit (0.8 to 1.25); 1 if `None`.
    pub scale_correction: Option<f64>,
    /// Tape measurements of the same head, which correct the scale where no factor is given.
    pub tape: Option<Measurements>,
}

impl ImportSettings {
    /// Nothing is known: everything is found.
    pub fn find_all() -> ImportSettings {
        ImportSettings {
            unit: None,
            landmarks: GivenLandmarks::default(),
            scale_correction: None,
            tape: None,
        }
    }
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

/// Edge of the template's mesh, mm.
const TEMPLATE_STEP_MM: f64 = 4.0;

/// Points of the template that are laid onto the scan.
const TEMPLATE_POINTS: usize = 1500;

/// Head sizes against the average of men and women (circumference 558 mm) that a scan may have: from the smallest adult
/// heads of the surveys to brain atlases, which are 5 to 7 % too large, with a tenth to spare.
const PLAUSIBLE_SIZE: std::ops::RangeInclusive<f64> = 0.76..=1.28;

/// Where the neck is cut: `y + NECK_SLOPE z = NECK_HEIGHT_MM` on a head of average size: below chin (z 60, y -125)
/// and hairline of the nape (z -100, y -85).
const NECK_SLOPE: f64 = 0.25;
const NECK_HEIGHT_MM: f64 = -110.0;

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
    let average = average_head().map_err(|e| no_head(format!("the average head cannot be built ({e})")))?;
    let template = Template::new(&average, TEMPLATE_POINTS);
    let mut warnings = Vec::new();

    // Where is the head, and how large?
    let given = settings.landmarks.to_array();
    let place = locate(&scan, &template, &settings.landmarks, name)?;
    if place.mirrored {
        mirror(&mut scan);
    }
    let given = given.map(|p| p.map(|p| if place.mirrored { mirror_point(p) } else { p }));
    let unit = decide_unit(place.pose.mean_scale(), raw.unit_hint, settings.unit, name, &mut warnings)?;
    let mm = unit.unit.mm();

    // Lay the average head onto it, in millimetres.
    let rough_from_scan = place.pose.head_from_scan(mm);
    let mut rough = transformed(&scan, &rough_from_scan);
    let lowest = (NECK_HEIGHT_MM - 40.0) * place.pose.mean_scale() * mm;
    rough.triangles.retain(|t| t.iter().any(|&v| rough.positions[v as usize].y > lowest));
    let rough = cut::compact(&rough);
    let surface =
        Surface::new(&rough).ok_or_else(|| no_head("no surface is left above the neck".to_owned()))?;
    let start = Pose { rotation: DQuat::IDENTITY, translation: DVec3::ZERO, scale: place.pose.scale * mm };
    let anchors =
        anchors(&template.landmarks, &given.map(|p| p.map(|p| rough_from_scan.transform_point3(p))));
    let fit = fit::fit(start, &surface, &template, &anchors);
    check_head(&fit, name)?;

    // Landmarks in the frame of the fitted template, then the head frame from them.
    let fitted_from_rough = fit.pose.head_from_scan(1.0);
    let fitted_from_scan = fitted_from_rough * rough_from_scan;
    let fitted = transformed(&rough, &fitted_from_rough);
    let surface =
        Surface::new(&fitted).ok_or_else(|| no_head("no surface is left above the neck".to_owned()))?;
    let given_fitted = given.map(|p| p.map(|p| fitted_from_scan.transform_point3(p)));
    check_given(&given_fitted, &surface)?;
    let mut frame = landmarks::find_frame(&fitted, &surface, &average, &fit, &given_fitted);
    let [left, right, nasion] = [frame.tragion_left.0, frame.tragion_right.0, frame.nasion.0];
    let head_from_fitted =
        landmarks::head_frame(left, right, nasion).ok_or_else(|| ImportError::Setting {
            field: "head.landmarks".to_owned(),
            problem: "tragions and nasion lie on one line; three corners of a triangle are needed".to_owned(),
        })?;
    let mut head_from_scan = head_from_fitted * fitted_from_scan;
    for landmark in [&mut frame.tragion_left, &mut frame.tragion_right, &mut frame.nasion] {
        landmark.0 = head_from_fitted.transform_point3(landmark.0);
    }
    let given_head = given_fitted.map(|p| p.map(|p| head_from_fitted.transform_point3(p)));

    // The head above the neck.
    let size = fit.pose.mean_scale();
    let whole = transformed(&scan, &head_from_scan);
    let neck_normal = DVec3::new(0.0, 1.0, NECK_SLOPE).normalize();
    let neck_height = NECK_HEIGHT_MM * size * neck_normal.y;
    let (mut head_mesh, pieces_dropped) = cut::drop_crumbs(&cut::cut_below(&whole, neck_normal, neck_height));
    let share_cut = 1.0 - head_mesh.area_mm2() / whole.area_mm2();
    let neck = (share_cut > 1e-3).then_some(NeckReport { height_mm: NECK_HEIGHT_MM * size, share_cut });

    // Landmarks, measures, and the scale that a tape beside the scan asks for.
    let uncovered = || no_head("the scan has no midline from the brow over the top to the back".to_owned());
    let (mut marks, origins) =
        landmarks::complete(&head_mesh, &frame, &given_head, size).ok_or_else(uncovered)?;
    let mut measures = tape::measure(&head_mesh, &marks).map_err(|e| no_head(e.to_string()))?;
    let (scale_correction, scale_reason) = decide_scale(settings, &measures, &mut warnings)?;
    if scale_correction != 1.0 {
        let stretch = DMat4::from_scale(DVec3::splat(scale_correction));
        head_from_scan = stretch * head_from_scan;
        head_mesh.positions.iter_mut().for_each(|p| *p *= scale_correction);
        marks = scaled(&marks, scale_correction);
        measures = tape::measure(&head_mesh, &marks).map_err(|e| no_head(e.to_string()))?;
    }
    if place.mirrored {
        head_from_scan *= DMat4::from_scale(DVec3::new(-1.0, 1.0, 1.0));
        warnings.push(
            "the given landmarks show that left and right are exchanged in the file; it was mirrored".into(),
        );
    }

    let scan_from_head = head_from_scan.inverse();
    let landmarks = landmarks::NAMES
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
    let report = ImportReport {
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
        neck,
        pieces_dropped,
        holes: Vec::new(),
        noise: NoiseReport::default(),
        mesh: MeshReport::default(),
        landmarks,
        measures,
        warnings,
    };
    let head = Head { skin: head_mesh.clone(), mesh: head_mesh, landmarks: marks };
    Ok(ImportedScan { head, head_from_scan, report })
}

/// The average head of men and women.
fn average_head() -> Result<Head, model::ModelError> {
    Ok(model::fit_head(&Measurements::none(Sex::Unspecified), TEMPLATE_STEP_MM)?.head)
}

/// Where the head lies in the file.
struct Place {
    pose: Pose,
    confidence: f64,
    mirrored: bool,
}

/// A cost of the search above which nothing is a head.
const NO_HEAD_COST: f64 = 0.42;

fn locate(
    scan: &TriMesh,
    template: &Template,
    given: &GivenLandmarks,
    name: &str,
) -> Result<Place, ImportError> {
    if let Some(points) = given.frame() {
        return locate_by_landmarks(scan, template, points);
    }
    let search = search::search(scan, template, &anchors(&template.landmarks, &given.to_array()));
    let no_head = |problem: &str| ImportError::Head { file: name.to_owned(), problem: problem.to_owned() };
    let Some(found) = search.best.filter(|b| b.cost < NO_HEAD_COST) else {
        return Err(no_head(
            "no head was found in it; a scan of one head with the whole scalp is needed, or give the landmarks nasion, \
             tragion_left and tragion_right in the file's coordinates",
        ));
    };
    if search.second.is_some() {
        return Err(no_head("it holds two heads; give a scan of one"));
    }
    // 0.2 is what separates the right orientation from the next on plain scans.
    let confidence = ((found.runner_up_cost - found.cost) / 0.2).clamp(0.0, 1.0);
    Ok(Place { pose: found.pose, confidence, mirrored: false })
}

/// Tragions and nasion give the pose; whether the file is mirrored shows in where the cranium then is.
fn locate_by_landmarks(
    scan: &TriMesh,
    template: &Template,
    points: [DVec3; 3],
) -> Result<Place, ImportError> {
    let setting =
        |problem: &str| ImportError::Setting { field: "head.landmarks".to_owned(), problem: problem.into() };
    let try_pose = |points: [DVec3; 3], mirrored: bool| {
        let [left, right, nasion] = points;
        let frame = landmarks::head_frame(left, right, nasion)?;
        let scale =
            left.distance(right) / template.landmarks.tragion_left.distance(template.landmarks.tragion_right);
        let (_, head_from_scan, _) = frame.to_scale_rotation_translation();
        let pose = Pose {
            rotation: head_from_scan.inverse(),
            translation: 0.5 * (left + right),
            scale: DVec3::splat(scale),
        };
        let mirrored_scan;
        let seen = if mirrored {
            let mut turned = scan.clone();
            mirror(&mut turned);
            mirrored_scan = turned;
            &mirrored_scan
        } else {
            scan
        };
        Some((search::cost_of(&pose, seen, template), pose))
    };
    let Some((cost, pose)) = try_pose(points, false) else {
        return Err(setting("tragions and nasion lie on one line; three corners of a triangle are needed"));
    };
    if cost < NO_HEAD_COST {
        return Ok(Place { pose, confidence: 1.0, mirrored: false });
    }
    match try_pose(points.map(mirror_point), true) {
        Some((cost, pose)) if cost < NO_HEAD_COST => Ok(Place { pose, confidence: 1.0, mirrored: true }),
        _ => Err(setting(
            "an average head laid on nasion, tragion_left and tragion_right does not meet the scan's surface; give them \
             in the file's own coordinates, left being the client's left",
        )),
    }
}

/// Pairs of given landmarks with those of the template.
fn anchors(template: &Landmarks, given: &[Option<DVec3>; 7]) -> Vec<Anchor> {
    let pairs = landmarks::to_array(template).into_iter().zip(given);
    pairs.filter_map(|(p_template, p)| p.map(|p_scan| Anchor { p_template, p_scan })).collect()
}

/// Decides the unit by the size of the head, in file units per millimetre of the average head.
fn decide_unit(
    scale: f64,
    hint: Option<Unit>,
    given: Option<Unit>,
    name: &str,
    warnings: &mut Vec<String>,
) -> Result<UnitReport, ImportError> {
    /// Length of the average head, mm.
    const LENGTH_MM: f64 = 195.0;
    let plausible = |unit: &Unit| PLAUSIBLE_SIZE.contains(&(scale * unit.mm()));
    let length = |unit: Unit| {
        let mm = LENGTH_MM * scale * unit.mm();
        if mm >= 1000.0 { format!("{:.3} m", mm / 1000.0) } else { format!("{mm:.1} mm") }
    };
    let report = |unit: Unit, given: bool, reason: String| UnitReport {
        unit,
        given,
        reason,
        scale_correction: 1.0,
        scale_reason: String::new(),
    };
    if let Some(unit) = given {
        if !plausible(&unit) {
            let field = "head.unit".to_owned();
            let problem = format!(
                "in {} the head in {name} would be {} long; 150 to 250 mm is allowed",
                unit.symbol(),
                length(unit)
            );
            return Err(ImportError::Setting { field, problem });
        }
        return Ok(report(unit, true, format!("given; the head is about {} long", length(unit))));
    }
    if let Some(unit) = hint.filter(plausible) {
        let reason = format!("glTF is in metres, and the head is then about {} long", length(unit));
        return Ok(report(unit, false, reason));
    }
    let Some(unit) = Unit::ALL.into_iter().find(plausible) else {
        let lengths: Vec<String> =
            Unit::ALL.iter().map(|u| format!("{} in {}", length(*u), u.symbol())).collect();
        let problem = format!(
            "a head was found, but its length would be {}; 150 to 250 mm is allowed, so scale the scan to true size",
            lengths.join(", ")
        );
        return Err(ImportError::Head { file: name.to_owned(), problem });
    };
    if let Some(hint) = hint {
        warnings.push(format!(
            "glTF files are in metres, but the head would be {} long; its numbers were taken as {}",
            length(hint),
            unit.symbol()
        ));
    }
    Ok(report(
        unit,
        false,
        format!("the head is about {} long if the file is in {}", length(unit), unit.symbol()),
    ))
}

/// Refuses what the average head does not lie on.
fn check_head(fit: &Fit, name: &str) -> Result<(), ImportError> {
    /// The heads of the test set reach 0.9 to 2.1 mm; a deformed head is allowed, a box or a ball is not.
    const CRANIUM_RMS_MM: f64 = 5.0;
    /// Holes, glasses, a cap's rim: up to a quarter of the cranium may be missing.
    const CRANIUM_COVER: f64 = 0.75;
    /// Without any face left and right, front and back cannot be told.
    const FACE_COVER: f64 = 0.15;
    let refuse = |problem: String| Err(ImportError::Head { file: name.to_owned(), problem });
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    if fit.cranium_cover < CRANIUM_COVER {
        return refuse(format!(
            "only {} of the cranium (and {} of the face) is in the scan; the whole scalp is needed",
            percent(fit.cranium_cover),
            percent(fit.face_cover)
        ));
    }
    if fit.cranium_rms_mm > CRANIUM_RMS_MM {
        return refuse(format!(
            "the roundest thing in it is no head: it differs from the average cranium by {:.1} mm (root mean square; \
             allowed is {CRANIUM_RMS_MM} mm)",
            fit.cranium_rms_mm
        ));
    }
    if fit.face_cover < FACE_COVER {
        return refuse(format!(
            "only {} of the face and ears is in the scan; at least brow and nose root are needed to tell front from back",
            percent(fit.face_cover)
        ));
    }
    Ok(())
}

/// Refuses given landmarks that do not lie on the surface.
fn check_given(given: &[Option<DVec3>; 7], surface: &Surface) -> Result<(), ImportError> {
    /// A tragion may lie over a hole of the scan, a clicked point above noise.
    const FARTHEST_MM: f64 = 15.0;
    for (name, p) in landmarks::NAMES.iter().zip(given) {
        let Some(p) = p else { continue };
        let distance_mm = surface.nearest(*p, 1e6).map_or(f64::INFINITY, |n| n.point.distance(*p));
        if distance_mm.is_nan() || distance_mm > FARTHEST_MM {
            let problem = format!(
                "it lies {distance_mm:.0} mm from the scan's surface, up to {FARTHEST_MM} mm are allowed; give it in the \
                 file's own coordinates and unit"
            );
            return Err(ImportError::Setting { field: format!("head.landmarks.{name}"), problem });
        }
    }
    Ok(())
}

/// The factor for all lengths: given, or from tape measurements, or 1.
fn decide_scale(
    settings: &ImportSettings,
    scan: &tape::TapeMeasures,
    warnings: &mut Vec<String>,
) -> Result<(f64, String), ImportError> {
    /// Beyond this a scan is not inaccurate but wrong.
    const ALLOWED: std::ops::RangeInclusive<f64> = 0.8..=1.25;
    if let Some(factor) = settings.scale_correction {
        if !ALLOWED.contains(&factor) {
            let problem = format!("found {factor}; {} to {} is allowed", ALLOWED.start(), ALLOWED.end());
            return Err(ImportError::Setting { field: "head.scale_correction".to_owned(), problem });
        }
        return Ok((factor, "given".to_owned()));
    }
    let readings = settings.tape.as_ref().map_or([None; 6], Measurements::on_skin_mm);
    // Least squares of reading = factor * scan, each by its own standard deviation.
    let (mut above, mut below) = (0.0, 0.0);
    let mut ratios = Vec::new();
    for (i, measure) in tape::Measure::ALL.into_iter().enumerate() {
        let (Some(reading), on_scan, sd) = (readings[i], scan.get(measure), model::READING_SD_MM[i]) else {
            continue;
        };
        above += reading * on_scan / (sd * sd);
        below += on_scan * on_scan / (sd * sd);
        ratios.push((measure, reading, on_scan, sd));
    }
    if ratios.is_empty() {
        return Ok((1.0, "no tape measurement beside the scan".to_owned()));
    }
    let factor = above / below;
    let list = |(m, reading, on_scan, _): &(tape::Measure, f64, f64, f64)| {
        format!("{} {reading:.0} by tape against {on_scan:.0} on the scan", m.key())
    };
    let listed = ratios.iter().map(list).collect::<Vec<_>>().join(", ");
    if !ALLOWED.contains(&factor) {
        let problem = format!(
            "{listed}: a factor of {factor:.3}, {} to {} is allowed; check the measurements and the scan's unit",
            ALLOWED.start(),
            ALLOWED.end()
        );
        return Err(ImportError::Setting { field: "head.measurements".to_owned(), problem });
    }
    for r in &ratios {
        let off_mm = r.1 - factor * r.2;
        if off_mm.abs() > 3.0 * r.3 {
            warnings.push(format!(
                "{} differs by {off_mm:.0} mm from the scan after its scale was corrected; measure it again",
                r.0.key()
            ));
        }
    }
    Ok((factor, listed))
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

fn mirror_point(p: DVec3) -> DVec3 {
    DVec3::new(-p.x, p.y, p.z)
}

/// Exchanges left and right, keeping the outside outside.
fn mirror(mesh: &mut TriMesh) {
    mesh.positions.iter_mut().for_each(|p| *p = mirror_point(*p));
    mesh.triangles.iter_mut().for_each(|t| t.swap(1, 2));
}
