//! `hairline serve --tls self` and a foreign client that installs its authority.

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

#[test]
fn a_device_that_installs_the_local_authority_trusts_the_server_and_nothing_more() {
    let tools = std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/check_tls.py");
    support::in_folder(|folder| {
        let mut server = Command::new(env!("CARGO_BIN_EXE_hairline"))
            .args(["serve", "--demo", "--tls", "self", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let ready = lines.find(|line| line.contains("is ready at https://")).expect("it starts");
        let printed = lines.find_map(|line| line.trim().strip_prefix("SHA-256 ").map(str::to_owned));
        let port = ready.rsplit(':').next().expect("a port").to_owned();
        let out = Command::new(PathBuf::from(tools).join("venv/bin/python")).arg(script).arg(port).output();
        server.kill().expect("it runs");
        server.wait().expect("it has ended");

        let out = out.expect("python runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let found: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        assert_eq!(found["fingerprint"].as_str(), printed.as_deref(), "what is printed is what is given out");
        assert_eq!(found["on_page"], true);
        assert_eq!(found["trusted"], json!([200, "ready\n"]));
        assert_eq!(found["by_address"], 200);
        assert!(found["hsts"].as_str().is_some_and(|hsts| hsts.starts_with("max-age=")), "{found}");
        assert!(found["other_name"].as_str().is_some_and(|why| why.contains("studio.example")), "{found}");
        assert_ne!(found["not_installed"], "", "a device that trusts nobody new refuses");
        assert_eq!(found["plain"][0], 308);
        let place = found["plain"][1].as_str().expect("a place");
        assert!(place.starts_with("https://127.0.0.1:") && place.ends_with("/studios?near=Leeds"), "{place}");
        assert_eq!(found["sign_in_leads_to_trust"], true);
    });
}

#[test]
fn what_is_wrong_with_tls_is_said() {
    support::in_folder(|folder| {
        for (tls, said) in [
            (&["missing.pem", "key.pem"][..], "missing.pem"),
            (&["other"], "CERT KEY"),
            (&["self", "--public-url", "https://studio.example"], "studio.example"),
        ] {
            let run = support::hairline(folder, &[&["serve", "--data", "data", "--tls"], tls].concat(), &[]);
            assert_eq!(run.code, 2, "{tls:?}: {}", run.err);
            assert!(run.err.contains(said), "{tls:?}: {}", run.err);
        }
    });
}
