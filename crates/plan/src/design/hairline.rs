//! The hairline: from style, height, sex and age, or the client's own curve.
//!
//! The line starts from the adolescent hairline of the region chart, is moved so that its midpoint stands at the
//! height asked for (the move fades out towards the temples), and is bent by the style. Rules: `smp.md` 2.8.

use glam::DVec3;
use hairline_scalp::regions::{Curve, CurveOnHead, Outline, OutlineOnHead, RegionCurves, smooth_curve};
use hairline_scalp::{AzT, Chart, Head, Uv};
use serde::Serialize;

use super::face::{Recommended, Temple, Thirds, temple, with_peak};
use crate::case::{Anatomy, Case, HairlineStyle};
use crate::noise::{hash, smooth_noise};

/// A designed hairline on a head.
#[derive(Clone, Debug)]
pub struct HairlineDesign {
    /// The line from the client's right sideburn over the forehead to the left sideburn, without irregularity.
    pub curve: CurveOnHead,
    /// The scalp behind it.
    behind: OutlineOnHead,
    /// What `plan.json` says about it.
    pub summary: HairlineSummary,
    irregularity: f64,
    seed: u64,
}

/// The hairline in `plan.json`.
#[derive(Clone, Debug, Serialize)]
pub struct HairlineSummary {
    /// Style, or "own curve".
    pub style: String,
    /// Where the height comes from.
    pub height_reason: String,
    /// The face's thirds and what they recommend.
    pub thirds: Thirds,
    /// Height of the midpoint above the glabella along the skin, mm.
    pub height_mm: f64,
    /// Height of the fronto-temporal corners above the glabella's level, measured along their meridian from the
    /// level of the midpoint: positive = higher than the midpoint, mm; client's right, left.
    pub corner_above_midpoint_mm: [f64; 2],
    /// The fronto-temporal corners, head frame, mm; client's right, left.
    pub corner_mm: [[f64; 3]; 2],
    /// Angle of the line at the corners, degrees, between the ways of 25 mm to the front and to the temple.
    pub corner_angle_deg: [f64; 2],
    /// The temporal peaks, where the temple reaches farthest forward below the corner, head frame, mm.
    pub temporal_peak_mm: [[f64; 3]; 2],
    /// Straight distance from corner to peak, mm (about 50 in the 8-cm method, `smp.md` 2.8).
    pub corner_to_peak_mm: [f64; 2],
    /// Where the peaks come from.
    pub temporal_peak_reason: String,
    /// Length of the frontal part between the fronto-temporal corners, mm.
    pub frontal_length_mm: f64,
    /// Width of the feathered edge (10-90 % of the density), mm.
    pub feather_mm: f64,
    /// Peak-to-peak macro-irregularity, mm.
    pub macro_irregularity_mm: f64,
    /// Peak-to-peak micro-irregularity, mm.
    pub micro_irregularity_mm: f64,
    /// The line on the chart, `[azimuth in degrees, t]`.
    pub curve: Vec<[f64; 2]>,
    /// The line on the head, head frame, mm.
    pub curve_mm: Vec<[f64; 3]>,
}

/// Azimuth of the fronto-temporal corner of the adolescent line, degrees (chart of `head.md` 3.0).
const CORNER_AZ_DEG: f64 = 49.0;

/// Macro-irregularity: amplitude 3-8 mm, wavelength 20-40 mm (`smp.md` 2.8, assumption). Peak to peak and wavelength, mm.
const MACRO_MM: (f64, f64) = (4.0, 30.0);
/// Micro-irregularity: amplitude 1-3 mm, wavelength 3-10 mm (`smp.md` 2.8, assumption).
const MICRO_MM: (f64, f64) = (2.0, 6.5);
/// Left and right differ by 2-4 mm; a perfect mirror looks drawn (`smp.md` 2.8, assumption).
const ASYMMETRY_MM: f64 = 3.0;

