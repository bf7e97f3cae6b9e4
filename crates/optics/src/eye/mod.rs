//! What does the eye see of a texture on skin, from how far?
//!
//! A [`Patch`] is a picture of skin in XYZ with its scale. Two questions are answered about it:
//!
//! - [`ContrastSpectrum`]: how strong is its texture at each fineness, and, through the contrast sensitivity of the eye
//!   ([`sensitivity`]), how many times the threshold of seeing ([`Seen`])? Two textures that share no dot, such as pigment and the
//!   client's own stubble, are compared by [`Seen::jnd_to`], in just noticeable differences.
//! - [`scielab`]: of two pictures of the same place, how different are they after the blur of the eye, in CIEDE2000?
//!
//! The transform of Fourier is a plain radix-2 of our own: a library that picks its instructions at run time may differ in
//! the last bits from processor to processor, and the same picture must give the same numbers everywhere.
//!
//! Absent on purpose: motion, glare, ageing eyes, the order of the texture (two textures with one spectrum count as one).

mod contrast;
mod fourier;
pub mod scielab;
pub mod sensitivity;

#[cfg(test)]
mod tests;

pub use contrast::{BANDS, Band, ContrastSpectrum, Seen, jnd};

use crate::colour::Xyz;
use crate::error::{Error, within};

/// How somebody looks at a patch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewing {
    /// From the eye to the skin, m, 0.05-100.
    pub distance_m: f64,
    /// Light falling on the skin, lx, 1-100 000: 500 for a lit room.
    pub illuminance_lx: f64,
    /// Side of the area that has the texture, mm, 1-1000: the eye gathers over it, up to 12 degrees.
    pub zone_mm: f64,
}

impl Viewing {
    /// Degrees of visual angle in a millimetre of skin straight ahead.
    pub fn deg_per_mm(&self) -> f64 {
        (0.001 / self.distance_m).to_degrees()
    }

    /// Luminance of a diffuse surface of luminance factor `y`, cd/m2 (Lambert).
    pub fn luminance_cd_per_m2(&self, y: f64) -> f64 {
        y * self.illuminance_lx / std::f64::consts::PI
    }

    fn checked(&self) -> Result<(), Error> {
        within("the viewing distance, m,", self.distance_m, [0.05, 100.0])?;
        within("the illuminance, lx,", self.illuminance_lx, [1.0, 1e5])?;
        within("the side of the textured area, mm,", self.zone_mm, [1.0, 1000.0])?;
        Ok(())
    }
}

/// What is beyond the border of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// The patch again: it is a tile.
    Wraps,
    /// Other skin: it was cut out, and counts less towards its border (Hann window).
    Cut,
}

/// A piece of skin seen straight on, as a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    width_px: usize,
    height_px: usize,
    mm_per_px: f64,
    edges: Edges,
    xyz: Vec<Xyz>,
}

impl Patch {
    /// A patch `xyz[y][x]`, row-major, relative to a white of Y = 1, whose sides are 16, 32, 64 ... 4096 px.
    ///
    /// # Errors
    /// Other sides, another number of colours, a scale outside 0.001-10 mm a pixel, a colour that is no number from -10 to 10.
    pub fn new(
        [width_px, height_px]: [usize; 2],
        mm_per_px: f64,
        edges: Edges,
        xyz: Vec<Xyz>,
    ) -> Result<Patch, Error> {
        let side = |s: usize| s.is_power_of_two() && (16..=4096).contains(&s);
        if !side(width_px) || !side(height_px) || xyz.len() != width_px * height_px {
            return Err(Error::Patch { width_px, height_px, found: xyz.len() });
        }
        within("the scale of a patch, mm per pixel,", mm_per_px, [0.001, 10.0])?;
        for colour in &xyz {
            for value in [colour.x, colour.y, colour.z] {
                within("a tristimulus value of a patch", value, [-10.0, 10.0])?;
            }
        }
        Ok(Patch { width_px, height_px, mm_per_px, edges, xyz })
    }

    /// Width and height, px.
    pub fn size_px(&self) -> [usize; 2] {
        [self.width_px, self.height_px]
    }

    /// Mean of all pixels: the colour from so far that no texture is seen.
    pub fn mean(&self) -> Xyz {
        let n = self.xyz.len() as f64;
        let mean = |f: fn(&Xyz) -> f64| self.xyz.iter().map(f).sum::<f64>() / n;
        Xyz { x: mean(|c| c.x), y: mean(|c| c.y), z: mean(|c| c.z) }
    }
}
