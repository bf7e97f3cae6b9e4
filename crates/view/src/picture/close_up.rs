//! One square centimetre of scalp through a macro lens, at true scale.

use glam::{DVec2, DVec3, Vec2};
use hairline_optics::dots::rgb::BELLS_MM;
use hairline_plan::Dot;
use rayon::prelude::*;

use super::compose::{CloseLook, FLUSH, State};
use super::hair::{BURIED_HALF_MM, BURIED_SIGMA_MM, Buried};
use super::halo::{Depths, Halo, Left, whole};
use super::image::{Image, encode};
use super::noise::{hash, noise2, unit};
use super::splat::profile;
use super::tone::tint;
use super::{Hair, Scene, linear};

/// Side of the field, mm.
pub const FIELD_MM: f64 = 10.0;
/// Dots and hairs that begin this far outside the field can still reach into it, mm.
const MARGIN_MM: f64 = 2.5;
/// Dots farther than this from the tangent plane lie on another side of the head, mm.
const THICK_MM: f64 = 4.0;

/// Size of the plates of the skin relief between its furrows, mm (scalp skin; chosen by eye after macro photographs).
const PLATE_MM: f32 = 0.42;
/// Reach of the redness around a fresh dot, mm. An assumption.
const HALO_MM: f32 = 0.55;
/// Colour of a tiny scab, linear sRGB: dried serum, blood and pigment. An assumption.
const SCAB: [f32; 3] = [0.055, 0.022, 0.016];

/// The bare skin of a close-up with its hairs; every state is put on top of it.
pub struct CloseUp {
    size: usize,
    right: DVec3,
    up: DVec3,
    normal: DVec3,
    centre: DVec3,
    /// As in a head's plate.
    base: Vec<[f32; 3]>,
    diffuse: Vec<[f32; 3]>,
    /// Display values without dots.
    developed: Vec<u8>,
    seed: u32,
}

impl CloseUp {
    /// The skin around the scene's close-up point, `size_px` square.
    pub fn new(scene: &Scene, size_px: usize) -> CloseUp {
        let (centre, normal) = nearest(scene);
        // Upright as the head would stand in a picture from above: its left to the right, face down or forehead up.
        let right = (DVec3::X - DVec3::X.dot(normal) * normal).try_normalize().unwrap_or(DVec3::Z);
        let up = normal.cross(right);
        let sign = if up.y - 0.3 * up.z < 0.0 { -1.0 } else { 1.0 };
        let colour = linear(scene.skin_lab_sce);
        let seed = hash(scene.seed as u32 ^ 0x51c0);
        let (base, diffuse) = bare(size_px, colour, seed);
        let mut close_up = CloseUp {
            size: size_px,
            right: sign * right,
            up: sign * up,
            normal,
            centre,
            base,
            diffuse,
            developed: Vec::new(),
            seed,
        };
        let hair = linear(scene.hair_lab_sce);
        close_up.draw_hairs(scene.hairs, hair, colour);
        close_up.developed = close_up
            .base
            .iter()
            .enumerate()
            .flat_map(|(i, &c)| encode(c, i % size_px, i / size_px))
            .collect();
        close_up
    }