struct StyleShape {
    /// Recession of the corner behind the adolescent line, mm, and how wide it is, degrees of azimuth.
    recession_mm: f64,
    recession_width_deg: f64,
    /// Depth of the widow's peak, mm.
    peak_mm: f64,
    /// 0 keeps the curvature of the adolescent line, 1 makes the front straight.
    straightness: f64,
    feather_mm: f64,
    irregularity: f64,
}

/// Own design within the rules of `smp.md` 2.8; a crisp edge-up keeps a soft fade of 3-5 mm.
fn style_shape(style: HairlineStyle) -> StyleShape {
    let natural = StyleShape {
        recession_mm: 7.0,
        recession_width_deg: 10.0,
        peak_mm: 0.0,
        straightness: 0.0,
        feather_mm: 6.0,
        irregularity: 1.0,
    };
    match style {
        HairlineStyle::Natural => natural,
        HairlineStyle::Soft => StyleShape { feather_mm: 10.0, irregularity: 1.2, ..natural },
        HairlineStyle::Rounded => StyleShape { recession_mm: -2.0, recession_width_deg: 14.0, ..natural },
        HairlineStyle::Peaked => StyleShape { recession_mm: 9.0, peak_mm: 7.0, ..natural },
        HairlineStyle::Receded => StyleShape { recession_mm: 19.0, recession_width_deg: 15.0, ..natural },
        HairlineStyle::EdgeUp => StyleShape {
            recession_mm: 0.0,
            straightness: 1.0,
            feather_mm: 3.5,
            irregularity: 0.25,
            ..natural
        },
    }
}

/// Default height: 75 mm for men, 65 mm for women and 70 mm between (range 60-100, default 75-80 of `smp.md` 2.8; women
/// 62-65 measured), and what age adds.
fn default_height_mm(anatomy: Anatomy, age_years: Option<u32>) -> f64 {
    let base = match anatomy {
        Anatomy::Male => 75.0,
        Anatomy::Female => 65.0,
        Anatomy::Unspecified => 70.0,
    };
    base + for_age_mm(age_years)
}

/// 5 mm for every 20 years over 30 (`smp.md` 2.8, assumption).
pub(super) fn for_age_mm(age_years: Option<u32>) -> f64 {
    age_years.map_or(0.0, |age| 5.0 * (age as f64 - 30.0).max(0.0) / 20.0)
}

/// Draws the hairline of a case.
pub fn design_hairline(case: &Case, head: &Head, chart: &Chart, curves: &RegionCurves) -> HairlineDesign {
    let wish = &case.hairline;
    let shape = style_shape(wish.style);
    let irregularity = wish.irregularity.unwrap_or(shape.irregularity);
    let seed = hash(case.seed, 0x4841_4952);
    let thirds = Recommended::by_thirds(case, head, chart);
    let (line, style, reason) = if wish.curve.is_empty() {
        let (height, reason) = match (wish.height_mm, &thirds) {
            (Some(height), _) => (height, "as asked for".to_owned()),
            (None, Some(thirds)) => (thirds.height_mm, thirds.reason.clone()),
            (None, None) => {
                let height = default_height_mm(case.client.anatomy, case.client.age_years);
                (height, "default by anatomy statistics and age".to_owned())
            }
        };
        let asymmetry = 0.5 * ASYMMETRY_MM * irregularity.min(1.0) * if seed & 1 == 0 { 1.0 } else { -1.0 };
        let half = |side: f64| {
            let half = styled_half(head, chart, curves, height, &shape, side * asymmetry);
            wish.temporal_peak_mm.map_or(half.clone(), |mm| with_peak(half, side, mm, head, chart))
        };
        let mut line: Vec<Uv> = half(1.0).into_iter().rev().collect();
        line.extend(half(-1.0).into_iter().skip(1).map(|p| Uv::new(-p.x, p.y)));
        let style = serde_json::to_value(wish.style).ok().and_then(|s| s.as_str().map(str::to_owned));
        (line, style.unwrap_or_default(), reason)
    } else {
        let control: Vec<Uv> = wish.curve.iter().map(|p| p.az_t().to_uv()).collect();
        (smooth_curve(&control, false), "own curve".to_owned(), "the client's own curve".to_owned())
    };
    let behind = scalp_behind(&line, curves).on(chart);
    let curve = CurveOnHead::open(chart, &line);
    let feather_mm = wish.feather_mm.unwrap_or(shape.feather_mm);
    let mut summary = summarise(&curve, head, chart, style, reason, feather_mm, irregularity);
    summary.thirds.recommended_height_mm = thirds.as_ref().map(|t| t.height_mm);
    summary.thirds.reason = thirds.map(|t| t.reason);
    summary.temporal_peak_reason = match wish.temporal_peak_mm {
        _ if !wish.curve.is_empty() => "the client's own curve".to_owned(),
        Some(mm) => format!("as asked for: {mm:.0} mm from the corner towards the brow's end"),
        None => "the temple as it grew".to_owned(),
    };
    HairlineDesign { curve, behind, summary, irregularity, seed }
}

