//! What the face says about the hairline: its thirds, its fronto-temporal corners and its temporal peaks (`smp.md` 2.8).

use glam::DVec3;
use hairline_scalp::regions::smooth_curve;
use hairline_scalp::{AzT, Chart, Head, Uv};
use serde::Serialize;

use super::hairline::for_age_mm;
use crate::case::Case;

/// The thirds of the face in `plan.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Thirds {
    /// The upper third as drawn: glabella to the midpoint of the line, straight up, mm.
    pub upper_mm: f64,
    /// Height along the skin that the other thirds recommend, age added, mm; none when they are not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended_height_mm: Option<f64>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A height that the face recommends.
pub(super) struct Recommended {
    /// Along the skin above the glabella, mm.
    pub height_mm: f64,
    pub reason: String,
}

/// Heights of practice, mm (`smp.md` 2.8).
const HEIGHTS_MM: (f64, f64) = (60.0, 100.0);

impl Recommended {
    /// Thirds 1:1:1: the line as far straight above the glabella as the middle and the lower third are high.
    pub fn by_thirds(case: &Case, head: &Head, chart: &Chart) -> Option<Recommended> {
        let wish = &case.hairline;
        let given: Vec<f64> = wish.middle_third_mm.into_iter().chain(wish.lower_third_mm).collect();
        if given.is_empty() {
            return None;
        }
        let third_mm = given.iter().sum::<f64>() / given.len() as f64;
        // The forehead leans back: the height along the skin at which the line is a third straight above the glabella.
        let above = |height_mm: f64| {
            let t = chart.t_above_glabella(head, height_mm);
            chart.position(AzT { az_deg: 0.0, t }.to_uv()).y - head.landmarks.glabella.y
        };
        let (mut low, mut high) = (20.0, 130.0);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if above(middle) < third_mm { low = middle } else { high = middle }
        }
        let aged = low + for_age_mm(case.client.age_years);
        let height_mm = aged.clamp(HEIGHTS_MM.0, HEIGHTS_MM.1);
        let mut reason = format!("thirds of the face 1:1:1, {third_mm:.0} mm each, and age");
        if (aged - height_mm).abs() > 0.5 {
            reason.push_str(", kept within 60-100 mm");
        }
        Some(Recommended { height_mm, reason })
    }
}

/// One temple of a line.
#[derive(Clone, Copy)]
pub(super) struct Temple {
    pub corner: DVec3,
    pub peak: DVec3,
    pub angle_deg: f64,
}

/// Arms of the corner's angle, mm (own design).
const ARM_MM: f64 = 25.0;
/// Where along the line from the corner the peak is looked for, mm.
const PEAK_BETWEEN_MM: (f64, f64) = (10.0, 75.0);

/// Reads the temple off a line: `along` is its length up to each point, `corner` and `middle` are indices.
pub(super) fn temple(points: &[DVec3], along: &[f64], corner: usize, middle: usize) -> Temple {
    let from_corner = |i: usize| (along[i] - along[corner]).abs();
    let outwards = |i: usize| (i < corner) == (corner < middle) && i != corner;
    let temporal = || (0..points.len()).filter(|&i| outwards(i));
    let frontal = || (0..points.len()).filter(|&i| !outwards(i) && i != corner);
    let at_arm = |side: &mut dyn Iterator<Item = usize>| {
        side.min_by(|&a, &b| (from_corner(a) - ARM_MM).abs().total_cmp(&(from_corner(b) - ARM_MM).abs()))
            .map_or(DVec3::ZERO, |i| points[i] - points[corner])
    };
    let (to_front, to_temple) = (at_arm(&mut frontal()), at_arm(&mut temporal()));
    let peak = temporal()
        .filter(|&i| (PEAK_BETWEEN_MM.0..PEAK_BETWEEN_MM.1).contains(&from_corner(i)))
        .max_by(|&a, &b| points[a].z.total_cmp(&points[b].z));
    Temple {
        corner: points[corner],
        peak: points[peak.unwrap_or(corner)],
        angle_deg: to_front.angle_between(to_temple).to_degrees(),
    }
}

/// Point E of the 8-cm method: this far beside the glabella, at its level, mm.
const BESIDE_GLABELLA_MM: f64 = 80.0;
/// The recess between corner and peak stands back this far from the straight way, mm (own design).
const RECESS_MM: f64 = 2.0;
/// The line is back on the grown border this far below the peak, mm (own design).
const BACK_BELOW_MM: f64 = 22.0;

/// Moves the temple of half a line (midpoint to sideburn, u >= 0; `side` 1 the client's right, -1 the left) so that its
/// peak stands `peak_mm` from the corner on the way to E.
pub(super) fn with_peak(half: Vec<Uv>, side: f64, peak_mm: f64, head: &Head, chart: &Chart) -> Vec<Uv> {
    let on_side = |uv: Uv| Uv::new(side * uv.x, uv.y);
    let at = |uv: Uv| chart.position(on_side(uv));
    let corner = (0..half.len())
        .filter(|&i| (30.0..66.0).contains(&AzT::from_uv(half[i]).az_deg))
        .min_by(|&a, &b| half[a].length().total_cmp(&half[b].length()));
    let Some(corner) = corner else { return half };
    let c = at(half[corner]);
    let e = beside_glabella(side, head, chart);
    // On the skin under the straight way from C to E, as far from C as asked for.
    let on_way = |f: f64| on_side(chart.locate(c.lerp(e, f)));
    let (mut low, mut high) = (0.0, 1.5);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if at(on_way(middle)).distance(c) < peak_mm { low = middle } else { high = middle }
    }
    let peak = on_way(low);
    let p = at(peak);
    let recess = on_side(chart.locate(c.lerp(p, 0.5) - DVec3::Z * RECESS_MM));
    // Sharp at the corner and at the peak: smooth between them and below.
    let mut line = half[..=corner].to_vec();
    line.extend(smooth_curve(&[half[corner], recess, peak], false).into_iter().skip(1));
    let back = (corner..half.len()).find(|&i| at(half[i]).y < p.y - BACK_BELOW_MM);
    let Some(back) = back else { return line };
    line.extend(&half[back..]);
    line
}

fn beside_glabella(side: f64, head: &Head, chart: &Chart) -> DVec3 {
    let glabella = head.landmarks.glabella;
    let level = |az_deg: f64| {
        let at = |t: f64| chart.position(AzT { az_deg: side * az_deg, t }.to_uv());
        let (mut low, mut high) = (0.3, 1.3);
        for _ in 0..30 {
            let middle = 0.5 * (low + high);
            if at(middle).y > glabella.y { low = middle } else { high = middle }
        }
        at(low)
    };
    let (mut low, mut high) = (10.0, 90.0);
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        if level(middle).distance(glabella) < BESIDE_GLABELLA_MM { low = middle } else { high = middle }
    }
    level(low)
}
