//! Light followed photon by photon.
//!
//! [`slab`] sends a beam into layers, as the reference programs of the field do; [`dotted`] looks at skin with
//! deposits of pigment in it.

pub mod dotted;
pub(crate) mod lanes;
pub mod slab;
pub(crate) mod walk;

use serde::{Deserialize, Serialize};

use crate::error::Error;
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

/// Refuses what a photon would walk in for ever, beside what no solver takes.
fn check(stack: &Stack) -> Result<(), Error> {
    stack.checked()?;
    let endless = |layer: &Layer| layer.thickness_mm == f64::INFINITY && layer.mua_per_mm == 0.0;
    match stack.layers.iter().position(endless) {
        Some(i) => Err(Error::Endless { layer: i + 1 }),
        None => Ok(()),
    }
}