    /// The picture of a state.
    pub fn compose(&self, dots: &[Dot], state: &State) -> Image {
        let n = self.size;
        let Marks { near, halo, crust, close, far } = self.marks(dots, state, Outline::new);
        let left = Left::new(state.overlap);
        // Redness by nearness to a dot, 0-255.
        let reds: [[f32; 3]; 256] = std::array::from_fn(|i| {
            let near = i as f32 / 255.0;
            tint(state.redness as f32 * FLUSH * (0.55 + 0.75 * near * near), 0.0)
        });
        let mut rgb = self.developed.clone();
        for (y, rgb) in rgb.chunks_mut(3 * n).enumerate() {
            let pixels = if halo.is_empty() { far.pixels(y, n) } else { 0..n };
            let depths = close.row(y, pixels.clone()).zip(far.row(y, pixels.clone()));
            let row = y * n + pixels.start..y * n + pixels.end;
            let skin = self.base[row.clone()].iter().zip(&self.diffuse[row.clone()]).zip(&near[row]);
            let (rgb, _) = rgb.as_chunks_mut::<3>();
            let out = rgb[pixels.clone()].iter_mut().zip(pixels);
            for (((rgb, x), ((base, diffuse), near)), (close, far)) in out.zip(skin).zip(depths) {
                let i = y * n + x;
                let left = left.of([0, 1, 2].map(|c| near[c] + close[c] + far[c]));
                let light = if halo.is_empty() && crust.is_empty() {
                    [0, 1, 2].map(|c| base[c] + diffuse[c] * (left[c] - 1.0))
                } else {
                    let scab = if crust.is_empty() { 0.0 } else { 0.72 * crust[i] };
                    let red = if halo.is_empty() { [1.0; 3] } else { reds[whole(halo[i] * 255.0)] };
                    // A scab lies on the skin and takes the light the skin would.
                    let one = |c: usize| {
                        let skin = diffuse[c] * red[c] * left[c];
                        base[c] + skin - diffuse[c] + scab * (diffuse[c] * SCAB[c] / 0.2 - skin)
                    };
                    [one(0), one(1), one(2)]
                };
                *rgb = encode(light, x, y);
            }
        }
        Image { width: n, height: n, rgb }
    }

    /// What the dots of a state leave on the field; `outline` by a key.
    fn marks(&self, dots: &[Dot], state: &State, outline: impl Fn(u32) -> Outline) -> Marks {
        let n = self.size;
        let mut near = vec![[0.0f32; 4]; n * n];
        let mut halo = vec![0.0f32; if state.redness > 0.0 { n * n } else { 0 }];
        let mut crust = vec![0.0f32; if state.scabs > 0.0 { n * n } else { 0 }];
        let px_per_mm = (n as f64 / FIELD_MM) as f32;
        let mut wide = BELLS_MM.map(|sigma_mm| Halo::new([n, n], f64::from(px_per_mm), sigma_mm, SMOOTH));
        for (index, look) in &state.close {
            let Some(dot) = dots.get(*index as usize) else { continue };
            let (middle_mm, smear_mm) = lean(dot, look);
            let Some(at) = self.place(middle_mm) else { continue };
            let shape = outline(hash(self.seed ^ dot.id));
            for (halo, bell) in wide.iter_mut().zip(look.light.bells_mm2) {
                halo.add(at.to_array(), bell.map(|mm2| mm2 as f32 * px_per_mm * px_per_mm));
            }
            let core = Core::new(look, state.overlap, px_per_mm);
            let smear = Vec2::new(smear_mm.dot(self.right) as f32, -smear_mm.dot(self.up) as f32) * px_per_mm;
            for &(place, share) in copies(smear.length()) {
                self.around(at + place * smear, core.reach_px, |pixel, d| {
                    let depth = core.depth(shape.squared(d, core.radius_px));
                    for c in 0..4 {
                        near[pixel][c] += share * depth[c];
                    }
                });
            }
            let half = look.light.hwhm_mm as f32 * px_per_mm;
            if !halo.is_empty() {
                let reach = HALO_MM * px_per_mm;
                self.around(at, reach, |pixel, d| {
                    let t = 1.0 - d.length_squared() / (reach * reach);
                    halo[pixel] = halo[pixel].max(t.max(0.0));
                });
            }
            if !crust.is_empty() && f64::from(unit(hash(dot.id ^ 0x5cab))) < state.scabs {
                let half = 0.8 * half;
                self.around(at, 1.6 * half, |pixel, d| {
                    crust[pixel] = crust[pixel].max(profile(shape.radius(d / half) * shape.ragged(d), 0.3));
                });
            }
        }
        let [close, far] = wide.map(Halo::spread);
        Marks { near, halo, crust, close, far }
    }

