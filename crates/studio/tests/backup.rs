//! A backup is the store as it was at one moment, restored into either database, or refused in words.

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{NOW_US, TestStore, fresh_database, on_both};
use hairline_studio::ids::{ChainId, Fresh, StudioId};
use hairline_studio::practice::{Chain, Settings, Studio};
use hairline_studio::seal::blind::Dialling;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::store::backup::{Place, Seen, backup, restore, verify};
use hairline_studio::store::clients::{self, Person};
use hairline_studio::store::{Error, Store, Vault, practice};
use jiff::Timestamp;

fn no_files() -> Result<(), Error> {
    Ok(())
}

/// A chain with a studio and some clients; gives the chain and the keys.
fn fill(store: &Store) -> (Chain, Arc<MasterKeys>) {
    let mut rng = system_random();
    let now = Timestamp::from_microsecond(NOW_US).expect("an instant");
    let folder = tempfile::tempdir().expect("a folder");
    let master = MasterKeys::create(&folder.path().join("master.key"), &mut rng).expect("a key");
    let mut fresh = Fresh::new(now, &mut rng);
    let id = ChainId(fresh.id());
    let chain = Chain {
        id,
        name: "Häutle & Söhne".to_owned(),
        host: None,
        version: 1,
        demo: false,
        settings: Settings::default(),
        wrapped_key: Vault::new_chain_key(&master, id, &mut fresh),
    };
    let studio = Studio {
        id: StudioId(fresh.id()),
        slug: "wien".to_owned(),
        name: "Wien".to_owned(),
        zone: "Europe/Vienna".to_owned(),
        latitude_deg: 48.2,
        longitude_deg: 16.0,
        street: "Gasse 1".to_owned(),
        postcode: "1010".to_owned(),
        city: "Wien".to_owned(),
        country: "AT".to_owned(),
        phone: String::new(),
        email: "desk@studio.example".to_owned(),
        currency: "EUR".to_owned(),
        about: String::new(),
        active: true,
        version: 1,
    };
    let master = Arc::new(master);
    let vault = Vault::open(Arc::clone(&master), &chain).expect("the vault");
    let kept = chain.clone();
    store.write(None, move |tx| practice::add_chain(tx, &kept, NOW_US)).expect("a chain");
    store
        .write(Some(id), move |tx| {
            let mut rng = system_random();
            let mut fresh = Fresh::new(now, &mut rng);
            practice::add_studio(tx, &studio)?;
            for n in 0..30 {
                let person = Person {
                    name: format!("Anna {n}"),
                    email: format!("a{n}@x.example"),
                    ..Person::default()
                };
                clients::add(
                    tx,
                    &vault,
                    studio.id,
                    &person,
                    Dialling { country: "43", trunk: "0" },
                    &mut fresh,
                )?;
            }
            Ok::<_, Error>(())
        })
        .expect("clients");
    (chain, master)
}

fn place(t: &TestStore) -> Place {
    match t.name {
        "SQLite" => Place::File(t.address.clone().into()),
        _ => Place::Server(t.address.clone()),
    }
}

fn sound(place: &Place) -> Seen {
    let seen = verify(place).expect("can be read");
    assert_eq!(seen.faults, Vec::<String>::new(), "{place:?}");
    seen
}

#[test]
fn a_backup_of_either_store_comes_back_the_same_in_either() {
    on_both(|t| {
        let (chain, master) = fill(&t.store);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("backup.db");
        backup(&place(t), &file, NOW_US).expect("backs up");
        let before = sound(&place(t));
        assert_eq!(sound(&Place::File(file.clone())), before);
        assert!(before.tables.iter().any(|(name, rows, _)| name == "clients" && *rows == 30));

        let to = [Place::File(folder.path().join("restored.db")), Place::Server(fresh_database())];
        for to in to {
            restore(&file, &to, NOW_US, no_files).expect("restores");
            assert_eq!(sound(&to), before, "{to:?}");
            let store = match &to {
                Place::File(path) => Store::sqlite(path, NOW_US),
                Place::Server(url) => Store::postgres(url, 2, NOW_US),
            };
            // With the master key, and with it alone, the clients can be read.
            let vault = Vault::open(Arc::clone(&master), &chain).expect("the vault");
            let found = store
                .expect("opens")
                .read(Some(chain.id), move |tx| clients::by_email(tx, &vault, "A7@x.example"))
                .expect("reads");
            assert_eq!(found.and_then(|c| c.person).map(|p| p.name), Some("Anna 7".to_owned()));
            let again =
                restore(&file, &to, NOW_US, no_files).expect_err("the place is not empty").to_string();
            assert!(again.contains("already"), "{again}");
            assert_eq!(sound(&to), before, "and it stays as it was");
        }
    });
}

