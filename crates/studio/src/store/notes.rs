//! Notes in a client's record: written once, never changed; what was wrong is put right by another note.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clients::Client;
use super::events::{self, Who};
use super::vault::{open, seal};
use super::{Error, Tx};
use crate::ids::{ClientId, Fresh, StaffId};
use crate::seal::{DataKey, Place};
use crate::values;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: Uuid,
    /// Who wrote it.
    pub by: Option<StaffId>,
    /// When, UTC microseconds.
    pub at_us: i64,
    /// What it says.
    pub text: String,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    text: String,
}

fn place(id: Uuid) -> Place<'static> {
    Place { table: "notes", row: id, column: "sealed" }
}

/// Adds a note under the client's key. `false` where the id is there already: the same form was sent twice.
///
/// # Errors
/// The store's.
pub fn add(
    tx: &mut Tx<'_>,
    key: &DataKey,
    client: &Client,
    id: Uuid,
    text: &str,
    who: &Who,
    fresh: &mut Fresh<'_>,
) -> Result<bool, Error> {
    let chain = tx.chain()?;
    if tx.query_one("select 1 from notes where id = $1", values![id])?.is_some() {
        return Ok(false);
    }
    let sealed = seal(key, place(id), &Sealed { text: text.to_owned() }, fresh)?;
    tx.execute(
        "insert into notes (id, chain_id, studio_id, client_id, staff_id, at_us, sealed) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        values![id, chain, client.studio, client.id, who.staff(), fresh.now_us(), sealed],
    )?;
    events::of_record(tx, client, who, "note_written", None, fresh)?;
    Ok(true)
}

/// The notes of a client, the newest first.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, key: &DataKey, client: ClientId) -> Result<Vec<Note>, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select id, staff_id, at_us, sealed from notes where client_id = $1 and chain_id = $2 \
         order by at_us desc, id desc",
        values![client, chain],
    )?;
    rows.into_iter()
        .map(|mut row| {
            let id: Uuid = row.take()?;
            let (by, at_us) = (row.take()?, row.take()?);
            let Sealed { text } = open(key, place(id), &row.take::<Vec<u8>>()?)?;
            Ok(Note { id, by, at_us, text })
        })
        .collect()
}
