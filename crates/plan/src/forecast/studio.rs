//! What a studio learns from its clients: how dark its work heals, how fast it fades, and how much clients differ.
//!
//! Empirical Bayes: for given medians and spreads each client's posterior is as in [`super::posterior`]; medians and spreads
//! are then those that fit all clients best, in turns (EM: Dempster, Laird, Rubin 1977), held towards the published figures
//! by their own priors, so that three clients teach little and thirty much.

use rayon::prelude::*;

use super::kinetics::FADE_PER_YEAR;
use super::looks::Looks;
use super::posterior::{Laplace, Measured, ZoneBefore, laplace};
use super::prior::{CLIENT_FADE_SD, CLIENT_HEALED_SD, Normal, Prior, STUDIO_FADE_SD, STUDIO_HEALED_SD};
use super::summary::{measured, zone_before};
use crate::case::{Case, StudioExperience};
use crate::design::ZoneKind;

/// One client's zones and measurements.
pub(super) struct Client {
    pub zones: Vec<ZoneBefore>,
    pub measured: Vec<Measured>,
}

/// Learns from the follow-ups of earlier cases, each with its own sun, skin and pigment taken into account; cases without
/// follow-ups teach nothing. `None` when none has any.
pub fn learn(cases: &[Case]) -> Option<StudioExperience> {
    let clients: Vec<Client> = cases
        .par_iter()
        .filter(|case| !case.follow_up.is_empty())
        .map(|case| {
            let (looks, mut kinds) = (Looks::new(case), Vec::new());
            // The case alone does not say which zone has most dots; the body has on most heads.
            let measured = measured(case, ZoneKind::Body, &mut kinds, |_| None);
            Client {
                zones: kinds.into_iter().map(|kind| zone_before(case, &looks, kind)).collect(),
                measured,
            }
        })
        .collect();
    (!clients.is_empty()).then(|| learn_from(&clients))
}

/// Weight of the published spreads, in clients (own design).
const SPREAD_WEIGHT: f64 = 8.0;
/// Most turns; a few dozen suffice.
const TURNS: usize = 200;

/// One of the two unknowns: its index, its published client spread and studio spread.
const UNKNOWNS: [(usize, f64, f64); 2] =
    [(0, CLIENT_HEALED_SD, STUDIO_HEALED_SD), (1, CLIENT_FADE_SD, STUDIO_FADE_SD)];

pub(super) fn learn_from(clients: &[Client]) -> StudioExperience {
    let mut medians = [0.0; 2];
    let mut spreads = [CLIENT_HEALED_SD, CLIENT_FADE_SD];
    let mut unsure = [STUDIO_HEALED_SD, STUDIO_FADE_SD];
    for _ in 0..TURNS {
        let prior = Prior {
            healed: Normal { mean: medians[0], sd: spreads[0] },
            fade: Normal { mean: medians[1], sd: spreads[1] },
            ..Prior::published()
        };
        // Mode and variance of both unknowns, client by client.
        let found: Vec<[(f64, f64); 2]> = clients
            .par_iter()
            .map(|client| {
                let Laplace { mode, factor } = laplace(&prior, &client.zones, &client.measured);
                [0, 1].map(|i| (mode[i], factor[i].iter().map(|f| f * f).sum::<f64>()))
            })
            .collect();
        let mut moved = 0.0f64;
        for (u, (i, client_sd, studio_sd)) in UNKNOWNS.into_iter().enumerate() {
            let n = clients.len() as f64;
            let variance = spreads[u].powi(2);
            let sum: f64 = found.iter().map(|f| f[i].0).sum();
            let median = sum / (n + variance / studio_sd.powi(2));
            let about: f64 = found.iter().map(|f| (f[i].0 - median).powi(2) + f[i].1).sum();
            let spread = ((SPREAD_WEIGHT * client_sd.powi(2) + about) / (SPREAD_WEIGHT + n)).sqrt();
            moved = moved.max((median - medians[u]).abs()).max((spread - spreads[u]).abs());
            // What each client tells of the median: its own spread and the error of its measurements stand in between.
            let information: f64 = found
                .iter()
                .map(|f| {
                    let by_data = (1.0 / f[i].1 - 1.0 / variance).max(1e-9);
                    1.0 / (variance + 1.0 / by_data)
                })
                .sum();
            unsure[u] = (information + studio_sd.powi(-2)).sqrt().recip();
            (medians[u], spreads[u]) = (median, spread);
        }
        if moved < 1e-5 {
            break;
        }
    }
    StudioExperience {
        clients: clients.len() as u32,
        healed_darkness: libm::exp(medians[0]),
        healed_ln_spread: spreads[0],
        healed_ln_unsure: unsure[0],
        fade_per_year: FADE_PER_YEAR * libm::exp(medians[1]),
        fade_ln_spread: spreads[1],
        fade_ln_unsure: unsure[1],
    }
}
