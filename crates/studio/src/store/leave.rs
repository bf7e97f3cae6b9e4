//! Leave of practitioners and maintenance of rooms: claims that nothing is booked over. They may be laid over visits that
//! stand; these are named first, and stay until somebody moves them.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::appointments::{self, Appointment};
use super::book::{Desk, Refused};
use super::events::{self, Event, Who};
use super::spot::{self, Touched};
use super::{Error, Tx, claims, waiting};
use crate::board::{Claim, ClaimKind};
use crate::booking::{Refusal, State};
use crate::ids::{Fresh, ResourceId, RoomId, StaffId, StudioId};
use crate::permission::{self, Action, Thing};
use crate::span::Span;

/// A stretch in which a practitioner is away or a room cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Its id.
    pub id: Uuid,
    /// Practitioner or room.
    pub resource: ResourceId,
    /// [`ClaimKind::Leave`] or [`ClaimKind::Maintenance`].
    pub kind: ClaimKind,
    /// From the first instant to the last.
    pub span: Span,
    /// What was noted when it was entered.
    pub note: Option<String>,
}

/// Whether somebody may block a resource at a studio.
///
/// # Errors
/// That they may not.
pub fn may(desk: Desk<'_>, studio: StudioId, resource: ResourceId) -> Result<(), Refused> {
    let room = desk.practice.room(RoomId(resource.0));
    let here = match room {
        Some(room) => room.studio == studio,
        None => desk.practice.hours_of(studio, resource).is_some(),
    };
    if !here {
        return Err(Refused::NotFound("resource of this studio"));
    }
    let room = room.is_some();
    let thing = Thing {
        chain: desk.practice.chain.id,
        studio: Some(studio),
        client: None,
        course_studios: Vec::new(),
        practitioner: (!room).then_some(StaffId(resource.0)),
    };
    let action = if room { Action::EditStudio } else { Action::EditHours };
    Ok(permission::allowed(desk.actor, action, &thing).map_err(Refusal::from)?)
}

/// The visits that stand in a stretch: booked, or with the client here.
///
/// # Errors
/// The store's.
pub fn hits(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    resource: ResourceId,
    span: Span,
) -> Result<Vec<Appointment>, Error> {
    let wide = Span { start_us: span.start_us - claims::LONGEST_US, ..span };
    let mut found = match desk.practice.room(RoomId(resource.0)) {
        Some(room) => appointments::of_room(tx, room.id, wide)?,
        None => appointments::of_practitioner(tx, StaffId(resource.0), wide)?,
    };
    found.retain(|v| matches!(v.state, State::Booked | State::CheckedIn) && v.span.overlaps(&span));
    Ok(found)
}

/// Blocks a resource for `days`: spans of at most 26 hours, one a local day. What holds had run out in it stays for their
/// own end.
///
/// # Errors
/// Where it is not the actor's to block, or a time in it is being booked at this moment ([`Refused::Changed`]).
pub fn add(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    studio: StudioId,
    resource: ResourceId,
    days: &[Span],
    note: Option<&str>,
    fresh: &mut Fresh<'_>,
) -> Result<Touched, Refused> {
    may(desk, studio, resource)?;
    let room = desk.practice.room(RoomId(resource.0)).is_some();
    let kind = if room { ClaimKind::Maintenance } else { ClaimKind::Leave };
    tx.lock(&[resource])?;
    let owner = fresh.id();
    let claim = |span: &Span| Claim { resource, span: *span, kind, owner, expires_us: None, sitting: None };
    let added: Vec<Claim> = days.iter().map(claim).collect();
    claims::add(tx, Some(studio), &added, fresh)?;
    tell(tx, desk, studio, owner, "blocked", note, fresh)?;
    Ok(spot::touch(tx, added, Vec::new(), fresh.now)?)
}

/// Gives the time back.
///
/// # Errors
/// Where there is no such leave, or it is not the actor's to end.
pub fn remove(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    studio: StudioId,
    id: Uuid,
    fresh: &mut Fresh<'_>,
) -> Result<Touched, Refused> {
    let found = claims::of_owner(tx, id)?;
    let first = found.first().filter(|c| matches!(c.kind, ClaimKind::Leave | ClaimKind::Maintenance));
    let resource = first.ok_or(Refused::NotFound("leave"))?.resource;
    may(desk, studio, resource)?;
    tx.lock(&[resource])?;
    let freed = claims::drop_of(tx, id)?;
    tell(tx, desk, studio, id, "unblocked", None, fresh)?;
    waiting::look_again(tx, fresh)?;
    Ok(spot::touch(tx, Vec::new(), freed, fresh.now)?)
}

/// Leave and maintenance of some resources that ends after an instant (UTC microseconds), by start.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, resources: &[ResourceId], from_us: i64) -> Result<Vec<Leave>, Error> {
    let all = Span { start_us: from_us, end_us: i64::MAX - claims::LONGEST_US };
    let mut found: BTreeMap<Uuid, Leave> = BTreeMap::new();
    for claim in claims::overlapping(tx, resources, all, i64::MIN)? {
        if !matches!(claim.kind, ClaimKind::Leave | ClaimKind::Maintenance) {
            continue;
        }
        let (id, resource, kind, span) = (claim.owner, claim.resource, claim.kind, claim.span);
        let leave = found.entry(id).or_insert(Leave { id, resource, kind, span, note: None });
        leave.span.start_us = leave.span.start_us.min(span.start_us);
        leave.span.end_us = leave.span.end_us.max(span.end_us);
    }
    let mut all: Vec<Leave> = found.into_values().collect();
    for leave in &mut all {
        leave.note = events::of(tx, leave.id)?.into_iter().find_map(|line| line.why);
    }
    all.sort_by_key(|leave| leave.span);
    Ok(all)
}

fn tell(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    studio: StudioId,
    id: Uuid,
    what: &str,
    why: Option<&str>,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let event = Event { studio: Some(studio), thing: "leave", thing_id: id, what, why, sealed: None };
    events::add(tx, fresh.id(), &Who::Person(desk.actor.clone()), &event, fresh.now_us())
}
