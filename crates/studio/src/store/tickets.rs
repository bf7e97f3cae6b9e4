//! Tickets: what lets somebody do one thing once and soon. The store keeps a hash; who holds the text may use it.

use uuid::Uuid;

use super::practice::unword;
use super::{Error, Tx};
use crate::ids::{ClientId, Fresh};
use crate::practice::Staff;
use crate::span::{DAY_US, MINUTE_US};
use crate::token;
use crate::values;

/// What a ticket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The password was right, and the code is still to come.
    SecondStep,
    /// A passkey is being made or shown; the body is what the answer is checked against.
    Passkey,
    /// Somebody may choose the password of a new or forgotten account of the staff.
    Invitation,
    /// A client may sign in.
    ClientLink,
}

impl Kind {
    /// How long it is good: what a person does at once ten minutes, a client's link twenty, an invitation a week
    /// (assumptions; OWASP ASVS 5.0, 6.5.5 asks for ten minutes at most for codes out of band, NIST SP 800-63B-4 section
    /// 3.1.3.2 allows a link by e-mail for no second factor and sets no time for it).
    pub fn life_us(self) -> i64 {
        match self {
            Kind::SecondStep | Kind::Passkey => 10 * MINUTE_US,
            Kind::ClientLink => 20 * MINUTE_US,
            Kind::Invitation => 7 * DAY_US,
        }
    }
}

/// The job that mails an invitation; it is about the person of the staff.
pub const MAIL_INVITATION: &str = "mail.invitation";
/// The job that mails a client's link; it is about the client.
pub const MAIL_CLIENT_LINK: &str = "mail.client_link";

/// A ticket that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whom it is for.
    pub about: Option<Uuid>,
    /// What else was written on it.
    pub body: Vec<u8>,
    /// First instant at which it is good no longer, UTC microseconds.
    pub ends_us: i64,
}

/// Issues a ticket; gives its text, to hand out and never to keep. Those of the chain that are over are forgotten.
///
/// # Errors
/// The store's.
pub fn issue(
    tx: &mut Tx<'_>,
    kind: Kind,
    about: Option<Uuid>,
    body: &[u8],
    fresh: &mut Fresh<'_>,
) -> Result<String, Error> {
    let chain = tx.chain()?;
    let text = token::new(&mut fresh.rng);
    let hash = token::kept(&text).ok_or_else(|| Error::Broken("a new token is none".to_owned()))?;
    tx.execute("delete from tickets where chain_id = $1 and ends_us <= $2", values![chain, fresh.now_us()])?;
    tx.execute(
        "insert into tickets (token_hash, chain_id, kind, about_id, body, ends_us) values ($1, $2, $3, $4, $5, $6)",
        values![hash.as_slice(), chain, unword(&kind)?, about, body, fresh.now_us() + kind.life_us()],
    )?;
    Ok(text.to_string())
}

/// The ticket of a text, left as it is.
///
/// # Errors
/// The store's.
pub fn look(tx: &mut Tx<'_>, kind: Kind, text: &str, now_us: i64) -> Result<Option<Ticket>, Error> {
    one(tx, "select about_id, body, ends_us from tickets where", "", kind, text, now_us)
}

/// Takes the ticket of a text: it is good once.
///
/// # Errors
/// The store's.
pub fn take(tx: &mut Tx<'_>, kind: Kind, text: &str, now_us: i64) -> Result<Option<Ticket>, Error> {
    one(tx, "delete from tickets where", " returning about_id, body, ends_us", kind, text, now_us)
}

fn one(
    tx: &mut Tx<'_>,
    before: &str,
    after: &str,
    kind: Kind,
    text: &str,
    now_us: i64,
) -> Result<Option<Ticket>, Error> {
    let Some(hash) = token::kept(text) else { return Ok(None) };
    let chain = tx.chain()?;
    let sql = format!("{before} token_hash = $1 and chain_id = $2 and kind = $3 and ends_us > $4{after}");
    let row = tx.query_one(&sql, values![hash.as_slice(), chain, unword(&kind)?, now_us])?;
    row.map(|mut row| Ok(Ticket { about: row.take()?, body: row.take()?, ends_us: row.take()? })).transpose()
}

/// Makes the tickets of one kind for one person worthless, as when a newer one is issued.
///
/// # Errors
/// The store's.
pub fn withdraw(tx: &mut Tx<'_>, kind: Kind, about: Uuid) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "delete from tickets where about_id = $1 and chain_id = $2 and kind = $3",
        values![about, chain, unword(&kind)?],
    )
    .map(|_| ())
}

/// Whether a client may be mailed one more link: at most three that are still to be used stand at once (assumption), so that
/// nobody is buried in mails by somebody else.
///
/// # Errors
/// The store's.
pub fn client_may_ask(tx: &mut Tx<'_>, client: ClientId, now_us: i64) -> Result<bool, Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select count(*) from jobs where about_id = $1 and chain_id = $2 and kind = $3 and due_us > $4",
        values![client, chain, MAIL_CLIENT_LINK, now_us - Kind::ClientLink.life_us()],
    )?;
    let asked: i64 = row.map_or(Ok(0), |mut row| row.take())?;
    Ok(asked < 3)
}

/// The link by which a client signs in; for the job that mails it, so that its text is kept nowhere.
///
/// # Errors
/// The store's.
pub fn client_link(tx: &mut Tx<'_>, client: ClientId, fresh: &mut Fresh<'_>) -> Result<String, Error> {
    issue(tx, Kind::ClientLink, Some(client.0), &[], fresh)
}

/// The link by which a person of the staff chooses a password; an earlier one is good no longer.
///
/// # Errors
/// The store's.
pub fn invitation(tx: &mut Tx<'_>, person: &Staff, fresh: &mut Fresh<'_>) -> Result<String, Error> {
    withdraw(tx, Kind::Invitation, person.id.0)?;
    issue(tx, Kind::Invitation, Some(person.id.0), &[], fresh)
}
