//! Backups: a consistent copy of a running store, always as a SQLite file, whichever database it came from; restored into
//! either; and looked over.
//!
//! One set of tables serves both databases, so a backup of PostgreSQL is a SQLite store like any other: it can be opened
//! without a server, and a studio that grows moves by backing up and restoring. The master key is not in it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::postgres::Session;
use super::tx::{Driver, Tx};
use super::value::Value;
use super::{Error, migrate, sqlite};

/// Every table that holds records, parents before children.
const TABLES: [&str; 38] = [
    "chains",
    "studios",
    "staff",
    "roles",
    "rooms",
    "services",
    "service_staff",
    "prices",
    "hours",
    "clients",
    "client_words",
    "courses",
    "appointments",
    "holders",
    "claims",
    "resource_days",
    "evidence",
    "events",
    "seals",
    "jobs",
    "idempotency",
    "passwords",
    "sign_ins",
    "authenticators",
    "recovery_codes",
    "passkeys",
    "tickets",
    "notes",
    "plans",
    "files",
    "picture_consents",
    "shown_pictures",
    "waiting",
    "feeds",
    "outside_calendars",
    "second_looks",
    "webhooks",
    "client_passkeys",
];

/// Rows that travel at once.
const ROWS: usize = 2000;

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL address.
    Server(String),
}

/// What a look over a store found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Each table with how many rows it holds and the SHA-256 of all of them, whatever their order.
    pub tables: Vec<(String, u64, String)>,
    /// What is wrong, one sentence each.
    pub faults: Vec<String>,
}

/// Copies a store as it is at one moment to a new SQLite file, while others go on writing to it.
///
/// # Errors
/// Where the store cannot be read, or the file is there already or cannot be written; then no file is left.
pub fn backup(from: &Place, to: &Path, now_us: i64) -> Result<(), Error> {
    refuse_existing(to)?;
    let part = to.with_added_extension("part");
    let _ = std::fs::remove_file(&part);
    let done = match from {
        Place::File(path) => copy_file(path, &part),
        Place::Server(url) => copy_server(url, &part, now_us),
    };
    done.and_then(|()| sync(&part)).and_then(|()| rename(&part, to)).inspect_err(|_| {
        let _ = std::fs::remove_file(&part);
    })
}

/// Brings a backup into a place where nothing is yet: a new file, or a database without chains. `files` brings what the rows
/// name, before them: a restore that is cut off has no rows yet, and can be done again.
///
/// # Errors
/// Where the backup is not one or is damaged, or the place is not empty; then nothing is changed there. Those of `files`; then
/// there are no rows.
pub fn restore<E: From<Error>>(
    from: &Path,
    to: &Place,
    now_us: i64,
    files: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    let seen = verify(&Place::File(from.to_owned()))?;
    if let Some(fault) = seen.faults.first() {
        return Err(Error::Schema(format!("{}: {fault}", from.display())).into());
    }
    refuse_occupied(to, now_us)?;
    files()?;
    Ok(fill(from, to)?)
}

fn refuse_occupied(place: &Place, now_us: i64) -> Result<(), Error> {
    match place {
        Place::File(path) => refuse_existing(path),
        Place::Server(url) => {
            migrate::postgres(url, now_us)?;
            refuse_chains(&mut snapshot(url)?)
        }
    }
}

fn fill(from: &Path, to: &Place) -> Result<(), Error> {
    match to {
        Place::File(path) => {
            let part = path.with_added_extension("part");
            let _ = std::fs::remove_file(&part);
            copy_file(from, &part).and_then(|()| sync(&part)).and_then(|()| rename(&part, path)).inspect_err(
                |_| {
                    let _ = std::fs::remove_file(&part);
                },
            )
        }
        Place::Server(url) => fill_server(from, url),
    }
}

/// Looks over a store: that the file is whole, that nothing refers to what is not there, that nobody is booked twice, and
/// that every visit that takes time has its claims.
///
/// # Errors
/// Where it cannot be read at all. What it finds wrong is in [`Seen::faults`].
pub fn verify(place: &Place) -> Result<Seen, Error> {
    match place {
        Place::File(path) => {
            if !path.exists() {
                return Err(Error::Unavailable(format!("{} is not there", path.display())));
            }
            migrate::refuse_strange(path)?;
            let file = sqlite::connect(path, true)?;
            let ask = |sql: &str| sqlite::query(&file, sql, &[]);
            let mut faults = Vec::new();
            for mut row in ask("pragma integrity_check")? {
                let word: String = row.take()?;
                if word != "ok" {
                    faults.push(format!("the file is damaged: {word}"));
                }
            }
            if !ask("pragma foreign_key_check")?.is_empty() {
                faults.push("rows refer to others that are not there".to_owned());
            }
            look(faults, |sql, first, n| {
                sqlite::query(&file, &format!("{sql} limit {n} offset {first}"), &[])
            })
        }
        Place::Server(url) => {
            let mut session = snapshot(url)?;
            look(Vec::new(), |sql, first, n| session.query(&format!("{sql} limit {n} offset {first}"), &[]))
        }
    }
}

