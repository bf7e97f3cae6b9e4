//! Transactions on both databases: kept whole or not at all, in order, apart from each other.

mod common;

use std::sync::mpsc::channel;

use common::{NOW_US, TestStore, fresh_database, on_both};
use hairline_studio::ids::{ChainId, new_id};
use hairline_studio::store::{Error, Store, Tx, Value};
use hairline_studio::values;

fn chain(n: u8) -> ChainId {
    ChainId(new_id(1_795_420_800_000, [n; 10]))
}

fn add_chain(tx: &mut Tx<'_>, id: ChainId, name: &str) -> Result<(), Error> {
    tx.execute(
        "insert into chains (id, name, host, version, demo, made_us) values ($1, $2, $3, 1, 0, $4)",
        values![id, name, Value::Null, NOW_US],
    )
    .map(|_| ())
}

fn names(store: &Store) -> Vec<String> {
    store
        .read(None, |tx| {
            let rows = tx.query("select name from chains order by name", &[])?;
            rows.into_iter().map(|mut row| row.take()).collect::<Result<Vec<String>, Error>>()
        })
        .expect("reads")
}

#[test]
fn every_type_comes_back_as_it_went_in() {
    on_both(|t| {
        let id = chain(1);
        let read: (ChainId, String, Option<String>, i64, bool) = t
            .store
            .write(None, move |tx| {
                add_chain(tx, id, "Ägir's 髪 chain\n")?;
                let mut row = tx
                    .query_one("select id, name, host, made_us, demo from chains where id = $1", values![id])?
                    .expect("the row");
                Ok::<_, Error>((row.take()?, row.take()?, row.take()?, row.take()?, row.take()?))
            })
            .expect("writes");
        assert_eq!(read, (id, "Ägir's 髪 chain\n".to_owned(), None, NOW_US, false));
    });
}

#[test]
fn a_refused_job_leaves_nothing_and_its_neighbours_everything() {
    on_both(|t| {
        let (send, receive) = channel();
        // Many at once, so that SQLite keeps them as a group.
        for n in 1..=40 {
            let send = send.clone();
            t.store.submit_write(
                None,
                move |tx| {
                    add_chain(tx, chain(n), &format!("chain {n:02}"))?;
                    if n % 4 == 0 {
                        return Err(Error::Broken("changed its mind".to_owned()));
                    }
                    assert!(n % 5 != 0, "a panic counts as a refusal");
                    Ok(n)
                },
                move |result| send.send((n, result)).expect("the test waits"),
            );
        }
        drop(send);
        for (n, result) in receive {
            let expected = n % 4 != 0 && n % 5 != 0;
            assert_eq!(result.is_ok(), expected, "{n}: {result:?}");
        }
        let expected: Vec<String> =
            (1..=40).filter(|n| n % 4 != 0 && n % 5 != 0).map(|n| format!("chain {n:02}")).collect();
        assert_eq!(names(&t.store), expected);
    });
}

#[test]
fn the_same_row_twice_and_a_row_without_its_parent_are_refused_in_words() {
    on_both(|t| {
        t.store.write(None, |tx| add_chain(tx, chain(1), "one")).expect("the first");
        let twice = t.store.write(None, |tx| add_chain(tx, chain(1), "two"));
        assert!(matches!(twice, Err(Error::Exists(_))), "{twice:?}");
        let orphan: Result<u64, Error> = t.store.write(Some(chain(1)), |tx| {
            let id = new_id(1, [9; 10]);
            tx.execute(
                "insert into roles (id, chain_id, staff_id, studio_id, role) values ($1, $2, $3, $4, 'owner')",
                values![id, chain(1), id, Value::Null],
            )
        });
        assert_eq!(orphan, Err(Error::Reference));
    });
}

#[test]
fn what_was_kept_is_there_after_opening_again() {
    on_both(|t| {
        t.store.write(None, |tx| add_chain(tx, chain(7), "kept")).expect("writes");
        let again = match t.name {
            "SQLite" => Store::sqlite(t.address.as_ref(), NOW_US),
            _ => Store::postgres(&t.address, 2, NOW_US),
        };
        assert_eq!(names(&again.expect("opens again")), ["kept"]);
    });
}

