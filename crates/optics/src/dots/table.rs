//! The tables as a file, and what is read from them.

use std::sync::LazyLock;

use super::nodes::{
    DERMIS_PER_MM, DIAMETER_MM, DOTS, EPIDERMIS_MM, EPIDERMIS_PER_MM, HEIGHT_MM, HORN_MM, PAPILLARY_MM,
    PIGMENT_PER_MM, RADIUS, REDUCED_SCATTERING_PER_MM, SKINS, TOP_MM, VALUES, axes, node_of,
};
use super::stencil::{Axis, stencil};
use crate::spectrum::{N_WAVELENGTHS, Spectrum};
use crate::tissue::SpectralStack;

const TINTS: usize = PIGMENT_PER_MM.len();
const RADII: usize = RADIUS.len();

/// ln(-ln T) of every node; `T` is the light of the skin that a dot leaves over.
///
/// This double logarithm is nearly straight along every axis: weak dots take light in proportion to their pigment, and
/// what a deep dot takes falls by the same factor with every step down.
pub struct Table {
    values: Vec<f32>,
}

/// What is wrong with a table file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TableError {
    /// Not such a file, or one of another version.
    #[error("this is no table of dots of version {VERSION}: it starts with {found:?}")]
    Kind {
        /// Its first bytes.
        found: String,
    },
    /// Cut off or grown.
    #[error("the table of dots has {found} bytes, but must have {wanted}")]
    Length {
        /// As found.
        found: usize,
        /// As it should be.
        wanted: usize,
    },
    /// A bit fell over, or the table was made for other axes.
    #[error(
        "the table of dots is damaged or was made for other widths, depths or skins: its checksum is {found:08x}, but {wanted:08x} was written with it"
    )]
    Checksum {
        /// Of the bytes found.
        found: u32,
        /// As written.
        wanted: u32,
    },
}

/// Version of the file's layout and nodes.
pub const VERSION: u16 = 2;
const MAGIC: &[u8; 8] = b"HLDOTS\0\x02";
/// Magic, photons, seed, checksum.
const HEADER: usize = 8 + 8 + 8 + 4;
/// Range of the stored values and their number of steps in 16 bits.
const LOWEST: f32 = -14.0;
const HIGHEST: f32 = 2.0;
const STEPS: f32 = 65_535.0;

/// The table that comes with the program (made by [`super::bake`]).
static BUNDLED: LazyLock<Table> = LazyLock::new(|| {
    Table::read(include_bytes!("../../data/dots.bin")).expect("a test reads the bundled table")
});