    /// What is left of the light that has been inside, pixel by pixel, when dots have outlines of one's own.
    #[cfg(test)]
    pub(super) fn left(
        &self,
        dots: &[Dot],
        state: &State,
        outline: impl Fn(u32) -> Outline,
    ) -> Vec<[f32; 3]> {
        let marks = self.marks(dots, state, outline);
        let left = Left::new(state.overlap);
        let row = |y: usize| {
            let depths = marks.close.row(y, 0..self.size).zip(marks.far.row(y, 0..self.size));
            let near = &marks.near[y * self.size..];
            let sum = |(x, (a, b)): (usize, ([f32; 3], [f32; 3]))| {
                left.of([0, 1, 2].map(|c| near[x][c] + a[c] + b[c]))
            };
            depths.enumerate().map(sum).collect::<Vec<_>>()
        };
        (0..self.size).flat_map(row).collect()
    }

    /// Point of the tangent plane in the middle of a pixel.
    #[cfg(test)]
    pub fn point(&self, x: usize, y: usize) -> DVec3 {
        let mm = |v: usize| ((v as f64 + 0.5) / self.size as f64 - 0.5) * FIELD_MM;
        self.centre + mm(x) * self.right - mm(y) * self.up
    }

    /// Picture position of a point of the skin, px; none if it is not near the field.
    fn place(&self, p: DVec3) -> Option<Vec2> {
        let v = p - self.centre;
        let at = DVec2::new(v.dot(self.right), -v.dot(self.up));
        let near = at.abs().max_element() < 0.5 * FIELD_MM + MARGIN_MM && v.dot(self.normal).abs() < THICK_MM;
        near.then(|| ((at / FIELD_MM + 0.5) * self.size as f64).as_vec2())
    }

    /// Calls `put(pixel, offset from the centre in px)` for the pixels within reach.
    fn around(&self, at: Vec2, reach: f32, mut put: impl FnMut(usize, Vec2)) {
        let n = self.size as f32;
        let low = (at - reach).max(Vec2::ZERO);
        let high = (at + reach).min(Vec2::splat(n - 1.0));
        if low.x > high.x || low.y > high.y {
            return;
        }
        for y in low.y as usize..=high.y as usize {
            let dy = y as f32 + 0.5 - at.y;
            let half = (reach * reach - dy * dy).max(0.0).sqrt();
            // Pixels whose middles lie within the circle.
            let (left, right) =
                ((at.x - half + 0.5).max(0.0) as usize, (at.x + half + 0.5).clamp(0.0, n) as usize);
            for x in left..right {
                put(y * self.size + x, Vec2::new(x as f32 + 0.5 - at.x, dy));
            }
        }
    }

