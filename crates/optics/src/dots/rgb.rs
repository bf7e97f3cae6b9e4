//! The dots of one skin and one pigment in the three channels of a picture, for tens of thousands of dots at a time.

use super::nodes::{DIAMETER_MM, PIGMENT_PER_MM, RADIUS, TOP_MM, distance_mm};
use super::stencil::stencil;
use super::table::{SkinDots, deep};
use crate::illuminant::Illuminant;
use crate::spectrum::{N_WAVELENGTHS, Spectrum};

/// What a dot does to a picture of its skin, mirror part excluded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DotLight {
    /// Factor on the linear sRGB colour of the skin in the middle of the dot, `[red, green, blue]`, 0-1.
    pub rgb: [f64; 3],
    /// Distance from the middle at which half of the darkening is left, mm.
    pub hwhm_mm: f64,
    /// What the dot takes from the light of all the skin around it, as the area of skin that would have to turn black, mm2,
    /// `[red, green, blue]`.
    pub loss_mm2: [f64; 3],
}

const KEPT: usize = 7;

/// Looks of dots by width, depth and strength.
pub struct RgbDots {
    /// ln(-ln T) of red, green and blue, ln of the half width in mm, ln of the three losses in mm2, at
    /// `[diameter][top][strength]`.
    nodes: Vec<[f64; KEPT]>,
}

/// What is hardly there: the logarithm of a share that no eye sees.
const NOTHING: f64 = 1e-9;

impl RgbDots {
    /// `bare`: reflectance of the skin; `shape`: absorption of the pigment relative to 550 nm.
    pub fn new(dots: &SkinDots, bare: &Spectrum, shape: &Spectrum, light: Illuminant) -> RgbDots {
        // How each wavelength counts in each channel of this skin.
        let mut channels = [[0.0; N_WAVELENGTHS]; 3];
        for w in 0..N_WAVELENGTHS {
            let mut one = Spectrum::flat(0.0);
            one.samples[w] = bare.samples[w];
            let rgb = light.shown_xyz(&one).to_linear_rgb().rgb;
            for c in 0..3 {
                channels[c][w] = rgb[c];
            }
        }
        for channel in &mut channels {
            let whole: f64 = channel.iter().sum();
            channel.iter_mut().for_each(|weight| *weight /= whole);
        }
        let mut nodes = Vec::with_capacity(DIAMETER_MM.len() * TOP_MM.len() * PIGMENT_PER_MM.len());
        for diameter_mm in DIAMETER_MM {
            let radii = RADIUS.map(|node| distance_mm(node, diameter_mm));
            for top_mm in TOP_MM {
                for strength in PIGMENT_PER_MM {
                    let profile = dots.profile(diameter_mm, top_mm, &shape.map(|s| s * strength));
                    let taken = radii.map(|r_mm| {
                        let left = profile.ratio(r_mm);
                        [0, 1, 2].map(|c: usize| {
                            let kept: f64 = channels[c].iter().zip(left.samples).map(|(w, l)| w * l).sum();
                            // The channels of sRGB have small negative parts: never more light than the skin's.
                            (1.0 - kept).clamp(NOTHING, 1.0 - NOTHING)
                        })
                    });
                    nodes.push(node(&radii, &taken));
                }
            }
        }
        RgbDots { nodes }
    }

    /// The look of a dot. `diameter_mm` of its deposit, `top_mm` depth of its top, `mua550_per_mm` absorption at 550 nm.
    pub fn dot(&self, diameter_mm: f64, top_mm: f64, mua550_per_mm: f64) -> DotLight {
        let ln = libm::log;
        // A dot narrower than the table takes as much less as it covers less.
        let narrow = (diameter_mm / DIAMETER_MM[0]).clamp(NOTHING, 1.0);
        let thin = (mua550_per_mm / PIGMENT_PER_MM[0]).clamp(NOTHING, 1.0);
        let d = stencil(&DIAMETER_MM.map(ln), ln(diameter_mm.max(NOTHING)));
        let t = stencil(&TOP_MM.map(deep), deep(top_mm));
        let p = stencil(&PIGMENT_PER_MM.map(ln), ln(mua550_per_mm.max(NOTHING)));
        let mut kept = [0.0; KEPT];
        for (d, wd) in d.nodes() {
            for (t, wt) in t.nodes() {
                for (p, wp) in p.nodes() {
                    let node = &self.nodes[(d * TOP_MM.len() + t) * PIGMENT_PER_MM.len() + p];
                    for k in 0..KEPT {
                        kept[k] += wd * wt * wp * node[k];
                    }
                }
            }
        }
        let weak = thin * narrow * narrow;
        DotLight {
            rgb: [0, 1, 2].map(|c| libm::exp(-weak * libm::exp(kept[c]))),
            hwhm_mm: libm::exp(kept[3]) * narrow,
            loss_mm2: [4, 5, 6].map(|k| weak * libm::exp(kept[k])),
        }
    }
}

/// A node from what is taken at distances from the middle, 0-1.
fn node(radii: &[f64], taken: &[[f64; 3]]) -> [f64; KEPT] {
    let ln = libm::log;
    let mut out = [0.0; KEPT];
    for c in 0..3 {
        out[c] = ln(-libm::log1p(-taken[0][c]));
        // Rings of -ln T: that is what adds up where halos overlap.
        let depth = |i: usize| -libm::log1p(-taken[i][c]);
        let ring = |i: usize| {
            let (r, s) = (radii[i], radii[i + 1]);
            // Between two radii the depth is a straight line.
            let (a, b) = (depth(i), depth(i + 1));
            std::f64::consts::TAU * ((s - r) * (r * (2.0 * a + b) + s * (a + 2.0 * b)) / 6.0)
        };
        out[4 + c] = ln((0..radii.len() - 1).map(ring).sum::<f64>().max(NOTHING));
    }
    let half = 0.5 * taken[0][1];
    let falls = (1..radii.len()).find(|&i| taken[i][1] <= half).unwrap_or(radii.len() - 1);
    let (a, b) = (taken[falls - 1][1], taken[falls][1]);
    let share = if a > b { ((a - half) / (a - b)).clamp(0.0, 1.0) } else { 1.0 };
    out[3] = ln(radii[falls - 1] + share * (radii[falls] - radii[falls - 1]));
    out
}
