//! Dots on a shaded head: what a session adds, in a few milliseconds.

use std::ops::Range;

use glam::DVec3;
use hairline_optics::dots::rgb::{BELLS_MM, DotLight, RgbProfile};
use hairline_plan::Dot;
use rayon::prelude::*;

use super::halo::{Halo, Left, mix};
use super::image::{Image, encode};
use super::plate::Plate;
use super::splat::{Footprint, profile_area};
use super::tone::tint;

/// How one dot looks in one state, on a head: a core with a soft edge, and two bells around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DotLook {
    /// Factor of the core on the diffuse light of the skin at the dot's centre, linear `[red, green, blue]`.
    pub transmission_rgb: [f32; 3],
    /// Distance from the centre at which half of the core's darkening is left, mm.
    pub half_width_mm: f32,
    /// Softness of the edge, 0.05-1: half width of the edge as share of `half_width_mm`.
    pub softness: f32,
    /// Integrals over the skin of the depths of the bells of [`BELLS_MM`], mm2 per colour.
    pub bells_mm2: [[f32; 3]; 2],
}

impl DotLook {
    /// The look of a dot of the optics' tables.
    ///
    /// The core has the integral of what the bells leave over of the dot, and its middle value; it is nearly a disc while it is as
    /// wide as the deposit, a bell once it is twice as wide.
    pub fn new(light: &DotLight, diameter_mm: f64) -> DotLook {
        let radius = 0.5 * diameter_mm.max(1e-3);
        let bells = light.bells_mm2;
        let peak = |k: usize| bells[k][1] / (std::f64::consts::TAU * BELLS_MM[k].powi(2));
        // How deep the core is in its own middle, green.
        let middle = (1.0 - light.rgb[1] * libm::exp(peak(0) + peak(1))).clamp(0.01, 1.0);
        let wanted = (light.core_mm2[1].max(0.0) / (std::f64::consts::PI * middle)).sqrt();
        let half = wanted.clamp(0.8 * radius, (2.0 * light.hwhm_mm).max(1.2 * radius));
        let softness = (1.65 - 1.3 * radius / half).clamp(0.35, 1.0);
        let area = half * half * f64::from(profile_area(softness as f32));
        DotLook {
            transmission_rgb: [0, 1, 2].map(|c| (1.0 - (light.core_mm2[c] / area).clamp(-0.2, 1.2)) as f32),
            half_width_mm: half as f32,
            softness: softness as f32,
            bells_mm2: bells.map(|bell| bell.map(|mm2| mm2 as f32)),
        }
    }

    /// Integral of the darkening of a dot of its own over the skin, mm2 per colour, to first order in its bells.
    pub fn darkening_mm2(&self) -> [f32; 3] {
        let area = self.half_width_mm * self.half_width_mm * profile_area(self.softness);
        [0, 1, 2]
            .map(|c| area * (1.0 - self.transmission_rgb[c]) + self.bells_mm2[0][c] + self.bells_mm2[1][c])
    }
}

/// How one dot looks in one state, close up.
#[derive(Clone, Debug, PartialEq)]
pub struct CloseLook {
    /// What it does to the light, whole.
    pub light: DotLight,
    /// The same by distance.
    pub profile: RgbProfile,
    /// Diameter of the deposit, mm.
    pub diameter_mm: f64,
    /// Depth of its middle, mm.
    pub depth_mm: f64,
    /// Its height, mm.
    pub height_mm: f64,
}

/// The scalp on one day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The dots that are there: index into the plan's dots, and look.
    pub dots: Vec<(u32, DotLook)>,
    /// Those that may be seen in the close-up, as they look there.
    pub close: Vec<(u32, CloseLook)>,
    /// How much light dots take twice: exponents of the rule of [`hairline_optics::dots::compose`], per colour.
    pub overlap: [f32; 3],
    /// Redness of the skin around the dots, 0 calm to 1 right after a session.
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
/// ln of reflectance (green) lost to blood right after a session. An assumption: about 4 units of a* on light skin.
pub(super) const FLUSH: f32 = 0.16;

/// Where the dots of a plan stand in a view; none for those that face away or lie outside.
pub struct Placed {
    dots: Vec<Option<Place>>,
}

