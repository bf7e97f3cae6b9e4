//! Monte Carlo of all dots at once: the ways of light do not depend on absorption, so one set of them serves
//! all depths, all pigments and all amounts of blood (`optics.md` 5.2; white Monte Carlo after Alerstam et al., J Biomed Opt 13:041304,
//! 2008).

use rayon::prelude::*;

use super::nodes::{
    DEPTHS, DERMIS_PER_MM, DIAMETER_MM, DOTS, EPIDERMIS_MM, EPIDERMIS_PER_MM, HEIGHT_MM, HORN_MM, INDEX,
    PAPILLARY_MM, PIGMENT_PER_MM, RADIUS, REDUCED_SCATTERING_PER_MM, SKINS, TOP_MM, VALUES, anisotropy,
    distance_mm, epidermal_scattering, papillary_per_mm,
};
use crate::layer::{Layer, Stack};
use crate::transport::lanes::{F, LANES, Random, exp_minus, pick};
use crate::transport::walk::{Crossing, Photons, Sheet, bits, sheets, take};

/// Ways followed from each point by default: noise of half a per cent where a dot takes half of the light.
pub const PHOTONS: u64 = 200_000;
/// Seed of the table that comes with the program.
pub const SEED: u64 = 20_261_122;

const BLOCK: u64 = 8192;
const TINTS: usize = PIGMENT_PER_MM.len();
const DERMES: usize = DERMIS_PER_MM.len();
/// Lengths inside the deposits are summed side by side; padded for the vector unit.
const PADDED: usize = DEPTHS.div_ceil(8) * 8;
/// A way this long, mm, plays roulette: the clearest skin of the table took exp(-4) of its light.
const LONG_MM: f32 = (4.0 / DERMIS_PER_MM[0]) as f32;

/// -ln T of every node, in the order of the table: what a dot takes from the light of the skin, as an optical depth.
///
/// `photons`: from each point; `done(share)` hears of progress, 0-1. The same seed gives the same values on any number of
/// threads.
pub fn bake(photons: u64, seed: u64, done: &(dyn Fn(f64) + Sync)) -> Vec<f32> {
    let each = |n: usize| 0..n;
    let points: Vec<[usize; 4]> = each(REDUCED_SCATTERING_PER_MM.len())
        .flat_map(|m| each(EPIDERMIS_PER_MM.len()).map(move |e| [m, e]))
        .flat_map(|[m, e]| each(DIAMETER_MM.len()).map(move |d| [m, e, d]))
        .flat_map(|[m, e, d]| each(RADIUS.len()).map(move |r| [m, e, d, r]))
        .collect();
    let mut values = vec![0.0f32; VALUES];
    for (i, &[m, e, d, r]) in points.iter().enumerate() {
        let sums = point(m, e, d, r, photons, seed);
        for dermis in 0..DERMES {
            for depth in 0..DEPTHS {
                let (h, top) = (depth / TOP_MM.len(), depth % TOP_MM.len());
                let skin = (m * SKINS + e * DERMES + dermis) * HEIGHT_MM.len() + h;
                for tint in 0..TINTS {
                    let dot = ((d * TOP_MM.len() + top) * TINTS + tint) * RADIUS.len() + r;
                    let taken = sums.taken[(depth * TINTS + tint) * DERMES + dermis] / sums.whole[dermis];
                    values[skin * DOTS + dot] = -libm::log1p(-taken) as f32;
                }
            }
        }
        done((i + 1) as f64 / points.len() as f64);
    }
    values
}

/// Light that comes back at one point: of the bare skins, and what the dots take of it.
struct Sums {
    whole: [f64; DERMES],
    /// `[depth][pigment][dermis]`.
    taken: Vec<f64>,
}

