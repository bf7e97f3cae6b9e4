//! Redness, scabs and the swollen mark of the first four weeks.

use serde::Serialize;

use super::kinetics::HEALED_DAY;
use super::random::{band, spread_normals};
use crate::case::Case;
use crate::pigment::ita_deg;

/// Days a client asks about: what is normal on each stands in the forecast.
pub const DAYS: [f64; 6] = [0.0, 1.0, 3.0, 7.0, 10.0, 28.0];

/// Redness that is still seen, as a share of that right after the session (assumption).
pub const SEEN_REDNESS: f64 = 0.15;
/// Redness is seen for about two days, on pale skin three (`smp.md` 5.2, S93, S94, S96b): its time constant follows.
const REDNESS_SEEN_DAYS: [f64; 2] = [2.0, 3.0];
/// Pale: light and very light by ITA, degrees (`smp.md` 3.3, Chardon 1991).
const PALE_ITA_DEG: f64 = 41.0;
/// Spread of the time constant from client to client, 1 SD of its logarithm (assumption).
const REDNESS_LN_SD: f64 = 0.35;

/// Half of the scabs have fallen by this day (assumption; all by day 8-10: `smp.md` 5.2, S93).
const SCAB_FALL_DAY: f64 = 6.0;
/// Spread of that day from client to client, 1 SD of its logarithm (assumption).
const SCAB_LN_SD: f64 = 0.14;
/// Scabs of one scalp fall within about four times this, days (assumption).
const SCAB_FALL_WIDTH_DAYS: f64 = 0.8;
/// Scabs form within the first day or two: time constant, days (assumption).
const SCAB_FORM_DAYS: f64 = 0.7;

/// How one client's first days go: two standard normal numbers make one client, zeros the middle one.
#[derive(Clone, Copy, Debug)]
pub struct FirstDays {
    redness_days: f64,
    scab_fall_day: f64,
}

impl FirstDays {
    /// A client of a case.
    pub fn new(case: &Case, redness_z: f64, scab_z: f64) -> FirstDays {
        let seen_days = REDNESS_SEEN_DAYS[usize::from(ita_deg(case) > PALE_ITA_DEG)];
        FirstDays {
            redness_days: seen_days / -libm::log(SEEN_REDNESS) * libm::exp(REDNESS_LN_SD * redness_z),
            scab_fall_day: SCAB_FALL_DAY * libm::exp(SCAB_LN_SD * scab_z),
        }
    }

    /// Redness, as a share of that right after the session.
    pub fn redness(&self, day: f64) -> f64 {
        libm::exp(-day / self.redness_days)
    }

    /// Share of the dots that carry a scab.
    pub fn scabs(&self, day: f64) -> f64 {
        (1.0 - libm::exp(-day / SCAB_FORM_DAYS)) * self.swollen(day)
    }

    /// How much of the fresh mark's extra width is left: it goes as the scabs fall.
    pub fn swollen(&self, day: f64) -> f64 {
        if day >= HEALED_DAY {
            return 0.0;
        }
        // Exactly 1 on the day of the session.
        let still = |t: f64| 1.0 / (1.0 + libm::exp((t - self.scab_fall_day) / SCAB_FALL_WIDTH_DAYS));
        still(day) / still(0.0)
    }
}

/// What is normal on one of the first days.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FirstDay {
    /// Days after a session.
    pub day: f64,
    /// Redness, as a share of that right after the session: band.
    pub redness: [f64; 3],
    /// Share of the dots that carry a scab: band.
    pub scabs: [f64; 3],
}

/// Clients that are drawn for a band.
const DRAWS: usize = 2000;

/// What is normal on some days: bands over clients.
pub fn bands(case: &Case, days: &[f64]) -> Vec<FirstDay> {
    let z = spread_normals(2, DRAWS, 0x4E4F_524D);
    let clients: Vec<FirstDays> = (0..DRAWS).map(|k| FirstDays::new(case, z[0][k], z[1][k])).collect();
    let of = |value: &dyn Fn(&FirstDays) -> f64| band(&mut clients.iter().map(value).collect::<Vec<_>>());
    days.iter()
        .map(|&day| FirstDay { day, redness: of(&|c| c.redness(day)), scabs: of(&|c| c.scabs(day)) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `smp.md` 5.2: redness hours to two days, on pale skin up to three; scabs gone by day 8-10; nothing left on day 28.
    #[test]
    fn signs_last_as_long_as_published() {
        let case = |ita: f64| {
            let mut case = Case::default();
            case.skin.ita_deg = Some(ita);
            case
        };
        let (tan, pale) = (FirstDays::new(&case(20.0), 0.0, 0.0), FirstDays::new(&case(50.0), 0.0, 0.0));
        assert!(tan.redness(1.0) > SEEN_REDNESS && tan.redness(2.1) < SEEN_REDNESS);
        assert!(pale.redness(2.1) > SEEN_REDNESS && pale.redness(3.1) < SEEN_REDNESS);
        // Also on slow healers: nine of ten are below 1.28 standard deviations.
        let slow = FirstDays::new(&case(20.0), 1.28, 1.28);
        assert!(tan.scabs(8.0) < 0.1 && slow.scabs(10.0) < 0.05, "{} {}", tan.scabs(8.0), slow.scabs(10.0));
        assert!(tan.scabs(2.0) > 0.8 && tan.scabs(0.0) == 0.0 && tan.scabs(28.0) == 0.0);
        assert!(slow.redness(28.0) < 1e-3 && tan.swollen(0.0) == 1.0 && tan.swollen(28.0) == 0.0);
    }
}
