//! A place in the calendar: what a wish needs is locked, looked at, and found free or not.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::appointments::Appointment;
use super::book::{Refused, Wish};
use super::claims::{self, DayVersion};
use super::{Error, Tx};
use crate::board::{Board, Claim, ClaimKind, Part};
use crate::booking::State;
use crate::ids::{Fresh, ResourceId, RoomId};
use crate::practice::{Practice, Room, Service, Studio};
use crate::search::{self, Ask, Own, admits};
use crate::span::Span;
use crate::timeline::{QUARTER_US, quarters_touched};
use crate::zone::{local_date, plus_days, start_of_day, zone};

/// Days that staff can book ahead, whatever the service says: a touch-up is agreed years before.
const STAFF_HORIZON_DAYS: u32 = 3 * 366;

/// What a change did to who is taken when, for the boards in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The days touched, with their new versions.
    pub days: Vec<DayVersion>,
    /// What was taken.
    pub added: Vec<Claim>,
    /// Whether anything was given back.
    pub freed: bool,
}

/// A wish, with all that decides about it but the claims.
pub(super) struct Sought<'a> {
    practice: &'a Practice,
    studio: &'a Studio,
    service: &'a Service,
    wish: Wish,
    asked: search::Service,
    board: Board,
    /// The practitioner and every room that would do.
    resources: Vec<ResourceId>,
    /// Where claims of the practitioner matter: the sitting with its buffers, and its whole local day, whose sittings
    /// count towards the cap.
    day: Span,
    /// Where claims of rooms matter: the sitting and the longest cleaning after it.
    in_room: Span,
}

/// A place found free under lock.
pub(super) struct Spot<'a> {
    pub(super) studio: &'a Studio,
    pub(super) service: &'a Service,
    pub(super) span: Span,
    pub(super) room: Option<RoomId>,
    /// What it takes; the owner is filled in by [`owned`].
    pub(super) claims: Vec<Claim>,
    /// What holds that had run out gave back on the way.
    pub(super) expired: Vec<(ResourceId, Span)>,
    /// What the service costs there, minor units.
    pub(super) price_minor: i64,
    /// Whether a member of staff went past hours, notice, cap or another rule of free times to get it.
    pub(super) passed: bool,
}

/// Reads a wish. `minutes`: of the sitting, where they are not the service's. Staff may take a client who stands there,
/// and book far ahead.
pub(super) fn seek<'a>(
    practice: &'a Practice,
    wish: &Wish,
    minutes: Option<u32>,
    by_staff: bool,
) -> Result<Sought<'a>, Refused> {
    let studio = practice.studio(wish.studio).filter(|s| s.active).ok_or(Refused::NotFound("studio"))?;
    let service = practice.service(wish.service).filter(|s| s.active).ok_or(Refused::NotFound("service"))?;
    let tz = zone(&studio.zone)?;
    let date = local_date(&tz, wish.start);
    let (first, last) = (plus_days(date, -1), plus_days(date, 1));
    let board = Board::new(practice, Part::One(studio.id, wish.practitioner), first, last)?;
    let mut asked = board.service(practice, service.id).ok_or(Refused::NotFound("service"))?;
    asked.minutes = minutes.unwrap_or(asked.minutes);
    if by_staff {
        asked.notice_min = 0;
        asked.horizon_days = asked.horizon_days.max(STAFF_HORIZON_DAYS);
    }
    let fits = |room: &Room| service.room_class.as_ref() == Some(&room.class);
    let practitioner: ResourceId = wish.practitioner.into();
    let mut resources = board.resources();
    resources.retain(|r| *r == practitioner || practice.room(RoomId(r.0)).is_some_and(fits));
    let sitting = Span::of_minutes(wish.start, asked.minutes);
    let cleaning_min = practice.rooms.iter().map(|r| r.cleaning_min).max().unwrap_or(0);
    let in_room = whole_quarters(sitting.with_buffers(0, cleaning_min));
    let taken = whole_quarters(sitting.with_buffers(service.before_min, service.after_min));
    let day = Span {
        start_us: taken.start_us.min(start_of_day(&tz, date)?.as_microsecond()),
        end_us: taken.end_us.max(start_of_day(&tz, last)?.as_microsecond()),
    };
    Ok(Sought { practice, studio, service, wish: *wish, asked, board, resources, day, in_room })
}

/// A stretch with all the quarters it touches, which is how the board sees what is taken.
fn whole_quarters(span: Span) -> Span {
    let quarters = quarters_touched(&span);
    Span { start_us: quarters.start * QUARTER_US, end_us: quarters.end * QUARTER_US }
}

