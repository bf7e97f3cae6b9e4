//! An old plan, read back from the files it was written to.

use glam::DVec3;
use jiff::civil::Date;
use serde::Deserialize;

use crate::case::Case;
use crate::design::ZoneKind;
use crate::dot::Dot;

/// What a refresh needs of `plan.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct OldPlan {
    /// Format and its version.
    pub format: String,
    /// The case as it was understood.
    pub case: Case,
    /// Zones, as the dots count them.
    pub zones: Vec<OldZone>,
    /// Sessions, in order.
    pub sessions: Vec<OldSession>,
    /// Cells or partings.
    pub cells: Vec<OldCell>,
    /// The hairline, where one was drawn.
    #[serde(default)]
    pub hairline: Option<OldHairline>,
}

/// A zone of an old plan.
#[derive(Clone, Debug, Deserialize)]
pub struct OldZone {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: ZoneKind,
    /// Skin, cm2.
    pub area_cm2: f64,
    /// Dots.
    pub dots: usize,
    /// Dots per cm2 when finished.
    pub density_per_cm2: f64,
}

/// A session of an old plan.
#[derive(Clone, Debug, Deserialize)]
pub struct OldSession {
    /// Days after the first session.
    pub day: i32,
    /// Its date, where the plan has a first day.
    #[serde(default)]
    pub date: Option<Date>,
}

/// A cell of an old plan.
#[derive(Clone, Debug, Deserialize)]
pub struct OldCell {
    /// Number from 1.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Index into the zones.
    pub zone: usize,
    /// Skin, cm2.
    pub area_cm2: f64,
}

/// The hairline of an old plan.
#[derive(Clone, Debug, Deserialize)]
pub struct OldHairline {
    /// Height of its midpoint above the glabella along the skin, mm.
    pub height_mm: f64,
}

/// Why an old plan cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file}:{line}: found {found}; {allowed}")]
pub struct OldPlanError {
    /// The file, as the caller names it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

fn fail(file: &str, line: usize, found: String, allowed: &str) -> OldPlanError {
    OldPlanError { file: file.to_owned(), line, found, allowed: allowed.to_owned() }
}

/// Reads `plan.json`.
///
/// # Errors
/// When it is no plan, or one of another format.
pub fn read_plan(file: &str, bytes: &[u8]) -> Result<OldPlan, OldPlanError> {
    let plan: OldPlan = serde_json::from_slice(bytes).map_err(|e| {
        fail(file, e.line().max(1), e.to_string(), "needed is the plan.json that `hairline plan` wrote")
    })?;
    if plan.format != crate::plan::FORMAT {
        let allowed = format!("needed is the format \"{}\"", crate::plan::FORMAT);
        return Err(fail(file, 1, format!("the format \"{}\"", plan.format), &allowed));
    }
    if plan.zones.is_empty() || plan.sessions.is_empty() {
        return Err(fail(
            file,
            1,
            "a plan without zones or sessions".into(),
            "needed is at least one of each",
        ));
    }
    let areas = plan.zones.iter().map(|z| z.area_cm2).chain(plan.cells.iter().map(|c| c.area_cm2));
    if !areas.clone().all(|a| a.is_finite() && a >= 0.0)
        || plan.cells.iter().any(|c| c.zone >= plan.zones.len())
    {
        return Err(fail(
            file,
            1,
            "a cell of no zone, or an area below zero".into(),
            "needed is a plan as it was written",
        ));
    }
    Ok(plan)
}

/// Columns of `dots.csv`.
const COLUMNS: [&str; 15] = [
    "id",
    "session",
    "zone",
    "cell",
    "x_mm",
    "y_mm",
    "z_mm",
    "nx",
    "ny",
    "nz",
    "diameter_mm",
    "depth_mm",
    "angle_deg",
    "azimuth_deg",
    "shade",
];
/// Most dots read.
const MOST_DOTS: usize = 1_000_000;

/// Reads `dots.csv`; further columns are passed over.
///
/// # Errors
/// With file, line, found and allowed.
pub fn read_dots(file: &str, bytes: &[u8], zones: usize) -> Result<Vec<Dot>, OldPlanError> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        fail(file, 1, "bytes that are not text".into(), "needed is the dots.csv that `hairline plan` wrote")
    })?;
    let mut rows = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty());
    let header: Vec<&str> = rows.next().map_or(vec![], |(_, row)| row.split(',').map(str::trim).collect());
    let mut at = [0; COLUMNS.len()];
    for (k, name) in COLUMNS.iter().enumerate() {
        at[k] = header.iter().position(|c| c == name).ok_or_else(|| {
            fail(
                file,
                1,
                format!("no column {name}"),
                &format!("needed are the columns {}", COLUMNS.join(",")),
            )
        })?;
    }
    let mut dots = Vec::new();
    for (i, row) in rows {
        let cells: Vec<&str> = row.split(',').map(str::trim).collect();
        let mut v = [0.0; COLUMNS.len()];
        for (k, &c) in at.iter().enumerate() {
            let cell = cells.get(c).copied().unwrap_or("");
            v[k] = cell.parse().ok().filter(|x: &f64| x.is_finite() && x.abs() < 1e7).ok_or_else(|| {
                fail(file, i + 1, format!("\"{cell}\" in column {}", COLUMNS[k]), "allowed is a number")
            })?;
        }
        let [
            id,
            session,
            zone,
            cell,
            x,
            y,
            z,
            nx,
            ny,
            nz,
            diameter_mm,
            depth_mm,
            angle_deg,
            azimuth_deg,
            shade,
        ] = v;
        let possible = (1.0..=255.0).contains(&session)
            && (0.0..zones as f64).contains(&zone)
            && id >= 0.0
            && cell >= 0.0
            && (0.02..=2.0).contains(&diameter_mm)
            && (0.0..=4.0).contains(&depth_mm)
            && (0.0..=1000.0).contains(&shade);
        let normal = DVec3::new(nx, ny, nz).try_normalize();
        let (true, Some(normal)) = (possible, normal) else {
            return Err(fail(
                file,
                i + 1,
                "a dot that cannot be".into(),
                "allowed is a row as `hairline plan` writes it",
            ));
        };
        dots.push(Dot {
            id: id as u32,
            session: session as u8,
            zone: zone as u16,
            cell: cell as u32,
            position_mm: DVec3::new(x, y, z),
            normal,
            diameter_mm,
            depth_mm,
            angle_deg,
            azimuth_deg,
            shade,
        });
        if dots.len() > MOST_DOTS {
            return Err(fail(file, i + 1, "too many dots".into(), "at most a million dots are read"));
        }
    }
    if dots.is_empty() {
        return Err(fail(file, 1, "no dots".into(), "at least one row is needed"));
    }
    Ok(dots)
}
