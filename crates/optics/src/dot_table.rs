//! How dark one pigment dot looks in skin: a look-up in a table of simulated dots.
//!
//! An assumption until this room computes its own tables: 150 dots of a Monte Carlo prototype, two melanin fractions,
//! three diameters, five depths, five pigment strengths. `data/dot_contrast_prototype.csv` has the middle of each dot
//! (ex-vivo scattering), `data/dot_loss_prototype.csv` what it takes from the light of the whole skin (in-vivo
//! scattering); their first lines state skin, pigment and light.
//!
//! The whole loss is three to five times what the middle of the dot shows, because light that entered beside the dot
//! passes it on its way: the optical dot gain of print (Yule and Nielsen 1951, whose n = 2 doubles the loss of a dot that
//! lies on the surface), here with a dot that light passes on all sides. Full simulations of 3 and 5 dots in 2.25 mm2 of
//! skin (`optics.md` 5.3) lose 17 % and 21 % of their luminance, where the middles alone account for 4 % and 8 %.

use std::sync::LazyLock;

use crate::colour::Lab;

/// How a dot changes the diffuse light of the skin around it, specular excluded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DotTransmission {
    /// Factor on the linear sRGB diffuse skin colour at the dot's centre, `[red, green, blue]`, 0-1.
    pub rgb: [f64; 3],
    /// Distance from the centre at which half of the darkening is left, mm.
    pub hwhm_mm: f64,
    /// What the dot takes from the diffuse light of all the skin around it, as the area of skin that would have to turn
    /// black, mm2, `[red, green, blue]`.
    pub loss_mm2: [f64; 3],
}

/// Standard deviation of the bell in which a dot takes light beyond its own outline, mm. An assumption: the prototype's
/// rings beyond 0.2 mm have 0.46 (blue, shallow) to 0.7 (red, deep).
pub const HALO_SIGMA_MM: f64 = 0.55;

/// Height of the deposit in the table, mm; the top of a dot lies half of it above its middle.
pub const DEPOSIT_HEIGHT_MM: f64 = 0.2;

const F_MEL: [f64; 2] = [0.03, 0.15];
const DIAMETER_MM: [f64; 3] = [0.15, 0.30, 0.50];
const TOP_DEPTH_MM: [f64; 5] = [0.10, 0.25, 0.50, 0.80, 1.20];
const MUA550_PER_MM: [f64; 5] = [1.0, 3.0, 10.0, 30.0, 100.0];

/// `[ln T red, green, blue, HWHM mm, ln loss mm2 red, green, blue]` at `[f_mel][diameter][depth][strength]`, row-major.
static TABLE: LazyLock<Vec<[f64; 7]>> = LazyLock::new(|| {
    let numbers = |row: &str| -> Vec<f64> { row.split(',').filter_map(|field| field.parse().ok()).collect() };
    let parse = |(middle, whole): (&str, &str)| -> [f64; 7] {
        let (n, loss) = (numbers(middle), numbers(whole));
        let rgb = |i: usize| Lab { l: n[i], a: n[i + 1], b: n[i + 2] }.to_xyz().to_linear_rgb().rgb;
        let (dot, skin) = (rgb(7), rgb(10));
        let ln_t = |c: usize| libm::log((dot[c] / skin[c]).clamp(0.01, 1.0));
        let ln_loss = |c: usize| libm::log(loss[6 - c].max(1e-6));
        [ln_t(0), ln_t(1), ln_t(2), n[14], ln_loss(0), ln_loss(1), ln_loss(2)]
    };
    MIDDLE.lines().zip(WHOLE.lines()).skip(2).map(parse).collect()
});

const MIDDLE: &str = include_str!("../data/dot_contrast_prototype.csv");
const WHOLE: &str = include_str!("../data/dot_loss_prototype.csv");

