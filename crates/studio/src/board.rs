//! The board: a practice as the search sees it, with everything that is taken marked on it.
//!
//! Built from what is set up ([`Practice`]) for a range of local days, then filled with claims, by the UTC day. The same
//! board answers a search of months over a chain and, in small, decides one booking inside its transaction.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::hours::{Hours, both, break_spans, open_spans};
use crate::ids::{ResourceId, ServiceId, StaffId, StudioId};
use crate::practice::Practice;
use crate::search::{Person, Post, Room, RoomClass, Service, Studio, World};
use crate::span::{DAY_US, Span};
use crate::timeline::{QUARTER_US, Timeline};
use crate::zone::{TimeError, plus_days, zone};
use crate::zone_days::DayTable;

/// Why a resource is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A visit, with the buffers around it.
    Appointment,
    /// A visit that somebody is about to confirm; it ends by itself.
    Hold,
    /// A practitioner is away.
    Leave,
    /// A room cannot be used.
    Maintenance,
    /// Busy by a calendar kept elsewhere.
    External,
}

/// A stretch of time in which a resource is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// Practitioner or room.
    pub resource: ResourceId,
    /// When, buffers included.
    pub span: Span,
    /// Why.
    pub kind: ClaimKind,
    /// The visit, leave, maintenance or calendar it belongs to.
    pub owner: Uuid,
    /// For a hold: first instant (UTC microseconds) at which it no longer counts.
    pub expires_us: Option<i64>,
    /// Of a practitioner's sitting: its local date and minutes, which count towards the cap of that day.
    pub sitting: Option<(Date, u32)>,
}

/// UTC days (since 1970) that a stretch touches.
pub fn utc_days(span: Span) -> std::ops::RangeInclusive<i64> {
    span.start_us.div_euclid(DAY_US)..=(span.end_us - 1).div_euclid(DAY_US)
}

/// Which part of a practice a board shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All studios and everyone.
    All,
    /// One practitioner at one studio, and its rooms.
    One(StudioId, StaffId),
}

/// A practice with what is taken.
#[derive(Clone, Debug)]
pub struct Board {
    world: World,
    classes: Vec<String>,
    people: HashMap<ResourceId, usize>,
    /// Studio and room, as indices into the world.
    rooms: HashMap<ResourceId, (usize, usize)>,
    /// Version of each resource's UTC day that is shown; a day never touched has none.
    versions: HashMap<(ResourceId, i64), i64>,
    /// Minutes that count towards caps: person, UTC day of the claim's start, local date, minutes.
    sittings: HashMap<(ResourceId, i64), Vec<(Date, u32)>>,
}

impl Board {
    /// The board of the local days `first` to `last` (both in), with nothing taken.
    ///
    /// # Errors
    /// Where a studio's zone or hours are not ones.
    pub fn new(practice: &Practice, part: Part, first: Date, last: Date) -> Result<Board, TimeError> {
        let mut classes: Vec<String> = practice.rooms.iter().map(|r| r.class.clone()).collect();
        classes.extend(practice.services.iter().filter_map(|s| s.room_class.clone()));
        classes.sort();
        classes.dedup();
        let mut board = Board {
            world: World::default(),
            classes,
            people: HashMap::new(),
            rooms: HashMap::new(),
            versions: HashMap::new(),
            sittings: HashMap::new(),
        };
        let n_days = usize::try_from(crate::zone::days_between(first, last)).unwrap_or(0) + 1;
        for person in practice.staff.iter().filter(|p| p.active && p.practises) {
            if matches!(part, Part::One(_, one) if one != person.id) {
                continue;
            }
            board.people.insert(person.id.into(), board.world.people.len());
            board.world.people.push(Person {
                id: person.id.into(),
                // A day more on both sides: zones differ by up to 26 hours.
                busy: Timeline::covering(day_quarters(first, last)),
                booked_from: first,
                booked_min: vec![0; n_days],
                daily_cap_min: person.daily_cap_min,
            });
        }
        for studio in practice.studios.iter().filter(|s| s.active) {
            if !matches!(part, Part::One(one, _) if one != studio.id) {
                board.add_studio(practice, studio, first, last)?;
            }
        }
        Ok(board)
    }

    fn add_studio(
        &mut self,
        practice: &Practice,
        studio: &crate::practice::Studio,
        first: Date,
        last: Date,
    ) -> Result<(), TimeError> {
        let zone = zone(&studio.zone)?;
        let days = DayTable::new(&zone, first, last)?;
        let line = |spans: &[Span]| {
            let mut line = days.line();
            spans.iter().for_each(|span| line.set_inside(span));
            line
        };
        let closed = Hours::default();
        let doors = practice.hours_of(studio.id, studio.id.into()).unwrap_or(&closed);
        let doors = open_spans(doors, &zone, first, last)?;
        let mut posts = Vec::new();
        for (person, known) in self.world.people.iter().enumerate() {
            let Some(hours) = practice.hours_of(studio.id, known.id) else { continue };
            let mut breaks = days.line();
            break_spans(hours, &zone, first, last)?.iter().for_each(|span| breaks.set_touched(span));
            posts.push(Post {
                person,
                open: line(&both(&doors, &open_spans(hours, &zone, first, last)?)),
                breaks,
            });
        }
        let mut rooms = Vec::new();
        for room in practice.rooms.iter().filter(|r| r.active && r.studio == studio.id) {
            self.rooms.insert(room.id.into(), (self.world.studios.len(), rooms.len()));
            rooms.push(Room {
                id: room.id.into(),
                classes: self.class(&room.class).into_iter().collect(),
                open: line(&doors),
                busy: Timeline::covering(day_quarters(first, last)),
                cleaning_min: room.cleaning_min,
            });
        }
        self.world.studios.push(Studio { id: studio.id, days, posts, rooms });
        Ok(())
    }

