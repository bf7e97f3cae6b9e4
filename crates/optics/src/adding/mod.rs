//! Total reflectance and transmittance of layers, without noise: the adding method.
//!
//! Light is followed in `N` directions per hemisphere. Of a homogeneous layer the reflection and transmission matrices come
//! from the eigenvalues of the equation of transfer, exact at any thickness, where doubling would start from a layer thin enough
//! and round off (M. Nakajima, T. Tanaka, J Quant Spectrosc Radiat Transfer 35:13, 1986; symmetric form after K. Stamnes, R. A.
//! Swanson, J Atmos Sci 38:387, 1981). Layers are added from the bottom up (G. N. Plass, G. W. Kattawar, F. E. Catchings, Appl Opt
//! 12:314, 1973), with Fresnel reflection at both surfaces. The forward peak of the phase function is taken out by delta-M (W. J.
//! Wiscombe, J Atmos Sci 34:1408, 1977).

mod layer;
mod matrix;
mod streams;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::layer::Stack;
use crate::spectrum::{N_WAVELENGTHS, Spectrum};
use crate::tissue::SpectralStack;
use layer::{Phase, finite, infinite};
use matrix::{Matrix, diagonal, dot, product, solve, times_vector};
use streams::Streams;

/// Where light that falls straight on a stack goes; shares of the incident light that sum to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fluxes {
    /// Reflected by the upper surface without having been inside.
    pub specular: f64,
    /// Come back from inside.
    pub diffuse_reflectance: f64,
    /// Out of the lower surface.
    pub transmittance: f64,
    /// Absorbed.
    pub absorbed: f64,
}

/// Directions per hemisphere for skin at run time: within 0.1 CIEDE2000 of [`FINE_STREAMS`] (tested).
pub const STREAMS: usize = 10;
/// Directions per hemisphere for comparison with published values.
pub const FINE_STREAMS: usize = 24;

/// Where light that falls straight on a stack goes, followed in `N` directions per hemisphere (even, 4 or more).
///
/// # Errors
/// A layer with an impossible value, an infinite layer above another, layers of unlike refractive index.
pub fn fluxes<const N: usize>(stack: &Stack) -> Result<Fluxes, Error> {
    check(stack)?;
    Ok(add(&Streams::<N>::new(stack.layers[0].n, stack.n_above, stack.n_below), stack))
}

/// Reflectance of a stack at every wavelength for light that falls straight on it, without the mirror reflection
/// (`Fluxes::diffuse_reflectance`).
///
/// # Errors
/// As [`fluxes`].
pub fn reflectance_sce<const N: usize>(stack: &SpectralStack) -> Result<Spectrum, Error> {
    let mut samples = [0.0; N_WAVELENGTHS];
    let mut streams: Option<(f64, Streams<N>)> = None;
    for (i, sample) in samples.iter_mut().enumerate() {
        let stack = stack.stack(i);
        check(&stack)?;
        let n = stack.layers[0].n;
        let known = streams.take().filter(|(of, _)| *of == n);
        let (_, streams) =
            streams.insert(known.unwrap_or_else(|| (n, Streams::new(n, stack.n_above, stack.n_below))));
        *sample = add(streams, &stack).diffuse_reflectance;
    }
    Ok(Spectrum { samples })
}

/// Adds the layers of a checked stack from the bottom up, then the upper surface.
fn add<const N: usize>(streams: &Streams<N>, stack: &Stack) -> Fluxes {
    // Reflection of all that lies below, and the flux it lets out at the bottom per amplitude that comes in
    let mut below: Matrix<N> = diagonal(streams.bottom);
    let mut out: [f64; N] = std::array::from_fn(|i| streams.flux[i] * (1.0 - streams.bottom[i]));
    let mut phase: Option<Phase<N>> = None;
    for layer in stack.layers.iter().rev() {
        if layer.thickness_mm == 0.0 {
            continue;
        }
        let known = phase.take().filter(|p| p.g == layer.g);
        let phase = phase.insert(known.unwrap_or_else(|| Phase::new(streams, layer.g)));
        if layer.thickness_mm.is_infinite() {
            (below, out) = (infinite(streams, phase, layer), [0.0; N]);
            continue;
        }
        let Some(slab) = finite(streams, phase, layer) else { continue };

        // Between this layer and what lies below: light down D = T in + R up, up = below D
        let mut trapped = product(&slab.reflection, &below);
        for (i, row) in trapped.iter_mut().enumerate() {
            *row = row.map(|v| -v);
            row[i] += 1.0;
        }
        let down = solve(trapped, slab.transmission);
        let back = product(&slab.transmission, &product(&below, &down));
        out = std::array::from_fn(|j| (0..N).map(|i| out[i] * down[i][j]).sum());
        below = std::array::from_fn(|i| std::array::from_fn(|j| slab.reflection[i][j] + back[i][j]));
    }

    // Under the upper surface: light down = what comes in straight + the surface's reflection of what comes up
    let mut closed = below;
    for i in 0..N {
        closed[i] = closed[i].map(|v| -streams.top[i] * v);
        closed[i][i] += 1.0;
    }
    let mut entering = [[0.0]; N];
    entering[N - 1][0] = (1.0 - streams.specular) / streams.flux[N - 1];
    let down = solve(closed, entering).map(|[v]| v);
    let up = times_vector(&below, &down);
    let diffuse_reflectance = (0..N).map(|i| streams.flux[i] * (1.0 - streams.top[i]) * up[i]).sum();
    let transmittance = dot(&out, &down);
    let absorbed = 1.0 - streams.specular - diffuse_reflectance - transmittance;
    Fluxes { specular: streams.specular, diffuse_reflectance, transmittance, absorbed }
}

fn check(stack: &Stack) -> Result<(), Error> {
    stack.checked()?;
    let first = stack.layers[0].n;
    match stack.layers.iter().position(|layer| layer.n != first) {
        Some(i) => Err(Error::UnlikeIndices { layer: i + 1, n: stack.layers[i].n, first }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
