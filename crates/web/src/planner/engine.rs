//! One plan by the engine: from a case to every file, on few threads, with what pages show of it.

use std::collections::HashMap;

use hairline_plan::beside::read_beside;
use hairline_plan::case::{self, Case};
use hairline_plan::make_plan;
use hairline_plan::plan::Step;
use hairline_studio::files::kind::Kind;
use hairline_studio::files::picture::{self, Clean, Limits, PictureError};
use hairline_view::{files, report};
use rayon::prelude::*;

use super::numbers::Numbers;

/// The steps, as pages name them; the last is the store's.
pub const STEPS: [&str; 8] = [
    "The head",
    "Hairline, zones and density",
    "The hair that is there",
    "Every dot",
    "Cells, sessions and quote",
    "Pictures, stencil and tables",
    "The report",
    "Putting it into the record",
];

/// Longer side of a small picture, pixels: sharp at twice the size it is shown.
const THUMBNAIL_PX: u32 = 480;
/// Longer side of a picture for the public, pixels.
const PUBLIC_PX: u32 = 1200;

/// A file that a plan has.
pub struct Made {
    /// Its name, as the command gives it: `preview/front-before.jpg`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The same small, for a picture, written anew.
    pub small: Option<(Kind, Vec<u8>)>,
}

/// What came of a case.
pub struct Outcome {
    /// What pages show.
    pub numbers: Numbers,
    /// Every file.
    pub files: Vec<Made>,
}

/// The files that a case names beside itself.
pub fn names_beside(case: &Case) -> Vec<String> {
    [&case.head.scan, &case.hair.positions, &case.earlier.dots].into_iter().flatten().cloned().collect()
}

/// Reads a case as the record keeps it.
///
/// # Errors
/// A sentence for every problem.
pub fn read(toml: &str) -> Result<Case, String> {
    case::read("case", toml.as_bytes()).map_err(|e| e.to_string())
}

/// Plans. `step` hears the index into [`STEPS`] of what begins. Takes seconds, on the threads of the pool it is called in.
///
/// # Errors
/// A sentence that says what in the case cannot be planned.
pub fn plan(
    case: &Case,
    beside: &HashMap<String, Vec<u8>>,
    step: &mut dyn FnMut(usize),
) -> Result<Outcome, String> {
    step(0);
    let (source, known) = read_beside(case, &mut |field, file| {
        beside.get(file).cloned().ok_or_else(|| format!("{field}: the record holds no file \"{file}\""))
    })?;
    let mut planned = make_plan(case, source, &known, env!("CARGO_PKG_VERSION"), &mut |at| {
        step(match at {
            Step::Design => 1,
            Step::Hair => 2,
            Step::Dots => 3,
            Step::Course => 4,
        });
    })
    .map_err(|e| e.to_string())?;
    planned.plan.warnings.extend(report::unprintable(&planned.plan));
    let made = files::files(&planned, &mut |at| {
        step(match at {
            files::Step::Pictures => 5,
            files::Step::Report => 6,
        });
    })?;
    let files = made.into_par_iter().map(file).collect::<Result<Vec<Made>, String>>()?;
    step(STEPS.len() - 1);
    Ok(Outcome { numbers: Numbers::of(&planned.plan), files })
}

/// A file as the record keeps it: pictures, which are looked at and not measured, as JPEG; a third of the bytes.
fn file((name, bytes): (String, Vec<u8>)) -> Result<Made, String> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
    let kind = Kind::from_name(ending).ok_or_else(|| format!("{name}: of no kind that is kept"))?;
    if kind != Kind::Png {
        return Ok(Made { name, kind, bytes, small: None });
    }
    let failed = |e: PictureError| format!("{name}: {e}");
    let pixels = picture::decode(&bytes, &Limits::default()).map_err(failed)?.for_eyes();
    let large = pixels.encode().map_err(failed)?;
    let small = pixels.within(THUMBNAIL_PX).and_then(|small| small.encode()).map_err(failed)?;
    let name = format!("{stem}.{}", if large.kind() == Kind::Jpeg { "jpg" } else { "png" });
    let parts = |clean: Clean| (clean.kind(), clean.bytes().to_vec());
    let (kind, bytes) = parts(large);
    Ok(Made { name, kind, bytes, small: Some(parts(small)) })
}

/// A picture as the public gets it: written anew, without anything but pixels.
///
/// # Errors
/// Where it is no picture.
pub fn for_public(bytes: &[u8]) -> Result<Clean, PictureError> {
    picture::decode(bytes, &Limits::default())?.within(PUBLIC_PX)?.for_eyes().encode()
}

/// A photo for the record, and small: both written anew.
///
/// # Errors
/// Where it is no picture, or too large a one.
pub fn photo(bytes: &[u8]) -> Result<(Clean, Clean), PictureError> {
    let pixels = picture::decode(bytes, &Limits::default())?;
    Ok((pixels.encode()?, pixels.within(THUMBNAIL_PX)?.for_eyes().encode()?))
}
