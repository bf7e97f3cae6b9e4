//! Which starts are free: practitioners and rooms as lines of bits, and one function that decides.
//!
//! A start is offered when the sitting lies in the practitioner's open time (outside breaks, unless the service carries
//! its own) and in the open time of a room of the class; when nothing is taken from the buffer before to the buffer after
//! (for the room: to the end of its cleaning); when the local clock shows a step of the service and no more than its latest
//! start; when it is neither too soon nor too far; and when the practitioner's minutes of that day allow it.
//! Buffers need only be untaken: they may lie outside opening hours.
//!
//! [`admits`] asks the same function about one start, so that what is offered can be booked.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{ResourceId, ServiceId, StudioId};
use crate::span::{MINUTE_US, Span};
use crate::timeline::{
    QUARTER_US, Timeline, keep_runs, quarter_at_or_after, quarters_of, quarters_touched, shift_up,
};
use crate::zone::{days_between, plus_days};
use crate::zone_days::DayTable;

mod admit;
mod next;

pub use admit::{Ask, Refusal, admits};
pub use next::{NextBest, Offer, next_best};

/// Everything that can be booked, and what is taken.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The studios, in the order in which offers are listed.
    pub studios: Vec<Studio>,
    /// The practitioners of all studios.
    pub people: Vec<Person>,
}

/// A place with its days, its practitioners and its rooms.
#[derive(Clone, Debug)]
pub struct Studio {
    /// Which studio.
    pub id: StudioId,
    /// Its local days; what lies outside is not loaded.
    pub days: DayTable,
    /// Who works here, in the order in which offers are listed.
    pub posts: Vec<Post>,
    /// The rooms, the preferred first.
    pub rooms: Vec<Room>,
}

/// A practitioner at one studio.
#[derive(Clone, Debug)]
pub struct Post {
    /// Index into [`World::people`].
    pub person: usize,
    /// When both the practitioner works here and the studio is open.
    pub open: Timeline,
    /// The practitioner's breaks here.
    pub breaks: Timeline,
}

/// A practitioner, at whichever studios.
#[derive(Clone, Debug)]
pub struct Person {
    /// The practitioner as a resource.
    pub id: ResourceId,
    /// What is taken: sittings with their buffers, holds, leave, imported calendars.
    pub busy: Timeline,
    /// First day of [`Person::booked_min`].
    pub booked_from: Date,
    /// Minutes of sittings booked on each local day (of the studio of the sitting); days beyond have none.
    pub booked_min: Vec<u32>,
    /// Minutes of sittings allowed on one local day.
    pub daily_cap_min: Option<u32>,
}

/// What rooms of a kind are called by the services that need them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomClass(pub u16);

/// A room of a studio.
#[derive(Clone, Debug)]
pub struct Room {
    /// The room as a resource.
    pub id: ResourceId,
    /// The classes it can serve as.
    pub classes: Vec<RoomClass>,
    /// When it can be used.
    pub open: Timeline,
    /// What is taken: sittings with the cleaning after, holds, maintenance.
    pub busy: Timeline,
    /// Minutes of cleaning after a sitting.
    pub cleaning_min: u32,
}

/// At which local times a sitting can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartStep {
    /// Every quarter of an hour.
    Quarter,
    /// Full and half hours.
    HalfHour,
    /// Full hours.
    Hour,
}

impl StartStep {
    fn quarters(self) -> i64 {
        match self {
            StartStep::Quarter => 1,
            StartStep::HalfHour => 2,
            StartStep::Hour => 4,
        }
    }
}

/// A kind of visit, with its rules of booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Which service.
    pub id: ServiceId,
    /// Length of the sitting.
    pub minutes: u32,
    /// Minutes the practitioner needs before.
    pub before_min: u32,
    /// Minutes the practitioner needs after.
    pub after_min: u32,
    /// At which local times it can start.
    pub step: StartStep,
    /// A start must lie at least so many minutes ahead.
    pub notice_min: u32,
    /// The last day that can be booked is so many local days after today.
    pub horizon_days: u32,
    /// The class of room it needs.
    pub room: Option<RoomClass>,
    /// Who may do it, in ascending order.
    pub performers: Vec<ResourceId>,
    /// Whether it runs across the practitioner's breaks: a long sitting has breaks of its own.
    pub carries_own_break: bool,
    /// Latest local start, in minutes since midnight: for long sittings.
    pub latest_start_min: Option<u16>,
}

