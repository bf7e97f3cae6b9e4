//! Layers at one wavelength: what every solver of light in skin takes.

use serde::{Deserialize, Serialize};

use crate::error::{Error, within};

/// One homogeneous layer at one wavelength; scattering follows Henyey and Greenstein.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Refractive index.
    pub n: f64,
    /// Absorption coefficient, 1/mm.
    pub mua_per_mm: f64,
    /// Scattering coefficient, 1/mm.
    pub mus_per_mm: f64,
    /// Mean cosine of the scattering angle, -1 to 1.
    pub g: f64,
    /// Thickness, mm; the last layer may be infinite.
    pub thickness_mm: f64,
}

/// Layers from the surface down, between two clear media.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Refractive index above.
    pub n_above: f64,
    /// Refractive index below.
    pub n_below: f64,
    /// From the surface down; at least one.
    pub layers: Vec<Layer>,
}

impl Stack {
    /// Refuses what no light can be followed in.
    pub(crate) fn checked(&self) -> Result<(), Error> {
        const INDEX: [f64; 2] = [1.0, 4.0];
        const COEFFICIENT: [f64; 2] = [0.0, 1e6];
        within("n_above", self.n_above, INDEX)?;
        within("n_below", self.n_below, INDEX)?;
        if self.layers.is_empty() {
            return Err(Error::NoLayer);
        }
        for (i, layer) in self.layers.iter().enumerate() {
            for (what, value, [low, high]) in [
                ("n", layer.n, INDEX),
                ("mua_per_mm", layer.mua_per_mm, COEFFICIENT),
                ("mus_per_mm", layer.mus_per_mm, COEFFICIENT),
                // Of light thrown straight back neither solver knows what to do
                ("g", layer.g, [-0.9, 1.0]),
                ("thickness_mm", layer.thickness_mm, [0.0, f64::INFINITY]),
            ] {
                if !(low <= value && value <= high) {
                    return Err(Error::Layer { layer: i + 1, what, value, low, high });
                }
            }
            if layer.thickness_mm.is_infinite() && i + 1 < self.layers.len() {
                return Err(Error::InfiniteAbove { layer: i + 1 });
            }
        }
        Ok(())
    }
}
