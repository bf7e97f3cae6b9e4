//! What was written into the history stands as it was written, or whoever holds the master key is told what was done to it;
//! with somebody who may change every row of the database and puts its triggers out of the way.

mod common;
#[path = "common/fixture.rs"]
mod fixture;

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};

use common::{NOW_US, TestStore, fresh_database, on_both};
use fixture::{Counting, Fixture, master, now, set_up_at};
use hairline_studio::files::Files;
use hairline_studio::ids::{Fresh, new_id};
use hairline_studio::merkle::{Hash, Tree};
use hairline_studio::practice::Chain;
use hairline_studio::seal::master::{MasterKeys, new_line};
use hairline_studio::seal::system_random;
use hairline_studio::span::MINUTE_US;
use hairline_studio::store::backup::{self, Place};
use hairline_studio::store::events::{self, Event, Who};
use hairline_studio::store::seals::{self, History, SEAL, Seal};
use hairline_studio::store::{Error, Store, Vault, jobs};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn root(entries: &[Vec<u8>]) -> Hash {
    let mut tree = Tree::default();
    entries.iter().for_each(|entry| tree.push(entry));
    assert_eq!(tree.count(), entries.len() as u64);
    tree.root()
}

/// The definition of RFC 9162, 2.1.1, word for word.
fn by_definition(entries: &[Vec<u8>]) -> Hash {
    let hash = |parts: &[&[u8]]| Sha256::digest(parts.concat()).into();
    match entries {
        [] => hash(&[]),
        [one] => hash(&[&[0], one]),
        more => {
            let k = (more.len() - 1).ilog2();
            let (left, right) = more.split_at(1 << k);
            hash(&[&[1], &by_definition(left), &by_definition(right)])
        }
    }
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    // Leaves and roots of the reference implementation of RFC 6962, whose hashes RFC 9162 keeps: transparency-dev/merkle,
    // testonly/constants.go (LeafInputs, RootHashes).
    let known = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        (
            "606162636465666768696a6b6c6d6e6f",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ),
    ];
    let mut entries = Vec::new();
    for (n, (leaf, expected)) in known.into_iter().enumerate() {
        if n > 0 {
            let byte = |i| u8::from_str_radix(&leaf[i..i + 2], 16).expect("hexadecimal");
            entries.push((0..leaf.len()).step_by(2).map(byte).collect::<Vec<u8>>());
        }
        assert_eq!(hex(&root(&entries)), expected, "{n} leaves");
    }
    let many: Vec<Vec<u8>> = (0..130_u8).map(|n| vec![n; usize::from(n) % 7]).collect();
    for n in 0..=many.len() {
        assert_eq!(root(&many[..n]), by_definition(&many[..n]), "{n} leaves");
    }
}

/// Writes events, each told from the others by its `what`.
fn happen(t: &TestStore, fx: &Arc<Fixture>, minutes: i64, whats: &'static [&'static str]) {
    fx.write(&t.store, now(minutes), move |tx, fx, fresh| {
        for what in whats {
            let event = Event {
                studio: None,
                thing: "chain",
                thing_id: fx.chain().0,
                what,
                why: Some("asked"),
                sealed: None,
            };
            events::add(tx, fresh.id(), &Who::Program, &event, fresh.now_us())?;
        }
        Ok::<_, Error>(())
    })
    .expect("kept");
}

/// The next seal, as of an instant.
fn next(
    store: &Store,
    fx: &Arc<Fixture>,
    minutes: i64,
    outside: Option<&Seal>,
) -> Result<Option<Seal>, Error> {
    let (fx, outside) = (Arc::clone(fx), outside.map(Seal::to_bytes));
    store.read(Some(fx.chain()), move |tx| {
        seals::next(tx, &fx.vault, outside.as_deref(), now(minutes).as_microsecond())
    })
}

fn keep(store: &Store, seal: &Seal) -> bool {
    let seal = seal.clone();
    store.write(Some(seal.chain), move |tx| seals::keep(tx, &seal)).expect("kept")
}

