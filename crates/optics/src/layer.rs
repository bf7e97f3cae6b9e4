//! Layers at one wavelength: what every solver of light in skin takes.

use serde::{Deserialize, Serialize};

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
