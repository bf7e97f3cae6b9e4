//! From a skin's tone to its melanin and blood.

use serde::{Deserialize, Serialize};

use crate::adding::{STREAMS, reflectance_sce};
use crate::colour::Lab;
use crate::difference::{ciede2000, parts};
use crate::error::{Error, within};
use crate::illuminant::Illuminant;
use crate::skin::{ITA_RANGE_DEG, TONE_CLASSES, ToneClass, lab_sce, lab_sci, lab_sci_of_ita};
use crate::tissue::Skin;

/// What is known of a skin's tone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Individual typology angle, degrees, of a colour measured with the mirror part.
    ItaDeg(f64),
    /// Colour measured with the mirror part.
    LabSci(Lab),
    /// Colour measured without the mirror part.
    LabSce(Lab),
    /// Level 1-10 of the Monk Skin Tone scale.
    Monk(u8),
    /// Fitzpatrick phototype 1-6.
    Fitzpatrick(u8),
}

/// A skin fitted to a tone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedSkin {
    /// The skin.
    pub skin: Skin,
    /// Colour that was asked for, without the mirror part.
    pub wanted_lab_sce: Lab,
    /// Colour of the skin found, without the mirror part.
    pub lab_sce: Lab,
    /// CIEDE2000 between the two, with the mirror part: what a measured tone is compared by. Two numbers, melanin and blood, reach
    /// a surface of colours; others are met by the nearest.
    pub delta_e00: f64,
}

impl Tone {
    /// Its colour with the mirror part.
    ///
    /// # Errors
    /// A number that no skin has.
    pub fn lab_sci(self) -> Result<Lab, Error> {
        let class = |found: Option<ToneClass>, what, level: u8, top: f64| {
            let refused = Error::Number { what, value: f64::from(level), low: 1.0, high: top };
            found.map(ToneClass::lab_sci).ok_or(refused)
        };
        match self {
            Tone::ItaDeg(ita) => Ok(lab_sci_of_ita(within("ITA in degrees", ita, [-90.0, 90.0])?)),
            Tone::LabSci(lab) => checked(lab),
            Tone::LabSce(lab) => Ok(lab_sci(checked(lab)?)),
            Tone::Monk(level) => {
                class(ToneClass::of_monk(level), "level of the Monk Skin Tone scale", level, 10.0)
            }
            Tone::Fitzpatrick(phototype) => {
                class(ToneClass::of_fitzpatrick(phototype), "Fitzpatrick phototype", phototype, 6.0)
            }
        }
    }

    /// Darkest and lightest likely ITA of skin described so, degrees; none where the tone was measured.
    ///
    /// A Monk level names a tone class, so half a class either way. A phototype asks how skin burns, and predicts its colour
    /// poorly (Osto et al., Photochem Photobiol 2020: ITA classes and phototypes cannot be used interchangeably; appearance
    /// predicts the phototype within one step for 92 % of 3386 people, He et al., J Am Acad Dermatol 71:731, 2014): one class
    /// either way.
    pub fn likely_ita_deg(self) -> Option<[f64; 2]> {
        let (class, steps) = match self {
            Tone::Monk(level) => (ToneClass::of_monk(level)?, 0.5),
            Tone::Fitzpatrick(phototype) => (ToneClass::of_fitzpatrick(phototype)?, 1.0),
            Tone::ItaDeg(_) | Tone::LabSci(_) | Tone::LabSce(_) => return None,
        };
        let ita = |i: usize| TONE_CLASSES.get(i).map(|c| c.lab_sci().ita_deg());
        let (at, middle) = (class as usize, class.lab_sci().ita_deg());
        let darker = ita(at + 1).unwrap_or(ITA_RANGE_DEG[0]);
        let lighter = at.checked_sub(1).and_then(ita).unwrap_or(ITA_RANGE_DEG[1]);
        Some([darker, lighter].map(|end| middle + steps * (end - middle)))
    }
}

/// A colour a reflecting surface of about skin's hues can have.
fn checked(lab: Lab) -> Result<Lab, Error> {
    within("L* of the skin", lab.l, [5.0, 98.0])?;
    within("a* of the skin", lab.a, [-20.0, 60.0])?;
    within("b* of the skin", lab.b, [-20.0, 60.0])?;
    Ok(lab)
}

/// Melanosome fractions and blood fractions that are searched.
const MELANOSOMES: [f64; 2] = [1e-4, 0.45];
const BLOOD: [f64; 2] = [5e-5, 0.1];
/// Directions per hemisphere for the slopes and the first steps.
const COARSE_STREAMS: usize = 4;
const MOST_COARSE_STEPS: usize = 16;
const MOST_FINE_STEPS: usize = 8;
/// Step of the logarithms at which the search ends, far below what an eye can see (about 1e-3 CIEDE2000).
const COARSE_STEP: f64 = 1e-3;
const FINE_STEP: f64 = 1e-4;

