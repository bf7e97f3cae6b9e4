//! What a visitor does with a time: keep it, give it back, book it, move it, call it off. Called by the API and the pages.

use std::net::IpAddr;

use hairline_studio::booking::{Edge, Refusal as StepRefusal, State};
use hairline_studio::gates::{Earlier, GateState, Subject, evaluate};
use hairline_studio::ids::{ClientId, ResourceId, ServiceId, StaffId, StudioId};
use hairline_studio::practice::{Practice, Service};
use hairline_studio::search::{self, Ask, NextBest, Offer, Own, SearchError, Who};
use hairline_studio::span::{DAY_US, Span};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::book::{self, Booked, Refused, Touched, Wish};
use hairline_studio::store::claims::DayVersion;
use hairline_studio::store::clients;
use hairline_studio::store::holders::{self, Holder};
use hairline_studio::store::live::Shown;
use hairline_studio::zone::{local_date, zone};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::dialling::dialling;
use super::free;
use super::once::{Once, Stopped, once};
use super::person::Person;
use super::visit::{self, Visit};
use crate::office::{Desk, Office};
use crate::problem::Problem;
use crate::refused::of_search;

/// Next best times named beside a refusal, with the same practitioner and with others each.
const NEXT_BEST: usize = 6;

/// A time somebody wants, with a certain practitioner or with anyone.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Where.
    pub studio: StudioId,
    /// What for.
    pub service: ServiceId,
    /// With whom; `None`: whoever is free.
    pub practitioner: Option<StaffId>,
    /// When it begins.
    pub start: Timestamp,
}

/// What clients can book themselves at a studio.
pub fn services_of(practice: &Practice, studio: StudioId) -> Vec<&Service> {
    let here = practice.practitioners(studio);
    let done_here = |s: &Service| s.staff.iter().any(|id| here.iter().any(|person| person.id == *id));
    practice.services.iter().filter(|s| s.active && s.public && done_here(s)).collect()
}

/// Who does a service at a studio, in the order of the board.
pub fn performers(practice: &Practice, studio: StudioId, service: &Service) -> Vec<StaffId> {
    practice.practitioners(studio).iter().map(|p| p.id).filter(|id| service.staff.contains(id)).collect()
}

/// What must be done before somebody unknown can book a service; empty where nothing stands against it.
pub fn first_needed(
    practice: &Practice,
    service: &Service,
    start: Timestamp,
    now: Timestamp,
) -> Vec<GateState> {
    let policy = &practice.chain.settings.gates;
    let start_us = start.as_microsecond();
    let subject = Subject { kind: service.kind, start_us, allergy_flag: false, earlier: Earlier::First };
    let moment = policy.moment_of_booking(start_us, now.as_microsecond());
    let mut gates = evaluate(policy, &subject, &[], moment, now.as_microsecond());
    gates.retain(|gate| gate.blocks);
    gates
}

/// A start in a week, to ask what must be done before booking at all.
pub fn next_week(now: Timestamp) -> Timestamp {
    now.saturating_add(jiff::SignedDuration::from_hours(7 * 24)).unwrap_or(now)
}

/// Who keeps a time without having said who they are.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Where they come from: an address, of IPv6 the network of one connection.
    address: String,
    /// What their browser holds, if it holds anything.
    browser: Option<String>,
}

impl Visitor {
    /// The visitor behind a request.
    pub fn new(address: IpAddr, browser: Option<String>) -> Visitor {
        let address = match address {
            IpAddr::V4(address) => address.to_string(),
            // A connection gets 64 bits of addresses of its own (RFC 6177).
            IpAddr::V6(address) => address.segments()[..4].iter().map(|s| format!("{s:x}:")).collect(),
        };
        Visitor { address, browser }
    }
}

