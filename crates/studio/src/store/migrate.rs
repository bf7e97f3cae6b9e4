//! Brings the tables up to date when a store is opened.

use std::path::Path;

use super::postgres::Session;
use super::{Error, sqlite};

/// One step of the tables: the text for both databases, then what only one of them reads.
struct Migration {
    version: i64,
    shared: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// In order; steps are only ever added.
const MIGRATIONS: [Migration; 5] = [
    Migration {
        version: 1,
        shared: include_str!("../../migrations/0001_start.sql"),
        sqlite: include_str!("../../migrations/0001_start.sqlite.sql"),
        postgres: include_str!("../../migrations/0001_start.postgres.sql"),
    },
    Migration {
        version: 2,
        shared: include_str!("../../migrations/0002_outside.sql"),
        sqlite: "",
        postgres: include_str!("../../migrations/0002_outside.postgres.sql"),
    },
    Migration {
        version: 3,
        shared: include_str!("../../migrations/0003_webhooks.sql"),
        sqlite: "",
        postgres: include_str!("../../migrations/0003_webhooks.postgres.sql"),
    },
    Migration {
        version: 4,
        shared: include_str!("../../migrations/0004_client_passkeys.sql"),
        sqlite: "",
        postgres: include_str!("../../migrations/0004_client_passkeys.postgres.sql"),
    },
    Migration {
        version: 5,
        shared: include_str!("../../migrations/0005_seals.sql"),
        sqlite: include_str!("../../migrations/0005_seals.sqlite.sql"),
        postgres: include_str!("../../migrations/0005_seals.postgres.sql"),
    },
];

const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

const VERSIONS: &str =
    "create table if not exists schema_versions (version bigint primary key, at_us bigint not null)";

/// "hair" in ASCII: the application id in the file's header, by which a store of ours is known.
const APPLICATION_ID: i64 = 0x6861_6972;

pub(super) fn sqlite(path: &Path, now_us: i64) -> Result<(), Error> {
    refuse_strange(path)?;
    let connection = sqlite::connect(path, false)?;
    let failed = |e: rusqlite::Error| sqlite::error(&e);
    let ask = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(failed);
    connection.execute_batch(VERSIONS).map_err(failed)?;
    let version = ask("select coalesce(max(version), 0) from schema_versions")?;
    refuse_newer(version, &path.display().to_string())?;
    if version > 0 && version < NEWEST {
        keep_old_file(&connection, path, version)?;
    }
    for step in MIGRATIONS.iter().filter(|m| m.version > version) {
        let sql = format!(
            "begin immediate; {} {} insert into schema_versions values ({}, {now_us}); pragma application_id = {APPLICATION_ID}; commit;",
            step.shared, step.sqlite, step.version
        );
        connection.execute_batch(&sql).map_err(failed)?;
    }
    Ok(())
}

/// Refuses a file that is there and is not a store of ours, before anything in it is touched.
pub(super) fn refuse_strange(path: &Path) -> Result<(), Error> {
    if std::fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        return Ok(());
    }
    let ask = || -> rusqlite::Result<(i64, i64)> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let file = rusqlite::Connection::open_with_flags(path, flags)?;
        let tables = file.query_row("select count(*) from sqlite_master", [], |row| row.get(0))?;
        Ok((file.query_row("pragma application_id", [], |row| row.get(0))?, tables))
    };
    match ask() {
        // A first start that was cut off leaves an empty database.
        Ok((APPLICATION_ID, _) | (0, 0)) => Ok(()),
        _ => Err(Error::Schema(format!("{} is not a hairline store", path.display()))),
    }
}

/// Copies the file as it is to `<name>.before-<version>` beside it: whole or not at all, and in place of one that an upgrade
/// before this left there, whose records are older.
fn keep_old_file(connection: &rusqlite::Connection, path: &Path, version: i64) -> Result<(), Error> {
    let copy = path.with_added_extension(format!("before-{}", version + 1));
    let part = copy.with_added_extension("part");
    let failed = |e: &dyn std::fmt::Display| {
        Error::Unavailable(format!("the old file cannot be kept as {}: {e}", copy.display()))
    };
    if part.exists() {
        std::fs::remove_file(&part).map_err(|e| failed(&e))?;
    }
    connection.execute("vacuum into ?1", [part.to_string_lossy()]).map_err(|e| failed(&e))?;
    let kept = std::fs::File::open(&part).and_then(|file| file.sync_all());
    kept.and_then(|()| std::fs::rename(&part, &copy)).map_err(|e| failed(&e))
}

pub(super) fn postgres(url: &str, now_us: i64) -> Result<(), Error> {
    let config: postgres::Config =
        url.parse().map_err(|e| Error::Schema(format!("the database address is not one: {e}")))?;
    let mut session = Session::connect(&config)?;
    // Several processes may start at once: one of them makes the tables, the others wait for it.
    session.batch("begin; select pg_advisory_xact_lock(7523093)")?;
    session.batch("set local client_min_messages = warning")?;
    session.batch(VERSIONS)?;
    let found = session.query("select coalesce(max(version), 0) from schema_versions", &[])?;
    let version = found.into_iter().next().map_or(Ok(0), |mut row| row.take::<i64>())?;
    refuse_newer(version, "the database")?;
    for step in MIGRATIONS.iter().filter(|m| m.version > version) {
        session.batch(step.shared)?;
        session.batch(step.postgres)?;
        session.batch(&format!("insert into schema_versions values ({}, {now_us})", step.version))?;
    }
    session.batch("commit")
}

fn refuse_newer(version: i64, name: &str) -> Result<(), Error> {
    if version <= NEWEST {
        return Ok(());
    }
    Err(Error::Schema(format!(
        "{name} was written by a newer hairline (tables {version}, this program knows {NEWEST}): update the program"
    )))
}
