//! Passkeys of staff and clients: what each sign-in with one is checked against. What a credential is stays with the caller.

use uuid::Uuid;

use super::{Error, Row, Tx};
use crate::ids::{ClientId, StaffId};
use crate::permission::Person;
use crate::values;

/// Most passkeys of one person (assumption): a telephone, a computer, keys in drawers.
pub const MOST: usize = 20;

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its id, as the browser names it.
    pub id: Vec<u8>,
    /// Whose.
    pub person: Person,
    /// What its owner calls it.
    pub name: String,
    /// The public key, and what else is checked.
    pub credential: Vec<u8>,
    /// When it was made, UTC microseconds.
    pub made_us: i64,
    /// When it was last used, UTC microseconds.
    pub used_us: Option<i64>,
}

/// Where the passkeys of a person are kept, by which column they are found, and the person's id.
fn kept(person: Person) -> (&'static str, &'static str, Uuid) {
    match person {
        Person::Staff(id) => ("passkeys", "staff_id", id.0),
        Person::Client(id) => ("client_passkeys", "client_id", id.0),
    }
}

fn read(person: Person, mut row: Row) -> Result<Passkey, Error> {
    Ok(Passkey {
        person,
        id: row.take()?,
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
pub fn of(tx: &mut Tx<'_>, person: Person) -> Result<Vec<Passkey>, Error> {
    let chain = tx.chain()?;
    let (table, column, id) = kept(person);
    let sql = format!(
        "select credential_id, name, credential, made_us, used_us from {table} \
         where {column} = $1 and chain_id = $2 order by made_us, credential_id"
    );
    tx.query(&sql, values![id, chain])?.into_iter().map(|row| read(person, row)).collect()
}

/// The passkey of an id, whoever's it is.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, id: &[u8]) -> Result<Option<Passkey>, Error> {
    let chain = tx.chain()?;
    let found = tx.query_one(
        "select staff_id, null, credential_id, name, credential, made_us, used_us from passkeys \
         where credential_id = $1 and chain_id = $2 \
         union all \
         select null, client_id, credential_id, name, credential, made_us, used_us from client_passkeys \
         where credential_id = $1 and chain_id = $2",
        values![id, chain],
    )?;
    let Some(mut row) = found else { return Ok(None) };
    let (staff, client): (Option<StaffId>, Option<ClientId>) = (row.take()?, row.take()?);
    let person = staff.map(Person::Staff).or(client.map(Person::Client));
    let person = person.ok_or_else(|| Error::Broken("a passkey is nobody's".to_owned()))?;
    read(person, row).map(Some)
}

/// Adds a passkey.
///
/// # Errors
/// [`Error::Exists`] where there is one of that id.
pub fn add(tx: &mut Tx<'_>, passkey: &Passkey) -> Result<(), Error> {
    let chain = tx.chain()?;
    let (table, column, id) = kept(passkey.person);
    tx.execute(
        &format!(
            "insert into {table} (credential_id, chain_id, {column}, name, credential, made_us) \
             values ($1, $2, $3, $4, $5, $6)"
        ),
        values![
            passkey.id.as_slice(),
            chain,
            id,
            &passkey.name,
            passkey.credential.as_slice(),
            passkey.made_us
        ],
    )
    .map(|_| ())
}

/// Notes a use of a person's passkey, with what the next one is checked against.
///
/// # Errors
/// The store's.
pub fn used(tx: &mut Tx<'_>, person: Person, id: &[u8], credential: &[u8], now_us: i64) -> Result<(), Error> {
    let (table, column, owner) = kept(person);
    tx.execute(
        &format!(
            "update {table} set credential = $1, used_us = $2 where credential_id = $3 and {column} = $4"
        ),
        values![credential, now_us, id, owner],
    )
    .map(|_| ())
}

/// Takes one of a person's passkeys away. Says whether there was one.
///
/// # Errors
/// The store's.
pub fn remove(tx: &mut Tx<'_>, person: Person, id: &[u8]) -> Result<bool, Error> {
    let (table, column, owner) = kept(person);
    let sql = format!("delete from {table} where {column} = $1 and credential_id = $2");
    Ok(tx.execute(&sql, values![owner, id])? == 1)
}
