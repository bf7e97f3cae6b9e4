//! Real spherical harmonics about the centre of the head, symmetric between left and right.

use glam::DVec3;

/// Centre of the harmonics in the head frame, mm (`head.md` 2.1).
pub const CENTRE_MM: DVec3 = DVec3::new(0.0, 45.0, 0.0);

/// Highest degree this file evaluates.
const MAX_DEGREE: usize = 8;

/// Number of symmetric harmonics up to a degree.
pub const fn count(degree: usize) -> usize {
    (degree + 1) * (degree + 2) / 2
}

/// Values of the symmetric harmonics N(l,m) P_l^m(sin el) cos(m az) in a direction, in the order (0,0), (1,0), (1,1),
/// (2,0), ...: orthonormal on the sphere, polar axis up, az from the front; the sign of Condon and Shortley is left
/// out (`head.md` 2.4). Fills `values` as far as it is long; `direction` is a unit vector.
pub fn evaluate(direction: DVec3, values: &mut [f64]) {
    let level = libm::sqrt(direction.x * direction.x + direction.z * direction.z);
    let cos_az = if level > 0.0 { direction.z / level } else { 1.0 };
    let (sin_el, cos_el) = (direction.y, level);
    // cos(m az) by Chebyshev's recurrence.
    let mut cos_m = [1.0; MAX_DEGREE + 1];
    cos_m[1] = cos_az;
    for m in 2..=MAX_DEGREE {
        cos_m[m] = 2.0 * cos_az * cos_m[m - 1] - cos_m[m - 2];
    }
    // Columns of constant order m, rising in degree (normalized recurrences; Holmes & Featherstone 2002, eq. 11-13).
    let mut diagonal = libm::sqrt(1.0 / (4.0 * std::f64::consts::PI));
    for m in 0..=MAX_DEGREE {
        if m > 0 {
            diagonal *= cos_el * DIAGONAL[m];
        }
        let (mut before, mut now) = (0.0, diagonal);
        for l in m..=MAX_DEGREE {
            if l > m {
                let [a, b] = COLUMN[l][m];
                (before, now) = (now, a * sin_el * now - b * before);
            }
            let Some(value) = values.get_mut(count(l) - (l + 1) + m) else { break };
            *value = now * cos_m[m];
        }
    }
}

/// Factor from the harmonic (m-1, m-1) to (m, m), without the cosines.
const DIAGONAL: [f64; MAX_DEGREE + 1] = {
    let mut factors = [1.0; MAX_DEGREE + 1];
    let mut m = 1;
    while m <= MAX_DEGREE {
        // The step from order 0 to 1 brings in the factor sqrt(2) of the cosine harmonics.
        let extra = if m == 1 { 2.0 } else { 1.0 };
        factors[m] = sqrt(extra * (2 * m + 1) as f64 / (2 * m) as f64);
        m += 1;
    }
    factors
};

/// `COLUMN[l][m]`: factors a, b of the recurrence value(l) = a sin(el) value(l-1) - b value(l-2).
const COLUMN: [[[f64; 2]; MAX_DEGREE + 1]; MAX_DEGREE + 1] = {
    let mut factors = [[[0.0; 2]; MAX_DEGREE + 1]; MAX_DEGREE + 1];
    let mut l = 1;
    while l <= MAX_DEGREE {
        let mut m = 0;
        while m < l {
            let (lf, mf) = (l as f64, m as f64);
            let a = sqrt((4.0 * lf * lf - 1.0) / (lf * lf - mf * mf));
            let b = if l < m + 2 {
                0.0
            } else {
                let below = (2.0 * lf + 1.0) * ((lf - 1.0) * (lf - 1.0) - mf * mf);
                sqrt(below / ((2.0 * lf - 3.0) * (lf * lf - mf * mf)))
            };
            factors[l][m] = [a, b];
            m += 1;
        }
        l += 1;
    }
    factors
};

/// Square root by Newton's iteration, for the constants above.
const fn sqrt(x: f64) -> f64 {
    let mut y = if x > 1.0 { x } else { 1.0 };
    let mut i = 0;
    while i < 60 {
        y = 0.5 * (y + x / y);
        i += 1;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tables::SCALP_COEFFICIENTS_MM;

    /// The direction of azimuth and elevation in degrees.
    fn direction(az_deg: f64, el_deg: f64) -> DVec3 {
        let (sin_az, cos_az) = libm::sincos(az_deg.to_radians());
        let (sin_el, cos_el) = libm::sincos(el_deg.to_radians());
        DVec3::new(sin_az * cos_el, sin_el, cos_az * cos_el)
    }

    /// Test vectors of `head.md` 2.4 for the table from ICT alone.
    #[test]
    fn the_scalp_table_gives_its_published_radii() {
        let rows = [
            (0.0, 90.0, 85.608),
            (0.0, 40.0, 90.731),
            (0.0, 0.0, 99.728),
            (90.0, 40.0, 82.092),
            (90.0, 0.0, 76.518),
            (180.0, 40.0, 95.544),
            (180.0, 0.0, 97.973),
            (45.0, 60.0, 83.589),
            (135.0, 20.0, 90.969),
            (180.0, -25.0, 101.041),
        ];
        for (az, el, expected_mm) in rows {
            let mut values = [0.0; count(8)];
            evaluate(direction(az, el), &mut values);
            let radius_mm: f64 = values.iter().zip(SCALP_COEFFICIENTS_MM.iter()).map(|(v, c)| v * c).sum();
            assert!(
                (radius_mm - expected_mm).abs() < 0.002,
                "({az}, {el}): {radius_mm} against {expected_mm}"
            );
        }
    }

    #[test]
    fn the_harmonics_are_orthonormal_on_the_sphere() {
        // Gauss-free check: midpoint rule in azimuth and in sin(el), exact enough on a fine grid.
        let (n_az, n_el) = (64, 2000);
        let n = count(4);
        let mut gram = vec![0.0; n * n];
        for i in 0..n_el {
            let sin_el: f64 = -1.0 + 2.0 * (f64::from(i) + 0.5) / f64::from(n_el);
            for j in 0..n_az {
                let el_deg = libm::asin(sin_el).to_degrees();
                let mut values = [0.0; count(4)];
                evaluate(direction(360.0 * f64::from(j) / f64::from(n_az), el_deg), &mut values);
                for a in 0..n {
                    for b in 0..n {
                        gram[a * n + b] += values[a] * values[b];
                    }
                }
            }
        }
        let cell = 4.0 * std::f64::consts::PI / f64::from(n_az * n_el);
        for a in 0..n {
            for b in 0..n {
                let expected = f64::from(u8::from(a == b));
                assert!((gram[a * n + b] * cell - expected).abs() < 1e-4, "{a} {b}");
            }
        }
    }
}
