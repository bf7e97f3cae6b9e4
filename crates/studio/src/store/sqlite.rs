//! SQLite: one thread writes, in the order of arrival, and keeps all that waits with one flush to the disk; others read.
//!
//! Many writers polling for the lock starve each other (worst wait 7 to 10 s at 50 clients, `studio.md` 4.3); one queue
//! does not, and a flush shared by a group makes full durability cheap.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::Error;
use super::job::{Job, Ran};
use super::tx::{Driver, Tx};
use super::value::{Row, Value};

/// How many changes at most are kept with one flush. A group lasts about a millisecond before its flush.
const GROUP: usize = 256;
/// Threads that read. SQLite readers never wait for the writer.
const READERS: usize = 4;
/// How long a statement waits for a lock that a backup or another program holds.
const BUSY: Duration = Duration::from_secs(10);
/// Statements kept ready per connection.
const STATEMENTS: usize = 256;
/// How long changes gather in the log before a thread of its own brings them into the file, off the writer's way.
const GATHER: Duration = Duration::from_millis(500);
/// At how many pages (4 kB) of log the writer waits for that, so that a rush does not grow it without end: 64 MB.
const LOG_PAGES_MOST: i32 = 16_000;

pub(super) struct Sqlite {
    writes: Sender<Job>,
    reads: Sender<Job>,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Sqlite, Error> {
        let writer = connect(path, false)?;
        writer.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MOST).map_err(|e| error(&e))?;
        let keeper = connect(path, false)?;
        let (kept, log) = channel();
        spawn("hairline-log", move || keep_log(&keeper, &log))?;
        let (writes, write_queue) = channel();
        spawn("hairline-writer", move || write_all(&writer, &write_queue, &kept))?;
        let (reads, read_queue) = channel();
        let read_queue = Arc::new(Mutex::new(read_queue));
        for i in 0..READERS {
            let reader = connect(path, true)?;
            let queue = Arc::clone(&read_queue);
            spawn(&format!("hairline-reader-{i}"), move || read_all(&reader, &queue))?;
        }
        Ok(Sqlite { writes, reads })
    }

    pub(super) fn write(&self, job: Job) {
        if let Err(lost) = self.writes.send(job) {
            lost.0.refuse(&Error::Unavailable("its writer has ended".to_owned()));
        }
    }

    pub(super) fn read(&self, job: Job) {
        if let Err(lost) = self.reads.send(job) {
            lost.0.refuse(&Error::Unavailable("its readers have ended".to_owned()));
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map(|_| ())
        .map_err(|e| Error::Unavailable(format!("a thread cannot be started: {e}")))
}

/// Opens the file as every connection of ours needs it.
pub(super) fn connect(path: &Path, read_only: bool) -> Result<Connection, Error> {
    let flags = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|e| Error::Unavailable(format!("{}: {e}", path.display())))?;
    connection.busy_timeout(BUSY).map_err(|e| error(&e))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let settings = if read_only {
        "pragma query_only = on; pragma cache_size = -16000;"
    } else {
        // What a savepoint may have to undo stays in memory, not in a file of its own for each booking.
        "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -32000; \
         pragma temp_store = memory;"
    };
    connection.execute_batch(settings).map_err(|e| Error::Unavailable(format!("{}: {e}", path.display())))?;
    Ok(connection)
}

/// The writer: takes what waits, gives each job a savepoint of its own, keeps all of it with one flush, then answers.
fn write_all(connection: &Connection, queue: &Receiver<Job>, kept: &Sender<()>) {
    while let Ok(first) = queue.recv() {
        if let Err(e) = run(connection, "begin immediate") {
            first.refuse(&error(&e));
            continue;
        }
        let mut done = vec![write_one(connection, first)];
        while done.len() < GROUP {
            match queue.try_recv() {
                Ok(job) => done.push(write_one(connection, job)),
                Err(_) => break,
            }
        }
        match run(connection, "commit") {
            Ok(()) => {
                done.into_iter().for_each(|ran| (ran.answer)(None));
                let _ = kept.send(());
            }
            Err(e) => {
                let failed = error(&e);
                // Where the commit failed and left the transaction open, undo it: nothing of it was acknowledged.
                if !connection.is_autocommit() {
                    let _ = run(connection, "rollback");
                }
                done.into_iter().for_each(|ran| (ran.answer)(Some(failed.clone())));
            }
        }
    }
}

