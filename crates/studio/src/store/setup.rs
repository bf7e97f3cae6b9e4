//! Changes of what is set up: each on the version that was read, with its line of history in the same transaction. Every
//! process reads the practice anew afterwards ([`super::live::Live::look`]).

use uuid::Uuid;

use super::book::{Desk, Refused};
use super::events::{self, Event, Who};
use super::practice::{self, text, unword};
use super::{Error, Tx};
use crate::booking::Refusal;
use crate::hours;
use crate::ids::{Fresh, ResourceId, ServiceId, StaffId, StudioId};
use crate::permission::{self, Action, Role, Thing};
use crate::practice::{Post, Room, Service, Settings, Staff, Studio, Working};
use crate::values;

fn may(
    desk: Desk<'_>,
    action: Action,
    studio: Option<StudioId>,
    practitioner: Option<StaffId>,
) -> Result<(), Refused> {
    let (chain, course_studios) = (desk.practice.chain.id, Vec::new());
    let thing = Thing { chain, studio, client: None, course_studios, practitioner };
    Ok(permission::allowed(desk.actor, action, &thing).map_err(Refusal::from)?)
}

/// Whether somebody may change what a studio has: its address, rooms, prices, opening hours.
///
/// # Errors
/// That they may not.
pub fn may_edit_studio(desk: Desk<'_>, studio: StudioId) -> Result<(), Refused> {
    may(desk, Action::EditStudio, Some(studio), None)
}

/// Whether somebody may change a service: it is the same at every studio where it is done, so it is for who may change all
/// of them; one that is done nowhere is the chain's.
///
/// # Errors
/// That they may not.
pub fn may_edit_service(desk: Desk<'_>, service: &Service) -> Result<(), Refused> {
    let studios = desk.practice.studios_of(service);
    if studios.is_empty() {
        return may(desk, Action::EditStudio, None, None);
    }
    studios.into_iter().try_for_each(|studio| may_edit_studio(desk, studio))
}

/// Whether somebody may change what is said of a person: who may at one of the studios where the person is anything.
///
/// # Errors
/// That they may not.
pub fn may_edit_person(desk: Desk<'_>, person: &Staff) -> Result<(), Refused> {
    let posts = person.posts.iter().map(|p| p.studio);
    let works = desk.practice.hours.iter().filter(|h| h.of == person.id.into()).map(|h| Some(h.studio));
    let mut refused = None;
    for studio in posts.chain(works) {
        match may(desk, Action::EditStaff, studio, Some(person.id)) {
            Ok(()) => return Ok(()),
            Err(why) => refused = Some(why),
        }
    }
    Err(refused.unwrap_or(Refused::NotFound("person")))
}

/// Whether somebody may change the hours of a studio, or of a practitioner there.
///
/// # Errors
/// That they may not.
pub fn may_edit_hours(desk: Desk<'_>, studio: StudioId, of: ResourceId) -> Result<(), Refused> {
    if of == studio.into() {
        return may_edit_studio(desk, studio);
    }
    may(desk, Action::EditHours, Some(studio), Some(StaffId(of.0)))
}

/// Whether somebody may change the rules of the chain.
///
/// # Errors
/// That they may not.
pub fn may_edit_rules(desk: Desk<'_>) -> Result<(), Refused> {
    may(desk, Action::EditChain, None, None)
}

/// The change found its row in the version that was read.
fn one(changed: u64) -> Result<(), Refused> {
    if changed == 1 { Ok(()) } else { Err(Refused::Changed) }
}

fn tell(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    studio: Option<StudioId>,
    (thing, thing_id): (&str, Uuid),
    what: &str,
    why: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    let why = Some(why).filter(|why| !why.is_empty());
    let event = Event { studio, thing, thing_id, what, why, sealed: None };
    events::add(tx, fresh.id(), &Who::Person(desk.actor.clone()), &event, fresh.now_us())?;
    Ok(practice::changed(tx)?)
}

