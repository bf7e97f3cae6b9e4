//! Writes the demonstration, through the functions that write everything else, in one transaction.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::calendar::instant;
use super::chance::Chance;
use super::clients::Client;
use super::journey::{Course, End, GAP_DAYS, REVIEW_DAYS, SESSIONS, Visit};
use super::wishes::{case_of, shaved_case_of};
use super::{Error, Plan};
use crate::board::Claim;
use crate::booking::{Edge, State};
use crate::gates::{Evidence, ServiceKind};
use crate::ids::{
    AppointmentId, ChainId, ClientId, CourseId, EvidenceId, Fresh, ResourceId, StaffId, StudioId,
};
use crate::permission::{Actor, Person, Role};
use crate::practice::Practice;
use crate::seal::blind::Dialling;
use crate::span::{HOUR_US, Span};
use crate::store::appointments::{self, Appointment};
use crate::store::courses::{self, Session, Status};
use crate::store::events::{self, Event, Who};
use crate::store::jobs::{self, NewJob};
use crate::store::{self, Tx, Vault, claims, clients, evidence, plans, practice, shown};
use crate::zone::local_time_at;

/// How many clients have their plan made when the server starts; the others' are made when asked for.
pub const PLANNED: usize = 10;
/// Body of a plan's job whose pictures are shown in public once they are made, where the client's consent stands.
pub const SHOW: &str = "show";
/// Every telephone of the demonstration is written with its country.
const DIALLING: Dialling = Dialling { country: "44", trunk: "0" };

/// What all clients share while they are written.
struct Desk<'a> {
    practice: &'a Practice,
    vault: &'a Vault,
    reception: BTreeMap<StudioId, StaffId>,
    now: Timestamp,
    claims: BTreeMap<StudioId, Vec<Claim>>,
    jobs: Vec<(&'static str, Uuid, i64)>,
}

/// Writes everything; the transaction is of the chain that is made.
pub(super) fn write(tx: &mut Tx<'_>, vault: &Vault, plan: &mut Plan, now: Timestamp) -> Result<(), Error> {
    let Plan { practice: set_up, absences, clients, chance } = plan;
    set_up_chain(tx, set_up, chance, now)?;
    let at_desk =
        set_up.staff.iter().flat_map(|person| person.posts.iter().map(move |post| (person.id, post)));
    let at_desk = at_desk.filter(|(_, post)| post.role == Role::Reception);
    let mut desk = Desk {
        practice: set_up,
        vault,
        reception: at_desk.filter_map(|(id, post)| Some((post.studio?, id))).collect(),
        now,
        claims: BTreeMap::new(),
        jobs: Vec::new(),
    };
    for (studio, claim) in absences.iter() {
        desk.claims.entry(*studio).or_default().push(*claim);
    }
    let mut planned: BTreeMap<StudioId, usize> = BTreeMap::new();
    let home = set_up.studios.first().map(|s| s.id);
    for (n, client) in clients.iter_mut().enumerate() {
        let added = client_rows(tx, &mut desk, client)?;
        let here = planned.get(&added.studio).copied().unwrap_or(0);
        let wanted =
            n == 0 || client.way.course.is_some() && here < if Some(added.studio) == home { 4 } else { 1 };
        if wanted && planned.values().sum::<usize>() < PLANNED {
            *planned.entry(added.studio).or_default() += 1;
            // A microsecond apart, so that they are made in this order: the client of the newcomers first.
            let turn = i64::try_from(planned.values().sum::<usize>()).unwrap_or(0);
            let at = instant(now.as_microsecond() - 100 + turn);
            wish(tx, &desk, &added, n == 0, &mut Fresh::new(at, &mut client.chance.0))?;
        }
    }
    let mut fresh = Fresh::new(now, &mut chance.0);
    let mut touched: Vec<(ResourceId, Span)> = Vec::new();
    for (studio, of_studio) in &desk.claims {
        claims::add(tx, Some(*studio), of_studio, &mut fresh)?;
        touched.extend(of_studio.iter().map(|c| (c.resource, c.span)));
    }
    claims::touch(tx, &touched, now)?;
    for part in desk.jobs.chunks(500) {
        let due: Vec<NewJob<'_>> = part
            .iter()
            .map(|&(kind, about, due_us)| NewJob { kind, about, body: String::new(), due_us })
            .collect();
        jobs::add(tx, &due, &mut fresh)?;
    }
    Ok(())
}