impl Table {
    /// The table that comes with the program.
    pub fn bundled() -> &'static Table {
        &BUNDLED
    }

    /// Writes a table file from what [`super::bake::bake`] returns; `photons` and `seed` are kept in it.
    pub fn write(minus_ln_t: &[f32], photons: u64, seed: u64) -> Vec<u8> {
        let mut body = Vec::with_capacity(2 * minus_ln_t.len());
        for &value in minus_ln_t {
            let u = libm::logf(value.max(1e-12)).clamp(LOWEST, HIGHEST);
            let step = ((u - LOWEST) / (HIGHEST - LOWEST) * STEPS).round() as u16;
            body.extend(step.to_le_bytes());
        }
        let mut file = Vec::with_capacity(HEADER + body.len());
        file.extend(MAGIC);
        file.extend(photons.to_le_bytes());
        file.extend(seed.to_le_bytes());
        let sum = checksum(&file[8..24], &body);
        file.extend(sum.to_le_bytes());
        file.extend(body);
        file
    }

    /// Reads a table file.
    ///
    /// # Errors
    /// Where it is another kind of file, cut off, or damaged.
    pub fn read(file: &[u8]) -> Result<Table, TableError> {
        if file.len() < 8 || &file[..8] != MAGIC {
            let found = String::from_utf8_lossy(&file[..file.len().min(8)]).into_owned();
            return Err(TableError::Kind { found });
        }
        let wanted = HEADER + 2 * VALUES;
        if file.len() != wanted {
            return Err(TableError::Length { found: file.len(), wanted });
        }
        let wanted = u32::from_le_bytes([file[24], file[25], file[26], file[27]]);
        let found = checksum(&file[8..24], &file[HEADER..]);
        if found != wanted {
            return Err(TableError::Checksum { found, wanted });
        }
        let value = |pair: &[u8]| {
            let step = u16::from_le_bytes([pair[0], pair[1]]);
            LOWEST + (HIGHEST - LOWEST) * f32::from(step) / STEPS
        };
        Ok(Table { values: file[HEADER..].chunks_exact(2).map(value).collect() })
    }

    /// The dots of one skin and one height of deposit, mm (0.1-0.4; outside, the nearer end).
    pub fn of_skin(&self, skin: &SpectralStack, height_mm: f64) -> SkinDots {
        let ln = libm::log;
        let h = stencil(&HEIGHT_MM.map(ln), ln(height_mm));
        let mut values = vec![0.0f32; N_WAVELENGTHS * DOTS];
        for (w, out) in values.chunks_exact_mut(DOTS).enumerate() {
            let [reduced, epidermis, dermis] = optical(skin, w);
            let m = stencil(&REDUCED_SCATTERING_PER_MM.map(ln), ln(reduced));
            let e = stencil(&EPIDERMIS_PER_MM.map(warp), warp(epidermis));
            let d = stencil(&DERMIS_PER_MM, dermis);
            for (m, wm) in m.nodes() {
                for (e, we) in e.nodes() {
                    for (d, wd) in d.nodes() {
                        for (h, wh) in h.nodes() {
                            let skin = m * SKINS + e * DERMIS_PER_MM.len() + d;
                            let from = &self.values[(skin * HEIGHT_MM.len() + h) * DOTS..][..DOTS];
                            let weight = (wm * we * wd * wh) as f32;
                            out.iter_mut().zip(from).for_each(|(o, v)| *o += weight * v);
                        }
                    }
                }
            }
        }
        SkinDots { values }
    }
}

/// Axis along which the epidermis' absorption acts evenly.
fn warp(per_mm: f64) -> f64 {
    libm::log1p(per_mm / 2.0)
}

/// Reduced scattering, absorption of an epidermis as thick as the table's, and of the reticular dermis, 1/mm.
fn optical(skin: &SpectralStack, wavelength: usize) -> [f64; 3] {
    let stack = skin.stack(wavelength);
    let mut top = 0.0;
    let (mut outer, mut reduced, mut dermis) = (0.0, [0.0, 0.0], [0.0, 0.0]);
    for (layer, spectral) in stack.layers.iter().zip(&skin.layers) {
        let bottom = top + layer.thickness_mm;
        let within = |a: f64, b: f64| (bottom.min(b) - top.max(a)).max(0.0);
        if spectral.name == "epidermis" {
            outer += layer.mua_per_mm * layer.thickness_mm;
        }
        let near = if spectral.name == "epidermis" { 0.0 } else { within(0.0, 1.0) };
        let below = within(PAPILLARY_MM, 1.5);
        reduced = [reduced[0] + near * layer.mus_per_mm * (1.0 - layer.g), reduced[1] + near];
        dermis = [dermis[0] + below * layer.mua_per_mm, dermis[1] + below];
        top = bottom;
    }
    let mean = |[sum, length]: [f64; 2]| if length > 0.0 { sum / length } else { 0.0 };
    [mean(reduced), outer / (EPIDERMIS_MM - HORN_MM), mean(dermis)]
}

/// The dots of one skin.
pub struct SkinDots {
    /// ln(-ln T) at `[wavelength][diameter][top][pigment][radius]`.
    values: Vec<f32>,
}

/// What one dot leaves of the skin's light, by distance and wavelength.
pub struct Profile {
    diameter_mm: f64,
    /// ln(-ln T) at `[radius][wavelength]`.
    values: Vec<[f32; N_WAVELENGTHS]>,
}

