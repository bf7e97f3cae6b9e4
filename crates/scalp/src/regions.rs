//! Named curves and outlines of the scalp in chart coordinates, and signed distances to them on a head.
//!
//! The default curves are the control points of `head.md` 3.3 converted to the landmark chart
//! (`data/scalp_regions_chart.csv`): own design that agrees with the published anchors of `head.md` 3.2. They are
//! starting shapes; every function takes the curves as an argument so that an artist's edit replaces them.

use std::ops::{Index, IndexMut};

use glam::{DVec2, DVec3};

use crate::chart::{AzT, Chart, Uv};
use crate::named::named;

/// Spacing of sampled curves on the reference head, chart units (about 1 mm of arc at A = 180 mm).
const SAMPLE_STEP: f64 = 1.0 / 180.0;

named! {
    /// A named curve: the client's right half, mirrored to the left where used.
    enum Curve;
    /// Name in `data/scalp_regions_chart.csv`.
    fn name;
    HairlineI = "hairline_NW_I",
    RecededII = "receded_frontal_II",
    RecededIII = "receded_frontal_III",
    RecededIV = "receded_frontal_IV",
    RecededV = "receded_frontal_V",
    BackBorderVI = "NW_VI_VII_posterior_border_VI",
    BackBorderVII = "NW_VI_VII_posterior_border_VII",
    LudwigI = "ludwig_outlines_I",
    LudwigII = "ludwig_outlines_II",
    LudwigIII = "ludwig_outlines_III",
    LowerBorder = "lower_scalp_border",
    DonorTop = "donor_top",
    DonorBottom = "donor_bottom",
}

/// The editable control points of every curve, from the front midline outwards or from the hairline backwards:
/// `curves[Curve::HairlineI]`.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionCurves {
    control: [Vec<AzT>; Curve::ALL.len()],
}

impl Index<Curve> for RegionCurves {
    type Output = Vec<AzT>;

    fn index(&self, curve: Curve) -> &Vec<AzT> {
        &self.control[curve as usize]
    }
}

impl IndexMut<Curve> for RegionCurves {
    fn index_mut(&mut self, curve: Curve) -> &mut Vec<AzT> {
        &mut self.control[curve as usize]
    }
}

/// A closed curve on the chart; the last point joins the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// Corners in order.
    pub points: Vec<Uv>,
}

impl RegionCurves {
    /// The defaults of `data/scalp_regions_chart.csv`.
    pub fn standard() -> RegionCurves {
        let table = include_str!("../data/scalp_regions_chart.csv");
        let row = |line: &str| {
            let mut columns = line.split(',');
            let name = columns.next()?.to_owned();
            let mut number = || columns.next()?.parse().ok();
            let (_, az_deg, t): (f64, f64, f64) = (number()?, number()?, number()?);
            Some((name, AzT { az_deg, t }))
        };
        let rows: Vec<(String, AzT)> = table.lines().filter_map(row).collect();
        let control = |curve: Curve| {
            rows.iter().filter(|(name, _)| name == curve.name()).map(|(_, place)| *place).collect()
        };
        RegionCurves { control: Curve::ALL.map(control) }
    }

    /// The sampled right half of a curve.
    pub fn right_half(&self, curve: Curve) -> Vec<Uv> {
        let control: Vec<Uv> = self[curve].iter().map(|p| p.to_uv()).collect();
        // A curve that starts or ends on the midline crosses it level: its mirror image is its continuation.
        smooth_curve(&control, true)
    }

    /// The hair-bearing scalp: the adolescent hairline (Norwood I) in front, the lower hair border behind.
    pub fn scalp(&self) -> Outline {
        let mut right = self.right_half(Curve::HairlineI);
        right.extend(self.right_half(Curve::LowerBorder).into_iter().skip(1));
        mirrored(right)
    }

    /// The area between the Norwood I hairline and a receded frontal curve.
    pub fn between_hairline_and(&self, receded: &[Uv]) -> Outline {
        let hairline = self.right_half(Curve::HairlineI);
        let Some(&end) = receded.last() else { return Outline { points: Vec::new() } };
        let junction = nearest_index(&hairline, end);
        let mut right: Vec<Uv> = hairline[..=junction].to_vec();
        right.extend(receded.iter().rev());
        mirrored(right)
    }

