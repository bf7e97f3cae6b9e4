//! What a hand can follow: cells of about 4 cm2 with a target count, or an ordered list of partings where long hair stays.

use std::collections::BTreeMap;

use hairline_scalp::{AzT, Chart, Uv};
use serde::Serialize;

use crate::placing::{Field, RawDot};

/// Side of a cell on the skin, mm: 2 cm squares can be drawn with a ruler.
pub const CELL_MM: f64 = 20.0;
/// Pieces of a cell smaller than this join a neighbour, cm2.
const LEAST_CM2: f64 = 1.5;

/// A cell or a parting.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// Number from 1, in working order.
    pub number: u32,
    /// Row letter from the front, column from the midline, side: `C2L`; partings `P3L`.
    pub name: String,
    /// Index into the plan's zones.
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

/// Cells in working order, and what belongs to which, as indices into them.
pub struct Division {
    /// The cells.
    pub cells: Vec<Cell>,
    /// Cell of each dot.
    pub cell_of_dot: Vec<u32>,
    /// Cell of each triangle of each field.
    pub cell_of_triangle: Vec<Vec<u32>>,
}

/// Zone, row (or 0 for partings), signed column.
type Key = (usize, i32, i32);

/// Divides the fields into cells and says in which cell each dot lies.
pub fn cells(chart: &Chart, fields: &[Field], dots: &[RawDot], n_sessions: usize) -> Division {
    let rows = Rows::new(chart);
    let key = |zone: usize, uv: Uv| -> Key {
        let (row, along_mm) = rows.row_and_distance(uv);
        let column = (along_mm.abs() / CELL_MM).floor() as i32 + 1;
        (zone, row, if along_mm < 0.0 { -column } else { column })
    };
    let area = areas(fields, &key);
    let home = join_small(&area);
    let name = |(_, row, column): Key| {
        let side = if column < 0 { 'R' } else { 'L' };
        format!("{}{}{side}", row_letter(row), column.abs())
    };
    let at_home = |zone: usize, uv: Uv| {
        let k = key(zone, uv);
        home.get(&k).copied().unwrap_or(k)
    };
    let mut joined: BTreeMap<Key, f64> = BTreeMap::new();
    for (k, cm2) in &area {
        *joined.entry(home[k]).or_default() += cm2;
    }
    collect(chart, fields, dots, n_sessions, &at_home, &joined, &name)
}

/// Divides the fields into partings along the front-to-back direction and says to which each dot belongs.
pub fn partings(
    chart: &Chart,
    fields: &[Field],
    dots: &[RawDot],
    n_sessions: usize,
    offset_mm: f64,
    spacing_mm: f64,
) -> Division {
    let rows = Rows::new(chart);
    let key = |zone: usize, uv: Uv| -> Key {
        (zone, 0, ((rows.row_and_distance(uv).1 - offset_mm) / spacing_mm).round() as i32)
    };
    let name = |(_, _, line): Key| match line {
        0 => "P0".to_owned(),
        line if line > 0 => format!("P{line}L"),
        line => format!("P{}R", -line),
    };
    let area = areas(fields, &key);
    let mut division = collect(chart, fields, dots, n_sessions, &key, &area, &name);
    // From and to: the places of the front-most and the hindmost dot.
    let mut ends: Vec<Option<(Uv, Uv)>> = vec![None; division.cells.len()];
    for (dot, &cell) in dots.iter().zip(&division.cell_of_dot) {
        let end = &mut ends[cell as usize];
        let (front, back) = end.unwrap_or((dot.uv, dot.uv));
        *end = Some((
            if dot.uv.y > front.y { dot.uv } else { front },
            if dot.uv.y < back.y { dot.uv } else { back },
        ));
    }
    for (cell, end) in division.cells.iter_mut().zip(ends) {
        let Some((front, back)) = end else { continue };
        let place = |uv: Uv| {
            let AzT { az_deg, t } = AzT::from_uv(uv);
            [az_deg, t]
        };
        let steps = 24;
        let at = |i: usize| chart.position(front.lerp(back, i as f64 / steps as f64));
        cell.from_to = Some([place(front), place(back)]);
        cell.length_mm = Some((0..steps).map(|i| at(i).distance(at(i + 1))).sum());
        cell.spacing_mm = Some(spacing_mm);
    }
    division
}

/// Skin area by key, cm2.
fn areas(fields: &[Field], key: &dyn Fn(usize, Uv) -> Key) -> BTreeMap<Key, f64> {
    let mut area: BTreeMap<Key, f64> = BTreeMap::new();
    for field in fields {
        for (t, corners) in field.patch.mesh.triangles.iter().enumerate() {
            let uv = corners.iter().map(|&v| field.patch.uv[v as usize]).sum::<Uv>() / 3.0;
            let k = key(field.zone_of_triangle[t], uv);
            *area.entry(k).or_default() += field.patch.mesh.triangle_area_mm2(t) / 100.0;
        }
    }
    area
}

/// Where small pieces go: to the largest neighbour of the same zone, in the same row first.
fn join_small(area: &BTreeMap<Key, f64>) -> BTreeMap<Key, Key> {
    let mut home: BTreeMap<Key, Key> = area.keys().map(|&k| (k, k)).collect();
    for (&(zone, row, column), &cm2) in area {
        if cm2 >= LEAST_CM2 {
            continue;
        }
        // Column numbers have no zero: -1 and 1 touch on the midline.
        let beside = |step: i32| if column + step == 0 { column + 2 * step } else { column + step };
        let neighbours = [(row, beside(-1)), (row, beside(1)), (row - 1, column), (row + 1, column)];
        let large = neighbours
            .iter()
            .map(|&(r, c)| (zone, r, c))
            .filter(|k| area.get(k).is_some_and(|&a| a >= LEAST_CM2))
            .max_by(|a, b| area[a].total_cmp(&area[b]));
        if let Some(large) = large {
            home.insert((zone, row, column), large);
        }
    }
    home
}

