//! The light of the studio: a large soft key light, a weaker fill, a rim from behind, bright ceiling, some floor.
//!
//! The light goes round with the camera but keeps the vertical: its frame is x to the right of the picture, y up,
//! z horizontally towards the camera.

use glam::Vec3;

/// A soft light: radiance `strength * exp(sharpness * (cos - 1))` around a direction.
#[derive(Clone, Copy, Debug)]
struct Lamp {
    azimuth_deg: f64,
    elevation_deg: f64,
    strength: f32,
    sharpness: f32,
}

/// From the side of the key light (azimuth negative: left). Sharpness 11 is half bright 20 degrees off, a large softbox.
const LAMPS: [Lamp; 5] = [
    Lamp { azimuth_deg: -36.0, elevation_deg: 40.0, strength: 3.3, sharpness: 11.0 },
    Lamp { azimuth_deg: 52.0, elevation_deg: 14.0, strength: 0.6, sharpness: 4.0 },
    Lamp { azimuth_deg: 152.0, elevation_deg: 30.0, strength: 1.5, sharpness: 9.0 },
    Lamp { azimuth_deg: 0.0, elevation_deg: 90.0, strength: 0.62, sharpness: 1.6 },
    Lamp { azimuth_deg: 0.0, elevation_deg: -50.0, strength: 0.16, sharpness: 1.2 },
];

/// How far light of each colour wraps around the edge of shadow, as share of the cosine: light wanders under the
/// skin, red the farthest. Chosen by eye.
const WRAP: [f32; 3] = [0.16, 0.05, 0.03];

/// Gloss of skin as two lobes `(share, sharpness)`: broad over the whole, tighter where it is oily. Chosen by eye
/// after the two-lobe skin gloss of d'Eon and Luebke (GPU Gems 3, 2007, chapter 14).
const GLOSS: [(f32, f32); 2] = [(0.8, 14.0), (0.2, 70.0)];

/// Side of the octahedral tables.
const TABLE: usize = 48;
/// Directions over which the tables integrate.
const SAMPLES: usize = 900;

/// Light of one view, scaled so that skin facing the key light shows its own colour.
pub(super) struct Studio {
    lamps: Vec<(Vec3, f32, f32)>,
    /// `[row][column]` of the octahedral map of normals: light falling in, per colour.
    diffuse: Vec<[f32; 3]>,
    /// The same over mirror directions: light seen in the gloss.
    gloss: Vec<f32>,
}

/// Which side the key light stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeySide {
    /// Left of the camera.
    Left,
    /// Right of the camera.
    Right,
}

impl Studio {
    pub fn new(side: KeySide) -> Studio {
        let mut lamps = Vec::new();
        for lamp in LAMPS {
            let (sin_a, cos_a) = libm::sincos(lamp.azimuth_deg.to_radians());
            let (sin_e, cos_e) = libm::sincos(lamp.elevation_deg.to_radians());
            let left = Vec3::new((sin_a * cos_e) as f32, sin_e as f32, (cos_a * cos_e) as f32);
            let right = Vec3::new(-left.x, left.y, left.z);
            match side {
                KeySide::Left => lamps.push((left, lamp.strength, lamp.sharpness)),
                KeySide::Right => lamps.push((right, lamp.strength, lamp.sharpness)),
            }
        }
        let key = lamps[0].0;
        let mut studio = Studio { lamps, diffuse: Vec::new(), gloss: Vec::new() };
        let around: Vec<(Vec3, f32)> = sphere_lattice(SAMPLES).map(|d| (d, studio.radiance(d))).collect();
        let falling =
            |n: Vec3| WRAP.map(|wrap| around.iter().map(|&(d, l)| l * cosine(n.dot(d), wrap)).sum::<f32>());
        let facing = falling(key);
        studio.diffuse = octahedron()
            .map(|n| {
                let f = falling(n);
                [0, 1, 2].map(|c| f[c] / facing[c])
            })
            .collect();
        // The same scale for the gloss: light of mean radiance 1 over the cosine makes a white surface 1.
        let scale =
            SAMPLES as f32 / 4.0 / around.iter().map(|&(d, l)| l * cosine(key.dot(d), 0.0)).sum::<f32>();
        studio.gloss = octahedron().map(|r| scale * studio.blurred(r)).collect();
        studio
    }

    /// Direction towards the key light.
    pub fn key(&self) -> Vec3 {
        self.lamps[0].0
    }

    /// Radiance from a direction, relative.
    pub fn radiance(&self, direction: Vec3) -> f32 {
        self.lamps.iter().map(|&(d, strength, k)| strength * libm::expf(k * (d.dot(direction) - 1.0))).sum()
    }