/// Whose times are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// One practitioner, at whichever studio.
    One(ResourceId),
    /// Anyone at one studio.
    Studio(StudioId),
    /// Anyone at any studio.
    Chain,
}

/// What a booking that is being moved has taken itself; the search looks as if it had not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Who does the sitting.
    pub practitioner: ResourceId,
    /// What is claimed, with buffers and cleaning, by resource. A quarter that another claim touches too (an imported
    /// calendar, an override) must be cut off by the caller.
    pub claims: Vec<(ResourceId, Span)>,
    /// The local day of the sitting.
    pub date: Date,
    /// Minutes of the sitting.
    pub minutes: u32,
}

/// A question for free starts.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// For which service.
    pub service: &'a Service,
    /// Whose times.
    pub who: Who,
    /// First local day of interest at each studio.
    pub from: Date,
    /// Last local day of interest.
    pub to: Date,
    /// The present.
    pub now: Timestamp,
    /// What the booking to be moved has taken itself; empty for a new one.
    pub own: &'a [Own],
}

/// Why a question has no answer; nothing free is an answer, not knowing is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// No studio with this id.
    #[error("studio: found {found}, the chain has no such studio")]
    UnknownStudio {
        /// The id asked for.
        found: StudioId,
    },
    /// Nobody with this id works at a studio.
    #[error("practitioner: found {found}, nobody with this id works at a studio of the chain")]
    UnknownPractitioner {
        /// The id asked for.
        found: ResourceId,
    },
    /// Bookable days are asked for whose claims have not been loaded.
    #[error(
        "days {first} to {last} of studio {studio} are asked for, loaded are {loaded_first} to {loaded_last}"
    )]
    NotLoaded {
        /// Which studio.
        studio: StudioId,
        /// First bookable day asked for.
        first: Date,
        /// Last bookable day asked for.
        last: Date,
        /// First day loaded.
        loaded_first: Date,
        /// Last day loaded.
        loaded_last: Date,
    },
}

/// The free starts of one practitioner at one studio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offers {
    /// Index into [`World::studios`].
    pub studio: usize,
    /// Index into [`Studio::posts`].
    pub post: usize,
    /// The quarters at which a sitting can start.
    pub starts: Timeline,
}

/// The free starts of everyone who is asked for and may do it, in the order of the world; also those who have none.
pub fn search(world: &World, question: &Question) -> Result<Vec<Offers>, SearchError> {
    if let Who::Studio(id) = question.who
        && !world.studios.iter().any(|s| s.id == id)
    {
        return Err(SearchError::UnknownStudio { found: id });
    }
    let mut offers = Vec::new();
    let mut known = false;
    for (studio_idx, studio) in world.studios.iter().enumerate() {
        if matches!(question.who, Who::Studio(id) if id != studio.id) {
            continue;
        }
        let asked = |post: &Post| {
            world.people.get(post.person).map(|p| p.id).filter(|id| match question.who {
                Who::One(one) => one == *id,
                Who::Studio(_) | Who::Chain => true,
            })
        };
        let mut eligible = None;
        for (post_idx, post) in studio.posts.iter().enumerate() {
            let Some(id) = asked(post) else { continue };
            known = true;
            if question.service.performers.binary_search(&id).is_err() {
                continue;
            }
            let eligible = match &mut eligible {
                Some(eligible) => eligible,
                none => none.insert(eligible_starts(studio, question)?),
            };
            let starts = starts_of(world, studio, post, question, eligible);
            offers.push(Offers { studio: studio_idx, post: post_idx, starts });
        }
    }
    match question.who {
        Who::One(found) if !known => Err(SearchError::UnknownPractitioner { found }),
        _ => Ok(offers),
    }
}

