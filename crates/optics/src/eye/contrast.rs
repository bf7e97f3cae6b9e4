//! How strong a texture is at each fineness, and how much of it the eye sees.

use super::fourier::{Places, Plane};
use super::sensitivity::{Channel, luminance_sensitivity, scielab_transmission, visual_angle_deg};
use super::{Edges, Patch, Viewing};
use crate::colour::{Lab, Xyz};
use crate::difference::ciede2000;
use crate::error::Error;

/// Octaves of fineness, cycles per degree of visual angle: what is coarser counts to the first, what is finer to the last.
pub const BANDS: [f64; 9] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// Contrasts of neighbouring bands and of the channels join as the 3.5th power: probability summation (Quick 1974; Robson and Graham,
/// Vision Res 21:409, 1981, find 3 to 4).
const SUMMATION: f64 = 3.5;

/// Chromatic modulation of this many CIEDE2000 is at the threshold of seeing. An assumption: the unit was made for it, its scatter
/// between observers is a factor of two.
const CHROMATIC_THRESHOLD_E00: f64 = 1.0;

/// The texture of a patch, whichever way it lies: variances in rings of equal fineness.
#[derive(Clone, Debug, PartialEq)]
pub struct ContrastSpectrum {
    /// Mean colour.
    pub mean: Xyz,
    /// From coarse to fine.
    rings: Vec<Ring>,
    /// CIEDE2000 to the mean for one unit of the chromatic channels.
    e00_per_unit: [f64; 2],
}

/// Rings are this many to a cycle per picture: sensitivity changes by no more than a few per cent from one to the next, however
/// steep it is.
const RINGS_PER_CYCLE: f64 = 8.0;

/// Frequencies of about one length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Ring {
    /// Mean of the lengths, cycles per mm.
    per_mm: f64,
    count: f64,
    /// Variance of the luminance over its squared mean, and of the chromatic channels.
    variance: [f64; 3],
}

/// What is seen of a texture from one distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// By octave, as [`BANDS`].
    pub bands: [Band; 9],
    /// All of it, in multiples of the threshold: below 1 an average observer sees an even surface.
    pub visible: f64,
    /// Mean colour.
    pub mean_lab: Lab,
}

/// An octave of a texture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Middle of the octave, cycles per degree.
    pub cycles_per_deg: f64,
    /// Amplitude in multiples of the threshold: luminance, red-green, blue-yellow.
    pub thresholds: [f64; 3],
}