    fn class(&self, name: &str) -> Option<RoomClass> {
        let at = self.classes.iter().position(|c| c == name)?;
        u16::try_from(at).ok().map(RoomClass)
    }

    /// What the search reads.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// A service as the search reads it, or `None` where the practice has none of that id that is offered.
    pub fn service(&self, practice: &Practice, id: ServiceId) -> Option<Service> {
        let service = practice.service(id).filter(|s| s.active)?;
        let mut performers: Vec<ResourceId> = service.staff.iter().map(|s| (*s).into()).collect();
        performers.sort_unstable();
        Some(Service {
            id,
            minutes: service.minutes,
            before_min: service.before_min,
            after_min: service.after_min,
            step: service.step,
            notice_min: service.notice_min,
            horizon_days: service.horizon_days,
            room: match &service.room_class {
                Some(class) => Some(self.class(class)?),
                None => None,
            },
            performers,
            carries_own_break: service.own_break,
            latest_start_min: service.latest_start_min,
        })
    }

    /// Every resource on the board, in ascending order.
    pub fn resources(&self) -> Vec<ResourceId> {
        let mut all: Vec<ResourceId> = self.people.keys().chain(self.rooms.keys()).copied().collect();
        all.sort_unstable();
        all
    }

    /// Marks a claim as taken, on every day it touches.
    pub fn take(&mut self, claim: &Claim) {
        self.mark(claim.resource, claim.span, claim.sitting);
    }

    /// Marks a stretch of a resource as taken; `sitting` counts towards its cap ([`Claim::sitting`]).
    pub fn mark(&mut self, resource: ResourceId, span: Span, sitting: Option<(Date, u32)>) {
        if let Some(busy) = self.busy(resource) {
            busy.set_touched(&span);
        }
        if let Some((date, minutes)) = sitting
            && let Some(booked) = self.booked(resource, date)
        {
            *booked += minutes;
            let day = *utc_days(span).start();
            self.sittings.entry((resource, day)).or_default().push((date, minutes));
        }
    }

    /// Shows the claims of one resource on one UTC day (all that overlap it) in place of what was shown, unless a newer
    /// version is shown already.
    pub fn show_day(&mut self, resource: ResourceId, day: i64, version: i64, claims: &[Claim]) {
        if self.versions.get(&(resource, day)).is_some_and(|shown| *shown >= version) {
            return;
        }
        let Some(busy) = self.busy(resource) else { return };
        let (start_us, end_us) = (day * DAY_US, (day + 1) * DAY_US);
        busy.clear(start_us / QUARTER_US..end_us / QUARTER_US);
        for claim in claims {
            let within = Span::new(claim.span.start_us.max(start_us), claim.span.end_us.min(end_us));
            if let Some(span) = within {
                busy.set_touched(&span);
            }
        }
        for (date, minutes) in self.sittings.remove(&(resource, day)).unwrap_or_default() {
            if let Some(booked) = self.booked(resource, date) {
                *booked = booked.saturating_sub(minutes);
            }
        }
        for claim in claims.iter().filter(|c| *utc_days(c.span).start() == day) {
            if let Some((date, minutes)) = claim.sitting
                && let Some(booked) = self.booked(resource, date)
            {
                *booked += minutes;
                self.sittings.entry((resource, day)).or_default().push((date, minutes));
            }
        }
        self.versions.insert((resource, day), version);
    }

    /// The version of a resource's UTC day that is shown.
    pub fn version(&self, resource: ResourceId, day: i64) -> i64 {
        self.versions.get(&(resource, day)).copied().unwrap_or(0)
    }

    /// Notes which version of a resource's UTC day is shown.
    pub fn set_version(&mut self, resource: ResourceId, day: i64, version: i64) {
        self.versions.insert((resource, day), version);
    }

    fn busy(&mut self, resource: ResourceId) -> Option<&mut Timeline> {
        if let Some(person) = self.people.get(&resource) {
            return self.world.people.get_mut(*person).map(|p| &mut p.busy);
        }
        let (studio, room) = *self.rooms.get(&resource)?;
        self.world.studios.get_mut(studio)?.rooms.get_mut(room).map(|r| &mut r.busy)
    }

    fn booked(&mut self, resource: ResourceId, date: Date) -> Option<&mut u32> {
        let person = self.world.people.get_mut(*self.people.get(&resource)?)?;
        let day = usize::try_from(crate::zone::days_between(person.booked_from, date)).ok()?;
        person.booked_min.get_mut(day)
    }
}

/// The quarters of these dates in any zone.
fn day_quarters(first: Date, last: Date) -> std::ops::Range<i64> {
    let day =
        |date: Date| crate::zone::days_between(Date::constant(1970, 1, 1), date) * (DAY_US / QUARTER_US);
    day(plus_days(first, -2))..day(plus_days(last, 3))
}