#[test]
fn a_transaction_of_one_chain_does_not_see_anothers_rows_on_postgresql() {
    let t = TestStore::postgres();
    let row = |tx: &mut Tx<'_>, of: ChainId| {
        tx.execute(
            "insert into jobs (id, chain_id, kind, about_id, body, due_us, leased_until_us, tries) values ($1, $2, 'test', $1, '', 0, 0, 0)",
            values![new_id(1, [0; 10]), of],
        )
    };
    t.store
        .write(None, |tx| {
            add_chain(tx, chain(1), "one")?;
            add_chain(tx, chain(2), "two")
        })
        .expect("two chains");
    t.store.write(Some(chain(1)), move |tx| row(tx, chain(1))).expect("a row of its own chain");
    let seen = |scope| {
        t.store
            .read(scope, |tx| tx.query("select 1::bigint from jobs", &[]).map(|rows| rows.len()))
            .expect("reads")
    };
    assert_eq!((seen(Some(chain(1))), seen(Some(chain(2))), seen(None)), (1, 0, 1));
    let across = t.store.write(Some(chain(2)), move |tx| row(tx, chain(1)));
    assert!(across.is_err(), "a row for another chain is refused by the database itself");
    // Without a scope at all, as a forgotten `set` would leave it, nothing is seen.
    let mut bare = postgres::Client::connect(&t.address, postgres::NoTls).expect("connects");
    let rows = bare.query("select id from jobs", &[]).expect("asks");
    assert!(rows.is_empty());
}

#[test]
fn files_and_databases_that_are_not_ours_are_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("notes.db");
    std::fs::write(
        &text,
        "These are notes, and long enough to be taken for a page of a database. ".repeat(20),
    )
    .expect("writes");
    let before = std::fs::read(&text).expect("reads");
    let refused = Store::sqlite(&text, NOW_US).err().expect("refused");
    assert!(refused.to_string().contains("not a hairline store"), "{refused}");
    assert_eq!(std::fs::read(&text).expect("reads"), before);

    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other)
        .and_then(|c| c.execute_batch("create table t (x)"))
        .expect("another's file");
    assert!(matches!(Store::sqlite(&other, NOW_US), Err(Error::Schema(_))));

    let newer = folder.path().join("newer.db");
    drop(Store::sqlite(&newer, NOW_US).expect("ours"));
    rusqlite::Connection::open(&newer)
        .and_then(|c| c.execute_batch("insert into schema_versions values (99, 0)"))
        .expect("as a newer version would");
    let refused = Store::sqlite(&newer, NOW_US).err().expect("refused").to_string();
    assert!(refused.contains("newer hairline"), "{refused}");
}

#[test]
fn history_is_only_added_to() {
    on_both(|t| {
        let id = new_id(1, [1; 10]);
        t.store
            .write(None, move |tx| {
                add_chain(tx, chain(1), "one")?;
                tx.execute(
                    "insert into events (id, chain_id, thing, thing_id, at_us, actor, what) values ($1, $2, 'chain', $2, 0, 'test', 'made')",
                    values![id, chain(1)],
                )
            })
            .expect("an event");
        for sql in ["update events set what = 'other' where id = $1", "delete from events where id = $1"] {
            let refused = t.store.write(Some(chain(1)), move |tx| tx.execute(sql, values![id]));
            assert!(refused.is_err(), "{sql}");
        }
    });
}

#[test]
fn an_unreachable_server_is_an_error_and_not_a_wait() {
    let url = fresh_database();
    let nowhere =
        url.rsplit_once('@').map(|(user, _)| format!("{user}@127.0.0.1:1/none")).expect("an address");
    assert!(matches!(Store::postgres(&nowhere, 1, NOW_US), Err(Error::Unavailable(_))));
}
