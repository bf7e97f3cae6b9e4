//! May this start be booked? The search itself answers; this file names the reason when it may not.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    Own, Person, Post, Question, Room, SearchError, Service, Studio, Who, World, booked_min, eligible_starts,
    free_words, room_starts, starts_of,
};
use crate::ids::{ResourceId, StudioId};
use crate::span::MINUTE_US;
use crate::timeline::{QUARTER_US, Timeline, quarters_of, quarters_touched};
use crate::zone::{local_date, plus_days};

/// One start that somebody wants.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// For which service.
    pub service: &'a Service,
    /// At which studio.
    pub studio: StudioId,
    /// With whom.
    pub practitioner: ResourceId,
    /// When the sitting starts.
    pub start: Timestamp,
    /// The present.
    pub now: Timestamp,
    /// What the booking to be moved has taken itself; empty for a new one.
    pub own: &'a [Own],
}

/// Why a start is not offered; the first reason in the order below.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The studio is unknown or its days are not loaded: not knowing is not free.
    #[error(transparent)]
    Unanswered(#[from] SearchError),
    /// The practitioner does not do this service, or not at this studio.
    #[error("practitioner: {practitioner} does not do this service at this studio")]
    WrongPractitioner {
        /// Who was asked for.
        practitioner: ResourceId,
    },
    /// The start lies in the past.
    #[error("start: {start} has passed")]
    Past {
        /// The start asked for.
        start: Timestamp,
    },
    /// The start is too soon.
    #[error("start: {start} is too soon, the earliest is {earliest}")]
    Notice {
        /// The start asked for.
        start: Timestamp,
        /// The present and the minimum notice.
        earliest: Timestamp,
    },
    /// The start is too far ahead.
    #[error("day: {date} is too far ahead, the last day that can be booked is {last}")]
    Horizon {
        /// The local day asked for.
        date: Date,
        /// The last local day that can be booked.
        last: Date,
    },
    /// The local clock shows no step of the service then.
    #[error("start: {start} is not a time at which this service starts")]
    OffStep {
        /// The start asked for.
        start: Timestamp,
    },
    /// Too late in the day for a long sitting.
    #[error(
        "start: {start} is too late for so long a sitting, the latest is {latest_min} minutes after midnight"
    )]
    TooLate {
        /// The start asked for.
        start: Timestamp,
        /// Latest local start, in minutes since midnight.
        latest_min: u16,
    },
    /// The practitioner does not work, or the studio is closed, for some of the sitting.
    #[error("practitioner: not at work for the whole of the sitting")]
    Closed,
    /// A break of the practitioner lies in the sitting.
    #[error("practitioner: a break lies in the sitting")]
    Break,
    /// The practitioner is taken during the sitting or its buffers.
    #[error("practitioner: taken during the sitting or the time around it")]
    Taken,
    /// The practitioner has as many minutes on that day as allowed.
    #[error(
        "practitioner: {booked_min} minutes are booked on that day, with this sitting more than {cap_min} allowed"
    )]
    Cap {
        /// Minutes booked.
        booked_min: u32,
        /// Minutes allowed.
        cap_min: u32,
    },
    /// Every room of the class is taken or closed during the sitting or the cleaning after it.
    #[error("room: none of the kind is free for the sitting and the cleaning after it")]
    NoRoom,
}

/// Whether a start is offered: the rooms that can hold it, the best fitting first (none if the service needs none), or why
/// it is not offered.
///
/// The best fitting room is the one whose stretch of free time around the sitting is shortest, so that long free
/// stretches stay whole for long sittings; among equals the room named first.
pub fn admits(world: &World, ask: &Ask) -> Result<Vec<ResourceId>, Refusal> {
    let studio = world.studios.iter().find(|s| s.id == ask.studio);
    let studio = studio.ok_or(SearchError::UnknownStudio { found: ask.studio })?;
    let of = |post: &Post| world.people.get(post.person).filter(|p| p.id == ask.practitioner);
    let wrong = Refusal::WrongPractitioner { practitioner: ask.practitioner };
    if ask.service.performers.binary_search(&ask.practitioner).is_err() {
        return Err(wrong);
    }
    let mut refusal = wrong;
    // A practitioner has one post at a studio; should the world hold more, one that admits is enough.
    for post in &studio.posts {
        let Some(person) = of(post) else { continue };
        match admits_post(world, studio, post, person, ask)? {
            None => return Ok(rooms(studio, ask)),
            Some(reason) => refusal = reason,
        }
    }
    Err(refusal)
}