/// Keeps a time. Of several practitioners who are free, the first on the board whom the store gives.
///
/// # Errors
/// Where the time is not offered, something must be done before it can be booked, the visitor keeps several times already,
/// or the key stands for something else.
pub async fn hold(office: &Office, key: &Once, wanted: Wanted, visitor: &Visitor) -> Result<Visit, Stopped> {
    let practice = office.practice();
    if let Some(service) = practice.service(wanted.service) {
        // Whoever books by a hold is somebody of whom nothing is known.
        let first = first_needed(&practice, service, wanted.start, crate::office::now());
        if !first.is_empty() {
            let tz = practice.studio(wanted.studio).and_then(|s| zone(&s.zone).ok()).unwrap_or(TimeZone::UTC);
            return Err(Stopped::Gates(first.iter().map(|gate| gate.for_client(&tz)).collect()));
        }
    }
    let candidates = match wanted.practitioner {
        Some(id) => vec![id],
        None => free_at(office, wanted, None, &[]),
    };
    let mut refused = None;
    for practitioner in candidates {
        let Wanted { studio, service, start, .. } = wanted;
        let wish = Wish { studio, service, practitioner, start, room: None };
        let visitor = visitor.clone();
        let held = once(office, key, 201, move |desk| {
            let Desk { tx, practice, vault, fresh } = desk;
            let holder = Holder::new(vault, &visitor.address, visitor.browser.as_deref());
            let rules = &practice.chain.settings.booking;
            if !holders::may_hold(tx, &holder, rules, fresh.now_us())? {
                return Err(Stopped::TooManyHolds);
            }
            let held = book::hold(tx, practice, &wish, false, fresh)?;
            let until_us = held.appointment.hold_until_us.unwrap_or_default();
            holders::note(tx, held.appointment.id, &holder, until_us)?;
            Ok((visit::told(practice, &held.appointment)?, held.touched))
        });
        match held.await {
            Err(stopped @ Stopped::Refused(Refused::Time(_) | Refused::Store(_))) => refused = Some(stopped),
            other => return other,
        }
    }
    look_again(office, wanted.studio, wanted.start).await;
    Err(refused.unwrap_or(Stopped::Refused(Refused::NotFound("service"))))
}

/// Reads the day of a refused time again: who took it may be kept in the store and not yet on the board, and what is
/// offered instead shall be free.
pub async fn look_again(office: &Office, studio: StudioId, start: Timestamp) {
    let practice = office.practice();
    let people = practice.practitioners(studio).into_iter().map(|p| ResourceId::from(p.id));
    let rooms = practice.rooms.iter().filter(|r| r.studio == studio).map(|r| ResourceId::from(r.id));
    let day = start.as_microsecond().div_euclid(DAY_US);
    let days = people
        .chain(rooms)
        .flat_map(|resource| (day - 1..=day + 1).map(move |day| DayVersion { resource, day, version: 0 }));
    office.show(&Touched { days: days.collect(), added: Vec::new(), freed: true }).await;
}

/// A service as it is searched for; a visit that moves keeps its own length, which a plan may have set.
fn sought(shown: &Shown, service: ServiceId, own: &[Own]) -> Option<search::Service> {
    let service = shown.board.service(&shown.practice, service)?;
    Some(search::Service { minutes: own.first().map_or(service.minutes, |own| own.minutes), ..service })
}

/// Who is free at a start, by the board, `preferred` before others; where nobody is, whoever comes first, for the reason why
/// not.
pub fn free_at(office: &Office, wanted: Wanted, preferred: Option<StaffId>, own: &[Own]) -> Vec<StaffId> {
    let shown = office.live().shown();
    let Some(service) = shown.practice.service(wanted.service) else { return Vec::new() };
    let mut all = performers(&shown.practice, wanted.studio, service);
    all.sort_by_key(|id| Some(*id) != preferred);
    let Some(asked) = sought(&shown, wanted.service, own) else { return Vec::new() };
    let free = |id: &StaffId| {
        let ask = Ask {
            service: &asked,
            studio: wanted.studio,
            practitioner: (*id).into(),
            start: wanted.start,
            now: crate::office::now(),
            own,
        };
        search::admits(shown.board.world(), &ask).is_ok()
    };
    let free: Vec<StaffId> = all.iter().copied().filter(free).collect();
    if free.is_empty() { all.into_iter().take(1).collect() } else { free }
}

