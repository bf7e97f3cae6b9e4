//! One view of the bare head, shaded once; hair and every state are put on top of it.

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

/// Luminance of the paper behind the head.
const PAPER: f32 = 0.60;
/// Length over which the bust fades before it is cut off, mm.
const FADE_MM: f32 = 42.0;
/// Heights on a head of average size between which neck and shoulders fade when seen from above, mm; in front of
/// [`CHIN_FROM_MM`] places count as that much higher, so that the chin stays.
const FADE_FROM_ABOVE_MM: [f32; 2] = [-112.0, -92.0];
const CHIN_FROM_MM: f32 = 30.0;

/// The skin of a client over a surface, ready for any view.
pub(super) struct Skin<'a> {
    pub surface: &'a Surface,
    /// Linear sRGB, specular excluded.
    pub colour: [f32; 3],
    /// Factor on the colour of every vertex.
    pub tints: &'a [[f32; 3]],
    /// Size of the head against the average.
    pub scale: f32,
    pub seed: u32,
}

/// A picture in linear light, taken apart so that dots can be added.
#[derive(Clone)]
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
        let frame = Frame::of(camera);
        let eye = camera.position.as_vec3();
        let mut plate = Plate::paper(camera);
        let [low, high] = FADE_FROM_ABOVE_MM;
        let from_above = camera.up.y < 0.7;
        let band_px = BAND_ROWS * camera.size_px[0];
        let bands = (
            plate.base.par_chunks_mut(band_px),
            plate.diffuse.par_chunks_mut(band_px),
            plate.depth_mm.par_chunks_mut(band_px),
            plate.coverage.par_chunks_mut(band_px),
        );
        bands.into_par_iter().enumerate().for_each(|(band, (base, diffuse, depth, coverage))| {
            raster.band(band, |pixel, fragments| {
                depth[pixel] = fragments[0].depth_mm;
                let mut sum = [0.0; 3];
                for fragment in fragments {
                    let (inner, gloss, at) = skin.shade(&light, &frame, eye, studio, fragment);
                    let above = if from_above { soft((at.height - low) / (high - low)) } else { 1.0 };
                    let share = fragment.coverage * soft(at.from_cut_mm / FADE_MM) * above;
                    for c in 0..3 {
                        sum[c] += share * (inner[c] + gloss);
                        diffuse[pixel][c] += share * inner[c];
                    }
                    coverage[pixel] += share;
                }
                for c in 0..3 {
                    base[pixel][c] = sum[c] + (1.0 - coverage[pixel]) * base[pixel][c];
                }
            });
        });
        plate
    }

    /// The empty paper behind the head: neutral, brighter behind it than in the corners.
    fn paper(camera: &Camera) -> Plate {
        let [width, height] = camera.size_px;
        let falloff = |i: usize, n: usize, middle: f32| ((i as f32 + 0.5) / n as f32 - middle).powi(2);
        let columns: Vec<f32> = (0..width).map(|x| falloff(x, width, 0.5)).collect();
        let mut base = vec![[0.0; 3]; width * height];
        base.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
            let vertical = 0.8 * falloff(y, height, 0.44);
            for (pixel, horizontal) in row.iter_mut().zip(&columns) {
                let glow = 1.0 / (1.0 + 1.1 * (horizontal + vertical));
                let value = PAPER * glow * glow;
                *pixel = [value, 1.003 * value, 1.012 * value];
            }
        });
        Plate {
            camera: camera.clone(),
            base,
            diffuse: vec![[0.0; 3]; width * height],
            depth_mm: vec![f32::INFINITY; width * height],
            coverage: vec![0.0; width * height],
            developed: Image { width, height, rgb: Vec::new() },
        }
    }

    /// Brings [`Plate::developed`] up to date with the light in [`Plate::base`].
    pub(super) fn develop(&mut self) {
        let width = self.camera.size_px[0];
        self.developed.rgb.resize(3 * self.base.len(), 0);
        let rows = self.developed.rgb.par_chunks_mut(3 * width).zip(self.base.par_chunks(width)).enumerate();
        rows.for_each(|(y, (rgb, base))| {
            for (x, (rgb, &light)) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(base).enumerate() {
                *rgb = encode(light, x, y);
            }
        });
    }

    /// Whether something at this distance is in front of what the pixel shows, within the thickness of skin and the slope
    /// inside a pixel.
    pub(super) fn shows(&self, pixel: usize, depth_mm: f32) -> bool {
        depth_mm <= self.depth_mm[pixel] + self.slack_mm()
    }

    /// Cosine between the line of sight and the surface a pixel shows, from the depths around it; 0 at outlines.
    pub(super) fn facing(&self, pixel: usize) -> f32 {
        let [width, height] = self.camera.size_px;
        let (x, y) = (pixel % width, pixel / width);
        if x == 0 || y == 0 || x + 1 == width || y + 1 == height {
            return 0.0;
        }
        let d = |p: usize| self.depth_mm[p];
        let scale = 0.5 * self.camera.focal_px as f32 / d(pixel);
        let (dx, dy) = (scale * (d(pixel + 1) - d(pixel - 1)), scale * (d(pixel + width) - d(pixel - width)));
        let slope = dx * dx + dy * dy;
        if slope.is_finite() { 1.0 / (1.0 + slope).sqrt() } else { 0.0 }
    }

    /// How far behind the visible surface something may lie and still count as on it, mm.
    pub(super) fn slack_mm(&self) -> f32 {
        2.0 + 4.0 * self.camera.pixel_mm() as f32
    }
}

