//! Skin is never one colour: soft mottling everywhere, redder cheeks, nose, ears and lips.
//!
//! Everything is a small factor around 1 on the client's own skin colour, and 1 on average over the scalp.

use glam::Vec3;
use hairline_scalp::Landmarks;

use super::face;
use super::noise::{noise3, noise3_with_slope};

/// How much a step of blood and of melanin takes from `[red, green, blue]`, in ln of reflectance.
/// Ratios read from the absorption of haemoglobin and melanin at 610, 550 and 460 nm (`optics.md` 1.1, 1.2), rounded.
const BLOOD: [f32; 3] = [0.10, 1.0, 0.85];
const MELANIN: [f32; 3] = [0.45, 0.70, 1.0];

/// Size of the mottling as ln of reflectance, chosen by eye.
const MOTTLE: f32 = 0.035;
/// Size of the finest grain, that of pores and skin relief at arm's length, chosen by eye.
const GRAIN: f32 = 0.022;
/// Tilt of the surface by the same relief, chosen by eye.
const TILT: f32 = 0.03;

/// Factor on the skin colour from `blood` and `melanin`, both in ln of green and blue reflectance.
pub(super) fn tint(blood: f32, melanin: f32) -> [f32; 3] {
    [0, 1, 2].map(|c| libm::expf(-(blood * BLOOD[c] + melanin * MELANIN[c])))
}

/// Factor on the skin colour of every vertex.
pub(super) fn vertex_tints(
    positions: &[Vec3],
    marks: &Landmarks,
    draw_face: bool,
    seed: u32,
) -> Vec<[f32; 3]> {
    // Face sizes go with the head: 131 mm vertex above tragions, 97 mm nasion before them (`head.md` 2.5).
    let (sy, sz) = (marks.vertex.y as f32 / 131.0, marks.nasion.z as f32 / 97.0);
    let spot = |p: Vec3, at: [f32; 3], reach: [f32; 3]| {
        let d = (Vec3::new(p.x.abs(), p.y, p.z) - Vec3::new(at[0], at[1] * sy, at[2] * sz))
            / Vec3::from_array(reach);
        libm::expf(-d.length_squared())
    };
    let ear = marks.tragion_left.x.abs() as f32;
    positions
        .iter()
        .map(|&p| {
            let cheek = 0.13 * spot(p, [42.0, -22.0, 84.0], [24.0, 20.0, 30.0]);
            let nose = 0.12 * spot(p, [0.0, -20.0, 118.0], [15.0, 16.0, 22.0]);
            let ears = 0.14 * spot(p, [ear + 14.0, 4.0, -14.0], [12.0, 38.0, 26.0]);
            let blood = cheek
                + nose
                + ears
                + MOTTLE * noise3(p / 26.0, seed)
                + 0.7 * MOTTLE * noise3(p / 9.0, seed ^ 1);
            let melanin = MOTTLE * noise3(p / 34.0, seed ^ 2);
            let (lips, lids) = if draw_face { face::tint_at(p, marks) } else { (0.0, 0.0) };
            tint(blood + lips, melanin + lids)
        })
        .collect()
}

/// Factor on the light at a point of the skin, and how its fine relief tilts the surface.
pub(super) fn grain(p: Vec3, seed: u32) -> (f32, Vec3) {
    let (fine, fine_slope) = noise3_with_slope(p / 0.7, seed);
    let (coarse, coarse_slope) = noise3_with_slope(p / 1.9, seed ^ 7);
    (1.0 + GRAIN * (0.6 * fine + 0.7 * coarse), TILT * (fine_slope + 0.8 * coarse_slope))
}