struct Place {
    /// Centre, px.
    at: [f32; 2],
    /// How a step of 1 mm along the skin moves the picture, px, for two directions at right angles.
    axes: [[f32; 2]; 2],
    depth_mm: f32,
    /// Between skin normal and line of sight.
    cosine: f32,
    px_per_mm: f32,
}

/// A dot as the camera sees it in one state.
struct Seen {
    footprint: Footprint,
    depth_mm: f32,
    cosine: f32,
    loss: [f32; 3],
    /// Integrals of its bells over the picture, px2.
    bells_px: [[f32; 3]; 2],
}

impl Plate {
    /// The picture of a state: this view with the state's dots.
    ///
    /// Dots hidden behind the head or an ear are not drawn. The mean of linear light over a patch is that of bare skin
    /// less footprint times contrast of every dot in it, as long as dots do not cover one another; bells do, by the rule for several
    /// dots (`optics.md` 5.3).
    pub fn compose(&self, placed: &Placed, state: &State) -> Image {
        let width = self.camera.size_px[0];
        let mut image = self.developed.clone();
        let field = Field::new(self, placed, state);
        if field.seen.is_empty() {
            return image;
        }
        let redness = (state.redness > 0.0).then(|| self.redness(&field.seen, state.redness as f32));
        image.rgb.par_chunks_mut(3 * width * ROWS).enumerate().for_each(|(band, rgb)| {
            let (pixels, _) = rgb.as_chunks_mut::<3>();
            field.each_loss(band, redness.is_some(), |[x, y], left| {
                let pixel = y * width + x;
                let red = redness.as_ref().map_or([1.0; 3], |r| r.at(x, y));
                let mut light = self.base[pixel];
                for c in 0..3 {
                    light[c] -= self.diffuse[pixel][c] * (1.0 - red[c] * left[c]);
                }
                pixels[pixel - band * ROWS * width] = encode(light, x, y);
            });
        });
        image
    }

    /// Where dots stand in this view, once for all their states.
    pub fn place(&self, dots: &[Dot]) -> Placed {
        Placed { dots: dots.iter().map(|dot| self.place_of(dot.position_mm, dot.normal)).collect() }
    }

    /// Empty bells for some rows.
    fn halos(&self, rows: Range<usize>) -> [Halo; 2] {
        let (width, px_per_mm) = (self.camera.size_px[0], 1.0 / self.camera.pixel_mm());
        BELLS_MM.map(|sigma_mm| Halo::of_rows(width, rows.clone(), px_per_mm, sigma_mm, 1))
    }

    fn place_of(&self, position: DVec3, normal: DVec3) -> Option<Place> {
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
        Some(Place {
            at: [at.x as f32, at.y as f32],
            axes: [u, v].map(|d| self.camera.step(at, d).map(|p| p as f32)),
            depth_mm: at.z as f32,
            cosine: cosine as f32,
            px_per_mm: (self.camera.focal_px / at.z) as f32,
        })
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
        let red = |cell: &f32| tint(FLUSH * strength * (1.0 - libm::expf(-cell / RED_DOTS_PER_CM2)), 0.0);
        Redness { cells: cells.iter().map(red).collect(), columns }
    }
}

/// Rows of a band: bands are worked out on their own, one like the other on any number of threads.
const ROWS: usize = 64;

/// The dots of a state that face the camera, and which of them reach into each band of [`ROWS`] rows.
pub(super) struct Field<'a> {
    plate: &'a Plate,
    seen: Vec<Seen>,
    bands: Vec<Vec<u32>>,
    left: Left,
}

