//! The axes of the dot tables.
//!
//! Wavelength is no axis of its own: a dot's look depends on it only through how the skin scatters and absorbs, and these
//! are axes. The anisotropy goes with the scattering as it does in skin (`optics.md` 1.3, 1.4).

use crate::chromophore;

/// Reduced scattering of the skin, 1/mm: half of what skin in vivo has at 700 nm to ex vivo skin at 400 nm.
pub const REDUCED_SCATTERING_PER_MM: [f64; 6] = [0.9, 1.4, 2.1, 3.1, 4.6, 7.0];
/// Absorption of the epidermis, 1/mm, between [`HORN_MM`] and [`EPIDERMIS_MM`].
pub const EPIDERMIS_PER_MM: [f64; 5] = [0.1, 1.2, 3.5, 8.5, 22.0];
/// Absorption of the reticular dermis and all below it, 1/mm; the papillary dermis has [`papillary_per_mm`].
pub const DERMIS_PER_MM: [f64; 4] = [0.015, 0.08, 0.22, 0.6];
/// Height of the deposit, mm.
pub const HEIGHT_MM: [f64; 3] = [0.1, 0.2, 0.4];
/// Width of the deposit, mm.
pub const DIAMETER_MM: [f64; 6] = [0.08, 0.14, 0.22, 0.32, 0.46, 0.7];
/// Depth of the top of the deposit, mm.
pub const TOP_MM: [f64; 9] = [0.0, 0.04, 0.09, 0.16, 0.25, 0.37, 0.54, 0.8, 1.2];
/// Absorption of the pigment, 1/mm; above the last nothing changes, below the first it is proportional.
pub const PIGMENT_PER_MM: [f64; 7] = [0.3, 1.0, 3.0, 8.0, 20.0, 50.0, 150.0];
/// Distance from the middle of the dot: shares of its radius up to 1, from there steps of [`BEYOND_MM`] beyond its edge.
pub const RADIUS: [f64; 16] =
    [0.0, 0.4, 0.7, 0.88, 0.97, 1.03, 1.15, 1.4, 1.9, 2.7, 3.9, 5.6, 8.0, 11.5, 16.5, 24.0];

/// Lower borders of the horny layer, which only scatters, of the epidermis and of the papillary dermis, mm
/// (`optics.md` 1.6; [`crate::tissue::Thickness::MID_SCALP`]).
pub const HORN_MM: f64 = 0.015;
/// As above.
pub const EPIDERMIS_MM: f64 = 0.08;
/// As above.
pub const PAPILLARY_MM: f64 = 0.25;
/// Unit of [`RADIUS`] beyond the edge, mm.
pub const BEYOND_MM: f64 = 0.1;
/// Refractive index of the skin of the tables (`optics.md` 1.5).
pub const INDEX: f64 = 1.4;

/// Absorption of the papillary dermis that goes with one of the reticular dermis, 1/mm: twice the blood in the same
/// bloodless tissue, which has 0.03 /mm in the middle of the spectrum (`optics.md` 1.6 and 1.1).
pub fn papillary_per_mm(reticular_per_mm: f64) -> f64 {
    reticular_per_mm + (reticular_per_mm - 0.03).max(0.0)
}

/// How much more than the dermis the epidermis scatters, for what it absorbs: both come from its melanosomes
/// ([`chromophore`]), at the wavelength that the reduced scattering stands for.
pub fn epidermal_scattering(reduced_scattering_per_mm: f64, epidermis_per_mm: f64) -> f64 {
    let melanosomes =
        epidermis_per_mm / chromophore::melanosome_per_mm(wavelength_nm(reduced_scattering_per_mm));
    1.0 + chromophore::MELANOSOME_SCATTERING * melanosomes.min(0.5)
}

/// Distance of a node of [`RADIUS`] from the middle of a dot, mm.
pub fn distance_mm(node: f64, diameter_mm: f64) -> f64 {
    0.5 * diameter_mm * node.min(1.0) + BEYOND_MM * (node - 1.0).max(0.0)
}

/// The inverse of [`distance_mm`].
pub fn node_of(distance_mm: f64, diameter_mm: f64) -> f64 {
    let radius = 0.5 * diameter_mm;
    if distance_mm < radius { distance_mm / radius } else { 1.0 + (distance_mm - radius) / BEYOND_MM }
}

/// Wavelength at which skin in vivo has a reduced scattering, nm, within 400-700 (`optics.md` 1.3: 2.9 (nm/500)^-1.7).
fn wavelength_nm(reduced_scattering_per_mm: f64) -> f64 {
    (500.0 * libm::pow(reduced_scattering_per_mm / 2.9, -1.0 / 1.7)).clamp(400.0, 700.0)
}

/// Mean cosine of scattering that goes with a reduced scattering: both follow the wavelength.
pub fn anisotropy(reduced_scattering_per_mm: f64) -> f64 {
    chromophore::anisotropy(wavelength_nm(reduced_scattering_per_mm))
}

/// Tops and heights in one list: `[height][top]`.
pub const DEPTHS: usize = HEIGHT_MM.len() * TOP_MM.len();
/// Skins in one list: `[epidermis][dermis]`.
pub const SKINS: usize = EPIDERMIS_PER_MM.len() * DERMIS_PER_MM.len();
/// Values of one skin and height: `[diameter][top][pigment][radius]`.
pub const DOTS: usize = DIAMETER_MM.len() * TOP_MM.len() * PIGMENT_PER_MM.len() * RADIUS.len();
/// Values of the whole table: `[scattering][epidermis][dermis][height]` of those.
pub const VALUES: usize = REDUCED_SCATTERING_PER_MM.len() * SKINS * HEIGHT_MM.len() * DOTS;

/// All that a table file takes for granted, as bytes for its checksum: tables of other axes are not read.
pub fn axes() -> Vec<u8> {
    let axes: [&[f64]; 9] = [
        &REDUCED_SCATTERING_PER_MM,
        &EPIDERMIS_PER_MM,
        &DERMIS_PER_MM,
        &HEIGHT_MM,
        &DIAMETER_MM,
        &TOP_MM,
        &PIGMENT_PER_MM,
        &RADIUS,
        &[HORN_MM, EPIDERMIS_MM, PAPILLARY_MM, BEYOND_MM, INDEX],
    ];
    axes.iter().flat_map(|axis| axis.iter().flat_map(|node| node.to_le_bytes())).collect()
}
