//! The store: the truth about who is booked when, and every record, in SQLite or PostgreSQL.
//!
//! Work goes in as a function of a transaction ([`Tx`]) and comes back as its result, after it was kept. One text of SQL
//! serves both databases; where they differ (locks, walls against overlaps, backup) stands in `tx`, `sqlite`, `postgres`
//! and the migrations. Code here is synchronous: the threads that own the connections run it.

pub mod appointments;
pub mod backup;
pub mod book;
pub mod claims;
pub mod clients;
mod course_end;
pub mod courses;
mod error;
pub mod events;
pub mod evidence;
pub mod feeds;
pub mod files;
pub mod holders;
pub mod idempotency;
mod job;
pub mod jobs;
pub mod leave;
pub mod live;
mod migrate;
pub mod notes;
pub mod outside;
pub mod passkeys;
pub mod plans;
mod postgres;
pub mod practice;
mod rights;
pub mod seals;
pub mod second_looks;
pub mod second_step;
pub mod set_up;
pub mod setup;
pub mod shown;
pub mod sign_in;
mod signal;
mod spot;
mod sqlite;
pub mod staff;
pub mod tickets;
mod tx;
mod value;
mod vault;
pub mod waiting;
pub mod webhooks;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;

pub use self::error::Error;
use self::job::Job;
pub use self::tx::{Tx, places};
pub use self::value::{FromValue, Row, Value};
pub use self::vault::Vault;
use crate::ids::ChainId;

/// Connections to PostgreSQL where the caller does not say.
pub const POSTGRES_CONNECTIONS: usize = 12;

/// An open store. Dropping it ends its threads once their queue is worked off.
pub struct Store {
    backend: Backend,
    statements: Arc<AtomicU64>,
}

enum Backend {
    Sqlite(sqlite::Sqlite),
    Postgres(Box<postgres::Postgres>),
}

impl Store {
    /// Opens the SQLite file, makes it where it is not, and brings its tables up to date.
    ///
    /// `now_us` (UTC microseconds) is written beside each migration.
    ///
    /// # Errors
    /// When the file cannot be opened, is not a store of ours, or was written by a newer version.
    pub fn sqlite(path: &Path, now_us: i64) -> Result<Store, Error> {
        migrate::sqlite(path, now_us)?;
        Ok(Store::on(Backend::Sqlite(sqlite::Sqlite::open(path)?)))
    }

    /// Connects to PostgreSQL 15 or newer (`postgres://user:password@host/database`) and brings its tables up to date.
    ///
    /// # Errors
    /// When the server cannot be reached or its tables were made by a newer version.
    pub fn postgres(url: &str, connections: usize, now_us: i64) -> Result<Store, Error> {
        migrate::postgres(url, now_us)?;
        Ok(Store::on(Backend::Postgres(Box::new(postgres::Postgres::open(url, connections)?))))
    }

    fn on(backend: Backend) -> Store {
        Store { backend, statements: Arc::default() }
    }

    /// How many statements the database was asked since this store was opened.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Work that counts its statements.
    fn counted<T, E>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static {
        let statements = Arc::clone(&self.statements);
        move |tx| {
            let done = work(tx);
            statements.fetch_add(u64::from(tx.statements()), Ordering::Relaxed);
            done
        }
    }

    /// Tells other processes on the same PostgreSQL that something was changed, after it was kept; soon, and many changes in
    /// one word. Alone on SQLite there is nobody to tell.
    pub fn tell(&self) {
        if let Backend::Postgres(store) = &self.backend {
            store.tell();
        }
    }

    /// Whether other processes can book here too. A SQLite file has one process at a time.
    fn shared(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// How far a look at other processes' changes goes back beyond the last one, UTC microseconds: on PostgreSQL the clocks
    /// of machines differ and what was written early can be kept late (assumption: by 30 s in all); alone on SQLite every
    /// change is shown as it is made, and a look only makes sure.
    fn look_back_us(&self) -> i64 {
        match self.backend {
            Backend::Sqlite(_) => 1_000_000,
            Backend::Postgres(_) => 30_000_000,
        }
    }

    /// Calls `heard` whenever another process has told of a change, and where a word may have been lost.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn listen(&self, heard: impl Fn() + Send + 'static) -> Result<(), Error> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(store) => store.listen(heard),
        }
    }

    /// Does `work` in one transaction that may change rows of `chain` (of every chain where `None`, for the system's own
    /// work), and calls `answer` with the result once it was kept.
    ///
    /// An `Err` undoes the transaction. `answer` runs on a thread of the store and must not wait.
    pub fn submit_write<T, E>(
        &self,
        chain: Option<ChainId>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        answer: impl FnOnce(Result<T, E>) + Send + 'static,
    ) where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let job = Job::new(chain, self.counted(work), answer);
        match &self.backend {
            Backend::Sqlite(store) => store.write(job),
            Backend::Postgres(store) => store.submit(job, true),
        }
    }

    /// As [`Store::submit_write`], for work that changes nothing: it sees one moment of the store throughout.
    pub fn submit_read<T, E>(
        &self,
        chain: Option<ChainId>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        answer: impl FnOnce(Result<T, E>) + Send + 'static,
    ) where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let job = Job::new(chain, self.counted(work), answer);
        match &self.backend {
            Backend::Sqlite(store) => store.read(job),
            Backend::Postgres(store) => store.submit(job, false),
        }
    }

    /// [`Store::submit_write`], waiting for the result. Not for threads of an async runtime.
    ///
    /// # Errors
    /// Those of `work`, or the store's.
    pub fn write<T, E>(
        &self,
        chain: Option<ChainId>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (send, receive) = channel();
        // A caller that went away needs no answer.
        self.submit_write(chain, work, move |result| drop(send.send(result)));
        receive.recv().unwrap_or_else(|_| Err(ended().into()))
    }

    /// [`Store::submit_read`], waiting for the result. Not for threads of an async runtime.
    ///
    /// # Errors
    /// Those of `work`, or the store's.
    pub fn read<T, E>(
        &self,
        chain: Option<ChainId>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (send, receive) = channel();
        self.submit_read(chain, work, move |result| drop(send.send(result)));
        receive.recv().unwrap_or_else(|_| Err(ended().into()))
    }
}

fn ended() -> Error {
    Error::Unavailable("the store has ended".to_owned())
}