impl HairlineDesign {
    /// How far a place lies behind the irregular line, mm (negative in front of it).
    pub fn depth_mm(&self, uv: Uv, p: DVec3) -> f64 {
        let Some(nearest) = self.curve.nearest(p) else { return 0.0 };
        let side = if self.behind.contains(uv) { 1.0 } else { -1.0 };
        let n = |(height, wavelength): (f64, f64), octave: u64| {
            0.5 * height * smooth_noise(hash(self.seed, octave), nearest.along_mm, wavelength)
        };
        // Far from the line its wiggle means nothing.
        let fade = (1.0 - nearest.distance_mm / 40.0).clamp(0.0, 1.0);
        side * nearest.distance_mm - self.irregularity * fade * (n(MACRO_MM, 1) + n(MICRO_MM, 2))
    }

    /// Share of the density that the feathered edge lets through, 0-1: logistic, 0.5 on the line.
    pub fn edge(&self, depth_mm: f64) -> f64 {
        // 10-90 % of a logistic spans 2 ln 9 = 4.394 of its scale.
        1.0 / (1.0 + libm::exp(-depth_mm * 4.394 / self.summary.feather_mm))
    }
}

/// Right half of a styled line, from the midpoint to the sideburn, on the chart with u >= 0.
fn styled_half(
    head: &Head,
    chart: &Chart,
    curves: &RegionCurves,
    height_mm: f64,
    shape: &StyleShape,
    asymmetry_mm: f64,
) -> Vec<Uv> {
    let adolescent = &curves[Curve::HairlineI];
    let mid = adolescent[0].t;
    let arc_mm = chart.arc_per_t_mm(0.0);
    let move_mm = (mid - chart.t_above_glabella(head, height_mm)) * arc_mm;
    let bump = |az: f64, at: f64, width: f64| libm::exp(-((az - at) / width).powi(2));
    let control: Vec<Uv> = refine(adolescent)
        .into_iter()
        .map(|AzT { az_deg, t }| {
            // The move fades out between the corner and the temple.
            let fade = smoothstep((68.0 - az_deg) / (68.0 - CORNER_AZ_DEG));
            let mut back_mm = move_mm * fade;
            back_mm += shape.recession_mm * bump(az_deg, CORNER_AZ_DEG, shape.recession_width_deg);
            // A widow's peak: the midpoint stays at its height, the line beside it stands back.
            back_mm += shape.peak_mm * (1.0 - bump(az_deg, 0.0, 9.0)) * fade;
            // A straight front: level with the midpoint up to the corner.
            back_mm +=
                shape.straightness * (t - mid) * arc_mm * if az_deg <= CORNER_AZ_DEG { 1.0 } else { 0.0 };
            back_mm += asymmetry_mm * smoothstep(az_deg / CORNER_AZ_DEG) * fade;
            AzT { az_deg, t: t - back_mm / chart.arc_per_t_mm(az_deg) }.to_uv()
        })
        .collect();
    smooth_curve(&control, true)
}