impl SkinDots {
    /// The profile of a dot. `mua_per_mm`: what its pigment absorbs. Widths and depths outside the table count as its ends.
    pub fn profile(&self, diameter_mm: f64, top_mm: f64, mua_per_mm: &Spectrum) -> Profile {
        let ln = libm::log;
        let d = stencil(&DIAMETER_MM.map(ln), ln(diameter_mm));
        let t = stencil(&TOP_MM.map(deep), deep(top_mm));
        let strengths = Axis::new(PIGMENT_PER_MM.map(ln).to_vec());
        let mut values = vec![[0.0f32; N_WAVELENGTHS]; RADII];
        for w in 0..N_WAVELENGTHS {
            let mua = mua_per_mm.samples[w];
            let p = strengths.stencil(ln(mua.max(1e-9)));
            // Below the table the light taken is proportional to the pigment.
            let thin = ln((mua / PIGMENT_PER_MM[0]).clamp(1e-9, 1.0)) as f32;
            let block = &self.values[w * DOTS..][..DOTS];
            for (d, wd) in d.nodes() {
                for (t, wt) in t.nodes() {
                    for (p, wp) in p.nodes() {
                        let weight = (wd * wt * wp) as f32;
                        let row = &block[((d * TOP_MM.len() + t) * TINTS + p) * RADII..][..RADII];
                        for (out, v) in values.iter_mut().zip(row) {
                            out[w] += weight * v;
                        }
                    }
                }
            }
            values.iter_mut().for_each(|out| out[w] += thin);
        }
        Profile { diameter_mm, values }
    }
}

/// Axis of depth along which dots change evenly.
pub(super) fn deep(top_mm: f64) -> f64 {
    libm::sqrt(top_mm.max(0.0) + 0.02)
}

impl Profile {
    /// What the dot leaves of the skin's light at a distance from its middle, by wavelength, 0-1.
    pub fn ratio(&self, distance_mm: f64) -> Spectrum {
        let x = node_of(distance_mm.abs(), self.diameter_mm);
        if x >= RADIUS[RADII - 1] {
            return Spectrum::flat(1.0);
        }
        let i = RADIUS.iter().rposition(|&node| node <= x).unwrap_or(0).min(RADII - 2);
        let mut samples = [0.0; N_WAVELENGTHS];
        for w in 0..N_WAVELENGTHS {
            let u = monotone(|k| f64::from(self.values[k][w]), i, x);
            samples[w] = libm::exp(-libm::exp(u));
        }
        Spectrum { samples }
    }

    /// What the dot leaves at each distance of [`RADIUS`].
    pub(super) fn at_nodes(&self) -> [Spectrum; RADII] {
        std::array::from_fn(|r| Spectrum {
            samples: self.values[r].map(|u| libm::exp(-libm::exp(f64::from(u)))),
        })
    }
}

/// Cubic through the values `v` of nodes of [`RADIUS`], at `x` between nodes i and i + 1, that never leaves their values (Fritsch
/// and Carlson, SIAM J Numer Anal 17:238, 1980).
pub(super) fn monotone(v: impl Fn(usize) -> f64, i: usize, x: f64) -> f64 {
    let secant = |k: usize| (v(k + 1) - v(k)) / (RADIUS[k + 1] - RADIUS[k]);
    let slope = |k: usize| {
        // A dot is flat in its middle; the end of the table goes on as it came.
        if k == 0 {
            return 0.0;
        }
        if k == RADII - 1 {
            return secant(k - 1);
        }
        let (a, b) = (secant(k - 1), secant(k));
        let (ha, hb) = (RADIUS[k] - RADIUS[k - 1], RADIUS[k + 1] - RADIUS[k]);
        let (p, q) = (2.0 * hb + ha, hb + 2.0 * ha);
        if a * b <= 0.0 { 0.0 } else { (p + q) / (p / a + q / b) }
    };
    let h = RADIUS[i + 1] - RADIUS[i];
    let t = (x - RADIUS[i]) / h;
    let (s2, s3) = (t * t, t * t * t);
    v(i) * (1.0 - 3.0 * s2 + 2.0 * s3)
        + v(i + 1) * (3.0 * s2 - 2.0 * s3)
        + h * (slope(i) * (t - 2.0 * s2 + s3) + slope(i + 1) * (s3 - s2))
}

/// CRC-32 (IEEE 802.3) of the axes, of photons and seed, and of the values.
fn checksum(made_with: &[u8], values: &[u8]) -> u32 {
    let mut hash = crc32fast::Hasher::new();
    [&axes(), made_with, values].iter().for_each(|part| hash.update(part));
    hash.finalize()
}
