//! One view of the bare head with its hair, shaded once; every state is put on top of it.

use glam::Vec3;
use rayon::prelude::*;

use super::camera::Camera;
use super::image::{Image, encode};
use super::raster::{BAND_ROWS, Fragment, Raster};
use super::studio::{Studio, cosine};
use super::surface::Surface;
use super::tone;

/// Mirror reflection of skin at normal incidence (`optics.md` 1.5) and how much of its rise towards grazing angles rough
/// skin keeps (chosen by eye).
const MIRROR: f32 = hairline_optics::skin::FRESNEL_MIRROR as f32;
const GRAZING: f32 = 0.22;

/// Length over which the neck fades, mm.
const FADE_MM: f32 = 42.0;

/// The skin of a client over a surface, ready for any view.
pub(super) struct Skin<'a> {
    pub surface: &'a Surface,
    /// Linear sRGB, specular excluded.
    pub colour: [f32; 3],
    /// Factor on the colour of every vertex.
    pub tints: &'a [[f32; 3]],
    pub seed: u32,
}

/// A picture in linear light, taken apart so that dots can be added.
pub struct Plate {
    pub(super) camera: Camera,
    /// `base[pixel]`: the finished picture, linear sRGB.
    pub(super) base: Vec<[f32; 3]>,
    /// `diffuse[pixel]`: the part of it that came from inside the bare skin; what pigment can darken.
    pub(super) diffuse: Vec<[f32; 3]>,
    /// Distance of the front surface, mm; infinite where there is none.
    pub(super) depth_mm: Vec<f32>,
    /// Share of the pixel that shows the head, faded at the neck, 0-1.
    pub(super) coverage: Vec<f32>,
    /// The finished picture without dots.
    pub(super) developed: Image,
}

impl Plate {
    /// Shades one view of bare skin.
    pub(super) fn shade(skin: &Skin, camera: &Camera, studio: &Studio) -> Plate {
        let surface = skin.surface;
        let light = vertex_light(skin, camera, studio);
        let raster = Raster::new(camera, &surface.positions, &surface.triangles);
        let [width, height] = camera.size_px;
        let bands: Vec<Vec<Shaded>> = (0..raster.bands())
            .into_par_iter()
            .map(|band| {
                let rows = BAND_ROWS.min(height - band * BAND_ROWS);
                let mut pixels: Vec<Shaded> = (0..width * rows)
                    .map(|i| background(camera, i % width, band * BAND_ROWS + i / width))
                    .collect();
                raster.band(band, |pixel, fragments| {
                    let behind = pixels[pixel].base;
                    pixels[pixel] = skin.pixel(&light, camera, studio, fragments, behind);
                });
                pixels
            })
            .collect();
        let pixels = || bands.iter().flatten();
        Plate {
            camera: camera.clone(),
            base: pixels().map(|p| p.base).collect(),
            diffuse: pixels().map(|p| p.diffuse).collect(),
            depth_mm: pixels().map(|p| p.depth_mm).collect(),
            coverage: pixels().map(|p| p.coverage).collect(),
            developed: Image { width, height, rgb: Vec::new() },
        }
    }

    /// Brings [`Plate::developed`] up to date with the light in [`Plate::base`].
    pub(super) fn develop(&mut self) {
        let width = self.camera.size_px[0];
        self.developed.rgb =
            self.base.iter().enumerate().flat_map(|(i, &c)| encode(c, i % width, i / width)).collect();
    }

    /// Whether something at this distance is in front of what the pixel shows, within the thickness of skin and the slope
    /// inside a pixel.
    pub(super) fn shows(&self, pixel: usize, depth_mm: f32) -> bool {
        depth_mm <= self.depth_mm[pixel] + 2.0 + 4.0 * self.camera.pixel_mm() as f32
    }
}

/// One pixel of a [`Plate`].
#[derive(Clone, Copy)]
struct Shaded {
    base: [f32; 3],
    diffuse: [f32; 3],
    depth_mm: f32,
    coverage: f32,
}

/// Neutral paper behind the head, brighter behind it than in the corners.
fn background(camera: &Camera, x: usize, y: usize) -> Shaded {
    let [w, h] = camera.size_px.map(|s| s as f32);
    let (dx, dy) = ((x as f32 + 0.5) / w - 0.5, (y as f32 + 0.5) / h - 0.46);
    let glow = 1.0 / (1.0 + 2.6 * (dx * dx + 0.8 * dy * dy));
    let value = 0.56 * glow * glow;
    Shaded {
        base: [value, 1.003 * value, 1.012 * value],
        diffuse: [0.0; 3],
        depth_mm: f32::INFINITY,
        coverage: 0.0,
    }
}

