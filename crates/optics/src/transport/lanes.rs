//! Random numbers and the elementary steps of a photon, for sixteen photons at once.
//!
//! Plain loops over arrays, compiled for the vector unit the machine has (`pulp` asks it at run time). No step uses a
//! fused multiply-add or a platform's own function, so every machine gives the same bits.

/// Photons that walk together.
pub const LANES: usize = 16;
/// One number a photon.
pub type F = [f32; LANES];

/// Sixteen xoshiro128++ generators (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47,
/// 2021), one a lane.
#[derive(Clone)]
pub struct Random {
    state: [[u32; LANES]; 4],
}

impl Random {
    /// Generators of one block of photons; different for every seed, block and lane.
    pub fn new(seed: u64, block: u64) -> Random {
        let mut key = split_mix(seed ^ split_mix(block.wrapping_add(0x9e37_79b9_7f4a_7c15)));
        let mut state = [[0; LANES]; 4];
        for lane in 0..LANES {
            for pair in 0..2 {
                key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let bits = split_mix(key);
                state[2 * pair][lane] = bits as u32;
                state[2 * pair + 1][lane] = (bits >> 32) as u32;
            }
        }
        Random { state }
    }

    /// 32 random bits a lane.
    #[inline(always)]
    pub fn bits(&mut self) -> [u32; LANES] {
        let [s0, s1, s2, s3] = &mut self.state;
        let mut out = [0; LANES];
        for i in 0..LANES {
            out[i] = s0[i].wrapping_add(s3[i]).rotate_left(7).wrapping_add(s0[i]);
            let t = s1[i] << 9;
            s2[i] ^= s0[i];
            s3[i] ^= s1[i];
            s1[i] ^= s2[i];
            s0[i] ^= s3[i];
            s2[i] ^= t;
            s3[i] = s3[i].rotate_left(11);
        }
        out
    }

    /// A uniform number in (0, 1] a lane.
    #[inline(always)]
    pub fn uniform(&mut self) -> F {
        let bits = self.bits();
        let mut out = [0.0; LANES];
        for i in 0..LANES {
            out[i] = unit(bits[i]);
        }
        out
    }

    /// A uniform number in (0, 1] for one lane alone.
    #[inline(always)]
    pub fn uniform_of(&mut self, lane: usize) -> f32 {
        let s = self.state.each_mut().map(|s| &mut s[lane]);
        let out = s[0].wrapping_add(*s[3]).rotate_left(7).wrapping_add(*s[0]);
        let t = *s[1] << 9;
        *s[2] ^= *s[0];
        *s[3] ^= *s[1];
        *s[1] ^= *s[2];
        *s[0] ^= *s[3];
        *s[2] ^= t;
        *s[3] = s[3].rotate_left(11);
        unit(out)
    }
}