/// The free times nearest to one that was refused, by the board; the refused one is not among them.
pub fn next_best(office: &Office, wanted: Wanted, own: &[Own]) -> NextBest {
    let shown = office.live().shown();
    let Some(service) = shown.practice.service(wanted.service) else { return NextBest::default() };
    let first = performers(&shown.practice, wanted.studio, service).first().copied();
    let asked = sought(&shown, wanted.service, own);
    let (Some(asked), Some(id)) = (asked, wanted.practitioner.or(first)) else { return NextBest::default() };
    let ask = Ask {
        service: &asked,
        studio: wanted.studio,
        practitioner: id.into(),
        start: wanted.start,
        now: crate::office::now(),
        own,
    };
    // Nothing to offer is an answer too: the refusal itself has been told already.
    let mut found = search::next_best(shown.board.world(), &ask, NEXT_BEST + 1).unwrap_or_default();
    let same = |offer: &Offer| offer.start == wanted.start && offer.practitioner == id.into();
    found.same.retain(|offer| !same(offer));
    if wanted.practitioner.is_none() {
        // Whoever: everybody was just asked for this start.
        found.others.retain(|offer| offer.start != wanted.start);
    }
    found.same.truncate(NEXT_BEST);
    found.others.truncate(NEXT_BEST);
    found
}

/// Gives a hold back; a code that keeps nothing is no error.
///
/// # Errors
/// The store's.
pub fn release(desk: &mut Desk<'_, '_>, code: &str) -> Result<((), Touched), Stopped> {
    Ok(((), book::release(desk.tx, code, desk.fresh.now)?))
}

/// Books the time that is kept under a code, for a visitor. They get a record of their own: whether the studio knows their
/// address already is not theirs to learn, and not theirs to write to; each record tells staff of the others of its address.
///
/// # Errors
/// Where the hold has ended, or something must be done first.
pub fn confirm(desk: &mut Desk<'_, '_>, code: &str, person: &Person) -> Result<(Visit, Touched), Stopped> {
    let Desk { tx, practice, vault, fresh } = desk;
    // A hold that ran out is taken away: to its client a code without a row is the same.
    let held = appointments::by_code(tx, code)?.ok_or(StepRefusal::HoldEnded { minutes_ago: 0 })?;
    if held.state != State::Hold {
        return Err(StepRefusal::NoEdge { from: held.state, edge: Edge::Confirm }.into());
    }
    let studio = practice.studio(held.studio).ok_or(Refused::NotFound("studio"))?;
    let Person { name, email, phone } = person.trimmed();
    let record = clients::Person { name, email, phone, ..clients::Person::default() };
    let client = clients::add(tx, vault, held.studio, &record, dialling(&studio.country), fresh)?;
    let actor = visit::bearer(practice, client.id);
    let desk = book::Desk { practice, vault, actor: &actor };
    let booked = book::confirm(tx, desk, code, client.id, None, fresh);
    told(practice, booked, held.zone.as_str())
}

/// The visit of a code that has a client, and its client.
fn booked_visit(desk: &mut Desk<'_, '_>, code: &str) -> Result<(Appointment, ClientId), Stopped> {
    let visit = appointments::by_code(desk.tx, code)?.ok_or(Refused::NotFound("visit"))?;
    let client = visit.client.ok_or(Refused::NotFound("visit"))?;
    Ok((visit, client))
}

/// Calls a visit off.
///
/// # Errors
/// Where there is no such visit, or it cannot be called off any more.
pub fn cancel(desk: &mut Desk<'_, '_>, code: &str) -> Result<(Visit, Touched), Stopped> {
    let (visit, client) = booked_visit(desk, code)?;
    let Desk { tx, practice, vault, fresh } = desk;
    let actor = visit::bearer(practice, client);
    let zone = visit.zone.clone();
    let desk = book::Desk { practice, vault, actor: &actor };
    told(practice, book::take_edge(tx, desk, visit, Edge::Cancel, None, fresh), &zone)
}

/// Moves a visit, seen at `version`, to another start, with a certain practitioner or the same one.
///
/// # Errors
/// Where there is no such visit, it was changed meanwhile, it cannot move any more, or the time is not offered.
pub fn move_to(
    desk: &mut Desk<'_, '_>,
    code: &str,
    version: u64,
    start: Timestamp,
    practitioner: Option<StaffId>,
) -> Result<(Visit, Touched), Stopped> {
    let (visit, client) = booked_visit(desk, code)?;
    let current = u64::try_from(visit.version).unwrap_or(0);
    if current != version {
        return Err(Stopped::Version(current));
    }
    if visit.state != State::Booked {
        return Err(StepRefusal::NoEdge { from: visit.state, edge: Edge::Move }.into());
    }
    let Desk { tx, practice, vault, fresh } = desk;
    let actor = visit::bearer(practice, client);
    let wish = Wish {
        studio: visit.studio,
        service: visit.service,
        practitioner: practitioner.unwrap_or(visit.practitioner),
        start,
        room: None,
    };
    let zone = visit.zone.clone();
    let desk = book::Desk { practice, vault, actor: &actor };
    told(practice, book::move_to(tx, desk, visit, &wish, None, fresh), &zone)
}

