//! The landmarks of a scan: those that a person gave, and those found from its shape.

use glam::{DMat3, DMat4, DVec2, DVec3};
use serde::Serialize;

use super::ears::{Ear, Side, find_ear};
use super::fit::Fit;
use super::profile::Profile;
use crate::head::{Head, Landmarks, NASION_ELEVATION_DEG};
use crate::mesh::TriMesh;
use crate::model::INION_Y_MM;
use crate::tape;

/// Landmarks that the caller knows, each in the scan file's own coordinates and unit; any subset of those that a finger
/// finds. Tragions and nasion together fix the head frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GivenLandmarks {
    /// Deepest point of the nose root on the midline.
    pub nasion: Option<[f64; 3]>,
    /// Most forward point of the brow on the midline.
    pub glabella: Option<[f64; 3]>,
    /// External occipital protuberance on the midline.
    pub inion: Option<[f64; 3]>,
    /// Notch above the tragus, client's left ear.
    pub tragion_left: Option<[f64; 3]>,
    /// Notch above the tragus, client's right ear.
    pub tragion_right: Option<[f64; 3]>,
}

/// Names of the landmarks as in a case file, in the order of [`to_array`].
pub const NAMES: [&str; 7] =
    ["nasion", "glabella", "inion", "opisthocranion", "vertex", "tragion_left", "tragion_right"];

/// The landmarks of a head in the order of [`NAMES`].
pub fn to_array(l: &Landmarks) -> [DVec3; 7] {
    [l.nasion, l.glabella, l.inion, l.opisthocranion, l.vertex, l.tragion_left, l.tragion_right]
}

impl GivenLandmarks {
    /// In the order of [`NAMES`]; opisthocranion and vertex follow from the shape and are never given.
    pub fn to_array(&self) -> [Option<DVec3>; 7] {
        [self.nasion, self.glabella, self.inion, None, None, self.tragion_left, self.tragion_right]
            .map(|p| p.map(DVec3::from))
    }

    /// Tragions (left, right) and nasion, if all three are given: they fix the frame.
    pub fn frame(&self) -> Option<[DVec3; 3]> {
        Some([self.tragion_left?, self.tragion_right?, self.nasion?].map(DVec3::from))
    }
}

/// Where a landmark comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Given by the caller.
    Given,
    /// Found on the scan by its own shape.
    Found,
    /// Carried over from the average head, because the scan does not show it.
    Average,
}

/// Where a landmark comes from, how far it may be off, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// Where it comes from.
    pub source: Source,
    /// Standard error, mm.
    pub uncertainty_mm: f64,
    /// Reason for people.
    pub how: String,
}

impl Origin {
    fn new(source: Source, uncertainty_mm: f64, how: impl Into<String>) -> Origin {
        Origin { source, uncertainty_mm, how: how.into() }
    }

    fn given() -> Origin {
        Origin::new(Source::Given, 0.0, "given")
    }
}

/// A landmark with its origin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LandmarkReport {
    /// Name as in a case file.
    pub name: &'static str,
    /// Place in the head frame, mm.
    pub position_mm: DVec3,
    /// Place in the scan file's own coordinates and unit.
    pub position_in_file: DVec3,
    /// Where it comes from.
    pub source: Source,
    /// How far it may be off (standard error), mm; 0 for a given one.
    pub uncertainty_mm: f64,
    /// Client-readable reason.
    pub how: String,
}

/// Standard errors of found landmarks, mm, from the heads of known landmarks that the tests import: nasion and tragions
/// against their truth, the rest by what each definition bears (an inion is unclear in over 30 % of people,
/// Myslobodsky 1989).
const NASION_FOUND_MM: f64 = 2.5;
const NASION_AVERAGE_MM: f64 = 6.0;
const TRAGION_FOUND_MM: f64 = 3.0;
const TRAGION_AVERAGE_MM: f64 = 8.0;
const GLABELLA_MM: f64 = 3.0;
const INION_MM: f64 = 10.0;
const OPISTHOCRANION_MM: f64 = 5.0;
const VERTEX_MM: f64 = 5.0;

/// Correlation with the average ear from which on an ear is an ear: the ears of the test set reach 0.78 to 0.90,
/// smooth sides without ears at most 0.46.
const EAR_LIKENESS: f64 = 0.62;

/// How far the ears of the parametric head stand behind its own tragions, mm. Its ear table comes from a head whose ears
/// lie 6 mm behind the population's (`head.md` 2.2) and keeps that place; its tragions have the population's.
const EAR_TABLE_SHIFT_MM: f64 = 5.9;

