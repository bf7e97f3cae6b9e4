//! Lights, and the colour a reflectance has under them: CIE 1931 2 degree observer.

use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::colour::{D65_WHITE, Lab, Xyz};
use crate::error::Error;
use crate::spectrum::{N_WAVELENGTHS, Spectrum, cubic_weights};
use crate::table::column;

/// A light by which skin is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Illuminant {
    /// Average daylight, 6504 K: CIE D65. The light of every measured colour.
    #[default]
    D65,
    /// Indoor LED, 4103 K: CIE LED-B3, the white of offices and treatment rooms.
    Led,
    /// Tungsten lamp, 2856 K: CIE A.
    Tungsten,
    /// Open shade under a blue sky, 7504 K: CIE D75.
    Shade,
}

/// The four lights.
pub const ILLUMINANTS: [Illuminant; 4] =
    [Illuminant::D65, Illuminant::Led, Illuminant::Tungsten, Illuminant::Shade];

impl FromStr for Illuminant {
    type Err = Error;

    fn from_str(name: &str) -> Result<Illuminant, Error> {
        match name {
            "d65" => Ok(Illuminant::D65),
            "led" => Ok(Illuminant::Led),
            "tungsten" => Ok(Illuminant::Tungsten),
            "shade" => Ok(Illuminant::Shade),
            _ => {
                Err(Error::Name { what: "light", found: name.to_owned(), known: "d65, led, tungsten, shade" })
            }
        }
    }
}

/// First wavelength of the observer's table, nm; it runs to 830 nm every 1 nm.
const FIRST_NM: usize = 360;
const N_NM: usize = 471;

const OBSERVER: &str = include_str!("../data/cie1931_d65_1nm.csv");
const LIGHTS: &str = include_str!("../data/illuminants_5nm.csv");

/// Correlated colour temperature of D75, K: 7500 K times 1.4388/1.4380, the change of c2 (CIE 015:2018, 4.1.2).
const SHADE_KELVIN: f64 = 7500.0 * 1.4388 / 1.4380;

/// What turns 31 samples into XYZ: cubic interpolation to 1 nm and the sum over 360-830 nm, folded.
struct Quadrature {
    /// `matrix[x, y, z][wavelength]`.
    matrix: [[f64; N_WAVELENGTHS]; 3],
    /// XYZ of the perfect diffuser, from the same sums at 1 nm.
    white: Xyz,
}

static QUADRATURES: LazyLock<[Quadrature; 4]> = LazyLock::new(|| ILLUMINANTS.map(quadrature));

impl Illuminant {
    /// XYZ of its white, Y = 1.
    pub fn white(self) -> Xyz {
        QUADRATURES[self as usize].white
    }

    /// XYZ of a reflectance factor under this light, relative to Y = 1 of its white.
    ///
    /// Wavelengths outside 400-700 nm take the nearer end sample.
    pub fn xyz(self, reflectance: &Spectrum) -> Xyz {
        let sum = |row: &[f64; N_WAVELENGTHS]| row.iter().zip(reflectance.samples).map(|(m, r)| m * r).sum();
        let [x, y, z] = &QUADRATURES[self as usize].matrix;
        Xyz { x: sum(x), y: sum(y), z: sum(z) }
    }

    /// CIELAB of a reflectance factor under this light, relative to its white; for [`Illuminant::D65`] the Lab of every
    /// other room.
    pub fn lab(self, reflectance: &Spectrum) -> Lab {
        self.xyz(reflectance).to_lab_of_white(self.white())
    }

    /// XYZ to show on a D65 display: the eye's adaptation from this light's white to D65 by the Bradford transform.
    pub fn shown_xyz(self, reflectance: &Spectrum) -> Xyz {
        bradford(self.xyz(reflectance), self.white(), D65_WHITE)
    }

    /// Relative spectral power at 1 nm from 360 nm, as published, on any scale.
    fn power(self) -> Vec<f64> {
        let nm = (FIRST_NM..FIRST_NM + N_NM).map(|nm| nm as f64);
        match self {
            Illuminant::D65 => column(OBSERVER, "D65"),
            Illuminant::Led => at_1nm(&column(LIGHTS, "LED_B3")),
            // The defining formula of illuminant A (CIE 015:2018, 4.1.1).
            Illuminant::Tungsten => {
                nm.map(|nm| libm::pow(560.0 / nm, 5.0) * planck(560.0) / planck(nm)).collect()
            }
            Illuminant::Shade => daylight(SHADE_KELVIN),
        }
    }
}

