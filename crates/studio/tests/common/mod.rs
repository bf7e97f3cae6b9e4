//! The same tests on both stores: SQLite in a fresh folder, and a database of its own on the real PostgreSQL that
//! `cargo xtask test` starts (`cargo xtask postgres` for tests by hand).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hairline_studio::store::Store;

/// 2026-11-23T08:00:00Z in UTC microseconds: the "now" of tests that need one.
pub const NOW_US: i64 = 1_795_420_800_000_000;

/// A store for one test, gone with it.
pub struct TestStore {
    pub store: Arc<Store>,
    pub name: &'static str,
    #[allow(dead_code, reason = "not every test file opens the store again")]
    /// Address of the PostgreSQL database, or path of the SQLite file.
    pub address: String,
    _folder: Option<tempfile::TempDir>,
}

/// Address of the test server, with the name of its maintenance database.
pub fn postgres_url() -> String {
    std::env::var("HAIRLINE_TEST_POSTGRES").expect(
        "HAIRLINE_TEST_POSTGRES is set: run `cargo xtask test`, or `cargo xtask postgres` beside this",
    )
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A fresh database on the test server, owned by a plain role that no policy lets through.
pub fn fresh_database() -> String {
    let url = postgres_url();
    let mut admin = postgres::Client::connect(&url, postgres::NoTls).expect("the test server answers");
    let name = format!("hairline_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    let role = format!("plain_{name}");
    admin
        .batch_execute(&format!("create role {role} login password 'plain' nosuperuser nobypassrls"))
        .expect("a plain role");
    admin.batch_execute(&format!("create database {name} owner {role}")).expect("a database of its own");
    let host = url.rsplit_once('@').map_or(url.as_str(), |(_, host)| host);
    let host = host.trim_start_matches("postgres://").split('/').next().unwrap_or_default();
    format!("postgres://{role}:plain@{host}/{name}")
}

impl TestStore {
    pub fn sqlite() -> TestStore {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hairline.db");
        let store = Store::sqlite(&path, NOW_US).expect("a fresh file opens");
        TestStore {
            store: Arc::new(store),
            name: "SQLite",
            address: path.display().to_string(),
            _folder: Some(folder),
        }
    }

    pub fn postgres() -> TestStore {
        let address = fresh_database();
        let store = Store::postgres(&address, 8, NOW_US).expect("a fresh database opens");
        TestStore { store: Arc::new(store), name: "PostgreSQL", address, _folder: None }
    }
}

/// Runs a test on SQLite and on PostgreSQL.
#[expect(clippy::print_stdout, reason = "a failing test says on which store it failed")]
pub fn on_both(test: impl Fn(&TestStore)) {
    for store in [TestStore::sqlite(), TestStore::postgres()] {
        println!("on {}", store.name);
        test(&store);
    }
}
