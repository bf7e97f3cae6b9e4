//! Hair loss as zones: from a stage of a published scale, from patches, or painted.
//!
//! Outlines of Norwood II-VII and Ludwig I-III are those of `head.md` 3.3. The A variants, Savin, Sinclair and the
//! patch arrangement of alopecia areata are own design in the same chart; [`Stage::own_design`] says so.
//! The density left inside a zone is the middle of the range in `head.md` 3.3 for Ludwig and an assumption elsewhere.

use serde::{Deserialize, Serialize};

use crate::chart::{AzT, Chart, Uv};
use crate::named::named;
use crate::patch::cut_patch;
use crate::regions::{Curve, Outline, RegionCurves, mirrored, smooth_curve};

/// Arc from Cz to the landmarks on the reference head, mm; turns the millimetres of `head.md` 3.3 into chart units.
const REFERENCE_ARC_MM: f64 = 179.0;

named! {
    /// A stage of a published scale: Hamilton-Norwood, Ludwig, Savin, Sinclair.
    enum Stage;
    /// The scale's own spelling.
    fn label;
    NorwoodI = "Norwood I",
    NorwoodII = "Norwood II",
    NorwoodIIA = "Norwood IIa",
    NorwoodIII = "Norwood III",
    NorwoodIIIA = "Norwood IIIa",
    NorwoodIIIVertex = "Norwood III vertex",
    NorwoodIV = "Norwood IV",
    NorwoodIVA = "Norwood IVa",
    NorwoodV = "Norwood V",
    NorwoodVA = "Norwood Va",
    NorwoodVI = "Norwood VI",
    NorwoodVII = "Norwood VII",
    LudwigI = "Ludwig I",
    LudwigII = "Ludwig II",
    LudwigIII = "Ludwig III",
    SavinI1 = "Savin I-1",
    SavinI2 = "Savin I-2",
    SavinI3 = "Savin I-3",
    SavinI4 = "Savin I-4",
    SavinII1 = "Savin II-1",
    SavinII2 = "Savin II-2",
    SavinIII = "Savin III",
    SavinAdvanced = "Savin advanced",
    SavinFrontal = "Savin frontal",
    Sinclair1 = "Sinclair 1",
    Sinclair2 = "Sinclair 2",
    Sinclair3 = "Sinclair 3",
    Sinclair4 = "Sinclair 4",
    Sinclair5 = "Sinclair 5",
}

impl Serialize for Stage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Stage {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Stage, D::Error> {
        let name = String::deserialize(deserializer)?;
        let named = Stage::ALL.into_iter().find(|stage| stage.name() == name);
        named.ok_or_else(|| serde::de::Error::custom(format!("{name} is no stage of a known scale")))
    }
}

/// A piece of scalp on which hair has thinned.
#[derive(Clone, Debug, PartialEq)]
pub struct LossZone {
    /// What it is, in the field's words.
    pub name: String,
    /// Its border.
    pub outline: Outline,
    /// Share of the original density that is left inside, 0-1.
    pub density_left: f64,
}

impl Stage {
    /// The name in files: the label in lower case with hyphens, `norwood-iii-vertex`.
    pub fn name(self) -> String {
        self.label().to_lowercase().replace(' ', "-")
    }

    /// Whether the outline is hairline's own design rather than a curve of `head.md` 3.3.
    pub fn own_design(self) -> bool {
        use Stage::*;
        !matches!(
            self,
            NorwoodI
                | NorwoodII
                | NorwoodIII
                | NorwoodIIIVertex
                | NorwoodIV
                | NorwoodV
                | NorwoodVI
                | NorwoodVII
                | LudwigI
                | LudwigII
                | LudwigIII
        )
    }