/// The encrypted objects that the rows of a store or a backup name, with the lengths of their plain files: to be copied
/// beside it.
///
/// # Errors
/// Where it cannot be read.
pub fn objects(place: &Place) -> Result<Vec<(uuid::Uuid, u64)>, Error> {
    let sql = "select object_id, bytes from files order by object_id";
    let rows = reading(place, |tx| tx.query(sql, &[]))?;
    rows.into_iter()
        .map(|mut row| Ok((row.take()?, u64::try_from(row.take::<i64>()?).unwrap_or(0))))
        .collect()
}

/// What is wrong with bookings, and what the tables hold. `rows(select, first, n)` gives n rows from the first on.
fn look(
    mut faults: Vec<String>,
    mut rows: impl FnMut(&str, usize, usize) -> Result<Vec<super::Row>, Error>,
) -> Result<Seen, Error> {
    let twice = "select a.resource_id from claims a join claims b on a.resource_id = b.resource_id and a.id < b.id \
                 and a.exclusive = 1 and b.exclusive = 1 and a.starts_us < b.ends_us and b.starts_us < a.ends_us";
    if !rows(twice, 0, 1)?.is_empty() {
        faults.push("somebody or a room is taken twice at once".to_owned());
    }
    let bare = "select id from appointments where status in ('booked', 'checked_in') and not exists \
                (select 1 from claims where owner_id = appointments.id and resource_id = appointments.practitioner_id)";
    if !rows(bare, 0, 1)?.is_empty() {
        faults.push("a booked visit does not take its practitioner's time".to_owned());
    }
    let mut tables = Vec::new();
    for table in TABLES {
        let (mut count, mut sum) = (0_u64, [0_u8; 32]);
        let order = key(table);
        loop {
            let first = usize::try_from(count).unwrap_or(usize::MAX);
            let found = rows(&format!("select * from {table} order by {order}"), first, ROWS)?;
            let n = found.len();
            for row in found {
                // Hashes of rows, put together so that the order of the rows does not matter: the databases sort texts differently.
                let hash = Sha256::digest(row_bytes(row.values));
                sum.iter_mut().zip(hash).for_each(|(sum, byte)| *sum ^= byte);
                count += 1;
            }
            if n < ROWS {
                break;
            }
        }
        let hex = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        tables.push((table.to_owned(), count, hex));
    }
    Ok(Seen { tables, faults })
}

/// The columns that tell a table's rows apart.
fn key(table: &str) -> &'static str {
    match table {
        "service_staff" => "service_id, staff_id",
        "hours" => "studio_id, resource_id",
        "client_words" => "chain_id, word, client_id",
        "resource_days" => "resource_id, day",
        "idempotency" => "chain_id, key",
        "passwords" | "authenticators" => "staff_id",
        "sign_ins" | "tickets" => "token_hash",
        "recovery_codes" => "code_hash",
        "passkeys" | "client_passkeys" => "credential_id",
        "second_looks" | "holders" => "appointment_id",
        "prices" => "studio_id, service_id",
        "seals" => "chain_id, number",
        _ => "id",
    }
}

/// A row as bytes that both databases give alike: SQLite keeps an id as its bytes. Seals of the history stand on it.
pub(super) fn row_bytes(values: impl Iterator<Item = Value>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |kind: u8, value: &[u8]| {
        bytes.push(kind);
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        bytes.extend_from_slice(value);
    };
    for value in values {
        match value {
            Value::Null => put(0, &[]),
            Value::Int(x) => put(1, &x.to_le_bytes()),
            Value::Real(x) => put(2, &x.to_le_bytes()),
            Value::Text(x) => put(3, x.as_bytes()),
            Value::Bytes(x) => put(4, &x),
            Value::Id(x) => put(4, x.as_bytes()),
        }
    }
    bytes
}

/// Reads rows of every chain of a store or a backup.
pub(super) fn reading<T>(
    place: &Place,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    match place {
        Place::File(path) => {
            migrate::refuse_strange(path)?;
            let file = sqlite::connect(path, true)?;
            work(&mut Tx { driver: Driver::Sqlite(&file), chain: None, statements: 0 })
        }
        Place::Server(url) => {
            let mut session = snapshot(url)?;
            work(&mut Tx { driver: Driver::Postgres(&mut session), chain: None, statements: 0 })
        }
    }
}

