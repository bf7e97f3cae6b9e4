//! The second step of a sign-in by password: an app's codes, each good once, and recovery codes for when it is lost.

use super::vault::broken;
use super::{Error, Tx, Vault, passkeys};
use crate::ids::{Fresh, StaffId};
use crate::password::recovery;
use crate::permission::Person;
use crate::seal::{self, Place};
use crate::totp::TotpSecret;
use crate::values;

/// A person's app.
#[derive(Clone, Debug)]
pub struct Authenticator {
    /// What it shares with the studio.
    pub secret: TotpSecret,
    /// The step of the last code that was taken; nothing until a first one has shown that the app works.
    pub last_step: Option<u64>,
}

fn place(staff: StaffId) -> Place<'static> {
    Place { table: "authenticators", row: staff.0, column: "sealed" }
}

/// The app of a person, whether it has shown that it works or not.
///
/// # Errors
/// The store's.
pub fn authenticator(tx: &mut Tx<'_>, vault: &Vault, staff: StaffId) -> Result<Option<Authenticator>, Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select wrapped_key, sealed, last_step from authenticators where staff_id = $1 and chain_id = $2",
        values![staff, chain],
    )?;
    let Some(mut row) = row else { return Ok(None) };
    let (wrapped, sealed): (Vec<u8>, Vec<u8>) = (row.take()?, row.take()?);
    let last_step: Option<i64> = row.take()?;
    let plain = seal::open(&vault.key(staff.0, &wrapped)?, place(staff), &sealed).map_err(broken)?;
    let secret = TotpSecret::from_bytes(&plain)
        .ok_or_else(|| Error::Broken("a secret of an app has another length".to_owned()))?;
    Ok(Some(Authenticator { secret, last_step: last_step.and_then(|s| u64::try_from(s).ok()) }))
}

/// Whether a person is asked for a code after the password.
///
/// # Errors
/// The store's.
pub fn is_on(tx: &mut Tx<'_>, staff: StaffId) -> Result<bool, Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select 1 from authenticators where staff_id = $1 and chain_id = $2 and last_step is not null",
        values![staff, chain],
    )?;
    Ok(row.is_some())
}

/// Whether a person has more than a password to show who they are: an app in use, or a passkey.
///
/// # Errors
/// The store's.
pub fn stands(tx: &mut Tx<'_>, staff: StaffId) -> Result<bool, Error> {
    Ok(is_on(tx, staff)? || !passkeys::of(tx, Person::Staff(staff))?.is_empty())
}

/// Begins to use an app: a new secret in the place of one that never was confirmed.
///
/// # Errors
/// [`Error::Exists`] where an app is in use already.
pub fn begin(tx: &mut Tx<'_>, vault: &Vault, staff: StaffId, fresh: &mut Fresh<'_>) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "delete from authenticators where staff_id = $1 and chain_id = $2 and last_step is null",
        values![staff, chain],
    )?;
    let secret = TotpSecret::new(&mut fresh.rng);
    let (key, wrapped) = vault.new_key(staff.0, fresh);
    let sealed = seal::seal(&key, place(staff), secret.bytes(), &mut fresh.rng);
    tx.execute(
        "insert into authenticators (staff_id, chain_id, wrapped_key, sealed, made_us) values ($1, $2, $3, $4, $5)",
        values![staff, chain, wrapped, sealed, fresh.now_us()],
    )
    .map(|_| ())
}

/// Whether a code is the app's now and was not used before; it is used from here on. The first confirms the app.
///
/// # Errors
/// The store's.
pub fn take_code(
    tx: &mut Tx<'_>,
    vault: &Vault,
    staff: StaffId,
    code: &str,
    now_us: i64,
) -> Result<bool, Error> {
    let Some(app) = authenticator(tx, vault, staff)? else { return Ok(false) };
    let now_s = u64::try_from(now_us / 1_000_000).unwrap_or(0);
    let Some(step) = app.secret.check(code, now_s, app.last_step) else { return Ok(false) };
    // Of two requests with one code the second finds the step taken.
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    let taken = tx.execute(
        "update authenticators set last_step = $1 where staff_id = $2 and (last_step is null or last_step < $1)",
        values![step, staff],
    )?;
    Ok(taken == 1)
}

/// Ends the use of an app, with the recovery codes that stand in for it.
///
/// # Errors
/// The store's.
pub fn remove(tx: &mut Tx<'_>, staff: StaffId) -> Result<(), Error> {
    tx.execute("delete from authenticators where staff_id = $1", values![staff])?;
    tx.execute("delete from recovery_codes where staff_id = $1", values![staff]).map(|_| ())
}

/// New recovery codes, to show once; the old ones are worthless.
///
/// # Errors
/// The store's.
pub fn new_recovery_codes(
    tx: &mut Tx<'_>,
    staff: StaffId,
    fresh: &mut Fresh<'_>,
) -> Result<[String; recovery::CODES], Error> {
    let chain = tx.chain()?;
    let codes = recovery::new_codes(&mut fresh.rng);
    tx.execute("delete from recovery_codes where staff_id = $1", values![staff])?;
    for code in &codes {
        let hash = recovery::kept(code).ok_or_else(|| Error::Broken("a new code is none".to_owned()))?;
        tx.execute(
            "insert into recovery_codes (code_hash, chain_id, staff_id) values ($1, $2, $3)",
            values![hash.as_slice(), chain, staff],
        )?;
    }
    Ok(codes)
}

/// How many recovery codes a person has left.
///
/// # Errors
/// The store's.
pub fn recovery_codes_left(tx: &mut Tx<'_>, staff: StaffId) -> Result<i64, Error> {
    let row = tx.query_one("select count(*) from recovery_codes where staff_id = $1", values![staff])?;
    row.map_or(Ok(0), |mut row| row.take())
}

/// Whether a typed code is one of the person's; it is gone from here on.
///
/// # Errors
/// The store's.
pub fn take_recovery_code(tx: &mut Tx<'_>, staff: StaffId, typed: &str) -> Result<bool, Error> {
    let Some(hash) = recovery::kept(typed) else { return Ok(false) };
    let taken = tx.execute(
        "delete from recovery_codes where staff_id = $1 and code_hash = $2",
        values![staff, hash.as_slice()],
    )?;
    Ok(taken == 1)
}
