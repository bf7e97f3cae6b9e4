//! Where dots and hairs stand in a patch: a tile of blue noise, the same for everything that is compared.

use crate::noise::{hash, uniform};

/// Tries for each point: with more the points lie more evenly.
const TRIES: u64 = 10;
/// A seed of its own: the match does not depend on the seed of a case.
const SEED: u64 = 0x4D41_5443_4820_3031;

/// Points of a unit square that wraps, in an order of which every beginning is evenly spread (best candidates: Mitchell,
/// Computer Graphics 25:157, 1991).
pub(super) fn points(count: usize) -> Vec<[f64; 2]> {
    let mut out: Vec<[f64; 2]> = Vec::with_capacity(count);
    for i in 0..count as u64 {
        let mut best = ([0.0; 2], -1.0);
        for k in 0..TRIES {
            let at = [0, 1].map(|axis| uniform(hash(SEED, axis), i * TRIES + k));
            let nearest = out.iter().map(|p| distance2(*p, at)).fold(f64::INFINITY, f64::min);
            if nearest > best.1 {
                best = (at, nearest);
            }
        }
        out.push(best.0);
    }
    out
}

fn distance2(a: [f64; 2], b: [f64; 2]) -> f64 {
    let apart = |axis: usize| {
        let d = (a[axis] - b[axis]).abs();
        d.min(1.0 - d)
    };
    apart(0) * apart(0) + apart(1) * apart(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every beginning keeps its points apart: the nearest neighbour is much farther than chance leaves it.
    #[test]
    fn every_beginning_is_spread_evenly() {
        let all = points(400);
        for count in [100, 250, 400] {
            let some = &all[..count];
            let nearest = |p: &[f64; 2]| {
                let others = some.iter().filter(|q| *q != p).map(|q| distance2(*p, *q));
                others.fold(f64::INFINITY, f64::min).sqrt()
            };
            let mean = some.iter().map(nearest).sum::<f64>() / count as f64;
            let by_chance = 0.5 / (count as f64).sqrt();
            assert!(mean > 1.35 * by_chance, "{count}: {mean} {by_chance}");
        }
    }
}
