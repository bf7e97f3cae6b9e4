//! What is believed of a client before anything is measured: medians and spreads on three levels, studio, client, zone.
//!
//! Two numbers say how a client differs, as logarithms: how dark the dots are on day 28 against what was planned, and how
//! fast they fade. A third is the shape of the fading: the exponent of time.

use serde::Serialize;

use crate::case::StudioExperience;

/// A normal distribution of a logarithm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Normal {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

/// How clients and zones differ from what was planned and from the usual rate: logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Prior {
    /// Darkness on day 28 against the plan, a new client of this studio.
    pub healed: Normal,
    /// Yearly rate against [`super::kinetics::FADE_PER_YEAR`], a new client of this studio.
    pub fade: Normal,
    /// Exponent of time in the fading.
    pub shape: Normal,
    /// Zone against client, darkness on day 28: standard deviation.
    pub zone_healed_sd: f64,
    /// Zone against client, rate: standard deviation.
    pub zone_fade_sd: f64,
}

/// From studio to studio, darkness on day 28, 1 SD of the logarithm (assumption: hands, bottles, lamps differ).
pub(super) const STUDIO_HEALED_SD: f64 = 0.12;
/// From client to client in a studio (assumption: some heal unchanged, others two or three shades lighter, `smp.md` 3.2, S36;
/// three steps of the ladder take a third of the pigment).
pub(super) const CLIENT_HEALED_SD: f64 = 0.18;
/// From zone to zone on a head (assumption; "differently per scalp area", `smp.md` 3.2, S36).
const ZONE_HEALED_SD: f64 = 0.10;
/// From studio to studio, yearly rate, 1 SD of the logarithm. Together with the next two 0.43: eight of ten zones between
/// 0.115 and 0.35 a year, about the span 0.10-0.30 of `smp.md` 3.4 (assumption).
pub(super) const STUDIO_FADE_SD: f64 = 0.20;
/// From client to client in a studio (assumption).
pub(super) const CLIENT_FADE_SD: f64 = 0.33;
/// From zone to zone on a head (assumption).
const ZONE_FADE_SD: f64 = 0.18;
/// Shape of the fading: exponentials and what is somewhat slower or faster at first (assumption).
const SHAPE_SD: f64 = 0.25;

/// Scars take pigment unpredictably: their zone differs so much more from the client (`smp.md` 1.3; size an assumption).
pub(super) const SCAR_SPREAD: f64 = 2.0;

impl Prior {
    /// From the published figures alone: the studio is any studio.
    pub fn published() -> Prior {
        let both = |a: f64, b: f64| (a * a + b * b).sqrt();
        Prior {
            healed: Normal { mean: 0.0, sd: both(STUDIO_HEALED_SD, CLIENT_HEALED_SD) },
            fade: Normal { mean: 0.0, sd: both(STUDIO_FADE_SD, CLIENT_FADE_SD) },
            shape: Normal { mean: 0.0, sd: SHAPE_SD },
            zone_healed_sd: ZONE_HEALED_SD,
            zone_fade_sd: ZONE_FADE_SD,
        }
    }

    /// With what a studio has learnt.
    pub fn of_studio(studio: Option<&StudioExperience>) -> Prior {
        let published = Prior::published();
        let Some(s) = studio else { return published };
        let normal = |median: f64, usual: f64, spread: f64, unsure: f64| Normal {
            mean: libm::log(median / usual),
            sd: (spread * spread + unsure * unsure).sqrt(),
        };
        Prior {
            healed: normal(s.healed_darkness, 1.0, s.healed_ln_spread, s.healed_ln_unsure),
            fade: normal(s.fade_per_year, super::kinetics::FADE_PER_YEAR, s.fade_ln_spread, s.fade_ln_unsure),
            ..published
        }
    }

    /// Spread of a zone's darkness on day 28 in all, 1 SD of the logarithm.
    pub(super) fn healed_sd(&self, zone_spread: f64) -> f64 {
        (self.healed.sd.powi(2) + (zone_spread * self.zone_healed_sd).powi(2)).sqrt()
    }
}