/// Asks the engine for a plan, and for its pictures to be shown with consent: jobs, done once the server runs.
fn wish(
    tx: &mut Tx<'_>,
    desk: &Desk<'_>,
    client: &clients::Client,
    first: bool,
    fresh: &mut Fresh<'_>,
) -> Result<(), store::Error> {
    let Some(studio) = desk.practice.studio(client.studio) else { return Ok(()) };
    let vault = desk.vault;
    let key = clients::key(tx, vault, client.id)?;
    shown::give(tx, &key, client, "Made up for the demonstration.", &Who::Program, fresh)?;
    let id = fresh.id();
    let case = if first { shaved_case_of(client.id, studio) } else { case_of(client.id, studio) };
    plans::ask(tx, &key, client, id, &case, SHOW, &Who::Program, fresh)?;
    Ok(())
}

fn set_up_chain(
    tx: &mut Tx<'_>,
    set_up: &Practice,
    chance: &mut Chance,
    now: Timestamp,
) -> Result<(), store::Error> {
    practice::add_chain(tx, &set_up.chain, now.as_microsecond())?;
    set_up.studios.iter().try_for_each(|studio| practice::add_studio(tx, studio))?;
    for person in &set_up.staff {
        let posts: Vec<Uuid> = person.posts.iter().map(|_| chance.id(now)).collect();
        practice::add_staff(tx, person, &posts)?;
    }
    set_up.rooms.iter().try_for_each(|room| practice::add_room(tx, room))?;
    set_up.services.iter().try_for_each(|service| practice::add_service(tx, service))?;
    set_up.hours.iter().try_for_each(|hours| practice::add_hours(tx, hours))
}

fn client_rows(tx: &mut Tx<'_>, desk: &mut Desk<'_>, client: &mut Client) -> Result<clients::Client, Error> {
    let Client { person, start, way, chance } = client;
    let mut fresh = Fresh::new(instant(start.at_us), &mut chance.0);
    let added = clients::add(tx, desk.vault, start.studio, person, DIALLING, &mut fresh)?;
    let key = clients::key(tx, desk.vault, added.id)?;
    let event = Event {
        studio: Some(start.studio),
        thing: "client",
        thing_id: added.id.0,
        what: "made",
        why: None,
        sealed: None,
    };
    events::add(tx, fresh.id(), &Who::Visitor, &event, start.at_us)?;
    for found in &way.found {
        let mut fresh = Fresh::new(instant(found.at_us), &mut chance.0);
        let id = EvidenceId(fresh.id());
        let (gate, at_us, since_us, finding) = (found.gate, found.at_us, found.since_us, found.finding);
        let found_row = Evidence { id, gate, at_us, since_us, finding };
        evidence::add(tx, &key, start.studio, added.id, &found_row, found.by, &mut fresh)?;
    }
    let course = match way.course {
        None => None,
        Some(course) => Some(course_row(tx, desk.practice, added.id, course, client)?),
    };
    let Client { way, chance, .. } = client;
    way.visits.sort_by_key(|visit| (visit.booked_us, visit.slot.span));
    for visit in &way.visits {
        visit_rows(tx, desk, added.id, course, visit, chance)?;
    }
    Ok(added)
}

/// The row of a course: its steps as they were booked.
fn course_row(
    tx: &mut Tx<'_>,
    practice: &Practice,
    client: ClientId,
    course: Course,
    of: &mut Client,
) -> Result<CourseId, store::Error> {
    let at_us = of.way.course_us;
    let id = CourseId(of.chance.id(instant(at_us)));
    let who = of.start.practitioner;
    let sessions =
        practice.services.iter().filter(|s| s.kind == ServiceKind::Session && s.staff.contains(&who));
    let sessions = sessions
        .zip(0..SESSIONS)
        .map(|(service, n)| {
            let (gap_min_days, gap_max_days) = if n == 0 { (0, 0) } else { GAP_DAYS };
            let lead_days = if n == 0 { 0 } else { REVIEW_DAYS };
            Session { service: service.id, minutes: service.minutes, gap_min_days, gap_max_days, lead_days }
        })
        .collect();
    let status = match course {
        Course::Active => Status::Active,
        Course::Finished => Status::Done,
        Course::Cancelled => Status::Cancelled,
    };
    let studio = of.start.studio;
    let row = courses::Course { id, studio, client, sessions, status, version: 1, made_us: at_us };
    // A journey has its courses one after the other, some begun before the last was closed.
    courses::add(tx, &row, usize::MAX)?;
    Ok(id)
}