    /// The stage this one usually goes over into; `None` where the scale ends. The pace is the caller's.
    pub fn next(self) -> Option<Stage> {
        use Stage::*;
        Some(match self {
            NorwoodI => NorwoodII,
            NorwoodII => NorwoodIII,
            NorwoodIIA => NorwoodIIIA,
            NorwoodIII => NorwoodIIIVertex,
            NorwoodIIIA => NorwoodIVA,
            NorwoodIIIVertex => NorwoodIV,
            NorwoodIV => NorwoodV,
            NorwoodIVA => NorwoodVA,
            NorwoodV | NorwoodVA => NorwoodVI,
            NorwoodVI => NorwoodVII,
            LudwigI => LudwigII,
            LudwigII => LudwigIII,
            SavinI1 => SavinI2,
            SavinI2 => SavinI3,
            SavinI3 => SavinI4,
            SavinI4 | SavinFrontal => SavinII1,
            SavinII1 => SavinII2,
            SavinII2 => SavinIII,
            SavinIII => SavinAdvanced,
            Sinclair1 => Sinclair2,
            Sinclair2 => Sinclair3,
            Sinclair3 => Sinclair4,
            Sinclair4 => Sinclair5,
            NorwoodVII | LudwigIII | SavinAdvanced | Sinclair5 => return None,
        })
    }

    /// Whether the loss thins the hair along the part (women's pattern) rather than baring the scalp.
    pub fn diffuse(self) -> bool {
        !matches!(self.label().split(' ').next(), Some("Norwood"))
    }

    /// The zones of the stage on the chart.
    pub fn zones(self, curves: &RegionCurves) -> Vec<LossZone> {
        use Stage::*;
        let front = |curve: Curve| bald("front", curves.between_hairline_and(&curves.right_half(curve)));
        let even = |midline_t: f64, curve: Curve| {
            bald("front", curves.between_hairline_and(&even_recession(midline_t, &curves.right_half(curve))))
        };
        let crown = |t: f64, half_u_mm: f64, half_v_mm: f64| {
            let centre = AzT { az_deg: 180.0, t }.to_uv();
            let unit = 1.0 / REFERENCE_ARC_MM;
            bald("crown", Outline::ellipse(centre, half_u_mm * unit, half_v_mm * unit))
        };
        let back =
            |curve: Curve| bald("front, mid-scalp and crown", curves.in_front_of(&curves.right_half(curve)));
        let part = |curve: Curve, scale: f64, density_left: f64| {
            let right = curves.right_half(curve).into_iter().map(|p| scale_width(p, scale)).collect();
            LossZone { name: "top".to_owned(), outline: mirrored(right), density_left }
        };
        match self {
            NorwoodI | SavinI1 | Sinclair1 => vec![],
            NorwoodII => vec![front(Curve::RecededII)],
            NorwoodIII => vec![front(Curve::RecededIII)],
            // Crown centres: rho 0.43 and 0.44 of `head.md` 3.3 on the back midline of the reference head.
            NorwoodIIIVertex => vec![front(Curve::RecededII), crown(0.289, 27.0, 26.0)],
            NorwoodIV => vec![front(Curve::RecededIV), crown(0.289, 40.0, 38.0)],
            NorwoodV => vec![front(Curve::RecededV), crown(0.297, 52.0, 48.0)],
            NorwoodVI => vec![back(Curve::BackBorderVI)],
            NorwoodVII => vec![back(Curve::BackBorderVII)],
            // The A variants recede from the front as a whole, without a peak or an island (Norwood 1975): the
            // midline goes back as far as the temples do in the plain stage.
            NorwoodIIA => vec![even(0.44, Curve::RecededII)],
            NorwoodIIIA => vec![even(0.36, Curve::RecededIII)],
            NorwoodIVA => vec![even(0.20, Curve::RecededIV)],
            NorwoodVA => vec![even(-0.12, Curve::RecededV)],
            LudwigI => vec![part(Curve::LudwigI, 1.0, 0.78)],
            LudwigII => vec![part(Curve::LudwigII, 1.0, 0.52)],
            LudwigIII => vec![part(Curve::LudwigIII, 1.0, 0.2)],
            SavinI2 => vec![part(Curve::LudwigI, 0.35, 0.85)],
            SavinI3 => vec![part(Curve::LudwigI, 0.7, 0.78)],
            SavinI4 => vec![part(Curve::LudwigI, 1.0, 0.68)],
            SavinII1 => vec![part(Curve::LudwigII, 1.0, 0.58)],
            SavinII2 => vec![part(Curve::LudwigII, 1.0, 0.45)],
            SavinIII => vec![part(Curve::LudwigIII, 1.0, 0.28)],
            SavinAdvanced => vec![part(Curve::LudwigIII, 1.0, 0.1)],
            SavinFrontal => vec![LossZone {
                name: "front of the part".to_owned(),
                outline: christmas_tree(),
                density_left: 0.6,
            }],
            Sinclair2 => vec![part(Curve::LudwigI, 0.3, 0.75)],
            Sinclair3 => vec![part(Curve::LudwigI, 0.7, 0.6)],
            Sinclair4 => vec![part(Curve::LudwigII, 0.8, 0.45)],
            Sinclair5 => vec![part(Curve::LudwigIII, 1.0, 0.2)],
        }
    }
}