    /// The area between the Norwood I hairline and a border behind the crown that starts at the hairline's side.
    pub fn in_front_of(&self, back_border: &[Uv]) -> Outline {
        let hairline = self.right_half(Curve::HairlineI);
        let Some(&start) = back_border.first() else { return Outline { points: Vec::new() } };
        let junction = nearest_index(&hairline, start);
        let mut right: Vec<Uv> = hairline[..=junction].to_vec();
        right.extend(back_border);
        mirrored(right)
    }
}

impl Outline {
    /// An ellipse with axes along u and v, chart units.
    pub fn ellipse(centre: Uv, half_u: f64, half_v: f64) -> Outline {
        let n = 96;
        let points = (0..n)
            .map(|i| {
                let (sin, cos) = libm::sincos(std::f64::consts::TAU * i as f64 / n as f64);
                centre + DVec2::new(half_u * sin, half_v * cos)
            })
            .collect();
        Outline { points }
    }

    /// Lays the outline on a head.
    pub fn on(&self, chart: &Chart) -> OutlineOnHead {
        let n = self.points.len();
        let boxes = (0..n)
            .step_by(CHUNK)
            .map(|start| {
                let none = [f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
                (start..=(start + CHUNK).min(n))
                    .map(|i| self.points[i % n])
                    .fold(none, |[low, high, right], p| [low.min(p.y), high.max(p.y), right.max(p.x)])
            })
            .collect();
        OutlineOnHead { outline: self.clone(), curve: CurveOnHead::closed(chart, &self.points), boxes }
    }
}

/// A curve on a head: its places and its points in the head frame.
#[derive(Clone, Debug)]
pub struct CurveOnHead {
    uv: Vec<Uv>,
    points_mm: Vec<DVec3>,
    /// Arc length at every point from the first, mm; for a closed curve one more at the end.
    arc_mm: Vec<f64>,
    /// Bounding sphere of every [`CHUNK`] segments, and of every [`GROUP`] such chunks, so that far pieces are passed over.
    chunks: Vec<(DVec3, f64)>,
    groups: Vec<(DVec3, f64)>,
}

/// Segments a bounding sphere holds.
const CHUNK: usize = 8;
/// Chunks a larger bounding sphere holds.
const GROUP: usize = 8;

/// Nearest point of a curve.
#[derive(Clone, Copy, Debug)]
pub struct NearestOnCurve {
    /// Straight distance, mm (the chord; 0.1 % shorter than the arc at 15 mm on a head).
    pub distance_mm: f64,
    /// Arc length along the curve from its first point to the nearest point, mm.
    pub along_mm: f64,
    /// Place of the nearest point.
    pub uv: Uv,
}

impl CurveOnHead {
    /// An open curve through the places.
    pub fn open(chart: &Chart, uv: &[Uv]) -> CurveOnHead {
        CurveOnHead::new(chart, uv, false)
    }

    /// A closed curve: the last place joins the first.
    pub fn closed(chart: &Chart, uv: &[Uv]) -> CurveOnHead {
        CurveOnHead::new(chart, uv, true)
    }

    fn new(chart: &Chart, uv: &[Uv], closed: bool) -> CurveOnHead {
        let points_mm: Vec<DVec3> = uv.iter().map(|&p| chart.position(p)).collect();
        let n = points_mm.len();
        let n_segments = if closed { n } else { n.saturating_sub(1) };
        let mut arc_mm = vec![0.0];
        for i in 0..n_segments {
            arc_mm.push(arc_mm[i] + points_mm[i].distance(points_mm[(i + 1) % n]));
        }
        let spheres = |segments: usize| -> Vec<(DVec3, f64)> {
            let sphere = |start: usize| {
                let piece = (start..=(start + segments).min(n_segments)).map(|i| points_mm[i % n]);
                let centre = piece.clone().sum::<DVec3>() / piece.clone().count() as f64;
                (centre, piece.map(|p| p.distance(centre)).fold(0.0, f64::max))
            };
            (0..n_segments).step_by(segments).map(sphere).collect()
        };
        let (chunks, groups) = (spheres(CHUNK), spheres(CHUNK * GROUP));
        CurveOnHead { uv: uv.to_vec(), points_mm, arc_mm, chunks, groups }
    }