/// Numbers the cells, zone by zone, row by row from right to left, and counts the dots.
fn collect(
    chart: &Chart,
    fields: &[Field],
    dots: &[RawDot],
    n_sessions: usize,
    key: &dyn Fn(usize, Uv) -> Key,
    area: &BTreeMap<Key, f64>,
    name: &dyn Fn(Key) -> String,
) -> Division {
    let mut counts: BTreeMap<Key, Vec<usize>> = area.keys().map(|&k| (k, vec![0; n_sessions])).collect();
    let keys: Vec<Key> = dots.iter().map(|d| key(d.zone, d.uv)).collect();
    for (dot, &k) in dots.iter().zip(&keys) {
        counts.entry(k).or_insert_with(|| vec![0; n_sessions])[dot.placed.visit as usize] += 1;
    }
    counts.retain(|_, c| c.iter().any(|&n| n > 0));
    let index: BTreeMap<Key, u32> = counts.keys().zip(0..).map(|(&k, n)| (k, n)).collect();
    let cell_of_dot: Vec<u32> = keys.iter().map(|k| index[k]).collect();
    // The middle of a cell is the place nearest to the mean of its dots.
    let mut sums = vec![(Uv::ZERO, 0.0); index.len()];
    for (dot, &cell) in dots.iter().zip(&cell_of_dot) {
        let (sum, n) = &mut sums[cell as usize];
        *sum += dot.uv;
        *n += 1.0;
    }
    let cells = counts
        .into_iter()
        .zip(sums)
        .map(|((k, counts), (sum, n))| {
            let centre = sum / n;
            let AzT { az_deg, t } = AzT::from_uv(centre);
            Cell {
                number: index[&k] + 1,
                name: name(k),
                zone: k.0,
                area_cm2: area.get(&k).copied().unwrap_or(0.0),
                counts,
                centre: [az_deg, t],
                centre_mm: chart.position(centre).to_array(),
                from_to: None,
                length_mm: None,
                spacing_mm: None,
            }
        })
        .collect();
    let of_triangle = |field: &Field, t: usize| {
        let corners = field.patch.mesh.triangles[t];
        let uv = corners.iter().map(|&v| field.patch.uv[v as usize]).sum::<Uv>() / 3.0;
        // Skin too thin for a single dot belongs to no cell; it is drawn with the first.
        index.get(&key(field.zone_of_triangle[t], uv)).copied().unwrap_or(0)
    };
    let cell_of_triangle =
        fields.iter().map(|f| (0..f.zone_of_triangle.len()).map(|t| of_triangle(f, t)).collect()).collect();
    Division { cells, cell_of_dot, cell_of_triangle }
}

/// A, B, ... Z, AA, AB, ...
fn row_letter(row: i32) -> String {
    let row = row.max(0);
    let letter = |i: i32| char::from(b'A' + (i % 26) as u8);
    if row < 26 { letter(row).to_string() } else { format!("{}{}", letter(row / 26 - 1), letter(row)) }
}

/// Rows of [`CELL_MM`] across the head, from the front backwards along the midline, with distances from the midline along
/// each row.
struct Rows {
    /// Chart v of the front edge of row 0, and the height of a row in v, in front of and behind Cz.
    front_v: f64,
    step: f64,
    /// `across[row][k]`: arc from the midline, mm, at u = k times [`U_STEP`], to the client's right and left.
    across: Vec<[Vec<f64>; 2]>,
}

const U_STEP: f64 = 0.02;
const N_U: usize = 76;

impl Rows {
    fn new(chart: &Chart) -> Rows {
        let front_v = 1.0;
        let step = CELL_MM / (0.5 * (chart.arc_per_t_mm(0.0) + chart.arc_per_t_mm(180.0)));
        let n_rows = ((front_v + hairline_scalp::chart::T_MAX) / step).ceil() as usize;
        let across = (0..n_rows)
            .map(|row| {
                let v = front_v - (row as f64 + 0.5) * step;
                [1.0, -1.0].map(|side| {
                    let at = |k: usize| chart.position(Uv::new(side * k as f64 * U_STEP, v));
                    let mut arc = vec![0.0; N_U];
                    for k in 1..N_U {
                        arc[k] = arc[k - 1] + at(k - 1).distance(at(k));
                    }
                    arc
                })
            })
            .collect();
        Rows { front_v, step, across }
    }

    /// Row from the front, and signed distance from the midline along it, mm, positive to the client's left.
    fn row_and_distance(&self, uv: Uv) -> (i32, f64) {
        let row =
            ((self.front_v - uv.y) / self.step).floor().clamp(0.0, (self.across.len() - 1) as f64) as usize;
        // u runs to the client's right.
        let (side, sign) = if uv.x >= 0.0 { (0, -1.0) } else { (1, 1.0) };
        let arc = &self.across[row][side];
        let k = (uv.x.abs() / U_STEP).min((N_U - 2) as f64 + 0.999);
        let (k0, f) = (k.floor() as usize, k - k.floor());
        (row as i32, sign * (arc[k0] + f * (arc[k0 + 1] - arc[k0])))
    }
}