fn point(m: usize, e: usize, d: usize, r: usize, photons: u64, seed: u64) -> Sums {
    let reduced = REDUCED_SCATTERING_PER_MM[m];
    let g = anisotropy(reduced);
    // Absorption is reckoned afterwards; the walk itself is that of clear, scattering skin without end.
    let layer = |times: f64, top: f64, bottom: f64| Layer {
        n: INDEX,
        mua_per_mm: 0.0,
        mus_per_mm: times * reduced / (1.0 - g),
        g,
        thickness_mm: bottom - top,
    };
    let epidermis = layer(epidermal_scattering(reduced, EPIDERMIS_PER_MM[e]), HORN_MM, EPIDERMIS_MM);
    let layers = vec![layer(1.0, 0.0, HORN_MM), epidermis, layer(1.0, EPIDERMIS_MM, f64::INFINITY)];
    let stack = Stack { n_above: 1.0, n_below: INDEX, layers };
    let sheets = sheets(&stack, |i| (stack.layers[i].mus_per_mm, 0.0));
    let walk = Walk {
        stack: &stack,
        sheets: &sheets,
        epidermis_per_mm: EPIDERMIS_PER_MM[e] as f32,
        radius_mm: (0.5 * DIAMETER_MM[d]) as f32,
        at_mm: distance_mm(RADIUS[r], DIAMETER_MM[d]) as f32,
        photons: 0,
        // The same ways for every width and distance: what is left of the noise is smooth along both.
        seed: seed.wrapping_mul(64).wrapping_add((m * EPIDERMIS_PER_MM.len() + e) as u64),
        block: 0,
    };
    let blocks = photons.div_ceil(BLOCK);
    let arch = pulp::Arch::new();
    let parts: Vec<Sums> = (0..blocks)
        .into_par_iter()
        .map(|block| {
            let photons = photons / blocks + u64::from(block < photons % blocks);
            arch.dispatch(Walk { photons, block, ..walk })
        })
        .collect();
    let mut sums = Sums { whole: [0.0; DERMES], taken: vec![0.0; DEPTHS * TINTS * DERMES] };
    for part in parts {
        for (a, b) in sums.whole.iter_mut().zip(part.whole) {
            *a += b;
        }
        for (a, b) in sums.taken.iter_mut().zip(part.taken) {
            *a += b;
        }
    }
    sums
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    stack: &'a Stack,
    sheets: &'a [Sheet],
    epidermis_per_mm: f32,
    radius_mm: f32,
    at_mm: f32,
    photons: u64,
    seed: u64,
    block: u64,
}

/// Tops and bottoms of all deposits.
fn deposits() -> ([f32; PADDED], [f32; PADDED]) {
    let (mut tops, mut bottoms) = ([9e9; PADDED], [9e9; PADDED]);
    for depth in 0..DEPTHS {
        let top = TOP_MM[depth % TOP_MM.len()];
        tops[depth] = top as f32;
        bottoms[depth] = (top + HEIGHT_MM[depth / TOP_MM.len()]) as f32;
    }
    (tops, bottoms)
}

