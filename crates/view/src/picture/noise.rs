//! Smooth deterministic noise.

use std::sync::LazyLock;

use glam::Vec3;

/// An integer hash with well mixed bits (the 32-bit finaliser of MurmurHash3, Appleby 2011).
pub(super) fn hash(mut h: u32) -> u32 {
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}

/// Uniform in [0, 1) from a hash.
pub(super) fn unit(h: u32) -> f32 {
    (h >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// Uniform values within -1..1; noise picks them by hashed corners, which is much faster than hashing each corner well.
static VALUES: LazyLock<[f32; 4096]> =
    LazyLock::new(|| std::array::from_fn(|i| 2.0 * unit(hash(i as u32 ^ 0x5eed_0000)) - 1.0));

fn corner(values: &[f32; 4096], x: i32, y: i32, z: i32, seed: u32) -> f32 {
    let h = (x as u32).wrapping_mul(0x8da6_b343)
        ^ (y as u32).wrapping_mul(0xd816_3841)
        ^ (z as u32).wrapping_mul(0xcb1a_b31f)
        ^ seed.wrapping_mul(0x9e37_79b9);
    values[((h ^ h >> 15) & 4095) as usize]
}

/// The largest whole number not above `v`, faster than a call into the mathematics library.
fn floor(v: f32) -> i32 {
    let whole = v as i32;
    whole - i32::from(v < whole as f32)
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Value noise in space with cells of size 1, within -1..1 and zero on average.
pub(super) fn noise3(p: Vec3, seed: u32) -> f32 {
    noise3_with_slope(p, seed).0
}

/// [`noise3`] with its gradient.
pub(super) fn noise3_with_slope(p: Vec3, seed: u32) -> (f32, Vec3) {
    let (x, y, z) = (floor(p.x), floor(p.y), floor(p.z));
    let t = p - Vec3::new(x as f32, y as f32, z as f32);
    let (tx, ty, tz) = (ease(t.x), ease(t.y), ease(t.z));
    let values: &[f32; 4096] = &VALUES;
    let at = |dx, dy, dz| corner(values, x + dx, y + dy, z + dz, seed);
    let c = [
        at(0, 0, 0),
        at(1, 0, 0),
        at(0, 1, 0),
        at(1, 1, 0),
        at(0, 0, 1),
        at(1, 0, 1),
        at(0, 1, 1),
        at(1, 1, 1),
    ];
    let rows = [mix(c[0], c[1], tx), mix(c[2], c[3], tx), mix(c[4], c[5], tx), mix(c[6], c[7], tx)];
    let layers = [mix(rows[0], rows[1], ty), mix(rows[2], rows[3], ty)];
    let slope = t * (Vec3::ONE - t) * 6.0;
    let along_x = mix(mix(c[1] - c[0], c[3] - c[2], ty), mix(c[5] - c[4], c[7] - c[6], ty), tz);
    let along_y = mix(rows[1] - rows[0], rows[3] - rows[2], tz);
    (mix(layers[0], layers[1], tz), slope * Vec3::new(along_x, along_y, layers[1] - layers[0]))
}

/// Value noise in the plane with cells of size 1, within -1..1 and zero on average.
pub(super) fn noise2(x: f32, y: f32, seed: u32) -> f32 {
    let (ix, iy) = (floor(x), floor(y));
    let (tx, ty) = (ease(x - ix as f32), ease(y - iy as f32));
    let values: &[f32; 4096] = &VALUES;
    let row = |dy| mix(corner(values, ix, iy + dy, 0, seed), corner(values, ix + 1, iy + dy, 0, seed), tx);
    mix(row(0), row(1), ty)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_slope_is_the_derivative(x in -20.0..20.0f32, y in -20.0..20.0f32, z in -20.0..20.0f32) {
            let p = Vec3::new(x, y, z);
            let (_, slope) = noise3_with_slope(p, 5);
            let h = 0.01;
            for axis in [Vec3::X, Vec3::Y, Vec3::Z] {
                let numeric = (noise3(p + h * axis, 5) - noise3(p - h * axis, 5)) / (2.0 * h);
                // Half a step of the largest second derivative, 12 times the range.
                proptest::prop_assert!((numeric - slope.dot(axis)).abs() < 0.13);
            }
        }
    }

    #[test]
    fn noise_is_zero_on_average_and_within_one() {
        let values: Vec<f32> = (0..40_000u16)
            .map(|i| noise3(Vec3::new(f32::from(i % 200) * 0.37, f32::from(i / 200) * 0.41, 0.5), 9))
            .collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!(values.iter().all(|v| v.abs() <= 1.0));
    }
}