/// A landmark and where it comes from.
pub type Landmark = (DVec3, Origin);

/// What the frame hangs on.
pub struct FrameLandmarks {
    /// Notch above the tragus of the client's left ear.
    pub tragion_left: Landmark,
    /// Notch above the tragus of the client's right ear.
    pub tragion_right: Landmark,
    /// Deepest point of the nose root.
    pub nasion: Landmark,
}

/// Finds tragions and nasion on a scan whose median plane is x = 0, looking along +z, up +y, mm: the frame of the fitted
/// template. Given landmarks, in that frame, replace found ones.
pub fn find_frame(
    scan: &TriMesh,
    onto_surface: impl Fn(DVec3) -> DVec3,
    template: &Head,
    fit: &Fit,
    given: &[Option<DVec3>; 7],
) -> FrameLandmarks {
    let [nasion_given, .., left_given, right_given] = *given;
    let as_given = |p: DVec3| (p, Origin::given());
    let [left, right] = find_ears(scan, template, fit);
    let average = template.landmarks.tragion_left * fit.pose.scale;
    let tragion = |sign: f64, own: Option<DVec3>, other: Option<DVec3>, other_given: Option<DVec3>| {
        let aside = DVec3::new(sign, 1.0, 1.0);
        let mirrored = |p: DVec3| p * DVec3::new(-1.0, 1.0, 1.0);
        match (other_given, own, other) {
            (Some(p), Some(own), _) => {
                let how = "between the ear that was found and the mirror image of the given one";
                (0.5 * (own + mirrored(p)), Origin::new(Source::Found, TRAGION_FOUND_MM, how))
            }
            (Some(p), None, _) => {
                (mirrored(p), Origin::new(Source::Found, TRAGION_FOUND_MM, "mirror image of the given one"))
            }
            (None, Some(p), _) => (p, Origin::new(Source::Found, TRAGION_FOUND_MM, "the ear was found")),
            (None, None, Some(p)) => {
                let how = "no ear on this side of the scan; mirror image of the other one";
                (mirrored(p), Origin::new(Source::Found, 1.5 * TRAGION_FOUND_MM, how))
            }
            (None, None, None) => {
                let how = "no ears in the scan; where the average head has it";
                (average * aside, Origin::new(Source::Average, TRAGION_AVERAGE_MM, how))
            }
        }
    };
    let tragion_left = left_given.map_or_else(|| tragion(1.0, left, right, right_given), as_given);
    let tragion_right = right_given.map_or_else(|| tragion(-1.0, right, left, left_given), as_given);

    let find_nasion = || {
        let middle = 0.5 * (tragion_left.0 + tragion_right.0);
        let elevation = NASION_ELEVATION_DEG.to_radians();
        match Profile::new(scan).nose_root(DVec2::new(middle.z, middle.y), elevation) {
            // A nose root is 5 to 12 mm deep between nose tip and brow; less is a nose that was cut off.
            Some(root) if root.depth_mm > 3.0 => {
                let how = format!("deepest point between nose and brow, {:.1} mm deep", root.depth_mm);
                let p = DVec3::new(0.0, root.nasion.y, root.nasion.x);
                (p, Origin::new(Source::Found, NASION_FOUND_MM, how))
            }
            _ => {
                let average = template.landmarks.nasion * fit.pose.scale;
                let p = onto_surface(average);
                let how = "no nose root in the scan; where the average head has it";
                (p, Origin::new(Source::Average, NASION_AVERAGE_MM, how))
            }
        }
    };
    let nasion = nasion_given.map_or_else(find_nasion, as_given);
    FrameLandmarks { tragion_left, tragion_right, nasion }
}

/// Tragions by the ears, left and right, where there are ears.
fn find_ears(scan: &TriMesh, template: &Head, fit: &Fit) -> [Option<DVec3>; 2] {
    let mut average = template.mesh.clone();
    let ear_to_origin = DVec3::Z * EAR_TABLE_SHIFT_MM;
    average.positions.iter_mut().for_each(|p| *p = (*p + ear_to_origin) * fit.pose.scale);
    let sides = [Side::Left, Side::Right]
        .map(|side| find_ear(scan, &average, side, DVec2::ZERO).filter(|e| e.likeness > EAR_LIKENESS));
    let place = |sign: f64, ear: Ear| DVec3::new(sign * ear.aside_mm, ear.tragion.y, ear.tragion.x);
    match sides {
        // Ears differ from mirror images by about as much as they are mismatched: each goes half way to their mean.
        [Some(left), Some(right)] => {
            let towards = |own: Ear, other: Ear| Ear {
                tragion: own.tragion.lerp(other.tragion, 0.25),
                aside_mm: 0.75 * own.aside_mm + 0.25 * other.aside_mm,
                likeness: own.likeness,
            };
            [Some(place(1.0, towards(left, right))), Some(place(-1.0, towards(right, left)))]
        }
        [left, right] => [left.map(|e| place(1.0, e)), right.map(|e| place(-1.0, e))],
    }
}