/// Light falling on each vertex as a share of what a free surface with its normal would get, per colour.
///
/// Shadows are softened by light wandering under the skin (red farthest) and lightened by light that bounces between
/// folds of skin (the fit of Jimenez et al. 2016, "Practical realtime strategies for accurate indirect occlusion").
fn vertex_light(skin: &Skin, camera: &Camera, studio: &Studio) -> Vec<[f32; 3]> {
    let surface = skin.surface;
    let frame = Frame::of(camera);
    let radiance: Vec<f32> = surface.directions.iter().map(|&d| studio.radiance(frame.turn(d))).collect();
    let chunk = 1024;
    let mut free: Vec<f32> = (0..surface.normals.len().div_ceil(chunk))
        .into_par_iter()
        .flat_map_iter(|c| {
            let range = c * chunk..surface.normals.len().min((c + 1) * chunk);
            let normals = &surface.normals[range.clone()];
            let mut seen = vec![0.0f32; normals.len()];
            let mut all = vec![1e-6f32; normals.len()];
            for (i, &direction) in surface.directions.iter().enumerate() {
                let sight = &surface.sight[i][range.clone()];
                for k in 0..normals.len() {
                    let light = radiance[i] * cosine(normals[k].dot(direction), 0.1);
                    all[k] += light;
                    seen[k] += light * f32::from(sight[k]);
                }
            }
            seen.into_iter().zip(all).map(|(seen, all)| seen / (255.0 * all)).collect::<Vec<_>>()
        })
        .collect();
    surface.smooth(&mut free, 1);
    let sharp = free.clone();
    surface.smooth(&mut free, 2);
    let bounce = |share: f32, albedo: f32| {
        let (a, b, c) = (2.0404 * albedo - 0.3324, -4.7951 * albedo + 0.6417, 2.7552 * albedo + 0.6903);
        share.max(((share * a + b) * share + c) * share)
    };
    (0..free.len())
        .map(|v| [0, 1, 2].map(|c| bounce(if c == 0 { free[v] } else { sharp[v] }, skin.colour[c])))
        .collect()
}

/// The frame of the studio in the head frame.
struct Frame {
    right: Vec3,
    towards: Vec3,
}

impl Frame {
    fn of(camera: &Camera) -> Frame {
        let right = camera.right.as_vec3();
        Frame { right, towards: right.cross(Vec3::Y).normalize_or(Vec3::Z) }
    }

    /// A direction of the head frame in the studio's.
    fn turn(&self, d: Vec3) -> Vec3 {
        Vec3::new(d.dot(self.right), d.y, d.dot(self.towards))
    }
}

impl Skin<'_> {
    fn pixel(
        &self,
        light: &[[f32; 3]],
        camera: &Camera,
        studio: &Studio,
        fragments: &[Fragment],
        behind: [f32; 3],
    ) -> Shaded {
        let mut sum =
            Shaded { base: [0.0; 3], diffuse: [0.0; 3], depth_mm: fragments[0].depth_mm, coverage: 0.0 };
        for fragment in fragments {
            let (diffuse, gloss, fade) = self.shade(light, camera, studio, fragment);
            let share = fragment.coverage * fade;
            for c in 0..3 {
                sum.base[c] += share * (diffuse[c] + gloss);
                sum.diffuse[c] += share * diffuse[c];
            }
            sum.coverage += share;
        }
        for c in 0..3 {
            sum.base[c] += (1.0 - sum.coverage) * behind[c];
        }
        sum
    }

    /// Diffuse light, gloss, and how much of the neck is left here.
    fn shade(
        &self,
        light: &[[f32; 3]],
        camera: &Camera,
        studio: &Studio,
        f: &Fragment,
    ) -> ([f32; 3], f32, f32) {
        let surface = self.surface;
        let corners = surface.triangles[f.triangle].map(|v| v as usize);
        let mix = |values: &dyn Fn(usize) -> Vec3| -> Vec3 {
            f.weights[0] * values(corners[0])
                + f.weights[1] * values(corners[1])
                + f.weights[2] * values(corners[2])
        };
        let position = mix(&|v| surface.positions[v]);
        let normal = mix(&|v| surface.normals[v]).normalize_or(Vec3::Y);
        let share = mix(&|v| Vec3::from_array(light[v]));
        let tint = mix(&|v| Vec3::from_array(self.tints[v]));
        let frame = Frame::of(camera);
        let falling = studio.diffuse(frame.turn(normal));
        let grain = tone::grain(position, self.seed);
        let diffuse = [0, 1, 2].map(|c| self.colour[c] * tint[c] * falling[c] * share[c] * grain);

        let to_camera = (camera.position.as_vec3() - position).normalize_or(Vec3::Z);
        let facing = normal.dot(to_camera).clamp(0.0, 1.0);
        let mirror = 2.0 * normal.dot(to_camera) * normal - to_camera;
        let grazing = (1.0 - facing).powi(5);
        let fresnel = MIRROR + (1.0 - MIRROR) * GRAZING * grazing;
        let gloss = fresnel * studio.gloss(frame.turn(mirror)) * share[1] * share[1];
        let from_cut: f32 = (0..3).map(|i| f.weights[i] * surface.from_cut_mm[corners[i]]).sum();
        (diffuse, gloss, self.fade(from_cut))
    }

    /// The neck fades into the paper before it is cut off.
    fn fade(&self, from_cut_mm: f32) -> f32 {
        let t = (from_cut_mm / FADE_MM).clamp(0.0, 1.0);
        t * t * (3.0 - 2.0 * t)
    }
}
