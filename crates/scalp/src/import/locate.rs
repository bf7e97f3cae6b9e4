//! Where the head lies in the file: searched for, or from given landmarks; and whether it is a head.

use glam::DVec3;

use super::error::ImportError;
use super::fit::Fit;
use super::landmarks::{self, GivenLandmarks};
use super::pose::{Anchor, Pose};
use super::search;
use super::template::Template;
use crate::curved::CurvedSurface;
use crate::head::Landmarks;
use crate::mesh::TriMesh;

/// Where the head lies in the file.
pub struct Place {
    /// Template millimetres to file coordinates (mirrored ones, where the file is mirrored).
    pub pose: Pose,
    /// From 0 (a guess) to 1 (beyond doubt).
    pub confidence: f64,
    /// Whether the given landmarks show that left and right are exchanged in the file.
    pub mirrored: bool,
}

/// A cost of the search above which nothing is a head.
const NO_HEAD_COST: f64 = 0.42;

/// An uncertain head whose next best orientation is as good as this has no front.
const LEAST_MARGIN: f64 = 0.02;

/// Finds the head, or takes its place from given tragions and nasion.
pub fn locate(
    scan: &TriMesh,
    template: &Template,
    given: &GivenLandmarks,
    name: &str,
) -> Result<Place, ImportError> {
    for (landmark, p) in landmarks::NAMES.iter().zip(given.to_array()) {
        if let Some(p) = p.filter(|p| !p.is_finite()) {
            let field = format!("head.landmarks.{landmark}");
            let problem = format!("found {:?}; three finite numbers are needed", p.to_array());
            return Err(ImportError::Setting { field, problem });
        }
    }
    if let Some(points) = given.frame() {
        return locate_by_landmarks(scan, template, points);
    }
    let search = search::search(scan, template, &anchors(&template.landmarks, &given.to_array()));
    let no_head = |problem: &str| ImportError::Head { file: name.to_owned(), problem: problem.to_owned() };
    let Some(found) = search.best.filter(|b| b.cost < NO_HEAD_COST) else {
        return Err(no_head(if one_sided(scan) {
            "no head was found in it, only one side of something, such as a face without a cranium; the whole scalp is \
             needed"
        } else {
            "no head was found in it; a scan of one head with the whole scalp is needed, or give the landmarks nasion, \
             tragion_left and tragion_right in the file's coordinates"
        }));
    };
    if found.cost > search::CERTAIN_COST && found.runner_up_cost - found.cost < LEAST_MARGIN {
        return Err(no_head(
            "no head was found in it, only something round without a face; at least brow and nose root are needed to \
             tell front from back",
        ));
    }
    if search.second.is_some() {
        return Err(no_head("it holds two heads; give a scan of one"));
    }
    // 0.2 is what separates the right orientation from the next on plain scans.
    let confidence = ((found.runner_up_cost - found.cost) / 0.2).clamp(0.0, 1.0);
    Ok(Place { pose: found.pose, confidence, mirrored: false })
}

/// Whether the surface faces one way on the whole: a closed one faces all ways alike, a head that is open at the neck
/// nearly so.
fn one_sided(scan: &TriMesh) -> bool {
    let sum: DVec3 =
        (0..scan.triangles.len()).map(|t| scan.corners(t)).map(|[a, b, c]| 0.5 * (b - a).cross(c - a)).sum();
    sum.length() > 0.25 * scan.area_mm2()
}

/// Tragions and nasion give the pose; whether the file is mirrored shows in where the cranium then is.
fn locate_by_landmarks(
    scan: &TriMesh,
    template: &Template,
    points: [DVec3; 3],
) -> Result<Place, ImportError> {
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
        return Err(collinear());
    };
    if cost < search::CERTAIN_COST {
        return Ok(Place { pose, confidence: 1.0, mirrored: false });
    }
    // In a file with left and right exchanged the same landmarks turn the head upside down.
    let exchanged = try_pose(points.map(mirror_point), true).filter(|(c, _)| *c < cost - LEAST_MARGIN);
    let (cost, pose, mirrored) = match exchanged {
        Some((cost, pose)) => (cost, pose, true),
        None => (cost, pose, false),
    };
    if cost < NO_HEAD_COST {
        return Ok(Place { pose, confidence: 1.0, mirrored });
    }
    Err(ImportError::Setting {
        field: "head.landmarks".to_owned(),
        problem: "an average head laid on nasion, tragion_left and tragion_right does not meet the scan's surface; \
                  give them in the file's own coordinates, left being the client's left"
            .to_owned(),
    })
}

/// Given landmarks that fix no frame.
pub fn collinear() -> ImportError {
    ImportError::Setting {
        field: "head.landmarks".to_owned(),
        problem: "tragions and nasion lie on one line; three corners of a triangle are needed".to_owned(),
    }
}

/// Pairs of given landmarks with those of the template.
pub fn anchors(template: &Landmarks, given: &[Option<DVec3>; 7]) -> Vec<Anchor> {
    let pairs = landmarks::to_array(template).into_iter().zip(given);
    pairs.filter_map(|(p_template, p)| p.map(|p_scan| Anchor { p_template, p_scan })).collect()
}

/// Refuses what the average head does not lie on.
pub fn check_head(fit: &Fit, name: &str) -> Result<(), ImportError> {
    /// The heads of the test set reach 0.9 to 2.1 mm; a deformed head is allowed, a box or a ball is not.
    const CRANIUM_RMS_MM: f64 = 5.0;
    /// Holes, glasses, a cap's rim: up to a quarter of the cranium may be missing.
    const CRANIUM_COVER: f64 = 0.75;
    /// Without any face left and right, front and back cannot be told.
    const FACE_COVER: f64 = 0.15;
    let refuse = |problem: String| Err(ImportError::Head { file: name.to_owned(), problem });
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    if fit.cranium_cover < 0.5 * CRANIUM_COVER {
        return refuse(format!(
            "no head was found in it: an average head laid on its roundest part meets it on {} of the cranium only",
            percent(fit.cranium_cover)
        ));
    }
    if fit.cranium_cover < CRANIUM_COVER {
        return refuse(format!(
            "only {} of the cranium (and {} of the face) is in the scan; the whole scalp is needed",
            percent(fit.cranium_cover),
            percent(fit.face_cover)
        ));
    }
    if fit.cranium_rms_mm > CRANIUM_RMS_MM {
        return refuse(format!(
            "no head was found in it: its roundest part differs from the average cranium by {:.1} mm (root mean square; \
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
pub fn check_given(given: &[Option<DVec3>; 7], surface: &CurvedSurface) -> Result<(), ImportError> {
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

/// A point with x turned round.
pub fn mirror_point(p: DVec3) -> DVec3 {
    DVec3::new(-p.x, p.y, p.z)
}

/// Exchanges left and right, keeping the outside outside.
pub fn mirror(mesh: &mut TriMesh) {
    mesh.positions.iter_mut().for_each(|p| *p = mirror_point(*p));
    mesh.triangles.iter_mut().for_each(|t| t.swap(1, 2));
}