/// Brings the log into the file while the writer goes on; ends with the writer.
fn keep_log(connection: &Connection, kept: &Receiver<()>) {
    while kept.recv().is_ok() {
        std::thread::sleep(GATHER);
        while kept.try_recv().is_ok() {}
        // What is left, for readers or a full disk, is the next one's; at LOG_PAGES_MOST the writer's.
        let _ = connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()));
    }
}

fn write_one(connection: &Connection, job: Job) -> Ran {
    if let Err(e) = run(connection, "savepoint job") {
        return job.cannot_run(error(&e));
    }
    let chain = job.chain;
    let ran = job.run(&mut Tx { driver: Driver::Sqlite(connection), chain, statements: 0 });
    let undone = if ran.keep { Ok(()) } else { run(connection, "rollback to job") };
    match undone.and_then(|()| run(connection, "release job")) {
        Ok(()) => ran,
        Err(e) => {
            let failed = error(&e);
            Ran { keep: false, answer: Box::new(move |later| (ran.answer)(later.or(Some(failed)))) }
        }
    }
}

/// A statement without values or answer, kept ready.
fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

fn read_all(connection: &Connection, queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // One snapshot for all statements of the job.
        if let Err(e) = run(connection, "begin") {
            job.refuse(&error(&e));
            continue;
        }
        let chain = job.chain;
        let ran = job.run(&mut Tx { driver: Driver::Sqlite(connection), chain, statements: 0 });
        let ended = run(connection, "rollback");
        (ran.answer)(ended.err().map(|e| error(&e)));
    }
}

pub(super) fn query(connection: &Connection, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    each(connection, sql, values, &mut |row| {
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

pub(super) fn each(
    connection: &Connection,
    sql: &str,
    values: &[Value],
    take: &mut dyn FnMut(Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(&numbered(sql)).map_err(|e| error(&e))?;
    let columns = statement.column_count();
    let mut found = statement.query(params_from_iter(values)).map_err(|e| error(&e))?;
    while let Some(row) = found.next().map_err(|e| error(&e))? {
        let mut values = Vec::with_capacity(columns);
        for i in 0..columns {
            values.push(match row.get_ref(i).map_err(|e| error(&e))? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(x) => Value::Int(x),
                ValueRef::Real(x) => Value::Real(x),
                ValueRef::Text(x) => Value::Text(String::from_utf8_lossy(x).into_owned()),
                ValueRef::Blob(x) => Value::Bytes(x.to_vec()),
            });
        }
        take(Row { values: values.into_iter() })?;
    }
    Ok(())
}

pub(super) fn execute(connection: &Connection, sql: &str, values: &[Value]) -> Result<u64, Error> {
    let mut statement = connection.prepare_cached(&numbered(sql)).map_err(|e| error(&e))?;
    statement.execute(params_from_iter(values)).map(|n| n as u64).map_err(|e| error(&e))
}

/// SQLite counts places written `?1`; ours are written `$1`, as PostgreSQL has them.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::ToSqlOutput::Borrowed;
        Ok(Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(x) => ValueRef::Integer(*x),
            Value::Real(x) => ValueRef::Real(*x),
            Value::Text(x) => ValueRef::Text(x.as_bytes()),
            Value::Bytes(x) => ValueRef::Blob(x),
            Value::Id(x) => ValueRef::Blob(x.as_bytes()),
        }))
    }
}

/// What SQLite refused, in the store's words.
pub(super) fn error(e: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure,
    };
    use rusqlite::ffi::{
        SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_TRIGGER,
        SQLITE_CONSTRAINT_UNIQUE,
    };
    let rusqlite::Error::SqliteFailure(code, message) = e else { return Error::Broken(e.to_string()) };
    let message = || message.clone().unwrap_or_else(|| code.to_string());
    match code.extended_code {
        SQLITE_CONSTRAINT_TRIGGER if message().contains("overlap") => Error::Overlap,
        SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY => {
            Error::Exists(message().replace("UNIQUE constraint failed: ", ""))
        }
        SQLITE_CONSTRAINT_FOREIGNKEY => Error::Reference,
        _ => match code.code {
            CannotOpen | DatabaseBusy | DatabaseLocked | DiskFull | ReadOnly | SystemIoFailure => {
                Error::Unavailable(message())
            }
            _ => Error::Broken(message()),
        },
    }
}