/// The skin whose colour is nearest to a tone's: `like` with other melanin and blood.
///
/// Gauss-Newton in the logarithms of both, first with few streams, then with the slopes kept and all streams.
///
/// # Errors
/// A tone that no skin has; an impossible number in `like`.
pub fn fit_skin(tone: Tone, like: Skin) -> Result<FittedSkin, Error> {
    let wanted = tone.lab_sci()?;
    like.checked()?;
    let skin_at =
        |x: [f64; 2]| Skin { melanosome_fraction: libm::exp(x[0]), blood_fraction: libm::exp(x[1]), ..like };
    let coarse = |x| lab_sci_at::<COARSE_STREAMS>(skin_at(x));
    let fine = |x| lab_sci_at::<STREAMS>(skin_at(x));

    // Few streams, from about the melanin of the tone: the logarithm falls evenly with the ITA
    let mut x = [(-3.0 - 0.03 * wanted.ita_deg()).clamp(-5.5, -0.9), libm::log(0.005)];
    let mut slopes = [[0.0; 2]; 3];
    for _ in 0..MOST_COARSE_STEPS {
        let lab = coarse(x)?;
        slopes = slopes_at(&coarse, x, lab, wanted)?;
        let step = bounded_step(&slopes, missing(lab, wanted), &mut x);
        if step < COARSE_STEP {
            break;
        }
    }

    // All streams, with the slopes of few
    let mut lab = fine(x)?;
    for _ in 0..MOST_FINE_STEPS {
        let step = bounded_step(&slopes, missing(lab, wanted), &mut x);
        lab = fine(x)?;
        if step < FINE_STEP {
            break;
        }
    }
    Ok(FittedSkin {
        skin: skin_at(x),
        wanted_lab_sce: lab_sce(wanted),
        lab_sce: lab_sce(lab),
        delta_e00: ciede2000(lab, wanted),
    })
}

fn lab_sci_at<const N: usize>(skin: Skin) -> Result<Lab, Error> {
    let sce = reflectance_sce::<N>(&skin.layers())?;
    Ok(Illuminant::D65.lab(&crate::bare::sci_of_sce(sce)))
}

/// What a colour lacks of another, in units of CIEDE2000: lightness, chroma, hue.
fn missing(lab: Lab, wanted: Lab) -> [f64; 3] {
    let p = parts(lab, wanted);
    [p.lightness, p.chroma, p.hue]
}

/// How [`missing`] falls with each logarithm: `slopes[lightness, chroma, hue][melanin, blood]`.
fn slopes_at(
    lab_at: &impl Fn([f64; 2]) -> Result<Lab, Error>,
    x: [f64; 2],
    lab: Lab,
    wanted: Lab,
) -> Result<[[f64; 2]; 3], Error> {
    const H: f64 = 1e-3;
    let here = missing(lab, wanted);
    let browner = missing(lab_at([x[0] + H, x[1]])?, wanted);
    let redder = missing(lab_at([x[0], x[1] + H])?, wanted);
    Ok(std::array::from_fn(|k| [(here[k] - browner[k]) / H, (here[k] - redder[k]) / H]))
}

/// Moves `x` by the least-squares step within the bounds, and gives the larger part of the step.
fn bounded_step(slopes: &[[f64; 2]; 3], missing: [f64; 3], x: &mut [f64; 2]) -> f64 {
    const LONGEST: f64 = 0.7;
    let sum = |f: &dyn Fn(usize) -> f64| (0..3).map(f).sum::<f64>();
    let (aa, ab, bb) = (
        sum(&|k| slopes[k][0] * slopes[k][0]),
        sum(&|k| slopes[k][0] * slopes[k][1]),
        sum(&|k| slopes[k][1] * slopes[k][1]),
    );
    let (ar, br) = (sum(&|k| slopes[k][0] * missing[k]), sum(&|k| slopes[k][1] * missing[k]));
    // A trace of damping keeps the step finite where one of the two changes nothing
    let (aa, bb) = (aa + 1e-9, bb + 1e-9);
    let determinant = aa * bb - ab * ab;
    let free = [(ar * bb - br * ab) / determinant, (br * aa - ar * ab) / determinant];
    let range = [0, 1].map(|i| {
        let [low, high] = [MELANOSOMES, BLOOD][i].map(libm::log);
        [(low - x[i]).max(-LONGEST), (high - x[i]).min(LONGEST)]
    });
    let held = [0, 1].map(|i: usize| free[i].clamp(range[i][0], range[i][1]));
    // Where one of the two is held at a bound, the other takes the best step alone
    let step = match [0, 1].map(|i: usize| held[i] == free[i]) {
        [false, true] => [held[0], ((br - ab * held[0]) / bb).clamp(range[1][0], range[1][1])],
        [true, false] => [((ar - ab * held[1]) / aa).clamp(range[0][0], range[0][1]), held[1]],
        _ => held,
    };
    *x = [x[0] + step[0], x[1] + step[1]];
    step[0].abs().max(step[1].abs())
}

#[cfg(test)]
mod tests;
