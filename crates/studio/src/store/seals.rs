//! Seals of the history: whoever holds the master key can tell whether what was written stands as it was written.
//!
//! Every few minutes the events of a chain that are under no seal yet become the leaves of a Merkle tree ([`crate::merkle`]),
//! in the order of their ids, every column as the store has it. One row keeps their number and the tree's root, follows the
//! row before it by its hash, and is signed with a key that the store has only wrapped. The newest seal is kept with the
//! files as well ([`crate::files::Files::put_checkpoint`]), so that events cut off together with their seals are missed.
//! Checksums of rows would not tell that a row is gone (openemr/openemr#12118; #12122 asks for one that rolls on). A change
//! pays nothing for it: no lock, no row, no index.
//!
//! What was changed before it was sealed stays unseen, and so does an older database put back together with its older
//! checkpoint, by somebody who reaches both: who noted a later seal elsewhere, or has a backup, can tell.

use std::collections::BTreeMap;

use hkdf::Hkdf;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::backup::{Place, reading, row_bytes};
use super::jobs::{self, NewJob};
use super::vault::Vault;
use super::{Error, FromValue as _, Row, Tx, practice};
use crate::ids::{ChainId, Fresh};
use crate::merkle::{Hash, Tree};
use crate::practice::Chain;
use crate::seal::blind::hmac;
use crate::seal::master::MasterKeys;
use crate::seal::{DataKey, KEY_BYTES};
use crate::span::MINUTE_US;
use crate::values;

/// The job that makes one; it is about the chain.
pub const SEAL: &str = "history.seal";
/// How often at most (an assumption: what somebody changes within that time and [`LOOK_BACK_US`] is not noticed).
const EVERY_US: i64 = 10 * MINUTE_US;
/// How far behind the present, and behind the begin of every transaction under way, a seal ends: an event has the time of
/// the clock of the process that wrote it, and processes' clocks differ (assumption: by less than that).
const LOOK_BACK_US: i64 = MINUTE_US;

/// What a leaf is made of. Seals stand on it: a column that comes later needs seals of a second kind.
const EVENT: &str = "id, chain_id, studio_id, thing, thing_id, at_us, actor, actor_id, what, why, sealed";
const COLUMNS: &str = "chain_id, number, until_us, events, root, previous, mac";
/// What every seal begins with as bytes.
const KIND: &[u8] = b"hairline seal 1\n";

/// What a chain's seals are signed with; it never shows itself and is wiped when dropped.
pub(super) struct SealKey(Zeroizing<[u8; KEY_BYTES]>);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(…)")
    }
}

impl SealKey {
    pub(super) fn new(chain_key: &DataKey) -> SealKey {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Hkdf::<Sha256>::new(None, chain_key.0.as_slice())
            .expand(b"hairline seals of history 1", key.as_mut_slice())
            .expect("32 bytes are always to be had");
        SealKey(key)
    }

    fn mac(&self, seal: &Seal) -> Hash {
        hmac(self.0.as_slice(), &[&seal.signed()])
    }
}

/// A seal over the events of a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Whose history.
    pub chain: ChainId,
    /// From 1, without a gap.
    pub number: i64,
    /// Where it ends and the next begins: right after the id of its last event was made, UTC microseconds.
    pub until_us: i64,
    /// How many events.
    pub events: i64,
    /// Root of their tree.
    pub root: Hash,
    /// Hash of the seal before it; zeros in the first.
    pub previous: Hash,
    /// HMAC-SHA-256 of all that.
    pub mac: Hash,
}

impl Seal {
    /// Every part has a fixed length, so different seals never give the same bytes.
    fn signed(&self) -> Vec<u8> {
        let numbers = [self.number, self.until_us, self.events].map(i64::to_be_bytes).concat();
        [KIND, self.chain.0.as_bytes(), &numbers, &self.root, &self.previous].concat()
    }

    /// The seal as it is kept outside the database.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.signed().as_slice(), &self.mac].concat()
    }

    /// The seal again; `None` where the bytes are none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Seal> {
        let (chain, rest) = bytes.strip_prefix(KIND)?.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (until_us, rest) = rest.split_first_chunk()?;
        let (events, rest) = rest.split_first_chunk()?;
        let (root, rest) = rest.split_first_chunk()?;
        let (previous, mac) = rest.split_first_chunk()?;
        Some(Seal {
            chain: ChainId(Uuid::from_bytes(*chain)),
            number: i64::from_be_bytes(*number),
            until_us: i64::from_be_bytes(*until_us),
            events: i64::from_be_bytes(*events),
            root: *root,
            previous: *previous,
            mac: mac.try_into().ok()?,
        })
    }

    /// SHA-256 of the whole seal.
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.to_bytes()).into()
    }
}

