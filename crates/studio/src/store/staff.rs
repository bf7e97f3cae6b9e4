//! People on the staff: invited with a link by which they choose a password, let go, and let in again.

use super::events::{self, Event, Who};
use super::practice::{self, add_hours, add_staff};
use super::{Error, Tx, tickets};
use crate::ids::{Fresh, ServiceId, StaffId};
use crate::permission::{Action, Actor, Role, Thing, allowed};
use crate::practice::{Practice, Staff, Working};
use crate::values;

/// A new person on the staff.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// Who, with their posts.
    pub person: Staff,
    /// When they work where, if they can be booked at once.
    pub hours: Vec<Working>,
    /// What they do, if they can be booked at once.
    pub services: Vec<ServiceId>,
}

/// Adds a person, and gives the text of the link by which they choose a password.
///
/// # Errors
/// [`Error::Exists`] where the e-mail is somebody's already.
pub fn invite(tx: &mut Tx<'_>, newcomer: &Newcomer, fresh: &mut Fresh<'_>) -> Result<String, Error> {
    let chain = tx.chain()?;
    let person = &newcomer.person;
    let ids: Vec<uuid::Uuid> = person.posts.iter().map(|_| fresh.id()).collect();
    add_staff(tx, person, &ids)?;
    newcomer.hours.iter().try_for_each(|working| add_hours(tx, working))?;
    for service in &newcomer.services {
        tx.execute(
            "insert into service_staff (service_id, staff_id, chain_id) values ($1, $2, $3)",
            values![*service, person.id, chain],
        )?;
    }
    practice::changed(tx)?;
    tickets::invitation(tx, person, fresh)
}

/// A link by which the active person of an e-mail address chooses a new password, made by whoever runs the program: for an
/// owner who has lost every way in. `None` where nobody has that address. It stands in the person's history.
///
/// # Errors
/// The store's.
pub fn let_in_again(tx: &mut Tx<'_>, email: &str, fresh: &mut Fresh<'_>) -> Result<Option<String>, Error> {
    let practice = practice::read(tx)?;
    let typed = email.trim().to_lowercase();
    let Some(person) = practice.staff.iter().find(|p| p.active && p.email == typed) else {
        return Ok(None);
    };
    let (thing_id, id, now_us) = (person.id.0, fresh.id(), fresh.now_us());
    let event = Event { studio: None, thing: "staff", thing_id, what: "invited", why: None, sealed: None };
    events::add(tx, id, &Who::Program, &event, now_us)?;
    tickets::invitation(tx, person, fresh).map(Some)
}

/// Lets a person in or keeps them out. Who is kept out is signed in nowhere from here on, and no link of theirs works.
///
/// # Errors
/// The store's.
pub fn set_active(tx: &mut Tx<'_>, staff: StaffId, active: bool) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "update staff set active = $1, version = version + 1 where id = $2 and chain_id = $3",
        values![active, staff, chain],
    )?;
    if !active {
        tx.execute("delete from sign_ins where staff_id = $1 and chain_id = $2", values![staff, chain])?;
        tx.execute("delete from tickets where about_id = $1 and chain_id = $2", values![staff.0, chain])?;
        // The secret addresses of their calendar lead nowhere, and their own calendars are read no more.
        tx.execute("delete from feeds where about_id = $1 and chain_id = $2", values![staff.0, chain])?;
        tx.execute(
            "delete from outside_calendars where staff_id = $1 and chain_id = $2",
            values![staff, chain],
        )?;
    }
    practice::changed(tx)
}

/// Whether an actor may give somebody these posts, or take them away: every one of them.
pub fn may_appoint(actor: &Actor, person: &Staff) -> bool {
    !person.posts.is_empty()
        && person.posts.iter().all(|post| {
            let action = match post.role {
                Role::Owner | Role::Manager => Action::EditManagers,
                Role::Practitioner | Role::Reception => Action::EditStaff,
                Role::Client => return false,
            };
            let thing = Thing {
                chain: actor.chain,
                studio: post.studio,
                client: None,
                course_studios: Vec::new(),
                practitioner: Some(person.id),
            };
            allowed(actor, action, &thing).is_ok()
        })
}

/// The people of the staff an actor may see in a list: those at studios where they may edit the staff.
pub fn seen_by<'a>(practice: &'a Practice, actor: &Actor) -> Vec<&'a Staff> {
    let mine = actor.studios_for(Action::EditStaff);
    let all = actor.posts().any(|(role, _)| role == Role::Owner);
    let here = |person: &Staff| person.posts.iter().any(|p| p.studio.is_none_or(|s| mine.contains(&s)));
    practice.staff.iter().filter(|person| all || here(person)).collect()
}