/// Density left on a bald zone of the Norwood scale (vellus and stragglers): an assumption.
const BALD_DENSITY_LEFT: f64 = 0.04;

fn bald(name: &str, outline: Outline) -> LossZone {
    LossZone { name: name.to_owned(), outline, density_left: BALD_DENSITY_LEFT }
}

/// A receded curve whose midline stands at `midline_t` (negative: behind Cz) and which meets the plain curve at its
/// temples: the frontal edge of an A variant.
fn even_recession(midline_t: f64, plain: &[Uv]) -> Vec<Uv> {
    // The farthest-back point of the plain curve is the temple's recess; from there on nothing changes.
    let recess = (0..plain.len()).min_by(|&a, &b| plain[a].y.total_cmp(&plain[b].y)).unwrap_or(0);
    let apex = plain[recess];
    let middle = Uv::new(0.0, midline_t);
    let control = [middle, Uv::new(0.5 * apex.x, midline_t + 0.25 * (apex.y - midline_t)), apex];
    let mut curve = smooth_curve(&control, true);
    curve.extend(plain[recess + 1..].iter());
    curve
}

/// Narrows or widens an outline about the midline.
fn scale_width(p: Uv, scale: f64) -> Uv {
    Uv::new(p.x * scale, p.y)
}

/// Frontal accentuation ("Christmas tree", Olsen 1999): the part widens towards the hairline. Own design.
fn christmas_tree() -> Outline {
    let control = [(0.0, 0.50), (0.20, 0.47), (0.17, 0.36), (0.08, 0.18), (0.03, 0.0), (0.0, -0.08)];
    mirrored(smooth_curve(&control.map(|(u, v)| Uv::new(u, v)), true))
}

/// A round bald patch of alopecia areata.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoundPatch {
    /// Centre on the chart.
    pub at: AzT,
    /// Diameter on the skin, mm.
    pub diameter_mm: f64,
}

/// Zones of alopecia areata from known patches.
pub fn areata_patches(chart: &Chart, patches: &[RoundPatch]) -> Vec<LossZone> {
    patches
        .iter()
        .enumerate()
        .map(|(i, patch)| LossZone {
            name: format!("patch {}", i + 1),
            outline: circle_on(chart, patch.at, 0.5 * patch.diameter_mm),
            density_left: 0.0,
        })
        .collect()
}

