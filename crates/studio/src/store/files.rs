//! Rows of files: which encrypted object is whose, and what it is. The object is written first and its row after, so that a
//! row always leads to a whole file; an object without a row is an orphan and swept.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clients::Client;
use super::practice::{unword, word};
use super::vault::{Vault, open, seal};
use super::{Error, Row, Tx, Value, clients, places};
use crate::files::kind::Kind;
use crate::files::{FileId, Stored};
use crate::ids::{ClientId, Fresh, StaffId, StudioId};
use crate::seal::{DataKey, Place};
use crate::values;

/// What a file is to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A photo, as the program wrote it anew.
    Photo,
    /// A paper.
    Document,
    /// A scan of the head.
    Scan,
    /// A file of a plan.
    Plan,
    /// A small picture of a photo or of a plan's picture.
    Thumbnail,
    /// A picture made to be shown in public.
    Public,
}

/// A file of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Id of the row.
    pub id: Uuid,
    /// Whose.
    pub client: ClientId,
    /// The studio of the record.
    pub studio: StudioId,
    /// What it is to the record.
    pub what: What,
    /// The plan of a plan's file, the picture of a small or public one.
    pub of: Option<Uuid>,
    /// The object.
    pub stored: Stored,
    /// Who put it there; nobody for what the program made.
    pub by: Option<StaffId>,
    /// When, UTC microseconds.
    pub at_us: i64,
    /// Its name, as a person reads it; never a path of ours.
    pub name: String,
    /// What was written to it.
    pub words: String,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    name: String,
    words: String,
}

fn place(id: Uuid) -> Place<'static> {
    Place { table: "files", row: id, column: "sealed" }
}

const COLUMNS: &str =
    "id, client_id, studio_id, what, of_id, object_id, kind, bytes, sha256, staff_id, at_us, sealed";

fn read(key: &DataKey, mut row: Row) -> Result<File, Error> {
    let id: Uuid = row.take()?;
    let (client, studio, what) = (row.take()?, row.take()?, word(&row.take::<String>()?)?);
    let of = row.take()?;
    let (object, kind, bytes): (Uuid, String, i64) = (row.take()?, row.take()?, row.take()?);
    let sha256: Vec<u8> = row.take()?;
    let broken = || Error::Broken(format!("file {id} says what is no file"));
    let stored = Stored {
        id: FileId(object),
        kind: Kind::from_name(&kind).ok_or_else(broken)?,
        bytes: u64::try_from(bytes).map_err(|_| broken())?,
        sha256: sha256.try_into().map_err(|_| broken())?,
    };
    let (by, at_us) = (row.take()?, row.take()?);
    let Sealed { name, words } = open(key, place(id), &row.take::<Vec<u8>>()?)?;
    Ok(File { id, client, studio, what, of, stored, by, at_us, name, words })
}

/// Adds the row of a file whose object is there. `false` where the id is there already.
///
/// # Errors
/// The store's.
pub fn add(tx: &mut Tx<'_>, key: &DataKey, file: &File, fresh: &mut Fresh<'_>) -> Result<bool, Error> {
    let chain = tx.chain()?;
    if tx.query_one("select 1 from files where id = $1", values![file.id])?.is_some() {
        return Ok(false);
    }
    let Stored { id: object, kind, bytes, sha256 } = file.stored;
    let words = Sealed { name: file.name.clone(), words: file.words.clone() };
    let sealed = seal(key, place(file.id), &words, fresh)?;
    tx.execute(
        "insert into files (id, client_id, studio_id, what, of_id, object_id, kind, bytes, sha256, staff_id, at_us, \
         sealed, chain_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        values![
            file.id,
            file.client,
            file.studio,
            unword(&file.what)?,
            file.of,
            object.0,
            kind.name(),
            i64::try_from(bytes).unwrap_or(i64::MAX),
            sha256.to_vec(),
            file.by,
            file.at_us,
            sealed,
            chain
        ],
    )?;
    Ok(true)
}

/// The files of a client of these sorts, the newest first.
///
/// # Errors
/// The store's.
pub fn of_client(
    tx: &mut Tx<'_>,
    key: &DataKey,
    client: ClientId,
    sorts: &[What],
) -> Result<Vec<File>, Error> {
    let mut values: Vec<Value> = vec![client.into(), tx.chain()?.into()];
    for what in sorts {
        values.push(unword(what)?.into());
    }
    let sql = format!(
        "select {COLUMNS} from files where client_id = $1 and chain_id = $2 and what in ({}) \
         order by at_us desc, id desc",
        places(3, sorts.len())
    );
    tx.query(&sql, &values)?.into_iter().map(|row| read(key, row)).collect()
}

/// What was made of a thing: the files of a plan, the small pictures of photos; in the order of their ids.
///
/// # Errors
/// The store's.
pub fn made_of(tx: &mut Tx<'_>, key: &DataKey, things: &[Uuid]) -> Result<Vec<File>, Error> {
    let mut found = Vec::new();
    for part in things.chunks(500) {
        let mut values: Vec<Value> = vec![tx.chain()?.into()];
        values.extend(part.iter().map(|id| Value::from(*id)));
        let sql = format!(
            "select {COLUMNS} from files where chain_id = $1 and of_id in ({}) order by id",
            places(2, part.len())
        );
        for row in tx.query(&sql, &values)? {
            found.push(read(key, row)?);
        }
    }
    Ok(found)
}

/// The file of an id, with the client and the client's key.
///
/// # Errors
/// The store's.
pub fn by_id(tx: &mut Tx<'_>, vault: &Vault, id: Uuid) -> Result<Option<(File, Client, DataKey)>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from files where id = $1 and chain_id = $2");
    let Some(row) = tx.query_one(&sql, values![id, chain])? else { return Ok(None) };
    let whose = tx.query_one("select client_id from files where id = $1", values![id])?;
    let whose: ClientId = whose.ok_or(Error::Reference)?.take()?;
    let Some(client) = clients::by_id(tx, vault, whose)?.filter(|c| c.person.is_some()) else {
        return Ok(None);
    };
    let key = clients::key(tx, vault, whose)?;
    Ok(Some((read(&key, row)?, client, key)))
}

/// Takes away the rows of a file and of what was made of it; the sweep removes their objects. Nothing shown in public may
/// stand on them any more.
///
/// # Errors
/// The store's.
pub fn remove(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute("delete from files where (id = $1 or of_id = $1) and chain_id = $2", values![id, chain])
        .map(|_| ())
}

/// Every object that a row names; in a transaction of the system, of all chains.
///
/// # Errors
/// The store's.
pub fn objects(tx: &mut Tx<'_>) -> Result<HashSet<Uuid>, Error> {
    tx.query("select object_id from files", &[])?.into_iter().map(|mut row| row.take()).collect()
}
