//! Order along a three-dimensional Hilbert curve: neighbours in the order are neighbours in space.

use glam::Vec3;

const BITS: u32 = 10;

/// The curve through a cube of 1024 cells a side over a box.
pub(crate) struct Curve {
    low: Vec3,
    scale: f32,
}

impl Curve {
    pub fn new(low: Vec3, high: Vec3) -> Self {
        let side = (high - low).max_element();
        let scale = if side > 0.0 && side.is_finite() { ((1 << BITS) - 1) as f32 / side } else { 0.0 };
        Self { low, scale }
    }

    /// Position along the curve, 30 bits.
    pub fn key(&self, p: Vec3) -> u32 {
        let top = ((1 << BITS) - 1) as f32;
        let cell = ((p - self.low) * self.scale).clamp(Vec3::ZERO, Vec3::splat(top));
        index([cell.x as u32, cell.y as u32, cell.z as u32])
    }
}

/// Index of a cell, by Skilling's transform ("Programming the Hilbert curve", AIP Conf. Proc. 707, 2004).
fn index(mut x: [u32; 3]) -> u32 {
    let mut q = 1 << (BITS - 1);
    while q > 1 {
        let p = q - 1;
        for i in 0..3 {
            if x[i] & q != 0 {
                x[0] ^= p;
            } else {
                let t = (x[0] ^ x[i]) & p;
                x[0] ^= t;
                x[i] ^= t;
            }
        }
        q >>= 1;
    }
    x[1] ^= x[0];
    x[2] ^= x[1];
    let mut t = 0;
    let mut q = 1 << (BITS - 1);
    while q > 1 {
        if x[2] & q != 0 {
            t ^= q - 1;
        }
        q >>= 1;
    }
    let [a, b, c] = x.map(|v| spread(v ^ t));
    (a << 2) | (b << 1) | c
}

/// Puts two zero bits between the ten low bits.
fn spread(v: u32) -> u32 {
    let v = (v | (v << 16)) & 0x0300_00FF;
    let v = (v | (v << 8)) & 0x0300_F00F;
    let v = (v | (v << 4)) & 0x030C_30C3;
    (v | (v << 2)) & 0x0924_9249
}

/// The indices of `keys` in ascending order of key, equal keys in order of index (radix sort, 3 passes of 10 bits).
pub(crate) fn sorted(keys: &[u32]) -> Vec<u32> {
    let mut from: Vec<(u32, u32)> = keys.iter().copied().zip(0..).collect();
    let mut to = vec![(0, 0); from.len()];
    for shift in [0, 10, 20] {
        let mut start = [0usize; 1 << 10];
        for (key, _) in &from {
            start[((key >> shift) & 1023) as usize] += 1;
        }
        let mut sum = 0;
        for s in &mut start {
            (*s, sum) = (sum, sum + *s);
        }
        for &item in &from {
            let s = &mut start[((item.0 >> shift) & 1023) as usize];
            to[*s] = item;
            *s += 1;
        }
        std::mem::swap(&mut from, &mut to);
    }
    from.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_steps_to_a_face_neighbour_and_visits_every_cell() {
        // All cells of the first 8 x 8 x 8 block: its keys are 0..512, consecutive keys are face neighbours.
        let mut cells: Vec<(u32, [i32; 3])> = Vec::new();
        for x in 0..8u32 {
            for y in 0..8 {
                for z in 0..8 {
                    cells.push((index([x, y, z]), [x as i32, y as i32, z as i32]));
                }
            }
        }
        cells.sort_unstable();
        for (want, pair) in cells.windows(2).enumerate() {
            assert_eq!(pair[0].0, want as u32);
            let steps: i32 = (0..3).map(|k| (pair[0].1[k] - pair[1].1[k]).abs()).sum();
            assert_eq!(steps, 1, "{pair:?}");
        }
    }

    #[test]
    fn the_radix_sort_is_stable() {
        let keys = [5, 1 << 29, 5, 0, 1024, 5];
        assert_eq!(sorted(&keys), vec![3, 0, 2, 5, 4, 1]);
    }
}