fn seal(t: &TestStore, fx: &Arc<Fixture>, minutes: i64) -> Seal {
    let seal = next(&t.store, fx, minutes, None).expect("reads").expect("something happened");
    assert!(keep(&t.store, &seal));
    seal
}

fn place(t: &TestStore) -> Place {
    match t.name {
        "SQLite" => Place::File(t.address.clone().into()),
        _ => Place::Server(t.address.clone()),
    }
}

fn look_with(place: &Place, master: Option<&MasterKeys>, outside: Option<&Seal>) -> History {
    let outside: BTreeMap<_, _> = outside.map(|seal| (seal.chain.0, seal.to_bytes())).into_iter().collect();
    let mut found = seals::look(place, master, &outside).expect("can be read");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn look(t: &TestStore, outside: &Seal) -> History {
    look_with(&place(t), Some(&master()), Some(outside))
}

fn sound(history: &History) {
    assert_eq!(history.faults, Vec::<String>::new());
}

/// What somebody can do who owns the database, with `{new}` for an id made at minute 21.
fn tamper(t: &TestStore, sql: &str) {
    let id = new_id(now(21).as_millisecond().unsigned_abs(), [255; 10]);
    if t.name == "SQLite" {
        let sql = sql.replace("{new}", &format!("x'{}'", id.simple()));
        let file = rusqlite::Connection::open(&t.address).expect("opens");
        let walls = ["events_stay", "events_remain", "seals_stay", "seals_remain"];
        let drop: String = walls.iter().map(|wall| format!("drop trigger if exists {wall};")).collect();
        file.execute_batch(&format!("{drop} {sql}")).expect("tampered with");
    } else {
        let sql = sql.replace("{new}", &format!("'{id}'"));
        let mut owner = postgres::Client::connect(&t.address, postgres::NoTls).expect("connects");
        owner
            .batch_execute(&format!(
                "set hairline.chain = 'system'; alter table events disable trigger user; \
                 alter table seals disable trigger user; {sql}"
            ))
            .expect("tampered with");
    }
}

/// Three seals over five events each, and two events that are not sealed yet. Gives the newest.
fn sealed(t: &TestStore) -> (Arc<Fixture>, Seal) {
    let fx = set_up_at(&t.store, 0);
    happen(t, &fx, 0, &["a0", "a1", "a2", "a3", "a4"]);
    seal(t, &fx, 10);
    happen(t, &fx, 10, &["b0", "b1", "b2", "b3", "b4"]);
    seal(t, &fx, 20);
    happen(t, &fx, 20, &["c0", "c1"]);
    happen(t, &fx, 22, &["c2", "c3", "c4"]);
    let newest = seal(t, &fx, 30);
    happen(t, &fx, 30, &["d0", "d1"]);
    (fx, newest)
}

#[test]
fn an_untouched_history_stands_and_so_does_its_backup_in_either_store() {
    on_both(|t| {
        let (fx, newest) = sealed(t);
        assert_eq!((newest.number, newest.events), (3, 5));
        assert_eq!(next(&t.store, &fx, 30, Some(&newest)), Ok(None), "nothing happened since");
        let seen = look(t, &newest);
        sound(&seen);
        let part = "(events 15, seals 3, the newest ";
        assert!(
            seen.said.contains(part) && seen.said.ends_with("not sealed since then: 2."),
            "{}",
            seen.said
        );
        assert!(seen.said.contains("sealed until 2026-11-23T08:22:00.001Z"), "{}", seen.said);
        let strange = look_with(&place(t), None, Some(&newest));
        sound(&strange);
        assert!(strange.said.contains("not known without the master key"), "{}", strange.said);

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("backup.db");
        backup::backup(&place(t), &file, NOW_US).expect("backs up");
        let restored = [Place::File(folder.path().join("restored.db")), Place::Server(fresh_database())];
        for to in &restored {
            backup::restore(&file, to, NOW_US, || Ok::<_, Error>(())).expect("restores");
            assert_eq!(look_with(to, Some(&master()), Some(&newest)), seen, "{to:?}");
        }
        // The studio went on meanwhile: what its files know is more than the backup has.
        let later = seal(t, &fx, 40);
        sound(&look(t, &later));
        let old = look_with(&Place::File(file), Some(&master()), Some(&later));
        let gone =
            "history of Hairlines: the newest seals were cut off: the files know 4, the database ends with 3";
        assert_eq!(old.faults, [gone]);
    });
}

/// openemr #12118: sums of rows do not tell that one was deleted; #12122: a rolling sum does.
#[test]
fn whatever_is_done_to_the_history_is_told() {
    // What is done, and what is said of it.
    let cases: [(&str, &[&str]); 17] = [
        ("update events set why = 'other' where what = 'b2'", &["seal 2 ", "altered"]),
        ("delete from events where what = 'b2'", &["seal 2 ", "1 of its 5 events gone"]),
        ("delete from events where what = 'a0'", &["seal 1 (until ", "1 of its 5 events gone"]),
        ("delete from events", &["seal 3 ", "5 of its 5 events gone"]),
        ("delete from events where what > 'c'", &["seal 3 ", "5 of its 5 events gone"]),
        (
            "delete from events where what > 'c'; delete from seals where number = 3",
            &["the newest seals were cut off: the files know 3, the database ends with 2"],
        ),
        (
            "delete from events; delete from seals",
            &["the newest seals were cut off: the files know 3, the database ends with 0"],
        ),
        (
            "update events set at_us = at_us - 600000000 where what = 'b2'",
            &["seal 2 ", "moved in time: it says 2026-11-23T08:00:00Z and was made 2026-11-23T08:10:00Z"],
        ),
        // Two change places.
        (
            "update events set what = case what when 'b1' then 'b3' else 'b1' end where what in ('b1', 'b3')",
            &["seal 2 ", "or the order of its 5 events"],
        ),
        ("update events set id = {new} where what = 'c1'", &["seal 3 ", "moved in time"]),
        ("update events set id = {new} where what = 'a3'", &["seal 3 ", "6 events where 5 were sealed"]),
        ("update events set id = {new} where what = 'a3'", &["seal 1 ", "1 of its 5 events gone"]),
        (
            "insert into events (id, chain_id, thing, thing_id, at_us, actor, what) \
             select {new}, chain_id, thing, thing_id, at_us, actor, 'late' from events where what = 'c0'",
            &["seal 3 ", "6 events where 5 were sealed: added later"],
        ),
        ("delete from seals where number = 3", &["the newest seals were cut off"]),
        ("delete from seals where number = 2", &["seals are missing between 1 and 3"]),
        ("update seals set events = 4 where number = 2", &["seal 2 was altered"]),
        ("update seals set mac = root where number = 3", &["seal 3 is not the one that the files know"]),
    ];
    on_both(|t| {
        let (fx, newest) = sealed(t);
        tamper(t, "create table e as select * from events; create table s as select * from seals");
        for (sql, parts) in cases {
            sound(&look(t, &newest));
            tamper(t, sql);
            let faults = look(t, &newest).faults;
            let told = faults.iter().any(|fault| parts.iter().all(|part| fault.contains(part)));
            assert!(told, "{sql}: {faults:?}");
            // Where the seal that the files know is gone no further one is made: the files would know that from then on.
            let lost = ["number = 3", "delete from seals"].iter().any(|end| sql.ends_with(end));
            let on = next(&t.store, &fx, 40, Some(&newest));
            assert_eq!(on.is_err(), lost, "{sql}: {on:?}");
            tamper(t, "delete from events; insert into events select * from e");
            tamper(t, "delete from seals; insert into seals select * from s");
        }
    });
}

#[test]
fn no_column_of_an_event_is_left_out() {
    // A change, and the way back.
    let columns = [
        ("studio_id", "id", "null"),
        ("thing", "'client'", "'chain'"),
        ("thing_id", "id", "chain_id"),
        ("at_us", "at_us + 1", "at_us - 1"),
        ("actor", "'owner'", "'program'"),
        ("actor_id", "id", "null"),
        ("what", "'x'", "'b2'"),
        ("why", "null", "'asked'"),
        ("sealed", "(select root from seals where number = 1)", "null"),
    ];
    on_both(|t| {
        let (_, newest) = sealed(t);
        for (column, other, back) in columns {
            tamper(t, &format!("update events set {column} = {other} where what = 'b2'"));
            assert_eq!(look(t, &newest).faults.len(), 1, "{column}");
            tamper(t, &format!("update events set {column} = {back} where what in ('b2', 'x')"));
            sound(&look(t, &newest));
        }
        // Texts of neighbouring columns are not taken for one text.
        tamper(t, "update events set what = what || why, why = '' where what = 'b2'");
        assert_eq!(look(t, &newest).faults.len(), 1);
    });
}

#[test]
fn seals_made_anew_without_the_master_key_are_known() {
    on_both(|t| {
        let (fx, newest) = sealed(t);
        // A seal that was altered does not fit the one after it, whoever looks.
        tamper(t, "update seals set mac = root where number = 2");
        let blind = look_with(&place(t), None, Some(&newest)).faults;
        assert_eq!(
            blind,
            ["history of Hairlines: seal 2 was altered: the one after it was made for another"]
        );

        tamper(t, "delete from seals; delete from events where what = 'b2'");
        let mut rng = system_random();
        let other = MasterKeys::parse(&new_line(&mut rng), "other").expect("a key");
        let id = fx.chain();
        let wrapped_key = Vault::new_chain_key(&other, id, &mut Fresh::new(now(0), &mut rng));
        let vault = Vault::open(Arc::new(other), &Chain { wrapped_key, ..fx.practice.chain.clone() });
        let vault = Arc::new(vault.expect("the other's vault"));
        for minutes in [10, 20, 30] {
            let vault = Arc::clone(&vault);
            let forged = t
                .store
                .read(Some(id), move |tx| seals::next(tx, &vault, None, now(minutes).as_microsecond()));
            assert!(keep(&t.store, &forged.expect("reads").expect("a seal")));
        }
        let faults = look(t, &newest).faults;
        let told = |part: &str| faults.iter().any(|fault| fault.contains(part));
        assert!(told("seal 1 was altered, or made by somebody without the master key"), "{faults:?}");
        assert!(told("seal 3 is not the one that the files know"), "{faults:?}");
        let blind = look_with(&place(t), None, None).faults;
        assert!(blind.len() == 1 && blind[0].contains("no seal is kept with the files"), "{blind:?}");
    });
}

#[test]
fn seals_are_only_added_to_and_history_is_not_truncated() {
    on_both(|t| {
        let (fx, newest) = sealed(t);
        let mut refused = vec!["update seals set events = 0", "delete from seals"];
        if t.name == "PostgreSQL" {
            refused.extend(["truncate seals", "truncate events"]);
        }
        for sql in refused {
            let done = t.store.write(Some(fx.chain()), move |tx| tx.execute(sql, &[]));
            assert!(done.is_err(), "{sql}");
        }
        sound(&look(t, &newest));
    });
}

#[test]
fn two_who_seal_at_once_make_one_seal() {
    on_both(|t| {
        let fx = set_up_at(&t.store, 0);
        let second = match t.name {
            "SQLite" => Store::sqlite(t.address.as_ref(), NOW_US),
            _ => Store::postgres(&t.address, 2, NOW_US),
        };
        let stores = [Arc::clone(&t.store), Arc::new(second.expect("opens"))];
        for round in 1..=10 {
            happen(t, &fx, 10 * round, &["one", "two"]);
            let both = Barrier::new(2);
            let kept: Vec<bool> = std::thread::scope(|scope| {
                let one = |(n, store): (usize, &Arc<Store>)| {
                    let (store, both, fx) = (Arc::clone(store), &both, &fx);
                    scope.spawn(move || {
                        // They do not agree on the present either.
                        let until = 10 * round + 1 + i64::try_from(n).expect("few");
                        let seal = next(&store, fx, until, None).expect("reads").expect("a seal");
                        assert_eq!((seal.number, seal.events), (round, 2));
                        both.wait();
                        keep(&store, &seal)
                    })
                };
                let threads: Vec<_> = stores.iter().enumerate().map(one).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            assert_eq!(kept.iter().filter(|kept| **kept).count(), 1, "{round}");
        }
        let newest = t.store.read(Some(fx.chain()), seals::newest).expect("reads").expect("the newest");
        assert_eq!(newest.number, 10);
        sound(&look(t, &newest));
    });
}

#[test]
fn a_seal_ends_before_what_is_still_under_way() {
    let t = TestStore::postgres();
    let fx = set_up_at(&t.store, 0);
    let boundary = || {
        let far_us = Timestamp::MAX.as_microsecond();
        t.store.read(Some(fx.chain()), move |tx| seals::boundary_us(tx, far_us)).expect("reads")
    };
    let mut other = postgres::Client::connect(&t.address, postgres::NoTls).expect("connects");
    let mut slow = other.transaction().expect("begins");
    let begun = slow.query_one("select (extract(epoch from now()) * 1000000)::bigint", &[]).expect("asks");
    let begun_us: i64 = begun.get(0);
    assert_eq!(boundary(), begun_us - MINUTE_US);
    assert_eq!(boundary(), begun_us - MINUTE_US, "and waits for it");
    slow.commit().expect("ends");
    assert!(boundary() > begun_us - MINUTE_US);

    let t = TestStore::sqlite();
    let fx = set_up_at(&t.store, 0);
    let boundary = t.store.read(Some(fx.chain()), |tx| seals::boundary_us(tx, NOW_US)).expect("reads");
    assert_eq!(boundary, NOW_US - MINUTE_US);
}

#[test]
fn a_seal_is_asked_for_where_something_happened_and_not_too_often() {
    on_both(|t| {
        let fx = set_up_at(&t.store, 0);
        let asked = |minutes: i64| {
            let ask = fx.write(&t.store, now(minutes), |tx, _, fresh| {
                seals::ask(tx, fresh)?;
                // A second process asks at the same time.
                seals::ask(tx, fresh)?;
                jobs::lease(tx, "w", &[SEAL], 9, MINUTE_US, fresh.now_us())
            });
            ask.expect("asks")
        };
        let done = |job: &jobs::Job| {
            let id = job.id;
            let done =
                fx.write(&t.store, now(3), move |tx, _, fresh| jobs::done(tx, id, "w", None, fresh.now_us()));
            assert_eq!(done, Ok::<_, Error>(true));
        };
        assert_eq!(asked(0), vec![], "nothing happened");
        happen(t, &fx, 0, &["one"]);
        assert_eq!(asked(1), vec![], "it may not be all yet");
        let first = asked(2);
        assert_eq!(first.len(), 1);
        done(&first[0]);
        seal(t, &fx, 1);
        happen(t, &fx, 3, &["two"]);
        assert_eq!(asked(11), vec![], "too soon");
        let second = asked(13);
        assert_eq!(second.len(), 1);
        done(&second[0]);
        seal(t, &fx, 12);
        assert_eq!(asked(60), vec![], "nothing happened since");
    });
}

#[tokio::test]
async fn the_seal_outside_is_replaced_and_no_sweep_takes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = Files::in_folder(folder.path()).expect("a folder for files");
    assert_eq!(files.checkpoints().await.expect("asks"), BTreeMap::new());
    let mut rng = Counting::fresh();
    let chain = Fresh::new(now(0), &mut rng).id();
    for bytes in [vec![1, 2, 3], vec![4]] {
        files.put_checkpoint(chain, bytes.clone()).await.expect("kept");
        assert_eq!(files.checkpoints().await.expect("asks"), BTreeMap::from([(chain, bytes)]));
    }
    let swept = files.sweep(|_| false, Timestamp::MAX).await.expect("sweeps");
    assert_eq!((swept.orphans.len(), swept.foreign), (0, 0));
    assert_eq!(files.checkpoints().await.expect("asks").len(), 1);
}
