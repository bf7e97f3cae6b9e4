//! The calendar of the demonstration: places visits where the search offers them, as of the instant they were booked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::chance::Chance;
use super::{Error, setup};
use crate::board::{Board, Claim, ClaimKind, Part};
use crate::gates::ServiceKind;
use crate::ids::{ResourceId, RoomId, ServiceId, StaffId, StudioId};
use crate::practice::{Practice, Service};
use crate::search::{self, Ask, Question, Who, admits, by_day};
use crate::span::{DAY_US, Span};
use crate::zone::{local_date, local_day, plus_days, zone};

/// How many of the first days with free starts a visit is drawn from.
const DAYS: usize = 4;

/// A place in the calendar.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) span: Span,
    pub(super) room: Option<RoomId>,
    /// What it takes; the owner is filled in when the visit has an id.
    pub(super) claims: Vec<Claim>,
}

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) service: ServiceId,
    pub(super) practitioner: StaffId,
    pub(super) studio: StudioId,
    /// First and last local day.
    pub(super) days: (Date, Date),
    pub(super) booked: Timestamp,
}

/// A practice with everything that was ever placed in it.
pub(super) struct Calendar<'a> {
    pub(super) practice: &'a Practice,
    board: Board,
    services: BTreeMap<ServiceId, search::Service>,
    zones: BTreeMap<StudioId, TimeZone>,
}

impl<'a> Calendar<'a> {
    pub(super) fn new(practice: &'a Practice, today: Date) -> Result<Calendar<'a>, Error> {
        let (first, last) = setup::horizon(today);
        let board = Board::new(practice, Part::All, first, last)?;
        let asked = |s: &Service| board.service(practice, s.id).map(|asked| (s.id, asked));
        let services = practice.services.iter().filter_map(asked).collect();
        let mut zones = BTreeMap::new();
        for studio in &practice.studios {
            zones.insert(studio.id, zone(&studio.zone)?);
        }
        Ok(Calendar { practice, board, services, zones })
    }

    /// The local day of an instant at a studio.
    pub(super) fn day(&self, studio: StudioId, at_us: i64) -> Date {
        let at = instant(at_us);
        self.zones.get(&studio).map_or_else(|| at.to_zoned(TimeZone::UTC).date(), |tz| local_date(tz, at))
    }

    /// A service of a kind that a practitioner does; of sessions the n-th, from 0.
    pub(super) fn service(&self, kind: ServiceKind, who: StaffId, nth: usize) -> Option<&'a Service> {
        let mut of_kind = self.practice.services.iter().filter(|s| s.kind == kind && s.staff.contains(&who));
        of_kind.nth(nth)
    }

    /// Takes a place that was offered when it was booked, if there was one. What is placed stays taken for all that come
    /// after, also when the visit is called off later: that the time lies empty is part of the story.
    pub(super) fn place(&mut self, wanted: &Wanted, chance: &mut Chance) -> Result<Option<Slot>, Error> {
        let Some(service) = self.services.get(&wanted.service) else { return Ok(None) };
        let (from, to) = wanted.days;
        if from > to {
            return Ok(None);
        }
        let practitioner: ResourceId = wanted.practitioner.into();
        let question =
            Question { service, who: Who::One(practitioner), from, to, now: wanted.booked, own: &[] };
        let world = self.board.world();
        let offers = search::search(world, &question)?;
        let Some(here) = offers.iter().find(|o| world.studios[o.studio].id == wanted.studio) else {
            return Ok(None);
        };
        let days: Vec<(Date, Vec<Timestamp>)> = by_day(world, here).take(DAYS).collect();
        if days.is_empty() {
            return Ok(None);
        }
        let (date, starts) = chance.pick(&days);
        let start = *chance.pick(starts);
        let ask = Ask { service, studio: wanted.studio, practitioner, start, now: wanted.booked, own: &[] };
        let room = admits(world, &ask)?.first().map(|r| RoomId(r.0));
        let span = Span::of_minutes(start, service.minutes);
        let claim = |resource, span, sitting| Claim {
            resource,
            span,
            kind: ClaimKind::Appointment,
            owner: Uuid::nil(),
            expires_us: None,
            sitting,
        };
        let mut claims = vec![claim(
            practitioner,
            span.with_buffers(service.before_min, service.after_min),
            Some((*date, service.minutes)),
        )];
        claims.extend(room.map(|id| {
            let cleaning_min = self.practice.room(id).map_or(0, |r| r.cleaning_min);
            claim(id.into(), span.with_buffers(0, cleaning_min), None)
        }));
        claims.iter().for_each(|claim| self.board.take(claim));
        Ok(Some(Slot { span, room, claims }))
    }

    /// Holidays of everybody and a day of repairs in every studio.
    pub(super) fn absences(
        &mut self,
        chance: &mut Chance,
        now_us: i64,
    ) -> Result<Vec<(StudioId, Claim)>, Error> {
        let mut found = Vec::new();
        for person in self.practice.staff.iter().filter(|p| p.practises) {
            let Some(studio) = person.posts.first().and_then(|p| p.studio) else { continue };
            for days_off in [chance.between(-150, -55), chance.between(20, 160)] {
                let first = plus_days(self.day(studio, now_us), days_off);
                let owner = chance.id(instant(now_us - 200 * DAY_US));
                let n_days = chance.between(3, 8);
                self.away(studio, person.id.into(), (first, n_days), ClaimKind::Leave, owner, &mut found)?;
            }
        }
        for studio in &self.practice.studios {
            let Some(room) = self.practice.rooms.iter().find(|r| r.studio == studio.id) else { continue };
            let first = plus_days(self.day(studio.id, now_us), chance.between(3, 40));
            let owner = chance.id(instant(now_us - 10 * DAY_US));
            self.away(studio.id, room.id.into(), (first, 1), ClaimKind::Maintenance, owner, &mut found)?;
        }
        Ok(found)
    }

    fn away(
        &mut self,
        studio: StudioId,
        resource: ResourceId,
        (first, n_days): (Date, i64),
        kind: ClaimKind,
        owner: Uuid,
        found: &mut Vec<(StudioId, Claim)>,
    ) -> Result<(), Error> {
        let Some(tz) = self.zones.get(&studio) else { return Ok(()) };
        for n in 0..n_days {
            let span = local_day(tz, plus_days(first, n))?;
            let claim = Claim { resource, span, kind, owner, expires_us: None, sitting: None };
            self.board.take(&claim);
            found.push((studio, claim));
        }
        Ok(())
    }
}

/// An instant in UTC microseconds; those of the demonstration lie within a few years of now.
pub(super) fn instant(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH)
}
