//! The map's plane, and places by tape: along the midline from the glabella, and across from the midline.
//!
//! From above the two tapes are the directions of the map, so its grid is square. Far behind that would lean too much: a
//! treatment there is shown from behind, by angle about the middle of the head (azimuthal equidistant), with the tapes
//! as bent lines.

use glam::{DVec2, DVec3};
use hairline_plan::Planned;
use hairline_scalp::{Chart, Uv};

/// Distance of the lines on the skin, mm.
pub(super) const STEP_MM: f64 = 20.0;
/// First place measured, v on the chart: below the nasion.
const FIRST_V: f64 = 1.2;
/// Last place measured behind, v on the chart.
const BACK_V: f64 = -1.4;
const V_STEP: f64 = 0.02;
const U_STEP: f64 = 0.02;
const N_U: usize = 70;

/// A treatment whose middle lies behind this v on the chart is shown from behind.
const BEHIND_V: f64 = -0.5;

/// Lengths by tape on a head, and the plane of its map.
pub(super) struct Grid<'a> {
    chart: &'a Chart,
    /// Direction from the middle of the head to the middle of the map, and the skin's distance there, mm.
    behind: Option<(DVec3, f64)>,
    /// Skin along the midline for one unit of v, mm, on average: rows are counted with it.
    mm_per_v: f64,
    /// Front of the work: rows are counted from here, as the names of the cells are.
    front_v: f64,
    /// v of each measured line across.
    v: Vec<f64>,
    /// Tape along the midline from the glabella to it, mm.
    behind_mm: Vec<f64>,
    /// Tape from the midline to the client's right and left at u = k times [`U_STEP`], mm.
    across_mm: Vec<[Vec<f64>; 2]>,
}

/// A row of cells: its letter, and its edges on the chart.
pub(super) struct Row {
    pub letter: String,
    pub front_v: f64,
    pub back_v: f64,
}

impl Row {
    pub fn middle_v(&self) -> f64 {
        0.5 * (self.front_v + self.back_v)
    }
}

/// Middle of the head for the view from behind, mm above the tragions.
const MIDDLE: DVec3 = DVec3::new(0.0, 45.0, 0.0);

