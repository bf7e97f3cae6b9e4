//! One transaction on either database: the only way to the tables.

use crate::ids::{ChainId, ResourceId};

use super::postgres::Session;
use super::value::{Row, Value};
use super::{Error, sqlite};

/// A transaction for one chain. Everything done through it is kept together or not at all.
pub struct Tx<'a> {
    pub(super) driver: Driver<'a>,
    pub(super) chain: Option<ChainId>,
    pub(super) statements: u32,
}

pub(super) enum Driver<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut Session),
}

impl Tx<'_> {
    /// The chain whose rows this transaction sees.
    ///
    /// # Errors
    /// In a transaction of the system, which belongs to no chain.
    pub fn chain(&self) -> Result<ChainId, Error> {
        self.chain.ok_or_else(|| Error::Broken("a transaction of the system asked for its chain".to_owned()))
    }

    /// How many statements were run so far, for tests of how much a request asks of the database.
    pub fn statements(&self) -> u32 {
        self.statements
    }

    /// Every row of an answer. Places in the statement are `$1`, `$2`, …
    ///
    /// # Errors
    /// When the database refuses the statement.
    pub fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        self.statements += 1;
        match &mut self.driver {
            Driver::Sqlite(connection) => sqlite::query(connection, sql, values),
            Driver::Postgres(session) => session.query(sql, values),
        }
    }

    /// Calls `take` with each row of an answer as it comes, for answers too long to be held.
    ///
    /// # Errors
    /// When the database refuses the statement; those of `take`, which end it.
    pub fn each(
        &mut self,
        sql: &str,
        values: &[Value],
        mut take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.statements += 1;
        match &mut self.driver {
            Driver::Sqlite(connection) => sqlite::each(connection, sql, values, &mut take),
            Driver::Postgres(session) => session.each(sql, values, &mut take),
        }
    }

    /// The one row of an answer, or none.
    ///
    /// # Errors
    /// When the database refuses the statement, or it finds several rows.
    pub fn query_one(&mut self, sql: &str, values: &[Value]) -> Result<Option<Row>, Error> {
        let mut rows = self.query(sql, values)?;
        if rows.len() > 1 {
            return Err(Error::Broken(format!("{} rows where one was expected", rows.len())));
        }
        Ok(rows.pop())
    }

    /// Runs a statement; gives how many rows it changed.
    ///
    /// # Errors
    /// When the database refuses the statement.
    pub fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        self.statements += 1;
        match &mut self.driver {
            Driver::Sqlite(connection) => sqlite::execute(connection, sql, values),
            Driver::Postgres(session) => session.execute(sql, values),
        }
    }

    /// Waits until no other transaction books on any of these resources. In one fixed order, so that two never wait for
    /// each other; SQLite's one writer needs no locks.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn lock(&mut self, resources: &[ResourceId]) -> Result<(), Error> {
        let Driver::Postgres(_) = self.driver else { return Ok(()) };
        let mut keys: Vec<i64> = resources.iter().map(lock_key).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(());
        }
        // A select list is worked off from left to right.
        let calls: Vec<String> = (1..=keys.len()).map(|i| format!("pg_advisory_xact_lock(${i})")).collect();
        let values: Vec<Value> = keys.into_iter().map(Value::Int).collect();
        self.query(&format!("select {}", calls.join(", ")), &values).map(|_| ())
    }

    /// What a `select` of rows to lease ends with, so that processes side by side take different ones.
    pub fn skip_locked(&self) -> &'static str {
        match self.driver {
            Driver::Sqlite(_) => "",
            Driver::Postgres(_) => " for update skip locked",
        }
    }

    /// When the oldest transaction under way began, UTC microseconds by the clock of PostgreSQL; those of other roles are not
    /// known. SQLite's one writer keeps one after the other, in the order of their times.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn oldest_begun_us(&mut self) -> Result<Option<i64>, Error> {
        let Driver::Postgres(_) = self.driver else { return Ok(None) };
        let sql = "select (extract(epoch from min(xact_start)) * 1000000)::bigint from pg_stat_activity \
                   where datname = current_database()";
        self.query_one(sql, &[])?.map_or(Ok(None), |mut row| row.take())
    }

    /// Tells other processes on the same PostgreSQL, once this transaction is kept. One process alone needs no telling.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn notify(&mut self, text: &str) -> Result<(), Error> {
        match self.driver {
            Driver::Sqlite(_) => Ok(()),
            Driver::Postgres(_) => self.query("select pg_notify('hairline', $1)", &[text.into()]).map(|_| ()),
        }
    }
}

/// The places `$first, …` for a list of `n` values.
pub fn places(first: usize, n: usize) -> String {
    let places: Vec<String> = (first..first + n).map(|i| format!("${i}")).collect();
    places.join(", ")
}

/// The key of a resource's lock: the random half of its id.
fn lock_key(resource: &ResourceId) -> i64 {
    let bytes = resource.0.as_bytes();
    let mut half = [0; 8];
    half.copy_from_slice(&bytes[8..]);
    i64::from_be_bytes(half)
}
