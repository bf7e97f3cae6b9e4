//! Which mesh do these bytes hold?
//!
//! GLB, glTF, OBJ, PLY and STL, told apart by content; the name decides only where the content cannot.
//! The readers are our own: the usual crates either trust sizes in hostile headers (`ply-rs-bw` 4.0.1 loops over
//! elements of no bytes, `gltf` 1.4.1 slices accessors unchecked and refuses quantised meshes), or refuse common
//! real files (`stl_io` 0.11: `solid` without a name, several solids, binary files that begin with `solid`), or
//! cannot say where a file is broken (`tobj` 4.0.5). Memory is bounded by a small multiple of the file's size and
//! by [`MAX_TRIANGLES`].

mod gltf;
mod obj;
mod ply;
mod sniff;
mod stl;

use glam::DVec3;
use serde::Serialize;

use super::error::ImportError;
use crate::mesh::TriMesh;

/// Largest mesh that is read, triangles: what a hand-held scanner gives of head and shoulders at 0.5 mm.
pub const MAX_TRIANGLES: usize = 5_000_000;

/// A mesh as a file gives it.
#[derive(Clone, Debug)]
pub struct RawMesh {
    /// Kind of file.
    pub format: Format,
    /// Positions in the file's own coordinates and unit; all finite, all indices in range.
    pub mesh: TriMesh,
    /// `quality[vertex]`: the PLY vertex property `quality`, where there is one.
    pub quality: Option<Vec<f64>>,
    /// The unit that the format prescribes: glTF's is the metre, the others have none.
    pub unit_hint: Option<Unit>,
}

/// Kind of mesh file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Binary glTF 2.0.
    Glb,
    /// glTF 2.0 as JSON.
    Gltf,
    /// Wavefront OBJ.
    Obj,
    /// PLY with an ascii body.
    PlyAscii,
    /// PLY with a binary body, little endian.
    PlyBinaryLittleEndian,
    /// PLY with a binary body, big endian.
    PlyBinaryBigEndian,
    /// STL with text facets.
    StlAscii,
    /// STL with binary facets.
    StlBinary,
}

/// Unit of length of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Metre.
    #[serde(rename = "m")]
    Metre,
    /// Centimetre.
    #[serde(rename = "cm")]
    Centimetre,
    /// Millimetre.
    #[serde(rename = "mm")]
    Millimetre,
    /// Inch of 25.4 mm.
    #[serde(rename = "in")]
    Inch,
}

impl Unit {
    /// The units that a file of unknown unit is tried in.
    pub const ALL: [Unit; 4] = [Unit::Millimetre, Unit::Inch, Unit::Centimetre, Unit::Metre];

    /// Millimetres of one unit.
    pub fn mm(self) -> f64 {
        match self {
            Unit::Metre => 1000.0,
            Unit::Centimetre => 10.0,
            Unit::Millimetre => 1.0,
            Unit::Inch => 25.4,
        }
    }

    /// Symbol: `m`, `cm`, `mm` or `in`, as reports name it.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Metre => "m",
            Unit::Centimetre => "cm",
            Unit::Millimetre => "mm",
            Unit::Inch => "in",
        }
    }
}

/// Reads a mesh from the bytes of a file; `name` is used in messages and where the content does not tell the kind.
///
/// # Errors
///
/// [`ImportError::Format`] for a kind that holds no readable mesh, [`ImportError::Malformed`] for a broken file.
pub fn read_mesh(bytes: &[u8], name: &str) -> Result<RawMesh, ImportError> {
    let raw = match sniff::sniff(bytes, name)? {
        sniff::Kind::Glb => gltf::read_glb(bytes, name),
        sniff::Kind::Gltf => gltf::read_gltf(bytes, name),
        sniff::Kind::Obj => obj::read_obj(bytes, name),
        sniff::Kind::Ply => ply::read_ply(bytes, name),
        sniff::Kind::StlAscii => stl::read_ascii(bytes, name),
        sniff::Kind::StlBinary => stl::read_binary(bytes, name),
    }?;
    if raw.mesh.triangles.is_empty() {
        let n_points = raw.mesh.positions.len();
        let problem = format!(
            "the file holds {n_points} points and no triangle; a surface is needed, so export a mesh with faces"
        );
        return Err(ImportError::Head { file: name.to_owned(), problem });
    }
    Ok(raw)
}

/// A [`ImportError::Malformed`].
fn malformed(file: &str, place: impl Into<String>, problem: impl Into<String>) -> ImportError {
    ImportError::Malformed { file: file.to_owned(), place: place.into(), problem: problem.into() }
}

/// A file's coordinates as a point, refused with its place where one is not a finite number of sane size.
fn finite_point(p: [f64; 3], file: &str, place: impl Fn() -> String) -> Result<DVec3, ImportError> {
    /// Beyond this the squares in later formulas lose their meaning; no unit makes it a head.
    const LARGEST: f64 = 1e12;
    match p.iter().zip(["x", "y", "z"]).find(|(v, _)| v.is_nan() || v.abs() > LARGEST) {
        Some((v, axis)) => Err(malformed(file, place(), format!("{axis} is {v}; a finite number is needed"))),
        None => Ok(DVec3::from(p)),
    }
}

/// Adds a polygon as a fan of triangles; indices count from 0.
fn push_polygon(
    triangles: &mut Vec<[u32; 3]>,
    corners: &[i64],
    n_vertices: usize,
    file: &str,
    place: impl Fn() -> String,
) -> Result<(), ImportError> {
    if let Some(bad) = corners.iter().find(|&&c| c < 0 || c >= n_vertices as i64) {
        let problem =
            format!("corner {bad} does not exist; the file has {n_vertices} vertices, counted from 0");
        return Err(malformed(file, place(), problem));
    }
    if corners.len() < 3 {
        return Ok(()); // points and lines carry no surface
    }
    if triangles.len() + corners.len() > MAX_TRIANGLES {
        return Err(malformed(file, place(), too_many_triangles()));
    }
    triangles.extend(corners[1..].windows(2).map(|w| [corners[0] as u32, w[0] as u32, w[1] as u32]));
    Ok(())
}

fn too_many_triangles() -> String {
    format!(
        "more than {} million triangles; reduce the scan to under a million before exporting it",
        MAX_TRIANGLES / 1_000_000
    )
}

/// Text of a file as a message can show it: its beginning, in one line.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 100;
    let shown = text.trim().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut shown: String = shown.take(LONGEST + 1).collect();
    if shown.chars().count() > LONGEST {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Bytes as a person writes them: `1.2 MB`.
fn human_bytes(n: f64) -> String {
    match n {
        n if n < 1e3 => format!("{n:.0} bytes"),
        n if n < 1e6 => format!("{:.1} kB", n / 1e3),
        n if n < 1e9 => format!("{:.1} MB", n / 1e6),
        n => format!("{:.1} GB", n / 1e9),
    }
}
