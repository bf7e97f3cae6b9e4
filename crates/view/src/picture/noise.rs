//! Smooth deterministic noise.

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

fn corner(x: i32, y: i32, z: i32, seed: u32) -> f32 {
    let h = (x as u32).wrapping_mul(0x8da6_b343)
        ^ (y as u32).wrapping_mul(0xd816_3841)
        ^ (z as u32).wrapping_mul(0xcb1a_b31f)
        ^ seed;
    2.0 * unit(hash(h)) - 1.0
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// Value noise in space with cells of size 1, within -1..1 and zero on average.
pub(super) fn noise3(p: Vec3, seed: u32) -> f32 {
    let floor = p.floor();
    let (x, y, z) = (floor.x as i32, floor.y as i32, floor.z as i32);
    let t = p - floor;
    let (tx, ty, tz) = (ease(t.x), ease(t.y), ease(t.z));
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let row = |dy, dz| mix(corner(x, y + dy, z + dz, seed), corner(x + 1, y + dy, z + dz, seed), tx);
    mix(mix(row(0, 0), row(1, 0), ty), mix(row(0, 1), row(1, 1), ty), tz)
}

/// Value noise in the plane with cells of size 1, within -1..1 and zero on average.
pub(super) fn noise2(x: f32, y: f32, seed: u32) -> f32 {
    let (fx, fy) = (x.floor(), y.floor());
    let (ix, iy) = (fx as i32, fy as i32);
    let (tx, ty) = (ease(x - fx), ease(y - fy));
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let row = |dy| mix(corner(ix, iy + dy, 0, seed), corner(ix + 1, iy + dy, 0, seed), tx);
    mix(row(0), row(1), ty)
}
