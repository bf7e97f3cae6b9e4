//! How different two colours look: CIEDE2000.

use crate::colour::Lab;

/// CIEDE2000 of two colours with all weights 1 (Luo, Cui, Rigg, Color Res Appl 26:340, 2001; in the form of Sharma, Wu and
/// Dalal, Color Res Appl 30:21, 2005, whose equation numbers stand beside the steps).
pub fn ciede2000(first: Lab, second: Lab) -> f64 {
    let Parts { lightness, chroma, hue, turn } = parts(first, second);
    // Sum (eq. 22)
    libm::sqrt(lightness * lightness + chroma * chroma + hue * hue + turn * chroma * hue)
}

/// The weighted differences CIEDE2000 is the length of.
pub(crate) struct Parts {
    pub(crate) lightness: f64,
    pub(crate) chroma: f64,
    pub(crate) hue: f64,
    /// The rotation term, which only blues have.
    turn: f64,
}

/// From the first colour to the second.
pub(crate) fn parts(first: Lab, second: Lab) -> Parts {
    // Chroma with the corrected a* (eq. 2-7)
    let mean_chroma = 0.5 * (libm::hypot(first.a, first.b) + libm::hypot(second.a, second.b));
    let g = 0.5 * (1.0 - chroma_weight(mean_chroma));
    let (a1, a2) = ((1.0 + g) * first.a, (1.0 + g) * second.a);
    let (c1, c2) = (libm::hypot(a1, first.b), libm::hypot(a2, second.b));
    let (h1, h2) = (hue_deg(a1, first.b), hue_deg(a2, second.b));

    // Differences (eq. 8-11)
    let (dl, dc) = (second.l - first.l, c2 - c1);
    let coloured = c1 * c2 != 0.0;
    let turn = if coloured { wrapped(h2 - h1) } else { 0.0 };
    let dh = 2.0 * libm::sqrt(c1 * c2) * sin_deg(turn / 2.0);

    // Means (eq. 12-14)
    let (l, c) = (0.5 * (first.l + second.l), 0.5 * (c1 + c2));
    let h = match h1 + h2 {
        sum if !coloured => sum,
        sum if (h1 - h2).abs() <= 180.0 => sum / 2.0,
        sum if sum < 360.0 => (sum + 360.0) / 2.0,
        sum => (sum - 360.0) / 2.0,
    };

    // Weights (eq. 15-21)
    let t = 1.0 - 0.17 * cos_deg(h - 30.0) + 0.24 * cos_deg(2.0 * h) + 0.32 * cos_deg(3.0 * h + 6.0)
        - 0.20 * cos_deg(4.0 * h - 63.0);
    let from_50 = (l - 50.0) * (l - 50.0);
    let sl = 1.0 + 0.015 * from_50 / libm::sqrt(20.0 + from_50);
    let sc = 1.0 + 0.045 * c;
    let sh = 1.0 + 0.015 * c * t;
    let blue = (h - 275.0) / 25.0;
    let rt = -2.0 * chroma_weight(c) * sin_deg(60.0 * libm::exp(-blue * blue));

    Parts { lightness: dl / sl, chroma: dc / sc, hue: dh / sh, turn: rt }
}

/// sqrt(c^7 / (c^7 + 25^7)).
fn chroma_weight(c: f64) -> f64 {
    let c7 = c.powi(7);
    libm::sqrt(c7 / (c7 + 25f64.powi(7)))
}

/// Hue angle from 0 to 360 degrees, 0 for grey.
fn hue_deg(a: f64, b: f64) -> f64 {
    let h = libm::atan2(b, a).to_degrees();
    if h < 0.0 { h + 360.0 } else { h }
}

/// The same turn within -180 to 180 degrees.
fn wrapped(turn_deg: f64) -> f64 {
    match turn_deg {
        d if d > 180.0 => d - 360.0,
        d if d < -180.0 => d + 360.0,
        d => d,
    }
}

fn cos_deg(deg: f64) -> f64 {
    libm::cos(deg.to_radians())
}

fn sin_deg(deg: f64) -> f64 {
    libm::sin(deg.to_radians())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::ciede2000_pairs;

    /// All 34 pairs of Sharma, Wu and Dalal (2005), table 1, printed to four decimals; both orders.
    #[test]
    fn the_published_pairs_come_out() {
        let pairs = ciede2000_pairs();
        for (i, &(first, second, published)) in pairs.iter().enumerate() {
            for found in [ciede2000(first, second), ciede2000(second, first)] {
                assert!((found - published).abs() < 1e-4, "pair {}: {found} is not {published}", i + 1);
            }
        }
        assert_eq!(pairs.len(), 34);
    }
}
