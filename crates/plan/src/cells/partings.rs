//! Partings: lines from the front to the back, a fixed distance apart on the skin.

use std::collections::BTreeMap;

use hairline_scalp::chart::T_MAX;
use hairline_scalp::{AzT, Chart, Uv};

use super::{Cell, PartingWish};
use crate::placing::Field;

/// A parting with less skin joins the next one towards the part, mm2.
const LEAST_MM2: f64 = 100.0;

/// Distances from the midline across the head, and along the midline from the front.
pub struct Across {
    /// Height of a row in v, and skin along the midline for one unit of v, mm.
    step: f64,
    mm_per_v: f64,
    /// `arc_mm[row][side][k]`: from the midline to u = k times [`U_STEP`], client's right, left.
    arc_mm: Vec<[Vec<f64>; 2]>,
}

const U_STEP: f64 = 0.02;
const N_U: usize = 76;
/// Front edge of the first row, v on the chart.
const FRONT_V: f64 = 1.0;
/// Height of a row on the midline, mm.
const ROW_MM: f64 = 5.0;

impl Across {
    /// Measures a head.
    pub fn new(chart: &Chart) -> Across {
        let mm_per_v = 0.5 * (chart.arc_per_t_mm(0.0) + chart.arc_per_t_mm(180.0));
        let step = ROW_MM / mm_per_v;
        let n_rows = ((FRONT_V + T_MAX) / step).ceil() as usize + 1;
        let arc_mm = (0..n_rows)
            .map(|row| {
                let v = FRONT_V - row as f64 * step;
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
        Across { step, mm_per_v, arc_mm }
    }

    /// Distances of a place: behind the front of the chart along the midline, and from the midline across it (positive to
    /// the client's left), mm.
    pub fn distances_mm(&self, uv: Uv) -> (f64, f64) {
        // u runs to the client's right.
        let (side, sign) = if uv.x >= 0.0 { (0, -1.0) } else { (1, 1.0) };
        let (k, f) = split(uv.x.abs() / U_STEP, N_U);
        let across = self.in_rows(uv.y, |row| {
            let arc = &self.arc_mm[row][side];
            arc[k] + f * (arc[k + 1] - arc[k])
        });
        ((FRONT_V - uv.y) * self.mm_per_v, sign * across)
    }

    /// The place at v whose distance from the midline is `beside_mm`.
    pub fn place(&self, v: f64, beside_mm: f64) -> Uv {
        let (side, sign) = if beside_mm <= 0.0 { (0, 1.0) } else { (1, -1.0) };
        let arc = |k: usize| self.in_rows(v, |row| self.arc_mm[row][side][k]);
        let k = (0..N_U - 2).find(|&k| arc(k + 1) >= beside_mm.abs()).unwrap_or(N_U - 2);
        let (low, high) = (arc(k), arc(k + 1));
        let f = ((beside_mm.abs() - low) / (high - low).max(1e-9)).clamp(0.0, 1.0);
        Uv::new(sign * (k as f64 + f) * U_STEP, v)
    }

    fn in_rows(&self, v: f64, value: impl Fn(usize) -> f64) -> f64 {
        let (row, f) = split((FRONT_V - v) / self.step, self.arc_mm.len());
        value(row) + f * (value(row + 1) - value(row))
    }
}

/// Lower node and share of the upper one, inside a table of `n`.
fn split(x: f64, n: usize) -> (usize, f64) {
    let k = (x.max(0.0).floor() as usize).min(n - 2);
    (k, (x - k as f64).clamp(0.0, 1.0))
}

fn middle(field: &Field, t: usize) -> Uv {
    field.patch.mesh.triangles[t].iter().map(|&v| field.patch.uv[v as usize]).sum::<Uv>() / 3.0
}

fn line_of(across: &Across, uv: Uv, wish: PartingWish) -> i32 {
    ((across.distances_mm(uv).1 - wish.offset_mm) / wish.spacing_mm).round() as i32
}

/// The triangles of every parting, from the client's right to the left; 0 is the part.
pub(super) fn lines(across: &Across, field: &Field, wish: PartingWish) -> BTreeMap<i32, Vec<u32>> {
    let mut lines: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for t in 0..field.zone_of_triangle.len() {
        lines.entry(line_of(across, middle(field, t), wish)).or_default().push(t as u32);
    }
    // From both ends inwards: the last few specks beside the field go with the parting before them.
    for inwards in [1, -1] {
        loop {
            let end = if inwards == 1 { lines.keys().next() } else { lines.keys().next_back() };
            let Some(&end) = end else { break };
            let mm2: f64 = lines[&end].iter().map(|&t| field.patch.mesh.triangle_area_mm2(t as usize)).sum();
            if mm2 >= LEAST_MM2 || lines.len() == 1 || end.signum() == inwards {
                break;
            }
            let rest = lines.remove(&end).unwrap_or_default();
            let next = if inwards == 1 { lines.keys().next() } else { lines.keys().next_back() };
            if let Some(&next) = next {
                lines.entry(next).or_default().extend(rest);
            }
        }
    }
    lines
}

/// Name, ends, length and spacing of a parting.
pub(super) fn describe(
    cell: &mut Cell,
    chart: &Chart,
    across: &Across,
    field: &Field,
    triangles: &[u32],
    line: i32,
    wish: PartingWish,
) {
    cell.name = match line {
        0 => "P0".to_owned(),
        line if line > 0 => format!("P{line}L"),
        line => format!("P{}R", -line),
    };
    // Ends: how far the skin of the line itself reaches.
    let own = triangles
        .iter()
        .map(|&t| middle(field, t as usize))
        .filter(|&uv| line_of(across, uv, wish) == line)
        .map(|uv| uv.y);
    let (back, front) =
        own.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let beside_mm = wish.offset_mm + f64::from(line) * wish.spacing_mm;
    let steps = 24;
    let place = |i: usize| across.place(front + (back - front) * i as f64 / steps as f64, beside_mm);
    let az_t = |uv: Uv| {
        let AzT { az_deg, t } = AzT::from_uv(uv);
        [az_deg, t]
    };
    cell.from_to = Some([az_t(place(0)), az_t(place(steps))]);
    cell.length_mm =
        Some((0..steps).map(|i| chart.position(place(i)).distance(chart.position(place(i + 1)))).sum());
    cell.spacing_mm = Some(wish.spacing_mm);
}