/// A connection whose transaction sees one moment of every chain.
fn snapshot(url: &str) -> Result<Session, Error> {
    let config: postgres::Config =
        url.parse().map_err(|e| Error::Schema(format!("the database address is not one: {e}")))?;
    let mut session = Session::connect(&config)?;
    session.batch("begin isolation level repeatable read, read only; set local hairline.chain = 'system'")?;
    Ok(session)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Error> {
    migrate::refuse_strange(from)?;
    // Not a connection of ours: those that read may write nothing at all, not even the copy.
    let file = Connection::open_with_flags(from, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|e| sqlite::error(&e))?;
    // A copy of one moment: the reader's view does not change while others write.
    file.execute("vacuum into ?1", [to.to_string_lossy()]).map(|_| ()).map_err(|e| sqlite::error(&e))
}

fn copy_server(url: &str, to: &Path, now_us: i64) -> Result<(), Error> {
    let mut session = snapshot(url)?;
    migrate::sqlite(to, now_us)?;
    let file = sqlite::connect(to, false)?;
    batch(&file, "begin immediate")?;
    for table in TABLES {
        let columns = columns(&file, table)?;
        let insert = insert(table, &columns, 1);
        let cursor = format!("backup_{table}");
        session.batch(&format!("declare {cursor} cursor for select {} from {table}", columns.join(", ")))?;
        loop {
            let rows = session.query(&format!("fetch {ROWS} from {cursor}"), &[])?;
            let n = rows.len();
            for row in rows {
                let values: Vec<Value> = row.values.collect();
                sqlite::execute(&file, &insert, &values)?;
            }
            if n < ROWS {
                break;
            }
        }
    }
    batch(&file, "commit; pragma wal_checkpoint(truncate); pragma journal_mode = delete")
}

fn refuse_chains(session: &mut Session) -> Result<(), Error> {
    if session.query("select id from chains limit 1", &[])?.is_empty() {
        return Ok(());
    }
    Err(Error::Schema("the database holds a chain already; restore into an empty one".to_owned()))
}

fn fill_server(from: &Path, url: &str) -> Result<(), Error> {
    let file = sqlite::connect(from, true)?;
    let config: postgres::Config =
        url.parse().map_err(|e| Error::Schema(format!("the database address is not one: {e}")))?;
    let mut session = Session::connect(&config)?;
    session.batch("begin; set local hairline.chain = 'system'")?;
    refuse_chains(&mut session)?;
    for table in TABLES {
        let columns = columns(&file, table)?;
        let rows_at_once = (30_000 / columns.len()).clamp(1, ROWS);
        let listed = columns.join(", ");
        let mut first = 0;
        loop {
            let sql = format!(
                "select {listed} from {table} order by {} limit {rows_at_once} offset {first}",
                key(table)
            );
            let rows = sqlite::query(&file, &sql, &[])?;
            let n = rows.len();
            if n > 0 {
                let values: Vec<Value> = rows.into_iter().flat_map(|row| row.values).collect();
                session.execute(&insert(table, &columns, n), &values)?;
            }
            first += n;
            if n < rows_at_once {
                break;
            }
        }
    }
    session.batch("commit")
}

fn columns(file: &Connection, table: &str) -> Result<Vec<String>, Error> {
    let rows =
        sqlite::query(file, &format!("select name from pragma_table_info('{table}') order by cid"), &[])?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

fn insert(table: &str, columns: &[String], rows: usize) -> String {
    let n = columns.len();
    let rows: Vec<String> = (0..rows).map(|i| format!("({})", super::places(1 + i * n, n))).collect();
    format!("insert into {table} ({}) values {}", columns.join(", "), rows.join(", "))
}

fn batch(file: &Connection, sql: &str) -> Result<(), Error> {
    file.execute_batch(sql).map_err(|e| sqlite::error(&e))
}

fn refuse_existing(path: &Path) -> Result<(), Error> {
    if path.exists() {
        return Err(Error::Schema(format!("{} is there already; give another name", path.display())));
    }
    Ok(())
}

fn sync(path: &Path) -> Result<(), Error> {
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| Error::Unavailable(format!("{}: {e}", path.display())))
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to).map_err(|e| Error::Unavailable(format!("{}: {e}", to.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_the_store_is_in_a_backup() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hairline.db");
        migrate::sqlite(&path, 0).expect("a fresh file");
        let file = sqlite::connect(&path, true).expect("opens");
        let rows = sqlite::query(
            &file,
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name",
            &[],
        );
        let found: Vec<String> = rows
            .expect("asks")
            .into_iter()
            .map(|mut row| row.take().expect("a name"))
            .filter(|name: &String| name != "schema_versions")
            .collect();
        let mut kept: Vec<&str> = TABLES.to_vec();
        kept.sort_unstable();
        assert_eq!(found, kept);
    }
}