impl<'a> Grid<'a> {
    pub fn new(planned: &'a Planned) -> Grid<'a> {
        let chart = &planned.chart;
        let n = ((FIRST_V - BACK_V) / V_STEP).round() as usize + 1;
        let v: Vec<f64> = (0..n).map(|i| FIRST_V - i as f64 * V_STEP).collect();
        let middle = |v: f64| chart.position(Uv::new(0.0, v));
        let mut behind_mm = vec![0.0];
        for pair in v.windows(2) {
            behind_mm.push(behind_mm[behind_mm.len() - 1] + middle(pair[0]).distance(middle(pair[1])));
        }
        let across_mm = v
            .iter()
            .map(|&v| {
                [1.0, -1.0].map(|side| {
                    let at = |k: usize| chart.position(Uv::new(side * k as f64 * U_STEP, v));
                    let mut arc = vec![0.0];
                    for k in 1..N_U {
                        arc.push(arc[k - 1] + at(k - 1).distance(at(k)));
                    }
                    arc
                })
            })
            .collect();
        let mm_per_v = 0.5 * (chart.arc_per_t_mm(0.0) + chart.arc_per_t_mm(180.0));
        let places = planned.fields.iter().flat_map(|f| &f.patch.uv);
        let (sum, n) = places.fold((Uv::ZERO, 0.0), |(s, n), uv| (s + *uv, n + 1.0));
        let behind = (sum.y < BEHIND_V * n).then(|| {
            let out = DVec3::new(0.0, 1.0, 1.0) * (chart.position(Uv::new(0.0, sum.y / n)) - MIDDLE);
            (out.normalize_or(DVec3::NEG_Z), out.length())
        });
        let front_v = planned.fields.iter().flat_map(|f| &f.patch.uv).map(|uv| uv.y).fold(BACK_V, f64::max);
        let mut grid = Grid { chart, behind, mm_per_v, front_v, v, behind_mm, across_mm };
        let glabella = grid.behind_glabella_mm(chart.locate(planned.head.landmarks.glabella).y);
        grid.behind_mm.iter_mut().for_each(|b| *b -= glabella);
        grid
    }

    /// Line at or before v, and the share of the way to the next.
    fn at(&self, v: f64) -> (usize, f64) {
        let x = ((self.v[0] - v) / V_STEP).clamp(0.0, self.v.len() as f64 - 1.001);
        (x as usize, x.fract())
    }

    /// Tape along the midline from the glabella, mm.
    pub fn behind_glabella_mm(&self, v: f64) -> f64 {
        let (i, f) = self.at(v);
        self.behind_mm[i] + f * (self.behind_mm[i + 1] - self.behind_mm[i])
    }

    /// Tape across from the midline, mm, positive to the client's left.
    fn beside_mm(&self, uv: Uv) -> f64 {
        let (i, f) = self.at(uv.y);
        let (side, sign) = if uv.x >= 0.0 { (0, -1.0) } else { (1, 1.0) };
        let k = (uv.x.abs() / U_STEP).min(N_U as f64 - 1.001);
        let on = |i: usize| {
            let arc = &self.across_mm[i][side];
            arc[k as usize] + k.fract() * (arc[k as usize + 1] - arc[k as usize])
        };
        sign * (on(i) + f * (on(i + 1) - on(i)))
    }

    /// A place by tape, mm: from the midline to the client's left, and from the glabella backwards.
    pub fn tape(&self, uv: Uv) -> DVec2 {
        DVec2::new(self.beside_mm(uv), self.behind_glabella_mm(uv.y))
    }

    /// Whether the map looks from behind.
    pub fn seen_from_behind(&self) -> bool {
        self.behind.is_some()
    }

    /// A place on the map, mm: to the right and up as seen.
    pub fn map(&self, uv: Uv) -> DVec2 {
        let Some((axis, radius_mm)) = self.behind else { return self.tape(uv) };
        let direction = (self.chart.position(uv) - MIDDLE).normalize_or(axis);
        // Seen from behind the client's left (+x) is on the left.
        let right = DVec3::NEG_X;
        let up = axis.cross(right).normalize_or(DVec3::Y);
        let flat = DVec2::new(direction.dot(right), direction.dot(up));
        let angle = libm::acos(direction.dot(axis).clamp(-1.0, 1.0));
        flat.normalize_or_zero() * (angle * radius_mm)
    }

    /// The place at v with this tape from the midline.
    fn place(&self, v: f64, beside_mm: f64) -> Uv {
        let sign = if beside_mm <= 0.0 { 1.0 } else { -1.0 };
        let (mut low, mut high) = (0.0, N_U as f64 * U_STEP);
        for _ in 0..40 {
            let u = 0.5 * (low + high);
            if self.beside_mm(Uv::new(sign * u, v)).abs() < beside_mm.abs() { low = u } else { high = u }
        }
        Uv::new(sign * low, v)
    }

    /// The line across the head at v.
    pub fn row_line(&self, v: f64) -> Vec<DVec2> {
        (0..=136).map(|i| self.map(Uv::new(-1.36 + 0.02 * f64::from(i), v))).collect()
    }

    /// The line along the head at this tape from the midline.
    pub fn column_line(&self, beside_mm: f64) -> Vec<DVec2> {
        let inside = |p: &Uv| p.x.abs() < (N_U - 2) as f64 * U_STEP;
        let places = self.v.iter().map(|&v| self.place(v, beside_mm));
        places.filter(inside).map(|uv| self.map(uv)).collect()
    }

    /// The line from a place by tape backwards along the head, at the same tape from the midline.
    pub fn column_between(&self, front: DVec2, back_mm: f64) -> Vec<DVec2> {
        let v_at = |behind_mm: f64| {
            let i = self.behind_mm.partition_point(|&b| b < behind_mm).clamp(1, self.v.len() - 1);
            let f = (behind_mm - self.behind_mm[i - 1]) / (self.behind_mm[i] - self.behind_mm[i - 1]);
            self.v[i - 1] + f * (self.v[i] - self.v[i - 1])
        };
        let at = |i: u32| front.y + (back_mm - front.y) * f64::from(i) / 24.0;
        (0..=24).map(|i| self.map(self.place(v_at(at(i)), front.x))).collect()
    }

    /// The rows of 20 mm from the front.
    pub fn rows(&self) -> Vec<Row> {
        let step = STEP_MM / self.mm_per_v;
        let count = ((self.front_v - BACK_V) / step) as usize;
        (0..count)
            .map(|row| {
                let front_v = self.front_v - row as f64 * step;
                let letter = char::from(b'A' + (row % 26) as u8).to_string();
                Row { letter, front_v, back_v: front_v - step }
            })
            .collect()
    }
}
