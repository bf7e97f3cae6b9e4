//! The next best times after a refusal.

use jiff::Timestamp;

use super::{Ask, Offers, Question, SearchError, Who, World, instant_of, search};
use crate::ids::{ResourceId, StudioId};
use crate::timeline::QUARTER_US;
use crate::zone::{local_date, plus_days};

/// A start that can be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// At which studio.
    pub studio: StudioId,
    /// With whom.
    pub practitioner: ResourceId,
    /// When the sitting starts.
    pub start: Timestamp,
}

/// The free starts nearest to one that was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextBest {
    /// With the same practitioner, at whichever studio; the nearest in time first, the earlier of two as near.
    pub same: Vec<Offer>,
    /// With others of the same studio: each start once, with the practitioner named first in the studio.
    pub others: Vec<Offer>,
}

/// The `n` free starts nearest in time to the one asked for, with the same practitioner and with others.
pub fn next_best(world: &World, ask: &Ask, n: usize) -> Result<NextBest, SearchError> {
    let of = |who| -> Result<Vec<Offers>, SearchError> {
        // Every bookable day of every zone: today is at most a day away from today in UTC.
        let today = local_date(&jiff::tz::TimeZone::UTC, ask.now);
        let (from, to) = (plus_days(today, -2), plus_days(today, i64::from(ask.service.horizon_days) + 2));
        search(world, &Question { service: ask.service, who, from, to, now: ask.now, own: ask.own })
    };
    let same = match of(Who::One(ask.practitioner)) {
        Err(SearchError::UnknownPractitioner { .. }) => Vec::new(),
        offers => offers?,
    };
    let id =
        |o: &Offers| world.studios.get(o.studio)?.posts.get(o.post).and_then(|p| world.people.get(p.person));
    let others: Vec<Offers> = of(Who::Studio(ask.studio))?
        .into_iter()
        .filter(|o| id(o).is_some_and(|p| p.id != ask.practitioner))
        .collect();
    Ok(NextBest { same: nearest(world, &same, ask.start, n), others: nearest(world, &others, ask.start, n) })
}

/// The `n` starts nearest in time, each instant once.
fn nearest(world: &World, offers: &[Offers], wanted: Timestamp, n: usize) -> Vec<Offer> {
    let wanted_us = wanted.as_microsecond();
    let quarter = wanted_us.div_euclid(QUARTER_US);
    let mut near: Vec<(i64, i64, usize)> = Vec::new();
    for (idx, offer) in offers.iter().enumerate() {
        let covered = offer.starts.quarters();
        let before = offer.starts.iter_back_in(covered.start..(quarter + 1).min(covered.end)).take(n);
        let after = offer.starts.iter_in((quarter + 1).max(covered.start)..covered.end).take(n);
        near.extend(before.chain(after).map(|q| ((q * QUARTER_US - wanted_us).abs(), q, idx)));
    }
    near.sort_unstable();
    near.dedup_by_key(|(_, q, _)| *q);
    let offer = |&(_, quarter, idx): &(i64, i64, usize)| {
        let offer = offers.get(idx)?;
        let studio = world.studios.get(offer.studio)?;
        let practitioner = world.people.get(studio.posts.get(offer.post)?.person)?.id;
        Some(Offer { studio: studio.id, practitioner, start: instant_of(quarter)? })
    };
    near.iter().take(n).filter_map(offer).collect()
}
