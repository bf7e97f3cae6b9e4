//! Scars as places on the head.

use hairline_scalp::regions::{Curve, Outline, OutlineOnHead, RegionCurves, mirrored};
use hairline_scalp::{AzT, Chart, Uv};

use crate::case::{Place, Scar};

/// A scar on the head.
#[derive(Clone, Debug)]
pub struct ScarOnHead {
    /// Name in the plan.
    pub name: String,
    /// Its border, or the border of the field of scattered scars.
    pub outline: OutlineOnHead,
    /// Scattered round scars: how many per cm2 and how large; `None` for one closed scar.
    pub scattered: Option<ScatteredScars>,
}

/// Round scars of follicle-by-follicle harvesting.
#[derive(Clone, Copy, Debug)]
pub struct ScatteredScars {
    /// Scars per cm2.
    pub per_cm2: f64,
    /// Diameter of one, mm.
    pub diameter_mm: f64,
}

/// Lays the scars of a case on a head.
pub fn scars_on(chart: &Chart, curves: &RegionCurves, scars: &[Scar]) -> Vec<ScarOnHead> {
    scars
        .iter()
        .enumerate()
        .map(|(i, scar)| {
            let (kind, outline, scattered) = match scar {
                Scar::Strip { length_mm, width_mm, at } => {
                    ("Strip scar", strip(chart, curves, *length_mm, *width_mm, *at), None)
                }
                Scar::Patch { outline } => ("Scar", painted(outline), None),
                Scar::Scattered { per_cm2, diameter_mm, outline } => {
                    let field = if outline.len() < 3 { safe_donor(curves) } else { painted(outline) };
                    let scars = ScatteredScars { per_cm2: *per_cm2, diameter_mm: *diameter_mm };
                    ("Scattered scars", field, Some(scars))
                }
            };
            let name = if scars.len() > 1 { format!("{kind} {}", i + 1) } else { kind.to_owned() };
            ScarOnHead { name, outline: outline.on(chart), scattered }
        })
        .collect()
}

/// An outline drawn by hand.
pub(crate) fn painted(places: &[Place]) -> Outline {
    Outline { points: places.iter().map(|p| p.az_t().to_uv()).collect() }
}

/// The safe donor area of `head.md` 3.3.
fn safe_donor(curves: &RegionCurves) -> Outline {
    // The right half starts in front of the ear and both curves end or start on the back midline.
    let mut right = curves.right_half(Curve::DonorTop);
    right.reverse();
    let mut bottom = curves.right_half(Curve::DonorBottom);
    bottom.reverse();
    right.extend(bottom.into_iter().skip(1));
    mirrored(right)
}

/// The strip's scar: a band of the given width along the middle of the donor area, symmetric about `at`.
fn strip(chart: &Chart, curves: &RegionCurves, length_mm: f64, width_mm: f64, at: Option<Place>) -> Outline {
    let middle = at.map_or(AzT { az_deg: 180.0, t: 1.0 }, Place::az_t);
    let t_of = donor_middle(curves);
    let shift = middle.t - t_of(middle.az_deg);
    let centre_line = |side: f64| {
        // Walk along the donor's middle line until half the length is covered.
        let mut places = vec![middle];
        let mut walked = 0.0;
        let mut az_deg = middle.az_deg;
        while walked < 0.5 * length_mm - 0.5 * width_mm && (az_deg - middle.az_deg).abs() < 110.0 {
            az_deg += side;
            let next = AzT { az_deg, t: t_of(az_deg) + shift };
            let last = places[places.len() - 1];
            walked += chart.position(next.to_uv()).distance(chart.position(last.to_uv()));
            places.push(next);
        }
        places
    };
    let mut line: Vec<AzT> = centre_line(-1.0).into_iter().rev().collect();
    line.extend(centre_line(1.0).into_iter().skip(1));

    // Offset to both sides along the meridian, with rounded ends.
    let half_t = |p: &AzT| 0.5 * width_mm / chart.arc_per_t_mm(p.az_deg);
    let upper = line.iter().map(|p| AzT { t: p.t - half_t(p), ..*p }.to_uv());
    let lower = line.iter().rev().map(|p| AzT { t: p.t + half_t(p), ..*p }.to_uv());
    let cap = |end: AzT, outward: f64| -> Vec<Uv> {
        (1..8)
            .map(|k| {
                let (sin, cos) = libm::sincos(std::f64::consts::PI * k as f64 / 8.0);
                // One degree of azimuth is about this many mm of skin here.
                let per_deg = chart
                    .position(AzT { az_deg: end.az_deg + 1.0, ..end }.to_uv())
                    .distance(chart.position(end.to_uv()))
                    .max(0.2);
                let az_deg = end.az_deg + outward * 0.5 * width_mm * sin / per_deg;
                AzT { az_deg, t: end.t - half_t(&end) * cos }.to_uv()
            })
            .collect()
    };
    let mut points: Vec<Uv> = upper.collect();
    points.extend(cap(line[line.len() - 1], 1.0));
    points.extend(lower);
    let mut first_cap = cap(line[0], -1.0);
    first_cap.reverse();
    points.extend(first_cap);
    Outline { points }
}

/// t of the middle between donor top and bottom at an azimuth.
fn donor_middle(curves: &RegionCurves) -> impl Fn(f64) -> f64 {
    let table = |curve: Curve| curves.right_half(curve).into_iter().map(AzT::from_uv).collect::<Vec<_>>();
    let (top, bottom) = (table(Curve::DonorTop), table(Curve::DonorBottom));
    let at = |curve: &[AzT], az: f64| {
        let near = |p: &AzT| (p.az_deg.abs() - az).abs();
        let best = curve.iter().min_by(|a, b| near(a).total_cmp(&near(b)));
        best.map_or(1.0, |p| p.t)
    };
    move |az_deg: f64| {
        let az = (az_deg + 180.0).rem_euclid(360.0) - 180.0;
        let az = az.abs().clamp(76.0, 180.0);
        0.5 * (at(&top, az) + at(&bottom, az))
    }
}
