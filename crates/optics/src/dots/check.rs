//! The tables and the rule of composition against Monte Carlo of the very case: random skins, pigments and dots, single
//! and among neighbours, at five points each.

use super::compose::{exponent, together};
use super::table::Table;
use crate::adding::{STREAMS, reflectance_sce};
use crate::colour::Lab;
use crate::difference::ciede2000;
use crate::error::Error;
use crate::illuminant::Illuminant;
use crate::spectrum::{N_WAVELENGTHS, Spectrum};
use crate::tissue::Skin;
use crate::transport::dotted::{Deposit, look};
use crate::transport::lanes::split_mix;

/// Points looked at in a case.
pub const POINTS: usize = 5;
/// A case with less contrast than this to its bare skin is drawn anew, CIEDE2000: it would be met by any rule.
pub const LEAST_CONTRAST_E00: f64 = 3.0;
/// Photons from each point at each of 31 wavelengths by default: noise of about 0.15 CIEDE2000.
pub const PHOTONS: u64 = 30_000;

/// A random case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its number; even ones are single dots, odd ones have neighbours.
    pub index: u64,
    skin: Skin,
    height_mm: f64,
    mua_per_mm: Spectrum,
    /// Middle, diameter, top, mm.
    dots: Vec<Placed>,
    points_mm: [[f64; 2]; POINTS],
}

#[derive(Clone, Copy, Debug)]
struct Placed {
    middle_mm: [f64; 2],
    diameter_mm: f64,
    top_mm: f64,
}

/// How a case came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Number of the case.
    pub index: u64,
    /// Dots that took part.
    pub dots: usize,
    /// Largest CIEDE2000 of its points to the bare skin, by Monte Carlo.
    pub contrast_e00: f64,
    /// CIEDE2000 between table and Monte Carlo.
    pub off_e00: [f64; POINTS],
    /// Standard error of the Monte Carlo colours, CIEDE2000: half of what two independent halves differ by.
    pub noise_e00: f64,
}

impl Outcome {
    /// Whether a point is met: within 1 CIEDE2000 and 15 % of the case's own contrast.
    pub fn met(&self, point: usize) -> bool {
        self.off_e00[point] < 1.0 && self.off_e00[point] < 0.15 * self.contrast_e00
    }
}

/// Uniform draws of one attempt at a case.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (split_mix(self.0) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Even in the logarithm.
    fn scale(&mut self, low: f64, high: f64) -> f64 {
        low * libm::pow(high / low, self.unit())
    }
}

impl Case {
    /// Draws a case whose contrast is at least [`LEAST_CONTRAST_E00`] by the table.
    ///
    /// # Errors
    /// None that a drawn skin causes.
    pub fn draw(table: &Table, index: u64) -> Result<Case, Error> {
        let mut attempt = 0;
        loop {
            let case = Case::attempt(index, attempt);
            let (bare, labs) = case.by_table(table)?;
            let contrast = labs.iter().map(|lab| ciede2000(bare, *lab)).fold(0.0, f64::max);
            // A little above: the Monte Carlo has to find it as well.
            if contrast > 1.1 * LEAST_CONTRAST_E00 {
                return Ok(case);
            }
            attempt += 1;
        }
    }

    /// Skins from very light to dark, wet to dry in blood, scattering within two thirds of what it spreads between people (`optics.md` 1.3: a
    /// quarter either way); deposits as SMP leaves them and somewhat beyond (`smp.md` 1.1, 1.3); pigment from a faded dot
    /// to a black one, with carbon's spectra from fresh to aggregated (`optics.md` 1.8).
    fn attempt(index: u64, attempt: u64) -> Case {
        let mut draw = Draw(split_mix(index.wrapping_mul(0x1_0000).wrapping_add(attempt)));
        let skin = Skin {
            scattering_factor: draw.between(0.85, 1.15),
            saturation: draw.between(0.5, 0.8),
            ..Skin::new(draw.scale(0.005, 0.25), draw.between(0.002, 0.012))
        };
        let (diameter_mm, height_mm) = (draw.between(0.1, 0.5), draw.between(0.12, 0.3));
        let top_mm = draw.between(0.02, 0.6);
        let (mua550, slope) = (draw.scale(0.6, 120.0), draw.between(0.0, 1.2));
        let mua_per_mm = Spectrum::of_nm(|nm| mua550 * libm::pow(550.0 / nm, slope));
        let radius = 0.5 * diameter_mm;
        let mut case =
            Case { index, skin, height_mm, mua_per_mm, dots: vec![], points_mm: [[0.0; 2]; POINTS] };
        if index.is_multiple_of(2) {
            case.dots.push(Placed { middle_mm: [0.0; 2], diameter_mm, top_mm });
            let away = [
                0.0,
                radius * draw.between(0.3, 0.9),
                radius * draw.between(0.9, 1.1),
                radius + draw.between(0.02, 0.2),
                radius + draw.between(0.2, 0.7),
            ];
            case.points_mm = away.map(|r| [r, 0.0]);
            return case;
        }
        // A disturbed hexagonal lattice, 60-200 dots per cm2, 2 mm around.
        let step = libm::sqrt(200.0 / (libm::sqrt(3.0) * draw.between(60.0, 200.0)));
        for i in -6..=6 {
            for j in -6..=6 {
                let x = step * (f64::from(i) + 0.5 * f64::from(j)) + step * draw.between(-0.15, 0.15);
                let y = step * 0.75f64.sqrt() * f64::from(j) + step * draw.between(-0.15, 0.15);
                let dot = Placed {
                    middle_mm: [x, y],
                    diameter_mm: diameter_mm * draw.between(0.88, 1.12),
                    top_mm: (top_mm + draw.between(-0.05, 0.05)).max(0.0),
                };
                if x * x + y * y < 4.0 {
                    case.dots.push(dot);
                }
            }
        }
        case.points_mm = std::array::from_fn(|i| {
            if i == 0 {
                return case.dots[case.dots.len() / 2].middle_mm;
            }
            [step * draw.between(-0.5, 0.5), step * draw.between(-0.5, 0.5)]
        });
        case
    }

