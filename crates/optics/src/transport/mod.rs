//! Light followed photon by photon.
//!
//! [`slab`] sends a beam into layers, as the reference programs of the field do; [`dotted`] looks at skin with
//! deposits of pigment in it.

pub mod dotted;
mod lanes;
pub mod slab;
mod walk;

use serde::{Deserialize, Serialize};

use crate::layer::{Layer, Stack};

/// A mean over photons with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
}

/// First and second sum of a score over photons.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    sum: f64,
    sum2: f64,
}

impl Moments {
    #[inline(always)]
    fn put(&mut self, score: f64) {
        self.sum += score;
        self.sum2 += score * score;
    }

    fn add(&mut self, other: &Moments) {
        self.sum += other.sum;
        self.sum2 += other.sum2;
    }

    fn estimate(&self, photons: u64) -> Estimate {
        let n = photons as f64;
        let value = self.sum / n;
        Estimate { value, se: ((self.sum2 / n - value * value).max(0.0) / n).sqrt() }
    }
}

/// Why light cannot be followed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TransportError {
    /// A value outside of what it can be.
    #[error("{what} is {found}, but must be {allowed}")]
    Value {
        /// Which value, with its unit.
        what: String,
        /// As given.
        found: f64,
        /// The range in words.
        allowed: &'static str,
    },
    /// No layer at all.
    #[error("the stack has no layer, but must have at least one")]
    Empty,
}

fn within(
    what: impl Fn() -> String,
    found: f64,
    ok: bool,
    allowed: &'static str,
) -> Result<(), TransportError> {
    if ok { Ok(()) } else { Err(TransportError::Value { what: what(), found, allowed }) }
}

fn check(stack: &Stack) -> Result<(), TransportError> {
    const INDEX: &str = "between 1 and 4";
    if stack.layers.is_empty() {
        return Err(TransportError::Empty);
    }
    for (what, n) in [("n_above", stack.n_above), ("n_below", stack.n_below)] {
        within(|| what.to_owned(), n, (1.0..=4.0).contains(&n), INDEX)?;
    }
    for (i, layer) in stack.layers.iter().enumerate() {
        let Layer { n, mua_per_mm, mus_per_mm, g, thickness_mm } = *layer;
        let named = |what: &'static str| move || format!("{what} of layer {}", i + 1);
        let coefficient = |c: f64| (0.0..=1e5).contains(&c);
        within(named("n"), n, (1.0..=4.0).contains(&n), INDEX)?;
        within(named("mua_per_mm"), mua_per_mm, coefficient(mua_per_mm), "between 0 and 100000 per mm")?;
        within(named("mus_per_mm"), mus_per_mm, coefficient(mus_per_mm), "between 0 and 100000 per mm")?;
        within(named("g"), g, g > -1.0 && g <= 1.0, "above -1 and at most 1")?;
        let last = i + 1 == stack.layers.len();
        let thick = thickness_mm > 0.0 && (thickness_mm <= 1e6 || last && thickness_mm == f64::INFINITY);
        within(
            named("thickness_mm"),
            thickness_mm,
            thick,
            "above 0 and at most 1000000 mm (\"inf\" for the last layer)",
        )?;
        let lost = thickness_mm == f64::INFINITY && mua_per_mm == 0.0;
        within(
            named("mua_per_mm"),
            mua_per_mm,
            !lost,
            "above 0 in an infinite layer, where light would never end",
        )?;
    }
    Ok(())
}

fn check_beam(beam: &slab::Beam) -> Result<(), TransportError> {
    let slab::Beam { photons, radial_step_mm, radial_bins, roulette_weight, .. } = *beam;
    within(
        || "photons".into(),
        photons as f64,
        (1..=1_000_000_000_000).contains(&photons),
        "between 1 and 1000000000000",
    )?;
    let step = |s: f64| s > 0.0 && s <= 1e6;
    within(
        || "radial_step_mm".into(),
        radial_step_mm,
        step(radial_step_mm),
        "above 0 and at most 1000000 mm",
    )?;
    within(|| "radial_bins".into(), radial_bins as f64, radial_bins <= 100_000, "at most 100000")?;
    within(
        || "the roulette weight".into(),
        roulette_weight,
        (1e-12..=0.1).contains(&roulette_weight),
        "between 1e-12 and 0.1",
    )?;
    if let Some(slab::Grids { depth_step_mm, depth_bins, angle_bins }) = beam.grids {
        within(
            || "the depth step".into(),
            depth_step_mm,
            step(depth_step_mm),
            "above 0 and at most 1000000 mm",
        )?;
        let cells = (depth_bins.max(angle_bins)).saturating_mul(radial_bins);
        within(|| "the number of grid cells".into(), cells as f64, cells < 1 << 23, "below 8388608")?;
    }
    Ok(())
}
