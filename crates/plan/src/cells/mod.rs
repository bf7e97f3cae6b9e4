//! What a hand can follow: cells of about 4 cm2 with a target count, or an ordered list of partings where long hair stays.

mod divide;
mod partings;
mod route;

use std::collections::BTreeMap;

use glam::DVec3;
use hairline_scalp::{AzT, Chart, Uv};
use serde::Serialize;

use crate::design::ZoneKind;
use crate::placing::{Field, RawDot, Zone};

pub use partings::Across;

/// Area of a cell, cm2: a square of 2 cm, as large as a hand works without moving on.
pub const CELL_CM2: f64 = 4.0;
/// Rows and columns after which cells are named, mm.
const GRID_MM: f64 = 20.0;

/// A cell or a parting.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// Number from 1, in working order.
    pub number: u32,
    /// Where its middle lies: letter of the 20 mm row from the front of the work, column from the midline, side, and a small letter
    /// where two cells share a square: `C2L`, `C2Lb`; partings `P3L`.
    pub name: String,
    /// Index into the plan's zones: the zone of most of it.
    pub zone: usize,
    /// Skin, cm2.
    pub area_cm2: f64,
    /// Dots per session.
    pub counts: Vec<usize>,
    /// Its middle on the chart, `[azimuth in degrees, t]`.
    pub centre: [f64; 2],
    /// Its middle on the skin, head frame, mm.
    pub centre_mm: [f64; 3],
    /// For a parting: from and to on the chart, `[azimuth in degrees, t]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_to: Option<[[f64; 2]; 2]>,
    /// For a parting: its length on the skin, mm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_mm: Option<f64>,
    /// For a parting: the distance to the next one, mm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spacing_mm: Option<f64>,
}

/// How long hair is parted to work along.
#[derive(Clone, Copy, Debug)]
pub struct PartingWish {
    /// Where the part lies beside the midline, mm, positive to the client's left.
    pub offset_mm: f64,
    /// Distance between partings, mm.
    pub spacing_mm: f64,
}

/// The fields divided into cells or partings, in working order.
pub struct Division {
    /// The cells, without counts.
    pub cells: Vec<Cell>,
    /// Cell of each triangle of each field, index into `cells`.
    pub cell_of_triangle: Vec<Vec<u32>>,
}

/// A piece of skin before it becomes a cell: its triangles of one field.
struct Piece {
    field: usize,
    triangles: Vec<u32>,
}

impl Division {
    /// Divides the fields; with a wish, the body in partings, else everything in cells.
    pub fn new(chart: &Chart, fields: &[Field], zones: &[Zone], partings: Option<PartingWish>) -> Division {
        let across = Across::new(chart);
        let mut cells: Vec<Cell> = Vec::new();
        let mut cell_of_triangle: Vec<Vec<u32>> =
            fields.iter().map(|f| vec![0; f.zone_of_triangle.len()]).collect();
        let mut add = |piece: &Piece, mut cell: Cell| {
            for &t in &piece.triangles {
                cell_of_triangle[piece.field][t as usize] = cells.len() as u32;
            }
            cell.number = cells.len() as u32 + 1;
            cells.push(cell);
        };
        let mut compact: Vec<Piece> = Vec::new();
        for (i, field) in fields.iter().enumerate() {
            match partings {
                Some(wish) if field.scar.is_none() => {
                    for (line, triangles) in partings::lines(&across, field, wish) {
                        let piece = Piece { field: i, triangles };
                        let mut cell = cell(chart, field, &piece);
                        partings::describe(&mut cell, chart, &across, field, &piece.triangles, line, wish);
                        add(&piece, cell);
                    }
                }
                _ => compact.extend(
                    divide::pieces(field, zones).into_iter().map(|triangles| Piece { field: i, triangles }),
                ),
            }
        }
        // One needle after the other: hairline, body with its blend, scars; within each along a short way.
        let kind = |p: &Piece| working_order(zones[main_zone(&fields[p.field], &p.triangles)].0);
        compact.sort_by_key(kind);
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let front_v =
            fields.iter().flat_map(|f| &f.patch.uv).map(|uv| uv.y).fold(f64::NEG_INFINITY, f64::max);
        let (front_mm, _) = across.distances_mm(Uv::new(0.0, front_v));
        let mut last: Option<DVec3> = None;
        for group in compact.chunk_by(|a, b| kind(a) == kind(b)) {
            let centres: Vec<DVec3> =
                group.iter().map(|p| middle_mm(&fields[p.field], &p.triangles)).collect();
            for at in route::route(&centres, last) {
                last = Some(centres[at]);
                let piece = &group[at];
                let mut cell = cell(chart, &fields[piece.field], piece);
                let (behind_mm, beside_mm) =
                    across.distances_mm(AzT { az_deg: cell.centre[0], t: cell.centre[1] }.to_uv());
                let square = square_name(behind_mm - front_mm, beside_mm);
                let nth = taken.entry(square.clone()).or_default();
                *nth += 1;
                cell.name = if *nth == 1 { square } else { format!("{square}{}", small_letters(*nth)) };
                add(piece, cell);
            }
        }
        Division { cells, cell_of_triangle }
    }

