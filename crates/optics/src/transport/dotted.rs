//! Skin with dots in it, as an eye straight above sees it: Monte Carlo of one wavelength.
//!
//! Photons start at the eye's side, straight down at the point that is looked at, and all light that leaves the skin
//! counts. By reciprocity that is the radiance factor of the point under light from all sides (specular excluded), so no
//! photon is lost beside a detector. Absorption follows the length of the way (Beer's law along it) instead of chance, so
//! the same ways give the skin with and without its dots, and the ratio of the two has far less noise than either
//! (`optics.md` 5.1, 5.2).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Estimate;
use super::lanes::{F, LANES, Random};
use super::walk::{Crossing, Photons, Sheet, bits, sheets, take};
use crate::error::{Error, within};
use crate::layer::Stack;

/// Form of a deposit of pigment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// As wide at the top as at the bottom.
    #[default]
    Cylinder,
    /// An ellipsoid as wide and as high.
    Ellipsoid,
}

/// A deposit of pigment at one wavelength: what it adds to the skin that it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deposit {
    /// Middle, mm, on the surface's own axes.
    pub middle_mm: [f64; 2],
    /// Form.
    pub shape: Shape,
    /// Width, mm.
    pub diameter_mm: f64,
    /// Depth of its top, mm.
    pub top_mm: f64,
    /// Height, mm.
    pub height_mm: f64,
    /// How far it moves sideways with each mm of depth: a needle that leans by `a` from upright in direction `d` leaves
    /// `d tan a`.
    pub lean: [f64; 2],
    /// Absorption that it adds, 1/mm.
    pub mua_per_mm: f64,
    /// Scattering that it adds, 1/mm.
    pub mus_per_mm: f64,
    /// Mean cosine of that scattering.
    pub g: f64,
}

impl Deposit {
    /// An upright cylinder that absorbs.
    pub fn upright(
        middle_mm: [f64; 2],
        diameter_mm: f64,
        [top_mm, height_mm]: [f64; 2],
        mua_per_mm: f64,
    ) -> Deposit {
        Deposit {
            middle_mm,
            shape: Shape::Cylinder,
            diameter_mm,
            top_mm,
            height_mm,
            lean: [0.0; 2],
            mua_per_mm,
            mus_per_mm: 0.0,
            g: 0.0,
        }
    }
}

/// What comes back at one point, as a share of the light that falls on it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// Of the skin without dots.
    pub skin: Estimate,
    /// Of the skin with its dots.
    pub dotted: Estimate,
    /// The second over the first.
    pub ratio: Estimate,
}

/// Photons of one block.
const BLOCK: u64 = 8192;
/// A photon whose skin took all but exp(-this) plays roulette.
const LIMIT: f32 = 4.0;
/// Natural logarithm of what a winner's weight is multiplied by.
const PRIZE: f32 = std::f32::consts::LN_10;

/// Looks at points of dotted skin with `photons` each. The same seed gives the same bytes on any number of threads.
///
/// # Errors
/// Where the stack or a deposit is not one that light can be followed in; the message names the value.
pub fn look(
    stack: &Stack,
    deposits: &[Deposit],
    points_mm: &[[f64; 2]],
    photons: u64,
    seed: u64,
) -> Result<Vec<Seen>, Error> {
    super::check(stack)?;
    within("photons", photons as f64, [1.0, 1e12])?;
    deposits.iter().enumerate().try_for_each(|(i, deposit)| check(i, deposit))?;
    let scene = Scene::new(stack, deposits);
    let blocks = photons.div_ceil(BLOCK);
    let arch = pulp::Arch::new();
    let tasks: Vec<(usize, u64)> =
        (0..points_mm.len()).flat_map(|point| (0..blocks).map(move |block| (point, block))).collect();
    let sums: Vec<Sums> = tasks
        .par_iter()
        .map(|&(point, block)| {
            let photons = photons / blocks + u64::from(block < photons % blocks);
            arch.dispatch(Walk { scene: &scene, at_mm: points_mm[point], photons, seed, block })
        })
        .collect();
    let first = &stack.layers[0];
    let enters = 1.0 - ((stack.n_above - first.n) / (stack.n_above + first.n)).powi(2);
    Ok((0..points_mm.len())
        .map(|point| {
            let mut sum = Sums::default();
            sums[point * blocks as usize..][..blocks as usize].iter().for_each(|s| sum.add(s));
            sum.seen(photons, enters)
        })
        .collect())
}

