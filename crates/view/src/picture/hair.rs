//! The client's own stubble and short hair: strokes on a shaded head.

use super::Hair;
use super::halo::{Halo, Left};
use super::noise::{hash, unit};
use super::plate::Plate;
use super::splat::{Footprint, profile_area};
use super::strands::LONG_MM;

/// What the part of a dark hair inside the skin takes from the diffuse light, mm2 of black skin for each mm of the shaft's
/// width: near the root, and in a wide bell around it; the shadow of a shave. An assumption, from a Monte Carlo prototype with a
/// shaft of 0.07 mm from 0.05 to 3 mm depth that absorbs about 10 per mm at 550 nm (eumelanin of `optics.md` 1.1 at 75
/// mg/ml; at half of that the loss is a third less).
const BURIED_NEAR_MM: [f32; 3] = [0.21, 0.18, 0.16];
const BURIED_WIDE_MM: [f32; 3] = [0.99, 0.26, 0.18];
/// Standard deviation of that bell, mm (the prototype's rings beyond 0.2 mm have 0.46 in blue to 0.7 in red).
pub(super) const BURIED_SIGMA_MM: f64 = 0.55;
/// Half width of the shadow near the root, mm.
pub(super) const BURIED_HALF_MM: f32 = 0.2;

/// What the buried part of hairs takes from the light of the skin, per colour and mm of shaft width.
pub(super) struct Buried {
    /// Share of the light in the middle of the soft shadow near the root, 1/mm.
    pub near_per_mm: [f32; 3],
    /// Black area of the wide bell, mm.
    pub wide_mm: [f32; 3],
}

impl Buried {
    /// For hair of a colour in skin of a colour; none for hair as pale as the skin.
    pub fn new(hair: [f32; 3], skin: [f32; 3]) -> Buried {
        let darker = (1.0 - hair[1] / skin[1].max(1e-3)).clamp(0.0, 1.0);
        let area = BURIED_HALF_MM * BURIED_HALF_MM * profile_area(1.0);
        Buried {
            near_per_mm: BURIED_NEAR_MM.map(|mm| darker * mm / area),
            wide_mm: BURIED_WIDE_MM.map(|mm| darker * mm),
        }
    }
}

/// Draws stubble and short hair on a shaded head: each hair a stroke of its true width and length, and the shadow of its
/// part inside the skin.
///
/// Strokes cover one another at random, so what is left of the skin is the product of what each leaves.
pub(super) fn draw_short(plate: &mut Plate, hairs: &[Hair], colour: [f32; 3], skin: [f32; 3]) {
    let size = plate.camera.size_px;
    let mut bare = vec![1.0f32; size[0] * size[1]];
    let mut light = vec![[0.0f32; 4]; size[0] * size[1]];
    let mut shadow = vec![0.0f32; size[0] * size[1]];
    let mut wide = Halo::new(size, 1.0 / plate.camera.pixel_mm(), BURIED_SIGMA_MM);
    let buried = Buried::new(colour, skin);
    for (i, hair) in hairs.iter().enumerate().filter(|(_, hair)| hair.length_mm < LONG_MM) {
        let middle = hair.root_mm + 0.5 * hair.length_mm * hair.direction;
        let (root, at) = (plate.camera.project(hair.root_mm), plate.camera.project(middle));
        let Some(root_pixel) = pixel_of(size, root.x, root.y) else { continue };
        if !plate.shows(root_pixel, root.z as f32) {
            continue;
        }
        let (px_per_mm, shaft) = ((plate.camera.focal_px / root.z) as f32, hair.shaft_mm as f32);
        let facing = plate.facing(root_pixel);
        let half = BURIED_HALF_MM * px_per_mm * facing.sqrt();
        let at_root = [root.x as f32, root.y as f32];
        Footprint { at: at_root, axes: [[half, 0.0], [0.0, half]], softness: 1.0 }
            .splat(size, |pixel, share| shadow[pixel] += share * shaft);
        wide.add(at_root, buried.wide_mm.map(|mm| mm * shaft * facing * px_per_mm * px_per_mm));
        // Light at the root; skin shows it.
        let lit = [0, 1, 2].map(|c| plate.diffuse[root_pixel][c] / skin[c].max(1e-3));
        let own = 0.75 + 0.5 * unit(hash(i as u32));
        let colour = [0, 1, 2].map(|c| colour[c] * lit[c] * own);
        let strength = plate.coverage[root_pixel];
        let along = plate.camera.step(at, 0.5 * hair.length_mm * hair.direction);
        let pixel_per_mm = plate.camera.focal_px / at.z;
        let across = 0.5 * hair.shaft_mm * pixel_per_mm;
        // Seen from its end a hair is still as long as it is wide.
        let length = (along[0] * along[0] + along[1] * along[1]).sqrt();
        let unit = if length > 1e-9 { [along[0] / length, along[1] / length] } else { [1.0, 0.0] };
        // An ellipse with the area of the stroke: half axes longer by 1.03.
        let half = [1.03 * length.max(across), 1.03 * across];
        let axes = [[unit[0] * half[0], unit[1] * half[0]], [-unit[1] * half[1], unit[0] * half[1]]]
            .map(|a: [f64; 2]| a.map(|v| v as f32));
        let stroke = Footprint { at: [at.x as f32, at.y as f32], axes, softness: 1.0 };
        stroke.splat(size, |pixel, share| {
            if plate.shows(pixel, at.z as f32) {
                let share = (share * strength).min(1.0);
                bare[pixel] *= 1.0 - share;
                for c in 0..3 {
                    light[pixel][c] += share * colour[c];
                }
                light[pixel][3] += share;
            }
        });
    }
    let (depths, left) = (wide.spread(), Left::new([0.0; 3]));
    for y in 0..size[1] {
        let pixels = depths.pixels(y, size[0]);
        for (x, depth) in pixels.clone().zip(depths.row(y, pixels)) {
            let (pixel, kept) = (y * size[0] + x, left.of(depth));
            for c in 0..3 {
                let near = (shadow[pixel] * buried.near_per_mm[c]).min(0.9);
                let lost = plate.diffuse[pixel][c] * (1.0 - (1.0 - near) * kept[c]);
                plate.base[pixel][c] -= lost;
                plate.diffuse[pixel][c] -= lost;
            }
        }
    }
    for (pixel, &bare) in bare.iter().enumerate().filter(|(_, bare)| **bare < 1.0) {
        let sum = light[pixel];
        for c in 0..3 {
            plate.base[pixel][c] = plate.base[pixel][c] * bare + (1.0 - bare) * sum[c] / sum[3];
            plate.diffuse[pixel][c] *= bare;
        }
    }
}

fn pixel_of(size: [usize; 2], x: f64, y: f64) -> Option<usize> {
    let inside = x >= 0.0 && y >= 0.0 && x < size[0] as f64 && y < size[1] as f64;
    inside.then(|| y as usize * size[0] + x as usize)
}