fn planck(nm: f64) -> f64 {
    libm::expm1(1.435e7 / (2848.0 * nm))
}

/// Relative power of CIE daylight of a correlated colour temperature from 7000 to 25000 K (CIE 015:2018, eq. 4.7-4.10).
fn daylight(kelvin: f64) -> Vec<f64> {
    let k = 1e3 / kelvin;
    let x = 0.237_040 + k * (0.247_48 + k * (1.9018 - k * 2.0064));
    let y = -3.0 * x * x + 2.870 * x - 0.275;
    let m = 0.0241 + 0.2562 * x - 0.7341 * y;
    let m1 = ((-1.3515 - 1.7703 * x + 5.9114 * y) / m * 1e3).round() / 1e3;
    let m2 = ((0.0300 - 31.4424 * x + 30.0717 * y) / m * 1e3).round() / 1e3;
    let s = ["S0", "S1", "S2"].map(|name| at_1nm(&column(LIGHTS, name)));
    (0..N_NM).map(|i| s[0][i] + m1 * s[1][i] + m2 * s[2][i]).collect()
}

/// From 5 nm to 1 nm by the linear interpolation that CIE 015 prescribes for illuminants.
fn at_1nm(at_5nm: &[f64]) -> Vec<f64> {
    (0..N_NM)
        .map(|i| {
            let (left, t) = (i / 5, (i % 5) as f64 / 5.0);
            at_5nm[left] + t * (at_5nm[(left + 1).min(at_5nm.len() - 1)] - at_5nm[left])
        })
        .collect()
}

fn quadrature(light: Illuminant) -> Quadrature {
    let power = light.power();
    let observer = ["xbar", "ybar", "zbar"].map(|name| column(OBSERVER, name));
    let luminance: f64 = observer[1].iter().zip(&power).map(|(y, s)| y * s).sum();
    let mut matrix = [[0.0; N_WAVELENGTHS]; 3];
    for i in 0..N_NM {
        let (first, weights) = cubic_weights((FIRST_NM + i) as f64);
        for (row, cmf) in matrix.iter_mut().zip(&observer) {
            for k in 0..4 {
                row[first + k] += weights[k] * cmf[i] * power[i] / luminance;
            }
        }
    }
    let [x, y, z] = matrix.map(|row| row.iter().sum());
    Quadrature { matrix, white: Xyz { x, y, z } }
}

/// The Bradford cone responses of XYZ (Lam 1985; ICC.1:2022, annex E).
const BRADFORD: [[f64; 3]; 3] =
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]];
/// The inverse of [`BRADFORD`].
const BRADFORD_INVERSE: [[f64; 3]; 3] = [
    [0.986_992_9, -0.147_054_3, 0.159_962_7],
    [0.432_305_3, 0.518_360_3, 0.049_291_2],
    [-0.008_528_7, 0.040_042_8, 0.968_486_7],
];

