//! Passkeys of the staff: what each sign-in with one is checked against. What a credential is stays with the caller.

use super::{Error, Row, Tx};
use crate::ids::StaffId;
use crate::values;

/// Most passkeys of one person (assumption): a telephone, a computer, keys in drawers.
pub const MOST: usize = 20;

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its id, as the browser names it.
    pub id: Vec<u8>,
    /// Whose.
    pub staff: StaffId,
    /// What its owner calls it.
    pub name: String,
    /// The public key, and what else is checked.
    pub credential: Vec<u8>,
    /// When it was made, UTC microseconds.
    pub made_us: i64,
    /// When it was last used, UTC microseconds.
    pub used_us: Option<i64>,
}

const COLUMNS: &str = "credential_id, staff_id, name, credential, made_us, used_us";

fn read(mut row: Row) -> Result<Passkey, Error> {
    Ok(Passkey {
        id: row.take()?,
        staff: row.take()?,
        name: row.take()?,
        credential: row.take()?,
        made_us: row.take()?,
        used_us: row.take()?,
    })
}

/// The passkeys of a person, the oldest first.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, staff: StaffId) -> Result<Vec<Passkey>, Error> {
    let chain = tx.chain()?;
    let sql = format!(
        "select {COLUMNS} from passkeys where staff_id = $1 and chain_id = $2 order by made_us, credential_id"
    );
    tx.query(&sql, values![staff, chain])?.into_iter().map(read).collect()
}

/// The passkey of an id.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id: &[u8]) -> Result<Option<Passkey>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from passkeys where credential_id = $1 and chain_id = $2");
    tx.query_one(&sql, values![id, chain])?.map(read).transpose()
}

/// Adds a passkey.
///
/// # Errors
/// [`Error::Exists`] where there is one of that id.
pub fn add(tx: &mut Tx<'_>, passkey: &Passkey) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into passkeys (credential_id, chain_id, staff_id, name, credential, made_us) \
         values ($1, $2, $3, $4, $5, $6)",
        values![
            passkey.id.as_slice(),
            chain,
            passkey.staff,
            &passkey.name,
            passkey.credential.as_slice(),
            passkey.made_us
        ],
    )
    .map(|_| ())
}

/// Notes a use, with what the next one is checked against.
///
/// # Errors
/// The store's.
pub fn used(tx: &mut Tx<'_>, id: &[u8], credential: &[u8], now_us: i64) -> Result<(), Error> {
    tx.execute(
        "update passkeys set credential = $1, used_us = $2 where credential_id = $3",
        values![credential, now_us, id],
    )
    .map(|_| ())
}

/// Takes one of a person's passkeys away. Says whether there was one.
///
/// # Errors
/// The store's.
pub fn remove(tx: &mut Tx<'_>, staff: StaffId, id: &[u8]) -> Result<bool, Error> {
    let gone =
        tx.execute("delete from passkeys where staff_id = $1 and credential_id = $2", values![staff, id])?;
    Ok(gone == 1)
}