/// Waits until nobody else books on anything that is sought.
pub(super) fn lock(tx: &mut Tx<'_>, sought: &[Sought<'_>]) -> Result<(), Error> {
    lock_with(tx, sought, None)
}

/// As [`lock`], and on something beside it.
pub(super) fn lock_with(
    tx: &mut Tx<'_>,
    sought: &[Sought<'_>],
    beside: Option<ResourceId>,
) -> Result<(), Error> {
    let sought = sought.iter().flat_map(|s| s.resources.iter().copied());
    let resources: Vec<ResourceId> = sought.chain(beside).collect();
    tx.lock(&resources)
}

/// Who has taken groups of resources, each within a stretch. Holds that have run out are taken away; they are the second
/// of the two.
fn standing(
    tx: &mut Tx<'_>,
    groups: &[(&[ResourceId], Span)],
    now: Timestamp,
) -> Result<(Vec<Claim>, Vec<Claim>), Error> {
    let now_us = now.as_microsecond();
    let all = claims::overlapping_any(tx, groups, i64::MIN)?;
    let (expired, taken): (Vec<Claim>, Vec<Claim>) =
        all.into_iter().partition(|c| c.expires_us.is_some_and(|until| until <= now_us));
    claims::drop_expired(tx, &expired, now_us)?;
    Ok((taken, expired))
}

/// Looks whether what is sought and locked is offered. `except`: visits that are moved, whose own claims do not count;
/// `others`: what the same transaction is about to take; `past`: somebody on the staff goes past everything but what is
/// taken.
pub(super) fn find<'a>(
    tx: &mut Tx<'_>,
    sought: Sought<'a>,
    except: &[Uuid],
    others: &[Claim],
    past: bool,
    now: Timestamp,
) -> Result<Spot<'a>, Refused> {
    let Sought { practice, studio, service, wish, asked, mut board, resources, day, in_room } = sought;
    let practitioner: ResourceId = wish.practitioner.into();
    let rooms: Vec<ResourceId> = resources.iter().copied().filter(|r| *r != practitioner).collect();
    let (mut taken, expired) = standing(tx, &[(&[practitioner], day), (&rooms, in_room)], now)?;
    taken.retain(|c| !except.contains(&c.owner));
    taken.extend(others.iter().filter(|c| resources.contains(&c.resource)));
    taken.iter().for_each(|claim| board.take(claim));

    let sitting = Sitting {
        span: Span::of_minutes(wish.start, asked.minutes),
        date: local_date(&zone(&studio.zone)?, wish.start),
        minutes: asked.minutes,
    };
    let free =
        |claim: &Claim| !taken.iter().any(|c| c.resource == claim.resource && c.span.overlaps(&claim.span));
    let ask = Ask { service: &asked, studio: studio.id, practitioner, start: wish.start, now, own: &[] };
    let person = of_person(service, practitioner, &sitting);
    let (rooms, passed): (Vec<RoomId>, bool) = match admits(board.world(), &ask) {
        Ok(rooms) => (rooms.into_iter().map(|r| RoomId(r.0)).collect(), false),
        Err(refusal) => {
            let passable = !matches!(
                refusal,
                search::Refusal::Taken
                    | search::Refusal::NoRoom
                    | search::Refusal::WrongPractitioner { .. }
                    | search::Refusal::Unanswered(_)
            );
            if !past || !passable {
                return Err(refusal.into());
            }
            if !free(&person) {
                return Err(search::Refusal::Taken.into());
            }
            let all = resources.iter().filter(|r| **r != practitioner).map(|r| RoomId(r.0));
            (all.filter(|id| free(&of_room(practice, *id, &sitting))).collect(), true)
        }
    };
    let room = match (service.room_class.is_some(), wish.room) {
        (false, _) => None,
        (true, Some(id)) if rooms.contains(&id) => Some(id),
        (true, Some(_)) => return Err(search::Refusal::NoRoom.into()),
        (true, None) => Some(*rooms.first().ok_or(search::Refusal::NoRoom)?),
    };
    let mut claims = vec![person];
    claims.extend(room.map(|id| of_room(practice, id, &sitting)));
    let expired = expired.iter().map(|c| (c.resource, c.span)).collect();
    let price_minor = practice.price_minor(studio.id, service);
    Ok(Spot { studio, service, span: sitting.span, room, claims, expired, price_minor, passed })
}

