//! Dots on a shaded head: what a session adds, in a few milliseconds.

use glam::DVec3;
use hairline_optics::dot_table::DotTransmission;
use hairline_plan::Dot;

use super::halo::Halo;
use super::image::{Image, encode};
use super::plate::Plate;
use super::splat::{Footprint, profile_area};
use super::tone::tint;

/// How one dot looks in one state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DotLook {
    /// Factor on the diffuse light of the skin at the dot's centre, linear `[red, green, blue]`.
    pub transmission_rgb: [f32; 3],
    /// Distance from the centre at which half of the darkening is left, mm.
    pub half_width_mm: f32,
    /// Softness of the edge, 0.05-1: half width of the edge as share of `half_width_mm`.
    pub softness: f32,
    /// What the dot takes from the skin beyond this outline, in a bell of [`hairline_optics::dot_table::HALO_SIGMA_MM`],
    /// mm2 of black skin per colour.
    pub halo_mm2: [f32; 3],
}

impl DotLook {
    /// The look of a dot of the optics table.
    ///
    /// The profile between centre and half width is an assumption: nearly a disc while the half width is the dot's
    /// own radius, a bell once it is twice as wide.
    pub fn new(transmission: DotTransmission, diameter_mm: f64) -> DotLook {
        let half_width_mm = transmission.hwhm_mm.max(1e-3);
        let softness = (1.65 - 1.3 * 0.5 * diameter_mm / half_width_mm).clamp(0.35, 1.0);
        let bare = DotLook {
            transmission_rgb: transmission.rgb.map(|c| c as f32),
            half_width_mm: half_width_mm as f32,
            softness: softness as f32,
            halo_mm2: [0.0; 3],
        };
        let inside = bare.darkening_mm2();
        DotLook {
            halo_mm2: [0, 1, 2].map(|c| (transmission.loss_mm2[c] as f32 - inside[c]).max(0.0)),
            ..bare
        }
    }

    /// Integral of the darkening over the skin, mm2 per colour: footprint times contrast, and the halo.
    pub fn darkening_mm2(&self) -> [f32; 3] {
        let area = self.half_width_mm * self.half_width_mm * profile_area(self.softness);
        [0, 1, 2].map(|c| area * (1.0 - self.transmission_rgb[c]) + self.halo_mm2[c])
    }
}

/// The scalp on one day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The dots that are there: index into the plan's dots, and look.
    pub dots: Vec<(u32, DotLook)>,
    /// Redness of the skin around the dots, 0 calm to 1 deeply flushed.
    pub redness: f64,
    /// Tiny scabs on the dots, 0 none to 1 one on every dot; seen in the close-up.
    pub scabs: f64,
}

/// Cosine between skin normal and line of sight below which a dot is too flat to see.
const FLATTEST: f64 = 0.03;
/// A pixel never gets darker than this share of its skin: pigment does not shine.
const DARKEST: f32 = 0.02;
/// Side of the cells in which redness is spread, px.
const CELL_PX: usize = 12;
/// Dots per cm2 at which the skin between them is as red as it gets, over e. An assumption.
const RED_DOTS_PER_CM2: f32 = 30.0;
/// ln of reflectance (green) lost to blood at redness 1. An assumption: about 6 units of a* on light skin.
pub(super) const FLUSH: f32 = 0.26;

/// A dot as the camera sees it.
pub(super) struct Seen {
    pub(super) footprint: Footprint,
    depth_mm: f32,
    cosine: f32,
    loss: [f32; 3],
    /// Black area of the picture that takes as much light as the halo, px2.
    halo_px: [f32; 3],
}

impl Plate {
    /// The picture of a state: this view with the state's dots.
    ///
    /// Dots hidden behind the head or an ear are not drawn. The mean of linear light over a patch is that of bare skin
    /// less footprint times contrast of every dot in it, as long as dots do not cover one another; halos do, and what
    /// they leave multiplies (`optics.md` 5.3).
    pub fn compose(&self, dots: &[Dot], state: &State) -> Image {
        let size = self.camera.size_px;
        let seen = self.seen(dots, state);
        let mut image = self.developed.clone();
        if seen.is_empty() {
            return image;
        }
        let redness = (state.redness > 0.0).then(|| self.redness(&seen, state.redness as f32));
        self.each_loss(&seen, redness.is_some(), |pixel, left| {
            let flush = redness.as_ref().map_or(0.0, |r| r.at(pixel));
            let red = if flush < 1e-3 { [1.0; 3] } else { tint(flush * FLUSH, 0.0) };
            let mut light = self.base[pixel];
            for c in 0..3 {
                light[c] -= self.diffuse[pixel][c] * (1.0 - red[c] * left[c]);
            }
            let rgb = encode(light, pixel % size[0], pixel / size[0]);
            image.rgb[3 * pixel..3 * pixel + 3].copy_from_slice(&rgb);
        });
        image
    }

    /// The dots of a state that face the camera.
    pub(super) fn seen(&self, dots: &[Dot], state: &State) -> Vec<Seen> {
        let see = |(i, look): &(u32, DotLook)| {
            dots.get(*i as usize).and_then(|dot| self.see(dot.position_mm, dot.normal, look))
        };
        state.dots.iter().filter_map(see).collect()
    }