fn told(
    practice: &Practice,
    done: Result<Booked, Refused>,
    zone_name: &str,
) -> Result<(Visit, Touched), Stopped> {
    let booked = gates_in_words(done, zone_name)?;
    Ok((visit::told(practice, &booked.appointment)?, booked.touched))
}

/// What was done, or why not; what must be done first in sentences for the client.
///
/// # Errors
/// Those of what was done.
pub fn gates_in_words(done: Result<Booked, Refused>, zone_name: &str) -> Result<Booked, Stopped> {
    done.map_err(|refused| match refused {
        Refused::Step(StepRefusal::Gates { gates }) => {
            let zone = zone(zone_name).unwrap_or(TimeZone::UTC);
            Stopped::Gates(gates.iter().map(|gate| gate.for_client(&zone)).collect())
        }
        refused => refused.into(),
    })
}

/// The visit of a code, for who has it.
///
/// # Errors
/// Where there is none, or the hold has ended.
pub async fn see(office: &Office, code: String) -> Result<Visit, Stopped> {
    office.read(move |desk| see_at(desk, &code).map(|(visit, _)| visit)).await
}

/// As [`see`], with the row it was read from.
///
/// # Errors
/// As [`see`].
pub fn see_at(desk: &mut Desk<'_, '_>, code: &str) -> Result<(Visit, Appointment), Stopped> {
    let found = appointments::by_code(desk.tx, code)?.ok_or(Refused::NotFound("visit"))?;
    if found.state == State::Hold && found.hold_until_us.is_some_and(|end| end <= desk.fresh.now_us()) {
        return Err(Refused::NotFound("visit").into());
    }
    if let Some(client) = found.client {
        let actor = visit::bearer(desk.practice, client);
        let at = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
        book::may_see(desk.tx, at, &found)?;
    }
    Ok((visit::told(desk.practice, &found)?, found))
}

/// What a visit has taken itself, so that a search for its new time looks as if it had not.
pub fn own(practice: &Practice, visit: &Appointment) -> Vec<Own> {
    let Some(service) = practice.service(visit.service) else { return Vec::new() };
    let Ok(tz) = zone(&visit.zone) else { return Vec::new() };
    let mut claims: Vec<(ResourceId, Span)> =
        vec![(visit.practitioner.into(), visit.span.with_buffers(service.before_min, service.after_min))];
    if let Some(room) = visit.room.and_then(|id| practice.room(id)) {
        claims.push((room.id.into(), visit.span.with_buffers(0, room.cleaning_min)));
    }
    let start = appointments::instant(visit.span.start_us).unwrap_or_default();
    vec![Own {
        practitioner: visit.practitioner.into(),
        claims,
        date: local_date(&tz, start),
        minutes: visit.minutes(),
    }]
}

/// Free times of a service at a studio, of one practitioner there or of all.
///
/// # Errors
/// Where what is free is not known.
pub fn free_lines(
    office: &Office,
    service: ServiceId,
    studio: StudioId,
    practitioner: Option<StaffId>,
    days: (jiff::civil::Date, jiff::civil::Date),
    own: &[Own],
) -> Result<Vec<free::Line>, Problem> {
    let shown = office.board()?;
    let Some(service) = sought(&shown, service, own) else { return Ok(Vec::new()) };
    let who = practitioner.map_or(Who::Studio(studio), |id| Who::One(id.into()));
    let (from, to) = days;
    let asked =
        free::Asked { service: &service, who, at: Some(studio), from, to, now: crate::office::now(), own };
    match free::lines(shown.board.world(), &asked) {
        Err(why @ SearchError::NotLoaded { .. }) => Err(of_search(&why)),
        // Who does not work there has no free time.
        lines => Ok(lines.unwrap_or_default()),
    }
}
