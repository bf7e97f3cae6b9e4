//! Booking and the pages of the staff in a real browser, on the demonstration: `tests/web/staff.spec.cjs`, run by Playwright.
//!
//! `HAIRLINE_TOOLS` (npm packages) and `HAIRLINE_CHROMIUM` come from `cargo xtask test`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use hairline_studio::demo;
use hairline_studio::permission::Role;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::store::live::Live;
use hairline_studio::store::{Store, sign_in};
use hairline_web::office::now;
use hairline_web::public::of_practice;
use hairline_web::{App, Config, Office, server};

fn app(folder: &Path) -> App {
    let store = Arc::new(Store::sqlite(&folder.join("hairline.db"), 0).expect("a store"));
    let master = MasterKeys::create(&folder.join("master.key"), &mut system_random()).expect("a key");
    let master = Arc::new(master);
    let filled = demo::fill(&store, &master, 7, now()).expect("a demonstration");
    let hash = |s: &demo::SignIn| (s.email.clone(), hairline_studio::password::hash(s.password, [7; 16]));
    let hashes: Vec<(String, String)> = filled.sign_ins.iter().map(hash).collect();
    store.write(Some(filled.chain), move |tx| sign_in::first_passwords(tx, &hashes, 0)).expect("passwords");
    let office =
        Office::new(Arc::clone(&store), Live::open(&store, master, filled.chain, now()).expect("a chain"));
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let public = of_practice::public(&office.practice(), "", today);
    let app = App::new(Config { demo: true, rate_limit: None, ..Config::default() }, public);
    app.open(office);
    app
}

#[test]
fn booking_and_staff_pages_in_a_browser() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let from_xtask = |name| std::env::var_os(name).expect("run `cargo xtask test`, which brings the browser");
    let (tools, chromium) = (from_xtask("HAIRLINE_TOOLS"), from_xtask("HAIRLINE_CHROMIUM"));
    let modules = PathBuf::from(tools).join("node_modules");
    let manager = demo::sign_ins().into_iter().find(|s| s.role == Role::Manager).expect("there is one");
    let folder = tempfile::tempdir().expect("a folder");
    let app = app(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server::serve(listener, app, async {
            let _ = stopped.await;
        }));
        let status = tokio::task::spawn_blocking(move || {
            Command::new("node")
                .arg(modules.join("@playwright/test/cli.js"))
                .args(["test", "staff.spec", "--config"])
                .arg(root.join("tests/web/playwright.config.cjs"))
                .env("HAIRLINE_URL", url)
                .env("HAIRLINE_MANAGER", format!("{}|{}", manager.email, manager.password))
                .env("HAIRLINE_CHROMIUM", &chromium)
                .env("NODE_PATH", &modules)
                .status()
                .expect("node runs")
        });
        let status = status.await.expect("it ran");
        let _ = stop.send(());
        serving.await.expect("the server does not panic").expect("it served");
        assert!(status.success(), "Playwright: {status}");
    });
}