/// Zones of alopecia areata for a share of the scalp (SALT, 0-100 %): a fixed arrangement of up to nine growing patches
/// whose union has the share asked for; from 95 % on the whole scalp (totalis). Own design: an example to drag, not a
/// finding.
pub fn areata_share(chart: &Chart, curves: &RegionCurves, salt_percent: f64) -> Vec<LossZone> {
    let scalp = curves.scalp();
    let whole = LossZone { name: "whole scalp".to_owned(), outline: scalp.clone(), density_left: 0.0 };
    if salt_percent >= 95.0 {
        return vec![whole];
    }
    const SITES: [(f64, f64, f64); 9] = [
        (150.0, 0.62, 1.0),
        (-40.0, 0.25, 0.9),
        (-110.0, 0.55, 0.8),
        (25.0, 0.38, 0.7),
        (-165.0, 0.95, 0.9),
        (100.0, 0.5, 0.8),
        (180.0, 0.25, 0.7),
        (-75.0, 0.45, 0.6),
        (125.0, 0.95, 0.7),
    ];
    let n = (2 + (salt_percent / 8.0) as usize).min(SITES.len());
    let zones = |scale_mm: f64| -> Vec<LossZone> {
        let patches: Vec<RoundPatch> = SITES[..n]
            .iter()
            .map(|&(az_deg, t, size)| RoundPatch {
                at: AzT { az_deg, t },
                diameter_mm: 2.0 * scale_mm * size,
            })
            .collect();
        areata_patches(chart, &patches)
    };
    let share = |zones: &[LossZone]| {
        let scalp = scalp.on(chart);
        let outlines: Vec<_> = zones.iter().map(|z| z.outline.on(chart)).collect();
        let area = cut_patch(chart, 3.0, &|uv, p| {
            let bald = outlines.iter().map(|o| o.signed_distance_mm(uv, p)).fold(f64::NEG_INFINITY, f64::max);
            bald.min(scalp.signed_distance_mm(uv, p))
        });
        let all = cut_patch(chart, 3.0, &|uv, p| scalp.signed_distance_mm(uv, p));
        100.0 * area.area_cm2() / all.area_cm2()
    };
    let (mut small, mut large) = (1.0, 140.0);
    for _ in 0..12 {
        let middle = 0.5 * (small + large);
        if share(&zones(middle)) < salt_percent { small = middle } else { large = middle }
    }
    zones(0.5 * (small + large))
}

/// A circle of surface radius `radius_mm` about a place, as an outline on the chart.
fn circle_on(chart: &Chart, at: AzT, radius_mm: f64) -> Outline {
    let centre = at.to_uv();
    let p0 = chart.position(centre);
    let n = 72;
    let points = (0..n)
        .map(|i| {
            let (sin, cos) = libm::sincos(std::f64::consts::TAU * i as f64 / n as f64);
            let dir = Uv::new(sin, cos);
            // Walk outwards until the chord reaches the radius; the chart stretches smoothly.
            let (mut inner, mut outer) = (0.0, 4.0 * radius_mm / REFERENCE_ARC_MM);
            for _ in 0..40 {
                let middle = 0.5 * (inner + outer);
                if chart.position(centre + middle * dir).distance(p0) < radius_mm {
                    inner = middle;
                } else {
                    outer = middle;
                }
            }
            centre + inner * dir
        })
        .collect();
    Outline { points }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_named_and_only_no_loss_has_no_zone() {
        let curves = RegionCurves::standard();
        for stage in Stage::ALL {
            let none = matches!(stage, Stage::NorwoodI | Stage::SavinI1 | Stage::Sinclair1);
            assert_eq!(stage.zones(&curves).is_empty(), none, "{}", stage.label());
        }
    }

    #[test]
    fn following_next_ends_at_the_last_stage_of_the_scale() {
        for stage in Stage::ALL {
            let mut at = stage;
            let mut steps = 0;
            while let Some(next) = at.next() {
                assert_eq!(next.label().split(' ').next(), stage.label().split(' ').next());
                at = next;
                steps += 1;
                assert!(steps < 12, "{} never ends", stage.label());
            }
        }
    }
}