/// Writes a studio over the version that was read; the name in addresses stays. `why`: what was changed, in words.
///
/// # Errors
/// [`Refused::Changed`] where somebody else was faster; where it is not the actor's to change.
pub fn studio(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    s: &Studio,
    why: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    may_edit_studio(desk, s.id)?;
    crate::zone::zone(&s.zone)?;
    let chain = tx.chain()?;
    one(tx.execute(
        "update studios set name = $1, zone = $2, latitude_deg = $3, longitude_deg = $4, street = $5, postcode = $6, \
         city = $7, country = $8, phone = $9, email = $10, currency = $11, about = $12, active = $13, \
         version = version + 1 where id = $14 and chain_id = $15 and version = $16",
        values![
            &s.name, &s.zone, s.latitude_deg, s.longitude_deg, &s.street, &s.postcode, &s.city, &s.country, &s.phone,
            &s.email, &s.currency, &s.about, s.active, s.id, chain, s.version
        ],
    )?)?;
    tell(tx, desk, Some(s.id), ("studio", s.id.0), "edited", why, fresh)
}

/// Writes a room over the version that was read.
///
/// # Errors
/// As [`studio`].
pub fn room(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    r: &Room,
    why: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    let stands = desk.practice.room(r.id).ok_or(Refused::NotFound("room"))?;
    may_edit_studio(desk, stands.studio)?;
    let chain = tx.chain()?;
    one(tx.execute(
        "update rooms set name = $1, class = $2, cleaning_min = $3, active = $4, version = version + 1 \
         where id = $5 and chain_id = $6 and version = $7",
        values![&r.name, &r.class, r.cleaning_min, r.active, r.id, chain, r.version],
    )?)?;
    tell(tx, desk, Some(stands.studio), ("room", r.id.0), "edited", why, fresh)
}

/// Writes the chain's rules over the version of the chain that was read.
///
/// # Errors
/// As [`studio`].
pub fn rules(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    settings: &Settings,
    version: i64,
    why: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    may_edit_rules(desk)?;
    one(u64::from(practice::change_settings(tx, settings, version)?))?;
    tell(tx, desk, None, ("chain", desk.practice.chain.id.0), "edited", why, fresh)
}

/// Adds a room to a studio; one that is there already under its id is left as it is.
///
/// # Errors
/// Where it is not the actor's studio.
pub fn new_room(tx: &mut Tx<'_>, desk: Desk<'_>, r: &Room, fresh: &mut Fresh<'_>) -> Result<(), Refused> {
    may_edit_studio(desk, r.studio)?;
    if there(tx, "rooms", r.id.0)? {
        return Ok(());
    }
    practice::add_room(tx, r)?;
    tell(tx, desk, Some(r.studio), ("room", r.id.0), "made", "", fresh)
}

fn there(tx: &mut Tx<'_>, table: &str, id: Uuid) -> Result<bool, Error> {
    Ok(tx.query_one(&format!("select 1 from {table} where id = $1"), values![id])?.is_some())
}

/// Writes a service over the version that was read, and who does it.
///
/// # Errors
/// As [`studio`].
pub fn service(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    s: &Service,
    why: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    let stands = desk.practice.service(s.id).ok_or(Refused::NotFound("service"))?;
    may_edit_service(desk, stands)?;
    may_edit_service(desk, s)?;
    let chain = tx.chain()?;
    one(tx.execute(
        "update services set kind = $1, name = $2, about = $3, minutes = $4, before_min = $5, after_min = $6, \
         step = $7, notice_min = $8, horizon_days = $9, room_class = $10, own_break = $11, latest_start_min = $12, \
         public = $13, price_minor = $14, active = $15, version = version + 1 \
         where id = $16 and chain_id = $17 and version = $18",
        values![
            unword(&s.kind)?, &s.name, &s.about, s.minutes, s.before_min, s.after_min, unword(&s.step)?,
            s.notice_min, s.horizon_days, s.room_class.clone(), s.own_break, s.latest_start_min, s.public,
            s.price_minor, s.active, s.id, chain, s.version
        ],
    )?)?;
    tx.execute("delete from service_staff where service_id = $1 and chain_id = $2", values![s.id, chain])?;
    for person in &s.staff {
        performs(tx, s.id, *person)?;
    }
    tell(tx, desk, None, ("service", s.id.0), "edited", why, fresh)
}

fn performs(tx: &mut Tx<'_>, service: ServiceId, person: StaffId) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into service_staff (service_id, staff_id, chain_id) values ($1, $2, $3)",
        values![service, person, chain],
    )
    .map(|_| ())
}

/// Adds a service and who does it.
///
/// # Errors
/// Where it is not the actor's to add.
pub fn new_service(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    s: &Service,
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    may_edit_service(desk, s)?;
    if there(tx, "services", s.id.0)? {
        return Ok(());
    }
    practice::add_service(tx, s)?;
    tell(tx, desk, None, ("service", s.id.0), "made", "", fresh)
}