fn read(mut row: Row) -> Result<Seal, Error> {
    let (chain, number, until_us, events) = (row.take()?, row.take()?, row.take()?, row.take()?);
    // What has another length was changed; as zeros it is found out like every other change.
    let mut hash = || row.take::<Vec<u8>>().map(|bytes| bytes.try_into().unwrap_or_default());
    Ok(Seal { chain, number, until_us, events, root: hash()?, previous: hash()?, mac: hash()? })
}

/// The first id that can be made at an instant.
fn first_id(us: i64) -> Uuid {
    Uuid::from_u128(u128::try_from(us / 1000).unwrap_or(0) << 80)
}

/// When an id was made, UTC microseconds.
fn made_us(id: Uuid) -> i64 {
    i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX).saturating_mul(1000)
}

/// What an event is called, and the time that it says.
fn id_and_time(row: &Row) -> Result<(Uuid, i64), Error> {
    let column = |i: usize| row.values.as_slice().get(i).cloned();
    let found = column(0).and_then(Uuid::from_value).zip(column(5).and_then(i64::from_value));
    found.ok_or_else(|| Error::Broken("an event has no id, or no time".to_owned()))
}

/// Asks for a seal, if there is something to seal and none was asked for lately.
///
/// # Errors
/// The store's.
pub fn ask(tx: &mut Tx<'_>, fresh: &mut Fresh<'_>) -> Result<(), Error> {
    let (chain, now_us) = (tx.chain()?, fresh.now_us());
    let asked = tx.query_one(
        "select 1 from jobs where about_id = $1 and chain_id = $1 and kind = $2 and (done_us is null or due_us > $3) limit 1",
        values![chain, SEAL, now_us - EVERY_US],
    )?;
    if asked.is_some() {
        return Ok(());
    }
    let from_us = newest(tx)?.map_or(0, |seal| seal.until_us);
    let open = tx.query_one(
        "select 1 from events where chain_id = $1 and id >= $2 and id < $3 limit 1",
        values![chain, first_id(from_us), first_id(now_us - LOOK_BACK_US)],
    )?;
    match open {
        None => Ok(()),
        Some(_) => {
            let job = NewJob { kind: SEAL, about: chain.0, body: String::new(), due_us: now_us };
            jobs::add(tx, &[job], fresh)
        }
    }
}

/// Up to when the history can be sealed now, UTC microseconds: whatever is still to be kept is later. To be asked in a
/// transaction before the one of [`next`], which so sees everything that was under way and is kept meanwhile.
///
/// # Errors
/// The store's.
pub fn boundary_us(tx: &mut Tx<'_>, now_us: i64) -> Result<i64, Error> {
    let begun_us = tx.oldest_begun_us()?.map_or(now_us, |us| us.min(now_us));
    Ok(begun_us - LOOK_BACK_US)
}

/// The newest seal.
///
/// # Errors
/// The store's.
pub fn newest(tx: &mut Tx<'_>) -> Result<Option<Seal>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from seals where chain_id = $1 order by number desc limit 1");
    tx.query_one(&sql, values![chain])?.map(read).transpose()
}

/// The seal that comes next, over everything up to an instant ([`boundary_us`]); `None` where nothing happened. It may be
/// made in a transaction that only reads, for as long as that takes, and becomes one by [`keep`].
///
/// # Errors
/// [`Error::Broken`] where the database does not have the seal that is kept `outside`: a seal more would hide that. The
/// store's.
pub fn next(
    tx: &mut Tx<'_>,
    vault: &Vault,
    outside: Option<&[u8]>,
    until_us: i64,
) -> Result<Option<Seal>, Error> {
    let chain = tx.chain()?;
    let last = newest(tx)?;
    let sql = format!("select {COLUMNS} from seals where chain_id = $1 and number = $2");
    let there = |number| tx.query_one(&sql, values![chain, number])?.map(read).transpose();
    if let Some(why) = missed(outside, last.as_ref(), there)? {
        return Err(Error::Broken(format!("the history is not sealed on: {why}")));
    }
    let from_us = last.as_ref().map_or(0, |seal| seal.until_us);
    let (mut tree, mut newest_us) = (Tree::default(), from_us);
    tx.each(
        &format!("select {EVENT} from events where chain_id = $1 and id >= $2 and id < $3 order by id"),
        values![chain, first_id(from_us), first_id(until_us)],
        |row| {
            newest_us = made_us(id_and_time(&row)?.0);
            tree.push(&row_bytes(row.values));
            Ok(())
        },
    )?;
    if tree.count() == 0 {
        return Ok(None);
    }
    let mut seal = Seal {
        chain,
        number: last.as_ref().map_or(0, |seal| seal.number) + 1,
        // Not a moment longer: a clock that was wrong for an hour does not seal what comes in that hour.
        until_us: newest_us + 1000,
        events: i64::try_from(tree.count()).unwrap_or(i64::MAX),
        root: tree.root(),
        previous: last.as_ref().map_or([0; 32], Seal::hash),
        mac: [0; 32],
    };
    seal.mac = vault.seals().mac(&seal);
    Ok(Some(seal))
}