impl ContrastSpectrum {
    /// Measures a patch.
    ///
    /// The eye sees detail as contrast to the mean luminance, so luminance counts relative to it. The chromatic channels hold what is
    /// left when the colour of the mean is taken out of each pixel at the pixel's luminance.
    ///
    /// # Errors
    /// A patch as dark as nothing: luminance factors below 1e-6 on average have no contrast.
    pub fn of(patch: &Patch) -> Result<ContrastSpectrum, Error> {
        let mean = patch.mean();
        crate::error::within("the mean luminance factor of a patch", mean.y, [1e-6, 10.0])?;
        let size @ [width, height] = patch.size_px();
        let n = (width * height) as f64;

        // Three planes without their means, weighted to the middle where the border is a cut.
        let weights = [window(width, patch.edges), window(height, patch.edges)];
        let total: f64 = weights.iter().map(|w| w.iter().sum::<f64>()).product();
        let weight = |i: usize| weights[0][i % width] * weights[1][i / width];
        let plane = |value: &dyn Fn(&Xyz) -> f64| -> Vec<f64> {
            let middle = patch.xyz.iter().enumerate().map(|(i, c)| weight(i) * value(c)).sum::<f64>() / total;
            patch.xyz.iter().enumerate().map(|(i, c)| weight(i) * (value(c) - middle)).collect()
        };
        let luminance = plane(&|c| c.y / mean.y);
        let red_green = plane(&|c| chromatic(c, &mean)[0]);
        let blue_yellow = plane(&|c| chromatic(c, &mean)[1]);

        // Two real planes go through one complex transform.
        let mut pair = Plane::new(size, luminance, red_green);
        let mut single = Plane::new(size, blue_yellow, vec![0.0; patch.xyz.len()]);
        pair.forward();
        single.forward();

        // Sum the power of each ring, in the order of the frequencies.
        let per_mm = [1.0 / (width as f64 * patch.mm_per_px), 1.0 / (height as f64 * patch.mm_per_px)];
        let step = per_mm[0].min(per_mm[1]) / RINGS_PER_CYCLE;
        let corner = libm::hypot(0.5 * width as f64 * per_mm[0], 0.5 * height as f64 * per_mm[1]);
        let mut rings = vec![Ring::default(); (corner / step) as usize + 2];
        for f in Places::new(size).all() {
            let length = libm::sqrt((f.cycles[0] * per_mm[0]).powi(2) + (f.cycles[1] * per_mm[1]).powi(2));
            let (ar, ai, br, bi) = (pair.re[f.at], pair.im[f.at], pair.re[f.opposite], pair.im[f.opposite]);
            // The pair holds two real pictures: sum and difference of a frequency and its opposite part them. Rounding must not
            // make a power negative.
            let both = 0.25 * (ar * ar + ai * ai + br * br + bi * bi);
            let apart = (0.5 * (ar * br - ai * bi)).clamp(-both, both);
            let third = single.re[f.at].powi(2) + single.im[f.at].powi(2);
            let ring = &mut rings[(length / step + 0.5) as usize];
            ring.per_mm += length;
            ring.count += 1.0;
            for (sum, power) in ring.variance.iter_mut().zip([both + apart, both - apart, third]) {
                *sum += power / (n * n);
            }
        }
        rings.retain(|r| r.count > 0.0);
        rings.iter_mut().for_each(|r| r.per_mm /= r.count);
        // The first ring is the mean, which is no texture.
        rings.remove(0);
        Ok(ContrastSpectrum { mean, rings, e00_per_unit: e00_per_unit(&mean) })
    }

    /// `[cycles per mm, variance of luminance over its squared mean]` of each ring, from coarse to fine; the variances add up
    /// to that of the patch.
    pub fn luminance_rings(&self) -> impl Iterator<Item = [f64; 2]> + '_ {
        self.rings.iter().map(|r| [r.per_mm, r.variance[0]])
    }

    /// What an average young observer with good eyes sees of it.
    ///
    /// Within an octave the eye sees the root of the summed squares of what each frequency is above its own threshold, as the amplitude
    /// of a grating.
    ///
    /// # Errors
    /// A distance, light or area outside what [`Viewing`] allows.
    pub fn seen(&self, viewing: &Viewing) -> Result<Seen, Error> {
        viewing.checked()?;
        let deg_per_mm = viewing.deg_per_mm();
        let luminance = viewing.luminance_cd_per_m2(self.mean.y);
        let field_deg = visual_angle_deg(viewing.zone_mm, viewing.distance_m);
        let mut squares = [[0.0; 3]; BANDS.len()];
        for ring in &self.rings {
            let u = ring.per_mm / deg_per_mm;
            let per_unit = [
                luminance_sensitivity(u, luminance, field_deg),
                scielab_transmission(Channel::RedGreen, u) * self.e00_per_unit[0] / CHROMATIC_THRESHOLD_E00,
                scielab_transmission(Channel::BlueYellow, u) * self.e00_per_unit[1] / CHROMATIC_THRESHOLD_E00,
            ];
            for (band, share) in shares(u) {
                for channel in 0..3 {
                    // The amplitude of a grating is the square root of twice its variance.
                    squares[band][channel] +=
                        share * 2.0 * ring.variance[channel] * per_unit[channel].powi(2);
                }
            }
        }
        let band = |i: usize| Band { cycles_per_deg: BANDS[i], thresholds: squares[i].map(libm::sqrt) };
        let bands: [Band; 9] = std::array::from_fn(band);
        let visible = summed(bands.iter().flat_map(|b| b.thresholds));
        Ok(Seen { bands, visible, mean_lab: self.mean.to_lab() })
    }
}

