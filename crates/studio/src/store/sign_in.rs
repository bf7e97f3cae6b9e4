//! Signing in: passwords of the staff with a growing wait after misses, and sign-ins (of staff and of clients) that can be
//! listed and ended.

use super::{Error, Row, Tx};
use crate::ids::{ClientId, StaffId};
use crate::permission::Person;
use crate::span::MINUTE_US;
use crate::token::{self, CLIENT, Lifetime, STAFF};
use crate::values;

/// A person's password, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub staff: StaffId,
    /// Argon2id hash.
    pub hash: String,
    /// Misses in a row.
    pub missed: u32,
    /// The last of them, UTC microseconds.
    pub missed_us: i64,
}

/// How long an account waits after misses in a row: nothing up to four, then half a minute, doubled each time up to a
/// quarter of an hour (OWASP ASVS 5.0, 6.3.1 asks for a limit; the numbers are an assumption). A wait, and not a lock: nobody
/// can shut a studio out for longer.
pub fn wait_us(missed: u32) -> i64 {
    match missed {
        0..=4 => 0,
        n => ((MINUTE_US / 2) << (n - 5).min(5)).min(15 * MINUTE_US),
    }
}

impl Account {
    /// Whether a password may be tried now.
    pub fn open(&self, now_us: i64) -> bool {
        now_us >= self.missed_us.saturating_add(wait_us(self.missed))
    }
}

/// The account of an active person by e-mail, in any case.
///
/// # Errors
/// The store's.
pub fn account(tx: &mut Tx<'_>, email: &str) -> Result<Option<Account>, Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select p.staff_id, p.hash, p.missed, p.missed_us from passwords p join staff s on s.id = p.staff_id \
         where s.email = $1 and s.chain_id = $2 and s.active = 1",
        values![email.trim().to_lowercase(), chain],
    )?;
    row.map(read_account).transpose()
}

fn read_account(mut row: Row) -> Result<Account, Error> {
    Ok(Account { staff: row.take()?, hash: row.take()?, missed: row.take()?, missed_us: row.take()? })
}

/// Keeps a password's hash for a person, and ends their sign-ins.
///
/// # Errors
/// The store's.
pub fn set_password(tx: &mut Tx<'_>, staff: StaffId, hash: &str, now_us: i64) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into passwords (staff_id, chain_id, hash, changed_us, missed, missed_us) values ($1, $2, $3, $4, 0, 0) \
         on conflict (staff_id) do update set hash = excluded.hash, changed_us = excluded.changed_us, missed = 0",
        values![staff, chain, hash, now_us],
    )?;
    tx.execute("delete from sign_ins where staff_id = $1", values![staff]).map(|_| ())
}

/// Keeps a hash with more work of a password that stays the same.
///
/// # Errors
/// The store's.
pub fn rehash(tx: &mut Tx<'_>, staff: StaffId, hash: &str) -> Result<(), Error> {
    tx.execute("update passwords set hash = $1 where staff_id = $2", values![hash, staff]).map(|_| ())
}

/// Gives people who have no password their first: pairs of e-mail and hash. Whom the chain does not know is left out.
///
/// # Errors
/// The store's.
pub fn first_passwords(tx: &mut Tx<'_>, hashes: &[(String, String)], now_us: i64) -> Result<(), Error> {
    let chain = tx.chain()?;
    for (email, hash) in hashes {
        tx.execute(
            "insert into passwords (staff_id, chain_id, hash, changed_us, missed, missed_us) \
             select id, chain_id, $1, $2, 0, 0 from staff where email = $3 and chain_id = $4 \
             on conflict (staff_id) do nothing",
            values![hash, now_us, email.to_lowercase(), chain],
        )?;
    }
    Ok(())
}

/// Notes a miss.
///
/// # Errors
/// The store's.
pub fn missed(tx: &mut Tx<'_>, staff: StaffId, now_us: i64) -> Result<(), Error> {
    tx.execute(
        "update passwords set missed = missed + 1, missed_us = $1 where staff_id = $2",
        values![now_us, staff],
    )
    .map(|_| ())
}

/// The password of a person, if they have one.
///
/// # Errors
/// The store's.
pub fn account_of(tx: &mut Tx<'_>, staff: StaffId) -> Result<Option<Account>, Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select staff_id, hash, missed, missed_us from passwords where staff_id = $1 and chain_id = $2",
        values![staff, chain],
    )?;
    row.map(read_account).transpose()
}

/// The column a person's sign-ins are found by, with their id.
fn column(person: Person) -> (&'static str, uuid::Uuid) {
    match person {
        Person::Staff(id) => ("staff_id", id.0),
        Person::Client(id) => ("client_id", id.0),
    }
}

/// How long sign-ins of a person last.
pub fn lifetime(person: Person) -> Lifetime {
    match person {
        Person::Staff(_) => STAFF,
        Person::Client(_) => CLIENT,
    }
}

