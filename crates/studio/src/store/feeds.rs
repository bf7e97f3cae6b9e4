//! Secret addresses of calendars: who reads one sees when and where, and needs no sign-in, so each can be taken back.

use uuid::Uuid;

use super::{Error, Row, Tx};
use crate::ids::Fresh;
use crate::span::HOUR_US;
use crate::values;

/// Whose visits a calendar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Those with a practitioner.
    Practitioner,
    /// Those in a room.
    Room,
    /// A client's own.
    Client,
}

impl Of {
    /// As it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Of::Practitioner => "practitioner",
            Of::Room => "room",
            Of::Client => "client",
        }
    }

    /// From how it is kept, or named in an address.
    pub fn from_word(word: &str) -> Option<Of> {
        [Of::Practitioner, Of::Room, Of::Client].into_iter().find(|of| of.word() == word)
    }
}

/// A calendar's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its id.
    pub id: Uuid,
    /// Whose visits.
    pub of: Of,
    /// Practitioner, room or client.
    pub about: Uuid,
    /// When it was made, UTC microseconds.
    pub made_us: i64,
    /// When it was last read, UTC microseconds, to the hour.
    pub used_us: Option<i64>,
}

const COLUMNS: &str = "id, kind, about_id, made_us, used_us";

fn read(mut row: Row) -> Result<Feed, Error> {
    let id = row.take()?;
    let of = Of::from_word(&row.take::<String>()?)
        .ok_or_else(|| Error::Broken("a calendar of an unknown kind".to_owned()))?;
    Ok(Feed { id, of, about: row.take()?, made_us: row.take()?, used_us: row.take()? })
}

/// Adds the address whose secret has this hash.
///
/// # Errors
/// The store's.
pub fn add(
    tx: &mut Tx<'_>,
    of: Of,
    about: Uuid,
    token_hash: &[u8; 32],
    fresh: &mut Fresh<'_>,
) -> Result<Feed, Error> {
    let chain = tx.chain()?;
    let feed = Feed { id: fresh.id(), of, about, made_us: fresh.now_us(), used_us: None };
    tx.execute(
        "insert into feeds (id, chain_id, token_hash, kind, about_id, made_us) values ($1, $2, $3, $4, $5, $6)",
        values![feed.id, chain, token_hash.as_slice(), of.word(), about, feed.made_us],
    )?;
    Ok(feed)
}

/// The calendar of a secret's hash.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, token_hash: &[u8; 32]) -> Result<Option<Feed>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from feeds where token_hash = $1 and chain_id = $2");
    tx.query_one(&sql, values![token_hash.as_slice(), chain])?.map(read).transpose()
}

/// Whether a reading now is to be written down: once an hour.
pub fn is_to_note(feed: &Feed, now_us: i64) -> bool {
    feed.used_us.is_none_or(|used| now_us - used >= HOUR_US)
}

/// Notes a reading.
///
/// # Errors
/// The store's.
pub fn used(tx: &mut Tx<'_>, id: Uuid, now_us: i64) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute("update feeds set used_us = $1 where id = $2 and chain_id = $3", values![now_us, id, chain])
        .map(|_| ())
}

/// Every address of a practitioner, room or client, the oldest first.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, about: Uuid) -> Result<Vec<Feed>, Error> {
    let chain = tx.chain()?;
    let sql =
        format!("select {COLUMNS} from feeds where about_id = $1 and chain_id = $2 order by made_us, id");
    tx.query(&sql, values![about, chain])?.into_iter().map(read).collect()
}

/// Every address of practitioners and rooms, the oldest first.
///
/// # Errors
/// The store's.
pub fn of_staff(tx: &mut Tx<'_>) -> Result<Vec<Feed>, Error> {
    let chain = tx.chain()?;
    let sql =
        format!("select {COLUMNS} from feeds where chain_id = $1 and kind <> 'client' order by made_us, id");
    tx.query(&sql, values![chain])?.into_iter().map(read).collect()
}

/// The address of an id.
///
/// # Errors
/// The store's.
pub fn by_id(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Feed>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from feeds where id = $1 and chain_id = $2");
    tx.query_one(&sql, values![id, chain])?.map(read).transpose()
}

/// Takes an address back: from now on it leads nowhere.
///
/// # Errors
/// The store's.
pub fn revoke(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute("delete from feeds where id = $1 and chain_id = $2", values![id, chain]).map(|_| ())
}
