//! What is to be matched: the client's own stubble, drawn by the same optics as the dots.
//!
//! Modelled: the buried root as a column of narrow deposits from the surface down, read from the tables of dots; the free
//! shaft as an opaque stick of its own colour, and the light it keeps from the skin around it. Assumed: the numbers below.

use hairline_optics::colour::{Lab, Xyz};
use hairline_optics::dots::{SkinDots, compose};
use hairline_optics::illuminant::Illuminant;
use hairline_optics::spectrum::Spectrum;

use super::patch::{Canvas, Grid, Halo};
use super::skin::ClientSkin;
use crate::noise::{hash, normal, uniform};
use crate::pigment::reflectance_of;

/// Stubble leans this far from upright, degrees: an assumption within the 30-60 of scalp hair.
const LEAN_DEG: f64 = 45.0;
/// Hairs of one unit leave the skin this far from its middle, mm (assumption).
const UNIT_RADIUS_MM: f64 = 0.12;
/// Spread of the diameter from hair to hair, 1 SD (assumption).
const DIAMETER_SPREAD: f64 = 0.15;
/// Half-angle of the cone light comes from, degrees: lamps and windows of a room (assumption; 90 is an open sky).
const LIGHT_CONE_DEG: f64 = 60.0;
/// Light under the skin smooths the shadow of a shaft by so much, 1 SD, mm (assumption: transport lengths of the dermis).
const SKIN_BLUR_MM: f64 = 0.4;
/// Azimuthal roughness of hair, which hardly matters (the middle of the range of Chiang et al.).
const ROUGHNESS: f64 = 0.3;
/// Narrowest deposit of the tables, mm: a thinner root counts as its equal in width times absorption.
const NARROWEST_MM: f64 = hairline_optics::dots::nodes::DIAMETER_MM[0];
/// Depths of the tops of the column's pieces, in heights of a deposit; below, a root is hardly seen.
const PIECES: [f64; 4] = [0.0, 1.0, 2.0, 3.0];
const SEED: u64 = 0x4841_4952;

/// Hair as the match needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hair {
    pub lab_sce: Lab,
    pub shaft_mm: f64,
    pub length_mm: f64,
    pub units_per_cm2: f64,
    pub hairs_per_unit: f64,
}

/// One kind of hair on one skin.
pub(super) struct Shaft {
    root: Halo,
    shadow: Halo,
    light: [f64; 3],
}

impl Shaft {
    pub fn new(skin: &ClientSkin, hair: &Hair, lab_sce: Lab) -> Shaft {
        let reflectance = reflectance_of(lab_sce);
        let xyz = Illuminant::D65.xyz(&reflectance);
        Shaft {
            root: root(skin, hair, &reflectance),
            shadow: shadow(hair, xyz),
            light: [xyz.x, xyz.y, xyz.z],
        }
    }

    /// What a hair takes from the skin's light in all, as black area, mm2: X, Y and Z.
    pub fn area_mm2(&self, hair: &Hair, skin: Xyz) -> [f64; 3] {
        let bare = [skin.x, skin.y, skin.z];
        let (root, shadow) = (self.root.area_mm2(), self.shadow.area_mm2());
        [0, 1, 2].map(|c| root[c] + shadow[c] + footprint_mm2(hair) * (1.0 - self.light[c] / bare[c]))
    }
}

/// Area a shaft covers as seen from straight above, mm2.
fn footprint_mm2(hair: &Hair) -> f64 {
    hair.shaft_mm * hair.length_mm * libm::sin(LEAN_DEG.to_radians())
}

