//! The practice in the store: read as a whole, changed row by row; every change raises the chain's version.

use super::{Error, Row, Tx};
use crate::ids::ChainId;
use crate::practice::{Chain, Practice, Price, Room, Service, Staff, Studio, Subscriber, Working};
use crate::values;

/// Every chain of the store, by name. For transactions of the system.
///
/// # Errors
/// The store's.
pub fn chains(tx: &mut Tx<'_>) -> Result<Vec<Chain>, Error> {
    tx.query("select id, name, host, version, demo, settings, wrapped_key from chains order by name", &[])?
        .into_iter()
        .map(chain)
        .collect()
}

fn chain(mut row: Row) -> Result<Chain, Error> {
    Ok(Chain {
        id: row.take()?,
        name: row.take()?,
        host: row.take()?,
        version: row.take()?,
        demo: row.take()?,
        settings: json(&row.take::<String>()?)?,
        wrapped_key: row.take()?,
    })
}

/// Adds a chain. For transactions of the system.
///
/// # Errors
/// [`Error::Exists`] where another chain has the id or host.
pub fn add_chain(tx: &mut Tx<'_>, chain: &Chain, now_us: i64) -> Result<(), Error> {
    tx.execute(
        "insert into chains (id, name, host, version, demo, settings, wrapped_key, made_us) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        values![
            chain.id,
            &chain.name,
            chain.host.clone(),
            chain.version,
            chain.demo,
            text(&chain.settings)?,
            chain.wrapped_key.clone(),
            now_us
        ],
    )
    .map(|_| ())
}

/// The chain's version: what [`read`] would find anew when it differs from what was read.
///
/// # Errors
/// The store's; [`Error::Reference`] where the chain is not there.
pub fn version(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let id = tx.chain()?;
    let row = tx.query_one("select version from chains where id = $1", values![id])?;
    row.ok_or(Error::Reference)?.take()
}

/// Raises the chain's version: to be called by whatever changes the practice, once per transaction.
///
/// # Errors
/// The store's.
pub fn changed(tx: &mut Tx<'_>) -> Result<(), Error> {
    let id = tx.chain()?;
    tx.execute("update chains set version = version + 1 where id = $1", values![id])?;
    tx.notify(&format!("practice {id}"))
}

/// Writes the chain's rules over what was there. `false` where somebody else changed the practice meanwhile: `version` is
/// the chain's version that was read.
///
/// # Errors
/// The store's.
pub fn change_settings(
    tx: &mut Tx<'_>,
    settings: &crate::practice::Settings,
    version: i64,
) -> Result<bool, Error> {
    let id = tx.chain()?;
    let sql = "update chains set settings = $1 where id = $2 and version = $3";
    let kept = tx.execute(sql, values![text(settings)?, id, version])? == 1;
    if kept {
        changed(tx)?;
    }
    Ok(kept)
}

/// The whole practice of the transaction's chain.
///
/// # Errors
/// The store's; [`Error::Broken`] where a row cannot be read.
pub fn read(tx: &mut Tx<'_>) -> Result<Practice, Error> {
    let id = tx.chain()?;
    let row = tx.query_one(
        "select id, name, host, version, demo, settings, wrapped_key from chains where id = $1",
        values![id],
    )?;
    Ok(Practice {
        chain: chain(row.ok_or(Error::Reference)?)?,
        studios: studios(tx, id)?,
        staff: staff(tx, id)?,
        rooms: rooms(tx, id)?,
        services: services(tx, id)?,
        hours: hours(tx, id)?,
        prices: prices(tx, id)?,
        webhooks: webhooks(tx, id)?,
    })
}

fn webhooks(tx: &mut Tx<'_>, id: ChainId) -> Result<Vec<Subscriber>, Error> {
    let sql = "select id, studio_id from webhooks where chain_id = $1 order by made_us, id";
    all(tx, sql, id, |row| Ok(Subscriber { id: row.take()?, studio: row.take()? }))
}

/// Reads every row of an answer with `read`.
fn all<T>(
    tx: &mut Tx<'_>,
    sql: &str,
    id: ChainId,
    read: impl Fn(&mut Row) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    tx.query(sql, values![id])?.into_iter().map(|mut row| read(&mut row)).collect()
}

