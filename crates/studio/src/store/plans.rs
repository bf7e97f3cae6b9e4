//! Versions of a client's plan: a case asked of the engine, what came of it, and the one that the client has accepted.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clients::Client;
use super::courses::Session;
use super::events::{self, Who};
use super::jobs::{self, NewJob};
use super::practice::{json, text, unword, word};
use super::vault::{open, seal};
use super::{Error, Row, Tx};
use crate::ids::{ClientId, Fresh, StaffId, StudioId};
use crate::seal::{DataKey, Place};
use crate::values;

/// Kind of the job that plans; it is about the row of the plan.
pub const JOB: &str = "plan.make";

/// How far a plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waiting for the engine, or being planned.
    Asked,
    /// Planned.
    Done,
    /// Refused by the engine.
    Failed,
}

/// What is sealed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The case, TOML.
    pub case: String,
    /// What the engine found, once it is done.
    #[serde(default)]
    pub numbers: Option<serde_json::Value>,
    /// Why the engine refused.
    #[serde(default)]
    pub failed: Option<String>,
}

/// A version of a client's plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Id of the row.
    pub id: Uuid,
    /// The studio of the record.
    pub studio: StudioId,
    /// Whose.
    pub client: ClientId,
    /// Version, from 1.
    pub number: i64,
    /// How far it is.
    pub status: Status,
    /// Steps of the engine that are behind it.
    pub progress: i64,
    /// Who asked; nobody where the program did.
    pub by: Option<StaffId>,
    /// When it was asked, UTC microseconds.
    pub made_us: i64,
    /// When the engine was done with it.
    pub done_us: Option<i64>,
    /// When the client accepted it.
    pub accepted_us: Option<i64>,
    /// Once accepted: the sessions to be booked.
    pub sessions: Option<Vec<Session>>,
    /// The case and what came of it.
    pub content: Content,
}

fn place(id: Uuid) -> Place<'static> {
    Place { table: "plans", row: id, column: "sealed" }
}

const COLUMNS: &str = "id, studio_id, client_id, number, status, progress, staff_id, made_us, done_us, accepted_us, \
                       sessions, sealed";

fn read(key: &DataKey, mut row: Row) -> Result<Plan, Error> {
    let id: Uuid = row.take()?;
    Ok(Plan {
        id,
        studio: row.take()?,
        client: row.take()?,
        number: row.take()?,
        status: word(&row.take::<String>()?)?,
        progress: row.take()?,
        by: row.take()?,
        made_us: row.take()?,
        done_us: row.take()?,
        accepted_us: row.take()?,
        sessions: row.take::<Option<String>>()?.map(|text| json(&text)).transpose()?,
        content: open(key, place(id), &row.take::<Vec<u8>>()?)?,
    })
}

/// Asks for a plan: the next version, and the job that makes it. Where the id is there already (the same form was sent
/// twice) nothing is added, and the number is that one's. `body` is the job's.
///
/// # Errors
/// The store's; [`Error::Exists`] where somebody else asked at the same instant.
#[expect(clippy::too_many_arguments, reason = "what a row is made of")]
pub fn ask(
    tx: &mut Tx<'_>,
    key: &DataKey,
    client: &Client,
    id: Uuid,
    case: &str,
    body: &str,
    who: &Who,
    fresh: &mut Fresh<'_>,
) -> Result<i64, Error> {
    let chain = tx.chain()?;
    if let Some(mut row) = tx.query_one("select number from plans where id = $1", values![id])? {
        return row.take();
    }
    let last = tx.query_one(
        "select coalesce(max(number), 0) from plans where client_id = $1 and chain_id = $2",
        values![client.id, chain],
    )?;
    let number = last.map_or(Ok(0), |mut row| row.take::<i64>())? + 1;
    let content = Content { case: case.to_owned(), ..Content::default() };
    let sealed = seal(key, place(id), &content, fresh)?;
    tx.execute(
        "insert into plans (id, chain_id, studio_id, client_id, number, status, progress, staff_id, made_us, sealed) \
         values ($1, $2, $3, $4, $5, 'asked', 0, $6, $7, $8)",
        values![id, chain, client.studio, client.id, number, who.staff(), fresh.now_us(), sealed],
    )?;
    events::of_record(tx, client, who, "plan_asked", None, fresh)?;
    jobs::add(tx, &[NewJob { kind: JOB, about: id, body: body.to_owned(), due_us: fresh.now_us() }], fresh)?;
    Ok(number)
}