/// Sets what a service costs at a studio; nothing: what it costs everywhere.
///
/// # Errors
/// Where it is not the actor's studio.
pub fn price(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    (studio, service): (StudioId, ServiceId),
    price_minor: Option<i64>,
    why: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    may_edit_studio(desk, studio)?;
    let chain = tx.chain()?;
    tx.execute(
        "delete from prices where studio_id = $1 and service_id = $2 and chain_id = $3",
        values![studio, service, chain],
    )?;
    if let Some(price_minor) = price_minor {
        tx.execute(
            "insert into prices (studio_id, service_id, chain_id, price_minor) values ($1, $2, $3, $4)",
            values![studio, service, chain, price_minor],
        )?;
    }
    tell(tx, desk, Some(studio), ("studio", studio.0), "priced", why, fresh)
}

/// Writes what is said of a person over the version that was read; roles and sign-in are not touched. `services`: what the
/// person does.
///
/// # Errors
/// As [`studio`].
pub fn person(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    p: &Staff,
    services: &[ServiceId],
    why: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    let stands = desk.practice.person(p.id).ok_or(Refused::NotFound("person"))?;
    may_edit_person(desk, stands)?;
    let chain = tx.chain()?;
    one(tx.execute(
        "update staff set name = $1, title = $2, about = $3, credentials = $4, practises = $5, daily_cap_min = $6, \
         version = version + 1 where id = $7 and chain_id = $8 and version = $9",
        values![
            &p.name,
            &p.title,
            &p.about,
            text(&p.credentials)?,
            p.practises,
            p.daily_cap_min,
            p.id,
            chain,
            p.version
        ],
    )?)?;
    tx.execute("delete from service_staff where staff_id = $1 and chain_id = $2", values![p.id, chain])?;
    for service in services {
        performs(tx, *service, p.id)?;
    }
    tell(tx, desk, None, ("person", p.id.0), "edited", why, fresh)
}

/// Writes hours over the version that was read; version 0: there were none yet, and a practitioner begins to work there.
///
/// # Errors
/// As [`studio`]; where an interval is none that a clock can show.
pub fn working(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    w: &Working,
    why: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    may_edit_hours(desk, w.studio, w.of)?;
    hours::check(&w.hours)?;
    let chain = tx.chain()?;
    if w.version == 0 {
        // Who works where is for those who answer for the staff.
        may(desk, Action::EditStaff, Some(w.studio), None)?;
        match practice::add_hours(tx, &Working { version: 1, ..w.clone() }) {
            Err(Error::Exists(_)) => return Err(Refused::Changed),
            answer => answer?,
        }
        if let Some(person) = desk.practice.person(StaffId(w.of.0)) {
            let post = Post { role: Role::Practitioner, studio: Some(w.studio) };
            if !person.posts.contains(&post) {
                tx.execute(
                    "insert into roles (id, chain_id, staff_id, studio_id, role) values ($1, $2, $3, $4, $5)",
                    values![fresh.id(), chain, person.id, w.studio, unword(&post.role)?],
                )?;
            }
        }
    } else {
        one(tx.execute(
            "update hours set hours = $1, version = version + 1 \
             where studio_id = $2 and resource_id = $3 and chain_id = $4 and version = $5",
            values![text(&w.hours)?, w.studio, w.of, chain, w.version],
        )?)?;
    }
    tell(tx, desk, Some(w.studio), ("hours", w.of.0), "edited", why, fresh)
}

/// Ends a practitioner's work at a studio: the hours there go, and with them the role; visits that are booked stay.
///
/// # Errors
/// As [`studio`].
pub fn leaves(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    (studio, person, version): (StudioId, StaffId, i64),
    fresh: &mut Fresh<'_>,
) -> Result<(), Refused> {
    may(desk, Action::EditStaff, Some(studio), Some(person))?;
    let chain = tx.chain()?;
    one(tx.execute(
        "delete from hours where studio_id = $1 and resource_id = $2 and chain_id = $3 and version = $4",
        values![studio, person, chain, version],
    )?)?;
    tx.execute(
        "delete from roles where staff_id = $1 and studio_id = $2 and chain_id = $3 and role = $4",
        values![person, studio, chain, unword(&Role::Practitioner)?],
    )?;
    tell(tx, desk, Some(studio), ("person", person.0), "left", "", fresh)
}