/// `None` where the start is offered, or the reason why it is not.
fn admits_post(
    world: &World,
    studio: &Studio,
    post: &Post,
    person: &Person,
    ask: &Ask,
) -> Result<Option<Refusal>, Refusal> {
    let question = question(studio, ask);
    let start_us = ask.start.as_microsecond();
    let quarter = start_us.div_euclid(QUARTER_US);
    if let Some(early) = reason_of_time(studio, ask) {
        return Ok(Some(early));
    }
    let eligible = eligible_starts(studio, &question)?;
    let offered = start_us.rem_euclid(QUARTER_US) == 0
        && starts_of(world, studio, post, &question, &eligible).get(quarter);
    Ok((!offered).then(|| reason_of_place(studio, post, person, ask)))
}

fn question<'a>(studio: &Studio, ask: &Ask<'a>) -> Question<'a> {
    let date = local_date(studio.days.zone(), ask.start);
    let who = Who::One(ask.practitioner);
    Question { service: ask.service, who, from: date, to: date, now: ask.now, own: ask.own }
}

/// The reasons that the start alone gives.
fn reason_of_time(studio: &Studio, ask: &Ask) -> Option<Refusal> {
    let (start, service, zone) = (ask.start, ask.service, studio.days.zone());
    if start < ask.now {
        return Some(Refusal::Past { start });
    }
    let notice_us = i64::from(service.notice_min) * MINUTE_US;
    let earliest =
        Timestamp::from_microsecond(ask.now.as_microsecond() + notice_us).unwrap_or(Timestamp::MAX);
    if start < earliest {
        return Some(Refusal::Notice { start, earliest });
    }
    let wall = zone.to_datetime(start);
    let last = plus_days(local_date(zone, ask.now), i64::from(service.horizon_days));
    if wall.date() > last {
        return Some(Refusal::Horizon { date: wall.date(), last });
    }
    let minute = 60 * i64::from(wall.hour()) + i64::from(wall.minute());
    let on_step =
        minute % (15 * service.step.quarters()) == 0 && wall.second() == 0 && wall.subsec_nanosecond() == 0;
    if !on_step {
        return Some(Refusal::OffStep { start });
    }
    let latest_min = service.latest_start_min.filter(|latest| minute > i64::from(*latest))?;
    Some(Refusal::TooLate { start, latest_min })
}

/// The reasons that the practitioner and the rooms give, for a start that time alone allows.
fn reason_of_place(studio: &Studio, post: &Post, person: &Person, ask: &Ask) -> Refusal {
    let service = ask.service;
    let first = ask.start.as_microsecond().div_euclid(QUARTER_US);
    let sitting = first..first + quarters_of(service.minutes);
    if sitting.clone().any(|q| !post.open.get(q)) {
        return Refusal::Closed;
    }
    if !service.carries_own_break && sitting.clone().any(|q| post.breaks.get(q)) {
        return Refusal::Break;
    }
    let around =
        first - quarters_of(service.before_min)..first + quarters_of(service.minutes + service.after_min);
    let words = around.start.div_euclid(64)..(around.end + 63).div_euclid(64);
    let free = free_words(&person.busy, person.id, ask.own, &words);
    let free = Timeline::from_words(words.start, free);
    if around.clone().any(|q| !free.get(q)) {
        return Refusal::Taken;
    }
    let booked_min = booked_min(person, local_date(studio.days.zone(), ask.start), 0, ask.own);
    match person.daily_cap_min {
        Some(cap_min) if booked_min + service.minutes > cap_min => Refusal::Cap { booked_min, cap_min },
        _ => Refusal::NoRoom,
    }
}

/// The rooms that can hold the sitting, the best fitting first.
fn rooms(studio: &Studio, ask: &Ask) -> Vec<ResourceId> {
    let Some(class) = ask.service.room else { return Vec::new() };
    let quarter = ask.start.as_microsecond().div_euclid(QUARTER_US);
    let word = quarter.div_euclid(64);
    let question = question(studio, ask);
    let mut fitting: Vec<(i64, ResourceId)> = studio
        .rooms
        .iter()
        .filter(|room| {
            room.classes.contains(&class) && room_starts(room, &question, &(word..word + 1)).get(quarter)
        })
        .map(|room| (free_around(room, ask.own, quarter), room.id))
        .collect();
    fitting.sort_by_key(|(length, _)| *length);
    fitting.into_iter().map(|(_, id)| id).collect()
}

/// Length of the free and open stretch of a room around a quarter.
fn free_around(room: &Room, own: &[Own], quarter: i64) -> i64 {
    let mut free = room.open.clone();
    free.and_not(&room.busy);
    for (_, span) in own.iter().flat_map(|o| &o.claims).filter(|(id, _)| *id == room.id) {
        free.set(quarters_touched(span));
    }
    free.and(&room.open);
    let run = free.run_around(quarter);
    run.end - run.start
}