/// Whose plan an id is; nothing where it is gone.
///
/// # Errors
/// The store's.
pub fn whose(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<ClientId>, Error> {
    let chain = tx.chain()?;
    let row =
        tx.query_one("select client_id from plans where id = $1 and chain_id = $2", values![id, chain])?;
    row.map(|mut row| row.take()).transpose()
}

/// The plan of an id.
///
/// # Errors
/// The store's.
pub fn by_id(tx: &mut Tx<'_>, key: &DataKey, id: Uuid) -> Result<Option<Plan>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from plans where id = $1 and chain_id = $2");
    tx.query_one(&sql, values![id, chain])?.map(|row| read(key, row)).transpose()
}

/// All versions of a client's plan, the newest first.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, key: &DataKey, client: ClientId) -> Result<Vec<Plan>, Error> {
    let chain = tx.chain()?;
    let sql =
        format!("select {COLUMNS} from plans where client_id = $1 and chain_id = $2 order by number desc");
    tx.query(&sql, values![client, chain])?.into_iter().map(|row| read(key, row)).collect()
}

/// Notes how far the engine is.
///
/// # Errors
/// The store's.
pub fn progress(tx: &mut Tx<'_>, id: Uuid, steps: i64) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "update plans set progress = $1 where id = $2 and chain_id = $3 and status = 'asked'",
        values![steps, id, chain],
    )
    .map(|_| ())
}

/// Notes what the engine found, or why it refused.
///
/// # Errors
/// The store's.
pub fn finish(
    tx: &mut Tx<'_>,
    key: &DataKey,
    client: &Client,
    plan: &Plan,
    found: Result<serde_json::Value, String>,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let chain = tx.chain()?;
    let status = if found.is_ok() { Status::Done } else { Status::Failed };
    let mut content = plan.content.clone();
    match found {
        Ok(numbers) => content.numbers = Some(numbers),
        Err(why) => content.failed = Some(why),
    }
    let sealed = seal(key, place(plan.id), &content, fresh)?;
    tx.execute(
        "update plans set status = $1, done_us = $2, sealed = $3 where id = $4 and chain_id = $5 and status = 'asked'",
        values![unword(&status)?, fresh.now_us(), sealed, plan.id, chain],
    )?;
    let what = if status == Status::Done { "plan_made" } else { "plan_failed" };
    events::of_record(tx, client, &Who::Program, what, None, fresh)
}

/// Notes that the client has accepted a plan: its sessions are what is booked from now on. `false` where it is not done, or
/// accepted already.
///
/// # Errors
/// The store's.
pub fn accept(
    tx: &mut Tx<'_>,
    client: &Client,
    plan: &Plan,
    sessions: &[Session],
    who: &Who,
    fresh: &mut Fresh<'_>,
) -> Result<bool, Error> {
    let chain = tx.chain()?;
    let changed = tx.execute(
        "update plans set accepted_us = $1, sessions = $2 where id = $3 and chain_id = $4 and status = 'done' \
         and accepted_us is null",
        values![fresh.now_us(), text(&sessions)?, plan.id, chain],
    )?;
    if changed == 1 {
        events::of_record(
            tx,
            client,
            who,
            "plan_accepted",
            Some(&format!("version {}", plan.number)),
            fresh,
        )?;
    }
    Ok(changed == 1)
}

/// The sessions of the plan that a client accepted last, with its version: what a course is booked by.
///
/// # Errors
/// The store's.
pub fn accepted(tx: &mut Tx<'_>, client: ClientId) -> Result<Option<(i64, Vec<Session>)>, Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select number, sessions from plans where client_id = $1 and chain_id = $2 and accepted_us is not null \
         order by accepted_us desc, number desc limit 1",
        values![client, chain],
    )?;
    row.map(|mut row| Ok((row.take()?, json(&row.take::<String>()?)?))).transpose()
}
