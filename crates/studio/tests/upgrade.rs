//! A store as the first version of the tables left it is brought up to date when it is opened, with the old file kept; and on
//! PostgreSQL every table of a chain stands behind the second wall.

#[allow(dead_code, reason = "shared with the tests of the store")]
mod common;

use common::fresh_database;
use hairline_studio::ids::ChainId;
use hairline_studio::store::{Error, Store};
use hairline_studio::values;
use uuid::Uuid;

const FIRST: &str = include_str!("../migrations/0001_start.sql");
const FIRST_SQLITE: &str = include_str!("../migrations/0001_start.sqlite.sql");
const FIRST_POSTGRES: &str = include_str!("../migrations/0001_start.postgres.sql");
const VERSIONS: &str = "create table schema_versions (version bigint primary key, at_us bigint not null)";

/// A chain as a row of the first tables.
fn chain_row(id: &str, name: &str) -> String {
    format!(
        "insert into chains (id, name, version, demo, settings, wrapped_key, made_us) \
         values ({id}, '{name}', 1, 0, '{{}}', {id}, 0)"
    )
}

fn names(store: &Store) -> Vec<String> {
    let rows = store.read(None, |tx| {
        let rows = tx.query("select name from chains order by name", &[])?;
        rows.into_iter().map(|mut row| row.take()).collect::<Result<Vec<String>, Error>>()
    });
    rows.expect("chains")
}

/// What came with later tables works.
fn is_new(store: &Store, chain: Uuid) {
    for table in ["outside_calendars", "webhooks", "client_passkeys", "seals"] {
        let sql = format!("select count(*) from {table} where chain_id = $1");
        let count = store.read(Some(ChainId(chain)), move |tx| {
            tx.query_one(&sql, values![chain])?.ok_or(Error::Reference)?.take::<i64>()
        });
        assert_eq!(count.expect("the table is there"), 0, "{table}");
    }
}

#[test]
fn an_old_file_is_brought_up_to_date_kept_and_can_be_gone_back_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hairline.db");
    let kept = folder.path().join("hairline.db.before-2");
    let old = rusqlite::Connection::open(&path).expect("a file");
    old.execute_batch(&format!(
        "{VERSIONS}; {FIRST} {FIRST_SQLITE} insert into schema_versions values (1, 0); pragma application_id = {};",
        0x6861_6972
    ))
    .expect("the first tables");
    old.execute_batch(&chain_row("x'00000000000000000000000000000001'", "First")).expect("a chain");
    drop(old);

    // What a copy that was cut off left is not taken for one.
    std::fs::write(kept.with_added_extension("part"), "half").expect("written");
    let store = Store::sqlite(&path, 0).expect("brought up to date");
    assert_eq!(names(&store), ["First"]);
    is_new(&store, Uuid::from_u128(1));
    drop(store);
    let before = std::fs::read(&kept).expect("the old file is kept");
    assert!(!kept.with_added_extension("part").exists());

    // Gone back to, worked with, and upgraded again: what is kept has what was written meanwhile.
    for side in ["db-wal", "db-shm"] {
        let _ = std::fs::remove_file(path.with_extension(side));
    }
    std::fs::copy(&kept, &path).expect("put back");
    let old = rusqlite::Connection::open(&path).expect("a file");
    old.execute_batch(&chain_row("x'00000000000000000000000000000002'", "Second")).expect("a chain");
    drop(old);
    let store = Store::sqlite(&path, 0).expect("brought up to date");
    assert_eq!(names(&store), ["First", "Second"]);
    assert_ne!(std::fs::read(&kept).expect("kept"), before);
    let again = rusqlite::Connection::open(&kept).expect("a file");
    let rows: i64 = again.query_row("select count(*) from chains", [], |row| row.get(0)).expect("rows");
    assert_eq!(rows, 2);
}

#[test]
fn an_old_database_is_brought_up_to_date_and_every_table_of_a_chain_has_its_wall() {
    let url = fresh_database();
    let mut old = postgres::Client::connect(&url, postgres::NoTls).expect("the server answers");
    old.batch_execute(&format!(
        "{VERSIONS}; {FIRST} {FIRST_POSTGRES} insert into schema_versions values (1, 0); \
         set hairline.chain = 'system'; {}",
        chain_row("'00000000-0000-0000-0000-000000000001'", "First")
            .replace("1, 0, '{}', '00000000-0000-0000-0000-000000000001', 0", "1, 0, '{}', '\\x01', 0")
    ))
    .expect("the first tables");
    let store = Store::postgres(&url, 2, 0).expect("brought up to date");
    assert_eq!(names(&store), ["First"]);
    is_new(&store, Uuid::from_u128(1));
    let open = old
        .query(
            "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'chain_id' \
             where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not (c.relrowsecurity \
             and c.relforcerowsecurity and exists (select 1 from pg_policy p where p.polrelid = c.oid))",
            &[],
        )
        .expect("asks");
    let open: Vec<String> = open.iter().map(|row| row.get(0)).collect();
    assert_eq!(open, Vec::<String>::new(), "tables without row-level security");
}
