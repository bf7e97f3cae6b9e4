//! Skin tone: from ITA, tone classes and scales to the Lab that pictures need.
//!
//! Tone scales and ITA are measured specular-included (`_sci`); pictures are specular-excluded (`_sce`).

use serde::{Deserialize, Serialize};

use crate::colour::{D65_WHITE, Lab, Xyz};

/// Mirror reflection of skin against air at normal incidence: ((n - 1)/(n + 1))^2 with n = 1.40
/// (`optics.md` 1.5); what a specular-included instrument adds at every wavelength.
pub const FRESNEL_MIRROR: f64 = (0.4 / 2.4) * (0.4 / 2.4);

/// Class of skin tone by individual typology angle (Chardon 1991; Del Bino and Bernerd 2013).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToneClass {
    /// ITA above 55 degrees.
    VeryLight,
    /// ITA 41 to 55.
    Light,
    /// ITA 28 to 41.
    Intermediate,
    /// ITA 10 to 28.
    Tan,
    /// ITA -30 to 10.
    Brown,
    /// ITA below -30.
    Dark,
}

/// The six classes, light to dark.
pub const TONE_CLASSES: [ToneClass; 6] = [
    ToneClass::VeryLight,
    ToneClass::Light,
    ToneClass::Intermediate,
    ToneClass::Tan,
    ToneClass::Brown,
    ToneClass::Dark,
];

/// Mean specular-included Lab of each class: 15 256 measured records, all body sites
/// (Lu et al., Sci Data 12, 2025; `data/issa_lab_by_ita_class.csv`).
const CLASS_LAB_SCI: [Lab; 6] = [
    Lab { l: 68.77, a: 6.96, b: 11.60 },
    Lab { l: 65.28, a: 9.24, b: 14.54 },
    Lab { l: 61.40, a: 10.45, b: 16.70 },
    Lab { l: 56.72, a: 10.98, b: 18.49 },
    Lab { l: 48.95, a: 11.17, b: 18.57 },
    Lab { l: 35.94, a: 9.36, b: 12.17 },
];

impl ToneClass {
    /// The class of an individual typology angle.
    pub fn of_ita_deg(ita_deg: f64) -> ToneClass {
        match ita_deg {
            i if i > 55.0 => ToneClass::VeryLight,
            i if i > 41.0 => ToneClass::Light,
            i if i > 28.0 => ToneClass::Intermediate,
            i if i > 10.0 => ToneClass::Tan,
            i if i > -30.0 => ToneClass::Brown,
            _ => ToneClass::Dark,
        }
    }

    /// The class nearest to a Fitzpatrick phototype 1-6, else none.
    ///
    /// An assumption: the phototype asks how skin burns and tans, and overlaps the tone classes widely; the six are paired in order.
    pub fn of_fitzpatrick(phototype: u8) -> Option<ToneClass> {
        TONE_CLASSES.get(usize::from(phototype).checked_sub(1)?).copied()
    }

    /// The class nearest to a level 1-10 of the Monk Skin Tone scale, else none.
    ///
    /// An assumption, by the order of the labels: the colours of levels 1-4, 9 and 10 lie outside measured
    /// skin (`optics.md` 1.9), so they are not read as reflectances.
    pub fn of_monk(level: u8) -> Option<ToneClass> {
        const CLASS_OF_LEVEL: [usize; 10] = [0, 0, 1, 2, 2, 3, 4, 4, 5, 5];
        CLASS_OF_LEVEL.get(usize::from(level).checked_sub(1)?).map(|&c| TONE_CLASSES[c])
    }

    /// Mean measured Lab, specular included.
    pub fn lab_sci(self) -> Lab {
        CLASS_LAB_SCI[self as usize]
    }

    /// Mean specular-excluded Lab, what a picture shows.
    pub fn lab_sce(self) -> Lab {
        lab_sce(self.lab_sci())
    }
}

/// The two ends of [`lab_sci_of_ita`], degrees: one class step past the measured means, an assumption.
pub const ITA_RANGE_DEG: [f64; 2] = [-78.0, 68.7];