/// The colour that looks under the white `to` as `xyz` does under the white `from`.
pub fn bradford(xyz: Xyz, from: Xyz, to: Xyz) -> Xyz {
    let cones = |c: Xyz| BRADFORD.map(|row| row[0] * c.x + row[1] * c.y + row[2] * c.z);
    let (colour, from, to) = (cones(xyz), cones(from), cones(to));
    let adapted: [f64; 3] = std::array::from_fn(|i| colour[i] * to[i] / from[i]);
    let [x, y, z] =
        BRADFORD_INVERSE.map(|row| row[0] * adapted[0] + row[1] * adapted[1] + row[2] * adapted[2]);
    Xyz { x, y, z }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chromaticities printed in CIE 015:2018 (tables of illuminants A, D65, D75 and LED-B3; the last to four digits and from
    /// sums at 5 nm).
    #[test]
    fn whites_have_the_published_chromaticities() {
        for (light, x, y, tolerance) in [
            (Illuminant::D65, 0.31272, 0.32903, 2e-5),
            (Illuminant::Tungsten, 0.44758, 0.40745, 2e-5),
            (Illuminant::Shade, 0.29903, 0.31488, 3e-5),
            (Illuminant::Led, 0.3756, 0.3723, 2e-4),
        ] {
            let w = light.white();
            let sum = w.x + w.y + w.z;
            assert!(
                (w.x / sum - x).abs() < tolerance && (w.y / sum - y).abs() < tolerance,
                "{light:?} {w:?}"
            );
            assert!((w.y - 1.0).abs() < 1e-12);
        }
    }

    /// CIE 015:2018, table of illuminant A, and the table of D75 at 5 nm.
    #[test]
    fn powers_are_those_of_the_published_tables() {
        let (a, d75) = (Illuminant::Tungsten.power(), Illuminant::Shade.power());
        for (nm, value) in [(380, 9.7951), (400, 14.708), (560, 100.0), (700, 198.261), (780, 241.675)] {
            assert!((a[nm - FIRST_NM] * 100.0 - value).abs() < 1e-3, "A at {nm}: {}", a[nm - FIRST_NM]);
        }
        for (nm, value) in [(400, 101.929), (500, 116.589), (560, 100.0), (600, 87.227), (700, 65.076)] {
            assert!((d75[nm - FIRST_NM] - value).abs() < 2e-2, "D75 at {nm}: {}", d75[nm - FIRST_NM]);
        }
    }

    /// The white of every other room is the D65 of this quadrature to the digits it is written in.
    #[test]
    fn d65_white_is_the_one_of_the_colour_types() {
        let w = Illuminant::D65.white();
        for (found, known) in [(w.x, D65_WHITE.x), (w.z, D65_WHITE.z)] {
            assert!((found - known).abs() < 1e-5, "{w:?}");
        }
    }

    /// Sums at 1 nm of a smooth reflectance that no cubic describes agree with the folded matrix.
    #[test]
    fn ten_nanometres_are_enough_for_smooth_spectra() {
        let smooth = |nm: f64| 0.35 + 0.25 * libm::tanh((nm - 590.0) / 15.0) - 0.05 * libm::sin(nm / 12.0);
        let held = |nm: usize| smooth((nm as f64).clamp(400.0, 700.0));
        let (power, y) = (Illuminant::D65.power(), column(OBSERVER, "ybar"));
        let sum: f64 = (0..N_NM).map(|i| power[i] * y[i] * held(FIRST_NM + i)).sum();
        let full = sum / (0..N_NM).map(|i| power[i] * y[i]).sum::<f64>();
        assert!((Illuminant::D65.xyz(&Spectrum::of_nm(smooth)).y - full).abs() < 2e-5);
    }

    #[test]
    fn lights_are_known_by_name() {
        let found = ["d65", "led", "tungsten", "shade"].map(str::parse::<Illuminant>);
        assert_eq!(found, ILLUMINANTS.map(Ok));
        let message = "candle".parse::<Illuminant>().expect_err("no such light").to_string();
        assert_eq!(message, "there is no light named \"candle\"; known are d65, led, tungsten, shade");
    }

    #[test]
    fn adaptation_takes_white_to_white_and_back() {
        let tungsten = Illuminant::Tungsten.white();
        let white = bradford(tungsten, tungsten, D65_WHITE);
        assert!((white.x - D65_WHITE.x).abs() < 1e-6 && (white.z - D65_WHITE.z).abs() < 1e-6);
        let colour = Xyz { x: 0.3, y: 0.25, z: 0.1 };
        let back = bradford(bradford(colour, D65_WHITE, tungsten), tungsten, D65_WHITE);
        assert!(
            (back.x - colour.x).abs() < 1e-6
                && (back.y - colour.y).abs() < 1e-6
                && (back.z - colour.z).abs() < 1e-6
        );
    }

    /// Lindbloom's published Bradford matrix from A to D65, by its first column.
    #[test]
    fn adaptation_from_tungsten_is_the_published_matrix() {
        let (a, d65) = (Xyz { x: 1.0985, y: 1.0, z: 0.35585 }, Xyz { x: 0.95047, y: 1.0, z: 1.08883 });
        let column = bradford(Xyz { x: 1.0, y: 0.0, z: 0.0 }, a, d65);
        for (found, published) in [(column.x, 0.844_696_5), (column.y, -0.136_630_3), (column.z, 0.079_848_9)]
        {
            assert!((found - published).abs() < 1e-5, "{column:?}");
        }
    }
}