fn studios(tx: &mut Tx<'_>, id: ChainId) -> Result<Vec<Studio>, Error> {
    let sql = "select id, slug, name, zone, latitude_deg, longitude_deg, street, postcode, city, country, phone, email, \
               currency, about, active, version from studios where chain_id = $1 order by name, id";
    all(tx, sql, id, |row| {
        Ok(Studio {
            id: row.take()?,
            slug: row.take()?,
            name: row.take()?,
            zone: row.take()?,
            latitude_deg: row.take()?,
            longitude_deg: row.take()?,
            street: row.take()?,
            postcode: row.take()?,
            city: row.take()?,
            country: row.take()?,
            phone: row.take()?,
            email: row.take()?,
            currency: row.take()?,
            about: row.take()?,
            active: row.take()?,
            version: row.take()?,
        })
    })
}

fn staff(tx: &mut Tx<'_>, id: ChainId) -> Result<Vec<Staff>, Error> {
    let sql = "select id, name, email, title, about, credentials, practises, daily_cap_min, active, \
               version from staff where chain_id = $1 order by name, id";
    let mut people = all(tx, sql, id, |row| {
        Ok(Staff {
            id: row.take()?,
            name: row.take()?,
            email: row.take()?,
            title: row.take()?,
            about: row.take()?,
            credentials: json(&row.take::<String>()?)?,
            practises: row.take()?,
            daily_cap_min: row.take()?,
            active: row.take()?,
            version: row.take()?,
            posts: Vec::new(),
        })
    })?;
    let sql = "select staff_id, role, studio_id from roles where chain_id = $1 order by id";
    for (person, post) in all(tx, sql, id, |row| {
        let person: crate::ids::StaffId = row.take()?;
        Ok((person, crate::practice::Post { role: word(&row.take::<String>()?)?, studio: row.take()? }))
    })? {
        if let Some(found) = people.iter_mut().find(|p| p.id == person) {
            found.posts.push(post);
        }
    }
    Ok(people)
}

fn rooms(tx: &mut Tx<'_>, id: ChainId) -> Result<Vec<Room>, Error> {
    let sql = "select id, studio_id, name, class, cleaning_min, active, version from rooms where chain_id = $1 \
               order by name, id";
    all(tx, sql, id, |row| {
        Ok(Room {
            id: row.take()?,
            studio: row.take()?,
            name: row.take()?,
            class: row.take()?,
            cleaning_min: row.take()?,
            active: row.take()?,
            version: row.take()?,
        })
    })
}

fn services(tx: &mut Tx<'_>, id: ChainId) -> Result<Vec<Service>, Error> {
    let sql = "select id, kind, name, about, minutes, before_min, after_min, step, notice_min, horizon_days, \
               room_class, own_break, latest_start_min, public, price_minor, active, version from services where chain_id = $1 \
               order by name, id";
    let mut services = all(tx, sql, id, |row| {
        Ok(Service {
            id: row.take()?,
            kind: word(&row.take::<String>()?)?,
            name: row.take()?,
            about: row.take()?,
            minutes: row.take()?,
            before_min: row.take()?,
            after_min: row.take()?,
            step: word(&row.take::<String>()?)?,
            notice_min: row.take()?,
            horizon_days: row.take()?,
            room_class: row.take()?,
            own_break: row.take()?,
            latest_start_min: row.take()?,
            public: row.take()?,
            price_minor: row.take()?,
            active: row.take()?,
            version: row.take()?,
            staff: Vec::new(),
        })
    })?;
    let sql =
        "select service_id, staff_id from service_staff where chain_id = $1 order by service_id, staff_id";
    for (service, person) in all(tx, sql, id, |row| {
        let service: crate::ids::ServiceId = row.take()?;
        Ok((service, row.take()?))
    })? {
        if let Some(found) = services.iter_mut().find(|s| s.id == service) {
            found.staff.push(person);
        }
    }
    Ok(services)
}

fn hours(tx: &mut Tx<'_>, id: ChainId) -> Result<Vec<Working>, Error> {
    let sql = "select studio_id, resource_id, hours, version from hours where chain_id = $1 \
               order by studio_id, resource_id";
    all(tx, sql, id, |row| {
        Ok(Working {
            studio: row.take()?,
            of: row.take()?,
            hours: json(&row.take::<String>()?)?,
            version: row.take()?,
        })
    })
}