    /// Colours of the bare skin and of the points, by table and rule.
    fn by_table(&self, table: &Table) -> Result<(Lab, [Lab; POINTS]), Error> {
        let layers = self.skin.layers();
        let bare = reflectance_sce::<STREAMS>(&layers)?;
        let dots = table.of_skin(&layers, self.height_mm);
        let profiles: Vec<_> =
            self.dots.iter().map(|d| dots.profile(d.diameter_mm, d.top_mm, &self.mua_per_mm)).collect();
        let scatters = layers.layers[2].mus_per_mm.zip(layers.layers[2].g, |mus, g| mus * (1.0 - g));
        let lab = |ratio: Spectrum| Illuminant::D65.lab(&bare.zip(ratio, |skin, ratio| skin * ratio));
        let points = self.points_mm.map(|[x, y]| {
            let near: Vec<_> = (self.dots.iter().zip(&profiles))
                .map(|(dot, profile)| {
                    let distance = libm::hypot(dot.middle_mm[0] - x, dot.middle_mm[1] - y);
                    (profile.ratio(distance), exponent(dot.top_mm, &scatters))
                })
                .collect();
            lab(together(&near))
        });
        Ok((lab(Spectrum::flat(1.0)), points))
    }

    /// Compares table and Monte Carlo.
    ///
    /// # Errors
    /// None that a drawn case causes.
    pub fn compare(&self, table: &Table, photons: u64) -> Result<Outcome, Error> {
        let (bare_lab, by_table) = self.by_table(table)?;
        let layers = self.skin.layers();
        let bare = reflectance_sce::<STREAMS>(&layers)?;
        let mut halves = [[Spectrum::flat(1.0); POINTS]; 2];
        for w in 0..N_WAVELENGTHS {
            let stack = layers.stack(w);
            let deposits: Vec<Deposit> = self.dots.iter().map(|dot| self.deposit(dot, w)).collect();
            for (half, ratios) in halves.iter_mut().enumerate() {
                let seed = split_mix(self.index.wrapping_mul(1000).wrapping_add(2 * w as u64 + half as u64));
                let seen = look(&stack, &deposits, &self.points_mm, photons.div_ceil(2), seed)?;
                for (ratio, seen) in ratios.iter_mut().zip(seen) {
                    ratio.samples[w] = seen.ratio.value;
                }
            }
        }
        let lab = |ratio: Spectrum| Illuminant::D65.lab(&bare.zip(ratio, |skin, ratio| skin * ratio));
        let mut outcome = Outcome {
            index: self.index,
            dots: self.dots.len(),
            contrast_e00: 0.0,
            off_e00: [0.0; POINTS],
            noise_e00: 0.0,
        };
        for i in 0..POINTS {
            let (a, b) = (halves[0][i], halves[1][i]);
            let whole = lab(a.zip(b, |a, b| 0.5 * (a + b)));
            outcome.contrast_e00 = outcome.contrast_e00.max(ciede2000(bare_lab, whole));
            outcome.off_e00[i] = ciede2000(by_table[i], whole);
            outcome.noise_e00 += (0.5 * ciede2000(lab(a), lab(b))).powi(2) / POINTS as f64;
        }
        outcome.noise_e00 = outcome.noise_e00.sqrt();
        Ok(outcome)
    }

    fn deposit(&self, dot: &Placed, wavelength: usize) -> Deposit {
        let height = [dot.top_mm, self.height_mm];
        Deposit::upright(dot.middle_mm, dot.diameter_mm, height, self.mua_per_mm.samples[wavelength])
    }
}

/// What many outcomes say together.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Points compared.
    pub points: usize,
    /// Mean, 95 % quantile and largest CIEDE2000 between table and Monte Carlo.
    pub off_e00: [f64; 3],
    /// 95 % quantile of the same as a share of the case's contrast.
    pub share_95: f64,
    /// Share of points within 1 CIEDE2000 and 15 % of the case's contrast.
    pub met: f64,
    /// Root mean square of the noise of the Monte Carlo, CIEDE2000.
    pub noise_e00: f64,
}

impl Verdict {
    /// Of outcomes with enough contrast; none without any.
    pub fn of(outcomes: &[Outcome]) -> Option<Verdict> {
        let counted: Vec<&Outcome> =
            outcomes.iter().filter(|o| o.contrast_e00 >= LEAST_CONTRAST_E00).collect();
        if counted.is_empty() {
            return None;
        }
        let points = counted.len() * POINTS;
        let mut off: Vec<f64> = counted.iter().flat_map(|o| o.off_e00).collect();
        let mut share: Vec<f64> =
            counted.iter().flat_map(|o| o.off_e00.map(|off| off / o.contrast_e00)).collect();
        off.sort_by(f64::total_cmp);
        share.sort_by(f64::total_cmp);
        let at_95 = (points * 95).div_ceil(100) - 1;
        let met = counted.iter().map(|o| (0..POINTS).filter(|&i| o.met(i)).count()).sum::<usize>();
        let noise = counted.iter().map(|o| o.noise_e00.powi(2)).sum::<f64>() / counted.len() as f64;
        Some(Verdict {
            points,
            off_e00: [off.iter().sum::<f64>() / points as f64, off[at_95], off[points - 1]],
            share_95: share[at_95],
            met: met as f64 / points as f64,
            noise_e00: noise.sqrt(),
        })
    }
}
