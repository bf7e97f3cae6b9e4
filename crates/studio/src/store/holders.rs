//! Who keeps times without having said who they are: so many at once, from one address and from one browser.

use super::{Error, Tx};
use crate::booking::Rules;
use crate::ids::{AppointmentId, ResourceId};
use crate::seal::blind::Token;
use crate::store::Vault;
use crate::values;

/// A visitor, by hashes that mean nothing outside the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    address: Token,
    browser: Option<Token>,
}

impl Holder {
    /// The visitor from an address, with what their browser holds, if it holds anything.
    pub fn new(vault: &Vault, address: &str, browser: Option<&str>) -> Holder {
        let token = |kind: &str, text: &str| vault.blind().visitor(&format!("{kind} {text}"));
        Holder { address: token("address", address), browser: browser.map(|b| token("browser", b)) }
    }
}

/// Whether a visitor may keep one more time. To be asked before anything else is locked: two that ask at once from one
/// address come one after the other.
///
/// # Errors
/// The store's.
pub fn may_hold(tx: &mut Tx<'_>, holder: &Holder, rules: &Rules, now_us: i64) -> Result<bool, Error> {
    tx.lock(&[ResourceId(uuid::Uuid::from_bytes(holder.address))])?;
    let from_address = count(tx, "address", holder.address, now_us)?;
    let in_browser = match holder.browser {
        Some(browser) => count(tx, "browser", browser, now_us)?,
        None => 0,
    };
    Ok(from_address < i64::from(rules.holds_per_address) && in_browser < i64::from(rules.holds_per_browser))
}

fn count(tx: &mut Tx<'_>, which: &str, token: Token, now_us: i64) -> Result<i64, Error> {
    let chain = tx.chain()?;
    let sql = format!(
        "select count(*) from holders h join appointments a on a.id = h.appointment_id \
         where h.chain_id = $1 and h.{which} = $2 and h.expires_us > $3 and a.status = 'hold'"
    );
    tx.query_one(&sql, values![chain, token.as_slice(), now_us])?.ok_or(Error::Reference)?.take()
}

/// Notes who keeps a time, until the hold ends.
///
/// # Errors
/// The store's.
pub fn note(tx: &mut Tx<'_>, held: AppointmentId, holder: &Holder, expires_us: i64) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into holders (appointment_id, chain_id, address, browser, expires_us) values ($1, $2, $3, $4, $5)",
        values![held, chain, holder.address.as_slice(), holder.browser.map(|b| b.to_vec()), expires_us],
    )
    .map(|_| ())
}

/// Forgets those whose time has run out.
///
/// # Errors
/// The store's.
pub fn forget(tx: &mut Tx<'_>, now_us: i64) -> Result<u64, Error> {
    let chain = tx.chain()?;
    tx.execute("delete from holders where chain_id = $1 and expires_us <= $2", values![chain, now_us])
}