/// The look of one dot: interpolated in ln T and ln loss, linear in diameter and depth, logarithmic in melanin fraction and strength.
///
/// `f_mel`: volume fraction of melanosomes in the epidermis (0-1). `diameter_mm`: of the deposit.
/// `depth_mm`: middle of the deposit below the surface. `mua550_per_mm`: absorption of the deposit at 550 nm.
/// Outside the table the nearest dot counts, except that darkening falls to nothing with diameter and strength.
pub fn dot_transmission(f_mel: f64, diameter_mm: f64, depth_mm: f64, mua550_per_mm: f64) -> DotTransmission {
    let diameter = diameter_mm.max(0.0);
    let strength = mua550_per_mm.max(0.0);
    let ln = libm::log;
    let axes = [
        bracket(&F_MEL.map(ln), ln(f_mel.max(1e-6))),
        bracket(&DIAMETER_MM, diameter),
        bracket(&TOP_DEPTH_MM, depth_mm - 0.5 * DEPOSIT_HEIGHT_MM),
        bracket(&MUA550_PER_MM.map(ln), ln(strength.max(1e-6))),
    ];
    let mut value = [0.0; 7];
    for corner in 0..16 {
        let mut weight = 1.0;
        let mut row = 0;
        for (axis, &(low, t)) in axes.iter().enumerate() {
            let upper = corner >> axis & 1;
            weight *= if upper == 1 { t } else { 1.0 - t };
            row = row * [2, 3, 5, 5][axis] + low + upper;
        }
        if weight > 0.0 {
            for k in 0..7 {
                value[k] += weight * TABLE[row][k];
            }
        }
    }
    // Smaller and weaker than any dot of the table: absorption is proportional to strength and to width.
    let fade = (diameter / DIAMETER_MM[0]).min(1.0) * (strength / MUA550_PER_MM[0]).min(1.0);
    let rgb = [0, 1, 2].map(|c| libm::exp(value[c] * fade));
    // Beyond the table's widths the half width follows the dot's own radius.
    let wider = 0.5 * (diameter - diameter.clamp(DIAMETER_MM[0], DIAMETER_MM[2]));
    let hwhm_mm = (value[3] + wider).max(0.02);
    let area = (diameter / DIAMETER_MM[2]).max(1.0) * (diameter / DIAMETER_MM[0]).min(1.0);
    let loss_mm2 = [4, 5, 6].map(|k| libm::exp(value[k]) * fade * area);
    DotTransmission { rgb, hwhm_mm, loss_mm2 }
}

