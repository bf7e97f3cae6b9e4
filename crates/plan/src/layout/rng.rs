//! Random numbers by counter: the value depends on (seed, stream, index) alone, never on who asks first.

/// Streams of independent numbers, one for each use.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Position = 1,
    Label = 2,
    Jitter = 3,
    Metric = 4,
}

/// A counter generator: SplitMix64's finaliser over a keyed counter (Steele, Lea, Flood, OOPSLA 2014).
#[derive(Clone, Copy)]
pub(crate) struct Counter {
    key: u64,
}

impl Counter {
    pub fn new(seed: u64, stream: Stream) -> Self {
        Self { key: mix(seed ^ mix(stream as u64)) }
    }

    pub fn bits(self, index: u64) -> u64 {
        mix(self.key ^ mix(index.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// Uniform in [0, 1), 24 bits.
    pub fn unit(self, index: u64) -> f32 {
        (self.bits(index) >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Two independent uniforms in [0, 1), 24 bits each.
    pub fn unit2(self, index: u64) -> [f32; 2] {
        let bits = self.bits(index);
        [(bits >> 40) as f32 / (1u32 << 24) as f32, (bits & 0xFF_FFFF) as f32 / (1u32 << 24) as f32]
    }

    /// Two independent standard normal numbers whose radius is clipped at `clip` (Box and Muller 1958).
    pub fn normal2(self, index: u64, clip: f32) -> [f32; 2] {
        let [u, v] = self.unit2(index);
        let radius = (-2.0 * libm::logf(1.0 - u)).sqrt().min(clip);
        let (sin, cos) = libm::sincosf(core::f32::consts::TAU * v);
        [radius * cos, radius * sin]
    }
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_and_normal_numbers_have_the_moments_of_their_laws() {
        let counter = Counter::new(7, Stream::Jitter);
        let n = 40_000;
        let mean = (0..n).map(|i| counter.unit(i) as f64).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        let normals: Vec<f64> = (0..n).flat_map(|i| counter.normal2(i, 9.0)).map(f64::from).collect();
        let variance = normals.iter().map(|x| x * x).sum::<f64>() / normals.len() as f64;
        assert!((variance - 1.0).abs() < 0.02, "{variance}");
        assert_ne!(Counter::new(7, Stream::Label).bits(0), counter.bits(0));
    }
}
