//! Published and independently computed values that this room is checked against, in the tests and by
//! `hairline optics check`.

use crate::colour::Lab;
use crate::layer::{Layer, Stack};
use crate::spectrum::Spectrum;
use crate::table;

/// A stack whose reflectance and transmittance are known.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownSlab {
    /// Its name in the literature.
    pub name: String,
    /// Its layers.
    pub stack: Stack,
    /// Light that comes back, without what the surface mirrors: value and how far it is known.
    pub diffuse_reflectance: [f64; 2],
    /// Light that passes: value and how far it is known.
    pub transmittance: [f64; 2],
}

/// The slabs V1-V12 of `optics.md` 2.2, among them those of van de Hulst (1980), Giovanelli (1955) and Gardner (1992):
/// adding-doubling by another program with 16, 20 and 24 directions, whose last step is how far a value is known.
pub fn known_slabs() -> Vec<KnownSlab> {
    let file = include_str!("../data/adding_doubling_reference.csv");
    file.lines().skip(2).filter_map(known_slab).collect()
}

fn known_slab(row: &str) -> Option<KnownSlab> {
    let fields: Vec<&str> = row.split(',').collect();
    let number = |i: usize| -> Option<f64> { fields.get(i)?.parse().ok() };
    let n = number(1)?;
    let layer = |text: &str| {
        let mut values = text.split('|').map(|v| v.parse::<f64>().ok());
        let mut next = || values.next().flatten();
        // The table is in centimetres.
        Some(Layer {
            n,
            mua_per_mm: 0.1 * next()?,
            mus_per_mm: 0.1 * next()?,
            g: next()?,
            thickness_mm: 10.0 * next()?,
        })
    };
    let layers = fields.get(2)?.split(';').map(layer).collect::<Option<Vec<Layer>>>()?;
    let known = |last: usize| {
        let spread =
            (number(last)? - number(last - 1)?).abs().max((number(last - 1)? - number(last - 2)?).abs());
        // Printed to six digits.
        Some([number(last)?, spread + 1e-6])
    };
    let [reflectance, error] = known(5)?;
    Some(KnownSlab {
        name: (*fields.first()?).to_owned(),
        stack: Stack { n_above: 1.0, n_below: 1.0, layers },
        diffuse_reflectance: [reflectance - number(9)?, error],
        transmittance: known(8)?,
    })
}

/// Skin of seven layers of unlike index at 600 nm (Meglinski and Matcher, as used by Alerstam et al., Biomed Opt Express
/// 1:658, 2010), the field's standard problem for speed, with the means of five million photons of the reference program
/// MCML (`optics.md` 2.3): diffuse reflectance, absorption and transmittance, each with its standard error.
pub fn seven_layers() -> (Stack, [[f64; 2]; 3]) {
    const PER_CM: [[f64; 5]; 7] = [
        [1.53, 0.2, 1000.0, 0.9, 0.002],
        [1.34, 0.15, 400.0, 0.85, 0.008],
        [1.4, 0.7, 300.0, 0.8, 0.01],
        [1.39, 1.0, 350.0, 0.9, 0.008],
        [1.4, 0.7, 200.0, 0.76, 0.162],
        [1.39, 1.0, 350.0, 0.95, 0.02],
        [1.44, 0.3, 150.0, 0.8, 0.59],
    ];
    let layers = PER_CM
        .iter()
        .map(|&[n, mua, mus, g, d]| Layer {
            n,
            mua_per_mm: 0.1 * mua,
            mus_per_mm: 0.1 * mus,
            g,
            thickness_mm: 10.0 * d,
        })
        .collect();
    (Stack { n_above: 1.0, n_below: 1.0, layers }, [[0.56293, 2e-4], [0.38995, 2e-4], [0.00324, 1e-5]])
}

/// The 34 pairs of Sharma, Wu and Dalal (Color Res Appl 30:21, 2005, table 1) with their CIEDE2000, to four decimals.
pub fn ciede2000_pairs() -> Vec<(Lab, Lab, f64)> {
    let file = include_str!("../data/ciede2000_sharma34.csv");
    let [l1, a1, b1, l2, a2, b2, difference] =
        ["L1", "a1", "b1", "L2", "a2", "b2", "dE00"].map(|name| table::column(file, name));
    (0..difference.len())
        .map(|i| {
            let (first, second) =
                (Lab { l: l1[i], a: a1[i], b: b1[i] }, Lab { l: l2[i], a: a2[i], b: b2[i] });
            (first, second, difference[i])
        })
        .collect()
}

/// Names of the tone classes in [`measured_class`], light to dark.
pub const CLASSES: [&str; 6] = ["very_light", "light", "intermediate", "tan", "brown", "dark"];

/// Mean and standard deviation of the measured spectra of a tone class, mirror part included: 15 256 records (Lu et al., Sci
/// Data 12, 2025).
pub fn measured_class(class: &str) -> [Spectrum; 2] {
    const ISSA: &str = include_str!("../data/issa_mean_by_ita_class_10nm.csv");
    ["mean", "sd"].map(|what| table::spectrum(ISSA, &format!("{class}_{what}")))
}