    /// Hairs as shafts with a soft shadow beside them, over the skin.
    fn draw_hairs(&mut self, hairs: &[Hair], colour: [f32; 3], skin: [f32; 3]) {
        let px_per_mm = self.size as f64 / FIELD_MM;
        let mut shafts = Vec::new();
        for (i, hair) in hairs.iter().enumerate() {
            let Some(root) = self.place(hair.root_mm) else { continue };
            let along = hair.direction * hair.length_mm.min(3.0 * FIELD_MM) * px_per_mm;
            let tip = root + DVec2::new(along.dot(self.right), -along.dot(self.up)).as_vec2();
            let height = (along.dot(self.normal).abs() / px_per_mm) as f32;
            shafts.push((
                root,
                tip,
                (0.5 * hair.shaft_mm * px_per_mm) as f32,
                height,
                hash(i as u32 ^ self.seed),
            ));
        }
        // The part inside the skin shimmers through around the root.
        let buried = Buried::new(colour, skin);
        let reach = 2.0 * BURIED_HALF_MM * px_per_mm as f32;
        let mut wide = Halo::new([self.size; 2], px_per_mm, BURIED_SIGMA_MM, 1);
        for &(root, _, half, ..) in &shafts {
            // 2 half / px_per_mm is the width of the shaft in mm.
            wide.add(root.to_array(), buried.wide_mm.map(|mm| mm * 2.0 * half * px_per_mm as f32));
            let loss = buried.near_per_mm.map(|c| c * 2.0 * half / px_per_mm as f32);
            self.stroke(root, root, reach, |plate, pixel, distance, _| {
                let share = profile(2.0 * distance / reach, 1.0);
                for c in 0..3 {
                    let lost = plate.diffuse[pixel][c] * share * loss[c];
                    plate.base[pixel][c] -= lost;
                    plate.diffuse[pixel][c] -= lost;
                }
            });
        }
        let (depths, left) = (wide.spread(), Left::new([0.0; 3]));
        for y in 0..self.size {
            let pixels = depths.pixels(y, self.size);
            for (x, depth) in pixels.clone().zip(depths.row(y, pixels)) {
                let (pixel, kept) = (y * self.size + x, left.of(depth));
                for c in 0..3 {
                    let lost = self.diffuse[pixel][c] * (1.0 - kept[c]);
                    self.base[pixel][c] -= lost;
                    self.diffuse[pixel][c] -= lost;
                }
            }
        }
        for &(root, tip, half, height, _) in &shafts {
            // The key light stands at the upper left: the shadow of the tip falls to the lower right.
            let shift = Vec2::new(0.30, 0.38) * height.min(1.5) * px_per_mm as f32;
            let (blur, depth) = (2.5 * half, 0.16);
            self.stroke(root, tip + shift, half + blur, |plate, pixel, distance, _| {
                let shade = 1.0 - depth * (1.0 - (distance / (half + blur)).min(1.0)).powi(2) * 1.6;
                for c in 0..3 {
                    plate.base[pixel][c] *= shade;
                    plate.diffuse[pixel][c] *= shade;
                }
            });
        }
        for &(root, tip, half, _, key) in &shafts {
            let own = 0.8 + 0.5 * unit(key);
            self.stroke(root, tip, half + 1.0, |plate, pixel, distance, t| {
                // Thinner into the skin at the root; a pale line of light along the shaft.
                let width = half * (0.75 + 0.25 * (t * 6.0).min(1.0));
                let cover =
                    (width - distance + 0.7).clamp(0.0, 1.4) / 1.4 * (0.55 + 0.45 * (t * 8.0).min(1.0));
                let shine = 0.035 * (1.0 - (distance / (0.6 * width)).min(1.0));
                for c in 0..3 {
                    let lit = colour[c] * own + shine;
                    plate.base[pixel][c] = plate.base[pixel][c] * (1.0 - cover) + cover * lit;
                    plate.diffuse[pixel][c] *= 1.0 - cover;
                }
            });
        }
    }

    /// Calls `put(self, pixel, distance from the line, place along it 0-1)` for the pixels near a line.
    fn stroke(
        &mut self,
        from: Vec2,
        to: Vec2,
        reach: f32,
        mut put: impl FnMut(&mut CloseUp, usize, f32, f32),
    ) {
        let limit = self.size as f32 - 1.0;
        let line = to - from;
        let low = (from.min(to) - reach).clamp(Vec2::ZERO, Vec2::splat(limit));
        let high = (from.max(to) + reach).clamp(Vec2::ZERO, Vec2::splat(limit));
        for y in low.y as usize..=high.y as usize {
            for x in low.x as usize..=high.x as usize {
                let p = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) - from;
                let t = (p.dot(line) / line.length_squared().max(1e-6)).clamp(0.0, 1.0);
                let distance = (p - t * line).length();
                if distance < reach {
                    let pixel = y * self.size + x;
                    put(self, pixel, distance, t);
                }
            }
        }
    }
}

/// What the dots of a state leave on the field.
struct Marks {
    /// Depths of the dots beside their bells, the fourth value unused.
    near: Vec<[f32; 4]>,
    /// How near a fresh dot is, 0-1; empty on calm skin.
    halo: Vec<f32>,
    /// Scabs, 0-1; empty without any.
    crust: Vec<f32>,
    close: Depths,
    far: Depths,
}