/// Puts points between the control points of the frontal part, where styles bend the line.
fn refine(control: &[AzT]) -> Vec<AzT> {
    let mut out = Vec::new();
    for w in control.windows(2) {
        let n = if w[0].az_deg < CORNER_AZ_DEG { 3 } else { 1 };
        for k in 0..n {
            let f = k as f64 / n as f64;
            out.push(AzT {
                az_deg: w[0].az_deg + f * (w[1].az_deg - w[0].az_deg),
                t: w[0].t + f * (w[1].t - w[0].t),
            });
        }
    }
    out.extend(control.last());
    out
}

/// The scalp behind a line from right to left: closed along the lower hair border.
fn scalp_behind(line: &[Uv], curves: &RegionCurves) -> Outline {
    let mut points = line.to_vec();
    let border = curves.right_half(Curve::LowerBorder);
    points.extend(border.iter().skip(1).map(|p| Uv::new(-p.x, p.y)));
    points.extend(border.iter().rev().skip(1));
    Outline { points }
}

fn summarise(
    curve: &CurveOnHead,
    head: &Head,
    chart: &Chart,
    style: String,
    height_reason: String,
    feather_mm: f64,
    irregularity: f64,
) -> HairlineSummary {
    let polar: Vec<AzT> = curve.uv().iter().map(|&p| AzT::from_uv(p)).collect();
    let middle = (0..polar.len())
        .min_by(|&a, &b| polar[a].az_deg.abs().total_cmp(&polar[b].az_deg.abs()))
        .unwrap_or(0);
    let mid_t = polar.get(middle).map_or(0.5, |p| p.t);
    // The corner of a side is where the line, seen on the disc, turns back: the largest u + v off the front.
    let corner = |side: f64| {
        (0..polar.len())
            .filter(|&i| (30.0..66.0).contains(&(side * polar[i].az_deg)))
            .min_by(|&a, &b| polar[a].t.total_cmp(&polar[b].t))
    };
    let above =
        |side: f64| corner(side).map_or(0.0, |i| (mid_t - polar[i].t) * chart.arc_per_t_mm(polar[i].az_deg));
    let points = curve.points_mm();
    let along: Vec<f64> = std::iter::once(0.0)
        .chain(points.windows(2).scan(0.0, |sum, w| {
            *sum += w[0].distance(w[1]);
            Some(*sum)
        }))
        .collect();
    let frontal = match (corner(1.0), corner(-1.0)) {
        (Some(right), Some(left)) => (along[left] - along[right]).abs(),
        _ => 0.0,
    };
    let temples = [1.0, -1.0].map(|side| corner(side).map(|at| temple(points, &along, at, middle)));
    let of = |f: fn(&Temple) -> f64| temples.map(|t| t.map_or(0.0, |t| f(&t)));
    let place = |f: fn(&Temple) -> DVec3| temples.map(|t| t.map_or([0.0; 3], |t| f(&t).to_array()));
    HairlineSummary {
        style,
        height_reason,
        height_mm: chart.above_glabella_mm(head, mid_t),
        thirds: Thirds {
            upper_mm: points.get(middle).map_or(0.0, |p| p.y - head.landmarks.glabella.y),
            recommended_height_mm: None,
            reason: None,
        },
        corner_above_midpoint_mm: [above(1.0), above(-1.0)],
        corner_mm: place(|t| t.corner),
        corner_angle_deg: of(|t| t.angle_deg),
        temporal_peak_mm: place(|t| t.peak),
        corner_to_peak_mm: of(|t| t.corner.distance(t.peak)),
        temporal_peak_reason: String::new(),
        frontal_length_mm: frontal,
        feather_mm,
        macro_irregularity_mm: MACRO_MM.0 * irregularity,
        micro_irregularity_mm: MICRO_MM.0 * irregularity,
        curve: polar.iter().map(|p| [p.az_deg, p.t]).collect(),
        curve_mm: curve.points_mm().iter().map(|p| p.to_array()).collect(),
    }
}

/// 0 below 0, 1 above 1, smooth between.
pub(crate) fn smoothstep(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}