    /// Calls `put(pixel, what dots leave of its diffuse light, per colour)` for the pixels of the head that dots darken, or
    /// for all pixels of the head.
    pub(super) fn each_loss(&self, seen: &[Seen], all: bool, mut put: impl FnMut(usize, [f32; 3])) {
        let size = self.camera.size_px;
        let mut losses = vec![[0.0f32; 3]; size[0] * size[1]];
        let mut halo = Halo::new(size, 1.0 / self.camera.pixel_mm());
        for s in seen {
            s.footprint.splat(size, |pixel, share| {
                if self.shows(pixel, s.depth_mm) {
                    for c in 0..3 {
                        losses[pixel][c] += share * s.loss[c];
                    }
                }
            });
            let at = s.footprint.at.map(|v| v.max(0.0) as usize);
            if at[0] < size[0] && at[1] < size[1] && self.shows(at[1] * size[0] + at[0], s.depth_mm) {
                halo.add(s.footprint.at, s.halo_px);
            }
        }
        let kept = halo.spread();
        for y in 0..size[1] {
            let pixels = if all { 0..size[0] } else { kept.pixels(y, size[0]) };
            for (x, kept) in pixels.clone().zip(kept.row(y, pixels)) {
                let pixel = y * size[0] + x;
                let loss = losses[pixel];
                if self.coverage[pixel] > 0.0 && (all || loss[1] > 0.0 || kept[1] < 1.0) {
                    let left = |c: usize| ((1.0 - loss[c]) * kept[c]).max(DARKEST);
                    put(pixel, [left(0), left(1), left(2)]);
                }
            }
        }
    }

    fn see(&self, position: DVec3, normal: DVec3, look: &DotLook) -> Option<Seen> {
        let to_camera = (self.camera.position - position).normalize_or_zero();
        let cosine = normal.dot(to_camera);
        if cosine < FLATTEST {
            return None;
        }
        let at = self.camera.project(position);
        let inside = |v: f64, size: usize| v > -50.0 && v < size as f64 + 50.0;
        if at.z <= 0.0 || !inside(at.x, self.camera.size_px[0]) || !inside(at.y, self.camera.size_px[1]) {
            return None;
        }
        let (u, v) = normal.any_orthonormal_pair();
        let half = f64::from(look.half_width_mm);
        let axis = |d: DVec3| self.camera.step(at, half * d).map(|p| p as f32);
        let footprint =
            Footprint { at: [at.x as f32, at.y as f32], axes: [axis(u), axis(v)], softness: look.softness };
        let loss = look.transmission_rgb.map(|t| 1.0 - t);
        let px_per_mm = (self.camera.focal_px / at.z) as f32;
        let halo_px = look.halo_mm2.map(|mm2| mm2 * cosine as f32 * px_per_mm * px_per_mm);
        Some(Seen { footprint, depth_mm: at.z as f32, cosine: cosine as f32, loss, halo_px })
    }

    /// Redness of the skin over the picture, from how many dots are set around each place.
    fn redness(&self, seen: &[Seen], strength: f32) -> Redness {
        let [width, height] = self.camera.size_px;
        let (columns, rows) = (width.div_ceil(CELL_PX) + 1, height.div_ceil(CELL_PX) + 1);
        let mut cells = vec![0.0f32; columns * rows];
        let cell_cm2 = (CELL_PX as f32 * self.camera.pixel_mm() as f32 / 10.0).powi(2);
        for s in seen {
            let (x, y) = (s.footprint.at[0] / CELL_PX as f32, s.footprint.at[1] / CELL_PX as f32);
            let pixel = s.footprint.at[1].max(0.0) as usize * width + s.footprint.at[0].max(0.0) as usize;
            let inside = x >= 0.0 && y >= 0.0 && (x as usize) < columns && (y as usize) < rows;
            if inside && pixel < self.depth_mm.len() && self.shows(pixel, s.depth_mm) {
                cells[y as usize * columns + x as usize] += s.cosine / cell_cm2;
            }
        }
        for _ in 0..2 {
            cells = blur(&cells, columns, rows);
        }
        for cell in &mut cells {
            *cell = strength * (1.0 - libm::expf(-*cell / RED_DOTS_PER_CM2));
        }
        Redness { cells, columns, width }
    }
}

/// Redness in cells, read bilinearly between their middles.
struct Redness {
    cells: Vec<f32>,
    columns: usize,
    width: usize,
}

impl Redness {
    fn at(&self, pixel: usize) -> f32 {
        let place = |v: usize| ((v as f32 + 0.5) / CELL_PX as f32 - 0.5).max(0.0);
        let (x, y) = (place(pixel % self.width), place(pixel / self.width));
        let (ix, iy) = (x as usize, y as usize);
        let (tx, ty) = (x - ix as f32, y - iy as f32);
        let cell = |dx: usize, dy: usize| self.cells[(iy + dy) * self.columns + ix + dx];
        (cell(0, 0) * (1.0 - tx) + cell(1, 0) * tx) * (1.0 - ty)
            + (cell(0, 1) * (1.0 - tx) + cell(1, 1) * tx) * ty
    }
}

/// Each cell the mean of itself and its eight neighbours.
fn blur(cells: &[f32], columns: usize, rows: usize) -> Vec<f32> {
    let mean = |x: usize, y: usize| {
        let (xs, ys) = (x.saturating_sub(1)..(x + 2).min(columns), y.saturating_sub(1)..(y + 2).min(rows));
        let count = (xs.len() * ys.len()) as f32;
        ys.map(|y| cells[y * columns..][xs.clone()].iter().sum::<f32>()).sum::<f32>() / count
    };
    (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))).map(|(x, y)| mean(x, y)).collect()
}