    /// Places on the chart, in order.
    pub fn uv(&self) -> &[Uv] {
        &self.uv
    }

    /// The points on the skin, head frame, mm.
    pub fn points_mm(&self) -> &[DVec3] {
        &self.points_mm
    }

    /// Length on the skin, mm, the closing segment included.
    pub fn length_mm(&self) -> f64 {
        self.arc_mm.last().copied().unwrap_or(0.0)
    }

    /// The place at an arc length from the first point, mm; clamped to the curve.
    pub fn place_at_mm(&self, along_mm: f64) -> Uv {
        let n = self.uv.len();
        let segments = self.arc_mm.len() - 1;
        if segments == 0 {
            return self.uv.first().copied().unwrap_or(Uv::ZERO);
        }
        let i = self.arc_mm.partition_point(|&a| a <= along_mm).clamp(1, segments) - 1;
        let step = (self.arc_mm[i + 1] - self.arc_mm[i]).max(1e-12);
        self.uv[i].lerp(self.uv[(i + 1) % n], ((along_mm - self.arc_mm[i]) / step).clamp(0.0, 1.0))
    }

    /// The nearest point to `p` (head frame, mm); `None` for a curve of fewer than two points.
    pub fn nearest(&self, p: DVec3) -> Option<NearestOnCurve> {
        let n = self.points_mm.len();
        let n_segments = self.arc_mm.len() - 1;
        let mut best = (f64::INFINITY, 0, 0.0);
        let scan = |c: usize, best: &mut (f64, usize, f64)| {
            for i in c * CHUNK..((c + 1) * CHUNK).min(n_segments) {
                let (a, b) = (self.points_mm[i], self.points_mm[(i + 1) % n]);
                let ab = b - a;
                let s = ((p - a).dot(ab) / ab.length_squared().max(1e-12)).clamp(0.0, 1.0);
                let d2 = p.distance_squared(a + s * ab);
                if d2 < best.0 {
                    *best = (d2, i, s);
                }
            }
        };
        // The nearest centre first makes most of the others drop out.
        let from = |spheres: &[(DVec3, f64)], k: usize| p.distance_squared(spheres[k].0);
        let nearest = |spheres: &[(DVec3, f64)], range: std::ops::Range<usize>| {
            range.min_by(|&a, &b| from(spheres, a).total_cmp(&from(spheres, b)))
        };
        let of_group = |g: usize| g * GROUP..((g + 1) * GROUP).min(self.chunks.len());
        let first = nearest(&self.chunks, of_group(nearest(&self.groups, 0..self.groups.len())?))?;
        scan(first, &mut best);
        let mut reach_mm = best.0.sqrt();
        let may_be_nearer = |spheres: &[(DVec3, f64)], k: usize, reach_mm: f64| {
            from(spheres, k) < (reach_mm + spheres[k].1).powi(2)
        };
        for g in 0..self.groups.len() {
            if !may_be_nearer(&self.groups, g, reach_mm) {
                continue;
            }
            for c in of_group(g) {
                if c != first && may_be_nearer(&self.chunks, c, reach_mm) {
                    scan(c, &mut best);
                    reach_mm = best.0.sqrt();
                }
            }
        }
        let (d2, i, s) = best;
        Some(NearestOnCurve {
            distance_mm: d2.sqrt(),
            along_mm: self.arc_mm[i] + s * (self.arc_mm[i + 1] - self.arc_mm[i]),
            uv: self.uv[i].lerp(self.uv[(i + 1) % n], s),
        })
    }
}

/// An outline laid on a head.
#[derive(Clone, Debug)]
pub struct OutlineOnHead {
    /// The outline on the chart.
    outline: Outline,
    /// The same on the skin.
    pub curve: CurveOnHead,
    /// Lowest and highest v and highest u of every [`CHUNK`] sides: the others cross no ray towards +u.
    boxes: Vec<[f64; 3]>,
}

impl OutlineOnHead {
    /// Whether a place lies inside (even-odd rule).
    pub fn contains(&self, uv: Uv) -> bool {
        let corners = &self.outline.points;
        let mut inside = false;
        for (c, &[low, high, right]) in self.boxes.iter().enumerate() {
            if uv.y >= low && uv.y <= high && uv.x < right {
                for i in c * CHUNK..((c + 1) * CHUNK).min(corners.len()) {
                    inside ^= crosses(corners[i], corners[(i + 1) % corners.len()], uv);
                }
            }
        }
        inside
    }