/// The 24 upper bits as a number in (0, 1].
#[inline(always)]
fn unit(bits: u32) -> f32 {
    ((bits >> 8) as i32 + 1) as f32 * (1.0 / 16_777_216.0)
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
pub fn split_mix(key: u64) -> u64 {
    let z = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// -ln u for u in (0, 1]: a free path in mean free paths. Relative error below 2e-7 (polynomial of Moshier's Cephes `logf`).
#[inline(always)]
pub fn minus_ln(u: F) -> F {
    let mut out = [0.0; LANES];
    for i in 0..LANES {
        // u = m 2^e with m in [sqrt 1/2, sqrt 2).
        let bits = u[i].to_bits().wrapping_sub(0x3f35_04f3);
        let e = (bits as i32 >> 23) as f32;
        let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(0x3f35_04f3));
        let x = m - 1.0;
        let z = x * x;
        let mut p = 7.037_683_6e-2;
        p = p * x - 1.151_461e-1;
        p = p * x + 1.167_699_9e-1;
        p = p * x - 1.242_014_1e-1;
        p = p * x + 1.424_932_3e-1;
        p = p * x - 1.666_805_8e-1;
        p = p * x + 2.000_071_5e-1;
        p = p * x - 2.499_999_4e-1;
        p = p * x + 3.333_333e-1;
        let ln = (x + (p * x * z - 0.5 * z)) + e * std::f32::consts::LN_2;
        out[i] = -ln;
    }
    out
}

/// exp(-x) for x of 0 and above. Relative error below 2e-7.
#[inline(always)]
pub fn exp_minus(x: f32) -> f32 {
    let t = (-x * std::f32::consts::LOG2_E).max(-120.0);
    // Adding 1.5 2^23 rounds to a whole number in any vector unit.
    let whole = (t + 12_582_912.0) - 12_582_912.0;
    let f = t - whole;
    let mut p = 1.540_353e-4;
    p = p * f + 1.333_355_8e-3;
    p = p * f + 9.618_129e-3;
    p = p * f + 5.550_411e-2;
    p = p * f + 2.402_265e-1;
    p = p * f + 6.931_472e-1;
    p = p * f + 1.0;
    p * f32::from_bits(((whole as i32 + 127) << 23) as u32)
}

/// Sine and cosine of a uniform angle, from 32 random bits: two bits pick the quadrant, the rest a place in it.
#[inline(always)]
pub fn azimuth(bits: [u32; LANES]) -> (F, F) {
    let (mut sin, mut cos) = ([0.0; LANES], [0.0; LANES]);
    for i in 0..LANES {
        let place = (bits[i] << 2) as i32 as f32;
        let x = place * (std::f32::consts::FRAC_PI_4 / 2_147_483_648.0);
        let z = x * x;
        let s = x + x * z * (-1.666_665_5e-1 + z * (8.332_161e-3 - z * 1.951_529_6e-4));
        let c = 1.0 - 0.5 * z + z * z * (4.166_664_6e-2 + z * (-1.388_731_6e-3 + z * 2.443_315_7e-5));
        let turn = bits[i] >> 30;
        let (a, b) = if turn & 1 == 0 { (s, c) } else { (c, s) };
        let sign = (turn & 2) << 30;
        // Quarter turns: (s, c), (c, -s), (-s, -c), (-c, s).
        sin[i] = f32::from_bits(a.to_bits() ^ sign);
        cos[i] = f32::from_bits(b.to_bits() ^ sign ^ ((turn & 1) << 31));
    }
    (sin, cos)
}

/// New direction of one photon after scattering by Henyey and Greenstein's phase function (Astrophys J 93:70, 1941).
///
/// `u` uniform in (0, 1]; `(sin, cos)` of the azimuth. 1 - cos of the polar angle is computed without cancellation, and
/// the frame around the old direction without a pole (Duff et al., J Comput Graph Tech 6:1, 2017).
#[inline(always)]
pub fn scatter(direction: [f32; 3], g: f32, u: f32, sin: f32, cos: f32) -> [f32; 3] {
    let [x, y, z] = direction;
    let h = 1.0 - g;
    let inverse = 1.0 / (h + 2.0 * g * u);
    let m = 2.0 * h * h * (1.0 - u) * (1.0 + g * u) * inverse * inverse;
    let sine = (m * (2.0 - m)).max(0.0).sqrt();
    let (p, q, c) = (sine * cos, sine * sin, 1.0 - m);
    let sign = f32::from_bits(1.0f32.to_bits() | (z.to_bits() & 0x8000_0000));
    let a = -1.0 / (sign + z);
    let b = x * y * a;
    let next = [
        p * (1.0 + sign * x * x * a) + q * b + c * x,
        p * sign * b + q * (sign + y * y * a) + c * y,
        -p * sign * x - q * y + c * z,
    ];
    // One Newton step keeps the length at 1 over thousands of turns.
    let length2 = next[0] * next[0] + next[1] * next[1] + next[2] * next[2];
    let k = 1.5 - 0.5 * length2;
    [next[0] * k, next[1] * k, next[2] * k]
}

/// Share of unpolarised light that a smooth border between two media reflects (Fresnel), and the cosine behind it.
///
/// `cosine`: of the angle to the normal, 0-1. Total reflection gives `(1, 0)`.
#[inline(always)]
pub fn fresnel(n_from: f32, n_to: f32, cosine: f32) -> (f32, f32) {
    let ratio = n_from / n_to;
    let sine2 = ratio * ratio * (1.0 - cosine * cosine).max(0.0);
    if sine2 >= 1.0 {
        return (1.0, 0.0);
    }
    let behind = (1.0 - sine2).sqrt();
    let s = (n_from * cosine - n_to * behind) / (n_from * cosine + n_to * behind);
    let p = (n_from * behind - n_to * cosine) / (n_from * behind + n_to * cosine);
    (0.5 * (s * s + p * p), behind)
}

/// One of two values without a branch, so that the loops around it become vector code.
#[inline(always)]
pub fn pick(first: bool, a: f32, b: f32) -> f32 {
    let mask = u32::from(first).wrapping_neg();
    f32::from_bits(a.to_bits() & mask | b.to_bits() & !mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elementary_functions_are_those_of_the_library() {
        for i in 0..200_000 {
            let u = (i as f32 + 1.0) / 200_000.0;
            let (got, wanted) = (minus_ln([u; LANES])[0], -libm::log(f64::from(u)));
            assert!((f64::from(got) - wanted).abs() < 2e-7 * wanted + 1e-9, "ln {u}: {got} {wanted}");
            let x = 40.0 * u;
            let (got, wanted) = (f64::from(exp_minus(x)), libm::exp(-f64::from(x)));
            assert!((got / wanted - 1.0).abs() < 4e-6, "exp -{x}: {got} {wanted}");
        }
        assert!(exp_minus(0.0) == 1.0 && exp_minus(1e9) < 1e-30);
    }

    #[test]
    fn azimuths_are_even_over_the_circle() {
        let mut random = Random::new(1, 0);
        let mut octants = [0u32; 8];
        for _ in 0..10_000 {
            let (sin, cos) = azimuth(random.bits());
            for i in 0..LANES {
                assert!((sin[i] * sin[i] + cos[i] * cos[i] - 1.0).abs() < 1e-6);
                let turn = libm::atan2f(sin[i], cos[i]) / std::f32::consts::TAU + 0.5;
                octants[((turn * 8.0) as usize).min(7)] += 1;
            }
        }
        // Chi squared with 7 degrees of freedom: 24.3 is exceeded once in a thousand.
        let chi2: f64 = octants.iter().map(|&n| (f64::from(n) - 2e4).powi(2) / 2e4).sum();
        assert!(chi2 < 24.3, "{octants:?}");
    }

    /// The mean cosine of the phase function is g, and the polar angle follows its distribution function.
    #[test]
    fn scattering_has_the_mean_cosine_asked_for() {
        for g in [-0.5f32, 0.0, 0.3, 0.8, 0.98] {
            let mut random = Random::new(2, 1);
            let (mut sum, mut sum2) = (0.0, 0.0);
            let n = 20_000 * LANES;
            for _ in 0..20_000 {
                let u = random.uniform();
                let (sin, cos) = azimuth(random.bits());
                for i in 0..LANES {
                    let from = [0.6, 0.0, -0.8];
                    let to = scatter(from, g, u[i], sin[i], cos[i]);
                    let c = f64::from(from[0] * to[0] + from[1] * to[1] + from[2] * to[2]);
                    sum += c;
                    sum2 += c * c;
                    let length = to.iter().map(|x| x * x).sum::<f32>();
                    assert!((length - 1.0).abs() < 1e-5, "{to:?}");
                }
            }
            let mean = sum / n as f64;
            let se = ((sum2 / n as f64 - mean * mean) / n as f64).sqrt();
            assert!((mean - f64::from(g)).abs() < 4.5 * se + 1e-6, "{g}: {mean} +- {se}");
            // Second Legendre moment of Henyey and Greenstein: g^2.
            let p2 = 1.5 * sum2 / n as f64 - 0.5;
            assert!((p2 - f64::from(g * g)).abs() < 0.01, "{g}: {p2}");
        }
    }
}
