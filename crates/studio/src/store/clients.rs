//! Clients: who they are, under a key of their own; found by keyed hashes of e-mail, phone and the beginnings of names.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::vault::{Vault, open, seal};
use super::{Error, Row, Tx, Value, places};
use crate::ids::{ClientId, Fresh, StudioId};
use crate::seal::blind::Dialling;
use crate::seal::{DataKey, Place};
use crate::values;

/// Who a client is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Name, as they write it.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// Telephone, or nothing.
    #[serde(default)]
    pub phone: String,
    /// Day of birth, once it was seen.
    #[serde(default)]
    pub born: Option<Date>,
    /// Whether the screening flags an allergy, so that a patch test is asked for.
    #[serde(default)]
    pub allergy_flag: bool,
    /// What the studio wrote down beside.
    #[serde(default)]
    pub notes: String,
}

/// A client's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// The studio that made it.
    pub studio: StudioId,
    /// The code by which people name it.
    pub code: String,
    /// Who; nothing where the record was erased.
    pub person: Option<Person>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made, UTC microseconds.
    pub made_us: i64,
}

const COLUMNS: &str = "id, studio_id, code, wrapped_key, sealed, version, made_us";

fn place(id: ClientId) -> Place<'static> {
    Place { table: "clients", row: id.0, column: "sealed" }
}

fn read(vault: &Vault, mut row: Row) -> Result<Client, Error> {
    let id: ClientId = row.take()?;
    let (studio, code) = (row.take()?, row.take()?);
    let wrapped: Option<Vec<u8>> = row.take()?;
    let sealed: Vec<u8> = row.take()?;
    let person = match wrapped {
        Some(wrapped) => Some(open(&vault.client_key(id, &wrapped)?, place(id), &sealed)?),
        None => None,
    };
    Ok(Client { id, studio, code, person, version: row.take()?, made_us: row.take()? })
}

/// Adds a client.
///
/// # Errors
/// The store's.
pub fn add(
    tx: &mut Tx<'_>,
    vault: &Vault,
    studio: StudioId,
    person: &Person,
    dialling: Dialling,
    fresh: &mut Fresh<'_>,
) -> Result<Client, Error> {
    let chain = tx.chain()?;
    let id = ClientId(fresh.id());
    let code = fresh.code();
    let (key, wrapped) = vault.new_client_key(id, fresh);
    let sealed = seal(&key, place(id), person, fresh)?;
    tx.execute(
        "insert into clients (id, chain_id, studio_id, code, wrapped_key, email_index, phone_index, sealed, version, \
         made_us) values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)",
        values![
            id,
            chain,
            studio,
            &code,
            wrapped,
            vault.blind().email(&person.email).map(|t| t.to_vec()),
            vault.blind().phone(&person.phone, dialling).map(|t| t.to_vec()),
            sealed,
            fresh.now_us()
        ],
    )?;
    add_words(tx, vault, id, &person.name)?;
    Ok(Client { id, studio, code, person: Some(person.clone()), version: 1, made_us: fresh.now_us() })
}

fn add_words(tx: &mut Tx<'_>, vault: &Vault, id: ClientId, name: &str) -> Result<(), Error> {
    let words = vault.blind().name(name);
    if words.is_empty() {
        return Ok(());
    }
    let chain = tx.chain()?;
    let mut values: Vec<Value> = Vec::with_capacity(words.len() * 3);
    for word in &words {
        values.extend_from_slice(values![chain, word.as_slice(), id]);
    }
    let rows: Vec<String> = (0..words.len()).map(|i| format!("({})", places(1 + i * 3, 3))).collect();
    tx.execute(
        &format!("insert into client_words (chain_id, word, client_id) values {}", rows.join(", ")),
        &values,
    )
    .map(|_| ())
}

/// Writes who a client is over what was there. `false` where somebody else changed it meanwhile: `client.version` is the
/// version that was read, and the row gets the next.
///
/// # Errors
/// The store's; [`Error::Reference`] where the record is not there or was erased.
pub fn change(
    tx: &mut Tx<'_>,
    vault: &Vault,
    client: &Client,
    person: &Person,
    dialling: Dialling,
    fresh: &mut Fresh<'_>,
) -> Result<bool, Error> {
    let key = key(tx, vault, client.id)?;
    let sealed = seal(&key, place(client.id), person, fresh)?;
    let chain = tx.chain()?;
    let changed = tx.execute(
        "update clients set sealed = $1, email_index = $2, phone_index = $3, version = version + 1 \
         where id = $4 and chain_id = $5 and version = $6",
        values![
            sealed,
            vault.blind().email(&person.email).map(|t| t.to_vec()),
            vault.blind().phone(&person.phone, dialling).map(|t| t.to_vec()),
            client.id,
            chain,
            client.version
        ],
    )?;
    if changed == 1 {
        tx.execute(
            "delete from client_words where client_id = $1 and chain_id = $2",
            values![client.id, chain],
        )?;
        add_words(tx, vault, client.id, &person.name)?;
    }
    Ok(changed == 1)
}