/// Keeps a seal; `false` where another process was faster, whose seal then stands.
///
/// # Errors
/// The store's.
pub fn keep(tx: &mut Tx<'_>, seal: &Seal) -> Result<bool, Error> {
    let Seal { chain, number, until_us, events, root, previous, mac } = seal;
    tx.execute(
        &format!(
            "insert into seals ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7) on conflict (chain_id, number) do nothing"
        ),
        values![*chain, *number, *until_us, *events, root.as_slice(), previous.as_slice(), mac.as_slice()],
    )
    .map(|rows| rows == 1)
}

/// What is wrong between the seal outside and those in the database.
fn missed(
    outside: Option<&[u8]>,
    newest: Option<&Seal>,
    there: impl FnOnce(i64) -> Result<Option<Seal>, Error>,
) -> Result<Option<String>, Error> {
    let Some(outside) = outside else { return Ok(None) };
    let Some(outside) = Seal::from_bytes(outside) else {
        return Ok(Some("what is kept with the files in place of a seal is none".to_owned()));
    };
    let (number, last) = (outside.number, newest.map_or(0, |seal| seal.number));
    Ok(match there(number)? {
        Some(seal) if seal == outside => None,
        None if number > last => Some(format!(
            "the newest seals were cut off: the files know {number}, the database ends with {last}"
        )),
        _ => Some(format!("seal {number} is not the one that the files know")),
    })
}

/// What a look at the history of one chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// How much is sealed, and since when what is not, in sentences.
    pub said: String,
    /// What is wrong, one sentence each.
    pub faults: Vec<String>,
}

/// Looks over the histories of a store or a backup: whether every event stands as it was sealed, and every seal as it was
/// made. `outside` are the seals kept with its files, by chain, read before this is asked; without the master key signatures
/// are not checked, and whoever can write to the database could have made the seals anew.
///
/// # Errors
/// Where it cannot be read at all.
pub fn look(
    place: &Place,
    master: Option<&MasterKeys>,
    outside: &BTreeMap<Uuid, Vec<u8>>,
) -> Result<Vec<History>, Error> {
    reading(place, |tx| {
        let chains = practice::chains(tx)?;
        chains.iter().map(|chain| look_at(tx, chain, master, outside.get(&chain.id.0))).collect()
    })
}

