//! PostgreSQL: worker threads, each with a connection of its own, take jobs from one queue.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use crate::ids::ChainId;
use crate::seal::system_random;

use super::Error;
use super::job::Job;
use super::signal::Teller;
use super::tx::{Driver, Tx};
use super::value::{Row, Value};

/// Statements kept ready per connection; a list of a new length is a new statement.
const STATEMENTS: usize = 512;

pub(super) struct Postgres {
    jobs: Sender<(Job, bool)>,
    config: postgres::Config,
    teller: Teller,
}

/// A connection with its prepared statements.
pub(super) struct Session {
    client: Client,
    statements: HashMap<String, Statement>,
    /// Whose rows the connection sees: a chain's, or the system's.
    scope: String,
}

impl Postgres {
    pub(super) fn open(url: &str, connections: usize) -> Result<Postgres, Error> {
        let config: postgres::Config =
            url.parse().map_err(|e| Error::Schema(format!("the database address is not one: {e}")))?;
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for i in 0..connections {
            let (config, queue) = (config.clone(), Arc::clone(&queue));
            std::thread::Builder::new()
                .name(format!("hairline-postgres-{i}"))
                .spawn(move || work_all(&config, &queue))
                .map_err(|e| Error::Unavailable(format!("a thread cannot be started: {e}")))?;
        }
        // The process id alone would be the same on two machines.
        let name = Uuid::from_u128(u128::from(rand_core::Rng::next_u64(&mut system_random())));
        let teller = Teller::start(&config, name)?;
        Ok(Postgres { jobs, config, teller })
    }

    pub(super) fn tell(&self) {
        self.teller.tell();
    }

    pub(super) fn listen(&self, heard: impl Fn() + Send + 'static) -> Result<(), Error> {
        self.teller.listen(&self.config, heard)
    }

    pub(super) fn submit(&self, job: Job, write: bool) {
        if let Err(lost) = self.jobs.send((job, write)) {
            lost.0.0.refuse(&Error::Unavailable("its workers have ended".to_owned()));
        }
    }
}

fn work_all(config: &postgres::Config, queue: &Mutex<Receiver<(Job, bool)>>) {
    let mut session: Option<Session> = None;
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((job, write)) = job else { return };
        let mut open = match session.take().filter(|s| !s.client.is_closed()) {
            Some(open) => open,
            None => match Session::connect(config) {
                Ok(fresh) => fresh,
                Err(e) => {
                    job.refuse(&e);
                    continue;
                }
            },
        };
        work_one(&mut open, job, write);
        session = Some(open);
    }
}

fn work_one(session: &mut Session, job: Job, write: bool) {
    let chain = job.chain;
    if let Err(e) = session.begin(chain, write) {
        // A connection that died while idle: nothing was done, one more try on a new one is the caller's.
        job.refuse(&e);
        return;
    }
    let ran = job.run(&mut Tx { driver: Driver::Postgres(session), chain, statements: 0 });
    let ended = session.client.batch_execute(if ran.keep && write { "commit" } else { "rollback" });
    let failed = ended.err().map(|e| match e.as_db_error() {
        Some(_) => error(&e),
        None if ran.keep && write => Error::Unknown,
        None => error(&e),
    });
    (ran.answer)(failed);
}

pub(super) fn connect(config: &postgres::Config) -> Result<Client, Error> {
    config.connect(NoTls).map_err(|e| error(&e))
}

impl Session {
    pub(super) fn connect(config: &postgres::Config) -> Result<Session, Error> {
        let mut client = connect(config)?;
        // Every statement finds its rows by an index whatever the values are: planned once, not at each run.
        client.batch_execute("set plan_cache_mode = force_generic_plan").map_err(|e| error(&e))?;
        Ok(Session { client, statements: HashMap::new(), scope: String::new() })
    }