/// Signs a person in: keeps the hash of the token that the browser gets, and forgets misses and sign-ins that are over.
///
/// # Errors
/// The store's.
pub fn begin(
    tx: &mut Tx<'_>,
    token_hash: &[u8; 32],
    person: Person,
    browser: &str,
    now_us: i64,
) -> Result<(), Error> {
    let chain = tx.chain()?;
    let browser: String = browser.chars().filter(|c| !c.is_control()).take(200).collect();
    if let Person::Staff(staff) = person {
        tx.execute("update passwords set missed = 0 where staff_id = $1", values![staff])?;
    }
    let ((column, id), life) = (column(person), lifetime(person));
    tx.execute(
        &format!("delete from sign_ins where {column} = $1 and (used_us < $2 or made_us < $3)"),
        values![id, now_us - life.idle_us, now_us - life.absolute_us],
    )?;
    tx.execute(
        &format!(
            "insert into sign_ins (token_hash, chain_id, {column}, made_us, used_us, proved_us, browser) \
             values ($1, $2, $3, $4, $4, $4, $5)"
        ),
        values![token_hash.as_slice(), chain, id, now_us, browser],
    )
    .map(|_| ())
}

/// A sign-in that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Hash of its token: its name in the list.
    pub token_hash: Vec<u8>,
    /// Whose.
    pub person: Person,
    /// When it began, UTC microseconds.
    pub made_us: i64,
    /// When it was last used, UTC microseconds, to the minute.
    pub used_us: i64,
    /// When the person last showed who they are, UTC microseconds.
    pub proved_us: i64,
    /// The browser, as it calls itself.
    pub browser: String,
}

const COLUMNS: &str = "token_hash, staff_id, client_id, made_us, used_us, proved_us, browser";

fn read(mut row: Row) -> Result<SignIn, Error> {
    let token_hash = row.take()?;
    let (staff, client): (Option<StaffId>, Option<ClientId>) = (row.take()?, row.take()?);
    let person = match (staff, client) {
        (Some(id), _) => Person::Staff(id),
        (None, Some(id)) => Person::Client(id),
        (None, None) => return Err(Error::Broken("a sign-in is nobody's".to_owned())),
    };
    Ok(SignIn {
        token_hash,
        person,
        made_us: row.take()?,
        used_us: row.take()?,
        proved_us: row.take()?,
        browser: row.take()?,
    })
}

impl SignIn {
    fn holds(&self, now_us: i64) -> bool {
        token::holds(lifetime(self.person), self.made_us, self.used_us, now_us)
    }
}

/// The sign-in of a token, if it holds.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, token_hash: &[u8; 32], now_us: i64) -> Result<Option<SignIn>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from sign_ins where token_hash = $1 and chain_id = $2");
    let found = tx.query_one(&sql, values![token_hash.as_slice(), chain])?.map(read).transpose()?;
    Ok(found.filter(|s| s.holds(now_us)))
}

/// Notes a use.
///
/// # Errors
/// The store's.
pub fn used(tx: &mut Tx<'_>, token_hash: &[u8; 32], now_us: i64) -> Result<(), Error> {
    tx.execute(
        "update sign_ins set used_us = $1 where token_hash = $2",
        values![now_us, token_hash.as_slice()],
    )
    .map(|_| ())
}

/// Notes that the person has shown again who they are; misses are forgotten.
///
/// # Errors
/// The store's.
pub fn proved(tx: &mut Tx<'_>, token_hash: &[u8; 32], now_us: i64) -> Result<(), Error> {
    tx.execute(
        "update passwords set missed = 0 where staff_id = (select staff_id from sign_ins where token_hash = $1)",
        values![token_hash.as_slice()],
    )?;
    tx.execute(
        "update sign_ins set proved_us = $1 where token_hash = $2",
        values![now_us, token_hash.as_slice()],
    )
    .map(|_| ())
}

/// Where a person is signed in, the last used first.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, person: Person, now_us: i64) -> Result<Vec<SignIn>, Error> {
    let (column, id) = column(person);
    let sql = format!("select {COLUMNS} from sign_ins where {column} = $1 order by used_us desc, token_hash");
    let all = tx.query(&sql, values![id])?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().filter(|s| s.holds(now_us)).collect())
}

/// Ends one of a person's sign-ins.
///
/// # Errors
/// The store's.
pub fn end(tx: &mut Tx<'_>, person: Person, token_hash: &[u8]) -> Result<(), Error> {
    let (column, id) = column(person);
    let sql = format!("delete from sign_ins where {column} = $1 and token_hash = $2");
    tx.execute(&sql, values![id, token_hash]).map(|_| ())
}

/// Ends a person's sign-ins, but for one that stays.
///
/// # Errors
/// The store's.
pub fn end_others(tx: &mut Tx<'_>, person: Person, staying: &[u8]) -> Result<(), Error> {
    let (column, id) = column(person);
    let sql = format!("delete from sign_ins where {column} = $1 and token_hash <> $2");
    tx.execute(&sql, values![id, staying]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misses_make_an_account_wait_and_never_lock_it() {
        let waits: Vec<i64> = (0..12).map(|n| wait_us(n) / (MINUTE_US / 2)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30]);
        let account =
            Account { staff: StaffId(uuid::Uuid::nil()), hash: String::new(), missed: 5, missed_us: 10 };
        assert!(!account.open(10) && account.open(10 + MINUTE_US / 2));
        assert_eq!(wait_us(u32::MAX), 15 * MINUTE_US);
    }
}