fn look_at(
    tx: &mut Tx<'_>,
    chain: &Chain,
    master: Option<&MasterKeys>,
    outside: Option<&Vec<u8>>,
) -> Result<History, Error> {
    let sql = format!("select {COLUMNS} from seals where chain_id = $1 order by number");
    let seals: Vec<Seal> =
        tx.query(&sql, values![chain.id])?.into_iter().map(read).collect::<Result<_, _>>()?;
    let mut faults = Vec::new();
    let key = master.map(|master| master.unwrap(&chain.wrapped_key, chain.id.0)).transpose();
    let key = key.unwrap_or_else(|e| {
        faults.push(e.to_string());
        None
    });
    let key = key.as_ref().map(SealKey::new);
    let stand = standing(&seals, key.as_ref(), &mut faults);
    let there = |number| Ok(seals.iter().find(|seal| seal.number == number).cloned());
    faults.extend(missed(outside.map(Vec::as_slice), seals.last(), there)?);
    // The first one may be on its way to the files.
    if outside.is_none() && seals.len() > 1 {
        faults
            .push("no seal is kept with the files: whether the newest were cut off is not known".to_owned());
    }
    let mut over = Over { seals: &seals, stand, at: 0, tree: Tree::default(), moved: None, open: 0, faults };
    let sql = format!("select {EVENT} from events where chain_id = $1 order by id");
    tx.each(&sql, values![chain.id], |row| over.take(row))?;
    while over.at < seals.len() {
        over.close();
    }
    let Over { open, mut faults, .. } = over;
    faults.iter_mut().for_each(|fault| *fault = format!("history of {}: {fault}", chain.name));
    let mut said = match seals.last() {
        None => format!("History of {}: no event is sealed yet; there are {open}.", chain.name),
        Some(seal) => format!(
            "History of {}: sealed until {} (events {}, seals {}, the newest {}); not sealed since then: {open}.",
            chain.name,
            when(seal.until_us),
            seals.iter().map(|seal| seal.events).sum::<i64>(),
            seals.len(),
            seal.hash()[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        ),
    };
    if key.is_none() && !seals.is_empty() {
        said += " Who made the seals is not known without the master key.";
    }
    Ok(History { said, faults })
}

/// Which seals stand as they were made, each after the one before it.
fn standing(seals: &[Seal], key: Option<&SealKey>, faults: &mut Vec<String>) -> Vec<bool> {
    let (mut last, mut hash, mut last_genuine) = (0, [0; 32], true);
    let mut stand = Vec::with_capacity(seals.len());
    for seal in seals {
        let number = seal.number;
        let genuine = key.is_none_or(|key| key.mac(seal) == seal.mac);
        let follows = number == last + 1 && seal.previous == hash;
        if number != last + 1 {
            faults.push(format!("seals are missing between {last} and {number}"));
        }
        if !genuine {
            faults.push(format!("seal {number} was altered, or made by somebody without the master key"));
        } else if number == last + 1 && !follows && last_genuine {
            faults.push(format!("seal {last} was altered: the one after it was made for another"));
        }
        stand.push(genuine && follows);
        (last, hash, last_genuine) = (number, seal.hash(), genuine);
    }
    stand
}

/// Events under their seals, as they are read in the order of their ids.
struct Over<'a> {
    seals: &'a [Seal],
    stand: Vec<bool>,
    /// Which seal the events at hand are under.
    at: usize,
    tree: Tree,
    /// The first of them that says another time than its id was made at.
    moved: Option<(Uuid, i64)>,
    /// Events that are under no seal yet.
    open: u64,
    faults: Vec<String>,
}

impl Over<'_> {
    fn take(&mut self, row: Row) -> Result<(), Error> {
        let (id, at_us) = id_and_time(&row)?;
        while self.seals.get(self.at).is_some_and(|seal| id >= first_id(seal.until_us)) {
            self.close();
        }
        if self.at == self.seals.len() {
            self.open += 1;
            return Ok(());
        }
        // Ids of one transaction count on by at most a few milliseconds.
        if made_us(id).abs_diff(at_us) > 1_000_000 {
            self.moved.get_or_insert((id, at_us));
        }
        self.tree.push(&row_bytes(row.values));
        Ok(())
    }

    /// Holds the events at hand against their seal, and goes on to the next.
    fn close(&mut self) {
        let (tree, moved) = (std::mem::take(&mut self.tree), self.moved.take());
        let i = self.at;
        self.at += 1;
        let Seal { number, events, until_us, root, .. } = &self.seals[i];
        let found = i64::try_from(tree.count()).unwrap_or(i64::MAX);
        // Beside a seal that was altered it is not known what it was over.
        if !self.stand[i] || (found, tree.root()) == (*events, *root) {
            return;
        }
        let from = i.checked_sub(1).map(|i| format!("from {} ", when(self.seals[i].until_us)));
        let what = match (found - events, moved) {
            (..0, _) => format!("{} of its {events} events gone: deleted, or moved away", events - found),
            (1.., _) => format!(
                "{found} events where {events} were sealed: added later, or by a computer whose clock was slow"
            ),
            (0, Some((id, at_us))) => format!(
                "event {id} moved in time: it says {} and was made {}",
                when(at_us),
                when(made_us(id))
            ),
            (0, None) => format!("an event altered, or the order of its {events} events"),
        };
        let from = from.unwrap_or_default();
        self.faults.push(format!("seal {number} ({from}until {}): {what}", when(*until_us)));
    }
}

fn when(us: i64) -> String {
    Timestamp::from_microsecond(us).map_or_else(|_| format!("{us} µs"), |at| at.to_string())
}
