//! Pictures of healed results in public: on the client's consent, which staff witness, and only while it stands.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clients::Client;
use super::events::{self, Who};
use super::vault::{open, seal};
use super::{Error, Row, Tx, files};
use crate::ids::{ClientId, Fresh, StudioId};
use crate::seal::{DataKey, Place};
use crate::values;

/// A consent that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Its id.
    pub id: Uuid,
    /// When it was given, UTC microseconds.
    pub given_us: i64,
    /// How it was given, as a form on paper.
    pub words: String,
}

/// A picture that anybody may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its id.
    pub id: Uuid,
    /// Whose; never told to the public.
    pub client: ClientId,
    /// The file made for it.
    pub file: Uuid,
    /// Its name in addresses.
    pub code: String,
    /// What stands below it.
    pub caption: String,
    /// Whether the engine drew it.
    pub simulated: bool,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    words: String,
}

fn place(id: Uuid) -> Place<'static> {
    Place { table: "picture_consents", row: id, column: "sealed" }
}

/// The consent of a client to pictures in public, if one stands.
///
/// # Errors
/// The store's.
pub fn consent(tx: &mut Tx<'_>, key: &DataKey, client: ClientId) -> Result<Option<Consent>, Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select id, given_us, sealed from picture_consents where client_id = $1 and chain_id = $2 \
         and withdrawn_us is null order by given_us desc, id desc limit 1",
        values![client, chain],
    )?;
    let Some(mut row) = row else { return Ok(None) };
    let (id, given_us): (Uuid, i64) = (row.take()?, row.take()?);
    let Sealed { words } = open(key, place(id), &row.take::<Vec<u8>>()?)?;
    Ok(Some(Consent { id, given_us, words }))
}

/// Puts a client's consent on record; one that stands already stays.
///
/// # Errors
/// The store's.
pub fn give(
    tx: &mut Tx<'_>,
    key: &DataKey,
    client: &Client,
    words: &str,
    who: &Who,
    fresh: &mut Fresh<'_>,
) -> Result<Uuid, Error> {
    if let Some(consent) = consent(tx, key, client.id)? {
        return Ok(consent.id);
    }
    let (chain, id) = (tx.chain()?, fresh.id());
    let sealed = seal(key, place(id), &Sealed { words: words.to_owned() }, fresh)?;
    tx.execute(
        "insert into picture_consents (id, chain_id, studio_id, client_id, staff_id, given_us, sealed) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        values![id, chain, client.studio, client.id, who.staff(), fresh.now_us(), sealed],
    )?;
    events::of_record(tx, client, who, "picture_consent_given", None, fresh)?;
    Ok(id)
}

/// Withdraws a client's consent: nothing of theirs is shown from this transaction on. `false` where none stood.
///
/// # Errors
/// The store's.
pub fn withdraw(tx: &mut Tx<'_>, client: &Client, who: &Who, fresh: &mut Fresh<'_>) -> Result<bool, Error> {
    let chain = tx.chain()?;
    // Before the consent ends: what stands on none is not found any more.
    for picture in of_client(tx, client.id)? {
        take_down(tx, &picture)?;
    }
    let changed = tx.execute(
        "update picture_consents set withdrawn_us = $1 where client_id = $2 and chain_id = $3 and withdrawn_us is null",
        values![fresh.now_us(), client.id, chain],
    )?;
    if changed > 0 {
        events::of_record(tx, client, who, "picture_consent_withdrawn", None, fresh)?;
    }
    Ok(changed > 0)
}

/// Shows a picture; its public file's row is there already.
///
/// # Errors
/// The store's.
pub fn show(
    tx: &mut Tx<'_>,
    client: &Client,
    consent: Uuid,
    (file, caption, simulated): (Uuid, &str, bool),
    who: &Who,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let (chain, id, code) = (tx.chain()?, fresh.id(), fresh.code());
    tx.execute(
        "insert into shown_pictures (id, chain_id, studio_id, client_id, consent_id, file_id, code, caption, simulated, \
         at_us) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        values![id, chain, client.studio, client.id, consent, file, code, caption, simulated, fresh.now_us()],
    )?;
    events::of_record(tx, client, who, "picture_shown", None, fresh)
}

/// Takes one picture down. `false` where it was not shown.
///
/// # Errors
/// The store's.
pub fn hide(
    tx: &mut Tx<'_>,
    client: &Client,
    id: Uuid,
    who: &Who,
    fresh: &mut Fresh<'_>,
) -> Result<bool, Error> {
    let Some(picture) = of_client(tx, client.id)?.into_iter().find(|p| p.id == id) else { return Ok(false) };
    take_down(tx, &picture)?;
    events::of_record(tx, client, who, "picture_taken_down", None, fresh)?;
    Ok(true)
}

fn take_down(tx: &mut Tx<'_>, picture: &Shown) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute("delete from shown_pictures where id = $1 and chain_id = $2", values![picture.id, chain])?;
    files::remove(tx, picture.file)
}

const COLUMNS: &str = "s.id, s.client_id, s.file_id, s.code, s.caption, s.simulated";
/// Only what stands on a consent that was not withdrawn.
const STANDS: &str = "from shown_pictures s join picture_consents c on c.id = s.consent_id \
                      where c.withdrawn_us is null and s.chain_id = $1";

fn read(mut row: Row) -> Result<Shown, Error> {
    Ok(Shown {
        id: row.take()?,
        client: row.take()?,
        file: row.take()?,
        code: row.take()?,
        caption: row.take()?,
        simulated: row.take()?,
    })
}

/// The pictures of a client that are shown.
///
/// # Errors
/// The store's.
pub fn of_client(tx: &mut Tx<'_>, client: ClientId) -> Result<Vec<Shown>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} {STANDS} and s.client_id = $2 order by s.at_us, s.id");
    tx.query(&sql, values![chain, client])?.into_iter().map(read).collect()
}

/// The pictures that a studio shows: those of one client beside each other, the client shown last first.
///
/// # Errors
/// The store's.
pub fn of_studio(tx: &mut Tx<'_>, studio: StudioId, most: i64) -> Result<Vec<Vec<Shown>>, Error> {
    let chain = tx.chain()?;
    let sql =
        format!("select {COLUMNS} {STANDS} and s.studio_id = $2 order by s.at_us desc, s.id desc limit $3");
    let rows = tx.query(&sql, values![chain, studio, most])?;
    let mut groups: Vec<Vec<Shown>> = Vec::new();
    for row in rows {
        let picture = read(row)?;
        match groups.iter_mut().find(|group| group[0].client == picture.client) {
            Some(group) => group.insert(0, picture),
            None => groups.push(vec![picture]),
        }
    }
    Ok(groups)
}

/// The picture of a code, while it may be shown.
///
/// # Errors
/// The store's.
pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Shown>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} {STANDS} and s.code = $2");
    tx.query_one(&sql, values![chain, code])?.map(read).transpose()
}