    /// The cell of a dot, index into the cells.
    pub fn cell_of(&self, dot: &RawDot) -> usize {
        self.cell_of_triangle[dot.field][dot.placed.triangle as usize] as usize
    }
}

/// Which needle's turn it is; body and blend are worked with the same one, and their cells may hold both.
fn working_order(kind: ZoneKind) -> u8 {
    match kind {
        ZoneKind::Hairline => 0,
        ZoneKind::Body | ZoneKind::Part | ZoneKind::Blend => 1,
        ZoneKind::Scar => 2,
    }
}

fn cell(chart: &Chart, field: &Field, piece: &Piece) -> Cell {
    let uv = chart.locate(middle_mm(field, &piece.triangles));
    let AzT { az_deg, t } = AzT::from_uv(uv);
    Cell {
        number: 0,
        name: String::new(),
        zone: main_zone(field, &piece.triangles),
        area_cm2: area_cm2(field, &piece.triangles),
        counts: vec![],
        centre: [az_deg, t],
        centre_mm: chart.position(uv).to_array(),
        from_to: None,
        length_mm: None,
        spacing_mm: None,
    }
}

fn area_cm2(field: &Field, triangles: &[u32]) -> f64 {
    triangles.iter().map(|&t| field.patch.mesh.triangle_area_mm2(t as usize)).sum::<f64>() / 100.0
}

fn middle_mm(field: &Field, triangles: &[u32]) -> DVec3 {
    let mesh = &field.patch.mesh;
    let (mut sum, mut area) = (DVec3::ZERO, 0.0);
    for &t in triangles {
        let a = mesh.triangle_area_mm2(t as usize);
        sum += a * mesh.corners(t as usize).iter().sum::<DVec3>() / 3.0;
        area += a;
    }
    sum / f64::max(area, 1e-12)
}

/// The zone that most of the skin belongs to.
fn main_zone(field: &Field, triangles: &[u32]) -> usize {
    let mut area: BTreeMap<usize, f64> = BTreeMap::new();
    for &t in triangles {
        *area.entry(field.zone_of_triangle[t as usize]).or_default() +=
            field.patch.mesh.triangle_area_mm2(t as usize);
    }
    area.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map_or(0, |(zone, _)| zone)
}

/// Name of a place by its distances behind the front of the work and beside the midline.
fn square_name(behind_mm: f64, beside_mm: f64) -> String {
    let column = (beside_mm.abs() / GRID_MM).floor() as i32 + 1;
    let side = if beside_mm < 0.0 { 'R' } else { 'L' };
    format!("{}{column}{side}", row_letter((behind_mm / GRID_MM).floor().max(0.0) as u32))
}

/// A, B, ... Z, AA, AB, ...
fn row_letter(row: u32) -> String {
    let letter = |i: u32| char::from(b'A' + (i % 26) as u8);
    if row < 26 { letter(row).to_string() } else { format!("{}{}", letter(row / 26 - 1), letter(row)) }
}

/// b for the second, c for the third ...
fn small_letters(nth: usize) -> String {
    row_letter(nth as u32 - 1).to_lowercase()
}