/// The state of a visit now, and the steps that led there.
fn history(visit: &Visit, now_us: i64) -> (State, Vec<(Edge, i64)>) {
    let mut steps = vec![(Edge::Confirm, visit.booked_us)];
    steps.extend(visit.moved_us.map(|at_us| (Edge::Move, at_us)));
    let mut state = State::Booked;
    let ends = match visit.end {
        End::Done => {
            vec![
                (Edge::CheckIn, visit.check_in_us, State::CheckedIn),
                (Edge::Finish, visit.finish_us, State::Done),
            ]
        }
        End::Missed => vec![(Edge::MissVisit, visit.missed_us, State::NoShow)],
        End::Cancelled { at_us, .. } => vec![(Edge::Cancel, at_us, State::Cancelled)],
    };
    for (edge, at_us, then) in ends.into_iter().filter(|(_, at_us, _)| *at_us <= now_us) {
        steps.push((edge, at_us));
        state = then;
    }
    (state, steps)
}

fn visit_rows(
    tx: &mut Tx<'_>,
    desk: &mut Desk<'_>,
    client: ClientId,
    course: Option<CourseId>,
    visit: &Visit,
    chance: &mut Chance,
) -> Result<(), Error> {
    let now_us = desk.now.as_microsecond();
    let (state, steps) = history(visit, now_us);
    let zone = desk.practice.studio(visit.studio).map(|s| s.zone.as_str()).unwrap_or_default();
    let local = local_time_at(zone, instant(visit.slot.span.start_us))?;
    let told = steps.iter().filter(|(edge, _)| matches!(edge, Edge::Move | Edge::Cancel)).count();
    let mut fresh = Fresh::new(instant(visit.booked_us), &mut chance.0);
    let row = Appointment {
        id: AppointmentId(fresh.id()),
        studio: visit.studio,
        code: fresh.code(),
        client: Some(client),
        service: visit.service,
        practitioner: visit.practitioner,
        room: visit.slot.room,
        course: course.zip(visit.step),
        state,
        span: visit.slot.span,
        wall: local.wall,
        zone: local.zone,
        tzdb: local.tzdb,
        hold_until_us: None,
        sequence: u32::try_from(told).unwrap_or(0),
        version: i64::try_from(steps.len()).unwrap_or(1),
        price_minor: desk
            .practice
            .service(visit.service)
            .map_or(0, |s| desk.practice.price_minor(visit.studio, s)),
        made_us: visit.booked_us,
        changed_us: steps.last().map_or(visit.booked_us, |(_, at_us)| *at_us),
    };
    appointments::add(tx, &row)?;
    for (edge, at_us) in steps {
        let who = actor(desk, edge, visit, client);
        let what = practice::unword(&edge)?;
        let event = Event {
            studio: Some(visit.studio),
            thing: "appointment",
            thing_id: row.id.0,
            what: &what,
            why: None,
            sealed: None,
        };
        events::add(tx, chance.id(instant(at_us)), &Who::Person(who), &event, at_us)?;
    }
    if state.takes_time() {
        let owned = visit.slot.claims.iter().map(|claim| Claim { owner: row.id.0, ..*claim });
        desk.claims.entry(visit.studio).or_default().extend(owned);
    }
    if state == State::Booked {
        let look_us = desk.practice.chain.settings.gates.second_look_us(row.span.start_us);
        let practice = desk.practice;
        let reminders = practice
            .chain
            .settings
            .messages
            .reminders_h
            .iter()
            .map(|hours| ("mail.reminder", row.span.start_us - i64::from(*hours) * HOUR_US));
        let due = reminders.into_iter().chain([("gates.second_look", look_us)]);
        desk.jobs
            .extend(due.filter(|(_, at_us)| *at_us > now_us).map(|(kind, at_us)| (kind, row.id.0, at_us)));
    }
    Ok(())
}

/// Who took a step: the client or the reception, and at the end the practitioner.
fn actor(desk: &Desk<'_>, edge: Edge, visit: &Visit, client: ClientId) -> Actor {
    let chain: ChainId = desk.practice.chain.id;
    let staff = |role, id| Actor {
        role,
        person: Person::Staff(id),
        chain,
        studios: vec![visit.studio],
        also: Vec::new(),
    };
    let by_client = match (edge, visit.end) {
        (Edge::Confirm | Edge::Move, _) => visit.by_client,
        (Edge::Cancel, End::Cancelled { by_client, .. }) => by_client,
        _ => false,
    };
    if by_client {
        return Actor {
            role: Role::Client,
            person: Person::Client(client),
            chain,
            studios: Vec::new(),
            also: Vec::new(),
        };
    }
    match (edge, desk.reception.get(&visit.studio)) {
        (Edge::Finish, _) | (_, None) => staff(Role::Practitioner, visit.practitioner),
        (_, Some(id)) => staff(Role::Reception, *id),
    }
}
