//! Reflection and transmission of one homogeneous layer.
//!
//! With s and d the sum and difference of the light down and up, s' = -P d and d' = -Q s, where P holds the odd and Q the even
//! moments of the phase function; both are symmetric in amplitudes `sqrt(weight cosine) radiance`. Light that falls alike on both
//! faces has d = K s at the face with K = P^-1 sqrt(PQ) tanh(sqrt(PQ) h/2), and R + T = (1 - K)/(1 + K); light of opposite sign has
//! coth for tanh, and gives R - T.

use crate::layer::Layer;

use super::matrix::{Matrix, cholesky, diagonal, eigen, positive_inverse, product, transposed};
use super::streams::Streams;

/// What scattering with one mean cosine does between the streams.
pub(super) struct Phase<const N: usize> {
    /// Mean cosine of scattering.
    pub(super) g: f64,
    /// Share of the scattered light that goes on unscattered (delta-M).
    forward: f64,
    odd: Matrix<N>,
    even: Matrix<N>,
}

impl<const N: usize> Phase<N> {
    /// Henyey-Greenstein scattering: moment l is g^l.
    pub(super) fn new(streams: &Streams<N>, g: f64) -> Phase<N> {
        let forward = g.powi(streams.legendre.len() as i32);
        let mut sums = [[[0.0; N]; N]; 2];
        for (l, p) in streams.legendre.iter().enumerate() {
            let moment = g.powi(l as i32) - forward;
            for i in 0..N {
                for j in 0..N {
                    sums[l % 2][i][j] += moment * p[i] * p[j];
                }
            }
        }
        let [even, odd] = sums;
        Phase { g, forward, odd, even }
    }
}

/// What a layer does to light from either side.
pub(super) struct Slab<const N: usize> {
    pub(super) reflection: Matrix<N>,
    pub(super) transmission: Matrix<N>,
}

/// The layer's decay lengths and their patterns: K of any thickness is `rows^T k rows`.
struct Modes<const N: usize> {
    /// Decay of each mode, 1/mm.
    decay_per_mm: [f64; N],
    rows: Matrix<N>,
}

/// A layer of finite thickness; none where it changes nothing.
pub(super) fn finite<const N: usize>(
    streams: &Streams<N>,
    phase: &Phase<N>,
    layer: &Layer,
) -> Option<Slab<N>> {
    let modes = modes(streams, phase, layer)?;
    let half_mm = 0.5 * layer.thickness_mm;
    let even = modes.half_response(|decay| decay * libm::tanh(decay * half_mm));
    let odd = modes.half_response(|decay| {
        // decay coth(decay h) tends to 1/h
        if decay * half_mm < 1e-8 { 1.0 / half_mm } else { decay / libm::tanh(decay * half_mm) }
    });
    let mut slab = Slab { reflection: [[0.0; N]; N], transmission: [[0.0; N]; N] };
    for i in 0..N {
        for j in 0..N {
            slab.reflection[i][j] = even[i][j] + odd[i][j];
            slab.transmission[i][j] = even[i][j] - odd[i][j];
        }
        slab.reflection[i][i] -= 1.0;
    }
    Some(slab)
}

/// Reflection of an infinitely thick layer.
pub(super) fn infinite<const N: usize>(streams: &Streams<N>, phase: &Phase<N>, layer: &Layer) -> Matrix<N> {
    let Some(modes) = modes(streams, phase, layer) else { return [[0.0; N]; N] };
    let mut reflection = modes.half_response(|decay| decay).map(|row| row.map(|v| 2.0 * v));
    for i in 0..N {
        reflection[i][i] -= 1.0;
    }
    reflection
}

impl<const N: usize> Modes<N> {
    /// `(1 + K)^-1`, half of `1 + (1 - K)/(1 + K)`.
    fn half_response(&self, k: impl Fn(f64) -> f64) -> Matrix<N> {
        let k = self.decay_per_mm.map(k);
        let mut sum = diagonal([1.0; N]);
        for (row, k) in self.rows.iter().zip(k) {
            for i in 0..N {
                for j in 0..N {
                    sum[i][j] += k * row[i] * row[j];
                }
            }
        }
        positive_inverse(&sum)
    }
}

/// The modes of a layer; none where light passes it unchanged.
fn modes<const N: usize>(streams: &Streams<N>, phase: &Phase<N>, layer: &Layer) -> Option<Modes<N>> {
    let extinction = layer.mua_per_mm + layer.mus_per_mm * (1.0 - phase.forward);
    if extinction == 0.0 {
        return None;
    }
    let of = |moments: &Matrix<N>| -> Matrix<N> {
        let mut m = moments.map(|row| row.map(|v| -layer.mus_per_mm * v));
        for i in 0..N {
            m[i][i] += extinction / streams.mu[i];
        }
        m
    };
    // PQ has the eigenvalues of L^T Q L with P = L L^T, which is symmetric
    let (l, inverse) = cholesky(&of(&phase.odd));
    let (values, vectors) = eigen(product(&transposed(&l), &product(&of(&phase.even), &l)));
    // Without absorption the smallest is 0 but for rounding
    let decay_per_mm = values.map(|v| libm::sqrt(v.max(0.0)));
    Some(Modes { decay_per_mm, rows: product(&vectors, &inverse) })
}
