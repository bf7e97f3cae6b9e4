//! Webhooks: other programs that are told of every visit. What is told is a job in the transaction of what it tells of;
//! it is sent until the other side takes it, and can be sent again for as long as the job is kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::appointments::{Appointment, instant};
use super::jobs::{self, NewJob};
use super::practice::{changed, text, unword};
use super::vault::{self, Vault};
use super::{Error, Row, Tx};
use crate::booking::Edge;
use crate::ids::{Fresh, StudioId};
use crate::practice::{Practice, Subscriber};
use crate::seal::Place;
use crate::values;

/// The job that sends one message; it is about the webhook, and its body is the message.
pub const SEND: &str = "webhook.send";

/// A program that is told.
#[derive(Clone)]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// Told of this studio's visits alone.
    pub studio: Option<StudioId>,
    /// Where messages go, a secret of its owner.
    pub url: String,
    /// What messages are signed with, as both sides write it ([`crate::webhook::Secret`]).
    pub secret: String,
    /// When it was added, UTC microseconds.
    pub made_us: i64,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    url: String,
    secret: String,
}

fn place(id: Uuid) -> Place<'static> {
    Place { table: "webhooks", row: id, column: "sealed" }
}

const COLUMNS: &str = "id, studio_id, wrapped_key, sealed, made_us";

fn read(vault: &Vault, mut row: Row) -> Result<Webhook, Error> {
    let (id, studio): (Uuid, Option<StudioId>) = (row.take()?, row.take()?);
    let (wrapped, sealed): (Vec<u8>, Vec<u8>) = (row.take()?, row.take()?);
    let Sealed { url, secret } = vault::open(&vault.key(id, &wrapped)?, place(id), &sealed)?;
    Ok(Webhook { id, studio, url, secret, made_us: row.take()? })
}

/// Adds one under an id; from now on it is told.
///
/// # Errors
/// The store's; [`Error::Exists`] where there is one of that id.
pub fn add(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: Uuid,
    studio: Option<StudioId>,
    url: &str,
    secret: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let chain = tx.chain()?;
    let (key, wrapped) = vault.new_key(id, fresh);
    let kept = Sealed { url: url.to_owned(), secret: secret.to_owned() };
    let sealed = vault::seal(&key, place(id), &kept, fresh)?;
    tx.execute(
        "insert into webhooks (id, chain_id, studio_id, wrapped_key, sealed, made_us) values ($1, $2, $3, $4, $5, $6)",
        values![id, chain, studio, wrapped, sealed, fresh.now_us()],
    )?;
    changed(tx)
}

/// Every webhook, the oldest first.
///
/// # Errors
/// The store's.
pub fn all(tx: &mut Tx<'_>, vault: &Vault) -> Result<Vec<Webhook>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from webhooks where chain_id = $1 order by made_us, id");
    tx.query(&sql, values![chain])?.into_iter().map(|row| read(vault, row)).collect()
}

/// The webhook of an id.
///
/// # Errors
/// The store's.
pub fn by_id(tx: &mut Tx<'_>, vault: &Vault, id: Uuid) -> Result<Option<Webhook>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from webhooks where id = $1 and chain_id = $2");
    tx.query_one(&sql, values![id, chain])?.map(|row| read(vault, row)).transpose()
}

/// Removes one, with every message that it has not taken yet and the memory of those it has.
///
/// # Errors
/// The store's.
pub fn remove(tx: &mut Tx<'_>, id: Uuid) -> Result<bool, Error> {
    let chain = tx.chain()?;
    let gone = tx.execute("delete from webhooks where id = $1 and chain_id = $2", values![id, chain])? == 1;
    if gone {
        let sql = "delete from jobs where kind = $1 and about_id = $2 and chain_id = $3";
        tx.execute(sql, values![SEND, id, chain])?;
        changed(tx)?;
    }
    Ok(gone)
}

/// What a message says: no name, no address, nothing about health; ids that mean something to who may read the records.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Timestamp,
    data: Option<Visit<'a>>,
}

#[derive(Serialize)]
struct Visit<'a> {
    visit: Uuid,
    state: String,
    studio: Option<&'a str>,
    service: Uuid,
    practitioner: Uuid,
    room: Option<Uuid>,
    client: Option<Uuid>,
    course: Option<Uuid>,
    starts: Timestamp,
    ends: Timestamp,
    zone: &'a str,
    /// Counts the changes of its time and place.
    sequence: i64,
}