fn check(i: usize, deposit: &Deposit) -> Result<(), Error> {
    let Deposit { middle_mm, diameter_mm, top_mm, height_mm, lean, mua_per_mm, mus_per_mm, g, .. } = *deposit;
    const PLACE_MM: [f64; 2] = [-1e3, 1e3];
    const SIZE_MM: [f64; 2] = [1e-3, 100.0];
    const LEAN: [f64; 2] = [-3.0, 3.0];
    const COEFFICIENT: [f64; 2] = [0.0, 1e6];
    for (what, value, [low, high]) in [
        ("x in mm", middle_mm[0], PLACE_MM),
        ("y in mm", middle_mm[1], PLACE_MM),
        ("diameter_mm", diameter_mm, SIZE_MM),
        ("top_mm", top_mm, [0.0, 100.0]),
        ("height_mm", height_mm, SIZE_MM),
        ("lean", lean[0], LEAN),
        ("lean", lean[1], LEAN),
        ("mua_per_mm", mua_per_mm, COEFFICIENT),
        ("mus_per_mm", mus_per_mm, COEFFICIENT),
        ("g", g, [-0.9, 1.0]),
    ] {
        if !(low <= value && value <= high) {
            return Err(Error::Dot { dot: i + 1, what, value, low, high });
        }
    }
    Ok(())
}

/// Skin and dots as the walk needs them.
struct Scene<'a> {
    stack: &'a Stack,
    sheets: Vec<Sheet>,
    dots: Vec<Inclusion>,
    /// Any of the dots scatters: stops are drawn as if the most scattering one were everywhere in its layers, and those
    /// that are not there are no stops (Woodcock et al. 1965).
    scatters: bool,
}

impl<'a> Scene<'a> {
    fn new(stack: &'a Stack, deposits: &[Deposit]) -> Scene<'a> {
        let mut top = 0.0;
        let most: Vec<f64> = (stack.layers.iter())
            .map(|layer| {
                let bottom = top + layer.thickness_mm;
                let reaches = |d: &&Deposit| d.top_mm < bottom && d.top_mm + d.height_mm > top;
                // Dots may overlap.
                let most = deposits.iter().filter(reaches).map(|d| d.mus_per_mm).sum();
                top = bottom;
                most
            })
            .collect();
        let stops = |i: usize| stack.layers[i].mus_per_mm + most[i];
        Scene {
            stack,
            sheets: sheets(stack, |i| (stops(i), stack.layers[i].mua_per_mm)),
            dots: deposits.iter().map(Inclusion::new).collect(),
            scatters: deposits.iter().any(|d| d.mus_per_mm > 0.0),
        }
    }
}

/// A deposit in single precision.
struct Inclusion {
    x: f32,
    y: f32,
    z: f32,
    radius: f32,
    half: f32,
    lean: [f32; 2],
    steep: f32,
    round: bool,
    mua: f32,
    mus: f32,
    g: f32,
}

impl Inclusion {
    fn new(deposit: &Deposit) -> Inclusion {
        let [lx, ly] = deposit.lean;
        Inclusion {
            x: deposit.middle_mm[0] as f32,
            y: deposit.middle_mm[1] as f32,
            z: (deposit.top_mm + 0.5 * deposit.height_mm) as f32,
            radius: (0.5 * deposit.diameter_mm) as f32,
            half: (0.5 * deposit.height_mm) as f32,
            lean: [lx as f32, ly as f32],
            steep: (1.0 + lx * lx + ly * ly).sqrt() as f32,
            round: deposit.shape == Shape::Ellipsoid,
            mua: deposit.mua_per_mm as f32,
            mus: deposit.mus_per_mm as f32,
            g: deposit.g as f32,
        }
    }

    /// A point in the dot's own frame, in which it stands upright around the origin.
    #[inline(always)]
    fn upright(&self, at: [f32; 3]) -> [f32; 3] {
        let z = at[2] - self.z;
        [at[0] - self.x - self.lean[0] * z, at[1] - self.y - self.lean[1] * z, z]
    }

    fn holds(&self, at: [f32; 3]) -> bool {
        let [x, y, z] = self.upright(at);
        let across = (x * x + y * y) / (self.radius * self.radius);
        let along = z / self.half;
        if self.round { across + along * along < 1.0 } else { across < 1.0 && along.abs() < 1.0 }
    }