/// Index of the lower neighbour of `x` in ascending `nodes` and the share of the upper one, clamped.
fn bracket(nodes: &[f64], x: f64) -> (usize, f64) {
    let low = (1..nodes.len() - 1).rev().find(|&i| x >= nodes[i]).unwrap_or(0);
    (low, ((x - nodes[low]) / (nodes[low + 1] - nodes[low])).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_and_ordered() {
        for (file, columns) in [(MIDDLE, 15), (WHOLE, 7)] {
            let rows: Vec<Vec<f64>> = file
                .lines()
                .skip(2)
                .map(|row| row.split(',').filter_map(|f| f.parse().ok()).collect())
                .collect();
            assert_eq!(rows.len(), 150);
            assert!(rows.iter().all(|row| row.len() == columns));
            let mut next = rows.iter();
            for f_mel in F_MEL {
                for diameter in DIAMETER_MM {
                    for depth in TOP_DEPTH_MM {
                        for mua in MUA550_PER_MM {
                            let row = next.next().map(|r| [r[0], r[1], r[2], r[3]]);
                            assert_eq!(row, Some([f_mel, diameter, depth, mua]));
                        }
                    }
                }
            }
        }
    }

    /// Rows of `optics.md` 6.1: a dot of the table gives its own centre colour back on its own skin.
    #[test]
    fn dots_of_the_table_come_back() {
        let light = Lab { l: 56.35, a: 10.34, b: 16.09 };
        for (diameter, top, mua, centre, hwhm) in [
            (0.30, 0.10, 10.0, [39.32, 5.22, 5.71], 0.156),
            (0.15, 0.10, 30.0, [40.58, 4.29, 5.40], 0.084),
            (0.15, 0.50, 10.0, [55.93, 9.86, 15.62], 0.371),
        ] {
            let dot = dot_transmission(0.03, diameter, top + 0.1, mua);
            let skin = light.to_xyz().to_linear_rgb().rgb;
            let rgb = [0, 1, 2].map(|c| skin[c] * dot.rgb[c]);
            let lab = crate::colour::LinearRgb { rgb }.to_xyz().to_lab();
            for (got, want) in [lab.l, lab.a, lab.b].into_iter().zip(centre) {
                assert!((got - want).abs() < 0.02, "{diameter} {top} {mua}: {lab:?}");
            }
            assert!((dot.hwhm_mm - hwhm).abs() < 1e-9);
        }
    }

    /// The tiles of `optics.md` 5.3: 3 or 5 dots in 2.25 mm2, diameters 0.2-0.35 mm, tops 0.1-0.6 mm, simulated with all
    /// dots at once by another program; which dot lay where is not recorded, so the mean over that range is compared.
    #[test]
    fn many_dots_together_are_as_dark_as_the_simulated_tiles() {
        let luminance = |l: f64| libm::pow((l + 16.0) / 116.0, 3.0);
        let tiles = [
            (0.03, 20.0, 5.0, 57.1, 51.7),
            (0.03, 10.0, 3.0, 57.1, 52.8),
            (0.15, 20.0, 5.0, 32.0, 29.1),
            (0.03, 20.0, 5.0, 53.6, 47.2),
        ];
        let mut ratio = 0.0;
        for (f_mel, mua, dots, bare, tile) in tiles {
            let (mut mean, mut darkest) = (0.0, 0.0f64);
            for d in 0..10 {
                for z in 0..10 {
                    let (d, top) = (0.2075 + 0.015 * f64::from(d), 0.125 + 0.05 * f64::from(z));
                    let [r, g, b] = dot_transmission(f_mel, d, top + 0.1, mua).loss_mm2;
                    // Shares of the luminance of this skin, linear sRGB about 0.36, 0.21, 0.15.
                    let loss = 0.32 * r + 0.63 * g + 0.05 * b;
                    mean += loss / 100.0;
                    darkest = darkest.max(loss);
                }
            }
            let lost = |mm2: f64| 1.0 - libm::exp(-mm2 * dots / 2.25);
            let wanted = 1.0 - luminance(tile) / luminance(bare);
            assert!(lost(darkest) > wanted && lost(mean) > 0.5 * wanted, "{} {wanted}", lost(mean));
            ratio += lost(mean) / wanted / tiles.len() as f64;
        }
        // Three or five dots are few: the mean over such tiles scatters by a quarter. The middles alone give 0.3.
        assert!((0.7..1.3).contains(&ratio), "{ratio}");
    }

    /// Yule and Nielsen's n = 2: a black dot just under the surface takes light once on the way in and once on the way out.
    #[test]
    fn a_black_shallow_dot_takes_at_least_twice_its_own_area() {
        for diameter in [0.15, 0.3] {
            let area = std::f64::consts::FRAC_PI_4 * diameter * diameter;
            let dot = dot_transmission(0.03, diameter, 0.2, 100.0);
            assert!(dot.loss_mm2.iter().all(|&loss| loss > 1.9 * area), "{dot:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn more_pigment_is_never_lighter_and_never_outside_zero_to_one(
            f_mel in 0.001..0.4f64, d in 0.0..0.8f64, z in 0.0..2.0f64, mua in 0.0..300.0f64, k in 1.0..3.0f64,
        ) {
            let a = dot_transmission(f_mel, d, z, mua);
            let b = dot_transmission(f_mel, d, z, mua * k);
            for c in 0..3 {
                proptest::prop_assert!(a.rgb[c] > 0.0 && a.rgb[c] <= 1.0);
                proptest::prop_assert!(b.rgb[c] <= a.rgb[c] + 2e-3, "{a:?} {b:?}");
                proptest::prop_assert!(b.loss_mm2[c] >= a.loss_mm2[c] && a.loss_mm2[c] >= 0.0, "{a:?} {b:?}");
            }
            proptest::prop_assert!(a.hwhm_mm > 0.0);
        }

        #[test]
        fn no_pigment_no_dot(f_mel in 0.001..0.4f64, d in 0.0..0.8f64, z in 0.0..2.0f64) {
            proptest::prop_assert_eq!(dot_transmission(f_mel, d, z, 0.0).rgb, [1.0; 3]);
            proptest::prop_assert_eq!(dot_transmission(f_mel, 0.0, z, 10.0).rgb, [1.0; 3]);
            proptest::prop_assert_eq!(dot_transmission(f_mel, d, z, 0.0).loss_mm2, [0.0; 3]);
        }
    }
}