/// What has become of a visit, as messages call it; a hold is nobody's business.
fn kind(edge: Edge) -> Option<&'static str> {
    match edge {
        Edge::Confirm => Some("visit.booked"),
        Edge::Move => Some("visit.moved"),
        Edge::Cancel | Edge::SendHome => Some("visit.cancelled"),
        Edge::CheckIn | Edge::ComeLate => Some("visit.checked_in"),
        Edge::UndoCheckIn => Some("visit.check_in_undone"),
        Edge::Finish => Some("visit.done"),
        Edge::MissVisit => Some("visit.no_show"),
        Edge::Release => None,
    }
}

/// The messages of a step of a visit, for those who are told of its studio.
///
/// # Errors
/// Where the visit cannot be written.
pub(super) fn of_step(
    practice: &Practice,
    visit: &Appointment,
    edge: Edge,
    now_us: i64,
) -> Result<Vec<NewJob<'static>>, Error> {
    let told = practice.webhooks.iter().filter(|w| w.studio.is_none_or(|studio| studio == visit.studio));
    let (Some(kind), mut told) = (kind(edge), told.peekable()) else { return Ok(Vec::new()) };
    if told.peek().is_none() {
        return Ok(Vec::new());
    }
    let data = Visit {
        visit: visit.id.0,
        state: unword(&visit.state)?,
        studio: practice.studio(visit.studio).map(|s| s.slug.as_str()),
        service: visit.service.0,
        practitioner: visit.practitioner.0,
        room: visit.room.map(|id| id.0),
        client: visit.client.map(|id| id.0),
        course: visit.course.map(|(id, _)| id.0),
        starts: instant(visit.span.start_us)?,
        ends: instant(visit.span.end_us)?,
        zone: &visit.zone,
        sequence: i64::from(visit.sequence),
    };
    let body = text(&Message { kind, timestamp: instant(now_us)?, data: Some(data) })?;
    let job = |to: &Subscriber| NewJob { kind: SEND, about: to.id, body: body.clone(), due_us: now_us };
    Ok(told.map(job).collect())
}

/// Sends a message that says nothing, to try a webhook.
///
/// # Errors
/// The store's.
pub fn test(tx: &mut Tx<'_>, id: Uuid, fresh: &mut Fresh<'_>) -> Result<(), Error> {
    let body = text(&Message { kind: "test", timestamp: fresh.now, data: None })?;
    jobs::add(tx, &[NewJob { kind: SEND, about: id, body, due_us: fresh.now_us() }], fresh)
}

/// Sends again, with the same ids, every message since an instant (UTC microseconds) that was taken or given up; gives how
/// many.
///
/// # Errors
/// The store's.
pub fn replay(tx: &mut Tx<'_>, id: Uuid, since_us: i64, now_us: i64) -> Result<u64, Error> {
    let chain = tx.chain()?;
    // Ids of jobs begin with the millisecond in which they were made (UUIDv7).
    let since_ms = u128::try_from(since_us.max(0) / 1000).unwrap_or(0);
    tx.execute(
        "update jobs set done_us = null, failed_us = null, last_error = null, tries = 0, leased_until_us = 0, due_us = $1 \
         where kind = $2 and about_id = $3 and chain_id = $4 and id >= $5 \
         and (done_us is not null or failed_us is not null)",
        values![now_us, SEND, id, chain, Uuid::from_u128(since_ms << 80)],
    )
}

/// A message and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, the same however often it is sent.
    pub id: Uuid,
    /// What it says, as JSON.
    pub body: String,
    /// How often it was sent.
    pub tries: i64,
    /// When it is sent next, UTC microseconds.
    pub due_us: i64,
    /// When it was taken.
    pub done_us: Option<i64>,
    /// When it was given up.
    pub failed_us: Option<i64>,
    /// Why the last try failed.
    pub note: Option<String>,
}

/// The last messages of a webhook, the newest first.
///
/// # Errors
/// The store's.
pub fn deliveries(tx: &mut Tx<'_>, id: Uuid, most: i64) -> Result<Vec<Delivery>, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select id, body, tries, due_us, done_us, failed_us, last_error from jobs \
         where kind = $1 and about_id = $2 and chain_id = $3 order by id desc limit $4",
        values![SEND, id, chain, most],
    )?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Delivery {
                id: row.take()?,
                body: row.take()?,
                tries: row.take()?,
                due_us: row.take()?,
                done_us: row.take()?,
                failed_us: row.take()?,
                note: row.take()?,
            })
        })
        .collect()
}
