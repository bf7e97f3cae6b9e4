//! How dark one pigment dot looks in skin: a look-up in a table of simulated dots.
//!
//! An assumption until this room computes its own tables: 150 dots of a Monte Carlo prototype with ex-vivo
//! scattering (`data/dot_contrast_prototype.csv`, whose first line states skin, pigment and light), two melanin
//! fractions, three diameters, five depths, five pigment strengths.

use std::sync::LazyLock;

use crate::colour::Lab;

/// How a dot changes the diffuse light of the skin around it, specular excluded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DotTransmission {
    /// Factor on the linear sRGB diffuse skin colour at the dot's centre, `[red, green, blue]`, 0-1.
    pub rgb: [f64; 3],
    /// Distance from the centre at which half of the darkening is left, mm.
    pub hwhm_mm: f64,
}

/// Height of the deposit in the table, mm; the top of a dot lies half of it above its middle.
pub const DEPOSIT_HEIGHT_MM: f64 = 0.2;

const F_MEL: [f64; 2] = [0.03, 0.15];
const DIAMETER_MM: [f64; 3] = [0.15, 0.30, 0.50];
const TOP_DEPTH_MM: [f64; 5] = [0.10, 0.25, 0.50, 0.80, 1.20];
const MUA550_PER_MM: [f64; 5] = [1.0, 3.0, 10.0, 30.0, 100.0];

/// `[ln T red, ln T green, ln T blue, HWHM mm]` at `[f_mel][diameter][depth][strength]`, row-major.
static TABLE: LazyLock<Vec<[f64; 4]>> = LazyLock::new(|| {
    let parse = |row: &str| -> [f64; 4] {
        let n: Vec<f64> = row.split(',').filter_map(|field| field.parse().ok()).collect();
        let rgb = |i: usize| Lab { l: n[i], a: n[i + 1], b: n[i + 2] }.to_xyz().to_linear_rgb().rgb;
        let (dot, skin) = (rgb(7), rgb(10));
        let ln_t = |c: usize| libm::log((dot[c] / skin[c]).clamp(0.01, 1.0));
        [ln_t(0), ln_t(1), ln_t(2), n[14]]
    };
    include_str!("../data/dot_contrast_prototype.csv").lines().skip(2).map(parse).collect()
});

/// The look of one dot: interpolated in ln T, linear in diameter and depth, logarithmic in melanin fraction and strength.
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
    let mut value = [0.0; 4];
    for corner in 0..16 {
        let mut weight = 1.0;
        let mut row = 0;
        for (axis, &(low, t)) in axes.iter().enumerate() {
            let upper = corner >> axis & 1;
            weight *= if upper == 1 { t } else { 1.0 - t };
            row = row * [2, 3, 5, 5][axis] + low + upper;
        }
        if weight > 0.0 {
            for k in 0..4 {
                value[k] += weight * TABLE[row][k];
            }
        }
    }
    // Smaller and weaker than any dot of the table: absorption is proportional to strength and to width.
    let fade = (diameter / DIAMETER_MM[0]).min(1.0) * (strength / MUA550_PER_MM[0]).min(1.0);
    let rgb = [0, 1, 2].map(|c| libm::exp(value[c] * fade));
    // Beyond the table's widths the half width follows the dot's own radius.
    let wider = 0.5 * (diameter - diameter.clamp(DIAMETER_MM[0], DIAMETER_MM[2]));
    DotTransmission { rgb, hwhm_mm: (value[3] + wider).max(0.02) }
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
        let rows: Vec<Vec<f64>> = include_str!("../data/dot_contrast_prototype.csv")
            .lines()
            .skip(2)
            .map(|row| row.split(',').filter_map(|f| f.parse().ok()).collect())
            .collect();
        assert_eq!(rows.len(), 150);
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
            }
            proptest::prop_assert!(a.hwhm_mm > 0.0);
        }

        #[test]
        fn no_pigment_no_dot(f_mel in 0.001..0.4f64, d in 0.0..0.8f64, z in 0.0..2.0f64) {
            proptest::prop_assert_eq!(dot_transmission(f_mel, d, z, 0.0).rgb, [1.0; 3]);
            proptest::prop_assert_eq!(dot_transmission(f_mel, 0.0, z, 10.0).rgb, [1.0; 3]);
        }
    }
}