/// Looks whether a visit that had given its time back can have it again, and takes the locks for it; gives its claims.
pub(super) fn again(
    tx: &mut Tx<'_>,
    practice: &Practice,
    visit: &Appointment,
    now: Timestamp,
) -> Result<Vec<Claim>, Refused> {
    let service = practice.service(visit.service).ok_or(Refused::NotFound("service"))?;
    let sitting = Sitting { span: visit.span, date: visit.wall.date(), minutes: visit.minutes() };
    let mut claims = vec![of_person(service, visit.practitioner.into(), &sitting)];
    claims.extend(visit.room.map(|id| of_room(practice, id, &sitting)));
    let resources: Vec<ResourceId> = claims.iter().map(|c| c.resource).collect();
    tx.lock(&resources)?;
    for claim in &claims {
        if !standing(tx, &[(&[claim.resource], claim.span)], now)?.0.is_empty() {
            let person = claim.resource == visit.practitioner.into();
            return Err(if person { search::Refusal::Taken } else { search::Refusal::NoRoom }.into());
        }
    }
    Ok(claims)
}

struct Sitting {
    span: Span,
    date: Date,
    minutes: u32,
}

fn of_person(service: &Service, practitioner: ResourceId, sitting: &Sitting) -> Claim {
    let span = sitting.span.with_buffers(service.before_min, service.after_min);
    nobodys(practitioner, span, Some((sitting.date, sitting.minutes)))
}

fn of_room(practice: &Practice, id: RoomId, sitting: &Sitting) -> Claim {
    let cleaning_min = practice.room(id).map_or(0, |r| r.cleaning_min);
    nobodys(id.into(), sitting.span.with_buffers(0, cleaning_min), None)
}

fn nobodys(resource: ResourceId, span: Span, sitting: Option<(Date, u32)>) -> Claim {
    Claim { resource, span, kind: ClaimKind::Appointment, owner: Uuid::nil(), expires_us: None, sitting }
}

/// What a visit has taken itself, so that a search for its new time looks as if it had not. Where something else (leave, an
/// imported calendar) lies over it, that part stays taken.
///
/// # Errors
/// The store's.
pub fn own(tx: &mut Tx<'_>, visit: &Appointment) -> Result<Own, Error> {
    let mut claims: Vec<(ResourceId, Span)> = Vec::new();
    for claim in claims::of_owner(tx, visit.id.0)? {
        let mut free = vec![claim.span];
        for other in claims::overlapping(tx, &[claim.resource], claim.span, i64::MIN)? {
            if other.owner != visit.id.0 {
                free = free.into_iter().flat_map(|span| without(span, other.span)).collect();
            }
        }
        claims.extend(free.into_iter().map(|span| (claim.resource, span)));
    }
    let (practitioner, date) = (visit.practitioner.into(), visit.wall.date());
    Ok(Own { practitioner, claims, date, minutes: visit.minutes() })
}

/// What is left of a stretch beside another, in whole quarters: a quarter that both touch stays taken.
fn without(span: Span, other: Span) -> impl Iterator<Item = Span> {
    let taken = quarters_touched(&other);
    let before = Span::new(span.start_us, span.end_us.min(taken.start * QUARTER_US));
    let after = Span::new(span.start_us.max(taken.end * QUARTER_US), span.end_us);
    before.into_iter().chain(after)
}

/// Claims as those of a visit.
pub(super) fn owned(claims: &[Claim], visit: &Appointment) -> Vec<Claim> {
    let held = visit.state == State::Hold;
    let kind = if held { ClaimKind::Hold } else { ClaimKind::Appointment };
    let expires_us = visit.hold_until_us.filter(|_| held);
    claims.iter().map(|claim| Claim { kind, owner: visit.id.0, expires_us, ..*claim }).collect()
}

/// Takes a spot for a visit. `freed`: what the same change gave back, or found to have run out.
pub(super) fn place(
    tx: &mut Tx<'_>,
    visit: &Appointment,
    added: Vec<Claim>,
    freed: Vec<(ResourceId, Span)>,
    fresh: &mut Fresh<'_>,
) -> Result<Touched, Error> {
    claims::add(tx, Some(visit.studio), &added, fresh)?;
    touch(tx, added, freed, fresh.now)
}

/// The versions of all days that a change touched; to be called once, at its end.
pub(super) fn touch(
    tx: &mut Tx<'_>,
    added: Vec<Claim>,
    freed: Vec<(ResourceId, Span)>,
    now: Timestamp,
) -> Result<Touched, Error> {
    let was_freed = !freed.is_empty();
    let mut touched = freed;
    touched.extend(added.iter().map(|c| (c.resource, c.span)));
    Ok(Touched { days: claims::touch(tx, &touched, now)?, added, freed: was_freed })
}