/// The head frame from tragions and nasion, all in one rigid frame: origin midway between the tragions,
/// x towards the left one, the nasion [`NASION_ELEVATION_DEG`] above horizontal. `None` where they lie on a line.
pub fn head_frame(tragion_left: DVec3, tragion_right: DVec3, nasion: DVec3) -> Option<DMat4> {
    let origin = 0.5 * (tragion_left + tragion_right);
    let x = (tragion_left - tragion_right).try_normalize()?;
    let to_nasion = (nasion - origin).reject_from_normalized(x);
    // It lies about two thirds of the tragions' distance in front of them; a tenth is none.
    let apart = tragion_left.distance(tragion_right);
    let ahead = to_nasion.try_normalize().filter(|_| to_nasion.length() > 0.1 * apart)?;
    let above = ahead.cross(x);
    let (s, c) = libm::sincos(NASION_ELEVATION_DEG.to_radians());
    let (y, z) = (c * above + s * ahead, c * ahead - s * above);
    let scan_from_head = DMat3::from_cols(x, y, z);
    let head_from_scan = scan_from_head.transpose();
    Some(DMat4::from_mat3_translation(head_from_scan, -(head_from_scan * origin)))
}

/// All landmarks of a mesh in the head frame, of which tragions and nasion are known, and their origins in the order of
/// [`NAMES`]; given ones are kept. `size` is the head's size against the average. `None` where the mesh has no midline.
pub fn complete(
    mesh: &TriMesh,
    frame: &FrameLandmarks,
    given: &[Option<DVec3>; 7],
    size: f64,
) -> Option<(Landmarks, [Origin; 7])> {
    let nasion = frame.nasion.0;
    let brow = Profile::new(mesh).foremost(nasion.y + 6.0, nasion.y + 35.0);
    let found = |i: usize, mm: f64, how: &str| {
        if given[i].is_some() { Origin::given() } else { Origin::new(Source::Found, mm, how) }
    };
    let (glabella, glabella_origin) = match (given[1], brow) {
        (Some(p), _) => (p, Origin::given()),
        (None, Some(p)) => {
            (DVec3::new(0.0, p.y, p.x), found(1, GLABELLA_MM, "most forward point of the brow"))
        }
        (None, None) => {
            let how = "no brow in the scan; where the average head has it";
            let p = nasion + DVec3::new(0.0, 18.0 * size, 3.0 * size);
            (p, Origin::new(Source::Average, 2.0 * GLABELLA_MM, how))
        }
    };
    let mut landmarks = Landmarks {
        nasion,
        glabella,
        inion: given[2].or_else(|| backmost(mesh, INION_Y_MM * size))?,
        opisthocranion: DVec3::ZERO,
        vertex: DVec3::ZERO,
        tragion_left: frame.tragion_left.0,
        tragion_right: frame.tragion_right.0,
    };
    landmarks.opisthocranion = tape::find_opisthocranion(mesh, &landmarks)?;
    landmarks.vertex = tape::find_vertex(mesh, &landmarks)?;
    let inion_how = "back of the midline at the height that the average head has it; feel for the bump";
    let origins = [
        frame.nasion.1.clone(),
        glabella_origin,
        found(2, INION_MM, inion_how),
        found(3, OPISTHOCRANION_MM, "point of the back farthest from the glabella"),
        found(4, VERTEX_MM, "highest point of the midline"),
        frame.tragion_left.1.clone(),
        frame.tragion_right.1.clone(),
    ];
    Some((landmarks, origins))
}

/// The outermost point of the back of the median plane at a height, mm in the head frame.
fn backmost(mesh: &TriMesh, height_mm: f64) -> Option<DVec3> {
    let mut back: Option<f64> = None;
    let median = tape::section(mesh, DVec3::ZERO, DVec3::X);
    for ends in median.chunks_exact(2) {
        let [p, q] = [ends[0], ends[1]];
        if (p.y < height_mm) != (q.y < height_mm) {
            let z = p.lerp(q, (height_mm - p.y) / (q.y - p.y)).z;
            back = Some(back.map_or(z, |b: f64| b.min(z)));
        }
    }
    back.filter(|z| *z < 0.0).map(|z| DVec3::new(0.0, height_mm, z))
}
