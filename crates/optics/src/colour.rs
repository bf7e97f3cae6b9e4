//! Colour: CIE XYZ (D65 white, Y of white = 1), linear and display sRGB, CIELAB and ITA.

use serde::{Deserialize, Serialize};

/// CIE 1931 XYZ of the D65 white, Y = 1, summed over the 1 nm tables 360-830 nm (`optics.md` 1.2).
pub const D65_WHITE: Xyz = Xyz { x: 0.950_47, y: 1.0, z: 1.088_83 };

/// CIE 1931 tristimulus values relative to a white of Y = 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Xyz {
    /// X.
    pub x: f64,
    /// Y, the luminance factor.
    pub y: f64,
    /// Z.
    pub z: f64,
}

/// CIELAB under D65, 2 degree observer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lab {
    /// Lightness L*, 0-100.
    pub l: f64,
    /// a*, red positive.
    pub a: f64,
    /// b*, yellow positive.
    pub b: f64,
}

/// Linear-light sRGB (BT.709 primaries, D65), 1 = white.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearRgb {
    /// `[red, green, blue]`.
    pub rgb: [f64; 3],
}

impl Lab {
    /// Individual typology angle, degrees: atan((L* - 50) / b*) (Chardon 1991). b* of zero gives +-90.
    pub fn ita_deg(self) -> f64 {
        libm::atan2(self.l - 50.0, self.b).to_degrees()
    }

    /// To XYZ (CIE 15: inverse of the L*a*b* definition).
    pub fn to_xyz(self) -> Xyz {
        let fy = (self.l + 16.0) / 116.0;
        let inverse = |f: f64| {
            if f > 6.0 / 29.0 { f * f * f } else { 3.0 * (6.0f64 / 29.0).powi(2) * (f - 4.0 / 29.0) }
        };
        Xyz {
            x: D65_WHITE.x * inverse(fy + self.a / 500.0),
            y: D65_WHITE.y * inverse(fy),
            z: D65_WHITE.z * inverse(fy - self.b / 200.0),
        }
    }
}

impl Xyz {
    /// To CIELAB (CIE 15) relative to D65.
    pub fn to_lab(self) -> Lab {
        self.to_lab_of_white(D65_WHITE)
    }

    /// To CIELAB (CIE 15) relative to another white, for colours compared under one light.
    pub fn to_lab_of_white(self, white: Xyz) -> Lab {
        let f = |t: f64| {
            if t > (6.0f64 / 29.0).powi(3) {
                libm::cbrt(t)
            } else {
                t / (3.0 * (6.0f64 / 29.0).powi(2)) + 4.0 / 29.0
            }
        };
        let (fx, fy, fz) = (f(self.x / white.x), f(self.y / white.y), f(self.z / white.z));
        Lab { l: 116.0 * fy - 16.0, a: 500.0 * (fx - fy), b: 200.0 * (fy - fz) }
    }

    /// To linear sRGB (IEC 61966-2-1); out-of-gamut values stay outside 0-1.
    pub fn to_linear_rgb(self) -> LinearRgb {
        let Xyz { x, y, z } = self;
        LinearRgb {
            rgb: [
                3.240_454_2 * x - 1.537_138_5 * y - 0.498_531_4 * z,
                -0.969_266 * x + 1.876_010_8 * y + 0.041_556 * z,
                0.055_643_4 * x - 0.204_025_9 * y + 1.057_225_2 * z,
            ],
        }
    }
}

impl LinearRgb {
    /// To XYZ (IEC 61966-2-1).
    pub fn to_xyz(self) -> Xyz {
        let [r, g, b] = self.rgb;
        Xyz {
            x: 0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b,
            y: 0.212_672_9 * r + 0.715_152_2 * g + 0.072_175 * b,
            z: 0.019_333_9 * r + 0.119_192 * g + 0.950_304_1 * b,
        }
    }

    /// To 8-bit display sRGB, clipped to the gamut.
    pub fn to_srgb8(self) -> [u8; 3] {
        self.rgb.map(|c| (encode_srgb(c) * 255.0).round() as u8)
    }
}

/// The sRGB transfer curve: linear light to display value, both 0-1 (IEC 61966-2-1), clipped.
pub fn encode_srgb(linear: f64) -> f64 {
    let c = linear.clamp(0.0, 1.0);
    if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * libm::pow(c, 1.0 / 2.4) - 0.055 }
}

/// The inverse of [`encode_srgb`].
pub fn decode_srgb(display: f64) -> f64 {
    let c = display.clamp(0.0, 1.0);
    if c <= 0.040_45 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ColorChecker patches (after November 2014), L*a*b* D50 left out: linear sRGB and 8-bit sRGB of the
    /// colour-science tables (`domain/data/colorchecker24.csv`).
    #[test]
    fn colour_checker_patches_come_out_in_display_values() {
        for (linear, display) in [
            ([0.1737, 0.0788, 0.0529], [116, 79, 65]),
            ([0.5598, 0.2774, 0.2109], [197, 144, 127]),
            ([0.1051, 0.1508, 0.0508], [91, 108, 64]),
        ] {
            let rgb = LinearRgb { rgb: linear };
            assert_eq!(rgb.to_srgb8(), display);
        }
    }

    #[test]
    fn white_is_l_100_and_neutral() {
        let lab = D65_WHITE.to_lab();
        assert!((lab.l - 100.0).abs() < 1e-12 && lab.a.abs() < 1e-12 && lab.b.abs() < 1e-12);
        let rgb = D65_WHITE.to_linear_rgb().rgb;
        assert!(rgb.iter().all(|c| (c - 1.0).abs() < 1e-3), "{rgb:?}");
    }

    proptest::proptest! {
        #[test]
        fn lab_survives_the_way_through_rgb(l in 1.0..99.0f64, a in -60.0..60.0f64, b in -60.0..60.0f64) {
            let back = (Lab { l, a, b }).to_xyz().to_linear_rgb().to_xyz().to_lab();
            proptest::prop_assert!((back.l - l).abs() < 1e-3 && (back.a - a).abs() < 1e-2 && (back.b - b).abs() < 1e-2);
        }

        #[test]
        fn srgb_curve_inverts(c in 0.0..1.0f64) {
            proptest::prop_assert!((decode_srgb(encode_srgb(c)) - c).abs() < 1e-9);
        }
    }
}