/// The free starts of an answer by local day; days without any are left out.
pub fn by_day<'a>(world: &'a World, offers: &'a Offers) -> impl Iterator<Item = (Date, Vec<Timestamp>)> + 'a {
    let days = world.studios.get(offers.studio).map(|s| &s.days);
    let covered = offers.starts.quarters();
    days.into_iter().flat_map(move |days| {
        let first = days.day_at(covered.start).unwrap_or(0);
        (first..days.len()).take_while(move |d| days.quarters(*d).start < covered.end).filter_map(
            move |day| {
                let starts: Vec<Timestamp> =
                    offers.starts.iter_in(days.quarters(day)).filter_map(instant_of).collect();
                (!starts.is_empty()).then(|| (days.date(day), starts))
            },
        )
    })
}

/// The instant at which a quarter begins.
pub fn instant_of(quarter: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(quarter.checked_mul(QUARTER_US)?).ok()
}

/// The bookable days of a question at a studio, as indices of its table.
fn bookable_days(studio: &Studio, question: &Question) -> Result<Range<usize>, SearchError> {
    let days = &studio.days;
    let today = crate::zone::local_date(days.zone(), question.now);
    let first = question.from.max(today);
    let last = question.to.min(plus_days(today, i64::from(question.service.horizon_days)));
    if first > last {
        return Ok(0..0);
    }
    match (days.day_of(first), days.day_of(last)) {
        (Some(first), Some(last)) => Ok(first..last + 1),
        _ => Err(SearchError::NotLoaded {
            studio: studio.id,
            first,
            last,
            loaded_first: days.first_date(),
            loaded_last: days.last_date(),
        }),
    }
}

/// The starts of a studio that satisfy everything but the practitioner: days, notice, step, latest start, a room.
fn eligible_starts(studio: &Studio, question: &Question) -> Result<Timeline, SearchError> {
    let (days, service) = (&studio.days, question.service);
    let bookable = bookable_days(studio, question)?;
    let notice_us = i64::from(service.notice_min) * MINUTE_US;
    let soonest = quarter_at_or_after(question.now.as_microsecond() + notice_us);
    let first = if bookable.is_empty() { 0 } else { days.quarters(bookable.start).start.max(soonest) };
    let end = if bookable.is_empty() { 0 } else { days.quarters(bookable.end - 1).end };
    if first >= end {
        return Ok(Timeline::default());
    }
    let range = first.div_euclid(64)..(end + 63).div_euclid(64);
    let mut eligible = Timeline::covering(first..end);
    for (stretch, ahead) in days.stretches(first..end) {
        eligible.or(&stepped(&range, &stretch, ahead, service.step));
        if let Some(latest) = service.latest_start_min {
            // The last quarter of the local day that may be a start, and those after it up to midnight.
            let after = i64::from(latest / 15) + 1;
            for local_day in (stretch.start + ahead).div_euclid(96)..=(stretch.end - 1 + ahead).div_euclid(96)
            {
                let (from, to) = (96 * local_day + after - ahead, 96 * (local_day + 1) - ahead);
                eligible.clear(from.max(stretch.start)..to.min(stretch.end));
            }
        }
    }
    if let Some(class) = service.room {
        let mut any = Timeline::covering(first..end);
        for room in studio.rooms.iter().filter(|r| r.classes.contains(&class)) {
            any.or(&room_starts(room, question, &range));
        }
        eligible.and(&any);
    }
    Ok(eligible)
}

/// The quarters of a stretch at which the local clock shows a step: the pattern of a word is the same for all words.
fn stepped(range: &Range<i64>, stretch: &Range<i64>, ahead: i64, step: StartStep) -> Timeline {
    let pattern = match step {
        StartStep::Quarter => u64::MAX,
        StartStep::HalfHour => 0x5555_5555_5555_5555 << ahead.rem_euclid(2),
        StartStep::Hour => 0x1111_1111_1111_1111 << (-ahead).rem_euclid(4),
    };
    let words = range.clone().map(|_| pattern).collect();
    let mut line = Timeline::from_words(range.start, words);
    line.clear(64 * range.start..stretch.start);
    line.clear(stretch.end..64 * range.end);
    line
}

