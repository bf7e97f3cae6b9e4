//! S-CIELAB: two pictures of the same place, blurred as the eye blurs them, compared in CIEDE2000.
//!
//! Zhang and Wandell, SID Digest 27:731 (1996) and J SID 5:61 (1997), with the opponent colours of Poirson and Wandell (Vision Res 33:2621,
//! 1993) for the CIE 1931 observer as in their program, and CIEDE2000 as Johnson and Fairchild (Color Res Appl 28:425, 2003) put it
//! there. The kernels are applied as their exact transforms; the program cuts them off at one degree, here they are whole.

use super::fourier::{Places, Plane};
use super::sensitivity::{Channel, scielab_transmission};
use super::{Patch, Viewing};
use crate::colour::{Lab, Xyz};
use crate::difference::ciede2000;
use crate::error::Error;

/// Opponent colours from XYZ: luminance, red-green, blue-yellow.
const OPPONENT: [[f64; 3]; 3] = [
    [0.278_733_6, 0.721_803_1, -0.106_552_0],
    [-0.448_773_6, 0.289_805_6, 0.077_156_9],
    [0.085_951_3, -0.589_985_9, 0.501_108_9],
];

/// Differences over all pixels, CIEDE2000.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Mean.
    pub mean_e00: f64,
    /// 95 of 100 pixels differ less.
    pub p95_e00: f64,
    /// The largest.
    pub max_e00: f64,
}

/// How different two patches of the same place look, pixel by pixel.
///
/// # Errors
/// Patches of different size or scale; a viewing outside what [`Viewing`] allows.
pub fn difference(first: &Patch, second: &Patch, viewing: &Viewing) -> Result<Difference, Error> {
    if first.size_px() != second.size_px() || first.mm_per_px != second.mm_per_px {
        let shape = |p: &Patch| (p.size_px(), p.mm_per_px);
        return Err(Error::UnlikePatches { first: shape(first), second: shape(second) });
    }
    let (a, b) = (blurred(first, viewing)?, blurred(second, viewing)?);
    let mut all: Vec<f64> = a.iter().zip(&b).map(|(a, b)| ciede2000(a.to_lab(), b.to_lab())).collect();
    let mean_e00 = all.iter().sum::<f64>() / all.len() as f64;
    all.sort_unstable_by(f64::total_cmp);
    Ok(Difference { mean_e00, p95_e00: all[all.len() * 95 / 100], max_e00: all[all.len() - 1] })
}

/// How much the pixels of a patch differ from its mean colour after the blur: texture in CIEDE2000.
///
/// # Errors
/// A viewing outside what [`Viewing`] allows.
pub fn unevenness(patch: &Patch, viewing: &Viewing) -> Result<f64, Error> {
    let mean: Lab = patch.mean().to_lab();
    let seen = blurred(patch, viewing)?;
    Ok(seen.iter().map(|c| ciede2000(c.to_lab(), mean)).sum::<f64>() / seen.len() as f64)
}

/// The patch as the eye passes it on, `[y][x]`. Beyond its border it goes on as itself, whatever its edges.
///
/// # Errors
/// A viewing outside what [`Viewing`] allows.
pub fn blurred(patch: &Patch, viewing: &Viewing) -> Result<Vec<Xyz>, Error> {
    viewing.checked()?;
    let size @ [width, height] = patch.size_px();
    let channel =
        |row: [f64; 3]| patch.xyz.iter().map(|c| row[0] * c.x + row[1] * c.y + row[2] * c.z).collect();
    let mut pair = Plane::new(size, channel(OPPONENT[0]), channel(OPPONENT[1]));
    let mut single = Plane::new(size, channel(OPPONENT[2]), vec![0.0; patch.xyz.len()]);
    pair.forward();
    single.forward();

    // The transmission depends on the length of the frequency alone: one table, as fine as the frequencies.
    let deg_per_px = patch.mm_per_px * viewing.deg_per_mm();
    let per_deg = [1.0 / (width as f64 * deg_per_px), 1.0 / (height as f64 * deg_per_px)];
    for f in Places::new(size).all().filter(|f| f.at <= f.opposite) {
        let u = libm::sqrt((f.cycles[0] * per_deg[0]).powi(2) + (f.cycles[1] * per_deg[1]).powi(2));
        let [l, rg, by] =
            [Channel::Luminance, Channel::RedGreen, Channel::BlueYellow].map(|c| scielab_transmission(c, u));
        // The pair holds two real pictures: their sum of a frequency and its opposite is the first, the difference the second.
        let (i, j) = (f.at, f.opposite);
        let (ar, ai, br, bi) = (pair.re[i], pair.im[i], pair.re[j], pair.im[j]);
        let (even_r, even_i) = (0.5 * l * (ar + br), 0.5 * l * (ai - bi));
        let (odd_r, odd_i) = (0.5 * rg * (ar - br), 0.5 * rg * (ai + bi));
        (pair.re[i], pair.im[i]) = (even_r + odd_r, even_i + odd_i);
        (pair.re[j], pair.im[j]) = (even_r - odd_r, odd_i - even_i);
        single.re[i] *= by;
        single.im[i] *= by;
        if i != j {
            single.re[j] *= by;
            single.im[j] *= by;
        }
    }
    pair.backward();
    single.backward();

    let back = inverse(OPPONENT);
    let n = patch.xyz.len() as f64;
    let pixel = |i: usize| {
        let o = [pair.re[i] / n, pair.im[i] / n, single.re[i] / n];
        let [x, y, z] = back.map(|row| row[0] * o[0] + row[1] * o[1] + row[2] * o[2]);
        Xyz { x, y, z }
    };
    Ok((0..patch.xyz.len()).map(pixel).collect())
}

/// Inverse of a matrix by its cofactors.
fn inverse(m: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|c| m[0][c] * minor(0, c)).sum();
    std::array::from_fn(|c| std::array::from_fn(|r| minor(r, c) / determinant))
}
