//! The first chain of an empty store, written as its first owner set it up.

use std::sync::Arc;

use super::events::{self, Event, Who};
use super::{Error, Store, Tx, Vault, practice, sign_in};
use crate::ids::{ChainId, Fresh, ResourceId};
use crate::practice::Practice;
use crate::seal::master::MasterKeys;

/// Writes a practice that was set up into an empty store, with the password of its first person (the owner). `false` where
/// somebody was faster: a store is set up once.
///
/// # Errors
/// The store's; nothing is kept then.
pub fn first_chain(
    tx: &mut Tx<'_>,
    practice: &Practice,
    password_hash: &str,
    fresh: &mut Fresh<'_>,
) -> Result<bool, Error> {
    // Of several processes that are asked at once, one sets the store up.
    tx.lock(&[ResourceId(uuid::Uuid::nil())])?;
    if !practice::chains(tx)?.is_empty() {
        return Ok(false);
    }
    let now_us = fresh.now_us();
    practice::add_chain(tx, &practice.chain, now_us)?;
    practice.studios.iter().try_for_each(|studio| practice::add_studio(tx, studio))?;
    for person in &practice.staff {
        let ids: Vec<uuid::Uuid> = person.posts.iter().map(|_| fresh.id()).collect();
        practice::add_staff(tx, person, &ids)?;
    }
    practice.rooms.iter().try_for_each(|room| practice::add_room(tx, room))?;
    practice.services.iter().try_for_each(|service| practice::add_service(tx, service))?;
    practice.hours.iter().try_for_each(|working| practice::add_hours(tx, working))?;
    if let Some(owner) = practice.staff.first() {
        sign_in::set_password(tx, owner.id, password_hash, now_us)?;
    }
    let event = Event {
        studio: None,
        thing: "chain",
        thing_id: practice.chain.id.0,
        what: "set_up",
        why: None,
        sealed: None,
    };
    let id = fresh.id();
    events::add(tx, id, &Who::Program, &event, now_us)?;
    Ok(true)
}

/// The chain of a store, if one is set up.
///
/// # Errors
/// The store's.
pub fn there(store: &Store) -> Result<Option<ChainId>, Error> {
    Ok(store.read(None, practice::chains)?.first().map(|chain| chain.id))
}

/// [`first_chain`] in a transaction of its own, in which the chain gets its key.
///
/// # Errors
/// The store's.
pub fn set_up(
    store: &Store,
    master: &Arc<MasterKeys>,
    mut practice: Practice,
    password_hash: String,
    now: jiff::Timestamp,
) -> Result<bool, Error> {
    let chain = practice.chain.id;
    let mut rng = crate::seal::system_random();
    practice.chain.wrapped_key = Vault::new_chain_key(master, chain, &mut Fresh::new(now, &mut rng));
    store.write(Some(chain), move |tx| {
        let mut rng = crate::seal::system_random();
        first_chain(tx, &practice, &password_hash, &mut Fresh::new(now, &mut rng))
    })
}