impl Seen {
    /// How far two textures seen from the same distance are apart, in just noticeable differences; their mean colours are not
    /// compared here.
    ///
    /// Each octave of each channel differs by the difference of its [`jnd`], and the octaves join by probability summation.
    pub fn jnd_to(&self, other: &Seen) -> f64 {
        let pairs = self
            .bands
            .iter()
            .zip(&other.bands)
            .flat_map(|(a, b)| (0..3).map(|c| [a.thresholds[c], b.thresholds[c]]));
        summed(pairs.map(|[a, b]| (jnd(a) - jnd(b)).abs()))
    }

    /// CIEDE2000 between the mean colours.
    pub fn mean_e00_to(&self, other: &Seen) -> f64 {
        ciede2000(self.mean_lab, other.mean_lab)
    }
}

/// Just noticeable differences between nothing and a contrast in multiples of its threshold: the square root above the threshold (Barten 1999,
/// chapter 8, the square-root integral); below it the square, because contrasts that are not seen hardly add to one another
/// (Nachmias and Sansbury, Vision Res 14:1039, 1974).
pub fn jnd(thresholds: f64) -> f64 {
    if thresholds < 1.0 { thresholds * thresholds } else { libm::sqrt(thresholds) }
}

fn summed(values: impl Iterator<Item = f64>) -> f64 {
    libm::pow(values.map(|v| libm::pow(v, SUMMATION)).sum(), 1.0 / SUMMATION)
}

/// The bands a frequency counts to, with its shares of the variance there. The shares are such that a grating
/// between two bands is as visible as one in the middle of a band.
fn shares(cycles_per_deg: f64) -> [(usize, f64); 2] {
    let place = libm::log2(cycles_per_deg / BANDS[0]).clamp(0.0, (BANDS.len() - 1) as f64);
    let band = (place as usize).min(BANDS.len() - 2);
    let above = place - band as f64;
    let share = |part: f64| libm::pow(part, 2.0 / SUMMATION);
    [(band, share(1.0 - above)), (band + 1, share(above))]
}

/// Weights of a row of pixels, 1 in the mean square.
fn window(n: usize, edges: Edges) -> Vec<f64> {
    match edges {
        Edges::Wraps => vec![1.0; n],
        Edges::Cut => {
            let hann = |i: usize| 1.0 - libm::cos(std::f64::consts::TAU * (i as f64 + 0.5) / n as f64);
            // The mean square of 1 - cos is 3/2.
            (0..n).map(|i| hann(i) / libm::sqrt(1.5)).collect()
        }
    }
}

/// Rows of the opponent transform for red-green and blue-yellow, columns X and Z: [`super::scielab`].
const CHROMATIC: [[f64; 2]; 2] = [[-0.448_773_6, 0.077_156_9], [0.085_951_3, 0.501_108_9]];

/// Red-green and blue-yellow of a pixel against the mean colour at its luminance.
fn chromatic(c: &Xyz, mean: &Xyz) -> [f64; 2] {
    let [x, z] = [c.x - c.y * mean.x / mean.y, c.z - c.y * mean.z / mean.y];
    CHROMATIC.map(|row| row[0] * x + row[1] * z)
}

/// CIEDE2000 for one unit of each chromatic channel at the mean's luminance, from a small step to either side.
fn e00_per_unit(mean: &Xyz) -> [f64; 2] {
    let [[a, b], [c, d]] = CHROMATIC;
    let determinant = a * d - b * c;
    let step = 1e-4 * mean.y;
    [[d, -c], [-b, a]].map(|[x, z]| {
        let at = |t: f64| {
            Xyz { x: mean.x + t * x / determinant, z: mean.z + t * z / determinant, ..*mean }.to_lab()
        };
        ciede2000(at(-step), at(step)) / (2.0 * step)
    })
}