/// The starts at which a room can hold the sitting and be cleaned after it.
fn room_starts(room: &Room, question: &Question, words: &Range<i64>) -> Timeline {
    let service = question.service;
    let sitting = quarters_of(service.minutes);
    let taken = quarters_of(service.minutes + room.cleaning_min);
    let reach = words.start..words.end + taken / 64 + 1;
    let mut free = free_words(&room.busy, room.id, question.own, &reach);
    let mut open: Vec<u64> = reach.clone().map(|w| room.open.word(w)).collect();
    keep_runs(&mut open, sitting);
    keep_runs(&mut free, taken);
    and_words(&mut open, &free);
    Timeline::from_words(words.start, open)
}

/// The starts of one practitioner at one studio.
fn starts_of(
    world: &World,
    studio: &Studio,
    post: &Post,
    question: &Question,
    eligible: &Timeline,
) -> Timeline {
    let service = question.service;
    let covered = eligible.quarters();
    let Some(person) = world.people.get(post.person).filter(|_| !covered.is_empty()) else {
        return Timeline::default();
    };
    let words = covered.start.div_euclid(64)..covered.end.div_euclid(64);
    let before = quarters_of(service.before_min);
    let (sitting, after) = (quarters_of(service.minutes), quarters_of(service.minutes + service.after_min));
    // From the word that holds the buffer of the first start to the one that holds the end of the last sitting.
    let lead = before / 64 + i64::from(before % 64 != 0);
    let reach = words.start - lead..words.end + after / 64 + 1;
    let mut free = free_words(&person.busy, person.id, question.own, &reach);
    keep_runs(&mut free, before + after);
    shift_up(&mut free, before);
    let mut open: Vec<u64> = reach
        .clone()
        .map(|w| post.open.word(w) & if service.carries_own_break { u64::MAX } else { !post.breaks.word(w) })
        .collect();
    keep_runs(&mut open, sitting);
    and_words(&mut open, &free);
    for (w, word) in reach.clone().zip(&mut open) {
        *word &= eligible.word(w);
    }
    // Both ends of the words asked for lie inside the reach.
    let first = usize::try_from(lead).unwrap_or(0);
    let n = usize::try_from(words.end - words.start).unwrap_or(0);
    let mut starts =
        Timeline::from_words(words.start, open.get(first..first + n).unwrap_or_default().to_vec());
    if let Some(cap) = person.daily_cap_min {
        let days = &studio.days;
        let first = days.day_at(covered.start).unwrap_or(0);
        let date = days.date(first);
        let mut full = (0..).zip(first..days.len()).map(|(n, day)| (n, days.quarters(day)));
        while let Some((n, quarters)) = full.next().filter(|(_, quarters)| quarters.start < covered.end) {
            if booked_min(person, date, n, question.own) + service.minutes > cap {
                starts.clear(quarters);
            }
        }
    }
    starts
}

/// Minutes of sittings a practitioner has `n` days after a date, without the booking that is being moved.
fn booked_min(person: &Person, date: Date, n: i64, own: &[Own]) -> u32 {
    let day = usize::try_from(days_between(person.booked_from, date) + n).ok();
    let booked = day.and_then(|day| person.booked_min.get(day)).copied().unwrap_or(0);
    let moved = own.iter().filter(|o| o.practitioner == person.id && days_between(date, o.date) == n);
    booked.saturating_sub(moved.map(|o| o.minutes).sum())
}

/// The quarters of a resource that nothing has taken, the booking that is being moved left out; what is not loaded is
/// not free.
fn free_words(busy: &Timeline, id: ResourceId, own: &[Own], words: &Range<i64>) -> Vec<u64> {
    let covered = busy.quarters();
    let loaded = covered.start.div_euclid(64)..covered.end.div_euclid(64);
    let mut free: Vec<u64> =
        words.clone().map(|w| if loaded.contains(&w) { !busy.word(w) } else { 0 }).collect();
    let released = own.iter().flat_map(|o| &o.claims).filter(|(resource, _)| *resource == id);
    for (_, span) in released {
        let mut line = Timeline::from_words(words.start, free);
        let quarters = quarters_touched(span);
        line.set(quarters.start.max(covered.start)..quarters.end.min(covered.end));
        free = words.clone().map(|w| line.word(w)).collect();
    }
    free
}

fn and_words(words: &mut [u64], other: &[u64]) {
    for (word, other) in words.iter_mut().zip(other) {
        *word &= other;
    }
}
