//! Signing in: passwords of the staff with a growing wait after misses, and sign-ins that can be listed and ended.

use super::{Error, Row, Tx};
use crate::ids::StaffId;
use crate::span::MINUTE_US;
use crate::token::{self, STAFF};
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
    row.map(|mut row| {
        Ok(Account { staff: row.take()?, hash: row.take()?, missed: row.take()?, missed_us: row.take()? })
    })
    .transpose()
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

/// Signs a person in: keeps the hash of the token that the browser gets, and forgets misses and sign-ins that are over.
///
/// # Errors
/// The store's.
pub fn begin(
    tx: &mut Tx<'_>,
    token_hash: &[u8; 32],
    staff: StaffId,
    browser: &str,
    now_us: i64,
) -> Result<(), Error> {
    let chain = tx.chain()?;
    let browser: String = browser.chars().filter(|c| !c.is_control()).take(200).collect();
    tx.execute("update passwords set missed = 0 where staff_id = $1", values![staff])?;
    tx.execute(
        "delete from sign_ins where staff_id = $1 and (used_us < $2 or made_us < $3)",
        values![staff, now_us - STAFF.idle_us, now_us - STAFF.absolute_us],
    )?;
    tx.execute(
        "insert into sign_ins (token_hash, chain_id, staff_id, made_us, used_us, browser) \
         values ($1, $2, $3, $4, $4, $5)",
        values![token_hash.as_slice(), chain, staff, now_us, browser],
    )
    .map(|_| ())
}

/// A sign-in that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Hash of its token: its name in the list.
    pub token_hash: Vec<u8>,
    /// Whose.
    pub staff: StaffId,
    /// When it began, UTC microseconds.
    pub made_us: i64,
    /// When it was last used, UTC microseconds, to the minute.
    pub used_us: i64,
    /// The browser, as it calls itself.
    pub browser: String,
}

const COLUMNS: &str = "token_hash, staff_id, made_us, used_us, browser";

fn read(mut row: Row) -> Result<SignIn, Error> {
    Ok(SignIn {
        token_hash: row.take()?,
        staff: row.take()?,
        made_us: row.take()?,
        used_us: row.take()?,
        browser: row.take()?,
    })
}

impl SignIn {
    fn holds(&self, now_us: i64) -> bool {
        token::holds(STAFF, self.made_us, self.used_us, now_us)
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

/// Where a person is signed in, the last used first.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, staff: StaffId, now_us: i64) -> Result<Vec<SignIn>, Error> {
    let sql = format!("select {COLUMNS} from sign_ins where staff_id = $1 order by used_us desc, token_hash");
    let all = tx.query(&sql, values![staff])?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().filter(|s| s.holds(now_us)).collect())
}

/// Ends one of a person's sign-ins.
///
/// # Errors
/// The store's.
pub fn end(tx: &mut Tx<'_>, staff: StaffId, token_hash: &[u8]) -> Result<(), Error> {
    tx.execute("delete from sign_ins where staff_id = $1 and token_hash = $2", values![staff, token_hash])
        .map(|_| ())
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