/// Middle of a dot below the skin and the way from one end of its deposit to the other, along the skin, mm: a needle that leans
/// leaves a leaning deposit, whose deep end lies on the far side.
fn lean(dot: &Dot, look: &CloseLook) -> (DVec3, DVec3) {
    let forward = DVec3::Z.reject_from(dot.normal).try_normalize().unwrap_or(DVec3::Y);
    let (sin, cos) = libm::sincos(dot.azimuth_deg.to_radians());
    let towards = cos * forward + sin * dot.normal.cross(forward);
    let (sin, cos) = libm::sincos(dot.angle_deg.to_radians());
    let per_mm = -cos / sin.max(0.2) * towards;
    (dot.position_mm + look.depth_mm * per_mm, look.height_mm * per_mm)
}

/// Passes that make the bells of a close-up.
const SMOOTH: usize = 4;
/// Smears shorter than this are not seen, px.
const SMEAR_PX: f32 = 3.0;

/// Places along a smear, in its length, and how much of the dot lies there (Gauss and Legendre's rules).
fn copies(smear_px: f32) -> &'static [(f32, f32)] {
    match smear_px {
        s if s < SMEAR_PX => &[(0.0, 1.0)],
        s if s < 3.0 * SMEAR_PX => &[(-0.288_675_14, 0.5), (0.288_675_14, 0.5)],
        _ => &[(-0.387_298_33, 5.0 / 18.0), (0.0, 8.0 / 18.0), (0.387_298_33, 5.0 / 18.0)],
    }
}

/// The part of a dot that its bells leave over, by the square of the distance from its middle.
struct Core {
    /// Depths, the fourth value unused: steps of [`NEAR_STEP_PX2`] up to `near`, then of [`FAR_STEP_PX2`].
    depths: Vec<[f32; 4]>,
    near: usize,
    radius_px: f32,
    reach_px: f32,
}

/// Steps of [`Core::depths`] around the edge of the dot and beyond, px2.
const NEAR_STEP_PX2: f32 = 8.0;
const FAR_STEP_PX2: f32 = 40.0;
/// Beyond the edge of a dot by this much its bells are all of it, mm.
const CORE_BEYOND_MM: f64 = 0.26;
/// So shallow that it is not seen.
const SHALLOW: f32 = 3e-4;

impl Core {
    fn new(look: &CloseLook, overlap: [f32; 3], px_per_mm: f32) -> Core {
        let radius_px = 0.5 * look.diameter_mm as f32 * px_per_mm;
        let reach_px = radius_px + CORE_BEYOND_MM as f32 * px_per_mm;
        let near = (1.6 * radius_px * radius_px / NEAR_STEP_PX2) as usize + 2;
        let squared_px2 =
            |i: usize| NEAR_STEP_PX2 * i.min(near) as f32 + FAR_STEP_PX2 * i.saturating_sub(near) as f32;
        let q = overlap.map(|q| f64::from(q.max(1e-4)));
        let depth = |i: usize| {
            let r_mm = f64::from(squared_px2(i).sqrt() / px_per_mm);
            let bell = |k: usize| {
                let s2 = BELLS_MM[k] * BELLS_MM[k];
                libm::exp(-0.5 * r_mm * r_mm / s2) / (std::f64::consts::TAU * s2)
            };
            let (bells, depth) = ([bell(0), bell(1)], look.profile.depth(r_mm));
            let one = |c: usize| {
                let far = bells[0] * look.light.bells_mm2[0][c] + bells[1] * look.light.bells_mm2[1][c];
                (libm::expm1(q[c] * depth[c]) / q[c] - far) as f32
            };
            [one(0), one(1), one(2), 0.0]
        };
        let mut depths = Vec::new();
        while depths.len() < 2 || squared_px2(depths.len() - 1) < reach_px * reach_px {
            depths.push(depth(depths.len()));
        }
        let seen = |depth: &[f32; 4]| depth.iter().any(|d| d.abs() > SHALLOW);
        let last = depths.iter().rposition(seen).map_or(1, |i| (i + 1).min(depths.len() - 1));
        Core { depths, near, radius_px, reach_px: reach_px.min(squared_px2(last).sqrt()) }
    }