    /// Begins a transaction that sees the rows of one chain, or all of them for the system's own work.
    fn begin(&mut self, chain: Option<ChainId>, write: bool) -> Result<(), Error> {
        let scope = chain.map_or_else(|| "system".to_owned(), |id| id.to_string());
        if scope != self.scope {
            // Before the transaction, so that an undone one does not undo it.
            self.batch(&format!("set hairline.chain = '{scope}'"))?;
            self.scope = scope;
        }
        self.batch(if write { "begin" } else { "begin isolation level repeatable read, read only" })
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, Error> {
        if let Some(ready) = self.statements.get(sql) {
            return Ok(ready.clone());
        }
        let statement = self.client.prepare(sql).map_err(|e| error(&e))?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        self.each(sql, values, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    pub(super) fn each(
        &mut self,
        sql: &str,
        values: &[Value],
        take: &mut dyn FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let statement = self.statement(sql)?;
        let mut found = self.client.query_raw(&statement, values).map_err(|e| error(&e))?;
        while let Some(next) = found.next().map_err(|e| error(&e))? {
            take(row(&next)?)?;
        }
        Ok(())
    }

    pub(super) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        let statement = self.statement(sql)?;
        self.client.execute(&statement, &parameters(values)).map_err(|e| error(&e))
    }

    /// Several statements without values, for migrations.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).map_err(|e| error(&e))
    }
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|v| v as &(dyn ToSql + Sync)).collect()
}

fn row(found: &postgres::Row) -> Result<Row, Error> {
    let mut values = Vec::with_capacity(found.len());
    for (i, column) in found.columns().iter().enumerate() {
        let value = match *column.type_() {
            Type::INT8 => found.try_get::<_, Option<i64>>(i).map(Value::from),
            Type::INT4 => found.try_get::<_, Option<i32>>(i).map(Value::from),
            Type::FLOAT8 => found.try_get::<_, Option<f64>>(i).map(Value::from),
            Type::TEXT | Type::VARCHAR | Type::NAME => found.try_get::<_, Option<String>>(i).map(Value::from),
            Type::BYTEA => found.try_get::<_, Option<Vec<u8>>>(i).map(Value::from),
            Type::UUID => found.try_get::<_, Option<Uuid>>(i).map(Value::from),
            // A function called for what it does, as a lock.
            Type::VOID => Ok(Value::Null),
            ref other => return Err(Error::Broken(format!("column {} has the type {other}", column.name()))),
        };
        values.push(value.map_err(|e| error(&e))?);
    }
    Ok(Row { values: values.into_iter() })
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            // Where PostgreSQL works out a narrower type for a place, as for `limit $1`, it says so here.
            Value::Int(x) if *kind == Type::INT4 => i32::try_from(*x)?.to_sql_checked(kind, out),
            Value::Int(x) => x.to_sql_checked(kind, out),
            Value::Real(x) => x.to_sql_checked(kind, out),
            Value::Text(x) => x.to_sql_checked(kind, out),
            // A backup brings ids as SQLite keeps them.
            Value::Bytes(x) if *kind == Type::UUID => Uuid::from_slice(x)?.to_sql_checked(kind, out),
            Value::Bytes(x) => x.to_sql_checked(kind, out),
            Value::Id(x) => x.to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// What PostgreSQL refused, in the store's words. Its own message can quote a row's values, so it is not passed on.
pub(super) fn error(e: &postgres::Error) -> Error {
    let Some(refused) = e.as_db_error() else {
        return Error::Unavailable(e.source().map_or_else(|| e.to_string(), ToString::to_string));
    };
    let constraint = || refused.constraint().unwrap_or("a row").to_owned();
    match refused.code().code() {
        "23P01" => Error::Overlap,
        "23505" => Error::Exists(constraint()),
        "23503" => Error::Reference,
        // Connection, resources, operator's intervention (a shutdown), serialisation.
        code if ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class)) => {
            Error::Unavailable(refused.message().to_owned())
        }
        code => Error::Broken(format!("{} ({code})", refused.message())),
    }
}