impl<'a> Field<'a> {
    pub fn new(plate: &'a Plate, placed: &Placed, state: &State) -> Field<'a> {
        let see = |(i, look): &(u32, DotLook)| {
            let place = placed.dots.get(*i as usize)?.as_ref()?;
            let half = look.half_width_mm;
            let axes = place.axes.map(|axis| [half * axis[0], half * axis[1]]);
            let [r, g, b] = look.transmission_rgb;
            let area = place.cosine * place.px_per_mm * place.px_per_mm;
            Some(Seen {
                footprint: Footprint { at: place.at, axes, softness: look.softness },
                depth_mm: place.depth_mm,
                cosine: place.cosine,
                loss: [1.0 - r, 1.0 - g, 1.0 - b],
                bells_px: look.bells_mm2.map(|bell| bell.map(|mm2| area * mm2)),
            })
        };
        let seen: Vec<Seen> = state.dots.par_iter().filter_map(see).collect();
        let mut bands = vec![Vec::new(); plate.camera.size_px[1].div_ceil(ROWS)];
        let bells_px = plate.halos(0..0).iter().map(Halo::reach_px).fold(0.0, f32::max);
        for (i, s) in seen.iter().enumerate() {
            let (y, reach) = (s.footprint.at[1], s.footprint.reach_px().max(bells_px));
            let (first, end) =
                ((y - reach).max(0.0) as usize / ROWS, (y + reach).max(0.0) as usize / ROWS + 1);
            let end = end.min(bands.len());
            bands[first.min(end)..end].iter_mut().for_each(|band| band.push(i as u32));
        }
        Field { plate, seen, bands, left: Left::new(state.overlap) }
    }

    /// Calls `put(column and row, what dots leave of its diffuse light, per colour)` for the pixels of a band that dots darken, or
    /// for all that show the head.
    pub fn each_loss(&self, band: usize, all: bool, mut put: impl FnMut([usize; 2], [f32; 3])) {
        let plate = self.plate;
        let [width, height] = plate.camera.size_px;
        let rows = band * ROWS..((band + 1) * ROWS).min(height);
        let dots = self.bands.get(band).map_or(&[][..], Vec::as_slice);
        if dots.is_empty() && !all {
            return;
        }
        let first = rows.start * width;
        let mut losses = vec![[0.0f32; 3]; width * rows.len()];
        let mut halos = plate.halos(rows.clone());
        for s in dots.iter().map(|&i| &self.seen[i as usize]) {
            s.footprint.splat_rows(width, rows.clone(), |pixel, share| {
                if plate.shows(pixel, s.depth_mm) {
                    for c in 0..3 {
                        losses[pixel - first][c] += share * s.loss[c];
                    }
                }
            });
            let at = s.footprint.at.map(|v| v.max(0.0) as usize);
            if at[0] < width && at[1] < height && plate.shows(at[1] * width + at[0], s.depth_mm) {
                for (halo, bell) in halos.iter_mut().zip(s.bells_px) {
                    halo.add(s.footprint.at, bell);
                }
            }
        }
        let [near, wide] = halos.map(Halo::spread);
        for y in rows {
            // The wide bells reach everywhere the near ones do.
            let pixels = if all { 0..width } else { wide.pixels(y, width) };
            let depths = near.row(y, pixels.clone()).zip(wide.row(y, pixels.clone()));
            for (x, (near, wide)) in pixels.zip(depths) {
                let pixel = y * width + x;
                let loss = losses[pixel - first];
                if plate.coverage[pixel] > 0.0 && (all || loss[1] > 0.0 || wide[0] > 0.0) {
                    let kept = self.left.of([near[0] + wide[0], near[1] + wide[1], near[2] + wide[2]]);
                    let left = |c: usize| ((1.0 - loss[c]) * kept[c]).max(DARKEST);
                    put([x, y], [left(0), left(1), left(2)]);
                }
            }
        }
    }

    /// As many bands as the picture has.
    #[cfg(test)]
    pub fn bands(&self) -> usize {
        self.bands.len()
    }
}

/// Factor of red skin on the light, in cells, read bilinearly between their middles.
struct Redness {
    cells: Vec<[f32; 3]>,
    columns: usize,
}

impl Redness {
    fn at(&self, x: usize, y: usize) -> [f32; 3] {
        let place = |v: usize| ((v as f32 + 0.5) / CELL_PX as f32 - 0.5).max(0.0);
        let (x, y) = (place(x), place(y));
        let (cell, tx, ty) = (y as usize * self.columns + x as usize, x.fract(), y.fract());
        let (upper, lower) = (&self.cells[cell..cell + 2], &self.cells[cell + self.columns..][..2]);
        mix(mix(upper[0], upper[1], tx), mix(lower[0], lower[1], tx), ty)
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
