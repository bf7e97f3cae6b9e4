//! The pages in a real browser: `tests/web/` at the root of the repository, run by Playwright against this server.
//!
//! `HAIRLINE_TOOLS` (npm packages) and `HAIRLINE_CHROMIUM` come from `cargo xtask test`.

use std::path::{Path, PathBuf};
use std::process::Command;

use hairline_web::{App, Config, server};

fn chain() -> hairline_web::public::view::Public {
    serde_json::from_str(include_str!("chain.json")).expect("the fixture is a chain")
}

/// Runs the server on a free port while `work` runs, then stops it in order.
fn served(config: Config, work: impl FnOnce(&str) + Send + 'static) -> server::End {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let app = App::new(config, chain());
        let serving = tokio::spawn(server::serve(listener, app, async {
            let _ = stopped.await;
        }));
        let worked = tokio::task::spawn_blocking(move || work(&url)).await;
        let _ = stop.send(());
        let end = serving.await.expect("the server does not panic").expect("it served");
        worked.expect("the browser's tests pass");
        end
    })
}

#[test]
fn pages_in_a_browser() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let from_xtask = |name| std::env::var_os(name).expect("run `cargo xtask test`, which brings the browser");
    let (tools, chromium) = (from_xtask("HAIRLINE_TOOLS"), from_xtask("HAIRLINE_CHROMIUM"));
    let modules = PathBuf::from(tools).join("node_modules");
    let config = Config { demo: true, rate_limit: None, ..Config::default() };
    served(config, move |url| {
        let status = Command::new("node")
            .arg(modules.join("@playwright/test/cli.js"))
            .args(["test", "public.spec.cjs", "--config"])
            .arg(root.join("tests/web/playwright.config.cjs"))
            .env("HAIRLINE_URL", url)
            .env("HAIRLINE_CHROMIUM", &chromium)
            .env("NODE_PATH", &modules)
            .status()
            .expect("node runs");
        assert!(status.success(), "Playwright: {status}");
    });
}