    /// Length inside the dot of a straight way, mm.
    fn chord(&self, from: [f32; 3], direction: [f32; 3], length: f32) -> f32 {
        let [x, y, z] = self.upright(from);
        let [dx, dy, dz] = direction;
        let (dx, dy) = (dx - self.lean[0] * dz, dy - self.lean[1] * dz);
        // In units of the radius across and of half the height along.
        let (r, h) = (1.0 / self.radius, 1.0 / self.half);
        let (x, y, dx, dy) = (x * r, y * r, dx * r, dy * r);
        let (z, dz) = (z * h, dz * h);
        let round = f32::from(u8::from(self.round));
        let a = (dx * dx + dy * dy + round * dz * dz).max(1e-12);
        let b = x * dx + y * dy + round * z * dz;
        let c = x * x + y * y + round * z * z - 1.0;
        let root2 = b * b - a * c;
        if root2 <= 0.0 {
            return 0.0;
        }
        let root = root2.sqrt();
        let (mut enters, mut leaves) = (((-b - root) / a).max(0.0), ((root - b) / a).min(length));
        if !self.round {
            let inverse = 1.0 / if dz.abs() < 1e-9 { 1e-9f32.copysign(dz) } else { dz };
            let (s, t) = ((-1.0 - z) * inverse, (1.0 - z) * inverse);
            enters = enters.max(s.min(t));
            leaves = leaves.min(s.max(t));
        }
        (leaves - enters).max(0.0)
    }
}

/// Sums over photons of the weights without dots (`w`) and with (`d`).
#[derive(Clone, Copy, Default)]
struct Sums {
    w: f64,
    d: f64,
    ww: f64,
    dd: f64,
    wd: f64,
}

impl Sums {
    fn put(&mut self, w: f64, d: f64) {
        self.w += w;
        self.d += d;
        self.ww += w * w;
        self.dd += d * d;
        self.wd += w * d;
    }

    fn add(&mut self, other: &Sums) {
        self.w += other.w;
        self.d += other.d;
        self.ww += other.ww;
        self.dd += other.dd;
        self.wd += other.wd;
    }

    fn seen(&self, photons: u64, enters: f64) -> Seen {
        let n = photons as f64;
        let mean = |sum: f64, sum2: f64| {
            let value = sum / n;
            let se = ((sum2 / n - value * value).max(0.0) / n).sqrt();
            Estimate { value: enters * value, se: enters * se }
        };
        // Error of a ratio of means to first order.
        let ratio = if self.w > 0.0 { self.d / self.w } else { 1.0 };
        let spread = (self.dd - 2.0 * ratio * self.wd + ratio * ratio * self.ww).max(0.0);
        let se = if self.w > 0.0 { spread.sqrt() / self.w } else { f64::INFINITY };
        Seen {
            skin: mean(self.w, self.ww),
            dotted: mean(self.d, self.dd),
            ratio: Estimate { value: ratio, se },
        }
    }
}

/// One block of photons at one point.
struct Walk<'a> {
    scene: &'a Scene<'a>,
    at_mm: [f64; 2],
    photons: u64,
    seed: u64,
    block: u64,
}