    /// Light falling on a surface with this normal with nothing in the way, per colour; 1 facing the key light.
    pub fn diffuse(&self, normal: Vec3) -> [f32; 3] {
        let (corners, weights) = look_up(normal);
        let mut sum = [0.0; 3];
        for k in 0..4 {
            let entry = self.diffuse[corners[k]];
            for c in 0..3 {
                sum[c] += weights[k] * entry[c];
            }
        }
        sum
    }

    /// Light seen by a glossy surface in a mirror direction.
    pub fn gloss(&self, mirror: Vec3) -> f32 {
        let (corners, weights) = look_up(mirror);
        (0..4).map(|k| weights[k] * self.gloss[corners[k]]).sum()
    }

    /// Radiance blurred by the gloss lobes: lobes of the same shape fold into one another.
    fn blurred(&self, r: Vec3) -> f32 {
        let mut sum = 0.0;
        for &(d, strength, k) in &self.lamps {
            for (share, s) in GLOSS {
                let folded = k * s / (k + s);
                sum += share * strength * s / (k + s) * libm::expf(folded * (d.dot(r) - 1.0));
            }
        }
        sum
    }
}

/// The clamped cosine, wrapped around the horizon.
pub(super) fn cosine(cos: f32, wrap: f32) -> f32 {
    ((cos + wrap) / (1.0 + wrap)).max(0.0)
}

/// Evenly spread directions (Fibonacci lattice).
fn sphere_lattice(count: usize) -> impl Iterator<Item = Vec3> {
    (0..count).map(move |i| {
        let y = 1.0 - (2.0 * i as f64 + 1.0) / count as f64;
        let (sin, cos) = libm::sincos(2.399_963_229_728_653 * i as f64);
        let r = (1.0 - y * y).sqrt();
        Vec3::new((r * cos) as f32, y as f32, (r * sin) as f32)
    })
}

/// Directions of the table entries, row by row.
fn octahedron() -> impl Iterator<Item = Vec3> {
    (0..TABLE * TABLE).map(|i| {
        let at = |k: usize| 2.0 * k as f32 / (TABLE - 1) as f32 - 1.0;
        let (x, z) = (at(i % TABLE), at(i / TABLE));
        let y = 1.0 - x.abs() - z.abs();
        let fold = (-y).max(0.0);
        Vec3::new(x - fold.copysign(x), y, z - fold.copysign(z)).normalize()
    })
}

/// The four table entries around a unit direction and their weights.
fn look_up(d: Vec3) -> ([usize; 4], [f32; 4]) {
    let d = d / (d.x.abs() + d.y.abs() + d.z.abs());
    let (mut x, mut z) = (d.x, d.z);
    if d.y < 0.0 {
        (x, z) = ((1.0 - z.abs()).copysign(x), (1.0 - x.abs()).copysign(z));
    }
    let half = 0.5 * (TABLE - 1) as f32;
    let (x, z) = ((x + 1.0) * half, (z + 1.0) * half);
    let (ix, iz) = ((x as usize).min(TABLE - 2), (z as usize).min(TABLE - 2));
    let (tx, tz) = (x - ix as f32, z - iz as f32);
    let i = iz * TABLE + ix;
    (
        [i, i + 1, i + TABLE, i + TABLE + 1],
        [(1.0 - tx) * (1.0 - tz), tx * (1.0 - tz), (1.0 - tx) * tz, tx * tz],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skin_facing_the_key_light_gets_one_and_the_back_much_less() {
        for side in [KeySide::Left, KeySide::Right] {
            let studio = Studio::new(side);
            let key = studio.key();
            for c in studio.diffuse(key) {
                assert!((c - 1.0).abs() < 0.01, "{c}");
            }
            assert!(studio.diffuse(-key)[1] < 0.6);
        }
    }

    #[test]
    fn the_two_sides_mirror_each_other() {
        let (left, right) = (Studio::new(KeySide::Left), Studio::new(KeySide::Right));
        for d in sphere_lattice(50) {
            let m = Vec3::new(-d.x, d.y, d.z);
            assert!((left.diffuse(d)[0] - right.diffuse(m)[0]).abs() < 5e-3);
            assert!((left.gloss(d) - right.gloss(m)).abs() < 5e-3);
        }
    }

    #[test]
    fn the_table_gives_back_what_lies_in_it() {
        for (i, d) in octahedron().enumerate() {
            let (corners, weights) = look_up(d);
            let own: f32 = (0..4).filter(|&k| corners[k] == i).map(|k| weights[k]).sum();
            // Directions on the rim of the map lie in it twice.
            let rim = i % TABLE == 0 || i % TABLE == TABLE - 1 || i / TABLE == 0 || i / TABLE == TABLE - 1;
            assert!(own > 0.99 || rim, "{d} {own}");
        }
    }
}
