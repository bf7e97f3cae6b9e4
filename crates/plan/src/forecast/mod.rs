//! How dots look on any day: fresh, healing, healed, faded, each with a band; and what measurements teach about it.
//!
//! [`kinetics`] has the laws and their parameters, [`first_days`] redness and scabs; [`Prior`] says how clients differ,
//! `posterior` what measured healed and later values change in that, [`learn`] what a studio learns from its clients;
//! [`summary`] makes the bands, [`looks`] shows one dot on one day.

pub mod first_days;
pub mod kinetics;
pub mod looks;
mod moments;
mod posterior;
mod prior;
mod random;
mod studio;
mod summary;

pub use first_days::FirstDay;
pub use looks::{Appearance, Looks, appearance, dot_on_day};
pub use moments::{Age, Moment, YEARS, moments};
pub use posterior::Course;
pub use prior::{Normal, Prior};
pub use studio::learn;
pub use summary::{
    DayForecast, ForecastSummary, Ground, TouchUp, YearForecast, ZoneFacts, ZoneForecast, summary,
    table_days, typical_dot,
};

#[cfg(test)]
mod study;
#[cfg(test)]
mod tests;