fn prices(tx: &mut Tx<'_>, id: ChainId) -> Result<Vec<Price>, Error> {
    let sql = "select studio_id, service_id, price_minor from prices where chain_id = $1 \
               order by studio_id, service_id";
    all(tx, sql, id, |row| Ok(Price { studio: row.take()?, service: row.take()?, price_minor: row.take()? }))
}

/// Adds a studio.
///
/// # Errors
/// [`Error::Exists`] where the chain has one of that id or name in addresses.
pub fn add_studio(tx: &mut Tx<'_>, studio: &Studio) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into studios (id, chain_id, slug, name, zone, latitude_deg, longitude_deg, street, postcode, city, \
         country, phone, email, currency, about, active, version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        values![
            studio.id, chain, &studio.slug, &studio.name, &studio.zone, studio.latitude_deg, studio.longitude_deg,
            &studio.street, &studio.postcode, &studio.city, &studio.country, &studio.phone, &studio.email,
            &studio.currency, &studio.about, studio.active, studio.version
        ],
    )
    .map(|_| ())
}

/// Adds a person with their posts; `post_ids` are fresh ids, one a post.
///
/// # Errors
/// [`Error::Exists`] where the chain has somebody with that id or e-mail.
pub fn add_staff(tx: &mut Tx<'_>, person: &Staff, post_ids: &[uuid::Uuid]) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into staff (id, chain_id, name, email, title, about, credentials, practises, daily_cap_min, \
         active, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        values![
            person.id,
            chain,
            &person.name,
            person.email.to_lowercase(),
            &person.title,
            &person.about,
            text(&person.credentials)?,
            person.practises,
            person.daily_cap_min,
            person.active,
            person.version
        ],
    )?;
    for (post, id) in person.posts.iter().zip(post_ids) {
        tx.execute(
            "insert into roles (id, chain_id, staff_id, studio_id, role) values ($1, $2, $3, $4, $5)",
            values![*id, chain, person.id, post.studio, unword(&post.role)?],
        )?;
    }
    Ok(())
}

/// Adds a room.
///
/// # Errors
/// The store's.
pub fn add_room(tx: &mut Tx<'_>, room: &Room) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into rooms (id, chain_id, studio_id, name, class, cleaning_min, active, version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        values![
            room.id,
            chain,
            room.studio,
            &room.name,
            &room.class,
            room.cleaning_min,
            room.active,
            room.version
        ],
    )
    .map(|_| ())
}

/// Adds a service and who does it.
///
/// # Errors
/// The store's.
pub fn add_service(tx: &mut Tx<'_>, service: &Service) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into services (id, chain_id, kind, name, about, minutes, before_min, after_min, step, notice_min, \
         horizon_days, room_class, own_break, latest_start_min, public, price_minor, active, version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        values![
            service.id, chain, unword(&service.kind)?, &service.name, &service.about, service.minutes,
            service.before_min, service.after_min, unword(&service.step)?, service.notice_min, service.horizon_days,
            service.room_class.clone(), service.own_break, service.latest_start_min, service.public, service.price_minor, service.active,
            service.version
        ],
    )?;
    for person in &service.staff {
        tx.execute(
            "insert into service_staff (service_id, staff_id, chain_id) values ($1, $2, $3)",
            values![service.id, *person, chain],
        )?;
    }
    Ok(())
}

/// Adds the hours of a studio, or of a practitioner at a studio.
///
/// # Errors
/// [`Error::Exists`] where there are hours already.
pub fn add_hours(tx: &mut Tx<'_>, working: &Working) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into hours (studio_id, resource_id, chain_id, hours, version) values ($1, $2, $3, $4, $5)",
        values![working.studio, working.of, chain, text(&working.hours)?, working.version],
    )
    .map(|_| ())
}

/// A column that holds JSON.
pub(super) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text)
        .map_err(|e| Error::Broken(format!("a column holds other JSON than is read: {e}")))
}

/// JSON for a column.
pub(super) fn text<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| Error::Broken(format!("a value cannot be kept: {e}")))
}

/// A column that holds one word of a closed list, as serde names it.
pub(super) fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    T::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text))
        .map_err(|e| Error::Broken(format!("a column holds an unknown word: {e}")))
}

/// The word of a closed list for a column.
pub(crate) fn unword<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(Error::Broken("a word of a list is not a word".to_owned())),
    }
}