/// Draws stubble: `share_grey` of the hairs are of the second kind.
pub(super) fn draw(
    grid: Grid,
    skin: &ClientSkin,
    hair: &Hair,
    kinds: [&Shaft; 2],
    share_grey: f64,
    points: &[[f64; 2]],
) -> Canvas {
    let side_mm = grid.side_mm();
    let mut canvas = Canvas::new(grid, compose::exponent(0.0, &skin.scattering).samples[MIDDLE]);
    let units = ((hair.units_per_cm2 * grid.area_cm2()).round() as usize).min(points.len());
    let mut hairs: Vec<([f64; 2], f64, bool)> = Vec::new();
    for (u, at) in points[..units].iter().enumerate() {
        let u = u as u64;
        let whole = hair.hairs_per_unit.floor();
        let extra = uniform(hash(SEED, 1), u) < hair.hairs_per_unit - whole;
        for k in 0..whole as u64 + u64::from(extra) {
            let id = 8 * u + k;
            let angle = std::f64::consts::TAU * uniform(hash(SEED, 2), id);
            let r = UNIT_RADIUS_MM / side_mm * uniform(hash(SEED, 3), id).sqrt();
            let place = [at[0] + r * libm::cos(angle), at[1] + r * libm::sin(angle)];
            let weight = (1.0 + DIAMETER_SPREAD * normal(hash(SEED, 4), id)).max(0.3);
            hairs.push((place, weight, uniform(hash(SEED, 5), id) < share_grey));
        }
    }
    for (grey, shaft) in [(false, kinds[0]), (true, kinds[1])] {
        let own = || hairs.iter().filter(|h| h.2 == grey).map(|h| (h.0, h.1));
        canvas.absorb(&shaft.root, own());
        if hair.length_mm > 0.0 {
            let middle = 0.5 * hair.length_mm * libm::sin(LEAN_DEG.to_radians()) / side_mm;
            canvas.absorb(&shaft.shadow, own().map(|([x, y], w)| ([x + middle, y], w)));
            for ([x, y], weight) in own() {
                const STEPS: u32 = 6;
                for k in 0..STEPS {
                    let along = 2.0 * middle * (f64::from(k) + 0.5) / f64::from(STEPS);
                    canvas.cover(
                        [x + along, y],
                        weight * footprint_mm2(hair) / f64::from(STEPS),
                        shaft.light,
                    );
                }
            }
        }
    }
    canvas
}

/// Index of 550 nm.
pub(super) const MIDDLE: usize = 15;

/// The buried part.
fn root(skin: &ClientSkin, hair: &Hair, reflectance: &Spectrum) -> Halo {
    // Chiang et al., A practical and controllable hair and fur model (EGSR 2016), eq. 9: from the colour of a mass of hair to
    // what its cortex absorbs, per radius of the fibre.
    let b = ROUGHNESS;
    let bend = 5.969 - 0.215 * b + 2.532 * b * b - 10.73 * b.powi(3) + 5.574 * b.powi(4) + 0.245 * b.powi(5);
    let narrow = (hair.shaft_mm / NARROWEST_MM).min(1.0);
    let mua = reflectance.map(|r| {
        let per_radius = (libm::log(r.clamp(1e-4, 1.0)) / bend).powi(2);
        narrow * per_radius / (0.5 * hair.shaft_mm)
    });
    let width = hair.shaft_mm.max(NARROWEST_MM);
    column(skin, &skin.dots, width, &mua)
}

fn column(skin: &ClientSkin, dots: &SkinDots, width_mm: f64, mua: &Spectrum) -> Halo {
    let pieces: Vec<_> = PIECES
        .map(|k| k * skin.height_mm)
        .map(|top| (dots.profile(width_mm, top, mua), compose::exponent(top, &skin.scattering)))
        .into_iter()
        .collect();
    let r_mm = super::dots::rings(width_mm);
    let taken = r_mm
        .iter()
        .map(|&r| {
            let left: Vec<_> = pieces.iter().map(|(profile, q)| (profile.ratio(r), *q)).collect();
            skin.taken(&compose::together(&left))
        })
        .collect();
    Halo { r_mm, taken }
}

/// The light a shaft keeps from the skin, spread around it. Light comes evenly from a cone above; in such light a stick of any
/// lean meets pi/4 d L of each bundle on average, and keeps what it does not reflect.
fn shadow(hair: &Hair, colour: Xyz) -> Halo {
    let cone = LIGHT_CONE_DEG.to_radians();
    let bundles = 2.0 * (1.0 - libm::cos(cone)) / libm::sin(cone).powi(2);
    let meets_mm2 = std::f64::consts::FRAC_PI_4 * bundles * hair.shaft_mm * hair.length_mm;
    let sigma = libm::hypot(0.5 * hair.length_mm, SKIN_BLUR_MM);
    let white = Illuminant::D65.white();
    let kept = [colour.x / white.x, colour.y / white.y, colour.z / white.z]
        .map(|albedo| (1.0 - albedo).clamp(0.0, 1.0));
    let r_mm: Vec<f64> = (0..=24).map(|i| 3.5 * sigma * f64::from(i) / 24.0).collect();
    let bell = |r: f64| libm::exp(-0.5 * (r / sigma).powi(2)) / (std::f64::consts::TAU * sigma * sigma);
    let taken = r_mm.iter().map(|&r| kept.map(|kept| kept * meets_mm2 * bell(r))).collect();
    Halo { r_mm, taken }
}