/// Diffuse light that comes from the skin at each vertex, per colour, and the share of the light of a free surface with its
/// normal that falls on it.
///
/// Shadows are softened by light wandering under the skin (red farthest) and lightened by light that bounces between
/// folds of skin (the fit of Jimenez et al. 2016, "Practical realtime strategies for accurate indirect occlusion").
fn vertex_light(skin: &Skin, camera: &Camera, studio: &Studio) -> Vec<[f32; 4]> {
    const CHUNK: usize = 512;
    let surface = skin.surface;
    let frame = Frame::of(camera);
    let radiance: Vec<f32> = surface.directions.iter().map(|&d| studio.radiance(frame.turn(d))).collect();
    let of_chunk = |c: usize| {
        let range = c * CHUNK..surface.normals.len().min((c + 1) * CHUNK);
        let count = range.len();
        let mut n = [[0.0f32; CHUNK]; 3];
        for (k, normal) in surface.normals[range.clone()].iter().enumerate() {
            (n[0][k], n[1][k], n[2][k]) = (normal.x, normal.y, normal.z);
        }
        let mut seen = [0.0f32; CHUNK];
        let mut all = [1e-6f32; CHUNK];
        for ((&d, &radiance), sight) in surface.directions.iter().zip(&radiance).zip(&surface.sight) {
            for (k, &sight) in sight[range.clone()].iter().enumerate() {
                let cos = n[0][k] * d.x + n[1][k] * d.y + n[2][k] * d.z;
                let light = radiance * cosine(cos, 0.1);
                all[k] += light;
                seen[k] += light * f32::from(sight);
            }
        }
        (0..count).map(|k| seen[k] / (255.0 * all[k])).collect::<Vec<f32>>()
    };
    let chunks = surface.normals.len().div_ceil(CHUNK);
    let mut free: Vec<f32> = (0..chunks).into_par_iter().flat_map_iter(of_chunk).collect();
    surface.smooth(&mut free, 1);
    let sharp = free.clone();
    surface.smooth(&mut free, 2);
    let bounce = |share: f32, albedo: f32| {
        let (a, b, c) = (2.0404 * albedo - 0.3324, -4.7951 * albedo + 0.6417, 2.7552 * albedo + 0.6903);
        share.max(((share * a + b) * share + c) * share)
    };
    (0..free.len())
        .map(|v| {
            let falling = studio.diffuse(frame.turn(surface.normals[v]));
            let share = |c: usize| bounce(if c == 0 { free[v] } else { sharp[v] }, skin.colour[c]);
            let diffuse = |c: usize| skin.colour[c] * skin.tints[v][c] * falling[c] * share(c);
            [diffuse(0), diffuse(1), diffuse(2), share(1)]
        })
        .collect()
}

/// The frame of the studio in the head frame.
pub(super) struct Frame {
    right: Vec3,
    towards: Vec3,
}

impl Frame {
    pub fn of(camera: &Camera) -> Frame {
        let right = camera.right.as_vec3();
        Frame { right, towards: right.cross(Vec3::Y).normalize_or(Vec3::Z) }
    }

    /// A direction of the head frame in the studio's.
    pub fn turn(&self, d: Vec3) -> Vec3 {
        Vec3::new(d.dot(self.right), d.y, d.dot(self.towards))
    }

    /// A direction of the studio in the head frame.
    pub fn back(&self, d: Vec3) -> Vec3 {
        d.x * self.right + d.y * Vec3::Y + d.z * self.towards
    }
}

/// Where on the bust a fragment lies: distance from where it is cut off, mm, and height on a head of average size, counted
/// higher towards the chin, mm.
struct Place {
    from_cut_mm: f32,
    height: f32,
}

impl Skin<'_> {
    /// Diffuse light, gloss, and where on the bust this is.
    fn shade(
        &self,
        light: &[[f32; 4]],
        frame: &Frame,
        eye: Vec3,
        studio: &Studio,
        f: &Fragment,
    ) -> ([f32; 3], f32, Place) {
        let surface = self.surface;
        let [a, b, c] = surface.triangles[f.triangle].map(|v| v as usize);
        let [wa, wb, wc] = f.weights;
        let position = wa * surface.positions[a] + wb * surface.positions[b] + wc * surface.positions[c];
        let normal = wa * surface.normals[a] + wb * surface.normals[b] + wc * surface.normals[c];
        let normal = normal.normalize_or(Vec3::Y);
        let mixed = |k: usize| wa * light[a][k] + wb * light[b][k] + wc * light[c][k];
        let (grain, bump) = tone::grain(position, self.seed);
        let diffuse = [mixed(0) * grain, mixed(1) * grain, mixed(2) * grain];
        let share = mixed(3);

        // Gloss breaks up on the fine relief of the skin.
        let rough = (normal + bump).normalize_or(normal);
        let to_camera = (eye - position).normalize_or(Vec3::Z);
        let mirror = 2.0 * rough.dot(to_camera) * rough - to_camera;
        let grazing = (1.0 - normal.dot(to_camera).clamp(0.0, 1.0)).powi(5);
        let fresnel = MIRROR + (1.0 - MIRROR) * GRAZING * grazing;
        let gloss = fresnel * studio.gloss(frame.turn(mirror)) * share * share;

        let from_cut_mm =
            wa * surface.from_cut_mm[a] + wb * surface.from_cut_mm[b] + wc * surface.from_cut_mm[c];
        let height = position.y / self.scale + (position.z / self.scale - CHIN_FROM_MM).max(0.0);
        (diffuse, gloss, Place { from_cut_mm, height })
    }
}

fn soft(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
