//! The history of every record: who did what, when and why. Rows are only added, in the transaction of what they tell.

use uuid::Uuid;

use super::{Error, Tx};
use crate::ids::{StaffId, StudioId};
use crate::permission::{Actor, Person};
use crate::values;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person, by role and id.
    Person(Actor),
    /// Somebody who has not said who they are: a visitor of the public pages.
    Visitor,
    /// The program itself: a job, a set-up.
    Program,
}

impl Who {
    /// The person on the staff, where it is one.
    pub fn staff(&self) -> Option<StaffId> {
        match self {
            Who::Person(Actor { person: Person::Staff(id), .. }) => Some(*id),
            _ => None,
        }
    }

    fn words(&self) -> (String, Option<Uuid>) {
        match self {
            Who::Person(actor) => {
                let id = match actor.person {
                    Person::Staff(id) => id.0,
                    Person::Client(id) => id.0,
                };
                (format!("{:?}", actor.role).to_lowercase(), Some(id))
            }
            Who::Visitor => ("visitor".to_owned(), None),
            Who::Program => ("program".to_owned(), None),
        }
    }
}

/// One line of history.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Where, if at a studio.
    pub studio: Option<StudioId>,
    /// The kind of record: "appointment", "client", "course".
    pub thing: &'a str,
    /// Which.
    pub thing_id: Uuid,
    /// What was done, in one word or two: "booked", "moved".
    pub what: &'a str,
    /// The reason given, if any.
    pub why: Option<&'a str>,
    /// Before and after or other details, under the client's key.
    pub sealed: Option<Vec<u8>>,
}

/// Writes a line of history.
///
/// # Errors
/// The store's.
pub fn add(tx: &mut Tx<'_>, id: Uuid, who: &Who, event: &Event<'_>, now_us: i64) -> Result<(), Error> {
    let chain = tx.chain()?;
    let (actor, actor_id) = who.words();
    tx.execute(
        "insert into events (id, chain_id, studio_id, thing, thing_id, at_us, actor, actor_id, what, why, sealed) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        values![
            id, chain, event.studio, event.thing, event.thing_id, now_us, actor, actor_id, event.what,
            event.why.map(str::to_owned), event.sealed.clone()
        ],
    )
    .map(|_| ())
}

/// Writes a line into the history of a client's record.
///
/// # Errors
/// The store's.
pub fn of_record(
    tx: &mut Tx<'_>,
    client: &super::clients::Client,
    who: &Who,
    what: &str,
    why: Option<&str>,
    fresh: &mut crate::ids::Fresh<'_>,
) -> Result<(), Error> {
    let (studio, thing_id) = (Some(client.studio), client.id.0);
    let event = Event { studio, thing: "client", thing_id, what, why, sealed: None };
    add(tx, fresh.id(), who, &event, fresh.now_us())
}

/// A line of history as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: Uuid,
    /// When, UTC microseconds.
    pub at_us: i64,
    /// Role of who did it, or "visitor", "program".
    pub actor: String,
    /// Their id.
    pub actor_id: Option<Uuid>,
    /// What was done.
    pub what: String,
    /// Why.
    pub why: Option<String>,
}

/// The history of one record, oldest first.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, thing_id: Uuid) -> Result<Vec<Line>, Error> {
    let rows = tx.query(
        "select id, at_us, actor, actor_id, what, why from events where thing_id = $1 order by at_us, id",
        values![thing_id],
    )?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Line {
                id: row.take()?,
                at_us: row.take()?,
                actor: row.take()?,
                actor_id: row.take()?,
                what: row.take()?,
                why: row.take()?,
            })
        })
        .collect()
}

/// The sealed details of one record's history, with the ids of their lines; the oldest first.
///
/// # Errors
/// The store's.
pub fn sealed_of(tx: &mut Tx<'_>, thing_id: Uuid) -> Result<Vec<(Uuid, Vec<u8>)>, Error> {
    let rows = tx.query(
        "select id, sealed from events where thing_id = $1 and sealed is not null order by at_us, id",
        values![thing_id],
    )?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}