/// A client's own key, for what else is kept of them.
///
/// # Errors
/// [`Error::Reference`] where the record is not there or was erased.
pub fn key(tx: &mut Tx<'_>, vault: &Vault, id: ClientId) -> Result<DataKey, Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select wrapped_key from clients where id = $1 and chain_id = $2 and wrapped_key is not null",
        values![id, chain],
    )?;
    vault.client_key(id, &row.ok_or(Error::Reference)?.take::<Vec<u8>>()?)
}

/// Who a client is, with the client's own key for what else is kept of them.
///
/// # Errors
/// [`Error::Reference`] where the record is not there or was erased.
pub fn with_key(tx: &mut Tx<'_>, vault: &Vault, id: ClientId) -> Result<(Person, DataKey), Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select wrapped_key, sealed from clients where id = $1 and chain_id = $2 and wrapped_key is not null",
        values![id, chain],
    )?;
    let mut row = row.ok_or(Error::Reference)?;
    let key = vault.client_key(id, &row.take::<Vec<u8>>()?)?;
    Ok((open(&key, place(id), &row.take::<Vec<u8>>()?)?, key))
}

/// The client of an id.
///
/// # Errors
/// The store's.
pub fn by_id(tx: &mut Tx<'_>, vault: &Vault, id: ClientId) -> Result<Option<Client>, Error> {
    one(tx, vault, "id = $1", id.into())
}

/// The client of a code.
///
/// # Errors
/// The store's.
pub fn by_code(tx: &mut Tx<'_>, vault: &Vault, code: &str) -> Result<Option<Client>, Error> {
    one(tx, vault, "code = $1", code.into())
}

fn one(tx: &mut Tx<'_>, vault: &Vault, which: &str, value: Value) -> Result<Option<Client>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from clients where {which} and chain_id = $2");
    tx.query_one(&sql, &[value, chain.into()])?.map(|row| read(vault, row)).transpose()
}

/// The oldest client with an e-mail address; nothing where the address is none.
///
/// # Errors
/// The store's.
pub fn by_email(tx: &mut Tx<'_>, vault: &Vault, email: &str) -> Result<Option<Client>, Error> {
    let Some(token) = vault.blind().email(email) else { return Ok(None) };
    let chain = tx.chain()?;
    let sql = format!(
        "select {COLUMNS} from clients where email_index = $1 and chain_id = $2 and wrapped_key is not null \
         order by made_us, id limit 1"
    );
    tx.query_one(&sql, values![token.as_slice(), chain])?.map(|row| read(vault, row)).transpose()
}

/// A client and every other of the same e-mail address, the oldest first: who books online twice has two records, and may
/// see the visits of both.
///
/// # Errors
/// The store's.
pub fn same_email(tx: &mut Tx<'_>, client: ClientId) -> Result<Vec<ClientId>, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select id from clients where chain_id = $1 and wrapped_key is not null and (id = $2 or email_index = \
         (select email_index from clients where id = $2 and chain_id = $1)) order by made_us, id",
        values![chain, client],
    )?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// Some of several clients, in no order.
///
/// # Errors
/// The store's.
pub fn by_ids(tx: &mut Tx<'_>, vault: &Vault, ids: &[ClientId]) -> Result<Vec<Client>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for part in ids.chunks(500) {
        let chain = tx.chain()?;
        let sql = format!(
            "select {COLUMNS} from clients where chain_id = $1 and id in ({})",
            places(2, part.len())
        );
        let mut values: Vec<Value> = vec![chain.into()];
        values.extend(part.iter().map(|id| Value::from(*id)));
        for row in tx.query(&sql, &values)? {
            found.push(read(vault, row)?);
        }
    }
    Ok(found)
}

/// Clients whose name has words that begin as those typed (all of them), or whose e-mail or phone is what was typed; the
/// newest first. `studios`: only those made at one of these; `None`: of the whole chain. What is typed may be empty.
///
/// # Errors
/// The store's.
pub fn find(
    tx: &mut Tx<'_>,
    vault: &Vault,
    typed: &str,
    dialling: Dialling,
    studios: Option<&[StudioId]>,
    most: i64,
) -> Result<Vec<Client>, Error> {
    let chain = tx.chain()?;
    let mut values: Vec<Value> = vec![chain.into()];
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut which: Vec<String> = vec!["chain_id = $1".to_owned(), "wrapped_key is not null".to_owned()];
    let by_phone = vault.blind().phone(typed, dialling);
    if let Some(token) = vault.blind().email(typed) {
        which.push(format!("email_index = {}", place(token.as_slice().into())));
    } else if let Some(token) = by_phone {
        which.push(format!("phone_index = {}", place(token.as_slice().into())));
    } else {
        for token in vault.blind().name_search(typed) {
            let word = place(token.as_slice().into());
            which.push(format!(
                "id in (select client_id from client_words where chain_id = $1 and word = {word})"
            ));
        }
    }
    if let Some(studios) = studios {
        if studios.is_empty() {
            return Ok(Vec::new());
        }
        let listed: Vec<String> = studios.iter().map(|s| place((*s).into())).collect();
        which.push(format!("studio_id in ({})", listed.join(", ")));
    }
    let limit = place(most.into());
    let sql = format!(
        "select {COLUMNS} from clients where {} order by made_us desc, id desc limit {limit}",
        which.join(" and ")
    );
    tx.query(&sql, &values)?.into_iter().map(|row| read(vault, row)).collect()
}