impl pulp::NullaryFnOnce for Walk<'_> {
    type Output = Sums;

    #[inline(always)]
    fn call(self) -> Sums {
        let Scene { stack, sheets, dots, scatters } = self.scene;
        let at = self.at_mm.map(|c| c as f32);
        let mut random = Random::new(self.seed, self.block);
        let mut sums = Sums::default();
        let mut p = Photons::none();
        // Optical depths along the way: of the skin, and of the pigment beside it.
        let (mut skin, mut pigment): (F, F) = ([0.0; LANES], [0.0; LANES]);
        let mut waiting = self.photons;
        let mut alive = 0;
        for i in 0..LANES {
            if waiting > 0 {
                waiting -= 1;
                alive += 1;
                p.launch(i, at, 0, sheets);
            }
        }
        while alive > 0 {
            let (from, loss) = (p.at, p.loss);
            let (way, at_border) = p.hop(&mut random);
            for i in 0..LANES {
                skin[i] += way[i] * loss[i];
            }
            let direction = p.direction;
            for dot in dots {
                let mut near = [0u32; LANES];
                for i in 0..LANES {
                    let half = 0.5 * way[i];
                    let z = from[2][i] + half * direction[2][i] - dot.z;
                    let x = from[0][i] + half * direction[0][i] - dot.x - dot.lean[0] * z;
                    let y = from[1][i] + half * direction[1][i] - dot.y - dot.lean[1] * z;
                    let reach = dot.radius + half * dot.steep;
                    near[i] = u32::from(x * x + y * y < reach * reach) & u32::from(z.abs() < dot.half + half);
                }
                let mut near = bits(&near);
                while let Some(i) = take(&mut near) {
                    let at = [from[0][i], from[1][i], from[2][i]];
                    let towards = [direction[0][i], direction[1][i], direction[2][i]];
                    pigment[i] += dot.mua * dot.chord(at, towards, way[i]);
                }
            }
            let mut stay = at_border;
            let mut g = p.g;
            if *scatters {
                for i in 0..LANES {
                    if at_border[i] == 0 && p.alive[i] {
                        match stop(self.scene, &p, i, random.uniform_of(i)) {
                            Some(own) => g[i] = own,
                            None => stay[i] = 1,
                        }
                    }
                }
            }
            p.spin(&mut random, &stay, &g);
            let mut ended = 0u32;
            let mut borders = bits(&at_border);
            while let Some(i) = take(&mut borders) {
                if let Crossing::Out { down, .. } = p.cross(i, stack, sheets, &mut random) {
                    if !down {
                        let w = f64::from(libm::expf(-skin[i]));
                        sums.put(w, w * f64::from(libm::expf(-pigment[i])));
                    }
                    ended |= 1 << i;
                }
            }
            let mut weak = [0u32; LANES];
            for i in 0..LANES {
                weak[i] = u32::from(skin[i] > LIMIT);
            }
            let mut weak = bits(&weak) & !ended;
            while let Some(i) = take(&mut weak) {
                if random.uniform_of(i) <= 0.1 {
                    skin[i] -= PRIZE;
                } else {
                    ended |= 1 << i;
                }
            }
            while let Some(i) = take(&mut ended) {
                (skin[i], pigment[i]) = (0.0, 0.0);
                if waiting > 0 {
                    waiting -= 1;
                    p.launch(i, at, 0, sheets);
                } else {
                    p.rest(i);
                    alive -= 1;
                }
            }
        }
        sums
    }
}

/// Mean cosine of what scatters at a photon's stop; nothing where the stop was only drawn for a dot elsewhere.
fn stop(scene: &Scene, p: &Photons, i: usize, u: f32) -> Option<f32> {
    let at = [p.at[0][i], p.at[1][i], p.at[2][i]];
    let mut draw = u * p.stops(i);
    for dot in scene.dots.iter().filter(|dot| dot.mus > 0.0 && dot.holds(at)) {
        draw -= dot.mus;
        if draw <= 0.0 {
            return Some(dot.g);
        }
    }
    let layer = scene.stack.layers[p.layer(i)].mus_per_mm as f32;
    (draw <= layer).then_some(p.g[i])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The chord against counting small steps inside the dot.
        #[test]
        fn a_chord_is_the_part_of_the_way_inside(
            from in prop::array::uniform3(-0.4..0.4f32),
            turn in prop::array::uniform3(-1.0..1.0f32),
            length in 0.01..1.0f32,
            lean in prop::array::uniform2(-1.0..1.0f64),
            round in any::<bool>(),
        ) {
            let norm = turn.iter().map(|c| c * c).sum::<f32>().sqrt().max(1e-3);
            let direction = turn.map(|c| c / norm);
            let dot = Inclusion::new(&Deposit {
                middle_mm: [0.05, -0.02],
                shape: if round { Shape::Ellipsoid } else { Shape::Cylinder },
                diameter_mm: 0.3,
                top_mm: -0.1,
                height_mm: 0.2,
                lean,
                mua_per_mm: 1.0,
                mus_per_mm: 0.0,
                g: 0.0,
            });
            let steps = 4000;
            let inside = (0..steps).filter(|&i| {
                let t = (i as f32 + 0.5) / steps as f32 * length;
                dot.holds([0, 1, 2].map(|k| from[k] + t * direction[k]))
            });
            let counted = inside.count() as f32 / steps as f32 * length;
            let chord = dot.chord(from, direction, length);
            prop_assert!((chord - counted).abs() < 2e-3, "{chord} {counted}");
        }
    }
}