    fn depth(&self, squared_px2: f32) -> [f32; 4] {
        let border = self.near as f32;
        let steps = squared_px2 / NEAR_STEP_PX2;
        let beyond = (steps - border).max(0.0);
        let place = steps - beyond * (1.0 - NEAR_STEP_PX2 / FAR_STEP_PX2);
        let i = whole(place).min(self.depths.len() - 2);
        let t = (place - i as f32).min(1.0);
        let (a, b) = (self.depths[i], self.depths[i + 1]);
        [0, 1, 2, 3].map(|c| a[c] + (b[c] - a[c]) * t)
    }
}

/// The outline of a dot: nearly round, never a perfect circle.
pub(super) struct Outline {
    stretch: Vec2,
    turn: Vec2,
    wave: [f32; 4],
}

impl Outline {
    pub fn new(key: u32) -> Outline {
        let draw = |k: u32| unit(hash(key ^ k.wrapping_mul(0x9e37_79b9))) - 0.5;
        let flat = 1.0 + 0.22 * draw(1);
        let angle = std::f32::consts::TAU * draw(2);
        Outline {
            stretch: Vec2::new(flat, 1.0 / flat),
            turn: Vec2::new(libm::cosf(angle), libm::sinf(angle)),
            wave: [0.10 * draw(3), 0.10 * draw(4), 0.07 * draw(5), 0.07 * draw(6)],
        }
    }

    /// Radius of a point in units of the outline.
    fn radius(&self, d: Vec2) -> f32 {
        let turned = Vec2::new(d.dot(self.turn), d.perp_dot(self.turn)) * self.stretch;
        let r = turned.length();
        let (c, s) = if r > 1e-6 { (turned.x / r, turned.y / r) } else { (1.0, 0.0) };
        let (c2, s2) = (c * c - s * s, 2.0 * c * s);
        let (c3, s3) = (c * c2 - s * s2, s * c2 + c * s2);
        r * (1.0 + self.wave[0] * c2 * s2 + self.wave[1] * c3 + self.wave[2] * s3 + self.wave[3] * c2)
    }

    /// A circle.
    #[cfg(test)]
    pub fn round() -> Outline {
        Outline { stretch: Vec2::ONE, turn: Vec2::X, wave: [0.0; 4] }
    }

    /// Square of the radius of a point in units of the outline; far from a dot of this radius outlines are circles.
    fn squared(&self, d: Vec2, radius: f32) -> f32 {
        let r2 = d.length_squared();
        let blur = (2.5 - r2 / (radius * radius)).clamp(0.0, 1.0);
        if blur == 0.0 {
            return r2;
        }
        let own = self.radius(d);
        r2 + blur * (own * own - r2)
    }

    /// A rougher edge, for scabs.
    fn ragged(&self, d: Vec2) -> f32 {
        1.0 + 0.22 * noise2(d.x * 0.16 + 50.0 * self.wave[0], d.y * 0.16 + 50.0 * self.wave[1], 3)
    }
}

/// The point of the skin nearest to the asked one, and the normal there.
fn nearest(scene: &Scene) -> (DVec3, DVec3) {
    let mesh = &scene.head.skin;
    let asked = scene.close_up_mm;
    let near = |v: usize| mesh.positions[v].distance_squared(asked);
    let mut normal = DVec3::ZERO;
    let mut best = (f64::INFINITY, asked);
    for t in 0..mesh.triangles.len() {
        let [a, b, c] = mesh.corners(t);
        let distance = near(mesh.triangles[t][0] as usize);
        // The mean normal of the field, weighted by area.
        if distance < 36.0 {
            normal += (b - a).cross(c - a);
        }
        if distance < best.0 {
            best = (distance, (b - a).cross(c - a));
        }
    }
    let normal = normal.try_normalize().or(best.1.try_normalize()).unwrap_or(DVec3::Y);
    (asked, normal)
}