/// Specular-included Lab of an ITA, degrees, clamped to [`ITA_RANGE_DEG`].
///
/// The point with exactly that ITA on the line through the measured class means, so that hue follows tone.
pub fn lab_sci_of_ita(ita_deg: f64) -> Lab {
    let path = tone_path();
    let ita = ita_deg.clamp(ITA_RANGE_DEG[0], ITA_RANGE_DEG[1]);
    let segment = path.windows(2).find(|s| s[1].ita_deg() <= ita).unwrap_or(&path[path.len() - 2..]);
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if mix(segment[0], segment[1], middle).ita_deg() > ita { low = middle } else { high = middle }
    }
    mix(segment[0], segment[1], 0.5 * (low + high))
}

/// Specular-excluded Lab of a specular-included one: [`FRESNEL_MIRROR`] of white taken off.
pub fn lab_sce(sci: Lab) -> Lab {
    add_white(sci, -FRESNEL_MIRROR)
}

/// Specular-included Lab of a specular-excluded one; the inverse of [`lab_sce`].
pub fn lab_sci(sce: Lab) -> Lab {
    add_white(sce, FRESNEL_MIRROR)
}

/// The measured class means with one extrapolated step at each end, light to dark.
fn tone_path() -> [Lab; 8] {
    let c = CLASS_LAB_SCI;
    [mix(c[1], c[0], 2.0), c[0], c[1], c[2], c[3], c[4], c[5], mix(c[4], c[5], 2.0)]
}

fn mix(a: Lab, b: Lab, t: f64) -> Lab {
    Lab { l: a.l + (b.l - a.l) * t, a: a.a + (b.a - a.a) * t, b: a.b + (b.b - a.b) * t }
}

fn add_white(lab: Lab, share: f64) -> Lab {
    let Xyz { x, y, z } = lab.to_xyz();
    // A skin darker than the mirror reflection alone does not exist; its diffuse part ends at black.
    Xyz {
        x: (x + share * D65_WHITE.x).max(0.0),
        y: (y + share * D65_WHITE.y).max(0.0),
        z: (z + share * D65_WHITE.z).max(0.0),
    }
    .to_lab()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The constants above are the rows of the data file.
    #[test]
    fn class_means_are_those_of_the_table() {
        let table = include_str!("../data/issa_lab_by_ita_class.csv");
        for (row, lab) in table.lines().skip(2).zip(CLASS_LAB_SCI) {
            let n: Vec<f64> = row.split(',').skip(3).take(3).filter_map(|f| f.parse().ok()).collect();
            assert_eq!(n, [lab.l, lab.a, lab.b], "{row}");
        }
        assert_eq!(table.lines().count(), 8);
    }

    #[test]
    fn class_means_fall_into_their_class_and_come_back_from_their_ita() {
        for class in TONE_CLASSES {
            let lab = class.lab_sci();
            assert_eq!(ToneClass::of_ita_deg(lab.ita_deg()), class);
            let back = lab_sci_of_ita(lab.ita_deg());
            assert!((back.l - lab.l).abs() < 1e-6 && (back.b - lab.b).abs() < 1e-6, "{back:?}");
        }
    }

    /// The mirror part of `optics.md` 1.5 is 2.8 %.
    #[test]
    fn excluding_the_mirror_lowers_luminance_by_its_share() {
        let sci = ToneClass::Intermediate.lab_sci();
        let lost = sci.to_xyz().y - lab_sce(sci).to_xyz().y;
        assert!((lost - 0.028).abs() < 5e-4, "{lost}");
    }

    #[test]
    fn scales_cover_light_to_dark_and_refuse_other_levels() {
        assert_eq!(ToneClass::of_fitzpatrick(1), Some(ToneClass::VeryLight));
        assert_eq!(ToneClass::of_fitzpatrick(6), Some(ToneClass::Dark));
        assert_eq!(ToneClass::of_monk(10), Some(ToneClass::Dark));
        for wrong in [0, 11, 255] {
            assert_eq!(ToneClass::of_monk(wrong), None);
            assert_eq!(ToneClass::of_fitzpatrick(wrong), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn an_asked_ita_is_met(ita in -77.9..68.6f64) {
            proptest::prop_assert!((lab_sci_of_ita(ita).ita_deg() - ita).abs() < 1e-6);
        }

        #[test]
        fn specular_parts_invert(ita in -70.0..68.0f64) {
            let sci = lab_sci_of_ita(ita);
            let back = lab_sci(lab_sce(sci));
            proptest::prop_assert!((back.l - sci.l).abs() < 1e-6 && (back.a - sci.a).abs() < 1e-6);
        }
    }
}