impl pulp::NullaryFnOnce for Walk<'_> {
    type Output = Sums;

    #[inline(always)]
    fn call(self) -> Sums {
        let (tops, bottoms) = deposits();
        let deepest = bottoms[DEPTHS - 1];
        let skins = DERMIS_PER_MM.map(|d| [papillary_per_mm(d) as f32, d as f32]);
        let borders_mm = [HORN_MM, EPIDERMIS_MM, PAPILLARY_MM].map(|mm| mm as f32);
        let mut random = Random::new(self.seed, self.block);
        let mut whole = [0.0f64; DERMES];
        let mut taken = vec![0.0f32; DEPTHS * TINTS * DERMES];
        let mut p = Photons::none();
        // Length of each way above the three borders.
        let mut above: [F; 3] = [[0.0; LANES]; 3];
        let mut long: F = [0.0; LANES];
        let (mut budget, mut prize): (F, F) = ([LONG_MM; LANES], [1.0; LANES]);
        let mut inside = [[0.0f32; PADDED]; LANES];
        let mut touched = [false; LANES];
        let mut waiting = self.photons;
        let mut alive = 0;
        for i in 0..LANES {
            if waiting > 0 {
                waiting -= 1;
                alive += 1;
                p.launch(i, [self.at_mm, 0.0], 0, self.sheets);
            }
        }
        while alive > 0 {
            let from = p.at;
            let (way, at_border) = p.hop(&mut random);
            let mut near = [0u32; LANES];
            for i in 0..LANES {
                let (z, w) = (from[2][i], p.at[2][i]);
                let (high, low) = (z.min(w), z.max(w));
                let per_mm = way[i] / (low - high).max(1e-9);
                for (above, border) in above.iter_mut().zip(borders_mm) {
                    let part = per_mm * (border - high).max(0.0);
                    above[i] += pick(low <= border, way[i], part);
                }
                long[i] += way[i];
                let x = 0.5 * (from[0][i] + p.at[0][i]);
                let y = 0.5 * (from[1][i] + p.at[1][i]);
                let reach = self.radius_mm + 0.5 * way[i];
                near[i] = u32::from(x * x + y * y < reach * reach) & u32::from(high < deepest);
            }
            let mut near = bits(&near);
            while let Some(i) = take(&mut near) {
                let start = [from[0][i], from[1][i], from[2][i]];
                let towards = [p.direction[0][i], p.direction[1][i], p.direction[2][i]];
                let Some((enters, leaves)) = across(start, towards, way[i], self.radius_mm) else { continue };
                touched[i] = true;
                let (a, b) = (start[2] + enters * towards[2], start[2] + leaves * towards[2]);
                let (high, low) = (a.min(b), a.max(b) + 1e-6);
                let per_mm = (leaves - enters) / (low - high);
                for k in 0..PADDED {
                    inside[i][k] += per_mm * (low.min(bottoms[k]) - high.max(tops[k])).max(0.0);
                }
            }
            let g = p.g;
            p.spin(&mut random, &at_border, &g);
            let mut ended = 0u32;
            let mut borders = bits(&at_border);
            while let Some(i) = take(&mut borders) {
                if let Crossing::Out { down, .. } = p.cross(i, self.stack, self.sheets, &mut random) {
                    ended |= 1 << i;
                    if down {
                        continue;
                    }
                    let mut light = [0.0f32; DERMES];
                    let ways = [above[1][i] - above[0][i], above[2][i] - above[1][i], long[i] - above[2][i]];
                    for (s, mua) in skins.iter().enumerate() {
                        let depth = self.epidermis_per_mm * ways[0] + mua[0] * ways[1] + mua[1] * ways[2];
                        light[s] = prize[i] * exp_minus(depth);
                        whole[s] += f64::from(light[s]);
                    }
                    if touched[i] {
                        take_light(&inside[i], &light, &mut taken);
                    }
                }
            }
            let mut weak = [0u32; LANES];
            for i in 0..LANES {
                weak[i] = u32::from(long[i] > budget[i]);
            }
            let mut weak = bits(&weak) & !ended;
            while let Some(i) = take(&mut weak) {
                if random.uniform_of(i) <= 0.1 {
                    prize[i] *= 10.0;
                    budget[i] += std::f32::consts::LN_10 / DERMIS_PER_MM[0] as f32;
                } else {
                    ended |= 1 << i;
                }
            }
            while let Some(i) = take(&mut ended) {
                (long[i], budget[i], prize[i]) = (0.0, LONG_MM, 1.0);
                above.iter_mut().for_each(|above| above[i] = 0.0);
                touched[i] = false;
                inside[i] = [0.0; PADDED];
                if waiting > 0 {
                    waiting -= 1;
                    p.launch(i, [self.at_mm, 0.0], 0, self.sheets);
                } else {
                    p.rest(i);
                    alive -= 1;
                }
            }
        }
        Sums { whole, taken: taken.iter().map(|t| f64::from(*t)).collect() }
    }
}

/// What deposits take of the light that went these lengths through them.
#[inline(always)]
fn take_light(inside: &[f32; PADDED], light: &[f32; DERMES], taken: &mut [f32]) {
    for tint in 0..TINTS {
        let mua = PIGMENT_PER_MM[tint] as f32;
        let mut share = [0.0f32; PADDED];
        for k in 0..PADDED {
            share[k] = 1.0 - exp_minus(mua * inside[k]);
        }
        for depth in 0..DEPTHS {
            if inside[depth] > 0.0 {
                let row = &mut taken[(depth * TINTS + tint) * DERMES..][..DERMES];
                for s in 0..DERMES {
                    row[s] += share[depth] * light[s];
                }
            }
        }
    }
}

/// Where a straight way enters and leaves an upright cylinder around the origin without ends.
#[inline(always)]
fn across(from: [f32; 3], direction: [f32; 3], length: f32, radius: f32) -> Option<(f32, f32)> {
    let a = (direction[0] * direction[0] + direction[1] * direction[1]).max(1e-12);
    let b = from[0] * direction[0] + from[1] * direction[1];
    let c = from[0] * from[0] + from[1] * from[1] - radius * radius;
    let root2 = b * b - a * c;
    if root2 <= 0.0 {
        return None;
    }
    let root = root2.sqrt();
    let (enters, leaves) = (((-b - root) / a).max(0.0), ((root - b) / a).min(length));
    (leaves > enters).then_some((enters, leaves))
}
