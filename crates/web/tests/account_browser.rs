//! Passkeys and the pages of accounts in a real browser, on the demonstration: `tests/web/account.spec.cjs`.
//!
//! `HAIRLINE_TOOLS` (npm packages) and `HAIRLINE_CHROMIUM` come from `cargo xtask test`. The address is `localhost`, where
//! browsers allow passkeys without HTTPS.

mod visitor;

use std::path::{Path, PathBuf};
use std::process::Command;

use hairline_studio::permission::Role;
use hairline_web::{Config, server};
use visitor::{demo, of};

#[test]
fn passkeys_and_accounts_in_a_browser() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let from_xtask = |name| std::env::var_os(name).expect("run `cargo xtask test`, which brings the browser");
    let (tools, chromium) = (from_xtask("HAIRLINE_TOOLS"), from_xtask("HAIRLINE_CHROMIUM"));
    let modules = PathBuf::from(tools).join("node_modules");
    let demo = demo(Config { demo: true, rate_limit: None, sign_in_limit: None, ..Config::default() });
    let app = demo.app.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let ended = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server::serve(listener, app, async {
            let _ = stopped.await;
        }));
        let worked = tokio::task::spawn_blocking(move || {
            Command::new("node")
                .arg(modules.join("@playwright/test/cli.js"))
                .args(["test", "account.spec.cjs", "--config"])
                .arg(root.join("tests/web/playwright.config.cjs"))
                .env("HAIRLINE_URL", format!("http://localhost:{port}"))
                .env("HAIRLINE_OWNER_EMAIL", of(Role::Owner).email)
                .env("HAIRLINE_OWNER_PASSWORD", of(Role::Owner).password)
                .env("HAIRLINE_CLIENT_EMAIL", of(Role::Client).email)
                .env("HAIRLINE_CHROMIUM", &chromium)
                .env("NODE_PATH", &modules)
                .status()
                .expect("node runs")
        });
        let status = worked.await.expect("it ran");
        let _ = stop.send(());
        let _ = serving.await.expect("the server does not panic");
        status
    });
    assert!(ended.success(), "Playwright: {ended}");
}