    /// Distance to the border, mm, positive inside.
    pub fn signed_distance_mm(&self, uv: Uv, p: DVec3) -> f64 {
        let distance = self.curve.nearest(p).map_or(f64::INFINITY, |n| n.distance_mm);
        if self.contains(uv) { distance } else { -distance }
    }
}

/// Whether the side from `a` to `b` crosses the ray from `uv` towards +u.
fn crosses(a: Uv, b: Uv, uv: Uv) -> bool {
    (a.y > uv.y) != (b.y > uv.y) && uv.x < a.x + (uv.y - a.y) / (b.y - a.y) * (b.x - a.x)
}

/// A smooth curve through control points, sampled about every millimetre: centripetal Catmull-Rom
/// (Yuksel, Schaefer, Keyser 2011). With `level_at_midline` an end on the midline (u = 0) continues as its mirror image.
pub fn smooth_curve(control: &[Uv], level_at_midline: bool) -> Vec<Uv> {
    let n = control.len();
    if n < 3 {
        return control.to_vec();
    }
    let beyond = |end: Uv, inner: Uv| {
        if level_at_midline && end.x.abs() < 1e-9 { DVec2::new(-inner.x, inner.y) } else { 2.0 * end - inner }
    };
    let mut points = vec![beyond(control[0], control[1])];
    points.extend_from_slice(control);
    points.push(beyond(control[n - 1], control[n - 2]));

    let mut curve = vec![control[0]];
    for w in points.windows(4) {
        let [p0, p1, p2, p3] = [w[0], w[1], w[2], w[3]];
        let knot = |a: Uv, b: Uv| a.distance(b).sqrt().max(1e-6);
        let (t1, t2, t3) =
            (knot(p0, p1), knot(p0, p1) + knot(p1, p2), knot(p0, p1) + knot(p1, p2) + knot(p2, p3));
        let steps = ((p1.distance(p2) / SAMPLE_STEP).ceil() as usize).max(1);
        for s in 1..=steps {
            let t = t1 + (t2 - t1) * s as f64 / steps as f64;
            let a1 = p0.lerp(p1, t / t1);
            let a2 = p1.lerp(p2, (t - t1) / (t2 - t1));
            let a3 = p2.lerp(p3, (t - t2) / (t3 - t2));
            let b1 = a1.lerp(a2, t / t2);
            let b2 = a2.lerp(a3, (t - t1) / (t3 - t1));
            curve.push(b1.lerp(b2, (t - t1) / (t2 - t1)));
        }
    }
    curve
}

/// Closes a right half (front midline to back midline) by its mirror image.
pub fn mirrored(right: Vec<Uv>) -> Outline {
    let left: Vec<Uv> =
        right.iter().rev().filter(|p| p.x.abs() > 1e-9).map(|p| DVec2::new(-p.x, p.y)).collect();
    let mut points = right;
    points.extend(left);
    Outline { points }
}

fn nearest_index(curve: &[Uv], p: Uv) -> usize {
    let mut best = (f64::INFINITY, 0);
    for (i, q) in curve.iter().enumerate() {
        let d = q.distance_squared(p);
        if d < best.0 {
            best = (d, i);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_belongs_to_a_curve_and_an_edit_moves_what_hangs_on_it() {
        let mut curves = RegionCurves::standard();
        let rows = include_str!("../data/scalp_regions_chart.csv").lines().filter(|l| !l.starts_with('#'));
        assert_eq!(curves.control.iter().map(Vec::len).sum::<usize>() + 1, rows.count());
        for curve in Curve::ALL {
            assert!(curves[curve].len() >= 7, "{}", curve.name());
        }
        let front = |curves: &RegionCurves| curves.scalp().points[0].y;
        let before = front(&curves);
        curves[Curve::HairlineI][0].t -= 0.1;
        assert!((front(&curves) - (before - 0.1)).abs() < 1e-12);
    }
}