/// Bare skin: finished light of every pixel, and its diffuse part.
///
/// Worked out at every other pixel, about what the lens resolves, and filled in between.
fn bare(size: usize, colour: [f32; 3], seed: u32) -> (Vec<[f32; 3]>, Vec<[f32; 3]>) {
    let half = size.div_ceil(2) + 1;
    let mm = FIELD_MM as f32 / size as f32;
    let place = |i: usize| Vec2::new((i % half) as f32, (i / half) as f32) * 2.0 * mm;
    let height: Vec<f32> = (0..half * half).into_par_iter().map(|i| relief(place(i), seed)).collect();
    let coarse: Vec<[f32; 4]> = (0..half * half)
        .into_par_iter()
        .map(|i| {
            // Slope towards the lamp at the upper left.
            let slope = (height[(i + half + 1).min(half * half - 1)] - height[i]) / (2.83 * mm);
            skin_at(place(i), height[i], slope, colour, seed)
        })
        .collect();
    let pixel = |i: usize| {
        let (x, y) = (i % size, i / size);
        let at = y / 2 * half + x / 2;
        let (right, down) = (x % 2, half * (y % 2));
        let corners = [coarse[at], coarse[at + right], coarse[at + down], coarse[at + right + down]];
        let mut mean = [0.0; 4];
        for corner in corners {
            for k in 0..4 {
                mean[k] += 0.25 * corner[k];
            }
        }
        let [r, g, b, gloss] = mean;
        ([r + gloss, g + gloss, b + gloss], [r, g, b])
    };
    (0..size * size).into_par_iter().map(pixel).unzip()
}

/// Diffuse colour and gloss of bare skin at a place, mm.
fn skin_at(p: Vec2, height: f32, slope: f32, colour: [f32; 3], seed: u32) -> [f32; 4] {
    let noise = |scale: f32, k: u32| noise2(p.x / scale + 100.0, p.y / scale + 100.0, seed ^ k);
    let blood = 0.065 * noise(2.6, 1) + 0.045 * noise(0.8, 2) + 0.02 * noise(0.25, 3);
    let melanin = 0.055 * noise(1.7, 4) + 0.03 * noise(0.35, 5);
    let shade = 1.0 + 0.006 * slope.clamp(-4.0, 4.0) - 0.03 * (1.0 - height);
    let lamp = 1.0 + 0.035 * (1.0 - (p.x + p.y) / FIELD_MM as f32);
    let [r, g, b] = tint(blood, melanin).map(|t| t * shade * lamp);
    [r * colour[0], g * colour[1], b * colour[2], 0.006 + 0.0012 * slope.clamp(-2.0, 4.0)]
}

/// Height of the skin relief, 0 in a furrow to 1 on a plate: distance to the border between jittered cells (Worley 1996).
fn relief(p: Vec2, seed: u32) -> f32 {
    let warp = Vec2::new(
        noise2(p.x * 1.7 + 31.0, p.y * 1.7, seed ^ 11),
        noise2(p.x * 1.7, p.y * 1.7 + 57.0, seed ^ 12),
    );
    let q = p / PLATE_MM * Vec2::new(0.85, 1.15) + 0.35 * warp + 64.0;
    let cell = q.floor();
    let (mut first, mut second) = (9.0f32, 9.0f32);
    for i in 0..9 {
        let c = cell + Vec2::new((i % 3) as f32 - 1.0, (i / 3) as f32 - 1.0);
        let key = hash(
            (c.x as i32 as u32).wrapping_mul(0x8da6_b343)
                ^ (c.y as i32 as u32).wrapping_mul(0xd816_3841)
                ^ seed,
        );
        let point = c + Vec2::new(unit(key), unit(hash(key)));
        let d = point.distance_squared(q);
        second = if d < first { first } else { second.min(d) };
        first = first.min(d);
    }
    let gap = (second.sqrt() - first.sqrt()) / 0.22;
    let t = gap.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