#[test]
fn a_backup_is_of_one_moment_while_others_write() {
    on_both(|t| {
        fill(&t.store);
        let stop = Arc::new(AtomicBool::new(false));
        // Two rows that are always equal: a backup that mixes moments would find them apart.
        let (store, ended) = (Arc::clone(&t.store), Arc::clone(&stop));
        let writer = std::thread::spawn(move || {
            let mut n = 0_i64;
            while !ended.load(Ordering::Relaxed) {
                n += 1;
                store
                    .write(None, move |tx| {
                        tx.execute("update chains set made_us = $1", &[n.into()])?;
                        tx.execute("update clients set made_us = $1", &[n.into()])
                    })
                    .expect("writes");
            }
            n
        });
        let folder = tempfile::tempdir().expect("a folder");
        for round in 0..5 {
            let file = folder.path().join(format!("{round}.db"));
            backup(&place(t), &file, NOW_US).expect("backs up");
            let copy = rusqlite::Connection::open(&file).expect("opens");
            let apart = "select count(*) from clients, chains where clients.made_us <> chains.made_us";
            let apart: i64 = copy.query_row(apart, [], |row| row.get(0)).expect("asks");
            assert_eq!(apart, 0);
        }
        stop.store(true, Ordering::Relaxed);
        assert!(writer.join().expect("the writer") > 0);
    });
}

#[test]
fn a_damaged_backup_and_a_file_that_is_none_are_refused() {
    let t = TestStore::sqlite();
    fill(&t.store);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("backup.db");
    backup(&place(&t), &file, NOW_US).expect("backs up");
    let refused = backup(&place(&t), &file, NOW_US).expect_err("it is there already").to_string();
    assert!(refused.contains("already"), "{refused}");

    let whole = std::fs::read(&file).expect("reads");
    let damaged = folder.path().join("damaged.db");
    let mut bytes = whole.clone();
    let page = bytes.len() / 4096 / 2 * 4096;
    bytes[page..page + 4096].fill(0x5a);
    std::fs::write(&damaged, bytes).expect("writes");
    let cut = folder.path().join("cut.db");
    std::fs::write(&cut, &whole[..whole.len() / 2]).expect("writes");
    let none = folder.path().join("none.db");
    std::fs::write(&none, b"no database at all, but some text that is long enough".repeat(9))
        .expect("writes");
    for bad in [&damaged, &cut, &none, &folder.path().join("missing.db")] {
        let to = folder.path().join("to.db");
        assert!(restore(bad, &Place::File(to.clone()), NOW_US, no_files).is_err(), "{}", bad.display());
        assert!(!to.exists() && !part(&to).exists(), "nothing half-written");
    }
}

fn part(path: &Path) -> std::path::PathBuf {
    path.with_added_extension("part")
}

#[test]
fn who_is_booked_twice_is_found() {
    let t = TestStore::sqlite();
    let (chain, _) = fill(&t.store);
    let file = rusqlite::Connection::open(&t.address).expect("opens");
    file.execute_batch("drop trigger claims_stand_alone").expect("without the wall");
    for n in [1_u8, 2] {
        file.execute(
            "insert into claims (id, chain_id, resource_id, owner_id, kind, exclusive, starts_us, ends_us) \
             values (?1, ?2, ?3, ?1, 'leave', 1, ?4, ?5)",
            rusqlite::params![[n; 16], chain.id.0.as_bytes(), [9_u8; 16], i64::from(n), i64::from(n) + 10],
        )
        .expect("a claim");
    }
    let seen = verify(&place(&t)).expect("reads");
    assert!(seen.faults.iter().any(|f| f.contains("twice")), "{:?}", seen.faults);
}
